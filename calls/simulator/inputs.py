"""What the simulator's doors accept, checked field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calls.simulator.voice import AFTERWARDS, STAFF, Plan
from messaging.numbers import normalise

INSTRUCTIONS = (
    "hang_up", "answer", "decline", "press_1", "staff_hang_up", "caller_press_1",
    "caller_press_emergency", "caller_answer", "caller_decline",
)  # fmt: skip
MAX_TEXT = 1600
# Withheld numbers as networks deliver them: nobody can be texted back (telephony.md 1.7).
WITHHELD = ("anonymous", "+266696687")


class BadInput(ValueError):
    """Fields that cannot be used: name of each with what was expected."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


def number_of(
    data: Mapping[str, Any], name: str, problems: dict[str, str], *, withheld: bool = False
) -> str:
    """Return an E.164 number from a field, noting a problem when it is none."""
    value = data.get(name)
    if withheld and value in WITHHELD:
        return str(value)
    number = normalise(value) if isinstance(value, str) and len(value) <= 40 else ""
    if not number:
        problems[name] = "expected a phone number such as +13125550142"
    return number


def read_call(data: Mapping[str, Any]) -> tuple[str, Plan]:
    """Return the business number and the plan of a call to place. Raises BadInput naming the fields."""
    problems: dict[str, str] = {}
    business = number_of(data, "business", problems)
    caller = number_of(data, "caller", problems, withheld=True)
    if caller and caller == business:
        problems["caller"] = "expected another number than the business's own"
    staff = _choice(data, "staff", STAFF, problems)
    afterwards = _choice(data, "afterwards", AFTERWARDS, problems)
    ring = _seconds(data, "ring_seconds", 6, 0, 60, problems)
    talk = _seconds(data, "talk_seconds", 8, 0, 600, problems)
    message = _seconds(data, "message_seconds", 5, 1, 120, problems)
    faster = data.get("faster", False)
    if not isinstance(faster, bool):
        problems["faster"] = "expected true or false"
    if problems:
        raise BadInput(problems)
    return business, Plan(
        caller, staff, ring, int(talk), int(message), afterwards, 5.0 if faster else 1.0
    )


def read_reply(data: Mapping[str, Any], *, has_picture: bool = False) -> tuple[str, str, str]:
    """Return business number, caller and words of a text to send. Raises BadInput.

    A text with a picture may have no words.
    """
    problems: dict[str, str] = {}
    business = number_of(data, "business", problems)
    caller = number_of(data, "caller", problems)
    body = data.get("body")
    is_wordless = isinstance(body, str) and not body.strip() and not has_picture
    if not isinstance(body, str) or is_wordless or len(body) > MAX_TEXT:
        problems["body"] = f"expected 1 to {MAX_TEXT} characters"
    elif "\x00" in body or any("\ud800" <= letter <= "\udfff" for letter in body):
        problems["body"] = "expected text without NUL and lone surrogates"
    if problems:
        raise BadInput(problems)
    return business, caller, str(body)


def read_instruction(data: Mapping[str, Any]) -> tuple[str, str]:
    """Return a call's id and what to do with it. Raises BadInput."""
    problems: dict[str, str] = {}
    sid = data.get("call")
    if not isinstance(sid, str) or not sid.startswith("CA") or len(sid) > 64 or not sid.isalnum():
        problems["call"] = "expected the id of a call, such as CA0123…"
    what = _choice({"what": data.get("what", "")}, "what", INSTRUCTIONS, problems)
    if problems:
        raise BadInput(problems)
    return str(sid), what


def _choice(
    data: Mapping[str, Any], name: str, allowed: tuple[str, ...], problems: dict[str, str]
) -> str:
    value = data.get(name, allowed[0])
    if value not in allowed:
        problems[name] = f"expected one of {', '.join(allowed)}"
        return allowed[0]
    return str(value)


def _seconds(
    data: Mapping[str, Any],
    name: str,
    default: float,
    low: float,
    high: float,
    problems: dict[str, str],
) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        problems[name] = f"expected a number of seconds from {low:g} to {high:g}"
        return default
    return float(value)
