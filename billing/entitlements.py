"""What a business may do, by where its subscription stands: one table, one function. Pure.

telephony.md 5.3: a state and its grace decide. What comes in, STOP and the evidence are never
touched; what goes out degrades in steps, the machine's chat first and a member's own words last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

Kind = Literal["assistant", "follow_up", "text_back", "person"]


class Step(IntEnum):
    """How much of what goes out has ended; a later step ends what the earlier ones did, and more."""

    EVERYTHING = 0
    NO_ASSISTANT = 1
    NO_FOLLOW_UPS = 2
    # A missed call is no text any more but something to do: call them back.
    NO_TEXT_BACKS = 3
    # Members do not write either; confirmations of what people said still go (messaging/gate).
    NOBODY_WRITES = 4


# The step from which a kind of text does not leave.
_ENDS: dict[str, Step] = {
    "assistant": Step.NO_ASSISTANT,
    "follow_up": Step.NO_FOLLOW_UPS,
    "text_back": Step.NO_TEXT_BACKS,
    "person": Step.NOBODY_WRITES,
}

# The state, the moment its days are counted from, and the step from each day on. A state whose
# moment is not known stands at its last step; "trial" ones stand at EVERYTHING until the trial ends.
_LADDER = (
    (0, Step.NO_ASSISTANT),
    (7, Step.NO_FOLLOW_UPS),
    (14, Step.NO_TEXT_BACKS),
    (45, Step.NOBODY_WRITES),
)
_TABLE: dict[str, tuple[str, tuple[tuple[int, Step], ...]]] = {
    "active": ("", ((0, Step.EVERYTHING),)),
    # Our own trial, before anything was begun at Stripe; without an end nobody is to pay.
    "none": ("trial", _LADDER),
    # Stripe's trial: the end of it may reach us a little late, which costs nobody anything.
    "trialing": ("trial", ((0, Step.EVERYTHING), (1, Step.NO_ASSISTANT), *_LADDER[1:])),
    "past_due": ("overdue", _LADDER),
    # The first payment waits for the payer (at most 23 hours): nothing is paid yet.
    "incomplete": ("trial", ((0, Step.NO_TEXT_BACKS),)),
    "unpaid": ("overdue", ((0, Step.NO_TEXT_BACKS), (45, Step.NOBODY_WRITES))),
    # A trial that ended without a means of payment.
    "paused": ("", ((0, Step.NO_TEXT_BACKS),)),
    "incomplete_expired": ("trial", ((0, Step.NO_TEXT_BACKS), (7, Step.NOBODY_WRITES))),
    "canceled": ("", ((0, Step.NOBODY_WRITES),)),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the plan includes a month; None where more of it is sold, so that it never ends."""

    texts: int | None = None
    turns: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in the month that ends at `until` (aware): segments, turns, cents above the plan.

    Once that moment has passed it says nothing of now. None: nothing is known, nothing was used.
    """

    texts: int = 0
    turns: int = 0
    cents: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The client's own limit of use a month in cents, and whether reaching it stops machines' texts."""

    cents: int | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a business's subscription stands; the moments are aware.

    is_on: whether this installation bills at all; status: of billing.models.Status.
    """

    is_on: bool = False
    status: str = "none"
    past_due_since: datetime | None = None
    trial_end: datetime | None = None
    plan: Limits = Limits()
    used: Used = Used()
    budget: Budget = Budget()


# Of whoever is not billed: where billing is off, and wherever nobody asked.
UNBILLED = Standing()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed, and why not more.

    code: "" when everything is; else BILLING_OFF (everything, too), TRIAL_OVER, PAST_DUE, UNPAID,
    PAUSED, CANCELED, INCOMPLETE, TEXTS_USED_UP, TURNS_USED_UP or BUDGET_REACHED. changes_at: when time
    alone will take the next step (aware), None when it will not.
    """

    step: Step = Step.EVERYTHING
    code: str = ""
    changes_at: datetime | None = None
    # Never taken away, whoever owes what: a caller reaches the business, and STOP is obeyed.
    inbound: Literal[True] = True
    stop: Literal[True] = True
    evidence: Literal[True] = True

    def may(self, kind: Kind) -> bool:
        """Whether a text of a kind may leave."""
        return self.step < _ENDS[kind]

    @property
    def assistant(self) -> bool:
        """Whether the assistant may write."""
        return self.may("assistant")

    @property
    def follow_ups(self) -> bool:
        """Whether rules and the client's own system may write what nobody waits for."""
        return self.may("follow_up")

    @property
    def text_backs(self) -> bool:
        """Whether a missed call is texted; else it is something to do."""
        return self.may("text_back")

    @property
    def people(self) -> bool:
        """Whether members may write."""
        return self.may("person")


_CODES = {
    "none": "TRIAL_OVER",
    "trialing": "TRIAL_OVER",
    "past_due": "PAST_DUE",
    "incomplete": "INCOMPLETE",
    "unpaid": "UNPAID",
    "paused": "PAUSED",
    "incomplete_expired": "INCOMPLETE",
    "canceled": "CANCELED",
}


def allowed(standing: Standing, now: datetime) -> Allowance:
    """Return what a business may do at `now` (aware): the worst of its state, its plan and its budget."""
    if not standing.is_on:
        return Allowance(code="BILLING_OFF")
    step, changes_at = _by_state(standing, now)
    code = _CODES.get(standing.status, "CANCELED") if step else ""
    for other, why in _by_use(standing, now):
        if other > step:
            step, code = other, why
    return Allowance(step, code, changes_at)


def _by_state(standing: Standing, now: datetime) -> tuple[Step, datetime | None]:
    # A state we do not know is one that Stripe invented later: as an ended one, never as a paid one.
    counted, ladder = _TABLE.get(standing.status, _TABLE["canceled"])
    since = {"overdue": standing.past_due_since, "trial": standing.trial_end}.get(counted)
    if counted and since is None:
        # Without an end our own trial goes on; whoever is overdue since we know not when is just so.
        return (Step.EVERYTHING if standing.status in ("none", "trialing") else ladder[0][1]), None
    if since is None:
        return ladder[0][1], None
    if now < since:
        return (Step.EVERYTHING if counted == "trial" else ladder[0][1]), since
    step, following = ladder[0][1], None
    for days, reached in ladder:
        at = since + timedelta(days=days)
        if now >= at:
            step = reached
        elif reached > step:
            following = at
            break
    return step, following


def _by_use(standing: Standing, now: datetime) -> list[tuple[Step, str]]:
    used, plan, budget = standing.used, standing.plan, standing.budget
    if used.until is None or now >= used.until:
        return []
    found: list[tuple[Step, str]] = []
    if plan.texts is not None and used.texts >= plan.texts:
        found.append((Step.NO_TEXT_BACKS, "TEXTS_USED_UP"))
    if budget.stops and budget.cents is not None and used.cents >= budget.cents:
        found.append((Step.NO_TEXT_BACKS, "BUDGET_REACHED"))
    if plan.turns is not None and used.turns >= plan.turns:
        found.append((Step.NO_ASSISTANT, "TURNS_USED_UP"))
    return found


# What is left of a limit that could be used before the month is counted anew: a fifth of it, or these.
_NEAR_UNITS, _NEAR_CENTS = 100, 500


def is_near(standing: Standing, now: datetime) -> bool:
    """Whether a limit that ends texts may be reached before use is counted again (billing/tally.py)."""
    used, plan, budget = standing.used, standing.plan, standing.budget
    if not standing.is_on or used.until is None or now >= used.until:
        return False
    limits = [(plan.texts, used.texts, _NEAR_UNITS), (plan.turns, used.turns, _NEAR_UNITS)]
    if budget.stops:
        limits.append((budget.cents, used.cents, _NEAR_CENTS))
    return any(
        limit is not None and 0 < limit - there <= max(limit // 5, least)
        for limit, there, least in limits
    )
