"""The list of people, a person made by hand, and the tags on a person's page. Thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.frame import frame
from inbox.models import Tag
from inbox.people import profile, reading
from inbox.people.person import who
from inbox.people.profile import ProfileError
from inbox.views import member_zone
from messaging.models import Contact
from messaging.standing import StandingError

_MOST_TAGS = 200


@require_GET
@login_required
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """Everybody by name, or whom a search, a tag or a mark leaves; htmx asks for the next page alone."""
    member_zone(request)
    choice = reading.choice_of(request.GET)
    found = reading.page(choice, request.GET.get("after", ""))
    more = f"?{choice.query(after=found.after)}" if found.after else ""
    context = {"people": found, "more": more, "choice": choice}
    if request.headers.get("HX-Request") and "after" in request.GET:
        return render(request, "inbox/people/_rows.html", context)
    tags = list(Tag.objects.order_by("name").values_list("name", flat=True)[:_MOST_TAGS])
    if choice.tag and choice.tag not in tags:
        tags.insert(0, choice.tag)
    page = frame(
        request, "contacts", "list", shows=reading.SHOWS, counted=reading.COUNTED, tags=tags,
        **context,
    )  # fmt: skip
    return render(request, "inbox/people/list.html", page)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Add somebody by hand. A wrong entry: 422, its field named and what was typed kept."""
    member_zone(request)
    typed = {name: request.POST.get(name, "")[:600] for name in ("number", *profile.PLAIN)}
    if request.method == "GET":
        typed["number"] = request.GET.get("number", "")[:40]
        return _new(request, typed, {}, 200)
    plain = {name: typed[name] for name in profile.PLAIN}
    try:
        contact, is_new = profile.create(
            typed["number"], plain, actor=who(request), at=timezone.now()
        )
    except ProfileError as wrong:
        return _new(request, typed, _named(wrong.errors), 422)
    told = _("Added.") if is_new else _("This number is known already. Nothing was changed.")
    messages.success(request, told)
    return redirect("inbox:contact", contact.pk)


def _named(errors: dict[str, str]) -> dict[str, str]:
    """Return what is wrong as sentences that name their field."""
    labels = {
        "number": _("Phone number"), "name": _("Name"), "email": _("E-mail"), "company": _("Firm"),
        "language": _("Language of texts"),
    }  # fmt: skip
    return {field: f"{labels[field]}: {why}." for field, why in errors.items()}


def _new(
    request: HttpRequest, typed: dict[str, str], errors: dict[str, str], status: int
) -> HttpResponse:
    languages = [("", _("Your business's")), ("en", _("English")), ("es", _("Spanish"))]
    page = frame(request, "contacts", "new", typed=typed, errors=errors, languages=languages)
    return render(request, "inbox/people/new.html", page, status=status)


@require_POST
@login_required
def tags(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Add a tag to a person, or take one off."""
    get_object_or_404(Contact, pk=contact_id)
    given: dict[str, Any] = {"actor": who(request), "at": timezone.now()}
    try:
        if "remove" in request.POST:
            profile.remove_tag(contact_id, request.POST["remove"][:60], **given)
        else:
            profile.add_tag(contact_id, request.POST.get("tag", ""), **given)
    except ProfileError as wrong:
        messages.error(request, _("Tag: %(why)s.") % {"why": next(iter(wrong.errors.values()))})
    except StandingError as wrong:
        messages.error(request, _("Not changed: %(why)s.") % {"why": wrong.sentence})
    return redirect(reverse("inbox:contact", args=[contact_id]) + "#tags")
