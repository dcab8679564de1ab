"""The rows of what a business wants from its provider: asked for once, tried, waited for, done or refused.

A step is written as TRYING and committed before the provider is asked. Whoever finds it so looks at
the provider first: nothing is bought or filed twice, whatever died on the way.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from messaging.providers import provider
from messaging.providers.base import Credentials, Provider
from tenants import agenda
from tenants.models import Business, ProviderAccount, ProviderStep, Stage, StepState

log = structlog.get_logger(__name__)

OPEN = (StepState.WANTED, StepState.TRYING, StepState.WAITING)
LIVE = (*OPEN, StepState.DONE)
# How long until the provider is asked again, by how often it was asked; the last one goes on.
_PAUSES = (5, 15, 60, 300, 1800, 3600)
OURS_FAILED = (
    "Something of ours failed. Nothing was lost; support has been told and begins it again."
)


class SenderError(ValueError):
    """What was asked for cannot be had; `field` names what is wrong, the sentence is fit for people."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def account_of(business: Business, account_id: int | None = None) -> ProviderAccount:
    """Return the provider account a business's numbers are held by.

    account_id: one of its agency's, where it chooses. Else the account of its numbers, or its
    agency's only one. Raises SenderError naming `account`.
    """
    known = ProviderAccount.objects.filter(agency=business.agency_id)
    if account_id is not None:
        found = known.filter(pk=account_id).first()
        if found is None:
            raise SenderError("account", "expected one of the agency's provider accounts")
        return found
    held = known.filter(numbers__business=business).order_by("-numbers__is_active", "id").first()
    if held is not None:
        return held
    first = list(known.order_by("id")[:2])
    if not first:
        raise SenderError("account", "the agency has no account at a phone provider yet")
    if len(first) > 1:
        raise SenderError("account", "the agency has several accounts; say which one")
    return first[0]


def office_of(account: ProviderAccount) -> tuple[Provider, Credentials]:
    """Return who is asked, and what opens the account there. Raises Undecryptable."""
    return provider(account.provider), Credentials(
        account.account_sid, account.auth_token, account.application_id
    )


def stage_of(business_id: int) -> str:
    """Return where a business stands, and hold that until the transaction ends. Called before any other lock.

    Who lets it leave or stay holds its row FOR UPDATE and waits for us, as we for them. It is the
    weakest lock there is: a line that changes bumps the row (a trigger) while others hold this one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stage FROM public.tenants_business WHERE id = %s FOR KEY SHARE", [business_id]
        )
        found = cursor.fetchone()
    return str(found[0]) if found is not None else Stage.GONE


def hold(name: str) -> None:
    """Let one transaction at a time decide about a thing of this name, whoever's it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def find(business: Business, key: str) -> ProviderStep | None:
    """Return the step of this key that is under way or done, None where there is none."""
    return ProviderStep.objects.filter(business=business, key=key, state__in=LIVE).first()


def latest(business: Business, prefix: str) -> list[ProviderStep]:
    """Return the newest step of each key that begins so, oldest key first; called-off ones left out."""
    rows = ProviderStep.objects.filter(business=business, key__startswith=prefix)
    newest: dict[str, ProviderStep] = {}
    for row in rows.exclude(state=StepState.CANCELLED).order_by("created_at", "id"):
        newest.pop(row.key, None)
        newest[row.key] = row
    return list(newest.values())


def want(business: Business, key: str, wanted: dict[str, Any], *, by: str, at: datetime,
         state: str = StepState.WANTED, external_id: str = "") -> ProviderStep:  # fmt: skip
    """Write a step. `at` is aware; by: who asked, by name. The database lets one of a key live."""
    return ProviderStep.objects.create(
        business=business, key=key, wanted=wanted, asked_by=by[:120], changed_at=at, state=state,
        external_id=external_id,
    )  # fmt: skip


def locked(step_id: str) -> ProviderStep | None:
    """Return a step whose row is held until the transaction ends, None where it is gone.

    Its business neither begins to leave nor stays meanwhile; `step.business.stage` is how it stands.
    """
    owner = ProviderStep.objects.filter(pk=step_id).values_list("business_id", flat=True).first()
    if owner is None:
        return None
    stage_of(owner)
    return (
        ProviderStep.objects.select_for_update(no_key=True, of=("self",))
        .select_related("business__agency")
        .filter(pk=step_id)
        .first()
    )


def move(step: ProviderStep, state: str, at: datetime, *, problem: str = "", field: str = "",
         external_id: str | None = None) -> None:  # fmt: skip
    """Put a step into a state. problem: a sentence for the agency; field: what to change."""
    step.state, step.changed_at = StepState(state), at
    step.problem, step.problem_field = problem, field
    if external_id is not None:
        step.external_id = external_id[:80]
    step.save(
        update_fields=["state", "changed_at", "problem", "problem_field", "external_id", "wanted"]
    )


def begin(step: ProviderStep, at: datetime) -> bool:
    """Write that the provider is about to be asked; whether it may have been asked before."""
    before = step.state != StepState.WANTED
    step.state, step.changed_at = StepState.TRYING, at
    step.attempts += 1
    step.save(update_fields=["state", "changed_at", "attempts"])
    return before


def pause(attempts: int) -> timedelta:
    """Return how long to wait before the provider is asked again."""
    return timedelta(seconds=_PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1])


def died(item: agenda.Item, error: str) -> None:
    """Work on a step was given up for a fault of ours (settings.AGENDA_DEAD_HANDLERS): the step says so."""
    gave_up(item.subject)


def gave_up(step_id: str) -> None:
    """Say on a step that is open that something of ours failed."""
    with transaction.atomic():
        step = locked(step_id)
        if step is not None and step.state in OPEN:
            move(step, step.state, timezone.now(), problem=OURS_FAILED)
