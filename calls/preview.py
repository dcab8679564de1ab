"""What a caller will hear, as numbered sentences: the very plan of calls/flow.py, told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calls import flow
from calls.consented import spoken_seconds
from calls.words import listed
from messaging.numbers import national
from messaging.plan import Gather, Hangup, Play, Record, Reject, Ring, Say, Step


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happens. icon: a picture's name; words: what is heard, '' for nothing said."""

    icon: str
    title: str
    words: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """What happens on a call, in order. title: when it goes so ('' where it always does)."""

    title: str
    steps: tuple[Told, ...]


def stories(line: flow.Line) -> list[Story]:
    """Return how a call goes: twice where the opening hours decide."""
    if line.answering != "by_hours":
        return [Story("", _told(line))]
    return [
        Story("While you are open", _told(replace(line, is_open=True))),
        Story("While you are closed", _told(replace(line, is_open=False))),
    ]


def summary(line: flow.Line) -> str:
    """Return how a line answers in one sentence.

    Such as "Rings (312) 555-0190 and (312) 555-0191 for 20 s, then greeting and voicemail."
    """
    ending = "greeting and voicemail" if line.voicemail else "the greeting"
    rings = replace(line, is_open=True).rings_staff
    if not rings:
        said = "Straight to greeting and voicemail" if line.voicemail else "Plays the greeting"
    elif line.answering == "by_hours":
        said = f"While open rings {_phones(line)}; otherwise straight to {ending}"
    else:
        said = f"Rings {_phones(line)}, then {ending}"
    key = f" Key {line.emergency_key} reaches the person on call." if line.emergency_key else ""
    return f"{said}.{key}"


def _phones(line: flow.Line) -> str:
    if len(line.staff_numbers) > 2:
        who = f"{len(line.staff_numbers)} phones"
    else:
        who = listed([national(number) for number in line.staff_numbers], "and")
    several = line.in_order and len(line.staff_numbers) > 1
    if several:
        return f"{who} one after the other, each for {line.ring_seconds} s"
    return f"{who} for {line.ring_seconds} s"


def _told(line: flow.Line) -> tuple[Told, ...]:
    first = flow.answer(line)
    steps = [each for step in first for each in _step(line, step)]
    if any(isinstance(step, Ring) for step in first):
        screened = line.press_one
        title = "Somebody takes it: they talk" if screened else "Somebody picks up: they talk"
        steps.append(Told("users", title, notes=("Otherwise it goes on here.",)))
        steps += [each for step in flow.after_dial(line, False) for each in _step(line, step)]
    return tuple(steps)


def _step(line: flow.Line, step: Step) -> list[Told]:
    match step:
        case Ring():
            return [_ring(line, step)]
        case Say(words):
            return [_say(words)]
        case Play(_, words):
            return [Told("audio-lines", "Your recording plays", words)]
        case Gather() if step.consent_key:
            return [_offer(step)]
        case Gather():
            return [*_prompt(step.prompt), _emergency(line)]
        case Record(seconds):
            return [Told("voicemail", f"A tone; they can speak for up to {seconds // 60} min")]
        case Hangup():
            return [Told("phone-off", "The call ends")]
        case Reject():
            return [Told("phone-off", "The call is refused")]
        case _:
            return []


def _prompt(parts: Sequence[Say | Play]) -> list[Told]:
    return [
        Told("audio-lines", "Your recording plays", part.words)
        if isinstance(part, Play)
        else _say(part.words)
        for part in parts
    ]


def _say(words: str) -> Told:
    return Told("volume-2", f"They hear, for about {max(1, round(spoken_seconds(words)))} s", words)


def _ring(line: flow.Line, ring: Ring) -> Told:
    phones = listed([national(number) for number in ring.numbers], "and")
    if len(ring.numbers) == 1:
        title = f"{phones} rings for up to {ring.seconds} s"
    elif ring.in_order:
        title = f"{phones} ring one after the other for up to {ring.seconds} s each"
    else:
        title = f"{phones} ring at once for up to {ring.seconds} s"
    notes = ["The caller hears it ringing." if line.posture != "notice" else ""]
    notes.append(
        "Whoever picks up presses 1 to take the call, so that nobody's own voicemail does."
        if ring.press_one
        else "A phone's own voicemail counts as an answer: nobody has to press 1."
    )
    return Told(
        "phone-call",
        title,
        notes=tuple(filter(None, notes)),
    )


def _offer(step: Gather) -> Told:
    return Told(
        "message-square-plus",
        f"They are offered a text for key {step.consent_key}",
        step.words,
        ("Pressing it is noted as their consent, with these very words.",),
    )


def _emergency(line: flow.Line) -> Told:
    return Told(
        "siren",
        f"Key {line.emergency_key} rings the person on call, {national(line.emergency_number)}, "
        f"for up to {flow.ON_CALL_SECONDS} s",
        notes=("If they do not press 1 to take it, your staff gets an alert.",),
    )
