"""The numbers one person can be reached by, for whoever writes to him. Each has its own consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from calls.models import Call
from messaging.models import Contact, Message
from messaging.numbers import national


@dataclass(frozen=True, slots=True)
class Reachable:
    """One of a person's numbers. is_default: the one a reply goes to unless another is chosen."""

    contact_id: int
    phone: str
    number: str
    opted_out: bool
    is_default: bool


def numbers_of(contact: Contact) -> list[Reachable]:
    """Return the numbers of a person who is shown, his own first; erased ones are none.

    The default is the one they last wrote from, else we last wrote to, among those that did not opt
    out.
    """
    if contact.erased_at is not None:
        return []
    also = Contact.objects.filter(merged_into=contact, erased_at=None).order_by("pk")
    found = [contact, *also]
    chosen = max([each for each in found if each.opted_out_at is None] or found, key=_last_wrote)
    return [
        Reachable(
            each.pk, each.phone, national(each.phone), each.opted_out_at is not None,
            each.pk == chosen.pk,
        )
        for each in found
    ]  # fmt: skip


def chosen(contact: Contact, wanted: str) -> Contact | None:
    """Return whom a reply goes to: the contact `wanted` names, the person's own number for "".

    None where it is none of this person's numbers (any more): then nobody is to be written to.
    """
    if not wanted or wanted == str(contact.pk):
        return contact
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    return Contact.objects.filter(pk=int(wanted), merged_into=contact, erased_at=None).first()


def addressed(conversation_id: int, shown: Contact, wanted: str) -> Contact | None:
    """Return whom a reply goes to that a page of a conversation sent; None where nobody is to be written to.

    A page that was open before its person was merged names no number: it means its own.
    """
    if not wanted:
        own = Contact.objects.filter(conversation=conversation_id).exclude(pk=shown.pk).first()
        wanted = str(own.pk) if own is not None else ""
    return chosen(shown, wanted)


def wrote_last(contact: Contact, before: datetime | None) -> Contact:
    """Return the number from which a person wrote or called last up to a moment (aware; None: ever).

    His own, shown number where none of them did.
    """
    ids = ids_of(contact)
    if len(ids) == 1:
        return contact
    until = before or timezone.now()
    wrote = (
        Message.objects.filter(conversation__contact__in=ids, direction="in", created_at__lte=until)
        .order_by("-created_at")
        .values_list("created_at", "conversation__contact")[:1]
    )
    called = (
        Call.objects.filter(contact__in=ids, started_at__lte=until, same_as=None)
        .exclude(outcome=Call.Outcome.IGNORED)
        .order_by("-started_at")
        .values_list("started_at", "contact")[:1]
    )
    found = max([*wrote, *called], default=None)
    if found is None:
        return contact
    return Contact.objects.filter(pk=found[1], erased_at=None).first() or contact


def ids_of(contact: Contact) -> list[int]:
    """Return the contacts' ids of all numbers of the person a contact is."""
    shown = contact.merged_into_id or contact.pk
    found = Contact.objects.filter(Q(pk=shown) | Q(merged_into=shown))
    return list(found.values_list("pk", flat=True))


def _last_wrote(contact: Contact) -> tuple[float, float, int]:
    ours = [contact.last_person_text_at, contact.last_text_back_at]
    written = contact.last_inbound_at.timestamp() if contact.last_inbound_at else 0.0
    sent = max((each.timestamp() for each in ours if each is not None), default=0.0)
    return written, sent, -contact.pk
