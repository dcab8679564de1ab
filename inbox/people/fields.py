"""What a field of the business's own may hold, by its kind. Pure.

Values are stored as JSON says them: text and choices as text, numbers as numbers, dates as
YYYY-MM-DD, yes or no as true or false. An empty value is no value.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

LONGEST = 500  # letters of a text
_NUMBER = re.compile(r"[+-]?(\d{1,15})(\.\d{1,6})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_YES = frozenset({"yes", "on", "true", "1"})
_NO = frozenset({"no", "off", "false", "0"})


class FieldProblem(ValueError):
    """A value that does not fit its field. code: long, number, date, choice or yes_no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field asks for: its key, kind (text, number, date, choice, yes_no) and, of a choice, what there is."""

    key: str
    kind: str
    options: tuple[str, ...] = ()


def value_of(shape: Shape, given: Any, before: Any = None) -> Any:
    """Return what is stored of a value as it was typed, or as JSON gives it; None for nothing.

    before: what is stored now; a choice that is offered no more may stay. Raises FieldProblem.
    """
    if given is None or (isinstance(given, str) and not _line(given)):
        return None
    if shape.kind == "choice":
        return _choice(shape.options, given, before)
    if shape.kind == "number":
        return _number(given)
    if shape.kind == "date":
        return _date(given)
    return _yes_no(given) if shape.kind == "yes_no" else _text(given)


def values_of(
    shapes: Iterable[Shape], given: dict[str, Any], before: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values after a change, and by key what is wrong with those that do not fit.

    Fields that are not `given` stay; so do values of fields that were put away.
    """
    after, wrong = dict(before), {}
    for shape in shapes:
        if shape.key not in given:
            continue
        try:
            value = value_of(shape, given[shape.key], before.get(shape.key))
        except FieldProblem as problem:
            wrong[shape.key] = problem.code
            continue
        if value is None:
            after.pop(shape.key, None)
        else:
            after[shape.key] = value
    return after, wrong


def typed(kind: str, value: Any) -> str:
    """Return a stored value as it stands in a form."""
    if value is None:
        return ""
    if kind == "yes_no":
        return "yes" if value else "no"
    return str(value)


def _text(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise FieldProblem("text")
    text = _line(str(given))
    if len(text) > LONGEST:
        raise FieldProblem("long")
    return text


def _number(given: Any) -> int | float:
    if isinstance(given, bool):
        raise FieldProblem("number")
    if isinstance(given, float) and not math.isfinite(given):
        raise FieldProblem("number")
    text = str(given).strip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise FieldProblem("number")
    return float(text) if found[2] else int(text)


def _date(given: Any) -> str:
    found = _DATE.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        raise FieldProblem("date")
    try:
        return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        raise FieldProblem("date") from None


def _yes_no(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().casefold() if isinstance(given, str) else ""
    if word not in _YES | _NO:
        raise FieldProblem("yes_no")
    return word in _YES


def _choice(options: tuple[str, ...], given: Any, before: Any) -> str:
    text = _line(given) if isinstance(given, str) else ""
    if text not in options and text != before:
        raise FieldProblem("choice")
    return text


def _line(text: str) -> str:
    """Return text in one line without controls and what turns or hides letters."""
    seen = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in unicodedata.normalize("NFC", text)
        if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join(seen.split())
