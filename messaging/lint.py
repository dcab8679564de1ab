"""What an outgoing text may not say, and what it should say better. Pure.

`lint` reads a text as the phone companies, a court and the person would: compliance.md 1.3 (what a
first text may hold, what makes a text an advertisement), 3.2 (R-CAR-*), 7 (R-HIPAA-*), and rows 18,
30 and 31 of section 8. The words are in messaging/lint_words.py, how a text is read in
messaging/lint_reading.py.

A text written by a machine (rule, api, system, assistant) is refused for what a person is only
warned about: a member who answers "Your root canal is at 2" in an open thread treats a patient.
Nobody sends a public shortener, sex, hate, or drugs and weapons for sale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from messaging import lint_reading as reading
from messaging import lint_words as words
from messaging import text
from messaging.lint_findings import HEALTH, LAW, Context, Finding, Severity, quoted, severity_for
from messaging.lint_links import link_findings
from messaging.lint_naming import has_brand, has_opt_out_line, name_of, place_of
from messaging.lint_reading import Hit
from messaging.lint_words import Topic
from messaging.segments import GSM_BASIC, GSM_EXTENSION, measure

__all__ = [
    "HEALTH", "LAW", "Context", "Finding", "Severity", "completed", "has_brand", "has_opt_out_line",
    "is_marketing", "lint", "lint_template",
]  # fmt: skip

WAY_OUT = "Reply STOP to opt out."
MOST_SEGMENTS = 10
FIRST_SEGMENTS = 2  # what compliance.md 1.3 allows a first text

_BASIC = re.escape("".join(sorted(GSM_BASIC)))
_PLAIN = re.compile(f"[{_BASIC}]*")
_ODD = re.compile(f"[^{_BASIC}{re.escape(''.join(sorted(GSM_EXTENSION)))}]")
_GREETING = re.compile(r"\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Hh]ola)[ ,]+([A-Z][\w'’-]+)")


@lru_cache(maxsize=1_000)
def lint(body: str, context: Context) -> tuple[Finding, ...]:
    """Return what is wrong with a text as it would leave: blocking findings first, in a stable order.

    A first text must have gone through `completed`. A C0 text is ours: only its size is looked at.
    A rule's text reads the same to most of its callers, so what was found is remembered.
    """
    if len(body) > text.MAX_LENGTH:
        return (_too_long(body),)
    folded = reading.fold(body)
    if not folded.strip():
        return (Finding("EMPTY", "block", "The text is empty.", "Write something.", "row 18"),)
    found = [*_size(body, context)]
    if context.category != "C0":
        runs = reading.apart(folded)
        found += link_findings(body, folded, runs, context)
        found += _topics(_said(folded, runs, context.brand), context)
        found += _first(body, context) if context.is_first else ()
        if reading.is_disguised(body):
            found.append(
                Finding(
                    "HIDDEN", "warn",
                    "A word has invisible characters or letters of another alphabet inside; filters take that for a trick.",
                    "Type the word again instead of pasting it.", "R-CAR-1",
                )
            )  # fmt: skip
    return tuple(sorted(found, key=_worst_first))


def _worst_first(finding: Finding) -> bool:
    return finding.severity == "warn"


def lint_template(template: str, context: Context) -> tuple[Finding, ...]:
    """Return what is wrong with a template, its fields filled with neutral values.

    What `completed` will add to a first text is no finding.
    """
    named: list[Finding] = []
    values = {
        "business": context.brand, "caller_name": "Ann", "next_open": "Wednesday at 10:00 AM",
        "phone": "(312) 555-0100",
    }  # fmt: skip
    is_health = context.vertical in HEALTH and context.category != "C0"
    if is_health and context.is_first and re.search(r"\{\s*caller_name\s*\}", template):
        named.append(_names_a_patient("{caller_name}", severity_for(context)))
        values["caller_name"] = ""
    found = lint(completed(text.render(template, values), context), context)
    return tuple(sorted([*named, *found], key=_worst_first))


def completed(body: str, context: Context, *, has_files: bool = False) -> str:
    """Return a first text with the brand in front and the way out at the end, where it lacks them.

    A first picture without words gets both as its words (has_files). Everything else comes back
    unchanged, and so does a text that would grow over 1,600 characters.
    """
    if not context.is_first or context.category == "C0" or not (body.strip() or has_files):
        return body
    whole = _whole(body, context)
    return whole if len(whole) <= text.MAX_LENGTH else body


def _whole(body: str, context: Context) -> str:
    brand = text.clean(context.brand)
    whole = body if not brand or has_brand(body, brand) else f"{brand}: {body.strip()}"
    return whole if has_opt_out_line(whole) else f"{whole.rstrip()} {WAY_OUT}"


def is_marketing(body: str) -> Finding | None:
    """Return what makes a text an advertisement (compliance.md 1.3), None when nothing does."""
    folded = reading.fold(body)
    spoken = _said(folded, reading.apart(folded), "")
    promo = [hit for hit in reading.hits(spoken) if hit.topic.code == "PROMO"]
    return _promo(promo, spoken, "block") if promo else None


# --- size --------------------------------------------------------------------------------------


def _too_long(body: str) -> Finding:
    return Finding(
        "TOO_LONG", "block",
        f"The text is {len(body):,} characters long, and phone companies take {text.MAX_LENGTH:,}.",
        "Shorten it, or send it in two parts.", "row 18",
    )  # fmt: skip


def _segments(body: str) -> int:
    """Return what `measure` says, quicker where no character is wider than one unit."""
    if _PLAIN.fullmatch(body):
        single, joined = 160, 153
    elif _ODD.search(body) and max(body) <= "\uffff":
        single, joined = 70, 67
    else:
        return measure(body).segments
    return 1 if len(body) <= single else -(-len(body) // joined)


def _size(body: str, context: Context) -> Iterator[Finding]:
    segments = _segments(body)
    if segments > MOST_SEGMENTS:
        yield Finding(
            "TOO_LONG", severity_for(context),
            f"The text takes {segments} segments, and {MOST_SEGMENTS} is the most we send.",
            "Shorten it, or send it in two parts.", "row 18",
        )  # fmt: skip
    elif segments > FIRST_SEGMENTS and context.is_first and context.category != "C0":
        yield Finding(
            "LONG", "warn",
            f"A first text should take {FIRST_SEGMENTS} segments at most; this one takes {segments}.",
            "Say who you are, that you missed the call, and ask one question.", "1.3",
        )  # fmt: skip
    odd = list(dict.fromkeys(_ODD.findall(body)))[:8]
    if odd and context.category != "C0" and (fewer := _segments(_ODD.sub("?", body))) < segments:
        yield Finding(
            "UCS2", "warn",
            f"Because of {quoted(odd)} the text takes {segments} segments instead of {fewer}.",
            "Use plain letters, straight quotes and no emoji.", "1.3", "".join(odd),
        )  # fmt: skip


# --- words -------------------------------------------------------------------------------------


def _said(folded: str, runs: list[str], brand: str) -> list[str]:
    """Return a text's words without the brand's, what it spells in a roundabout way at the end."""
    spoken = reading.tokens(folded)
    name, after = name_of(brand), 0
    while name and (place := place_of(name, spoken, after)):
        after = place[0] + 1
        spoken[place[0] : place[1]] = ["·"]
    for word in reading.disguises(folded, runs):
        spoken += [".", word]
    return spoken


def _topics(spoken: list[str], context: Context) -> Iterator[Finding]:
    by_topic: dict[Topic, list[Hit]] = {}
    for hit in reading.hits(spoken):
        by_topic.setdefault(hit.topic, []).append(hit)
    promo: list[Hit] = []
    phi: list[Hit] = []
    for topic, hits in by_topic.items():
        if topic.code == "PROMO":
            promo += hits
        elif topic.code == "PHI":
            phi += hits
        elif topic.code != "HUMAN_CLAIM" or context.author == "assistant":
            yield _finding(topic, _words(hits, spoken), context)
    told = phi if context.is_first else _about_a_person(phi, spoken)
    if told and context.vertical in HEALTH:
        yield _health(_words(told, spoken), context)
    if promo and context.category != "C3":
        yield _promo(promo, spoken, severity_for(context) if context.category == "C1" else "warn")


def _about_a_person(hits: list[Hit], spoken: list[str]) -> list[Hit]:
    """Return the hits that say it by themselves, or in a sentence that speaks of the person."""
    sentence_of: list[int] = []
    sentence, personal = 0, set()
    for word in spoken:
        sentence += word == "."
        sentence_of.append(sentence)
        if word in words.PERSON_WORDS:
            personal.add(sentence)
    return [h for h in hits if h.topic is words.PHI_ALONE or sentence_of[h.start] in personal]


def _words(hits: list[Hit], spoken: list[str]) -> list[str]:
    """Return the words of hits once each, those left out that stand within longer ones; five at most."""
    found: list[str] = []
    end = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.end > end:
            end = hit.end
            found.append(reading.said(spoken, hit.start, hit.end)[:60])
    return list(dict.fromkeys(found))[:5]


def _finding(topic: Topic, found: list[str], context: Context) -> Finding:
    said = quoted(found)
    severity = severity_for(context, hard=topic.hard)
    if topic.code == "PROMISE":
        severity, rule = "warn", "R-AI-2"
        sentence = f"The text promises something in writing: {said}."
        fix = "Say what you will try, not what will happen."
    elif topic.code == "HUMAN_CLAIM":
        rule, sentence = "R-AI-7", f"The assistant says it is a person: {said}."
        fix = "Say that it is the automated assistant."
    elif topic.code == "STOP_REPLACED":
        rule, sentence = "R-CAR-4", f"The text names another way out than STOP: {said}."
        fix = f"Write “{WAY_OUT}”"
    else:
        rule = "R-CAR-1"
        sentence = f"Phone companies block texts about {topic.about}: {said}."
        fix = "Leave it out, or talk about it on the phone."
    return Finding(topic.code, severity, sentence, fix, rule, ", ".join(found))


def _promo(hits: list[Hit], spoken: list[str], severity: Severity) -> Finding:
    found = _words(hits, spoken)
    about = list(dict.fromkeys(hit.topic.about for hit in hits))
    return Finding(
        "PROMO", severity,
        f"This makes the text an advertisement, which needs the person's written consent: {quoted(found)}, {' and '.join(about)}.",
        "Leave it out: say who you are, that you missed the call, and ask how you can help.",
        "R-TCPA-11", ", ".join(found),
    )  # fmt: skip


def _health(found: list[str], context: Context) -> Finding:
    return Finding(
        "PHI", severity_for(context),
        f"Texts are not private, and this one says or asks something about a person's health: {quoted(found)}.",
        "Give the time only, and talk about the rest on the phone.",
        "R-HIPAA-2", ", ".join(found),
    )  # fmt: skip


def _names_a_patient(name: str, severity: Severity) -> Finding:
    return Finding(
        "PHI", severity,
        f"“{name}” names the person: with the practice's name it tells that they are a patient.",
        "Leave the name out of a first text.", "R-HIPAA-2", name,
    )  # fmt: skip


# --- first texts -------------------------------------------------------------------------------


def _first(body: str, context: Context) -> Iterator[Finding]:
    severity = severity_for(context)
    if not has_brand(body, context.brand):
        yield Finding(
            "NO_BRAND", severity, "A first text must say which business it comes from.",
            f"Begin with “{text.clean(context.brand) or 'your business’s name'}:”.", "R-DNC-2",
        )  # fmt: skip
    if len(_whole(body, context)) > text.MAX_LENGTH:
        yield replace(
            _too_long(body), severity=severity, fix="Leave room for your name and the way out."
        )
    if not has_opt_out_line(body):
        yield Finding(
            "NO_OPT_OUT", severity, "A first text must say how to get no more texts.",
            f"End with “{WAY_OUT}”", "R-CTIA-3",
        )  # fmt: skip
    if context.vertical in HEALTH:
        brand = set(name_of(context.brand))
        for name in _GREETING.findall(body):
            if name.lower() not in words.NO_NAMES and name.lower() not in brand:
                yield _names_a_patient(name, severity)
                return
