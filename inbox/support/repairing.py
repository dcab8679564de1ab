"""What a provider says of a business's numbers beside what we want, and setting it right.

Asking is done at once, in no transaction. A repair is a step (tenants.models.ProviderStep) with an
agenda row: it survives whatever dies, is tried again while the provider does not answer, and says in
the end what still differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from messaging import audit
from messaging.providers import provider
from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.checking import Setting, Standing
from tenants import agenda, support_record
from tenants.accounts import webhook_urls
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import Business, PhoneNumber, ProviderStep, StepState, User

KIND = "inbox.repair_number"
PREFIX = "repair:"
OURS_FAILED = (
    "Something of ours failed, and the line may be as it was. Check it and repair it again."
)
_MOST_TRIES = 6
_PAUSE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Checked:
    """A line, and how the provider has it. problem: why that is not known, or what is wrong with it."""

    line: PhoneNumber
    standing: Standing | None
    problem: str = ""

    @property
    def can_repair(self) -> bool:
        """Whether there is something that a repair would change."""
        return self.standing is not None and bool(self.standing.wrong)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a repair. again: whether to try once more; problem: '' where all is right."""

    problem: str = ""
    again: bool = False


def check(line: PhoneNumber) -> Checked:
    """Ask the provider how one line is set up. In no transaction; never raises for the provider."""
    try:
        standing = _standing(line)
    except Undecryptable:
        return Checked(line, None, "The account's token cannot be read with our keys.")
    except KeyError:
        return Checked(line, None, f"Nobody here speaks to {line.account.provider}.")
    except ProviderFailed as failed:
        return Checked(line, None, str(failed))
    if standing is None:
        return Checked(
            line, None, f"The account {line.account.account_sid} has no such number: it was given "
            "back, moved to another account, or its port is not done."
        )  # fmt: skip
    return Checked(line, standing)


def want(line: PhoneNumber, by: User, reason: str, at: datetime) -> ProviderStep:
    """Ask for a line to be set right, once while it is under way. Raises ReasonMissing.

    In one transaction: the step, its agenda row, and who wanted it, in support's record and the
    business's audit log. Must run in the business's schema.
    """
    why = support_record.reason_in(reason)
    with transaction.atomic():
        # Two clicks at once make one step.
        PhoneNumber.objects.select_for_update().get(pk=line.pk)
        mine = ProviderStep.objects.filter(
            business=line.business_id, key__startswith=f"{PREFIX}{line.e164}:"
        )
        open_one = mine.filter(state__in=(StepState.WANTED, StepState.TRYING)).first()
        if open_one is not None:
            return open_one
        step = ProviderStep.objects.create(
            business_id=line.business_id, key=f"{PREFIX}{line.e164}:{mine.count() + 1}",
            wanted={"line": line.pk, "reason": why}, asked_by=support_record.who(by), changed_at=at,
        )  # fmt: skip
        agenda.put(KIND, str(step.pk), lane="housekeeping", business_id=line.business_id, due_at=at)
        support_record.note(
            by, "repair.apply", at=at, business=line.business, subject=line.e164, reason=why
        )
        audit.note(
            "support.repair", actor=support_record.who(by), door="admin", at=at,
            subject=line.e164, detail={"reason": why},
        )  # fmt: skip
        return step


def run(item: agenda.Item) -> agenda.Answer:
    """Agenda: set one line right at its provider. Idempotent: the same settings twice are no harm."""
    now = timezone.now()
    with transaction.atomic():
        step = ProviderStep.objects.select_for_update().filter(pk=item.subject).first()
        if step is None or step.state not in (StepState.WANTED, StepState.TRYING):
            return None
        step.state, step.attempts, step.changed_at = StepState.TRYING, step.attempts + 1, now
        step.save(update_fields=["state", "attempts", "changed_at"])
        line = (
            PhoneNumber.objects.select_related("account").filter(pk=step.wanted.get("line")).first()
        )
    if line is None:
        return _settle(str(step.pk), Outcome("The line is gone."))
    return Outside(partial(_repair, line), partial(_settle, str(step.pk)))


def died(item: agenda.Item, _error: str) -> None:
    """A repair was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): it may be asked for anew."""
    ProviderStep.objects.filter(
        pk=item.subject, state__in=(StepState.WANTED, StepState.TRYING)
    ).update(state=StepState.REFUSED, problem=OURS_FAILED, changed_at=timezone.now())


def _repair(line: PhoneNumber) -> Outcome:
    """In no transaction: read, set, and read again what became of it."""
    try:
        before = _standing(line)
        if before is None:
            return Outcome("The provider has no such number in this account.")
        account, urls = _account(line), _urls(line)
        if before.wrong:
            provider(line.account.provider).repair_number(account, before.number_id, urls)
        after = _standing(line)
    except ProviderFailed as failed:
        passing = (
            failed.http_status is None or failed.http_status >= 500 or failed.http_status == 429
        )
        return Outcome(str(failed), again=passing)
    except Undecryptable:
        return Outcome("The account's token cannot be read with our keys.")
    wrong: tuple[Setting, ...] = after.wrong if after is not None else ()
    if wrong:
        return Outcome(f"Still different at the provider: {', '.join(s.name for s in wrong)}.")
    return Outcome()


def _settle(step_id: str, outcome: Outcome) -> Later | None:
    now = timezone.now()
    with transaction.atomic():
        step = ProviderStep.objects.select_for_update().get(pk=step_id)
        again = outcome.again and step.attempts < _MOST_TRIES
        if not again:
            step.state = StepState.REFUSED if outcome.problem else StepState.DONE
        step.problem, step.changed_at = outcome.problem, now
        step.save(update_fields=["state", "problem", "changed_at"])
    return Later(now + _PAUSE * step.attempts) if again else None


def _standing(line: PhoneNumber) -> Standing | None:
    return provider(line.account.provider).number_standing(_account(line), line.e164, _urls(line))


def _account(line: PhoneNumber) -> Credentials:
    account = line.account
    return Credentials(account.account_sid, account.auth_token, account.application_id)


def _urls(line: PhoneNumber) -> dict[str, str]:
    return webhook_urls(line.account.provider, line.account.account_sid)


def lines_of(business: Business) -> list[PhoneNumber]:
    """Return a business's numbers with their accounts, those in use first."""
    mine = PhoneNumber.objects.filter(business=business).select_related("account", "business")
    return list(mine.order_by("-is_active", "pk"))
