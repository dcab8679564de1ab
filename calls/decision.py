"""Does this call get a text? Pure: facts, rules and `now` in; an explained answer out.

The answer carries every question asked, with what was looked at and what came out: the receipt
that is stored on the call and shown to people.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from calls.facts import Facts
from calls.matching import Misfit, Question, covers
from calls.rules import Rule, Rules
from calls.words import BECAUSE, ago, because_words

Action = Literal["send", "hold", "skip"]
LANDLINES = frozenset(
    {"landline"}
)  # what a lookup calls a line that gets no texts (telephony.md 2.8)


@dataclass(frozen=True, slots=True)
class Decision:
    """SEND now, HOLD until `due_at`, or SKIP; with its code, its sentence and its questions.

    template: the key of the text; variant: "A" or "B" where two are tried; rule: the one that
    decided, None where none was asked; version: of the rules.
    """

    action: Action
    code: str
    sentence: str
    template: str = ""
    variant: str = ""
    due_at: datetime | None = None
    expires_at: datetime | None = None
    questions: tuple[Question, ...] = field(default=())
    rule: Rule | None = None
    version: int = 0

    def receipt(self, now: datetime) -> dict[str, Any]:
        """Return the receipt as it is stored on the call (JSON; times ISO 8601 in UTC)."""
        return {
            "action": self.action,
            "code": self.code,
            "sentence": self.sentence,
            "rule": self.rule.name if self.rule else "",
            "rule_id": self.rule.id if self.rule else "",
            "version": self.version,
            "variant": self.variant,
            "decided_at": now.isoformat(),
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "questions": [question.as_dict() for question in self.questions],
        }


class _Asking:
    """Collects questions until one of them decides."""

    def __init__(self, version: int) -> None:
        self.questions: list[Question] = []
        self.rule: Rule | None = None
        self.version = version

    def ask(self, asked: str, looked_at: str, answer: str, passed: bool) -> bool:
        self.questions.append(Question(asked, looked_at, answer, passed))
        return passed

    def skip(self, code: str, sentence: str) -> Decision:
        return Decision(
            "skip", code, sentence, questions=tuple(self.questions), rule=self.rule,
            version=self.version,
        )  # fmt: skip


def decide(facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Answer SEND, HOLD or SKIP for one ended or missed call at `now` (aware).

    The order is the order of the receipt: first what the call was, then who called, then which
    rule covers it and what it says, then time.
    """
    asking = _Asking(rules.version)
    in_force = rules.in_force
    if not _ask_what_happened(asking, facts, in_force):
        if facts.outcome.kind == "ignored":
            return asking.skip("NOT_TO_US", "No text: this was not a call to the business.")
        return asking.skip("ANSWERED", "No text: the call was answered.")
    refused = _ask_person(asking, facts)
    if refused:
        return refused
    if not in_force:
        asking.ask("Is a text-back rule on?", "the rules", "no", False)
        return asking.skip("RULE_OFF", "No text: text-back is switched off.")
    rule = _choose(asking, facts, in_force)
    if isinstance(rule, Decision):
        return rule
    asking.rule = rule
    if rule.then.action == "skip":
        asking.ask("Does that rule text?", rule.name, "no", False)
        return asking.skip("RULE_SAYS_SKIP", f"No text: your rule “{rule.name}” says so.")
    return _ask_recent(asking, facts, rule, now) or _ask_time(asking, facts, rule, now)


def _ask_what_happened(asking: _Asking, facts: Facts, rules: tuple[Rule, ...]) -> bool:
    outcome = facts.outcome
    if outcome.kind == "answered":
        allowed = max((rule.when.talk_at_most for rule in rules), default=0)
        talked = facts.talk_seconds
        brief = talked is not None and allowed > 0 and talked <= allowed
        spoken = f"talked {talked} s" if talked is not None else "answered"
        return asking.ask(
            "Was the call missed?", spoken, "as good as missed" if brief else "no", brief
        )
    because = BECAUSE.get(outcome.because, outcome.kind)
    if outcome.kind == "voicemail":
        because = f"{because}, voicemail left"
    return asking.ask(
        "Was the call missed?", because, "yes" if outcome.is_missed else "no", outcome.is_missed
    )


def _ask_person(asking: _Asking, facts: Facts) -> Decision | None:
    """Who called: asked before any rule, which could not change the answer."""
    if facts.is_probe:
        asking.ask("Was this a call only to try the line?", "the caller", "yes", False)
        return asking.skip("TEST_CALL", "No text: this call was placed to try the line.")
    problem = facts.number_problem
    looked_at, answer = problem or "a number that gets texts", "no" if problem else "yes"
    if not asking.ask("May this number be texted?", looked_at, answer, not problem):
        return asking.skip("NOT_TEXTABLE", problem)
    if facts.line_type in LANDLINES:
        asking.ask("Is it a phone that gets texts?", facts.line_type, "no", False)
        return asking.skip(
            "LANDLINE", "No text: this is a landline, which gets none. Phone them back instead."
        )
    out, ignored = facts.opted_out, facts.is_ignored
    if not asking.ask(
        "Has this person opted out?", "the consent ledger", "yes" if out else "no", not out
    ):
        return asking.skip("OPTED_OUT", "No text: this person opted out. Call them back instead.")
    if not asking.ask(
        "Is this caller on the ignore list?", "the contact", "yes" if ignored else "no", not ignored
    ):
        return asking.skip("IGNORED_CALLER", "No text: this caller is on the ignore list.")
    return None


def _choose(asking: _Asking, facts: Facts, rules: tuple[Rule, ...]) -> Rule | Decision:
    """Return the first rule that covers the call, or the answer that none does."""
    misfit: Misfit | None = None
    for rule in rules:
        questions: list[Question] = []
        misfit = covers(rule.when, facts, questions)
        if misfit is None or len(rules) == 1:
            asking.questions += questions
        if misfit is None:
            return rule
        if len(rules) > 1:
            # Passed over is not refused: only the last one that does not cover it refuses.
            is_last = rule is rules[-1]
            asking.ask(f"Does “{rule.name}” cover this call?", misfit.short, "no", not is_last)
    assert misfit is not None
    if len(rules) == 1:
        return asking.skip(misfit.code, f"No text: {misfit.sentence}")
    return asking.skip(
        "NO_RULE_FITS", f"No text: none of your {len(rules)} rules covers this call."
    )


def _ask_recent(asking: _Asking, facts: Facts, rule: Rule, now: datetime) -> Decision | None:
    pause = timedelta(seconds=rule.then.cool_down)
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
        recent = at is not None and now - at < pause
        shown = f"{ago(now - at)} ago" if at else "never"
        if not asking.ask(
            asked, f"{shown}; pause of {ago(pause)}", "yes" if recent else "no", not recent
        ):
            return asking.skip(code, sentence.format(ago=ago(now - at)))  # type: ignore[operator]
    return None


def _ask_time(asking: _Asking, facts: Facts, rule: Rule, now: datetime) -> Decision:
    then, missed_at = rule.then, facts.missed_at
    useful = timedelta(seconds=then.expires_after)
    due, why, code = missed_at + timedelta(seconds=then.delay), "", "DELAY"
    expires = missed_at + useful
    if then.delay:
        why = f"{ago(timedelta(seconds=then.delay))} after the call"
    if then.action == "hold" and not facts.is_open and facts.opens_at is not None:
        due, why, code = max(due, facts.opens_at), "when you open", "UNTIL_OPEN"
        expires = due + useful
    fresh = now < expires
    if not asking.ask(
        "Is it still timely?",
        f"missed {ago(now - missed_at)} ago, useful for {ago(expires - missed_at)}",
        "yes" if fresh else "no",
        fresh,
    ):
        return asking.skip(
            "EXPIRED", f"No text: the call was {ago(now - missed_at)} ago, too late to help."
        )
    takes_b = takes_second(rule, facts.caller)
    template = then.template_for(facts.is_open, takes_b)
    variant = ("B" if takes_b else "A") if then.template_b else ""
    if due > now:
        asking.ask("Is there a delay?", why, "wait", True)
        return Decision(
            "hold", code, f"Text follows {why}.", template, variant, due, expires,
            tuple(asking.questions), rule, asking.version,
        )  # fmt: skip
    return Decision(
        "send", "SEND", f"Text back: {because_words(facts.outcome)}.", template, variant, None,
        expires, tuple(asking.questions), rule, asking.version,
    )  # fmt: skip


def takes_second(rule: Rule, caller: str) -> bool:
    """Whether a person gets the rule's second text: by his number, so that he always gets the same."""
    if not rule.then.template_b:
        return False
    return zlib.crc32(f"{rule.id}:{caller}".encode()) % 100 < rule.then.b_percent
