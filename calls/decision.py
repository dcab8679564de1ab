"""Does this call get a text? Pure: facts, a rule and `now` in; an explained answer out.

The answer carries every question asked, with what was looked at and what came out: the receipt
that is stored on the call and shown to people.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from calls.outcome import Outcome

Action = Literal["send", "hold", "skip"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The settings a text-back is decided by; durations are timedeltas."""

    name: str
    is_on: bool
    outcomes: frozenset[str]
    hours: str  # always, open, closed
    callers: str  # all, new, known
    minimum_ring: timedelta
    maximum_answered: timedelta
    delay: timedelta
    cool_down: timedelta
    expires_after: timedelta


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when the question is asked. Times are aware; seconds are None when unknown."""

    outcome: Outcome
    missed_at: datetime
    ring_seconds: int | None
    talk_seconds: int | None
    is_open: bool
    is_known: bool
    is_ignored: bool
    opted_out: bool
    number_problem: str  # '' when the number may be texted (messaging.compliance)
    last_text_back_at: datetime | None
    person_wrote_at: datetime | None  # a member texted this person in the cool-down


@dataclass(frozen=True, slots=True)
class Question:
    """One question on the way: what was asked, what was looked at, what came out."""

    asked: str
    input: str
    answer: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """SEND now, HOLD until `due_at`, or SKIP; with its code, its sentence and its questions."""

    action: Action
    code: str
    sentence: str
    template: str = ""  # "open" or "closed"
    due_at: datetime | None = None
    expires_at: datetime | None = None
    questions: tuple[Question, ...] = field(default=())

    def receipt(self, rule: Rule | None, now: datetime) -> dict[str, Any]:
        """Return the receipt as it is stored on the call (JSON; times ISO 8601 in UTC)."""
        return {
            "action": self.action,
            "code": self.code,
            "sentence": self.sentence,
            "rule": rule.name if rule else "",
            "decided_at": now.isoformat(),
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "questions": [asdict(question) for question in self.questions],
        }


_BECAUSE = {
    "no_answer": "nobody answered",
    "busy": "the line was busy",
    "unreachable": "the phone could not be reached",
    "declined": "the call was declined",
    "caller_hung_up": "the caller hung up",
    "forwarded": "the call was forwarded to us unanswered",
    "not_accepted": "nobody pressed 1, so a voicemail had picked up",
}


class _Asking:
    """Collects questions until one of them decides."""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    def ask(self, asked: str, looked_at: str, answer: str, passed: bool) -> bool:
        self.questions.append(Question(asked, looked_at, answer, passed))
        return passed

    def skip(self, code: str, sentence: str) -> Decision:
        return Decision("skip", code, sentence, questions=tuple(self.questions))


def decide(facts: Facts, rule: Rule | None, now: datetime) -> Decision:
    """Answer SEND, HOLD or SKIP for one ended or missed call at `now` (aware).

    The order is the order of the receipt: first what the call was, then who called, then what
    the rule says, then time.
    """
    asking = _Asking()
    outcome = facts.outcome
    if not _ask_what_happened(asking, facts, rule):
        if outcome.kind == "ignored":
            return asking.skip("NOT_TO_US", "No text: this was not a call to the business.")
        return asking.skip("ANSWERED", "No text: the call was answered.")
    if not asking.ask(
        "May this number be texted?",
        facts.number_problem or "a number that gets texts",
        "no" if facts.number_problem else "yes",
        not facts.number_problem,
    ):
        return asking.skip("NOT_TEXTABLE", facts.number_problem)
    if not asking.ask(
        "Has this person opted out?",
        "the consent ledger",
        "yes" if facts.opted_out else "no",
        not facts.opted_out,
    ):
        return asking.skip("OPTED_OUT", "No text: this person opted out. Call them back instead.")
    if not asking.ask(
        "Is this caller on the ignore list?",
        "the contact",
        "yes" if facts.is_ignored else "no",
        not facts.is_ignored,
    ):
        return asking.skip("IGNORED_CALLER", "No text: this caller is on the ignore list.")
    if rule is None or not rule.is_on:
        asking.ask("Is a text-back rule on?", "the rules", "no", False)
        return asking.skip("RULE_OFF", "No text: text-back is switched off.")
    refused = _ask_rule(asking, facts, rule) or _ask_recent(asking, facts, rule, now)
    if refused:
        return refused
    return _ask_time(asking, facts, rule, now)


def _ask_what_happened(asking: _Asking, facts: Facts, rule: Rule | None) -> bool:
    outcome = facts.outcome
    if outcome.kind == "answered":
        allowed = rule.maximum_answered if rule else timedelta(0)
        talked = facts.talk_seconds
        brief = talked is not None and timedelta(0) < allowed and talked <= allowed.total_seconds()
        spoken = f"talked {talked} s" if talked is not None else "answered"
        return asking.ask(
            "Was the call missed?", spoken, "as good as missed" if brief else "no", brief
        )
    because = _BECAUSE.get(outcome.because, outcome.kind)
    if outcome.kind == "voicemail":
        because += ", voicemail left"
    return asking.ask(
        "Was the call missed?", because, "yes" if outcome.is_missed else "no", outcome.is_missed
    )


def _ask_rule(asking: _Asking, facts: Facts, rule: Rule) -> Decision | None:
    because = facts.outcome.because
    wanted = because in rule.outcomes or facts.outcome.kind == "answered"
    if not asking.ask(
        "Does the rule text after this kind of call?",
        _BECAUSE.get(because, because or "answered"),
        "yes" if wanted else "no",
        wanted,
    ):
        return asking.skip(
            "OUTCOME_NOT_IN_RULE",
            f"No text: your rule does not text when {_BECAUSE.get(because, because)}.",
        )
    if because == "caller_hung_up":
        # Only a caller who gave up can have given up too soon; a timeout rang its full time.
        least, rang = int(rule.minimum_ring.total_seconds()), facts.ring_seconds
        enough = rang is None or rang >= least
        if not asking.ask(
            "Did it ring long enough?",
            f"{'unknown' if rang is None else rang} s, at least {least} s wanted",
            "yes" if enough else "no",
            enough,
        ):
            return asking.skip(
                "RING_TOO_SHORT",
                f"No text: the caller hung up after {rang} s; your rule wants at least {least} s.",
            )
    fits = rule.hours == "always" or (rule.hours == "open") == facts.is_open
    state = "open" if facts.is_open else "closed"
    if not asking.ask(
        "Does the rule cover this hour?",
        f"{state}; rule: {rule.hours}",
        "yes" if fits else "no",
        fits,
    ):
        return asking.skip(
            "HOURS_NOT_IN_RULE", f"No text: your rule does not text while you are {state}."
        )
    fits = rule.callers == "all" or (rule.callers == "known") == facts.is_known
    who = "known" if facts.is_known else "new"
    if not asking.ask(
        "Does the rule cover this caller?",
        f"{who}; rule: {rule.callers}",
        "yes" if fits else "no",
        fits,
    ):
        return asking.skip("CALLER_NOT_IN_RULE", f"No text: your rule does not text {who} callers.")
    return None


def _ask_recent(asking: _Asking, facts: Facts, rule: Rule, now: datetime) -> Decision | None:
    for asked, at, code, sentence in (
        (
            "Did we text this caller lately?",
            facts.last_text_back_at,
            "COOL_DOWN",
            "No text: we texted this caller {ago} ago.",
        ),
        (
            "Is a member already writing with this caller?",
            facts.person_wrote_at,
            "IN_CONVERSATION",
            "No text: a member wrote to this caller {ago} ago.",
        ),
    ):
        recent = at is not None and now - at < rule.cool_down
        shown = f"{ago(now - at)} ago" if at else "never"
        if not asking.ask(
            asked, f"{shown}; pause of {ago(rule.cool_down)}", "yes" if recent else "no", not recent
        ):
            return asking.skip(code, sentence.format(ago=ago(now - at)))  # type: ignore[operator]
    return None


def _ask_time(asking: _Asking, facts: Facts, rule: Rule, now: datetime) -> Decision:
    expires = facts.missed_at + rule.expires_after
    fresh = now < expires
    if not asking.ask(
        "Is it still timely?",
        f"missed {ago(now - facts.missed_at)} ago, useful for {ago(rule.expires_after)}",
        "yes" if fresh else "no",
        fresh,
    ):
        return asking.skip(
            "EXPIRED", f"No text: the call was {ago(now - facts.missed_at)} ago, too late to help."
        )
    template = "open" if facts.is_open else "closed"
    due = facts.missed_at + rule.delay
    if due > now:
        asking.ask("Is there a delay?", f"{ago(rule.delay)} after the call", "wait", True)
        return Decision(
            "hold",
            "DELAY",
            f"Text follows {ago(rule.delay)} after the call.",
            template,
            due,
            expires,
            tuple(asking.questions),
        )
    return Decision(
        "send",
        "SEND",
        f"Text back: {_BECAUSE.get(facts.outcome.because, 'the call was missed')}.",
        template,
        None,
        expires,
        tuple(asking.questions),
    )


def ago(span: timedelta) -> str:
    """Return a span as people say it: "40 s", "5 min", "2 h", "3 days"."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"
