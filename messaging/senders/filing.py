"""Filing a business's sender registration: part by part, each at most once, for as long as carriers take.

One agenda row works on a chain of parts. A part stands as TRYING before the provider is asked; found
so, it is looked for first. A refusal stops the chain with a sentence and the field to change; filing
again takes what is there and changes it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.providers.registering import Filed, Part
from messaging.senders import steps
from messaging.senders.answers import explain
from messaging.senders.compiling import compile_for
from messaging.senders.dossier import LOW_VOLUME, NUMBER, PARTS, TOLL_FREE
from messaging.senders.lint import Finding
from messaging.senders.preflight import preflight
from messaging.senders.steps import SenderError
from tenants import agencies, agenda, registration
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import Business, PhoneNumber, ProviderStep, Registration, Stage, StepState
from tenants.registration_rules import may_follow

log = structlog.get_logger(__name__)

KIND = "messaging.register_sender"
CARRIERS = (
    "a2p"  # the subject of the agenda row of the chain; a toll-free number has one of its own
)
_LOOKS = tuple(timedelta(minutes=m) for m in (0.5, 1, 5, 15, 60, 180, 360))
_SIMULATED = timedelta(seconds=2)
_STILL_ASKING = "The provider does not answer. It is asked again until it is known."
# From these a filing goes on; what somebody declared, or what is approved, stays as it is.
_TO_FILE = (Registration.UNREGISTERED, Registration.REJECTED, Registration.PENDING)


class NotReady(ValueError):
    """What would surely be rejected is not filed; `findings` say why and what to change."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.sentence}" for each in findings))
        self.findings = findings


class StillLooking(ValueError):
    """Its website is read for the first time just now; it is filed once that was done, in some seconds."""


def submit(
    business: Business, *, by: str, door: str = "page", use_case: str = LOW_VOLUME,
    account_id: int | None = None,
) -> list[ProviderStep]:  # fmt: skip
    """File a business's numbers, or file again what was refused; returns the parts under way.

    What is filed already stays as it is. Raises NotReady, StillLooking, SenderError naming account or number.
    """
    account = steps.account_of(business, account_id)
    adapter, _ = steps.office_of(account)
    if not adapter.registers:
        raise SenderError(
            "account", "this provider takes registrations in its own portal; file it there"
        )
    looked = preflight(business, use_case)
    if looked.against:
        raise NotReady(looked.against)
    if looked.must_wait:
        raise StillLooking
    now = timezone.now()
    with transaction.atomic():
        steps.hold(f"register:{business.pk}")
        lines = PhoneNumber.objects.filter(
            business=business, account=account, is_active=True, registration__in=_TO_FILE
        )
        numbers = list(lines.order_by("pk"))
        local = [line for line in numbers if line.sender_kind == "local"]
        free = [line for line in numbers if line.sender_kind == "toll_free"]
        if not numbers and not _open(business, PARTS):
            raise SenderError("number", "there is no number to register")
        wanted = {"account": account.pk, "use_case": use_case}
        if local:
            _want_chain(business, [*PARTS, *(NUMBER + n.e164 for n in local)], wanted, by, now)
        for line in free:
            _want_chain(business, [TOLL_FREE + line.e164], wanted, by, now)
        for line in numbers:
            _state(line, Registration.PENDING, "Filed with the carriers.", by, now)
        agencies.note(
            business.agency, "registration.file", actor=by, door=door, at=now, business=business,
            numbers=[line.e164 for line in numbers],
        )  # fmt: skip
    return [
        *_rows(business, CARRIERS),
        *(r for n in free for r in _rows(business, TOLL_FREE + n.e164)),
    ]


def number_added(business: Business, e164: str, *, by: str, at: datetime) -> None:
    """A line was added: where a campaign is filed, it joins it. `at` is aware. Runs in a transaction."""
    line = PhoneNumber.objects.get(e164=e164)
    campaign = steps.find(business, PARTS[-1]) if business.stage != Stage.LEAVING else None
    if campaign is None or line.sender_kind != "local" or line.registration not in _TO_FILE:
        return
    if campaign.wanted.get("account") == line.account_id:
        _want_chain(business, [*PARTS, NUMBER + e164], dict(campaign.wanted), by, at)
        _state(line, Registration.PENDING, "Joins the campaign that is filed.", by, at)


def join_again(line: PhoneNumber, *, by: str, at: datetime) -> bool:
    """Want a line joined to the campaign of its business once more; whether that was not under way.

    For a number that carriers say is in no campaign, whatever we hold of it. `at` is aware; runs in a
    transaction. Raises SenderError naming `number`.
    """
    business, key = line.business, NUMBER + line.e164
    steps.hold(f"register:{business.pk}")
    campaign, row = steps.find(business, PARTS[-1]), steps.find(business, key)
    if campaign is None or campaign.wanted.get("account") != line.account_id:
        raise SenderError("number", "no campaign is filed for it in its account")
    if row is not None and row.state in steps.OPEN:
        agenda.put(KIND, CARRIERS, lane="realtime", business_id=business.pk, due_at=at)
        return False
    for old in ProviderStep.objects.filter(business=business, key=key).exclude(
        state=StepState.CANCELLED
    ):
        steps.move(old, StepState.CANCELLED, at)
    wanted = {name: campaign.wanted.get(name) for name in ("account", "use_case")}
    _want_chain(business, [*PARTS, key], wanted, by, at)
    return True


def number_gone(business: Business, e164: str, *, at: datetime) -> None:
    """A number was given back: it is in no campaign any more. `at` is aware. Runs in a transaction."""
    keys = [NUMBER + e164, TOLL_FREE + e164]
    for row in ProviderStep.objects.filter(business=business, key__in=keys, state__in=steps.LIVE):
        steps.move(row, StepState.CANCELLED, at)


def _want_chain(
    business: Business, keys: list[str], wanted: dict[str, object], by: str, now: datetime
) -> None:
    """Write what is missing of a chain. What was refused is filed anew, with everything before it."""
    newest = {row.key: row for row in steps.latest(business, "")}
    refused = [
        at for at, key in enumerate(keys)
        if key in newest and newest[key].state == StepState.REFUSED
    ]  # fmt: skip
    last = max(refused, default=-1)
    for at, key in enumerate(keys):
        row = newest.get(key)
        if row is not None and at > last:
            continue
        if row is not None:
            steps.move(row, StepState.CANCELLED, now)
        again = row is not None and bool(row.external_id)
        made = steps.want(
            business, key, {**wanted, "again": again}, by=by, at=now,
            external_id=row.external_id if row is not None else "",
        )  # fmt: skip
        log.debug("part_wanted", key=made.key, again=again)
    subject = keys[0] if keys[0].startswith(TOLL_FREE) else CARRIERS
    agenda.put(KIND, subject, lane="realtime", business_id=business.pk, due_at=now)


def _rows(business: Business, subject: str) -> list[ProviderStep]:
    """Return a chain's newest parts in their order."""
    newest = {row.key: row for row in steps.latest(business, "")}
    if subject != CARRIERS:
        return [newest[subject]] if subject in newest else []
    numbers = sorted(key for key in newest if key.startswith(NUMBER))
    return [newest[key] for key in (*PARTS, *numbers) if key in newest]


def _open(business: Business, keys: tuple[str, ...]) -> bool:
    return ProviderStep.objects.filter(
        business=business, key__in=keys, state__in=steps.OPEN
    ).exists()


def work(item: agenda.Item) -> agenda.Answer:
    """Agenda: bring a chain on by one part."""
    now = timezone.now()
    business = Business.objects.select_related("agency").filter(pk=item.business_id).first()
    if business is None:
        return None
    rows = _rows(business, item.subject)
    following = next((row for row in rows if row.state != StepState.DONE), None)
    if following is None or following.state == StepState.REFUSED:
        return None
    with transaction.atomic():
        step = steps.locked(str(following.pk))
        if step is None or step.state not in steps.OPEN:
            return Later(now)
        account = steps.account_of(business, step.wanted["account"])
        try:
            adapter, credentials = steps.office_of(account)
        except Undecryptable:
            _refused(step, Filed("refused", code="20003"), now)
            return None
        if step.state == StepState.WAITING:
            asked_before, step.attempts = True, min(step.attempts + 1, 1000)
            step.save(update_fields=["attempts"])
        else:
            asked_before = steps.begin(step, now)
    ids = {row.key: row.external_id for row in rows}
    part = Part(
        step.key, f"{business.schema_name}.{settings.BASE_DOMAIN} {step.key}"[:64], ids,
        step.external_id, asked_before, bool(step.wanted.get("again")),
    )  # fmt: skip
    dossier = compile_for(business, str(step.wanted.get("use_case") or LOW_VOLUME))
    act = partial(adapter.file_part, credentials, part, dossier)
    pace = _SIMULATED if account.provider == "simulator" else None
    return Outside(act, partial(_settled, str(step.pk), pace))


def died(item: agenda.Item, _error: str) -> None:
    """Filing was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): the part it stands at says so."""
    business = Business.objects.filter(pk=item.business_id).first()
    rows = _rows(business, item.subject) if business is not None else []
    following = next((row for row in rows if row.state != StepState.DONE), None)
    if following is not None:
        steps.gave_up(str(following.pk))


def _settled(step_id: str, pace: timedelta | None, filed: Filed) -> Later | None:
    """Write down how a part stands, and when to go on."""
    now = timezone.now()
    with transaction.atomic():
        step = steps.locked(step_id)
        if step is None or step.state not in (StepState.TRYING, StepState.WAITING):
            return Later(now)
        external_id = filed.external_id or step.external_id
        if filed.kind == "refused":
            _refused(step, filed, now)
            return None
        if filed.kind == "unknown":
            steps.move(step, step.state, now, problem=_STILL_ASKING if step.attempts > 2 else "")
            return Later(now + steps.pause(step.attempts))
        step.wanted.pop("again", None)
        if filed.kind == "waiting":
            steps.move(step, StepState.WAITING, now, external_id=external_id)
            return Later(now + (pace or _LOOKS[min(max(step.attempts, 1), len(_LOOKS)) - 1]))
        if step.key == PARTS[-1] and filed.detail:
            step.wanted["campaign"] = filed.detail
        steps.move(step, StepState.DONE, now, external_id=external_id)
        _done(step, now)
    return Later(now)


def _done(step: ProviderStep, now: datetime) -> None:
    for prefix in (NUMBER, TOLL_FREE):
        if not step.key.startswith(prefix):
            continue
        line = PhoneNumber.objects.filter(
            e164=step.key.removeprefix(prefix), business=step.business
        ).first()
        if line is None:
            return
        if prefix == NUMBER:
            brand, campaign = (steps.find(step.business, key) for key in ("a2p.brand", PARTS[-1]))
            line.brand_id = brand.external_id[:40] if brand is not None else ""
            line.campaign_id = campaign.external_id[:40] if campaign is not None else ""
            line.use_case = str(step.wanted.get("use_case") or "")[:20]
            line.save(update_fields=["brand_id", "campaign_id", "use_case"])
        _state(line, Registration.APPROVED, "The carriers approved it.", "provider", now)


def _refused(step: ProviderStep, filed: Filed, now: datetime) -> None:
    sentence, field = explain(filed.code, filed.fields, filed.detail)
    steps.move(
        step, StepState.REFUSED, now, problem=sentence, field=field,
        external_id=filed.external_id or step.external_id,
    )  # fmt: skip
    log.info("registration_refused", part=step.key, code=filed.code)
    lines = PhoneNumber.objects.filter(business=step.business, registration=Registration.PENDING)
    only = step.key.partition(":")[2]
    for line in lines.filter(e164=only) if only else lines.filter(sender_kind="local"):
        _state(line, Registration.REJECTED, sentence[:200], "provider", now)


def _state(line: PhoneNumber, after: Registration, reason: str, by: str, now: datetime) -> None:
    line.refresh_from_db(fields=["registration"])
    if after in may_follow(line.registration):
        registration.change(line.pk, after, reason=reason, actor=by or "us", at=now)
