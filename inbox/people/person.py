"""The page of one person: who and where he is, his numbers, what he allowed, and what the staff may say of him."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inbox.activity import Actor
from inbox.compliance import reading
from inbox.compliance.ledger_rows import rows_of_contact
from inbox.frame import actor, frame, not_yours, owns
from inbox.people import profile
from inbox.people.about import about, own_fields
from inbox.people.numbers import numbers_of
from inbox.people.profile import Place, ProfileError
from inbox.proof import LEVELS
from inbox.views import member_zone
from messaging import audit, erasure, holds, standing
from messaging.erasure import ErasureRefused
from messaging.forgetting import NAME
from messaging.models import Contact, PlaceSource
from messaging.numbers import national
from messaging.places import of_number, states
from messaging.standing import StandingError
from messaging.zones import in_words

_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip
_FORM = (*profile.PLAIN, "state", "zone", "source")
_FEW = 3
_BLOCKED = 20


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """One person. A wrong entry: 422, its field named and what was typed kept."""
    member_zone(request)
    person = _person(contact_id)
    if request.method == "GET":
        audit.note(
            "ledger.view", actor=actor(request), door="page", at=timezone.now(),
            subject=str(person.pk),
        )  # fmt: skip
        return _page(request, person)
    typed = {name: request.POST[name].strip()[:600] for name in _FORM if name in request.POST}
    own = {
        name.removeprefix("own-"): str(value)[:600]
        for name, value in request.POST.items()
        if name.startswith("own-")
    }
    place = None
    if "state" in typed:
        place = Place(typed["state"], typed.get("zone", ""), typed.get("source", ""))
    plain = {name: typed[name] for name in profile.PLAIN if name in typed}
    try:
        profile.save(person.pk, plain, own, place, actor=who(request), at=timezone.now())
    except ProfileError as wrong:
        return _page(request, person, typed=_typed(request), errors=wrong.errors, status=422)
    except StandingError as wrong:
        errors = {wrong.field: wrong.sentence}
        return _page(request, person, typed=_typed(request), errors=errors, status=422)
    messages.success(request, _("Saved."))
    return redirect("inbox:contact", person.pk)


def who(request: HttpRequest) -> Actor:
    """Return the member as a person's thread names him."""
    return Actor(request.user.pk, actor(request))


def _typed(request: HttpRequest) -> dict[str, str]:
    """Return the form as it was sent; nothing typed is lost."""
    return {name: str(value)[:600] for name, value in request.POST.items()}


@require_POST
@login_required
def opt_out(request: HttpRequest, contact_id: int) -> HttpResponse:
    """A person told the staff to stop texting. Once more is no error."""
    person = _person(contact_id)
    try:
        standing.opt_out_by_staff(person.pk, actor=actor(request), at=timezone.now())
    except StandingError as wrong:
        messages.error(request, f"Not changed: {wrong.sentence}.")
    else:
        messages.success(request, "Opted out. What was waiting for them is called off.")
        still = [each.number for each in numbers_of(person) if not each.opted_out]
        others = ", ".join(each for each in still if each != national(person.phone))
        if others:
            words = _(
                "They still get texts at %(numbers)s. If they meant that as well, say so there."
            )
            messages.warning(request, words % {"numbers": others})
    return _back(request, person)


@require_POST
@login_required
def resume(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The reply meant no opt-out: texts go on. Once more is no error."""
    person = _person(contact_id)
    try:
        standing.resume_by_staff(person.pk, actor=actor(request), at=timezone.now())
    except StandingError as wrong:
        messages.error(request, f"Not changed: {wrong.sentence}.")
    else:
        messages.success(request, "Texts go on. What was waiting is being asked again.")
    return _back(request, person)


@require_POST
@login_required
def erase(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Erase a person for good."""
    member_zone(request)
    if not owns(request):
        return not_yours(request, "A person is erased by an owner.")
    person = _person(contact_id)
    if request.POST.get("sure") != "yes":
        sentence = "Not erased: say first that no law and no lawsuit needs this data."
        return _page(request, person, erase_error=sentence, status=422)
    try:
        erasure.erase(person.pk, actor=actor(request), door="page", at=timezone.now())
    except ErasureRefused as refused:
        sentence = f"Not erased: {refused.sentence}."
        return _page(request, person, erase_error=sentence, status=422)
    messages.success(request, "Erased. Their opt-out, times and ids stay as proof.")
    return redirect("inbox:contact", person.pk)


def _person(contact_id: int) -> Contact:
    return get_object_or_404(
        Contact.objects.select_related("conversation", "merged_into"), pk=contact_id
    )


def _back(request: HttpRequest, person: Contact) -> HttpResponse:
    """Return to where the button was: the thread or the contact page."""
    if request.POST.get("back") == "thread":
        conversation = reading.conversation_of(person)
        if conversation is not None:
            list(messages.get_messages(request))  # the thread itself shows what happened
            return redirect("inbox:conversation", conversation.pk)
    return redirect("inbox:contact", person.pk)


def _page(
    request: HttpRequest, person: Contact, typed: dict[str, str] | None = None, status: int = 200,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    now, zone = timezone.now(), member_zone(request)
    erased = person.erased_at is not None
    stored = {
        "name": person.name, "email": person.email, "company": person.company,
        "language": person.language, "state": states().get(f"US-{person.state}", person.state),
        "zone": person.zone, "source": person.place_source or PlaceSource.STATED.value,
    }  # fmt: skip
    values = stored | (typed or {})
    errors = more.get("errors", {})
    own = [] if erased else own_fields(person, typed, errors)
    held, blocked = reading.of_person(person, zone, now, _BLOCKED)
    labels = {f"own-{each.key}": each.label for each in own}
    context = frame(
        request,
        "contacts",
        "contact",
        person=person,
        title=NAME if erased else reading.title_of(person),
        conversation=reading.conversation_of(person),
        erased=erased,
        opted_out=person.opted_out_at is not None,
        paused=person.paused_until is not None and person.paused_until > now,
        level=LEVELS.get(person.consent_level, LEVELS[0]) if person.consent_level else "",
        rows=rows_of_contact(person.pk),
        held=held,
        blocked=blocked,
        days=reading.DAYS,
        by_number="" if erased else _by_number(person.phone),
        values=values,
        own=own,
        # Each by the word that stands before its box.
        told_errors=[
            (labels.get(name, name.capitalize()), words) for name, words in errors.items()
        ],
        sources=[(value, label) for value, label in PlaceSource.choices],
        zones=_zones(values["zone"]),
        states=[name for code, name in states().items() if code.startswith("US-")],
        hold=None if erased else holds.covers(person.phone),
        **({} if erased else about(person)),
        **more,
    )
    context.setdefault("errors", {})
    return render(request, "inbox/people/person.html", context, status=status)


def _by_number(phone: str) -> str:
    """Return what the area code alone says: "Illinois, Central time"."""
    found = of_number(phone)
    names = [states().get(code, code) for code in found.states]
    clocks = list(dict.fromkeys(in_words(zone) for zone in found.zones))
    parts = [
        " or ".join(part[:_FEW]) + (" …" if len(part) > _FEW else "") for part in (names, clocks)
    ]
    return ", ".join(part for part in parts if part)


def _zones(chosen: str) -> list[tuple[str, str]]:
    """Return the time zones to choose from, with the one that is stored."""
    names = [*_ZONES, chosen] if chosen and chosen not in _ZONES else list(_ZONES)
    return [(name, in_words(name)) for name in names]
