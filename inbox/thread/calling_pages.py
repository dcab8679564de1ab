"""Click to call back: which phone rings first, and the call itself."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from calls import placing
from calls.models import Call
from calls.placing import PlacingError
from calls.placing_limits import REASON
from inbox import views
from inbox.frame import actor
from inbox.models import StaffPhone
from inbox.people import numbers as theirs
from inbox.thread import context, pages, reading
from messaging.models import Contact, Conversation
from messaging.numbers import national, normalise


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def call(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The question before a call, and the call. What is wrong comes back with 422."""
    zone = views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    known = placing.phones()
    mine = (
        StaffPhone.objects.filter(user=request.user.pk or 0).values_list("phone", flat=True).first()
    )
    numbers = list(dict.fromkeys(phone for _line, staff in known for phone in staff))
    # Whoever has told us his own phone finds it first.
    numbers.sort(key=lambda phone: phone != mine)
    reachable = theirs.numbers_of(conversation.contact)
    found = {
        "selected": conversation, "thread": reading.head(conversation, zone),
        "phones": [(phone, national(phone), phone == mine) for phone in numbers],
        "whom": request.POST.get("whom", "")[:20] or _last_from(conversation, reachable),
        "reachable": reachable,
        "token": request.POST.get("token", "")[:40] or uuid.uuid4().hex, "error": "",
    }  # fmt: skip
    if request.method == "POST":
        wanted = request.POST.get("whom", "")[:20]
        # A question that was asked before a merge names nobody: which of several is not guessed.
        named = bool(wanted) or len(reachable) < 2
        whom = theirs.chosen(conversation.contact, wanted) if named else None
        try:
            if whom is None:
                # Never to another number than the one that was shown.
                raise PlacingError(
                    "contact", _("That number is no longer this person’s. Look whom you call.")
                )
            placing.place(
                whom, normalise(request.POST.get("phone", "")), by=actor(request),
                user=request.user.pk or 0, token=f"{request.user.pk}:{found['token']}",
            )  # fmt: skip
        except PlacingError as problem:
            found["error"] = problem.sentence
            return render(request, "inbox/thread/_call.html", found, status=422)
        if not request.headers.get("HX-Request"):
            return pages.redirected(conversation)
        return render(request, "inbox/thread/_call.html", found | {"placed": True})
    return render(request, "inbox/thread/_call.html", found)


def _last_from(conversation: Conversation, reachable: list[theirs.Reachable]) -> str:
    """Return the contact's id of the number a person called or wrote from last."""
    if len(reachable) < 2:
        return str(conversation.contact_id)
    wrote = next(each.contact_id for each in reachable if each.is_default)
    wrote_at = Contact.objects.values_list("last_inbound_at", flat=True).get(pk=wrote)
    called = Call.objects.filter(contact__in=[each.contact_id for each in reachable])
    last = called.exclude(decision_reason=REASON).order_by("-started_at", "-id").first()
    if last is not None and (wrote_at is None or last.started_at > wrote_at):
        return str(last.contact_id)
    return str(wrote)
