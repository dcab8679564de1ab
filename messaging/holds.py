"""Legal holds: while one is open for a number, or for all, nothing of it is purged or erased.

compliance.md R-EV-1. Whoever purges or erases calls `settle` first, in his transaction: from then
until its end no hold is placed or lifted, so none can come between the question and the deed.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from messaging import audit
from messaging.marks import mark_here
from messaging.models import ConsentEvent, Contact, LegalHold
from messaging.numbers import normalise

EVERYBODY = ""


class HoldError(ValueError):
    """A hold that cannot be placed or lifted; `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def place(phone: str, reason: str, by: str, at: datetime, *, door: str = "command") -> LegalHold:
    """Place a hold on a number as people write it, or on everybody (''). Raises HoldError.

    `at` is aware; `by` is who answers for it; `door` as in messaging.audit.note. Waits for a purge
    that is under way.
    """
    number = normalise(phone) if phone.strip() else EVERYBODY
    if phone.strip() and not number:
        raise HoldError("number", "expected a phone number such as +13125550142")
    reason, by = reason.strip(), by.strip()
    if not reason or len(reason) > 300:
        raise HoldError("reason", "expected 1 to 300 characters, such as the name of the matter")
    if not by or len(by) > 120:
        raise HoldError("by", "expected 1 to 120 characters, who answers for the hold")
    for field, words in (("reason", reason), ("by", by)):
        # The database takes no NUL, and the others would play tricks on a terminal.
        if any(unicodedata.category(letter) == "Cc" for letter in words):
            raise HoldError(field, "has a control character in it, such as a line end or NUL")
    mark = mark_here(number) if number else ""
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(
                phone_mark=mark, phone=number, reason=reason, placed_by=by, placed_at=at
            )
            audit.note(
                "hold.place", actor=by, door=door, at=at, subject=mark or "everybody",
                detail={"hold": hold.pk},
            )  # fmt: skip
    except IntegrityError:
        raise HoldError("number", "a hold on it is open already") from None
    return hold


def lift(hold_id: int, by: str, at: datetime, *, door: str = "command") -> LegalHold:
    """Lift an open hold. Raises HoldError when there is none of this id, or it was lifted before."""
    by = by.strip()
    if not by or len(by) > 120:
        raise HoldError("by", "expected 1 to 120 characters, who answers for it")
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update().filter(pk=hold_id).first()
        if hold is None:
            raise HoldError("id", "there is no such hold")
        if hold.lifted_at is not None:
            raise HoldError("id", f"it was lifted on {hold.lifted_at:%Y-%m-%d}")
        hold.lifted_by, hold.lifted_at = by, at
        hold.save(update_fields=["lifted_by", "lifted_at"])
        audit.note(
            "hold.lift", actor=by, door=door, at=at, subject=hold.phone_mark or "everybody",
            detail={"hold": hold.pk},
        )  # fmt: skip
    return hold


def covers(phone: str) -> LegalHold | None:
    """Return the open hold that covers an E.164 number, of its own or for everybody."""
    return covers_mark(mark_here(phone))


def covers_mark(mark: str) -> LegalHold | None:
    """Return the open hold that covers the number of a mark, which may have been erased."""
    found = LegalHold.objects.filter(lifted_at=None, phone_mark__in=["", mark])
    return found.order_by("-phone_mark").first()


def settle() -> None:
    """Keep holds as they are until the transaction ends; waits for one being placed or lifted."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE messaging_legalhold IN SHARE ROW EXCLUSIVE MODE")


def held_contacts() -> frozenset[int] | None:
    """Return the ids of all contacts that a hold covers; None when everybody is held.

    A number's earlier contacts are found as well, by the ledger's marks, though they were erased.
    """
    holds = list(LegalHold.objects.filter(lifted_at=None).values_list("phone_mark", "phone"))
    marks = [mark for mark, _ in holds]
    if "" in marks:
        return None
    if not marks:
        return frozenset()
    by_phone = Contact.objects.filter(phone__in=[phone for _, phone in holds if phone])
    by_mark = ConsentEvent.objects.filter(phone_mark__in=marks)
    return frozenset(by_phone.values_list("pk", flat=True)) | frozenset(
        by_mark.values_list("contact_id", flat=True)
    )
