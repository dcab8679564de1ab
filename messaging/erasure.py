"""Erasing a person on request: profile, words and recordings go; the opt-out and minimal proof stay.

compliance.md R-PRIV-1. What stays is the ledger with its hashes, the mark of the number with its
opt-out, and of each text and call its times, ids and decisions. Upper rooms take part through
settings.ERASURE_HANDLERS, in the same transaction.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messaging import alerts, audit, callers, consent, holds
from messaging.forgetting import NAME, WHY, Person, forget, forget_what_names
from messaging.marks import mark_here
from messaging.models import (
    ConsentDetail,
    ConsentEvent,
    Contact,
    Conversation,
    ErasedPerson,
    Message,
)
from messaging.outbox import cancel_waiting
from messaging.scrub import scrubber
from tenants import agenda
from tenants.agenda import Later
from tenants.models import PhoneNumber
from tenants.scope import current_business

REQUESTED = "ERASURE_REQUESTED"
# Receipts and reports of the person's last texts and calls may still come; they name the number.
LOOK_AGAIN = (timedelta(days=1), timedelta(days=7))
WHILE_HELD = timedelta(days=30)


class ErasureRefused(ValueError):
    """A person who cannot be erased now; `field` names what stands against it."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(f"{field_name}: {sentence}")
        self.field, self.sentence = field_name, sentence


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came upon, by kind: texts, calls, webhooks, details of the ledger, and so on."""

    contact_id: int
    counts: dict[str, int]


def request_erasure(contact: Contact, *, at: datetime) -> None:
    """Ask the business's people to erase somebody: the ticket of R-PRIV-2. `at` is aware.

    The opt-out that goes with it is the caller's to record. Must run in a transaction.
    """
    alerts.raise_alert(
        REQUESTED,
        "This person asked you to delete their data.",
        fix="Check that no law or lawsuit needs it, then erase the person.",
        subject=str(contact.pk),
        contact=contact,
        at=at,
    )
    audit.note("person.erase_asked", actor="contact", door="text", at=at, subject=str(contact.pk))


def erase(contact_id: int, *, actor: str, door: str, at: datetime) -> Erased:
    """Erase a person of the current business, all or nothing; `at` is aware.

    Raises ErasureRefused: an unknown contact, one erased before, a legal hold, a text or a call
    that is on its way.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
        if contact is None:
            raise ErasureRefused("contact", "there is no such person")
        if contact.erased_at is not None:
            raise ErasureRefused("contact", f"was erased on {contact.erased_at:%Y-%m-%d}")
        holds.settle()
        hold = holds.covers(contact.phone)
        if hold is not None:
            raise ErasureRefused(
                "contact",
                f"a legal hold of {hold.placed_at:%Y-%m-%d} covers this number; lift it first",
            )
        business_id = current_business().pk
        mark = mark_here(contact.phone)
        person = Person(
            contact.pk, business_id, _placeholder(mark), at, contact.phone,
            scrubber(contact.phone, contact.name), _ours(business_id) - {contact.phone},
        )  # fmt: skip
        called_off = _call_off(person)
        counts = forget(person) + forget_what_names(person, mark, contact.name, actor)
        counts["texts called off"] = called_off
        counts["lists"] = callers.forget_lists_with(contact.phone)
        ErasedPerson.objects.update_or_create(
            phone_mark=mark, defaults={"opted_out_at": _out_since(contact, at), "erased_at": at}
        )
        # From here on every append of the business waits for our end, a STOP for one: hence last.
        _record(contact, actor=actor, door=door, at=at)
        _overwrite(contact, person)
        found = {name: count for name, count in sorted(counts.items()) if count}
        audit.note(
            "person.erase", actor=actor, door=door, at=at, subject=str(contact.pk), detail=found
        )
        _look_again(person.business_id, contact.pk, at + LOOK_AGAIN[0])
    return Erased(contact_id, found)


def look_again(item: agenda.Item) -> Later | None:
    """Agenda: what came about an erased person's last texts and calls after he was erased."""
    now = timezone.now()
    with transaction.atomic():
        contact = Contact.objects.select_for_update().filter(pk=int(item.subject)).first()
        if contact is None or contact.erased_at is None:
            return None
        holds.settle()
        event = ConsentEvent.objects.filter(contact=contact, kind="erasure").get()
        if holds.covers_mark(event.phone_mark) is not None:
            return Later(now + WHILE_HELD)
        business_id = current_business().pk
        counts = forget(
            Person(contact.pk, business_id, contact.phone, now, our_numbers=_ours(business_id))
        )
        found = {name: count for name, count in sorted(counts.items()) if count}
        if found:
            audit.note(
                "person.erase", actor="The system", door="agenda", at=now, subject=str(contact.pk),
                detail=found,
            )  # fmt: skip
        last = contact.erased_at + LOOK_AGAIN[-1]
        return Later(last) if now < last else None


def _look_again(business_id: int, contact_id: int, due_at: datetime) -> None:
    agenda.put(
        "messaging.forget",
        str(contact_id),
        lane="housekeeping",
        business_id=business_id,
        due_at=due_at,
    )


def _out_since(contact: Contact, at: datetime) -> datetime | None:
    """Return since when the number must not be texted. What could mean stop means it from now on.

    Nobody will read the person's words any more and decide what was meant.
    """
    is_paused = contact.paused_until is not None and contact.paused_until > at
    return contact.opted_out_at or (at if is_paused else None)


def _record(contact: Contact, *, actor: str, door: str, at: datetime) -> None:
    """Append the erasure to the ledger; only its hash stays, not the number beside it."""
    paused = _out_since(contact, at) is not None and contact.opted_out_at is None
    evidence = {"door": door, "opted_out": "yes" if contact.opted_out_at else "no"}
    event_id = consent.record(
        contact, "erasure", at=at, channel="staff", actor=actor,
        evidence=evidence | ({"paused": "yes"} if paused else {}),
    )  # fmt: skip
    ConsentDetail.objects.filter(event=event_id).delete()


def _placeholder(mark: str) -> str:
    """Return what takes the number's place: no number, and no other contact's, once more erased or not."""
    tries = [f"x{mark[start : start + 15]}" for start in range(0, 46, 15)]
    taken = set(Contact.objects.filter(phone__in=tries).values_list("phone", flat=True))
    return next((t for t in tries if t not in taken), f"x{secrets.token_hex(8)[:15]}")


def _ours(business_id: int) -> frozenset[str]:
    found = PhoneNumber.objects.filter(business=business_id).values_list("e164", flat=True)
    return frozenset(found)


def _call_off(person: Person) -> int:
    """Call off what waits. Raises ErasureRefused while the provider has a text without an answer."""
    texts = Message.objects.filter(conversation__contact=person.contact_id, direction="out")
    if texts.filter(status="sending", provider_id=None).exists():
        raise ErasureRefused("contact", "a text to this person is on its way; try again shortly")
    conversation = Conversation.objects.filter(contact=person.contact_id).first()
    if conversation is None:
        return 0
    count = cancel_waiting(conversation.pk, person.business_id, WHY)
    # A confirmation of an opt-out is left alone by an opt-out, but not by this.
    for message_id in texts.filter(status__in=["queued", "held"]).values_list("pk", flat=True):
        Message.objects.filter(pk=message_id).update(status="cancelled", error_sentence=WHY)
        agenda.drop("messaging.deliver", str(message_id), person.business_id)
        count += 1
    return count


def _overwrite(contact: Contact, person: Person) -> None:
    Contact.objects.filter(pk=contact.pk).update(
        phone=person.placeholder, name=NAME, state="", zone="", place_source="", place_at=None,
        paused_until=None, erased_at=person.at, tags=[], vip_at=None, ignored_at=None,
        line_type="", line_type_at=None, email="", company="", fields={}, language="",
        external_id="",
    )  # fmt: skip
