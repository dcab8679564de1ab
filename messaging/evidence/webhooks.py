"""What the provider told us about a person's texts and calls, as it was stored on arrival.

Other people's numbers in it are left out: a colleague's phone that rang, a number that a call was
forwarded from.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from messaging.evidence.entries import stamp
from messaging.numbers import normalise
from messaging.scrub import KEPT_FIELDS
from tenants.models import ProviderEvent

INSTEAD = "[another number]"
_AT_ONCE = 500
_NUMBER = re.compile(r"(?<![\w.])\+?[0-9]{10,15}(?!\w)")


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
            "note": event.note,
            "fields": without_strangers(event.params, known),
        }


def without_strangers(fields: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return a webhook's fields without the numbers of others; what was said stays to the letter."""
    left: dict[str, Any] = {}
    for name, value in fields.items():
        if name in KEPT_FIELDS or name == "Body" or not isinstance(value, str):
            left[name] = value
        elif "token" in name.lower():
            left[name] = "[left out]"  # may hold a number in another writing
        else:
            left[name] = _NUMBER.sub(lambda m: m[0] if normalise(m[0]) in known else INSTEAD, value)
    return left
