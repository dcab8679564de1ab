"""What the staff say about a person: opted out by phone, texts may go on, where the person is.

Each verb holds the contact's lock, and what it changes of consent is a row of the ledger first.
Nobody is opted in here: only the person's own START does that (compliance.md R-REV-11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from messaging import alerts, audit, consent
from messaging.jurisdictions import current as current_rules
from messaging.models import Contact, Conversation, PlaceSource
from messaging.outbox import cancel_waiting
from messaging.places import place_of
from messaging.policies import ask_held_again
from tenants import live
from tenants.models import Business
from tenants.scope import current_business

PAUSED = "COULD_MEAN_STOP"  # the alert a doubtful reply raises (messaging/inbound.py)
# People who are texted live where the rules of a state apply (R-TZ-2); a province has no rules yet.
_COUNTRY = "US"
_NAME_LENGTH = 120


class StandingError(ValueError):
    """Something that cannot be said of this person; `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Heard:
    """How we know what a person said: when (aware), by which channel, in which words, shown by what.

    provider and provider_id: whose id for it this is; the same is recorded once.
    """

    at: datetime
    channel: str = "staff"
    words: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
    ip: str = ""
    user_agent: str = ""
    provider: str = ""
    provider_id: str = ""


def opt_out_by_staff(
    contact_id: int, *, actor: str, at: datetime, heard: Heard | None = None
) -> bool:
    """Record that a person told the staff to stop texting; False when it was known before.

    An opt-out by any reasonable means counts, and at once (R-REV-2, R-REV-9): what waits is called
    off. `at` is aware; `actor` is the member who heard it; heard: how it came, where it was not by
    phone. Raises StandingError for an unknown or erased person.
    """
    with transaction.atomic():
        contact, business = _locked(contact_id), current_business()
        alerts.resolve(PAUSED, str(contact.pk), by=actor, at=at)
        if contact.opted_out_at is not None:
            return False
        _record(contact, "opt_out", business, actor, at, matched="told us by phone", heard=heard)
        for conversation in _conversations(contact):
            cancel_waiting(conversation, business.pk, "The person opted out.")
            live.changed(conversation)
        return True


def resume_by_staff(contact_id: int, *, actor: str, at: datetime) -> bool:
    """End a pause: the reply meant no opt-out; False when there is none. Held texts are asked again.

    `at` is aware; `actor` is the member who decided. Raises StandingError for an unknown, erased or
    opted-out person.
    """
    with transaction.atomic():
        contact, business = _locked(contact_id), current_business()
        if contact.opted_out_at is not None:
            raise StandingError("contact", "opted out; only their own START brings texts back")
        alerts.resolve(PAUSED, str(contact.pk), by=actor, at=at)
        if contact.paused_until is None or contact.paused_until <= at:
            return False
        _record(contact, "resume", business, actor, at)
        ask_held_again(business.pk)
        for conversation in _conversations(contact):
            live.changed(conversation)
        return True


def save_profile(
    contact_id: int, *, name: str, state: str, zone: str, source: str, actor: str, at: datetime,
    door: str = "page",
) -> Contact:  # fmt: skip
    """Keep a person's name and where he is, as said or verified; held texts are asked again.

    state: of the US, by code or name, '' when only the area code is known; zone: an IANA name or ''
    for all of the state's; source: PlaceSource. Raises StandingError naming name, state, zone,
    source or contact.
    """
    name, state, zone = name.strip(), state.strip(), zone.strip()
    if len(name) > _NAME_LENGTH or not name.isprintable():
        raise StandingError("name", f"expected at most {_NAME_LENGTH} printable characters")
    if zone and not state:
        raise StandingError("state", "choose the state as well: a clock alone tells no law")
    if state:
        if source not in PlaceSource.values:
            raise StandingError("source", "say how you know it")
        state, zone = _checked(state, zone)
    else:
        source = ""
    with transaction.atomic():
        contact = _locked(contact_id)
        moved = (contact.state, contact.zone, contact.place_source) != (state, zone, source)
        contact.name = name
        fields = ["name"]
        if moved:
            contact.state, contact.zone, contact.place_source = state, zone, source
            contact.place_at = at if state else None
            fields += ["state", "zone", "place_source", "place_at"]
            detail = {"state": state, "zone": zone, "source": source}
            audit.note(
                "contact.place", actor=actor, door=door, at=at, subject=str(contact.pk),
                detail=detail,
            )  # fmt: skip
            ask_held_again(current_business().pk)
        contact.save(update_fields=fields)
    return contact


def _checked(state: str, zone: str) -> tuple[str, str]:
    try:
        place = place_of(state, zone, _COUNTRY)
    except ValueError as wrong:
        field, _, sentence = str(wrong).partition(": ")
        raise StandingError(field, sentence) from None
    # What was left open stays open: then all zones of the state must allow a text.
    return place.state, zone


def _locked(contact_id: int) -> Contact:
    contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
    if contact is None:
        raise StandingError("contact", "there is no such person")
    if contact.erased_at is not None:
        raise StandingError("contact", f"was erased on {contact.erased_at:%Y-%m-%d}")
    return contact


def _record(
    contact: Contact, kind: str, business: Business, actor: str, at: datetime, matched: str = "",
    heard: Heard | None = None,
) -> None:  # fmt: skip
    how = heard or Heard(at=at)
    consent.record(
        contact, kind, at=how.at, channel=how.channel, matched_by="human",
        matched=matched if heard is None else "", raw_text=how.words, evidence=how.evidence,
        actor=actor, legal_entity=business.name, ruleset_version=current_rules().version,
        provider=how.provider, provider_id=how.provider_id, ip=how.ip, user_agent=how.user_agent,
    )  # fmt: skip


def _conversations(contact: Contact) -> list[int]:
    return list(Conversation.objects.filter(contact=contact).values_list("pk", flat=True))
