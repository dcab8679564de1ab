"""Asking the past: every call decided again, by two sets of rules and by the gate. Pure.

Nothing is written and nothing is sent: the same `decide` and the same gate that live calls go
through are asked with what was known when each call ended. What one set of rules would have texted
is remembered for that set alone, so that its pauses between texts hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from calls.backtest.past import PastCall, PastPerson
from calls.decision import decide
from calls.facts import Facts
from calls.hours import Week, in_words, next_opening, state
from calls.rules import Rules
from messaging import lint, text
from messaging.clearance import Clearance, Outgoing, Policy, Standing
from messaging.clearing import Occasion, Wanted, completed, context_of, standing_of
from messaging.compliance import clear, unreachable
from messaging.jurisdictions import Ruleset
from messaging.segments import measure

INTRODUCED_FOR = timedelta(days=30)  # messaging.outbox
REMEMBERS_CALLS = timedelta(days=7)
SENT, HELD, SKIPPED = "text", "hold", "skip"


@dataclass(frozen=True, slots=True)
class Ground:
    """What both sets of rules stand on: the business as it is today.

    templates: key -> body; own_numbers: lines and the phones they ring, E.164; lines: line -> whether
    carriers accept its texts; brand: the business's name in texts; strict: the policies of lines that
    ask for more consent than the business does.
    """

    brand: str
    week: Week
    policy: Policy
    jurisdictions: Ruleset
    templates: Mapping[str, str]
    own_numbers: frozenset[str]
    lines: Mapping[str, bool]
    strict: Mapping[str, Policy] = field(default_factory=dict)

    def policy_of(self, line: str) -> Policy:
        """Return the policy in force for texts about calls to a line."""
        return self.strict.get(line, self.policy)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would have become of one call: SENT, HELD or SKIPPED, and why.

    at: when the text would have left (aware), None when it would not; by_clock: quiet hours, Sundays
    or holidays held or refused it; later: a held text that the person's doing would have called off.
    """

    action: str
    code: str
    sentence: str
    rule: str = ""
    template: str = ""
    variant: str = ""
    at: datetime | None = None
    segments: int = 0
    by_clock: bool = False
    later: str = ""


@dataclass(slots=True)
class _Caller:
    """What the replay remembers of one number; texted: by which set of rules it was texted when."""

    person: PastPerson
    problem: str | None = None
    seen_at: datetime | None = None
    calls: tuple[datetime, ...] = ()
    texted: list[datetime | None] = field(default_factory=lambda: [None, None])


@dataclass(frozen=True, slots=True)
class _Written:
    """A text as it would have read: its size, and what the lint found against it."""

    segments: int
    blocking: tuple[str, ...]
    blocking_words: str
    promo: str


class Replay:
    """Decides calls in their order; `people` finds who a number belongs to."""

    def __init__(
        self, ground: Ground, rules: tuple[Rules, ...], people: Callable[[str], PastPerson | None]
    ) -> None:
        self.ground, self.rules, self._people = ground, rules, people
        self._callers: dict[str, _Caller] = {}
        self._written: dict[tuple[str, str, bool, str], _Written] = {}
        self._counts = any(r.when.counts_calls for rules in self.rules for r in rules.in_force)
        self._holds = any(r.then.action == "hold" for rules in self.rules for r in rules.in_force)
        self._answers = max(
            (r.when.talk_at_most for rules in self.rules for r in rules.in_force), default=0
        )

    def ask(self, call: PastCall) -> tuple[Verdict, ...]:
        """Return what each set of rules would have done; calls must come in their order."""
        caller = self._caller(call)
        outcome = call.outcome
        if outcome.kind == "answered" and (call.talk_seconds or 0) > self._answers:
            # Nothing asks further: the answer is the same for every set of rules.
            verdicts: tuple[Verdict, ...] = (_ANSWERED,) * len(self.rules)
        else:
            common = self._facts(call, caller)
            verdicts = tuple(
                self._verdict(call, caller, common, number) for number in range(len(self.rules))
            )
        if call.caller:
            caller.seen_at = caller.seen_at or call.started_at
            if self._counts:
                caller.calls = (call.started_at, *caller.calls[:99])
        return verdicts

    def _caller(self, call: PastCall) -> _Caller:
        if not call.caller:
            return _Caller(PastPerson())
        found = self._callers.get(call.caller)
        if found is None:
            found = _Caller(self._people(call.caller) or PastPerson())
            self._callers[call.caller] = found
        return found

    def _facts(self, call: PastCall, caller: _Caller) -> Facts:
        person, week = caller.person, self.ground.week
        if caller.problem is None:
            caller.problem = unreachable(
                Outgoing(call.caller, self.ground.own_numbers, "C1", "rule"),
                Standing(untextable=person.untextable_at is not None),
                self.ground.policy, self.ground.jurisdictions, call.missed_at,
            )  # fmt: skip
        seen_before = caller.seen_at is not None and caller.seen_at < call.started_at
        return Facts(
            outcome=call.outcome,
            missed_at=call.missed_at,
            called_at=call.started_at.astimezone(week.zone),
            ring_seconds=call.ring_seconds,
            talk_seconds=call.talk_seconds,
            our_number=call.our_number,
            caller=call.caller,
            state=state(week, call.started_at),
            opens_at=next_opening(week, call.missed_at) if self._holds else None,
            is_known=seen_before or person.known_at(call.started_at),
            is_vip=person.is_vip,
            tags=person.tags,
            attestation=call.attestation if call.attestation != "failed" else "none",
            line_type=person.line_type,
            earlier_calls=caller.calls,
            is_ignored=person.is_ignored,
            opted_out=person.opted_out_at(call.missed_at) is not None,
            number_problem=caller.problem,
            person_wrote_at=person.wrote_before(call.missed_at),
        )

    def _verdict(self, call: PastCall, caller: _Caller, facts: Facts, number: int) -> Verdict:
        texted_at = caller.texted[number]
        if texted_at is not None:
            facts = replace(facts, last_text_back_at=texted_at)
        decision = decide(facts, self.rules[number], call.missed_at)
        rule = decision.rule.id if decision.rule else ""
        if decision.action == "skip":
            return Verdict(SKIPPED, decision.code, decision.sentence, rule)
        at = decision.due_at or call.missed_at
        first = texted_at is None or at - texted_at > INTRODUCED_FOR
        written = self._write(decision.template, call.our_number, at, first)
        if written is None:
            sentence = f"No text: the template “{decision.template}” is gone."
            return Verdict(SKIPPED, "NO_TEMPLATE", sentence, rule, decision.template)
        clearance = self._clear(call, caller, written, texted_at, at)
        said = (rule, decision.template, decision.variant)
        if clearance.result == "never":
            clock = clearance.code.startswith("QUIET")
            return Verdict(SKIPPED, clearance.code, clearance.sentence, *said, by_clock=clock)
        caller.texted[number] = at
        if clearance.result == "hold" and clearance.until is not None:
            until = clearance.until
            return Verdict(
                HELD, clearance.code, clearance.sentence, *said, until, written.segments,
                by_clock=clearance.code.startswith("QUIET"),
                later=_called_off(caller.person, call.missed_at, until),
            )  # fmt: skip
        if decision.action == "hold":
            return Verdict(
                HELD, decision.code, decision.sentence, *said, at, written.segments,
                later=_called_off(caller.person, call.missed_at, at),
            )  # fmt: skip
        return Verdict(SENT, "SEND", decision.sentence, *said, at, written.segments)

    def _clear(
        self, call: PastCall, caller: _Caller, written: _Written, texted_at: datetime | None,
        at: datetime,
    ) -> Clearance:  # fmt: skip
        occasion = Occasion(purpose="text_back")
        outgoing = Outgoing(
            to=call.caller, our_numbers=self.ground.own_numbers, category="C1", author="rule",
            purpose="text_back", asked_at=call.missed_at, created_at=call.missed_at,
            level=call.level, blocking=written.blocking, blocking_words=written.blocking_words,
            promo=written.promo,
            attestation=call.attestation if call.attestation != "none" else "",
            is_known=caller.person.proven_at(call.started_at),
            may_send=self.ground.lines.get(call.our_number, True),
        )  # fmt: skip
        standing = standing_of(caller.person.at(at, texted_at), occasion)
        policy = self.ground.policy_of(call.our_number)
        return clear(outgoing, standing, policy, self.ground.jurisdictions, at)

    def _write(self, key: str, phone: str, at: datetime, is_first: bool) -> _Written | None:
        body = self.ground.templates.get(key)
        if body is None:
            return None
        opens = "" if "next_open" not in body else in_words(next_opening(self.ground.week, at), at)
        kept = self._written.get((key, opens, is_first, phone))
        if kept is None:
            kept = self._compose(body, opens, phone, at, is_first)
            if len(self._written) < 5_000:
                self._written[(key, opens, is_first, phone)] = kept
        return kept

    def _compose(self, body: str, opens: str, phone: str, at: datetime, is_first: bool) -> _Written:
        # The caller's name is left out: it changes the size of few texts, and none of the answers.
        values = {"business": self.ground.brand, "next_open": opens, "phone": phone}
        wanted = Wanted(
            "", text.render(body, values), "rule", "C1", Occasion(purpose="text_back"), None, at,
            is_first,
        )  # fmt: skip
        whole = completed(wanted, self.ground.policy)
        found = lint.lint(whole, context_of(wanted, self.ground.policy))
        stopped = [f for f in found if f.severity == "block" and f.code != "PROMO"]
        promo = next((f.found or f.sentence for f in found if f.code == "PROMO"), "")
        words = " ".join(f"{f.sentence} {f.fix}" for f in stopped[:2])
        return _Written(measure(whole).segments, tuple(f.rule for f in stopped), words, promo)


_ANSWERED = Verdict(SKIPPED, "ANSWERED", "No text: the call was answered.")


def _called_off(person: PastPerson, since: datetime, until: datetime) -> str:
    """Return what would have called a held text off before it left; '' when nothing would."""
    if person.opted_out_at(until) is not None:
        return "They opted out before it would have left."
    wrote = person.wrote_before(until)
    if wrote is not None and wrote > since:
        return "A member wrote before it would have left."
    return ""
