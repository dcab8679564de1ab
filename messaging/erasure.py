"""Erasing a person on request: profile, words and recordings go; the opt-out and minimal proof stay.

compliance.md R-PRIV-1. What stays is the ledger with its hashes, the mark of the number with its
opt-out, and of each text and call its times, ids and decisions. Upper rooms take part through
settings.ERASURE_HANDLERS, in the same transaction.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from messaging import alerts, audit, consent, holds
from messaging.marks import mark_here
from messaging.models import (
    Alert,
    ConsentEvent,
    Contact,
    Conversation,
    ErasedPerson,
    LegalHold,
    Message,
    Refusal,
)
from messaging.outbox import cancel_waiting
from messaging.scrub import NOBODY, Scrubber, scrubber, without_person
from messaging.stored_webhooks import rewrite, rewrite_given_up
from tenants import agenda, live
from tenants.agenda import Later
from tenants.models import PhoneNumber
from tenants.scope import current_business

REQUESTED = "ERASURE_REQUESTED"
NAME = "Erased person"
_WHY = "This person was erased."
# Receipts and reports of the person's last texts and calls may still come; they name the number.
LOOK_AGAIN = (timedelta(days=1), timedelta(days=7))
WHILE_HELD = timedelta(days=30)


class ErasureRefused(ValueError):
    """A person who cannot be erased now; `field` names what stands against it."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(f"{field_name}: {sentence}")
        self.field, self.sentence = field_name, sentence


@dataclass(frozen=True, slots=True)
class Person:
    """Who is being erased, for every room's part in it.

    placeholder: what stands where the number stood; phone and who: '' and nobody when the number
    is not known any more, on a later look.
    """

    contact_id: int
    business_id: int
    placeholder: str
    at: datetime
    phone: str = field(default="", repr=False)
    who: Scrubber = NOBODY
    our_numbers: frozenset[str] = frozenset()

    def forget_webhooks(self, provider: str, subjects: list[str]) -> int:
        """Take the person out of the stored webhooks about these calls or texts; returns how many."""
        return rewrite(self.business_id, provider, subjects, self._change(), self.who)

    def forget_given_up(self) -> int:
        """Take the person out of the webhooks that could not be processed; returns how many."""
        return rewrite_given_up(self.business_id, self._change(), self.who)

    def _change(self) -> partial[dict[str, object]]:
        return partial(
            without_person, ours=self.our_numbers, placeholder=self.placeholder, who=self.who
        )


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
        consent.record(
            contact, "erasure", at=at, channel="staff", actor=actor,
            evidence={"door": door, "opted_out": "yes" if contact.opted_out_at else "no"},
        )  # fmt: skip
        ErasedPerson.objects.update_or_create(
            phone_mark=mark, defaults={"opted_out_at": contact.opted_out_at, "erased_at": at}
        )
        counts = _forget(person) + _forget_what_names(person, mark, contact.name, actor)
        counts["texts called off"] = called_off
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
        counts = _forget(
            Person(contact.pk, business_id, contact.phone, now, our_numbers=_ours(business_id))
        )
        found = {name: count for name, count in sorted(counts.items()) if count}
        if found:
            audit.note(
                "person.erase", actor="Ringback", door="agenda", at=now, subject=str(contact.pk),
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
    count = cancel_waiting(conversation.pk, person.business_id, _WHY)
    # A confirmation of an opt-out is left alone by an opt-out, but not by this.
    for message_id in texts.filter(status__in=["queued", "held"]).values_list("pk", flat=True):
        Message.objects.filter(pk=message_id).update(status="cancelled", error_sentence=_WHY)
        agenda.drop("messaging.deliver", str(message_id), person.business_id)
        count += 1
    return count


def _forget(person: Person) -> Counter[str]:
    """Overwrite what each room keeps about the person's texts and calls; may be done again."""
    counts: Counter[str] = Counter()
    counts["texts"] = _forget_texts(person)
    counts["blocked texts"] = _forget_refusals(person)
    providers: dict[str, list[str]] = {}
    known = Message.objects.filter(conversation__contact=person.contact_id, provider_id__gt="")
    for provider, provider_id in known.values_list("provider", "provider_id"):
        providers.setdefault(provider, []).append(str(provider_id))
    for provider, subjects in providers.items():
        counts["webhooks"] += person.forget_webhooks(provider, subjects)
    for path in settings.ERASURE_HANDLERS:
        counts.update(import_string(path)(person))
    conversation = Conversation.objects.filter(contact=person.contact_id)
    conversation.update(last_line="", unread=0)
    for pk in conversation.values_list("pk", flat=True):
        live.changed(pk)
    return counts


def _forget_texts(person: Person) -> int:
    texts = Message.objects.filter(conversation__contact=person.contact_id)
    for text in texts.only("body", "clearances", "error_sentence", "client_token").iterator():
        token = text.client_token
        if token and person.who.text(token, text.body) != token:
            token = f"erased:{text.pk}"
        clearances = person.who.value(text.clearances, text.body)
        sentence = person.who.text(text.error_sentence, text.body)
        changed = (clearances, sentence, token)
        if changed != (text.clearances, text.error_sentence, text.client_token):
            Message.objects.filter(pk=text.pk).update(
                clearances=clearances, error_sentence=sentence, client_token=token
            )
    texts.filter(author="contact").update(author_name="")
    # A second look changes nothing. One that retention had blanked still names the number.
    return texts.exclude(their_number=person.placeholder).update(
        body="", body_hash="", media=[], their_number=person.placeholder, erased_at=person.at
    )


def _forget_refusals(person: Person) -> int:
    count = 0
    for refusal in Refusal.objects.filter(contact=person.contact_id):
        clearance = person.who.value(refusal.clearance, refusal.body)
        if refusal.body or clearance != refusal.clearance:
            refusal.body, refusal.clearance = "", clearance
            refusal.save(update_fields=["body", "clearance"])
            count += 1
    return count


def _forget_what_names(person: Person, mark: str, name: str, actor: str) -> Counter[str]:
    """Take number and name out of what is found by them alone: done once, while they are known."""
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        # Under any contact this number ever had. The ledger keeps the hashes, and still verifies.
        cursor.execute(
            "DELETE FROM messaging_consentdetail d USING messaging_consentevent e "
            "WHERE e.id = d.event_id AND e.phone_mark = %s",
            [mark],
        )
        counts["ledger details"] = cursor.rowcount
    counts["webhooks"] = person.forget_given_up()
    counts["alerts"] = _forget_alerts(person, name, actor)
    for hold in LegalHold.objects.filter(phone_mark=mark):  # all lifted, else we were not here
        hold.phone, hold.reason = "", person.who.text(hold.reason)
        hold.save(update_fields=["phone", "reason"])
    # Support's log names rows as they were called when they were changed.
    LogEntry.objects.filter(
        content_type__app_label="messaging",
        content_type__model="contact",
        object_id=str(person.contact_id),
        object_repr__in=[person.phone, name or person.phone],
    ).update(object_repr=NAME)
    return counts


def _forget_alerts(person: Person, name: str, actor: str) -> int:
    about = Q(contact=person.contact_id) | Q(subject__contains=person.phone[-4:])
    about |= Q(sentence__contains=person.phone[-4:]) | Q(fix__contains=person.phone[-4:])
    if name:
        about |= Q(sentence__icontains=name) | Q(fix__icontains=name) | Q(subject__icontains=name)
    count = 0
    for alert in Alert.objects.filter(about):
        theirs = alert.contact_id == person.contact_id
        subject = person.who.text(alert.subject)
        sentence = _WHY if theirs else person.who.text(alert.sentence)
        fix = "" if theirs else person.who.text(alert.fix)
        if (subject, sentence, fix) == (alert.subject, alert.sentence, alert.fix):
            continue
        if (theirs or subject != alert.subject) and alert.resolved_at is None:
            alert.resolved_at, alert.resolved_by = person.at, actor[:120]
        alert.subject, alert.sentence, alert.fix = subject, sentence, fix
        alert.save(update_fields=["subject", "sentence", "fix", "resolved_at", "resolved_by"])
        count += 1
    return count


def _overwrite(contact: Contact, person: Person) -> None:
    Contact.objects.filter(pk=contact.pk).update(
        phone=person.placeholder, name=NAME, state="", zone="", place_source="", place_at=None,
        paused_until=None, erased_at=person.at,
    )  # fmt: skip
