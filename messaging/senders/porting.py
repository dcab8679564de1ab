"""Ordering a port from the provider: what the old carrier knows of the line, its bill, and who signs.

The order belongs to the step that waits for the number (bringing.py). It is asked for while somebody
waits, for the bill and the PIN are kept nowhere: whoever was cut off sends them again, and an order that
was taken is found before another one is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messaging.providers import provider
from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.providers.porting import Bill, Ordered, PortOrder, PortStanding
from messaging.senders import port_form, steps
from messaging.senders.steps import SenderError
from tenants import agencies, agenda
from tenants.agenda import Later, Outside
from tenants.models import Business, ProviderStep

CANCEL = "messaging.cancel_port"
# So long somebody else may be ordering the same line this moment.
_JUST_NOW = timedelta(minutes=2)
# Of an order whose id is not known: it is looked for by its number.
_FIND = "find:"
_PAUSE, _TRIED_FOR = timedelta(minutes=10), timedelta(days=7)
_UNKNOWN = "The provider did not answer. Send it again: nothing is ordered twice."
_NOT_KNOWN = "Whether the provider took the order is not known. Send it again: one that is there is found first."
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
    if not adapter.ports or not port_form.goes_by_order(e164):
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
    account = steps.account_of(step.business, step.wanted["account"])
    return provider(account.provider).ports and port_form.goes_by_order(step.wanted["e164"])


def order_of(step: ProviderStep) -> str:
    """Return the provider's id of a step's order, '' while none is known."""
    return str((step.wanted.get("port") or {}).get("id", ""))


def order(step: ProviderStep, typed: Mapping[str, str], bill: Bill, *, by: str) -> None:
    """Order the port of a step's number. In no transaction: somebody waits while the provider is asked.

    bill: its type is what its bytes say. Raises SenderError naming a field, `port` where the order itself
    was not taken.
    """
    try:
        said = port_form.read(typed, bill.content)
    except port_form.Wrong as wrong:
        raise PortWrong(wrong.problems) from None
    is_business = said.pop("holder_kind") != "individual"
    wanted = PortOrder(e164=step.wanted["e164"], is_business=is_business, bill=bill, **said)
    adapter, account = steps.office_of(steps.account_of(step.business, step.wanted["account"]))
    if not adapter.ports:
        raise SenderError("port", _TAKES_ORDERS)
    mark = _begun(step)
    try:
        # Another step, a portal or an answer that was lost may have ordered it.
        found = adapter.find_port(account, wanted.e164)
        result = Ordered("ordered", found) if found else adapter.order_port(account, wanted)
    except ProviderFailed as failed:
        result = Ordered("unknown", detail=str(failed))
    _settled(step, wanted, result, mark, by)


def _begun(step: ProviderStep) -> str:
    """Write that the provider is about to be asked; returns by what this attempt is known."""
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
    return now.isoformat()


def _settled(step: ProviderStep, wanted: PortOrder, result: Ordered, mark: str, by: str) -> None:
    now, problem = timezone.now(), ""
    with transaction.atomic():
        kept = steps.locked(str(step.pk))
        if kept is None:
            return
        known = kept.wanted.get("port") or {}
        is_ours, is_open = known.get("asked") == mark, kept.state in steps.OPEN
        if result.kind == "ordered" and is_open and (is_ours or not known.get("id")):
            kept.wanted["port"] = {
                "id": result.port_id, "state": "review", "signer": wanted.signer_email,
                "asked": mark,
            }  # fmt: skip
            agencies.note(
                kept.business.agency, "number.port_order", actor=by, door="page", at=now,
                business=kept.business, number=wanted.e164,
            )  # fmt: skip
            agenda.put(
                "messaging.bring_number", str(kept.pk), lane="realtime",
                business_id=kept.business_id, due_at=now,
            )  # fmt: skip
        elif result.kind == "ordered":
            if (
                known.get("id") != result.port_id
            ):  # called off, or ordered by somebody else meanwhile
                _take_back(kept, result.port_id, now)
        elif result.kind == "refused":
            if is_ours:
                kept.wanted.pop("port")
            problem = f"The provider refused the order: {result.detail or result.code}"
        else:
            # Perhaps it was taken: whoever sends it again has it looked for first.
            if is_ours and is_open:
                kept.wanted["port"] = {"asked": mark, "is_open": True}
            elif not is_open:
                _take_back(kept, _FIND + wanted.e164, now)
            problem = _UNKNOWN
        kept.save(update_fields=["wanted"])
    if problem:
        raise SenderError("port", problem)


def standing_of(adapter: Provider, account: Credentials, port_id: str) -> PortStanding | None:
    """Return how an order stands, None where the provider does not say. Asks the provider."""
    try:
        return adapter.port_standing(account, port_id)
    except ProviderFailed as failed:
        is_gone = failed.http_status == 404
        return PortStanding("ended", "it is not there any more") if is_gone else None


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
        return [_NOT_KNOWN] if port.get("asked") else []
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
    """Take a step's order back at the provider, after this transaction; nothing where none was made. now: aware.

    One whose answer was lost is looked for by its number.
    """
    if port_id := order_of(step):
        _take_back(step, port_id, now)
    elif (step.wanted.get("port") or {}).get("asked"):
        _take_back(step, _FIND + step.wanted["e164"], now)


def _take_back(step: ProviderStep, what: str, now: datetime) -> None:
    agenda.put(
        CANCEL, f"{step.wanted['account']}:{what}", lane="housekeeping",
        business_id=step.business_id, due_at=now, expires_at=now + _TRIED_FOR,
    )  # fmt: skip


def cancel(item: agenda.Item) -> agenda.Answer:
    """Agenda: take an order back, for some days. Done twice it is done once."""
    account_id, _, what = item.subject.partition(":")
    business = Business.objects.select_related("agency").get(pk=item.business_id)
    adapter, account = steps.office_of(steps.account_of(business, int(account_id)))
    return Outside(partial(_cancelled, adapter, account, what), partial(_again, item, business))


def _cancelled(adapter: Provider, account: Credentials, what: str) -> bool | None:
    """Return whether it is taken back; None: the provider will not, whoever asks again."""
    try:
        port_id = what
        if what.startswith(_FIND):
            port_id = adapter.find_port(account, what.removeprefix(_FIND))
        if port_id:
            adapter.cancel_port(account, port_id)
    except ProviderFailed as failed:
        status = failed.http_status or 0
        return None if 400 <= status < 500 and status not in (401, 403, 429) else False
    return True


def _again(item: agenda.Item, business: Business, is_done: bool | None) -> Later | None:
    now = timezone.now()
    if is_done is False and (item.expires_at is None or now < item.expires_at - _PAUSE):
        return Later(now + _PAUSE)
    if not is_done:
        _stands(business, now)
    return None


def died(item: agenda.Item, _words: str) -> None:
    """Taking an order back was given up (settings.AGENDA_DEAD_HANDLERS): the agency reads so."""
    _stands(Business.objects.select_related("agency").get(pk=item.business_id), timezone.now())


def _stands(business: Business, now: datetime) -> None:
    with transaction.atomic():
        agencies.note(
            business.agency,
            "number.port_stands",
            actor="",
            door="agenda",
            at=now,
            business=business,
        )
