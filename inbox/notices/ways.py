"""By which ways a member is told: his devices, his phone, his e-mail; and the firm's chat.

`context` is what the parts of this page need, for a settings page that shows them too.
"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from inbox.frame import actor, frame, governs, not_yours
from inbox.models import AlertHook, PushSubscription, StaffPhone
from inbox.notices import chat, handing, phones, push
from inbox.notices.phones import PhoneError
from inbox.notices.push import BadSubscription
from inbox.views import member_zone
from messaging import audit
from tenants.models import User

MOST_HOOKS = 10
_PLAIN = "text/plain; charset=utf-8"


@require_GET
@login_required
@never_cache
def ways(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    return _page(request)


@require_POST
@login_required
def subscribe(request: HttpRequest) -> HttpResponse:
    """Keep this browser. 422 with a plain sentence for what is no subscription."""
    keys = {name: request.POST.get(name, "") for name in ("p256dh", "auth")}
    device = device_of(request.headers.get("User-Agent", ""))
    try:
        with transaction.atomic():
            push.subscribe(_user(request).pk, request.POST.get("endpoint", ""), keys, device)
    except BadSubscription as wrong:
        return HttpResponse(str(wrong), status=422, content_type="text/plain; charset=utf-8")
    messages.success(request, _("You are told on this device now. Send a test to see how."))
    return HttpResponse(status=204)


@csrf_exempt  # a service worker has no form; the browser itself says where the request comes from
@require_POST
@login_required
def renew(request: HttpRequest) -> HttpResponse:
    """Keep the new address of a browser whose push service changed it. Asked by the service worker alone.

    403 for a request from elsewhere; 422 where the browser was not told before, or for what is no
    subscription.
    """
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return HttpResponse("Only this app may ask for that.", status=403, content_type=_PLAIN)
    keys = {name: request.POST.get(name, "") for name in ("p256dh", "auth")}
    device = device_of(request.headers.get("User-Agent", ""))
    try:
        with transaction.atomic():
            push.renew(
                _user(request).pk, request.POST.get("was", ""), request.POST.get("endpoint", ""),
                keys, device,
            )  # fmt: skip
    except BadSubscription as wrong:
        return HttpResponse(str(wrong), status=422, content_type=_PLAIN)
    return HttpResponse(status=204)


@require_POST
@login_required
def remove_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Forget one of the member's own browsers; one that is gone already is no error."""
    PushSubscription.objects.filter(pk=device_id, user=_user(request).pk).delete()
    messages.success(request, _("Removed. That device is told nothing any more."))
    return redirect("inbox:notices-ways")


@require_POST
@login_required
def test_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Send one of the member's browsers a notice."""
    device = get_object_or_404(PushSubscription, pk=device_id, user=_user(request).pk)
    return _tested(request, "push", device.pk)


@require_POST
@login_required
def test_email(request: HttpRequest) -> HttpResponse:
    """Send the member an e-mail."""
    return _tested(request, "email", _user(request).pk)


@require_POST
@login_required
def ask_phone(request: HttpRequest) -> HttpResponse:
    """Ask a phone by text whether it wants alerts."""
    typed = request.POST.get("phone", "")[:40]
    try:
        row = phones.ask(_user(request), typed)
    except PhoneError as wrong:
        return _page(request, status=422, phone_typed=typed, phone_error=str(wrong))
    if row.asked_at > timezone.now():
        messages.success(request, _("It is night. We text your phone in the morning."))
    else:
        messages.success(request, _("We texted your phone. Reply JOIN to that text."))
    return redirect("inbox:notices-ways")


@require_POST
@login_required
def remove_phone(request: HttpRequest) -> HttpResponse:
    """Forget the member's phone."""
    with transaction.atomic():
        for row in StaffPhone.objects.filter(user=_user(request).pk):
            phones.forget(row)
    messages.success(request, _("Removed. No more alerts go to that phone."))
    return redirect("inbox:notices-ways")


@require_POST
@login_required
def test_phone(request: HttpRequest) -> HttpResponse:
    """Text the member's phone."""
    row = get_object_or_404(StaffPhone, user=_user(request).pk, state=StaffPhone.State.ON)
    return _tested(request, "sms", row.pk)


@require_POST
@login_required
def add_hook(request: HttpRequest) -> HttpResponse:
    """Add a channel of the firm's chat. 422 with the field named."""
    if not governs(request):
        return not_yours(
            request, _("The firm's chat is set up by an owner or a manager."), "notices"
        )
    typed = {name: request.POST.get(name, "").strip() for name in ("kind", "name", "url")}
    errors = {}
    if problem := chat.problem_of(typed["kind"], typed["url"]):
        errors["kind" if typed["kind"] not in chat.CHATS else "url"] = problem
    if not typed["name"] or len(typed["name"]) > 60:
        errors["name"] = _("Give it a name of at most 60 characters, such as Front desk.")
    if not errors and AlertHook.objects.count() >= MOST_HOOKS:
        errors["url"] = _("You have %(count)d already. Remove one first.") % {"count": MOST_HOOKS}
    if errors:
        # The address is a secret: it is not sent back, whoever looks over a shoulder.
        return _page(request, status=422, hook_typed={**typed, "url": ""}, hook_errors=errors)
    now = timezone.now()
    with transaction.atomic():
        hook = AlertHook.objects.create(
            **typed, created_by_name=actor(request)[:120], created_at=now
        )
        audit.note(
            "alert_hook.add", actor=actor(request), door="page", at=now,
            detail={"hook": hook.pk, "kind": hook.kind, "name": hook.name},
        )  # fmt: skip
    messages.success(request, _("Added. Send a test to see it arrive."))
    return redirect("inbox:notices-ways")


@require_POST
@login_required
def remove_hook(request: HttpRequest, hook_id: int) -> HttpResponse:
    """Take a channel of the firm's chat out."""
    if not governs(request):
        return not_yours(
            request, _("The firm's chat is set up by an owner or a manager."), "notices"
        )
    with transaction.atomic():
        hook = AlertHook.objects.filter(pk=hook_id).first()
        if hook is not None:
            detail = {"hook": hook.pk, "kind": hook.kind, "name": hook.name}
            hook.delete()
            audit.note(
                "alert_hook.remove", actor=actor(request), door="page", at=timezone.now(),
                detail=detail,
            )  # fmt: skip
    messages.success(request, _("Removed."))
    return redirect("inbox:notices-ways")


@require_POST
@login_required
def test_hook(request: HttpRequest, hook_id: int) -> HttpResponse:
    """Post a test to a channel of the firm's chat."""
    if not governs(request):
        return not_yours(
            request, _("The firm's chat is set up by an owner or a manager."), "notices"
        )
    return _tested(request, "hook", get_object_or_404(AlertHook, pk=hook_id, is_active=True).pk)


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what notices/_devices.html, _phone.html, _email.html and _chat.html show."""
    user = _user(request)
    phone = StaffPhone.objects.filter(user=user.pk).first()
    return {
        "push_key": settings.VAPID_PUBLIC_KEY if push.is_possible() else "",
        "devices": PushSubscription.objects.filter(user=user.pk).order_by("-created_at"),
        "staff_phone": phone,
        "is_asked_later": phone is not None and phone.asked_at > timezone.now(),
        "has_email": settings.HAS_EMAIL,
        "hooks": AlertHook.objects.order_by("name"),
        "chats": [(kind, each.name, each.example) for kind, each in chat.CHATS.items()],
    }


def device_of(agent: str) -> str:
    """Return how people call a browser, "Chrome on Android", from what it says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Browser")
    system = next((name for mark, name in _SYSTEMS if re.search(mark, agent)), "")
    return f"{browser} on {system}" if system else browser


# In this order: each of them names itself after those below it as well.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "Chromebook"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    member_zone(request)
    whole = frame(request, "notices", "ways", **context(request), **more)
    return render(request, "notices/ways.html", whole, status=status)


def _tested(request: HttpRequest, channel: str, target: int) -> HttpResponse:
    user = _user(request)
    with transaction.atomic():
        handing.test(
            channel, target, user.pk,
            _("A test from %(business)s") % {"business": request.business.name},  # type: ignore[attr-defined]
            _("This is how you are told of a caller who waits."),
        )  # fmt: skip
    messages.success(request, _("A test is on its way. If nothing comes, Notices says why."))
    return redirect("inbox:notices-ways")


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user
