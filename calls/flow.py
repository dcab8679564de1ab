"""What a caller hears and whose phone rings: an abstract plan that a provider renders. Pure.

The consent posture is audible (compliance.md 1.2): `implied` tells in the greeting that we may
text, `notice` tells it before anything else, `press_one` offers a text for a pressed key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from calls import greetings
from messaging.plan import Connect, Gather, Hangup, Play, Record, Reject, Ring, Say, Step
from tenants import postures


@dataclass(frozen=True, slots=True)
class Line:
    """How one number answers; the public row, compiled for this moment.

    is_open, next_open: by the opening hours, now; recording_url: where the greeting is played from,
    whose words are `greeting` then; offers_texts: False while the business may send none (suspended, not
    live, a bill unpaid), so that nothing is promised; transcribe: voicemails are written out.
    """

    e164: str
    business_name: str
    answering: str  # staff_first, greeting, by_hours
    staff_numbers: tuple[str, ...]
    ring_seconds: int
    press_one: bool
    greeting: str
    voicemail: bool
    posture: str = postures.IMPLIED  # a key of postures.POSTURES
    in_order: bool = False
    recording_url: str = ""
    consent_digit: str = "1"
    consent_prompt: str = ""
    emergency_digit: str = ""
    emergency_number: str = ""
    is_open: bool = True
    next_open: str = "soon"
    offers_texts: bool = True
    transcribe: bool = False

    @property
    def rings_staff(self) -> bool:
        """Whether a call rings the staff at this moment."""
        wanted = self.answering == "staff_first" or (self.answering == "by_hours" and self.is_open)
        return wanted and bool(self.staff_numbers)

    @property
    def emergency_key(self) -> str:
        """The key that rings the one on call, '' when there is none.

        A line never rings itself, and a key that says yes to a text cannot mean an emergency.
        """
        usable = self.emergency_number not in ("", self.e164)
        return self.emergency_digit if usable and self.emergency_digit != self.consent_digit else ""


# No word of hanging up here: under `implied` whoever hangs up is texted all the same.
TEXT_NOTICE = "If we miss you, we may text this number. Reply STOP to any text to opt out."
FIRST_NOTICE = (
    "If we miss you, we may text this number. To decline, hang up now. "
    "Reply STOP to any text to opt out."
)
# Staying on the line means something only to a caller who was told how to decline (compliance.md
# 1.2, level 2).
TELL_HOW_TO_DECLINE = frozenset({FIRST_NOTICE})
# Every wording has a version; a changed sentence gets a new one (held by tests/calls/test_flow.py).
NOTICES = {FIRST_NOTICE: "first-1", TEXT_NOTICE: "greeting-1"}
OFFER_VERSION, OWN_OFFER = "offer-1", "own"
OFFER_SECONDS = 5  # to find the key once the offer was spoken
KEY_SECONDS = 3  # to press the key of an emergency once the greeting is over
SCREEN_SECONDS = 6
ON_CALL_SECONDS = 30  # longer than the staff: nobody else is asked afterwards
VOICEMAIL_SECONDS = 120
_KEYS = {"*": "star", "#": "pound"}
_OFFER = "If you would like a text about your call from {brand}, press {key}. "
_TERMS = "Message and data rates may apply. Reply STOP to opt out."
_OURS = re.compile(re.escape(_OFFER + _TERMS).replace(r"\{brand\}", ".*").replace(r"\{key\}", ".*"))
_SPEAKS_OF_TEXTING = re.compile(r"\btext(s|ed|ing)?\b", re.IGNORECASE)
# Of a business's own greeting, what is not said while no text would come of it: its sentences about
# texts, in the languages it may be in, but never one that tells what to do in an emergency.
_SENTENCES = re.compile(
    r"(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bMrs\.)\s+|\n+"
)
_OF_TEXTS = re.compile(r"\b(text(s|ed|ing)?|textos?|sms)\b", re.IGNORECASE)
_OF_EMERGENCIES = re.compile(r"\b9-?1-?1\b|emergenc", re.IGNORECASE)


def key_in_words(key: str) -> str:
    """Return a key as it is spoken."""
    return _KEYS.get(key, key)


def greeting(line: Line) -> str:
    """Return what the greeting says, with the notice that we may text where only it gives it."""
    return " ".join(part.words for part in _greeting(line))


def offer(line: Line) -> str:
    """Return the offer of a text, as it is filed for review (compliance.md 3.3, "CTA text")."""
    key = key_in_words(line.consent_digit)
    if line.consent_prompt.strip():
        own = {"business": line.business_name, "key": key}
        return greetings.fill(line.consent_prompt.strip(), own)
    return _OFFER.format(brand=line.business_name, key=key) + _TERMS


def version_of_offer(words: str) -> str:
    """Return which wording an offer was made in: ours, or the business's own."""
    return OFFER_VERSION if _OURS.fullmatch(words) else OWN_OFFER


def emergency_words(line: Line) -> str:
    """Return the sentence that tells of the emergency key."""
    return f"If this is an emergency, press {key_in_words(line.emergency_key)}."


def answer(line: Line, caller: str = "", forwarded_from: str = "") -> list[Step]:
    """The plan for a call that arrives.

    caller, forwarded_from: E.164 or ''. A line that calls itself is refused: answering would ring it
    again for ever. A call that a staff phone sent back to us is not sent there again (telephony.md
    1.7, 1.8).
    """
    if caller == line.e164:
        return [Reject()]
    if line.rings_staff and forwarded_from not in line.staff_numbers:
        ring = Ring(line.staff_numbers, line.ring_seconds, line.press_one, line.in_order)
        return [*_notice(line), ring]
    return [*_notice(line), *unanswered(line)]


def unanswered(line: Line) -> list[Step]:
    """The plan once nobody took the call: greeting, perhaps the offer, voicemail or the end."""
    spoken = _greeting(line)
    if not line.emergency_key:
        return [*spoken, *_offer(line), *_voicemail(line)]
    keys = Gather(
        (*spoken, Say(emergency_words(line))), KEY_SECONDS, "keys",
        emergency_key=line.emergency_key,
    )  # fmt: skip
    return [keys, *_offer(line), *_voicemail(line)]


def after_key(line: Line, digits: str) -> list[Step]:
    """The plan once the caller pressed something in the greeting: only the emergency's key counts."""
    if _is_emergency(line, digits):
        return _on_call(line)
    return [*_offer(line), *_voicemail(line)]


def after_offer(line: Line, digits: str) -> list[Step]:
    """The plan once the caller pressed something: the key is thanked for, another is no consent."""
    if _is_emergency(line, digits):
        return _on_call(line)
    agreed = digits.strip() == line.consent_digit and line.offers_texts
    thanks = Say("Thank you. We have noted that you would like a text.")
    return [*([thanks] if agreed else []), *_voicemail(line)]


def after_dial(line: Line, was_answered: bool) -> list[Step]:
    """The plan when the ringing ended."""
    return [Hangup()] if was_answered else unanswered(line)


def after_on_call(line: Line, was_answered: bool) -> list[Step]:
    """The plan when the one on call was rung: whoever was not reached can still leave word."""
    if was_answered:
        return [Hangup()]
    sorry = Say("Sorry, the person on call cannot take your call right now.")
    return [sorry, *_offer(line), *_voicemail(line)]


def screen(line: Line, digits: str | None, *, on_call: bool = False) -> list[Step]:
    """The plan on the leg of whoever was rung: ask for a 1, connect on it, hang up on anything else."""
    if digits is None:
        what, to = ("Emergency call", "oncall/screen") if on_call else ("Call", "screen")
        asked = Say(f"{what} for {line.business_name}. Press 1 to accept.")
        return [Gather((asked,), SCREEN_SECONDS, to)]
    return [Connect()] if digits.strip() == "1" else [Hangup()]


def after_recording() -> list[Step]:
    """The plan once a voicemail was taken."""
    return [Hangup()]


def fallback(line: Line) -> list[Step]:
    """The plan when our first answer did not reach the caller: greeting and voicemail, nobody rung.

    Whatever was said before may not have been heard, so a notice comes first here too. A recording
    may be what could not be played: its words are spoken.
    """
    line = replace(line, recording_url="")
    return [*_notice(line), *unanswered(line)]


def our_greeting(business_name: str) -> str:
    """Return what is said where a business has no words of its own."""
    return f"You have reached {business_name}. Sorry we can't take your call right now."


def _greeting(line: Line) -> tuple[Say | Play, ...]:
    """Return the greeting: spoken, or played with the notice after it where it lacks one.

    A recording that speaks of texts which would not come is not played: the rest of its words is spoken.
    """
    own = line.greeting.strip()
    told = own if line.offers_texts else _without_texts(own)
    if line.recording_url and told == own:
        recorded = Play(line.recording_url, own)
        missing = _lacks_notice(line, own)
        return (recorded, Say(TEXT_NOTICE)) if missing else (recorded,)
    words = told or our_greeting(line.business_name)
    words = greetings.fill(
        words,
        {
            "business": line.business_name,
            "next_open": line.next_open,
            "phone": greetings.spoken(line.e164),
        },
    )
    return (Say(f"{words} {TEXT_NOTICE}" if _lacks_notice(line, words) else words),)


def _without_texts(words: str) -> str:
    """Return what is left of a greeting without its sentences about texts, '' for nothing."""
    if not _OF_TEXTS.search(words):
        return words
    kept = (
        said
        for said in _SENTENCES.split(words)
        if not _OF_TEXTS.search(said) or _OF_EMERGENCIES.search(said)
    )
    return " ".join(kept).strip()


def _lacks_notice(line: Line, words: str) -> bool:
    """Under `notice` it has been given already; under `press_one` it would not be true."""
    wanted = line.posture == postures.IMPLIED and line.offers_texts
    return wanted and not _SPEAKS_OF_TEXTING.search(words)


def _notice(line: Line) -> list[Step]:
    wanted = line.posture == postures.NOTICE and line.offers_texts
    return [Say(FIRST_NOTICE)] if wanted else []


def _offer(line: Line) -> list[Step]:
    if line.posture != postures.PRESS_ONE or not line.offers_texts:
        return []
    prompt = (Say(offer(line)),)
    return [Gather(prompt, OFFER_SECONDS, "consent", line.consent_digit, line.emergency_key)]


def _voicemail(line: Line) -> list[Step]:
    if not line.voicemail:
        return [Hangup()]
    # Whoever speaks is told what becomes of it (compliance.md R-REC-2).
    written = " Your message is recorded and written out." if line.transcribe else ""
    message = Say(f"Please leave a message after the tone.{written}")
    return [message, Record(VOICEMAIL_SECONDS, line.transcribe), Hangup()]


def _is_emergency(line: Line, digits: str) -> bool:
    return bool(line.emergency_key) and digits.strip() == line.emergency_key


def _on_call(line: Line) -> list[Step]:
    # Always screened: the on-call phone's own voicemail must not count as help.
    ring = Ring((line.emergency_number,), ON_CALL_SECONDS, press_one=True, on_call=True)
    return [Say("We are calling the person on call. Please stay on the line."), ring]
