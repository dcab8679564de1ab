"""Times people promise, in English and Spanish: "within 30 minutes", "by 5", "el martes de 9 a 11". Pure.

Works on folded text (inbox/waits/promises.py): small letters, no accents, plain apostrophes. What
cannot be pinned to a moment ("soon", "at 9 or 11") is no time here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.hours import Week
from inbox.waits.promise_moments import Parts, moments

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15,
    "twenty": 20, "thirty": 30, "forty-five": 45, "sixty": 60, "un": 1, "una": 1, "dos": 2,
    "tres": 3, "cuatro": 4, "cinco": 5, "diez": 10, "quince": 15, "veinte": 20, "treinta": 30,
}  # fmt: skip
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "s": 7 * 86400}
_NUMBER = r"(?:\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_UNIT = r"(?:business days?|dias? habil(?:es)?|minut[eo]s?|mins?|min|hours?|hrs?|horas?|days?|dias?|weeks?|semanas?)"
_CLOCK = (
    r"(?:noon|midday|mediodia|midnight|medianoche|\d{1,2}(?:[:.]\d{2})?(?:\s?h(?:rs)?\b)?"
    r"(?:\s?o'?clock)?(?:\s?[ap]\.?\s?m\b\.?)?(?: de la (?:manana|tarde|noche)\b| in the (?:morning|afternoon|evening)\b)?)"
)
_LAS = r"(?:las? )?"
_DAY_NAME = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun"
    r"|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_MES = (
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)"
)

_DURATION = re.compile(
    r"\b(?:within|in|en|dentro de)(?: under| less than| menos de)?(?: the next| los proximos| las proximas)?"
    r"(?: about| around| roughly| approximately| unos| unas| aproximadamente| como)? "
    rf"(?:(?P<half>half an hour|media hora)|(?P<more>an hour and a half|hora y media|una hora y media)"
    rf"|(?P<hour>the hour)\b|(?P<low>{_NUMBER})(?:\s?(?:-|–|to|a)\s?(?P<high>{_NUMBER}))?\s?(?P<unit>{_UNIT})\b)"
)
_AWAY = re.compile(
    rf"\b(?P<low>{_NUMBER})(?:\s?(?:-|–|to)\s?(?P<high>\d{{1,3}}))?\s?(?P<unit>min(?:ute)?s?|hours?) (?:away|out)\b"
)
_RANGE = re.compile(
    rf"(?P<led>\b(?:between|from|entre|de|desde|anywhere from) )?{_LAS}(?<![\d$:.])(?P<low>{_CLOCK})"
    rf"\s?(?:-|–|\bto\b|\band\b|\btill?\b|\buntil\b|\ba\b|\by\b|\bhasta\b)\s?{_LAS}(?P<high>{_CLOCK})(?![\d%/:])"
)
_AT = re.compile(
    r"\b(?P<how>no later than|not later than|by|before|at|around|about|after|antes de(?:l)?|para|a mas tardar(?: a)?"
    r"|despues de(?:l)?|sobre|hacia|como a|a|al)"
    rf" {_LAS}(?P<clock>{_CLOCK})(?![\d%/:$])"
)
_BARE = re.compile(
    r"(?<![\d$:.])(?P<clock>\d{1,2}(?::\d{2})?\s?[ap]\.?\s?m\b\.?|\d{1,2}:\d{2}|noon)(?![\d%])"
)
_END = re.compile(
    r"\b(?:by|before|antes de(?:l)?|para el|al|a) ?(?:the |el )?(?P<end>end of (?:the )?(?:business )?day"
    r"|eod|cob|close of business|end of today|fin(?:al)? del dia|final de dia)\b"
)
_WEEK = re.compile(
    r"\b(?P<week>(?:by )?(?:the )?end of (?:the |this )?week|this week|next week|esta semana"
    r"|(?:la )?(?:proxima semana|semana que viene)|(?:a )?fin(?:es|al)? de (?:la )?semana)\b"
)
_FIRST = re.compile(r"\b(?:first thing|a primera hora)(?: in the morning| de la manana)?\b")
_PART = re.compile(
    r"\b(?P<this>this|esta) (?P<part>morning|afternoon|evening|manana|tarde|noche)\b"
    r"|\b(?:in the|por la|en la|de la) (?P<later>morning|afternoon|evening|manana|tarde|noche)\b"
    r"|(?<=day )(?P<bare>morning|afternoon|evening|night)\b|(?<=tomorrow )(?P<next>morning|afternoon|evening|night)\b"
    r"|\b(?P<tonight>tonight)\b"
)
_DAY = re.compile(
    rf"\b(?:(?P<by>by|before|antes de(?:l)?|para) )?(?:on |el |this |este |(?P<nextweek>next |el proximo |proximo ))*"
    rf"(?:(?P<after>the day after tomorrow|pasado manana)|(?P<today>today|hoy(?: mismo)?)|(?P<tomorrow>tomorrow|manana)"
    rf"|(?P<weekday>{_DAY_NAME})(?P<que> que viene| proximo)?(?:,? (?:the )?(?P<wdate>\d{{1,2}})(?:st|nd|rd|th))?"
    rf"|(?P<month>{_MONTH}) (?P<mday>\d{{1,2}})(?:st|nd|rd|th)?\b|(?P<dia>\d{{1,2}}) de (?P<mes>{_MES}))\b"
)
_BLANK = re.compile(r"[ ,]+")
_GLUE = re.compile(r"[ ,]*(?:on|the|sometime|some time|in|de|el)\b[ ,]*")
_OR = re.compile(
    r"[ ,]*\b(?:or|o|u)\b (?:\d|at\b|a las|today|tomorrow|manana|on\b|el\b|in the|por la|later|"
    + _DAY_NAME
    + ")"
)


# What makes an amount of a time.
_OTHER = re.compile(r" ?(?:%|\$|dollars|dolares|bucks|of\b)")


class Unclear(Exception):
    """One of several times: nobody can be held to it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time found in a text: where it stands (start, end), and from when until when it is, aware."""

    start: int
    end: int
    from_at: datetime | None
    due_at: datetime


def find(text: str, start: int, now: datetime, week: Week) -> Moment | None:
    """Return the time whose words begin at `start` of a folded text, None where there is none.

    Raises Unclear for one of several times ("at 9 or 11").
    now: aware; week: the opening hours, whose zone the times are in, and by which a day ends.
    """
    parts, position, seen = Parts(), start, False
    while True:
        gaps = [each.match(text, position) for each in (_BLANK, _GLUE)] if seen else []
        for at in [position, *(gap.end() for gap in gaps if gap)]:
            end = _one(text, at, parts)
            if end is not None:
                position, seen = end, True
                break
        else:
            break
    if not seen or _OTHER.match(text, position):
        return None
    if _OR.match(text, position):
        raise Unclear
    spans = moments(parts, now.astimezone(week.zone), week)
    if spans is None or spans[1] <= now or spans[1] > now + timedelta(days=60):
        return None
    return Moment(start, position, *spans)


def _one(text: str, at: int, parts: Parts) -> int | None:
    """Read one piece of a time at a position into `parts`; returns where it ends, None for none."""
    for pattern in (_DURATION, _AWAY, _WEEK, _END, _FIRST, _RANGE, _PART, _AT, _DAY, _BARE):
        found = pattern.match(text, at)
        if found is None or not _take(pattern, found, parts):
            continue
        return found.end()
    return None


def _take(pattern: re.Pattern[str], found: re.Match[str], parts: Parts) -> bool:
    group = found.groupdict()
    has_clock = parts.low is not None or parts.duration is not None
    if pattern in (_DURATION, _AWAY):
        if has_clock or parts.day:
            return False
        parts.duration = _seconds(group)
        return True
    if pattern is _WEEK:
        parts.week = group["week"]
        return True
    if pattern is _END:
        parts.is_end = True
        return not has_clock
    if pattern is _FIRST:
        parts.part = "first"
        return not has_clock
    if pattern is _PART:
        named = next(value for name, value in group.items() if value and name != "this")
        if parts.part != "first":
            parts.part = "night" if named == "tonight" else named
        return not has_clock or parts.low is not None
    if pattern is _DAY:
        if parts.day is not None or parts.duration is not None:
            return False
        parts.day = found
        return True
    if has_clock:
        return False
    if pattern is _RANGE:
        low, high = _clock(group["low"]), _clock(group["high"])
        # "9 to 11" alone may be anything: it wants a word before it, a day, or am or pm.
        if low is None or high is None or not (group["led"] or parts.day or low[2] or high[2]):
            return False
        parts.low, parts.high = low, high
        return True
    if pattern is _AT:
        parts.low, parts.how = _clock(group["clock"]), group["how"]
        # "a 5" is no time of day in Spanish: "a las 5" is.
        is_bare = parts.how in ("a", "para", "al") and found.group().split()[1][0].isdigit()
        if parts.low is None or is_bare:
            parts.low = None
            return False
        return True
    parts.low = _clock(group["clock"])
    return parts.low is not None and (parts.day is not None or bool(parts.low[2]))


def _seconds(group: dict[str, str | None]) -> tuple[int, str]:
    if group.get("half"):
        return 1800, "m"
    if group.get("more"):
        return 5400, "m"
    if group.get("hour"):
        return 3600, "m"
    word, unit = group.get("high") or group["low"] or "1", group["unit"] or "m"
    count = int(word) if word.isdigit() else _NUMBERS[word]
    if unit.startswith(("business", "dias habil", "dia habil")):
        return count, "business"
    letter = "s" if unit.startswith("semana") else unit[0]
    return count * _UNITS[letter], "d" if letter in "dws" else "m"


def _clock(word: str | None) -> tuple[int, int, str] | None:
    """Return hour, minute and "am", "pm" or '' of a written time of day."""
    if not word:
        return None
    if word in ("noon", "midday", "mediodia"):
        return 12, 0, "pm"
    if word in ("midnight", "medianoche"):
        return 23, 59, "pm"
    digits = re.match(r"(\d{1,2})(?:[:.](\d{2}))?", word)
    assert digits is not None
    hour, minute = int(digits[1]), int(digits[2] or 0)
    half = re.search(r"([ap])\.?\s?m\b", word)
    meant = f"{half[1]}m" if half else ""
    if re.search(r"de la (?:tarde|noche)|in the (?:afternoon|evening)", word):
        meant = "pm"
    elif re.search(r"de la manana|in the morning", word):
        meant = "am"
    if hour > 23 or minute > 59 or (hour == 0 and not digits[2]) or (meant and hour > 12):
        return None
    if meant:
        hour = hour % 12 + (12 if meant == "pm" else 0)
    elif hour > 12:
        meant = "pm"
    return hour, minute, meant
