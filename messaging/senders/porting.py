"""Ordering a port from the provider: what the old carrier knows of the line, its bill, and who signs.

The order belongs to the step that waits for the number (bringing.py). It is asked for while somebody
waits, for the bill and the PIN are kept nowhere: whoever was cut off sends them again, and an order that
was taken is found before another one is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messaging.attachments.sniffing import JPEG, PDF, PNG, kind_of
from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.providers.porting import Bill, Ordered, PortOrder, PortStanding
from messaging.senders import steps
from messaging.senders.steps import SenderError
from tenants import agencies, agenda
from tenants.agenda import Later, Outside
from tenants.models import Business, ProviderStep

CANCEL = "messaging.cancel_port"
FIELDS = (
    "holder", "holder_kind", "account_number", "pin", "signer", "signer_email", "street", "city",
    "region", "postal_code",
)  # fmt: skip
BILL_AT_MOST = 10_000_000  # bytes
# So long somebody else may be ordering the same line this moment.
_JUST_NOW = timedelta(minutes=2)
_LONGEST = 120
TOO_LARGE = "At most 10 MB."
_ASKED = {
    "holder": "Write the name the old carrier has.",
    "street": "Write the street the old carrier has.",
    "city": "Write the city.",
}
_SECRET = re.compile(r"[0-9A-Za-z -]{0,40}")
_FORMS = (
    ("signer_email", re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]{2,}"),
     "Write an email address, such as dana@example.com."),
    ("region", re.compile(r"[A-Z]{2}"), "Write the two letters of the state, such as IL."),
    ("postal_code", re.compile(r"[0-9]{5}(-[0-9]{4})?"), "Write a ZIP code, such as 60601."),
    ("account_number", _SECRET, "Letters and digits only."),
    ("pin", _SECRET, "Letters and digits only."),
)  # fmt: skip
_TAKES_ORDERS = "The provider takes no orders for this account; order the port in its portal."


class PortWrong(SenderError):
    """An order as it was typed cannot be sent. problems: field -> what is wrong with it, in a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        field, sentence = next(iter(problems.items()))
        super().__init__(field, sentence)
        self.problems = problems


def refuse_stuck(business: Business, e164: str, account_id: int | None) -> None:
    """Raise SenderError naming `number` where the provider says that a line cannot be ported.

    In no transaction: the provider is asked. Where it does not answer, nothing is refused.
    """
    adapter, account = steps.office_of(steps.account_of(business, account_id))
    if not adapter.ports:
        return
    try:
        found = adapter.can_port(account, e164)
    except ProviderFailed:
        return
    if not found.is_portable:
        why = found.reason or "the provider gives no reason"
        raise SenderError("number", f"It cannot be ported: {why}")


def takes_orders(step: ProviderStep) -> bool:
    """Whether a step's port can be ordered here: its provider takes orders, and none is under way."""
    if step.wanted.get("how") != "port" or step.state not in steps.OPEN or order_of(step):
        return False
    adapter, _ = steps.office_of(steps.account_of(step.business, step.wanted["account"]))
    return adapter.ports


def order_of(step: ProviderStep) -> str:
    """Return the provider's id of a step's order, '' while none is known."""
    return str((step.wanted.get("port") or {}).get("id", ""))


def read(e164: str, typed: Mapping[str, str], bill: Bill) -> PortOrder:
    """Return an order as it was typed. Raises PortWrong naming every field that is wrong. Pure."""
    said = {name: " ".join(str(typed.get(name, "")).split()) for name in FIELDS}
    said["region"] = said["region"].upper()
    wrong = {name: sentence for name, sentence in _ASKED.items() if not said[name]}
    if " " not in said["signer"]:
        wrong["signer"] = "Write first and last name."
    for name, form, sentence in _FORMS:
        if not form.fullmatch(said[name]):
            wrong[name] = sentence
    for name, written in said.items():
        if len(written) > _LONGEST or "\x00" in written:
            wrong[name] = f"At most {_LONGEST} characters."
    if not bill.content:
        wrong["bill"] = "Choose a bill of the last thirty days."
    elif len(bill.content) > BILL_AT_MOST:
        wrong["bill"] = TOO_LARGE
    elif kind_of(bill.content) not in (PDF, JPEG, PNG):
        wrong["bill"] = "Expected a PDF, a JPEG or a PNG."
    if wrong:
        raise PortWrong(wrong)
    return PortOrder(
        e164=e164, holder=said["holder"], is_business=said["holder_kind"] != "individual",
        signer=said["signer"], signer_email=said["signer_email"], street=said["street"],
        city=said["city"], region=said["region"], postal_code=said["postal_code"], bill=bill,
        account_number=said["account_number"], pin=said["pin"],
    )  # fmt: skip


def order(step: ProviderStep, typed: Mapping[str, str], bill: Bill, *, by: str) -> None:
    """Order the port of a step's number. In no transaction: somebody waits while the provider is asked.

    bill: its type is what its bytes say. Raises SenderError naming a field, `port` where the order itself
    was not taken.
    """
    wanted = read(step.wanted["e164"], typed, bill)
    adapter, account = steps.office_of(steps.account_of(step.business, step.wanted["account"]))
    if not adapter.ports:
        raise SenderError("port", _TAKES_ORDERS)
    asked_before = _begun(step)
    try:
        found = adapter.find_port(account, wanted.e164) if asked_before else ""
    except ProviderFailed as failed:
        raise SenderError("port", f"{failed} Send it again.") from None
    result = Ordered("ordered", found) if found else adapter.order_port(account, wanted)
    _settled(step, wanted, result, by)


def _begun(step: ProviderStep) -> bool:
    """Write that the provider is about to be asked; whether it may have been asked before."""
    now = timezone.now()
    with transaction.atomic():
        kept = steps.locked(str(step.pk))
        if kept is None or kept.state not in steps.OPEN:
            raise SenderError("port", "This number is not waited for any more.")
        before = kept.wanted.get("port") or {}
        if before.get("id"):
            raise SenderError("port", "It is ordered already.")
        asked = parse_datetime(str(before.get("asked", "")))
        if asked is not None and now - asked < _JUST_NOW and not before.get("is_open"):
            raise SenderError(
                "port", "Somebody is ordering it this moment. Look again in a minute."
            )
        kept.wanted["port"] = {"asked": now.isoformat()}
        kept.save(update_fields=["wanted"])
    return bool(before.get("asked"))


def _settled(step: ProviderStep, wanted: PortOrder, result: Ordered, by: str) -> None:
    now, problem = timezone.now(), ""
    with transaction.atomic():
        kept = steps.locked(str(step.pk))
        if kept is None:
            return
        asked = (kept.wanted.get("port") or {}).get("asked", now.isoformat())
        if result.kind == "ordered":
            kept.wanted["port"] = {
                "id": result.port_id, "state": "review", "signer": wanted.signer_email,
                "asked": asked,
            }  # fmt: skip
            agencies.note(
                kept.business.agency, "number.port_order", actor=by, door="page", at=now,
                business=kept.business, number=wanted.e164,
            )  # fmt: skip
            if kept.state in steps.OPEN:
                agenda.put(
                    "messaging.bring_number", str(kept.pk), lane="realtime",
                    business_id=kept.business_id, due_at=now,
                )  # fmt: skip
            else:  # called off meanwhile
                forget(kept, now)
        elif result.kind == "refused":
            kept.wanted.pop("port", None)
            problem = f"The provider refused the order: {result.detail or result.code}"
        else:
            # Perhaps it was taken: whoever sends it again has it looked for first.
            kept.wanted["port"] = {"asked": asked, "is_open": True}
            problem = "The provider did not answer. Send it again: nothing is ordered twice."
        kept.save(update_fields=["wanted"])
    if problem:
        raise SenderError("port", problem)


def keep(step: ProviderStep, standing: PortStanding) -> None:
    """Write down how a step's order stands. Runs in a transaction that holds the step; saved by `steps.move`."""
    known = step.wanted.get("port") or {}
    if standing.state == "ended":
        # Another one may be ordered: what became of this one stays to be read.
        step.wanted["port"] = {"ended": standing.detail or "no reason was given", "is_open": True}
        return
    step.wanted["port"] = known | {
        "state": standing.state, "detail": standing.detail, "sign_url": standing.sign_url,
    }  # fmt: skip


def story(step: ProviderStep) -> list[str]:
    """Return how a step's order stands, sentence by sentence; nothing where none was made."""
    port: dict[str, Any] = step.wanted.get("port") or {}
    if port.get("ended"):
        return [f"The provider ended the order: {port['ended']}. Order it again below."]
    if not port.get("id"):
        return []
    detail = port.get("detail") or "look at the order in its console"
    said = {
        "review": "The order is with the provider, who looks it over.",
        "signature": f"The letter of authorization went to {port.get('signer', '')}. Nothing moves until it is signed.",
        "under_way": "The order is with the old carrier. That takes some days, up to two weeks.",
        "action": f"The old carrier refused it: {detail}. Call it off here and order it anew.",
        "done": "The number has arrived at the provider.",
    }
    return [said[port.get("state", "review")]]


def forget(step: ProviderStep, now: datetime) -> None:
    """Take a step's order back at the provider, after this transaction; nothing where none was made. now: aware."""
    if port_id := order_of(step):
        agenda.put(
            CANCEL, f"{step.wanted['account']}:{port_id}", lane="housekeeping",
            business_id=step.business_id, due_at=now,
        )  # fmt: skip


def cancel(item: agenda.Item) -> agenda.Answer:
    """Agenda: take an order back. Done twice it is done once."""
    account_id, _, port_id = item.subject.partition(":")
    business = Business.objects.get(pk=item.business_id)
    adapter, account = steps.office_of(steps.account_of(business, int(account_id)))
    return Outside(partial(_cancelled, adapter, account, port_id), _again)


def _cancelled(adapter: Provider, account: Credentials, port_id: str) -> bool:
    try:
        adapter.cancel_port(account, port_id)
    except ProviderFailed:
        return False
    return True


def _again(is_done: bool) -> Later | None:
    return None if is_done else Later(timezone.now() + timedelta(minutes=10))
