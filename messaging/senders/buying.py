"""Buying a number, once: whatever is killed, clicked twice or answered late.

The step stands as TRYING before the provider is asked. A number carries our mark at the provider;
a step that is found TRYING asks for the number first, and whatever bears the mark is ours already.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from messaging.numbers import normalise
from messaging.providers.base import Credentials, Provider, ProviderFailed
from messaging.providers.numbering import MARK_LENGTH, BuyResult
from messaging.senders import filing, steps
from messaging.senders.steps import SenderError
from messaging.senders.taking import take_on
from tenants import agencies, agenda
from tenants.accounts import webhook_urls
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import E164, Business, PhoneNumber, ProviderStep, Stage, StepState

log = structlog.get_logger(__name__)

KIND = "messaging.buy_number"
GONE = "This number was taken by somebody else a moment ago. Search again and choose another."
NOT_OURS = (
    "The account holds this number already, and it was not bought here. Bring it in as a number of "
    "the account instead."
)
_STILL_ASKING = "The provider does not answer. It is asked again until it is known."
# What a refusal means, by the provider's code (telephony.md 2.6): sentence, and what to change.
_REFUSALS = {
    "20003": ("The provider does not take the account's token. Enter it again.", "account"),
    "20005": ("The account is not active at the provider. Settle it there.", "account"),
    "21404": ("A trial account may hold one number alone. Upgrade it at the provider.", "account"),
    "21421": ("The provider does not know this number. Search again.", "number"),
    "21631": ("A number there wants an address in that place. Choose another.", "number"),
    "21649": ("A number there wants papers of its holder. Choose another.", "number"),
}


def key_of(e164: str) -> str:
    """Return the key of the step that buys a number."""
    return f"number.buy:{e164}"


def buy(
    business: Business, e164: str, *, by: str, door: str = "page", account_id: int | None = None
) -> ProviderStep:
    """Want a number for a business. A second click returns the first one's step.

    by: who, by name; door: page, api, command. Raises SenderError naming number, account, business.
    """
    e164 = checked(e164)
    account = steps.account_of(business, account_id)
    now = timezone.now()
    with transaction.atomic():
        if steps.stage_of(business.pk) in (Stage.LEAVING, Stage.GONE):
            raise SenderError("business", "it is leaving; nothing is bought for it")
        steps.hold(f"number:{e164}")
        known = steps.find(business, key_of(e164))
        if known is not None:
            return known
        free(e164, business)
        step = steps.want(
            business, key_of(e164), {"e164": e164, "account": account.pk}, by=by, at=now
        )
        agencies.note(
            business.agency,
            "number.buy",
            actor=by,
            door=door,
            at=now,
            business=business,
            number=e164,
        )
        agenda.put(KIND, str(step.pk), lane="realtime", business_id=business.pk, due_at=now)
    return step


def checked(e164: str) -> str:
    """Return a number as E.164. Raises SenderError naming `number`."""
    number = normalise(e164.strip())
    try:
        E164(number)
    except ValidationError:
        raise SenderError("number", "expected a number like +13125550142") from None
    return number


def free(e164: str, business: Business) -> None:
    """Raise SenderError when a number is a business's already, or another is getting it."""
    if PhoneNumber.objects.filter(e164=e164, is_active=True).exists():
        raise SenderError("number", f"{e164} already belongs to a business")
    keys = [f"number.{how}:{e164}" for how in ("buy", "bring")]
    others = ProviderStep.objects.filter(key__in=keys, state__in=steps.OPEN)
    if others.exclude(business=business).exists():
        raise SenderError("number", f"{e164} is being bought for another business")
    if others.exists():
        raise SenderError("number", f"{e164} is being brought in already")


def mark_of(step: ProviderStep) -> str:
    """Return what the number is called at the provider: the business's name, and this step's id."""
    name = " ".join(step.business.name.split())
    return f"{name[: MARK_LENGTH - 37]} {step.pk}"


def work(item: agenda.Item) -> agenda.Answer:
    """Agenda: buy the number of a step, or find that it was bought."""
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(item.subject)
        if step is None or step.state not in (StepState.WANTED, StepState.TRYING):
            return None
        account = steps.account_of(step.business, step.wanted["account"])
        try:
            adapter, credentials = steps.office_of(account)
        except Undecryptable:
            steps.move(step, StepState.REFUSED, now, problem=_REFUSALS["20003"][0], field="account")
            return None
        asked_before = steps.begin(step, now)
    urls = webhook_urls(account.provider, account.account_sid)
    e164 = step.wanted["e164"]
    act = partial(_buy, adapter, credentials, e164, mark_of(step), urls, look_first=asked_before)
    return Outside(act, partial(_settled, str(step.pk)))


def _buy(
    adapter: Provider, account: Credentials, e164: str, mark: str, urls: dict[str, str], *,
    look_first: bool,
) -> BuyResult:  # fmt: skip
    """Buy a number unless the account has it under our mark. Raises nothing a provider does."""
    if look_first:
        found = _look(adapter, account, e164, mark)
        if found is not None:
            return found
    result = adapter.buy_number(account, e164, mark, urls)
    if result.kind == "gone":
        # Perhaps by ourselves, a moment ago, when the answer was lost.
        return _look(adapter, account, e164, mark) or result
    return result


def _look(adapter: Provider, account: Credentials, e164: str, mark: str) -> BuyResult | None:
    try:
        held = adapter.find_number(account, e164)
    except ProviderFailed as failed:
        return BuyResult("unknown", code=failed.code, detail=str(failed))
    if held is None:
        return None
    if held.mark == mark:
        return BuyResult("bought", number_id=held.number_id)
    return BuyResult("refused", code="not_ours", detail=NOT_OURS)


def _settled(step_id: str, result: BuyResult) -> Later | None:
    """Write down what came of buying: the number answers from here on, or why not."""
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(step_id)
        if step is None or step.state != StepState.TRYING:
            return None
        if result.kind == "bought":
            _bought(step, result.number_id, now)
            return None
        if result.kind == "retry" and step.business.stage == Stage.LEAVING:
            steps.move(step, StepState.CANCELLED, now)  # surely not bought, and wanted no more
            return None
        if result.kind in ("gone", "refused"):
            sentence, field = _why(result)
            steps.move(step, StepState.REFUSED, now, problem=sentence, field=field)
            log.info("number_refused", code=result.code, kind=result.kind)
            return None
        steps.move(step, StepState.TRYING, now, problem=_STILL_ASKING if step.attempts > 2 else "")
        return Later(now + steps.pause(step.attempts))


def _bought(step: ProviderStep, number_id: str, now: datetime) -> None:
    try:
        take_on(
            step.business, step.wanted["e164"], step.wanted["account"], by=step.asked_by, at=now
        )
    except SenderError as error:  # held here meanwhile; the money is spent, so it is said
        steps.move(
            step, StepState.REFUSED, now, problem=error.sentence, field="number",
            external_id=number_id,
        )  # fmt: skip
        return
    steps.move(step, StepState.DONE, now, external_id=number_id)
    filing.number_added(step.business, step.wanted["e164"], by=step.asked_by, at=now)


def _why(result: BuyResult) -> tuple[str, str]:
    if result.kind == "gone":
        return GONE, "number"
    if result.code == "not_ours":
        return NOT_OURS, "number"
    if result.code in _REFUSALS:
        return _REFUSALS[result.code]
    said = f" (error {result.code})" if result.code else ""
    return f"The provider refused: {result.detail or 'it did not say why'}{said}", "number"
