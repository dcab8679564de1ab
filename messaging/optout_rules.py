"""How a rule of the opt-out reader is written: a label and a pattern of words. Pure.

A pattern is a row of elements with a space between, read over `Words.line`, where every word is
the one optout_meanings reads it as and every sentence ends with "." or "?"
(a comma may stand between any two words):

    stop            that word            stop|quit       either
    CEASE           any of a class       hear_from       two words
    GLUE*           up to six of these   GLUE+           one to six
    to?             that word or nothing !by|over        not followed by either
    ~3              up to three words    <!you           not preceded by that word
    ^               begins a sentence    $               ends a sentence, thanks aside
    ING WORD NUM    shapes of words      NOTUS           texting is not what follows
    NOTELSE         not taken from something else than a list

Nothing repeats without a bound, so reading stays linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from messaging.optout_classes import CLASSES
from messaging.optout_words import each

Label = Literal["opt_out", "ambiguous", "help", "opt_in", "not_opt_out"]

_COMMON = frozenset(
    each(
        "i you me us the a an to this that it my is are be no not dont and of for have get do "
        "with your on in am was want we"
    )
)
_POLITE = (
    "thanks|thank|you|ok|okay|please|now|sir|appreciated|bye|sorry|immediately|asap|right|already|"
    "guys|anymore|again|ever|today_please|bro|man|ty|thx|k|have|a|good|great|nice|day|then|though|lol|for|good"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply asks for.

    matched: the words that said so, '' when nothing did; at most 60 characters. by: how it was
    read: per_se, typo, phrase, threat, emoji, tapback, quote, question, consent, bare, yes, limited (a
    refusal of a part, or for a time), object (one of our words that nothing explains), part,
    hunch, and '' when nothing was found.
    """

    label: Label
    matched: str
    by: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of saying something.

    wakes: words of which a text must hold at least one for the rule to be looked at.
    """

    label: Label
    by: str
    wakes: frozenset[str]
    pattern: re.Pattern[str]


_STOPS = r"[.?,]|but|btw|also|because|plus|however"  # what ends a clause
# Up to two describing words, such as "robo" in "your robo texts".
_LINKS = "and|then|or|but|so|when|if|before|after|at|in|by|i|you|text|send|to|for|not|dont"
_SHAPES = {
    "ADJ": rf"(?:(?!(?:{_LINKS}) )\w+ ){{0,2}}?",
    "ING": r"\w+(?:ing|in) ",
    "WORD": r"\w+ ",
    "NUM": r"\d[\d.:]*\w* ",
    "PLURAL": r"\w+s ",
}


class Table:
    """Rules in order, found by the words of a text that wake them."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._by_word: dict[str, tuple[int, ...]] = {}
        for place, one in enumerate(rules):
            for word in one.wakes:
                self._by_word[word] = (*self._by_word.get(word, ()), place)

    def awake(self, tokens: frozenset[str]) -> list[Rule]:
        """Return the rules a text with these words may fit, in order."""
        by_word = self._by_word
        places = {place for word in tokens if word in by_word for place in by_word[word]}
        return [self._rules[place] for place in sorted(places)]


def _words(element: str) -> list[str]:
    """Return the alternatives of an element, classes written out."""
    found: list[str] = []
    for word in element.split("|"):
        found += CLASSES[word] if word in CLASSES else [word.replace("_", " ")]
    return found


def _either(element: str) -> str:
    """Return a regular expression for any alternative of an element, longest first."""
    return "|".join(sorted((re.escape(word) for word in _words(element)), key=len, reverse=True))


def _element(element: str, gap: str) -> str:
    """Return the regular expression of one element; ``gap``: what may stand behind a word."""
    if element in _SHAPES:
        return _SHAPES[element] + gap
    if element[-1] == "?" and element[:-1] in _SHAPES:
        return f"(?:{_SHAPES[element[:-1]]}{gap})?"
    if element == "NOTUS":
        return rf"(?!(?:(?!(?:and|then|or|but|so) )\w+ ){{0,3}}?(?:{_either('OURS')}) )"
    if element == "NOTELSE":  # removed from something that is no list of ours
        return (
            r"(?!(?:from|off|out of|on|in|as|to) (?:the|my|this|our|a|an|his|her|their) "
            rf"(?!(?:\w+ )?(?:{_either('LISTED')}|future|first|loop) ))"
            rf"(?!(?:from |off |on |for |of )?(?:the )?(?:next )?(?:{_either('DAY')}|\d\w*) )"
        )
    if element == "^":
        return "(?:(?<=[.?,] )|(?<= but )|(?<= btw )|(?<= also ))"
    if element == "$":
        return f"(?=(?:(?:{_POLITE}) ){{0,4}}(?:{_STOPS}) )"
    if element.startswith("~"):
        return rf"(?:\w+ {gap}){{0,{int(element[1:])}}}?"
    if element.startswith("!"):
        inner = _either(element[1:]).replace(re.escape("$"), _STOPS)
        return f"(?!(?:{inner}) )"
    if element.startswith("<!"):
        return "".join(f"(?<! {re.escape(word)} )" for word in _words(element[2:]))
    if "$" in element.split("|"):
        rest = "|".join(word for word in element.split("|") if word != "$")
        return f"(?:{_element(rest, gap)}|{_element('$', gap)})"
    mark = {"*": "{0,6}?", "+": "{1,6}?", "?": "?"}.get(element[-1], "")
    return f"(?:(?:{_either(element[:-1] if mark else element)}) {gap}){mark}"


def _wakes(elements: list[str]) -> frozenset[str]:
    """Return the words one of which must be there: the rarest element that may not be missing."""
    needed = [
        frozenset(word.split(" ")[0] for word in _words(element.rstrip("+")))
        for element in elements
        if element[0] not in "^$~!<"
        and element[-1] not in "*?"
        and element not in (*_SHAPES, "NOTUS", "NOTELSE")
    ]
    return min(needed, key=lambda words: len(words) + 40 * len(words & _COMMON))


def rule(label: Label, pattern: str, by: str = "phrase", is_strict: bool = False) -> Rule:
    """Return a rule. ``is_strict``: no comma may stand between its words."""
    elements, gap = pattern.split(), "" if is_strict else "(?:, )?"
    made = re.compile("(?<= )" + "".join(_element(element, gap) for element in elements))
    return Rule(label, by, _wakes(elements), made)


def rules(label: Label, patterns: str, by: str = "phrase", is_strict: bool = False) -> list[Rule]:
    """Return a rule for each line that is neither empty nor a comment ("#"); "= ": a strict one."""
    lines = (line.strip() for line in patterns.splitlines())
    return [
        rule(label, line.removeprefix("= "), by, is_strict or line.startswith("= "))
        for line in lines
        if line and line[0] != "#"
    ]
