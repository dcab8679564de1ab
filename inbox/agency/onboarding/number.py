"""Step: the number. Bought, brought along, or reached by forwarding the number customers know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from billing import numbers as charged
from calls import lines
from calls.forwarding import carriers
from calls.forwarding.codes import CodeError
from calls.line_rules import read_phones
from calls.lines import LineError
from inbox.agency.onboarding.desk import Desk
from inbox.agency.onboarding.words import account_name
from inbox.billing.words import money
from inbox.trials import forwarding
from messaging.attachments.sniffing import kind_of
from messaging.numbers import national, normalise
from messaging.providers.porting import Bill
from messaging.senders import bringing, buying, port_form, porting, releasing, searching, steps
from messaging.senders.steps import SenderError
from tenants import drafts
from tenants.making import OnboardingError
from tenants.models import Answering, PhoneNumber, ProviderAccount, ProviderStep, StepState

_SEARCHED = ("area_code", "contains", "locality", "region")
_SIMULATED = "simulator"


def page(desk: Desk) -> HttpResponse:
    """What the draft has, what is on its way, and the three ways to a number."""
    if desk.request.GET.get("part") == "state":
        return _state(desk)
    return _page(desk)


def save(desk: Desk) -> HttpResponse:
    """Do what one of the step's forms asks."""
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        return desk.stay()
    return act(desk)


def _buy(desk: Desk) -> HttpResponse:
    try:
        account = _account(desk, desk.request.POST.get("account", ""))
        buying.buy(
            desk.business, desk.request.POST.get("number", "")[:20], by=desk.office.who,
            account_id=account,
        )  # fmt: skip
    except (SenderError, OnboardingError) as wrong:
        return _page(desk, {wrong.field: wrong.sentence}, status=422)
    return desk.stay()


def _bring(desk: Desk) -> HttpResponse:
    post = desk.request.POST
    how = post.get("how", "")
    how = how if how in (bringing.PORT, bringing.HELD) else bringing.PORT
    try:
        account = _account(desk, post.get("account", ""))
        e164 = buying.checked(post.get("brought", "")[:40])
        if how == bringing.PORT:
            porting.refuse_stuck(desk.business, e164, account)
        bringing.bring(
            desk.business, e164, by=desk.office.who, how=how,
            carrier=post.get("from_carrier", "")[:60], account_id=account,
        )  # fmt: skip
    except (SenderError, OnboardingError) as wrong:
        field = "brought" if wrong.field == "number" else wrong.field
        return _page(desk, {field: wrong.sentence}, status=422)
    return desk.stay()


def _port(desk: Desk) -> HttpResponse:
    """Order the port of a number that is waited for."""
    step = _brought(desk)
    if step is None or not porting.takes_orders(step):
        return desk.stay()
    file = desk.request.FILES.get("bill")
    try:
        if file is not None and (file.size or 0) > port_form.BILL_AT_MOST:
            raise SenderError("bill", port_form.TOO_LARGE)
        content = file.read() if file is not None else b""
        kind = kind_of(content)
        bill = Bill(
            content, kind.content_type if kind else "", f"bill.{kind.ending}" if kind else "bill"
        )
        porting.order(step, desk.request.POST.dict(), bill, by=desk.office.who)
    except porting.PortWrong as wrong:
        problems = {f"port_{name}": sentence for name, sentence in wrong.problems.items()}
        return _page(desk, problems, status=422)
    except SenderError as wrong:
        return _page(desk, {f"port_{wrong.field}": wrong.sentence}, status=422)
    messages.success(desk.request, _("The port is ordered."))
    return desk.stay()


def _connect(desk: Desk) -> HttpResponse:
    post = desk.request.POST
    typed: dict[str, Any] = {
        name: post.get(name, "").strip()[:200]
        for name in ("provider", "account_sid", "auth_token", "public_key", "application_id")
    }
    try:
        drafts.connect_account(desk.office.agency, **typed, **desk.who)
    except OnboardingError as wrong:
        return _page(desk, {wrong.field.replace("-", "_"): wrong.sentence}, status=422)
    messages.success(desk.request, _("The account is connected."))
    return desk.stay()


def _call_off(desk: Desk) -> HttpResponse:
    wanted = _brought(desk)
    if wanted is not None and bringing.call_off(wanted, by=desk.office.who):
        messages.success(desk.request, _("It is called off."))
    return desk.stay()


def _look(desk: Desk) -> HttpResponse:
    wanted = _brought(desk)
    if wanted is not None and wanted.state in steps.OPEN:
        bringing.look_now(wanted)
    return desk.stay()


def _release(desk: Desk) -> HttpResponse:
    """Give a number back, after days to change one's mind."""
    asked = normalise(desk.request.POST.get("number", "")[:20])
    line = next((each for each in desk.numbers if each.e164 == asked), None)
    if line is not None:
        try:
            releasing.release(line, by=desk.office.who, at=desk.now)
        except SenderError as wrong:
            return _page(desk, {wrong.field: wrong.sentence}, status=422)
    return desk.stay("#numbers")


def _keep(desk: Desk) -> HttpResponse:
    """Keep a number that was to be given back."""
    asked = normalise(desk.request.POST.get("number", "")[:20])
    if releasing.undo(desk.business, asked, by=desk.office.who):
        messages.success(desk.request, _("The number stays."))
    else:
        messages.error(desk.request, _("It is too late: it is being given back."))
    return desk.stay("#numbers")


def _staff(desk: Desk) -> HttpResponse:
    """Keep the phones that ring before the greeting."""
    number = _line(desk)
    if number is None:
        return desk.stay()
    phones, wrong = read_phones(desk.request.POST.get("staff", "")[:1000])
    if not wrong:
        answering = Answering.STAFF_FIRST if phones else Answering.GREETING
        values = lines.values_of(number) | {"staff_numbers": phones, "answering": answering}
        try:
            with desk.inside():
                lines.save(number.pk, desk.business, values, **desk.who)
        except LineError as error:
            wrong = error.problems.get("staff_numbers") or next(iter(error.problems.values()))
    if wrong:
        return _page(desk, {"staff": wrong}, status=422)
    messages.success(desk.request, _("Saved."))
    return desk.stay("#line")


def _forward(desk: Desk) -> HttpResponse:
    """Keep the number customers know and its carrier; the exact code is shown then."""
    number = _line(desk)
    if number is None:
        return desk.stay()
    asked = forwarding.asked_of(desk.request.POST, number)
    errors = forwarding.wrong_with(number, asked)
    if errors:
        return _page(desk, errors, status=422)
    with desk.inside():
        forwarding.keep(number, asked, by=desk.office.who, at=desk.now)
    return desk.stay("#forward")


_ACTS: dict[str, Callable[[Desk], HttpResponse]] = {
    "buy": _buy, "bring": _bring, "port": _port, "connect": _connect, "call_off": _call_off, "look": _look,
    "staff": _staff, "forward": _forward, "release": _release, "keep": _keep,
}  # fmt: skip


def _state(desk: Desk) -> HttpResponse:
    """What is on its way, asked again while it is; a number that came shows the whole step anew."""
    under_way = _under_way(desk)
    if not any(each.state in steps.OPEN for each in under_way):
        answer = HttpResponse()
        answer.headers["HX-Redirect"] = desk.url("number")
        return answer
    return desk.part("_coming", coming=_coming(under_way))


def _page(desk: Desk, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    request, errors = desk.request, dict(errors or {})
    # Before the numbers are read: one that arrives this moment is on its way or here, never neither.
    coming = _coming(_under_way(desk))
    form = request.POST if request.method == "POST" else request.GET
    asked: dict[str, Any] = {
        name: request.GET.get(name, form.get(name, ""))[:60] for name in _SEARCHED
    }
    offered, is_search = [], request.method == "GET" and "account" in request.GET
    if is_search:
        try:
            account = _account(desk, request.GET["account"])
            offered = searching.search(desk.business, account_id=account, **asked)
        except (SenderError, OnboardingError) as wrong:
            errors[wrong.field], status = wrong.sentence, 422
    number = _line(desk)
    told, own = None, {}
    if number is not None:
        own = forwarding.asked_of(form if form.get("act") == "forward" else {}, number)
        if own["carrier"] and not errors:
            try:
                told = forwarding.composed(number, own)
            except CodeError as wrong:
                errors[wrong.field] = wrong.sentence
        own["own"] = national(normalise(own["own"])) or own["own"]
    accounts = _accounts(desk)
    book = carriers.current()
    going = releasing.leaving(desk.business)
    return desk.page(
        status=status, errors=errors, asked=asked, offered=offered, is_search=is_search,
        numbers=desk.numbers, held=[(each, going.get(each.e164)) for each in desk.numbers], number=number, accounts=accounts, account=form.get("account", ""),
        can_connect=[name for name in settings.PROVIDERS if name != _SIMULATED],
        coming=coming, told=told, own=own,
        port=_to_order(coming, form.get("step", "")),
        groups=[
            (label, [c for c in book.carriers if c.kind == kind])
            for kind, label in forwarding.GROUPS
        ],
        forwarded=forwarding.FORWARDED, typed=form,
        staff=form.get("staff") if form.get("act") == "staff" else _phones(number),
        cost=_cost(desk),
    )  # fmt: skip


def _to_order(coming: list[dict[str, Any]], chosen: str) -> dict[str, Any] | None:
    """Return the number whose port can be ordered here: the chosen one, else the first."""
    found = [each for each in coming if each["takes_order"]]
    return next((each for each in found if str(each["step"].pk) == chosen), next(iter(found), None))


def _cost(desk: Desk) -> str:
    """Return what the next number costs, "" where it is charged for by nobody."""
    found = charged.price_of_next(desk.business.pk)
    if found is None:
        return ""
    hundredths, currency = found
    if not hundredths:
        return _("The plan includes one more.")
    return _("One more costs %(price)s a month.") % {"price": money(hundredths // 100, currency)}


def _phones(number: PhoneNumber | None) -> str:
    return ", ".join(national(phone) for phone in number.staff_numbers) if number else ""


def _line(desk: Desk) -> PhoneNumber | None:
    return next(iter(desk.numbers), None)


def _accounts(desk: Desk) -> list[tuple[str, str]]:
    """Return the agency's accounts to choose from; the simulated network is there without one."""
    found = list(ProviderAccount.objects.filter(agency=desk.office.agency).order_by("pk"))
    choices = [(str(each.pk), account_name(each)) for each in found]
    if settings.SIMULATOR_ENABLED and not any(each.provider == _SIMULATED for each in found):
        choices.append((_SIMULATED, _("Simulated network")))
    return choices


def _account(desk: Desk, chosen: str) -> int | None:
    """Return the id of the account that was chosen, None for the only one."""
    if chosen == _SIMULATED:
        return int(drafts.simulated_account(desk.office.agency).pk)
    return int(chosen) if chosen.isdecimal() and len(chosen) < 18 else None


def _under_way(desk: Desk) -> list[ProviderStep]:
    """Return the steps of numbers that are not here: on their way, or refused and not replaced."""
    return [
        each for each in steps.latest(desk.business, "number.")
        if each.state != StepState.DONE and not each.key.startswith("number.release:")
    ]  # fmt: skip


def _coming(found: list[ProviderStep]) -> list[dict[str, Any]]:
    return [
        {
            "step": each,
            "e164": each.key.partition(":")[2],
            "is_open": each.state in steps.OPEN,
            "is_brought": each.key.startswith("number.bring:"),
            "todo": bringing.instructions(each) if each.key.startswith("number.bring:") else [],
            "takes_order": each.key.startswith("number.bring:") and porting.takes_orders(each),
            "sign_url": (each.wanted.get("port") or {}).get("sign_url", ""),
        }
        for each in found
    ]


def _brought(desk: Desk) -> ProviderStep | None:
    """Return the number brought along that the form names."""
    try:
        step = UUID(desk.request.POST.get("step", ""))
    except ValueError:
        return None
    wanted = ProviderStep.objects.filter(business=desk.business, pk=step)
    return wanted.filter(key__startswith="number.bring:").first()
