"""A notice handed to an address that strangers chose (tenants/outgoing.py), and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tenants.outgoing import Line, NoAnswer, Refused, checked, found, private_allowed

__all__ = ["Refused", "Sent", "checked", "post", "private_allowed"]
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of telling somebody by one way.

    kind: sent; refused: it will never work as it is; gone: the place is no more; retry: try again
    later, after `retry_seconds` at least. reason: for people, without addresses or secrets.
    """

    kind: Literal["sent", "refused", "gone", "retry"]
    reason: str = ""
    retry_seconds: float = 0.0


def post(url: str, content: bytes, headers: dict[str, str], *, allow_private: bool = False) -> Sent:
    """Post to a checked address in no transaction; never raises for what may be expected.

    allow_private: whether a machine that is not public may be meant (tests and the demo).
    """
    try:
        line = Line(found(url, allow_private=allow_private), seconds=SECONDS)
    except Refused as refused:
        return Sent("refused", str(refused))
    except NoAnswer as problem:
        return Sent("retry", problem.sentence)
    try:
        answer = line.post(content, headers)
        return _judged(answer.status, answer.retry_after)
    except NoAnswer as problem:
        return Sent("refused" if problem.insecure else "retry", problem.sentence)
    finally:
        line.close()


def _judged(status: int, pause: float) -> Sent:
    if 200 <= status < 300:
        return Sent("sent")
    if status in (404, 410):
        return Sent("gone", f"The address is no more (HTTP {status}).")
    if status in (408, 425, 429) or status >= 500:
        return Sent("retry", f"Not just now (HTTP {status}).", pause)
    return Sent("refused", f"Refused (HTTP {status}).")
