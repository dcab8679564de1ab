"""Callers that somebody should phone: those who call again and again, and those who matter most.

product.md B7: who calls a second and a third time is not texted again but called back. Told by
settings.CALL_ENDED_HANDLERS, in the transaction that decided the call and holds the contact's row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from calls.decision import Decision
from calls.matching import Question
from calls.models import Call
from messaging import alerts
from messaging.models import Contact
from messaging.numbers import national
from messaging.zones import minute_of_day, time_in_words
from tenants.models import Business
from tenants.scope import current_schema

# What the network says of a caller's number (calls.consented.attestation), as people read it.
VOUCHED = {
    "A": "The carrier vouches for the number",
    "B": "The carrier knows the caller, not the number",
    "C": "The carrier only passed the call on",
    "failed": "The number failed the carriers' check",
    "": "No carrier vouches for the number",
}
# The tag of those who are customers already; such a contact is known from its first call on.
CUSTOMER = "customer"
# A text would be one too many: they had one, or a member is writing with them.
_TEXTED = frozenset({"COOL_DOWN", "DUPLICATE_SUPPRESSED", "IN_CONVERSATION"})
_SAME_CALL = "SAME_CALL"  # calls.intake.twins
_LANDLINE = "LANDLINE"  # no text can reach them at all
_WHO = {alerts.VIP_CALLED: ", a VIP,", alerts.LANDLINE_CALLED: ", a landline, which gets no texts,"}
_MISSED = (Call.Outcome.MISSED, Call.Outcome.VOICEMAIL)
# Calls that belong together: since somebody was last spoken with or written to, at most a day.
_TOGETHER = timedelta(hours=24)
_AGAIN = 2


def is_known(contact: Contact, called_at: datetime) -> bool:
    """Whether the business knew a caller when he called at `called_at` (aware).

    A customer by tag (imported as one), somebody who wrote before, or a contact from before this
    call: an earlier call, an earlier text, a list that was taken over.
    """
    if CUSTOMER in contact.tags:
        return True
    wrote = contact.last_inbound_at
    return contact.created_at < called_at or (wrote is not None and wrote < called_at)


def is_proven(contact: Contact, called_at: datetime) -> bool:
    """Whether somebody stands behind this number besides calls from it, which may all be forged.

    They wrote to us, a member wrote to them, or a person of the business marked or named them: what
    R-SPOOF-1 wants where a carrier does not vouch for the number.
    """
    if contact.tags or contact.name or contact.vip_at is not None:
        return True
    moments = (contact.last_inbound_at, contact.last_person_text_at)
    return any(moment is not None and moment < called_at for moment in moments)


def vouching(attestation: str) -> Question:
    """Return what the network says of the caller's number as a question of the receipt."""
    answer = {"A": "yes", "failed": "it failed"}.get(attestation, "no")
    asked = "Does the carrier vouch for the caller's number?"
    return Question(asked, VOUCHED[attestation], answer, attestation != "failed")


def call_ended(call: Call, contact: Contact | None, decision: Decision) -> None:
    """Tell the staff to phone a caller back, once per person, or that it is settled."""
    if contact is None or call.is_test:
        return
    if call.outcome == Call.Outcome.ANSWERED:
        alerts.spoken_with(contact.pk, by="An answered call", at=timezone.now())
        return
    if call.outcome not in _MISSED or contact.ignored_at is not None:
        return
    if decision.code == _SAME_CALL:
        return  # one call that reached us twice: the other one tells
    code = alerts.CALLED_AGAIN if decision.code in _TEXTED else ""
    if decision.code == _LANDLINE:
        code = alerts.LANDLINE_CALLED
    if contact.vip_at is not None:
        code = alerts.VIP_CALLED
    if not code:
        return
    calls = _since_spoken(call, contact)
    if code != alerts.CALLED_AGAIN or len(calls) >= _AGAIN:
        _phone_them(contact, calls, code, timezone.now())


def _since_spoken(call: Call, contact: Contact) -> list[datetime]:
    """Return when this caller was missed since anybody spoke or wrote with him, oldest first."""
    since = call.started_at - _TOGETHER
    wrote = contact.last_person_text_at
    if wrote is not None and wrote < call.started_at:
        since = max(since, wrote)
    earlier = Call.objects.filter(contact=contact.pk, started_at__gt=since, is_test=False)
    earlier = earlier.filter(same_as=None).exclude(pk=call.pk).order_by("started_at")
    moments: list[datetime] = []
    for outcome, started_at in earlier.values_list("outcome", "started_at"):
        if outcome == Call.Outcome.ANSWERED:
            moments.clear()
        elif outcome in _MISSED:
            moments.append(started_at)
    return sorted([*moments, call.started_at])


def _phone_them(contact: Contact, calls: list[datetime], code: str, now: datetime) -> None:
    name = contact.name or national(contact.phone)
    first = _on_their_clock(calls[0], now)
    if len(calls) >= _AGAIN:
        what = f"called {len(calls)} times since {first} and was missed each time"
    else:
        what = f"called at {first} and was missed"
    alerts.raise_alert(
        code,
        f"{name}{_WHO.get(code, '')} {what}.",
        fix="Phone them.",
        subject=str(contact.pk),
        contact=contact,
        at=now,
    )


def _on_their_clock(moment: datetime, now: datetime) -> str:
    """Return a time as the business's own clock shows it, with its weekday when it is not today's."""
    name = Business.objects.values_list("timezone", flat=True).get(schema_name=current_schema())
    local, today = moment.astimezone(ZoneInfo(name)), now.astimezone(ZoneInfo(name)).date()
    words = time_in_words(minute_of_day(local))
    return words if local.date() == today else f"{local:%a} {words}"
