"""Promises in a text of ours: who will call, write or come by when. English and Spanish. Pure.

Precision first: a warning about what nobody promised teaches people to look away. A promise needs
one of us, a verb of calling, writing or coming, and a time, in one sentence that is no question, no
condition, no "maybe", and not about yesterday. Opening hours, offers and orders to the other side
("call us by 5") have no such verb and so are none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from calls.hours import Week
from inbox.waits import promise_times
from inbox.waits.promise_words import (
    ABLE,
    CALLS,
    CONTACT,
    LOOSE,
    OR_WRITES,
    REFUSED,
    STARTS,
    VISIT,
    WINDOWS,
)  # fmt: skip


class _Folded(dict[int, str]):
    """What each character becomes, worked out once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = unicodedata.normalize("NFD", character)[0].lower()
        folded = "'" if character in "’‘´`" else base if len(base) == 1 else character
        self[code] = folded
        return folded


_FOLDED = _Folded()
# What is promised: a call, to be in touch by whichever way, or that somebody comes.
CALL, CONTACT_US, VISIT_THEM = "call", "contact", "visit"
IN_TOUCH = (CALL, CONTACT_US)  # what we keep by being in touch; a call by a call alone
MOST = 3  # promises of one text
_LONGEST_GAP = 60  # characters between a verb and its time
_SENTENCE = re.compile(
    r"(?:[^.!?\n;]|\.(?=\d)|(?<=\b[ap])\.(?=m)|(?<=[ap]\.m)\.(?!\s*[A-Z¿]|$))+[.!?;]*"
)
_QUOTED = re.compile(r"[\"“«][^\"“”«»\n]*[\"”»]|^>.*$", re.MULTILINE)
# Between a verb and its time may stand whom and what, but no other verb and no other person's doing.
_STOPS = re.compile(
    r"[:;()]|\b(?:but|and|if|when|once|after you|because|pero|si|cuando|porque|until|hasta)\b"
)
_WHOM = re.compile(r"\b(?:l[eoa]s?|te|os|se l[oae]s?|nos) $")
# Whatever names a time has one of these; nearly every text of a rule has none.
_TIME_SIGN = re.compile(
    r"\d|hour|hora|min|noon|night|tom|tod|morning|evening|day|week|eod|cob|clos|hoy|manana|tarde|noche"
    r"|lunes|martes|miercoles|jueves|viernes|sabado|mediodia|semana|thing|dia"
)
_LEAD = timedelta(minutes=30)
_WIDEST = timedelta(hours=5)
_SOON = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Found:
    """A promise: its words as they stand, what (call, contact or visit), and its moments, aware.

    from_at: the beginning of its window, None where it has none; warn_at: when to say it is due soon.
    """

    words: str
    what: Literal["call", "contact", "visit"]
    from_at: datetime | None
    due_at: datetime
    warn_at: datetime


def read(body: str, at: datetime, week: Week) -> tuple[Found, ...]:
    """Return what a text promises that leaves at `at` (aware); times are those of the week's zone."""
    folded = fold(body)
    if not (_TIME_SIGN.search(folded) and STARTS.search(folded)):
        return ()  # nearly every text
    folded = _QUOTED.sub(lambda quote: "\x00" * len(quote.group()), folded)
    found: list[Found] = []
    for sentence in _SENTENCE.finditer(folded):
        promise = _in_sentence(sentence.group(), body[sentence.start() : sentence.end()], at, week)
        if promise is not None and promise.words not in [each.words for each in found]:
            found.append(promise)
    return tuple(found[:MOST])


def fold(body: str) -> str:
    """Return a text in small letters without accents, as long as it was, so that places stay places."""
    return body.lower() if body.isascii() else body.translate(_FOLDED)


def warn_at(at: datetime, due_at: datetime) -> datetime:
    """Return when to warn of a promise made at `at` (aware): a quarter before, at most half an hour."""
    return due_at - min(_LEAD, (due_at - at) / 4)


def _in_sentence(text: str, original: str, at: datetime, week: Week) -> Found | None:
    if "?" in text or "¿" in text or REFUSED.search(text):
        return None
    for what, pattern in (
        (VISIT_THEM, VISIT), (CONTACT_US, CONTACT), (VISIT_THEM, WINDOWS), (VISIT_THEM, ABLE)
    ):  # fmt: skip
        for verb in pattern.finditer(text):
            if not _is_ours(verb, original):
                continue
            try:
                moment = _time_of(text, verb, at, week)
            except promise_times.Unclear:
                return None
            if moment is None or (pattern is WINDOWS and not _is_window(moment)):
                continue
            if pattern is ABLE and not _is_soon(moment, at):
                continue
            if what == CONTACT_US and _is_call(text, verb, moment):
                what = CALL
            whom = _WHOM.search(text, 0, verb.start())
            begins = whom.start() if whom else verb.start()
            start, end = min(begins, moment.start), max(verb.end(), moment.end)
            words = " ".join(original[start:end].split())[:160].strip(" ,")
            due = moment.due_at
            return Found(words, what, moment.from_at, due, warn_at(at, due))  # type: ignore[arg-type]
    return None


def _is_ours(verb: re.Match[str], original: str) -> bool:
    """Whether who will do it is one of us: a name has a capital, and is no thing ("Parts will arrive")."""
    for group, name in verb.groupdict().items():
        if name and (not original[verb.start(group)].isupper() or name in LOOSE):
            return False
    return True


def _time_of(
    text: str, verb: re.Match[str], at: datetime, week: Week
) -> promise_times.Moment | None:
    """Return the time that goes with a verb: after it, or right before it."""
    stop = _STOPS.search(text, verb.end())
    limit = min(stop.start() if stop else len(text), verb.end() + _LONGEST_GAP)
    for position in range(verb.end(), max(limit, verb.end() + 1)):
        if position and text[position - 1].isalnum():
            continue
        moment = promise_times.find(text, position, at, week)
        if moment is not None:
            return moment
    before = text[: verb.start()]
    lead = len(before) - len(before.lstrip(" ,.-"))
    moment = promise_times.find(before, lead, at, week) if before.strip() else None
    is_all = moment is not None and not before[moment.end :].strip(" ,-")
    return moment if is_all else None


def _is_call(text: str, verb: re.Match[str], moment: promise_times.Moment) -> bool:
    """Whether a call was promised, and no text instead of it."""
    return CALLS.search(verb.group()) is not None and not OR_WRITES.search(
        text, verb.start(), max(verb.end(), moment.start)
    )


def _is_soon(moment: promise_times.Moment, at: datetime) -> bool:
    """Whether who "can be there" then is as good as on the way: later it is an offer of a time."""
    return moment.from_at is None and moment.due_at - at <= _SOON


def _is_window(moment: promise_times.Moment) -> bool:
    if moment.from_at is None:
        return False
    return timedelta(minutes=30) <= moment.due_at - moment.from_at <= _WIDEST
