"""Does a rule cover this call? Pure: each condition is one question, in the order a person would ask.

The answer names the first condition that does not fit; the conditions that were asked are the part
of the receipt that tells why a rule was chosen or passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from calls.facts import Facts
from calls.rules import ATTESTATIONS, CALLERS, STATES, When
from calls.words import ago, because_words, clock, listed

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Question:
    """One question on the way: what was asked, what was looked at, what came out."""

    asked: str
    input: str
    answer: str
    passed: bool

    def as_dict(self) -> dict[str, str | bool]:
        """Return it for the receipt. By hand: dataclasses.asdict costs ten times as much, at every call."""
        return {
            "asked": self.asked, "input": self.input, "answer": self.answer, "passed": self.passed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a rule does not cover a call: a code, and a sentence that follows "No text: ".

    short: the same in few words, for a rule that was merely passed over.
    """

    code: str
    sentence: str
    short: str


Asked = tuple[str, str, bool, Misfit | None]  # question, what was looked at, passed, why not
Check = Callable[[When, Facts], Asked | None]  # None: the rule does not ask this


def covers(when: When, facts: Facts, questions: list[Question]) -> Misfit | None:
    """Ask every condition of a rule, adding to `questions`; return the first that does not fit."""
    for check in CHECKS:
        asked = check(when, facts)
        if asked is None:
            continue
        text, looked_at, passed, misfit = asked
        questions.append(Question(text, looked_at, "yes" if passed else "no", passed))
        if not passed:
            return misfit
    return None


def _line(when: When, facts: Facts) -> Asked | None:
    if not when.lines:
        return None
    fits = facts.our_number in when.lines
    return (
        "Does the rule cover this line?", facts.our_number, fits,
        None if fits else Misfit(
            "LINE_NOT_IN_RULE", "your rule does not cover the line that was called.", "another line"
        ),
    )  # fmt: skip


def _kind(when: When, facts: Facts) -> Asked | None:
    outcome, said = facts.outcome, because_words(facts.outcome)
    if outcome.kind == "answered":
        talked = facts.talk_seconds
        fits = talked is not None and when.talk_at_most > 0 and talked <= when.talk_at_most
        misfit = Misfit("ANSWERED", "the call was answered.", "the call was answered")
        return ("Does the rule text after this kind of call?", said, fits, None if fits else misfit)
    fits = not when.outcomes or outcome.because in when.outcomes
    if fits and when.voicemail:
        fits = (when.voicemail == "left") == (outcome.kind == "voicemail")
        has_voicemail = outcome.kind == "voicemail"
        said = f"{said}, voicemail left" if has_voicemail else f"{said}, no voicemail"
    return (
        "Does the rule text after this kind of call?", said, fits,
        None if fits else Misfit(
            "OUTCOME_NOT_IN_RULE", f"your rule does not text when {said}.", said
        ),
    )  # fmt: skip


def _ring(when: When, facts: Facts) -> Asked | None:
    rang = facts.ring_seconds
    shown = "unknown" if rang is None else str(rang)
    if facts.outcome.because == "caller_hung_up":
        # Only a caller who gave up can have given up too soon; a timeout rang its full time.
        least = when.ring_at_least
        if rang is not None and rang < least:
            sentence = f"the caller hung up after {rang} s; your rule wants at least {least} s."
            misfit = Misfit("RING_TOO_SHORT", sentence, f"rang only {rang} s")
            return (
                "Did it ring long enough?",
                f"{rang} s, at least {least} s wanted",
                False,
                misfit,
            )
        if when.ring_at_most is None:
            return ("Did it ring long enough?", f"{shown} s, at least {least} s wanted", True, None)
    if when.ring_at_most is None:
        return None
    fits = rang is not None and rang <= when.ring_at_most
    misfit = Misfit(
        "RING_TOO_LONG", f"your rule wants calls that rang at most {when.ring_at_most} s.",
        f"rang {shown} s",
    )  # fmt: skip
    looked_at = f"{shown} s, at most {when.ring_at_most} s wanted"
    return ("Did it ring no longer than that?", looked_at, fits, None if fits else misfit)


def _hours(when: When, facts: Facts) -> Asked | None:
    if not when.states:
        return None
    fits = facts.state in when.states
    state = STATES[facts.state]
    wanted = listed([STATES[s] for s in STATES if s in when.states], "or")
    return (
        "Does the rule cover this hour?", f"{state}; rule: {wanted}", fits,
        None if fits else Misfit(
            "HOURS_NOT_IN_RULE", f"your rule does not text while you are {state}.", state
        ),
    )  # fmt: skip


def _day(when: When, facts: Facts) -> Asked | None:
    if not when.weekdays and when.from_time is None:
        return None
    local = facts.called_at
    now, day = local.time(), local.weekday()
    fits = True
    if when.from_time is not None and when.to_time is not None:
        if when.from_time < when.to_time:
            fits = when.from_time <= now < when.to_time
        else:
            # Past midnight: the small hours belong to the day before.
            fits = now >= when.from_time or now < when.to_time
            if now < when.to_time:
                day = (day - 1) % 7
    fits = fits and (not when.weekdays or day in when.weekdays)
    shown = f"{WEEKDAYS[local.weekday()]} {clock(now)}"
    misfit = Misfit("TIME_NOT_IN_RULE", f"your rule does not cover {shown}.", shown)
    return ("Does the rule cover this day and time?", shown, fits, None if fits else misfit)


def _caller(when: When, facts: Facts) -> Asked | None:
    if not when.callers:
        return None
    kinds = {"known" if facts.is_known else "new"} | ({"vip"} if facts.is_vip else set())
    fits = bool(kinds & when.callers)
    who = "VIP" if facts.is_vip else "known" if facts.is_known else "new"
    wanted = listed([CALLERS[c] for c in CALLERS if c in when.callers], "or")
    return (
        "Does the rule cover this caller?", f"{who}; rule: {wanted}", fits,
        None if fits else Misfit(
            "CALLER_NOT_IN_RULE", f"your rule does not text {who} callers.", f"{who} caller"
        ),
    )  # fmt: skip


def _tags(when: When, facts: Facts) -> Asked | None:
    if not when.tags and not when.without_tags:
        return None
    fits = (not when.tags or bool(facts.tags & when.tags)) and not facts.tags & when.without_tags
    shown = listed(sorted(facts.tags), "and") or "no tag"
    misfit = Misfit("TAG_NOT_IN_RULE", f"your rule does not cover this caller ({shown}).", shown)
    return ("Does the rule cover the caller's tags?", shown, fits, None if fits else misfit)


def _area(when: When, facts: Facts) -> Asked | None:
    if not when.area_codes and not when.other_area_codes:
        return None
    code = facts.area_code
    fits = (not when.area_codes or code in when.area_codes) and code not in when.other_area_codes
    shown = code or "no area code"
    misfit = Misfit(
        "AREA_NOT_IN_RULE", f"your rule does not cover the area code ({shown}).", f"area {shown}"
    )
    return ("Does the rule cover the area code?", shown, fits, None if fits else misfit)


def _vouched(when: When, facts: Facts) -> Asked | None:
    if not when.attestations:
        return None
    fits = facts.attestation in when.attestations
    shown = ATTESTATIONS.get(facts.attestation, facts.attestation)
    misfit = Misfit(
        "ATTESTATION_NOT_IN_RULE", f"your rule does not cover a number that comes {shown}.", shown
    )
    return ("Is the number vouched for as the rule wants?", shown, fits, None if fits else misfit)


def _nth(when: When, facts: Facts) -> Asked | None:
    if not when.counts_calls:
        return None
    within = timedelta(seconds=when.nth_within)
    nth = facts.nth_call(within)
    fits = nth >= when.nth_from and (when.nth_to is None or nth <= when.nth_to)
    shown = f"call {nth} within {ago(within)}"
    misfit = Misfit("NTH_CALL_NOT_IN_RULE", f"your rule does not cover {shown}.", shown)
    return ("Does the rule cover a call so often?", shown, fits, None if fits else misfit)


# Cheap and telling first: what the call was, when it came, who called.
CHECKS: tuple[Check, ...] = (
    _line, _kind, _ring, _hours, _day, _caller, _tags, _area, _vouched, _nth,
)  # fmt: skip
