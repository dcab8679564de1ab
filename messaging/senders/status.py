"""How a business's numbers and their registration stand, as pages and the API show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from messaging.senders import releasing, steps
from messaging.senders.dossier import GROUPS, NUMBER, TOLL_FREE
from tenants.models import Business, PhoneNumber, ProviderStep, StepState


@dataclass(frozen=True, slots=True)
class Stand:
    """One thing of a registration. state: none, wanted, trying, waiting, done, refused."""

    key: str
    name: str
    state: str = "none"
    problem: str = ""
    field: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineStand:
    """One number: how it is registered, and when it is given back (None: it is not)."""

    number: PhoneNumber
    leaves_at: datetime | None = None
    filing: Stand | None = None


@dataclass(frozen=True, slots=True)
class Registering:
    """A business's registration. state: none, under_way, refused, done."""

    state: str
    parts: tuple[Stand, ...]
    lines: tuple[LineStand, ...] = field(default=())


def registering(business: Business) -> Registering:
    """Return how the registration of a business stands, part by part and number by number."""
    rows = {row.key: row for row in steps.latest(business, "")}
    parts = tuple(
        _group(key, name, [rows[each] for each in keys if each in rows], len(keys))
        for key, name, keys in GROUPS
    )
    leaving = releasing.leaving(business)
    lines = tuple(
        LineStand(line, leaving.get(line.e164), _of_line(rows, line.e164))
        for line in PhoneNumber.objects.filter(business=business, is_active=True).order_by("pk")
    )
    stands = [*parts, *(line.filing for line in lines if line.filing is not None)]
    begun = [stand for stand in stands if stand.state != "none"]
    if any(stand.state == StepState.REFUSED for stand in begun):
        state = "refused"
    elif any(stand.state != StepState.DONE for stand in begun):
        state = "under_way"
    else:
        state = "done" if begun else "none"
    return Registering(state, parts, lines)


def _group(key: str, name: str, rows: list[ProviderStep], of: int) -> Stand:
    """Return a group of parts as its first that is not done."""
    if not rows:
        return Stand(key, name)
    following = next((row for row in rows if row.state != StepState.DONE), rows[-1])
    if len(rows) < of and following.state == StepState.DONE:
        return Stand(key, name, StepState.WANTED.value, since=following.changed_at)
    return _stand(following, key, name)


def _of_line(rows: dict[str, ProviderStep], e164: str) -> Stand | None:
    row = rows.get(NUMBER + e164) or rows.get(TOLL_FREE + e164)
    return _stand(row, row.key, e164) if row is not None else None


def _stand(row: ProviderStep, key: str, name: str) -> Stand:
    return Stand(key, name, str(row.state), row.problem, row.problem_field, row.changed_at)
