"""A member calls somebody back: his own phone rings first, then the person sees the business's number.

The call is a row from the click on, named by the click's own token, so that a click sent twice is one
call. Placing it waits on the agenda; whoever finds it half placed leaves it: it may ring already, and
a provider has no idempotency key for calls (telephony.md 2.4).
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from calls import placed, placing_limits
from calls.line_rules import not_rung
from calls.models import Call
from messaging.models import Contact
from messaging.numbers import normalise, textable
from messaging.people import lock_contact, touch_conversation
from messaging.plan import Bridge, Hangup, Say
from messaging.providers import provider
from messaging.providers.base import Credentials, PlacedCall, PlaceResult
from tenants import agenda, live
from tenants.agenda import Outside
from tenants.models import PhoneNumber
from tenants.scope import current_business

log = structlog.get_logger(__name__)

KIND = "calls.call_back"
# Shorter than a phone's own voicemail takes to pick up: nobody is to be put through to that.
RING_SECONDS = 18
CALLED_SECONDS = 45
AT_MOST_SECONDS = 3600
USEFUL = timedelta(minutes=1)
# A row that no worker took in time is still taken up later: it says then that nobody was called.
_SAID_WITHIN = timedelta(days=1)
PLACING, PLACED, FAILED, UNKNOWN = "placing", "placed", "failed", "unknown"


class PlacingError(ValueError):
    """A call that cannot be placed; the sentence is fit for people, `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def phones() -> list[tuple[PhoneNumber, list[str]]]:
    """Return the business's lines in use, each with the staff phones (E.164) that may be rung for it."""
    found = PhoneNumber.objects.select_related("account").filter(
        business=current_business(), is_active=True
    )
    usable = []
    for number in found.order_by("id"):
        staff = [normalise(str(phone)) for phone in number.staff_numbers]
        fit = [phone for phone in staff if phone and not not_rung(phone, number.e164)]
        usable.append((number, list(dict.fromkeys(fit))))
    return usable


def place(contact: Contact, phone: str, *, by: str, user: int, token: str) -> Call:
    """Want a call: `phone` (E.164, one of `phones`) rings first, then the contact. Raises PlacingError.

    A repeated token returns the first call.
    """
    now = timezone.now()
    line = _line_of(contact, phone)
    if contact.erased_at is not None or textable(contact.phone).problem in (
        "withheld", "not_a_number", "invalid", "premium",
    ):  # fmt: skip
        raise PlacingError("contact", "this number cannot be called")
    if current_business().suspended_at is not None:
        raise PlacingError("business", "calls are suspended for this business")
    refused = placing_limits.abroad(contact, line.e164)
    if refused:
        raise PlacingError("contact", refused)
    name = f"placing:{token}"[:64]
    try:
        with transaction.atomic():
            lock_contact(contact.phone, now)
            before = placing_limits.placed_by(contact, name, now)
            if before is not None:
                return before
            refused = placing_limits.too_many(contact, user, now)
            if refused:
                raise PlacingError("contact", refused)
            call = Call.objects.create(
                provider=line.account.provider, provider_id=name, contact=contact,
                our_number=line.e164, caller=line.e164, outcome=Call.Outcome.IGNORED,
                started_at=now, decision="skip", decision_reason=placing_limits.REASON, decided_at=now,
                facts={
                    "direction": "outbound-api", "placed_by": by, "placed_user": user,
                    "placed_phone": phone, "placed_state": "wanted", "placed_token": name,
                },
            )  # fmt: skip
            touch_conversation(contact.pk, at=now, line=f"Call by {by}", direction="call")
            agenda.put(
                KIND, str(call.pk), lane="realtime", business_id=line.business_id, due_at=now,
                expires_at=now + _SAID_WITHIN,
            )  # fmt: skip
            _tell(call)
    except IntegrityError:
        return Call.objects.get(provider=line.account.provider, provider_id=name)
    return call


def _line_of(contact: Contact, phone: str) -> PhoneNumber:
    """Return the line a call is shown from: the one this person last dealt with, if it rings that phone."""
    lines = [number for number, staff in phones() if phone in staff]
    if not lines:
        raise PlacingError("phone", "that is none of your staff phones; see Lines")
    last = (
        Call.objects.filter(contact=contact).order_by("-started_at").values_list("our_number")[:1]
    )
    known = {row[0] for row in last}
    return next((number for number in lines if number.e164 in known), lines[0])


def ring(item: agenda.Item) -> agenda.Answer:
    """Agenda: place the call that somebody wants; once, or not at all."""
    now = timezone.now()
    assert item.business_id is not None
    with transaction.atomic():
        call = Call.objects.select_for_update().filter(pk=int(item.subject)).first()
        if call is None or call.contact_id is None:
            return None
        state = call.facts.get("placed_state")
        if state == PLACING:
            # Whoever placed it died with the answer: it may ring, so it is not placed again.
            _settled(call, PlaceResult("unknown"))
            return None
        if state != "wanted":
            return None
        if now > call.started_at + USEFUL:
            _settled(call, PlaceResult("refused", detail="It could not be placed in time."))
            return None
        line = (
            PhoneNumber.objects.select_related("account")
            .filter(e164=call.our_number, business_id=item.business_id, is_active=True)
            .first()
        )
        if line is None:
            _settled(call, PlaceResult("refused", detail="The line is in use no more."))
            return None
        contact = Contact.objects.get(pk=call.contact_id)
        _say(call, PLACING)
    account, query = line.account, placed.query(call.pk)
    wanted = PlacedCall(
        line.e164, str(call.facts["placed_phone"]),
        steps=(
            Say("Connecting your call."),
            Bridge(contact.phone, line.e164, CALLED_SECONDS, f"{placed.PATH}{query}"),
            Hangup(),
        ),
        ring_seconds=RING_SECONDS, at_most_seconds=AT_MOST_SECONDS,
        status_url=f"{settings.PUBLIC_BASE_URL}/webhooks/{account.provider}/voice/{placed.PATH}{query}",
    )  # fmt: skip
    adapter = provider(account.provider)
    credentials = Credentials(account.account_sid, account.auth_token, account.application_id)

    def settle(result: PlaceResult) -> None:
        with transaction.atomic():
            kept = Call.objects.select_for_update().get(pk=call.pk)
            _settled(kept, result)

    return Outside(lambda: adapter.place_call(credentials, wanted), settle)


def _settled(call: Call, result: PlaceResult) -> None:
    """Write down what came of placing a call. Whether anybody talked is told later (calls/placed.py)."""
    if result.kind == "accepted":
        call.provider_id = result.call_id[:64] or call.provider_id
        _say(call, PLACED)
    elif result.kind == "unknown":
        _say(call, UNKNOWN)
    else:
        code = f" (error {result.code})" if result.code else ""
        call.facts["placed_problem"] = f"{result.detail}{code}".strip()[:200]
        _say(call, FAILED)
        log.warning("call_not_placed", code=result.code, detail=result.detail)


def _say(call: Call, state: str) -> None:
    call.facts["placed_state"] = state
    call.save(update_fields=["facts", "provider_id"])
    _tell(call)


def _tell(call: Call) -> None:
    thread = Contact.objects.filter(calls=call.pk).values_list("conversation", flat=True)
    for conversation in thread:
        if conversation is not None:
            live.changed(conversation)
