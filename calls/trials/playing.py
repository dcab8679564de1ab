"""Who calls in a test call, and what is asked of a provider or of the simulator for it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from calls import lines
from calls.models import TestCall
from calls.simulator.client import Simulator, SimulatorRefused
from calls.trials.conditions import AGAIN, CONDITIONS, LANDLINE, STOPPED, WITHHELD, Condition
from calls.trials.legs import leg_of
from messaging.models import Contact
from messaging.numbers import national, normalise, textable
from messaging.providers import provider
from messaging.providers.base import Credentials, PlacedCall, ProviderFailed, Text
from tenants.models import PhoneNumber, new_id
from tenants.scope import current_schema

REPLY = "Test reply"
_MAGIC = ("0004", "0005", "0006", "0007", "0008")  # endings that mean something to the simulator


class TrialError(ValueError):
    """A test call cannot be placed: `field` names what is wrong, `sentence` says what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of placing a call: its id, when it was placed, or why it was not."""

    call_id: str
    at: datetime
    error: str = ""


def caller_of(number: PhoneNumber, condition: Condition, typed: str) -> str:
    """Return who calls: somebody who is played, or the account's number that was typed. Raises TrialError."""
    if number.account.provider != "simulator":
        return _real(number, typed)
    if condition.caller == WITHHELD:
        return "anonymous"
    area = number.e164[:5]
    if condition.caller == LANDLINE:
        return f"{area}{secrets.choice(range(200, 998))}0006"
    for _ in range(50):
        # Nobody has a number of this exchange; and the business has not met this one.
        phone = f"{area}555{secrets.randbelow(8_700) + 1_213}"
        if not phone.endswith(_MAGIC) and not Contact.objects.filter(phone=phone).exists():
            return phone
    raise TrialError("caller", "Every number for test calls was used. Erase old ones first.")


def _real(number: PhoneNumber, typed: str) -> str:
    """Return the account's own number that was typed; the provider itself is asked. Raises TrialError.

    A number typed wrongly would be somebody's: he would be texted, and taken for a played caller.
    """
    phone = normalise(typed)
    if not phone or textable(phone).problem:
        raise TrialError("from", "Which number is it placed from? One of the account's own.")
    if phone == settings.WATCH_NUMBER or PhoneNumber.objects.filter(e164=phone).exists():
        raise TrialError("from", f"{national(phone)} is a line of ours; take another number.")
    account = number.account
    credentials = Credentials(account.account_sid, account.auth_token, account.application_id)
    try:
        is_own = provider(account.provider).owns_number(credentials, phone)
    except ProviderFailed as failed:
        raise TrialError("from", f"Whose number it is could not be asked. {failed}") from None
    if not is_own:
        raise TrialError(
            "from", f"{national(phone)} is not a number of your provider account, so it may be "
            "somebody's. Nothing was placed.",
        )  # fmt: skip
    return phone


def _line_of(test: TestCall) -> PhoneNumber:
    """Return the line of a test call, while it is this business's."""
    found = PhoneNumber.objects.select_related("account", "business")
    return found.get(e164=test.line, business__schema_name=current_schema())


def placing_of(test: TestCall) -> Callable[[], Placed]:
    """Return what places the call. To be called without a database connection; never raises."""
    condition = CONDITIONS[test.condition]
    if test.provider == "simulator":
        return lambda: _place_simulated(test, condition)
    number = _line_of(test)
    account, adapter = number.account, provider(test.provider)
    credentials = Credentials(account.account_sid, account.auth_token, account.application_id)
    line = lines.as_line(number, lines.values_of(number), timezone.now())
    leg = leg_of(condition, line, adapter.answers_first)
    call = PlacedCall(
        test.caller, test.line, leg.steps,
        ring_seconds=leg.ring_seconds, at_most_seconds=leg.at_most_seconds,
    )  # fmt: skip

    def place() -> Placed:
        at = timezone.now()
        result = adapter.place_call(credentials, call)
        if result.kind != "accepted":
            return Placed("", at, refused(result.code, result.detail))
        return Placed(result.call_id, at)

    return place


def reply_of(test: TestCall, now: datetime) -> Callable[[], str]:
    """Return what lets the caller answer the text; it returns why that failed, '' when it did not."""
    if test.provider == "simulator":
        return lambda: _reply_simulated(test)
    line = _line_of(test)
    account = Credentials(line.account.account_sid, line.account.auth_token)
    schema = str(line.business.schema_name)
    text = Text(str(new_id()), schema, test.caller, test.line, REPLY, 600, now)
    adapter = provider(test.provider)

    def say() -> str:
        result = adapter.send(account, text)
        return "" if result.kind == "accepted" else refused(result.code, result.detail)

    return say


def refused(code: str, detail: str) -> str:
    """Return a provider's refusal in a sentence."""
    return f"The provider refused{f' (error {code})' if code else ''}. {detail}".strip()


def _place_simulated(test: TestCall, condition: Condition) -> Placed:
    """Play what goes before, then the call itself."""
    at = timezone.now()
    try:
        with Simulator(settings.PUBLIC_BASE_URL) as phones:
            if condition.caller == STOPPED:
                phones.reply(test.line, test.caller, "STOP")
            if condition.caller == AGAIN:
                first = phones.place_call(test.line, test.caller, ring_seconds=1, faster=True)
                phones.await_end(first, 20)
                time.sleep(1)  # the first one is decided and texted by then
            at = timezone.now()
            sid = phones.place_call(
                test.line, test.caller, condition.staff, ring_seconds=condition.ring_seconds,
                afterwards=condition.afterwards, talk_seconds=condition.talk_seconds,
                faster=condition.faster,
            )  # fmt: skip
            return Placed(sid, at)
    except (SimulatorRefused, TimeoutError) as error:
        return Placed("", at, f"The simulator did not place the call: {error}"[:300])
    except Exception as error:  # whatever the network library says when nobody listens
        return Placed("", at, f"The simulator did not answer ({type(error).__name__}).")


def _reply_simulated(test: TestCall) -> str:
    try:
        with Simulator(settings.PUBLIC_BASE_URL) as phones:
            phones.reply(test.line, test.caller, REPLY)
    except Exception as error:
        return f"The reply could not be sent ({type(error).__name__})."
    return ""
