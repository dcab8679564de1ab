"""What about money support should look at: raised once, counted, resolved by somebody."""

from __future__ import annotations

import structlog
from django.db import connection

from billing.stripe_api import StripeProblem
from tenants.agenda import Item

log = structlog.get_logger(__name__)
_OURS = "our own account"

_RAISE = """
    INSERT INTO public.billing_concern
        (kind, subject, business_id, sentence, raised_at, last_at, times, resolved_by)
    VALUES (%s, %s, %s, %s, now(), now(), 1, '')
    ON CONFLICT (kind, subject) WHERE resolved_at IS NULL DO UPDATE SET
        times = billing_concern.times + 1, last_at = now(), sentence = EXCLUDED.sentence
"""


def raise_concern(
    kind: str, subject: str, sentence: str, *, business_id: int | None = None
) -> None:
    """Tell support of something, in the current transaction; the same thing stays one."""
    log.error("billing_concern", kind=kind, subject=subject, business=business_id)
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [kind[:30], subject[:120], business_id, sentence[:300]])


def row_died(item: Item, words: str) -> None:
    """Work about money was given up (settings.AGENDA_DEAD_HANDLERS)."""
    raise_concern(
        "given_up", f"{item.kind} {item.subject}", f"{item.kind} was given up: {words}",
        business_id=item.business_id,
    )  # fmt: skip


def settle_concern(kind: str, subject: str, *, by: str) -> None:
    """What was wrong is right again, or somebody has looked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.billing_concern SET resolved_at = now(), resolved_by = %s "
            "WHERE kind = %s AND subject = %s AND resolved_at IS NULL",
            [by[:120], kind[:30], subject[:120]],
        )


def key_refused(problem: StripeProblem, account: str) -> None:
    """Tell support where it is our key that Stripe does not take, on our account ("") or another; else nothing."""
    if problem.is_of_the_key:
        raise_concern(
            "key_refused", account or _OURS,
            f"Stripe does not take our key: {problem.sentence} What waits is asked again once it is mended.",
        )  # fmt: skip


def key_taken(account: str) -> None:
    """Stripe takes our key on an account (again)."""
    settle_concern("key_refused", account or _OURS, by="taken again")
