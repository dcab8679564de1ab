"""A member calls somebody back: his own phone rings first, then the person sees the business's number.

The call is a row from the click on, named by the click's own token, so that a click sent twice is one
call. Placing it waits on the agenda; whoever finds it half placed asks the provider and places it no
second time: it may ring already, and a provider has no idempotency key for calls (telephony.md 2.4).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from calls import placed, placing_limits, placing_settled
from calls.line_rules import not_rung
from calls.models import Call
from messaging import policies
from messaging.models import Contact
from messaging.numbers import normalise, textable
from messaging.people import lock_contact, touch_conversation
from messaging.plan import Bridge, Hangup, Say
from messaging.providers import provider
from messaging.providers.base import Credentials, PlacedCall, PlaceResult
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.models import PhoneNumber
from tenants.scope import business_scope, current_business

log = structlog.get_logger(__name__)

KIND = placed.CALL_BACK
RING_SECONDS = placing_settled.RING_SECONDS
CALLED_SECONDS = placing_settled.CALLED_SECONDS
AT_MOST_SECONDS = placing_settled.AT_MOST_SECONDS
USEFUL = placing_settled.USEFUL
# A row that no worker took in time is still taken up later: it says then that nobody was called.
_SAID_WITHIN = timedelta(days=1)
PLACING, PLACED = "placing", placing_settled.PLACED
FAILED, UNKNOWN = placing_settled.FAILED, placing_settled.UNKNOWN


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
    business = current_business()
    if business.suspended_at is not None:
        raise PlacingError("business", "calls are suspended for this business")
    if business.texts_nobody:
        raise PlacingError("business", "this business is not live yet")
    countries = policies.current(business.pk).countries
    refused = placing_limits.abroad(contact, line.e164, countries)
    if refused:
        raise PlacingError("contact", refused)
    name = f"placing:{token}"[:64]
    try:
        with transaction.atomic():
            placing_limits.one_at_a_time()
            lock_contact(contact.phone, now)
            before = placing_limits.placed_by(contact, name, now)
            if before is not None:
                return before
            refused = placing_limits.too_many(contact, user, phone, now)
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
            placed.show(call)
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
    """Agenda: place the call that somebody wants, once or not at all, and see to it that its end is known."""
    now = timezone.now()
    assert item.business_id is not None
    with transaction.atomic():
        call = placed.locked(int(item.subject))
        if call is None or call.contact_id is None:
            return None
        state = call.facts.get("placed_state")
        if state == PLACING:
            # Whoever placed it died with the answer: it may ring, so it is not placed again.
            return _settled(call, PlaceResult("unknown"), now)
        line = (
            PhoneNumber.objects.select_related("account")
            .filter(e164=call.our_number, business_id=item.business_id, is_active=True)
            .first()
        )
        if state != "wanted":
            return placing_settled.ask(call, line, now)
        if now > call.started_at + USEFUL:
            refused = PlaceResult("refused", detail="It could not be placed in time.")
            return _settled(call, refused, now)
        if line is None:
            refused = PlaceResult("refused", detail="The line is in use no more.")
            return _settled(call, refused, now)
        contact = Contact.objects.get(pk=call.contact_id)
        placing_settled.say(call, PLACING)
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

    def settle(result: PlaceResult) -> Later | None:
        with transaction.atomic():
            kept = Call.objects.select_for_update().get(pk=call.pk)
            return _settled(kept, result, timezone.now())

    return Outside(lambda: adapter.place_call(credentials, wanted), settle)


def died(item: agenda.Item, error: str) -> None:
    """A call back was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): the thread says so."""
    if not item.schema:
        return
    with business_scope(item.schema), transaction.atomic():
        call = placed.locked(int(item.subject))
        if call is None or call.facts.get("call_status"):
            return
        if call.facts.get("placed_state") == "wanted":
            call.facts["placed_problem"] = "Something of ours failed."
            placing_settled.say(call, FAILED)
        else:
            placing_settled.not_known(call)


def _settled(call: Call, result: PlaceResult, now: datetime) -> Later | None:
    """Write down what came of placing a call, and when to ask what became of it, if nobody tells.

    Whether anybody talked is told later (calls/placed.py).
    """
    if result.kind == "accepted":
        call.provider_id = result.call_id[:64] or call.provider_id
        placing_settled.say(call, PLACED)
        return placing_settled.later(call, now)
    if result.kind == "unknown":
        placing_settled.say(call, UNKNOWN)
        return placing_settled.later(call, now)
    code = f" (error {result.code})" if result.code else ""
    call.facts["placed_problem"] = f"{result.detail}{code}".strip()[:200]
    placing_settled.say(call, FAILED)
    log.warning("call_not_placed", code=result.code, detail=result.detail)
    return None
