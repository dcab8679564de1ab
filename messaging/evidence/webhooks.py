"""What the provider told us about a person's texts and calls, as it was stored on arrival.

Other people's numbers in it are left out: a colleague's phone that rang, a number that a call was
forwarded from. Only the words of a text stay to the letter, with whatever number they name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from messaging.evidence.entries import stamp
from messaging.scrub import KEPT_FIELDS, without_others
from tenants.models import ProviderEvent

_AT_ONCE = 500
# Where the person is: long fractions, which look like numbers (no area code begins with 0 or 1).
_WHERE = frozenset({"Latitude", "Longitude"})
_DEGREES = re.compile(r"-?1?[0-9]{1,2}\.[0-9]+")


def webhooks_of(
    subjects: Iterable[tuple[str, str]], business_id: int, known: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield the stored webhooks about these providers' ids, of this business alone.

    In the order of the ids, then of arrival. known: the E.164 numbers that may stand in them.
    """
    wanted = list(dict.fromkeys(subjects))
    for start in range(0, len(wanted), _AT_ONCE):
        yield from _some(wanted[start : start + _AT_ONCE], business_id, known)


def _some(
    wanted: list[tuple[str, str]], business_id: int, known: Collection[str]
) -> Iterator[dict[str, Any]]:
    place = {subject: number for number, subject in enumerate(wanted)}
    found = ProviderEvent.objects.filter(
        business_id=business_id, subject__in=[subject for _, subject in wanted]
    )
    events = [event for event in found if (event.provider, event.subject) in place]
    events.sort(key=lambda e: (place[e.provider, e.subject], e.received_at, e.pk))
    for event in events:
        yield {
            "provider": event.provider,
            "kind": event.kind,
            "about": event.subject,
            "received_at": stamp(event.received_at),
            "processed_at": stamp(event.processed_at),
            "state": event.state,
            "note": without_others(event.note, known),  # an error may repeat the number
            "fields": without_strangers(event.params, known),
        }


def without_strangers(fields: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return a webhook's fields without the numbers of others; what was said stays to the letter."""
    left: dict[str, Any] = {}
    for name, value in fields.items():
        if name in KEPT_FIELDS or name == "Body":
            left[name] = value
        elif "token" in name.lower():
            left[name] = "[left out]"  # may hold a number in another writing
        elif name in _WHERE and _DEGREES.fullmatch(str(value)):
            left[name] = value
        else:
            left[name] = _without(value, known)
    return left


def _without(value: Any, known: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_without(part, known) for part in value]
    if isinstance(value, dict):
        return {without_others(k, known): _without(part, known) for k, part in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        written = without_others(str(value), known)
        return value if written == str(value) else written
    return without_others(value, known) if isinstance(value, str) else value
