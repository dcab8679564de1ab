"""A rule as one plain sentence, and what changed between two versions of the rules. Pure.

Each aspect of a rule has a phrase, whether the rule asks for it or not: the sentence is made of the
phrases that say something, a difference names both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.matching import WEEKDAYS
from calls.rules import ATTESTATIONS, CALLERS, OUTCOMES, STATES, Rule, Then, When
from calls.words import clock, listed
from messaging.numbers import national

_MOST = 6  # of a list that are named; the rest is counted
_UNITS = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"), (1, "s", "s"))


@dataclass(frozen=True, slots=True)
class Names:
    """What a business calls its lines (by E.164) and its texts (by key)."""

    lines: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)

    def line(self, e164: str) -> str:
        """Return a line's name, else its number."""
        return self.lines.get(e164) or national(e164)

    def text(self, key: str) -> str:
        """Return a text's name in quotation marks; one that is gone by its key."""
        return f"“{self.templates.get(key) or key}”" if key else "no text"


def span(seconds: int) -> str:
    """Return a span exactly: "90 s" is "1 min 30 s", 93600 is "1 day 2 h", 0 is "0 s"."""
    parts, rest = [], seconds
    for size, one, many in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {one if count == 1 else many}")
    return " ".join(parts) or "0 s"


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "11th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def shown(words: Sequence[str], joint: str = "or") -> str:
    """Return a list in a sentence; of a long one its beginning and how many more."""
    if len(words) <= _MOST:
        return listed(list(words), joint)
    return f"{', '.join(words[:_MOST])} {joint} {len(words) - _MOST} more"


# --- the conditions: (phrase, whether the rule asks this at all) --------------------------------

Phrase = tuple[str, bool]


def _lines(when: When, names: Names) -> Phrase:
    if not when.lines:
        return "to any line", False
    return f"to {shown([names.line(line) for line in sorted(when.lines)])}", True


def _outcomes(when: When, names: Names) -> Phrase:
    if not when.outcomes or when.outcomes == frozenset(OUTCOMES):
        return "is missed", True
    return f"is missed because {shown([OUTCOMES[o] for o in OUTCOMES if o in when.outcomes])}", True


def _talk(when: When, names: Names) -> Phrase:
    if not when.talk_at_most:
        return "not once somebody answered", False
    return f"or is answered for at most {span(when.talk_at_most)}", True


def _voicemail(when: When, names: Names) -> Phrase:
    phrases = {"left": "and a voicemail is left", "none": "and no voicemail is left"}
    return phrases.get(when.voicemail, "with or without a voicemail"), bool(when.voicemail)


def _ring_least(when: When, names: Names) -> Phrase:
    if not when.ring_at_least:
        return "however soon the caller hangs up", False
    return f"unless the caller hangs up within {span(when.ring_at_least)}", True


def _ring_most(when: When, names: Names) -> Phrase:
    if when.ring_at_most is None:
        return "however long it rings", False
    return f"after ringing for at most {span(when.ring_at_most)}", True


def _states(when: When, names: Names) -> Phrase:
    if not when.states:
        return "at any hour", False
    return f"while you are {listed([STATES[s] for s in STATES if s in when.states], 'or')}", True


def _weekdays(when: When, names: Names) -> Phrase:
    if not when.weekdays:
        return "on any day", False
    return f"on {_days(when.weekdays)}", True


def _days(days: frozenset[int]) -> str:
    ordered = sorted(days)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{WEEKDAYS[ordered[0]]} to {WEEKDAYS[ordered[-1]]}"
    return listed([WEEKDAYS[day] for day in ordered], "or")


def _times(when: When, names: Names) -> Phrase:
    if when.from_time is None or when.to_time is None:
        return "at any time of day", False
    return f"between {clock(when.from_time)} and {clock(when.to_time)}", True


def _callers(when: When, names: Names) -> Phrase:
    if not when.callers:
        return "from anybody", False
    return f"from {listed([CALLERS[c] for c in CALLERS if c in when.callers], 'or')}", True


def _tags(when: When, names: Names) -> Phrase:
    if not when.tags:
        return "whatever their tags", False
    return f"tagged {shown([f'“{tag}”' for tag in sorted(when.tags)])}", True


def _without_tags(when: When, names: Names) -> Phrase:
    if not when.without_tags:
        return "no tag excluded", False
    return f"not tagged {shown([f'“{tag}”' for tag in sorted(when.without_tags)])}", True


def _vouched(when: When, names: Names) -> Phrase:
    if not when.attestations:
        return "however their number is vouched for", False
    words = [ATTESTATIONS[a] for a in ATTESTATIONS if a in when.attestations]
    return f"whose number comes {listed(words, 'or')}", True


def _area(when: When, names: Names) -> Phrase:
    if not when.area_codes:
        return "from any area code", False
    return f"from area code {shown(sorted(when.area_codes))}", True


def _other_area(when: When, names: Names) -> Phrase:
    if not when.other_area_codes:
        return "no area code excluded", False
    return f"from outside area code {shown(sorted(when.other_area_codes))}", True


def _nth(when: When, names: Names) -> Phrase:
    if not when.counts_calls:
        return "however often they call", False
    within = f"within {span(when.nth_within)}"
    if when.nth_to is None:
        return f"on their {ordinal(when.nth_from)} call or a later one {within}", True
    if when.nth_to == when.nth_from:
        return f"on their {ordinal(when.nth_from)} call {within}", True
    return f"on their {ordinal(when.nth_from)} to {ordinal(when.nth_to)} call {within}", True


# --- the action ---------------------------------------------------------------------------------


def _action(then: Then, names: Names) -> Phrase:
    if then.action == "skip":
        return "send no text", True
    when = " when you open" if then.action == "hold" else ""
    return f"text {names.text(then.template)}{when}", True


def _closed(then: Then, names: Names) -> Phrase:
    if not then.template_closed:
        return "the same text at every hour", False
    return f"or {names.text(then.template_closed)} while you are not open", True


def _second(then: Then, names: Names) -> Phrase:
    if not then.template_b:
        return "one text for all", False
    return f"or {names.text(then.template_b)} to {then.b_percent}% of the callers", True


def _delay(then: Then, names: Names) -> Phrase:
    return (f"after {span(then.delay)}", True) if then.delay else ("at once", False)


def _pause(then: Then, names: Names) -> Phrase:
    if not then.cool_down:
        return "without a pause before the next text", True
    return f"then pause {span(then.cool_down)}", True


def _expires(then: Then, names: Names) -> Phrase:
    is_usual = then.expires_after == Then().expires_after
    return f"never later than {span(then.expires_after)}", not is_usual


def _notify(then: Then, names: Names) -> Phrase:
    return ("and tell you", True) if then.notify else ("without telling you", False)


def _follow_up(then: Then, names: Names) -> Phrase:
    if not then.follow_up_after:
        return "no follow-up", False
    if not then.follow_up_template:
        after = span(then.follow_up_after)
        return f"and remind you to phone whoever has not replied after {after}", True
    text = names.text(then.follow_up_template)
    return f"and text {text} to whoever has not replied after {span(then.follow_up_after)}", True


@dataclass(frozen=True, slots=True)
class Aspect:
    """Some fields of a rule that are said in one phrase."""

    fields: tuple[str, ...]
    phrase: Callable[[Any, Names], Phrase]


WHEN_ASPECTS = (
    Aspect(("lines",), _lines),
    Aspect(("outcomes",), _outcomes),
    Aspect(("talk_at_most",), _talk),
    Aspect(("voicemail",), _voicemail),
    Aspect(("ring_at_least",), _ring_least),
    Aspect(("ring_at_most",), _ring_most),
    Aspect(("states",), _states),
    Aspect(("weekdays",), _weekdays),
    Aspect(("from_time", "to_time"), _times),
    Aspect(("callers",), _callers),
    Aspect(("tags",), _tags),
    Aspect(("without_tags",), _without_tags),
    Aspect(("area_codes",), _area),
    Aspect(("other_area_codes",), _other_area),
    Aspect(("attestations",), _vouched),
    Aspect(("nth_from", "nth_to", "nth_within"), _nth),
)
THEN_ASPECTS = (
    Aspect(("action", "template"), _action),
    Aspect(("template_closed",), _closed),
    Aspect(("template_b", "b_percent"), _second),
    Aspect(("delay",), _delay),
    Aspect(("expires_after",), _expires),
    Aspect(("cool_down",), _pause),
    Aspect(("notify",), _notify),
    Aspect(("follow_up_after", "follow_up_template"), _follow_up),
)
_JOINED = frozenset({"lines", "outcomes", "talk_at_most", "voicemail"})  # said without a comma
_OF_A_TEXT = frozenset(
    name
    for aspect in THEN_ASPECTS
    for name in aspect.fields
    if name not in ("action", "template", "notify")
)


def sentence(rule: Rule, names: Names, say: Callable[[str], str] = str) -> str:
    """Return a rule as one sentence a plumber would say. say: a phrase in the reader's language."""
    when = say("When a call")
    for aspect in WHEN_ASPECTS:
        words, is_asked = aspect.phrase(rule.when, names)
        if is_asked:
            when += f" {say(words)}" if aspect.fields[0] in _JOINED else f", {say(words)}"
    return f"{when}: {_done(rule.then, names, say)}."


def _done(then: Then, names: Names, say: Callable[[str], str]) -> str:
    said = ""
    for aspect in THEN_ASPECTS:
        if then.action == "skip" and aspect.fields[0] in _OF_A_TEXT:
            continue
        words, is_asked = aspect.phrase(then, names)
        if is_asked:
            # What merely adds to the text follows it; what comes after it is set off.
            said += (
                f", {say(words)}"
                if words.startswith(("then ", "and ", "never ", "without "))
                else f" {say(words)}"
            )
    return said.strip()


def diff(
    old: Sequence[Rule], new: Sequence[Rule], names: Names, names_before: Names | None = None
) -> list[str]:
    """Return what changed from `old` to `new`, a sentence each; empty when nothing did."""
    before = {rule.id: rule for rule in old}
    after = {rule.id: rule for rule in new}
    told = [f"“{rule.name}” is removed." for rule in old if rule.id not in after]
    stays = _unmoved([rule.id for rule in old if rule.id in after], [rule.id for rule in new])
    for place, rule in enumerate(new, 1):
        was = before.get(rule.id)
        if was is None:
            off = "" if rule.is_on else ", switched off"
            told.append(f"“{rule.name}” is added as rule {place}{off}. {sentence(rule, names)}")
            continue
        if rule.name != was.name:
            told.append(f"“{was.name}” is now called “{rule.name}”.")
        if rule.is_on != was.is_on:
            told.append(f"“{rule.name}” is switched {'on' if rule.is_on else 'off'}.")
        if rule.id not in stays:
            told.append(f"“{rule.name}” moves {_where(new, place - 1)}.")
        for part, aspects in (("when", WHEN_ASPECTS), ("then", THEN_ASPECTS)):
            told += [
                f"“{rule.name}”: {change}."
                for aspect in aspects
                if (change := _change(aspect, getattr(was, part), getattr(rule, part), names,
                                      names_before or names))
            ]  # fmt: skip
    return told


def _where(rules: Sequence[Rule], index: int) -> str:
    if index == 0:
        return "to the top"
    return f"below “{rules[index - 1].name}”"


def _change(
    aspect: Aspect, was: When | Then, now: When | Then, names: Names, names_before: Names
) -> str:
    values = [(getattr(was, name), getattr(now, name)) for name in aspect.fields]
    if all(before == after for before, after in values):
        return ""
    before, after = aspect.phrase(was, names_before)[0], aspect.phrase(now, names)[0]
    more = [
        f"{what} {shown(sorted(str(item) for item in items), 'and')}"
        for one, other in values
        if isinstance(one, frozenset) and max(len(one), len(other)) > _MOST
        for what, items in (("added", other - one), ("taken away", one - other))
        if items
    ]
    beside = f" ({listed(more, 'and')})" if more else ""
    return f"{after}, instead of {before}{beside}"


def _unmoved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Return the ids that keep their order: the longest run of `new` that ascends in `old`."""
    place = {ident: number for number, ident in enumerate(old)}
    ids = [ident for ident in new if ident in place]
    tails: list[int] = []
    last: list[str] = []
    earlier: dict[str, str | None] = {}
    for ident in ids:
        at = bisect_left(tails, place[ident])
        earlier[ident] = last[at - 1] if at else None
        tails[at : at + 1] = [place[ident]]
        last[at : at + 1] = [ident]
    kept: set[str] = set()
    current: str | None = last[-1] if last else None
    while current is not None:
        kept.add(current)
        current = earlier[current]
    return kept
