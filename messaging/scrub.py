"""Taking one person out of what is stored: numbers however they are written, names, webhooks. Pure.

compliance.md R-PRIV-1: words, numbers and names go; ids, times and codes stay as proof.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers

from messaging.numbers import normalise
from messaging.plan import POSTURE, SAID

INSTEAD = "[erased]"
# What the gate answers when the words themselves stand against a text: its sentence repeats them.
QUOTING = frozenset({"CONTENT_BLOCKED", "PROMO_WITHOUT_PEWC", "WA_CEMA"})
# Shorter ones stand in too many words that are nobody's.
SHORTEST_NAME = 3
SHORTEST_WORDS = 4
_QUOTED = re.compile(r"“([^”]+)”")
_BETWEEN = r"[\s().\-/]{0,3}"
ANOTHER = "[another number]"
# Between the digits of a number: blanks, points, brackets, strokes of every script, what cannot be
# seen (soft hyphens, zero widths, marks of direction), and the same as a web address writes it.
_GAP = (
    r"(?:[\s()\[\].\-/+_*·•~\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe63"
    r"\ufeff\uff0d]|%(?:2[0389BbDdEeFf]|[Cc]2%[Aa]0)){0,6}"
)
# What is made of digits and is no number to call: an id, a long count, a day with its time.
_NO_NUMBER = (
    r"(?<![0-9A-Za-z])(?:[A-Z]{2})?(?=[0-9]*[a-f])[0-9a-f]{24,}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9A-Za-z])"
    rf"|(?<![\d+])(?!00|011)[0-9]{{16,}}(?!{_GAP}\d)"
    r"|(?<!\d)(?<!\d[\-./\s])(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    rf"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?!:|{_GAP}\d)"
)
# A number anybody could call: ten digits or more, seven or more after a plus, or 555-0177.
_ANY_NUMBER = (
    rf"(?:\+|%2[Bb]){_GAP}\d(?:{_GAP}\d){{6,}}"
    rf"|(?<!\d)(?:[(\[]|%28){{0,2}}\d(?:{_GAP}\d){{9,}}"
    r"|(?<![\d.\-])\d{3}[\s.\-\u2010-\u2015\u2212]\d{4}(?!\d|[.\-]\d)"
)
_NUMBERS = re.compile(rf"(?P<none>{_NO_NUMBER})|{_ANY_NUMBER}")

# The fields of a webhook that are about the event and not about the person. Everything else goes:
# a list of what must go would miss the next field a provider thinks of (and tokens that carry the
# number in an encoded form).
KEPT_FIELDS = frozenset({
    "AccountSid", "ApiVersion", "CallSid", "ParentCallSid", "DialCallSid", "MessageSid", "SmsSid",
    "SmsMessageSid", "MessagingServiceSid", "RecordingSid", "CallStatus", "DialCallStatus",
    "DialBridged", "DialCallDuration", "CallDuration", "Duration", "RecordingDuration",
    "RecordingStatus", "RecordingSource", "RecordingStartTime", "Timestamp", "SequenceNumber",
    "CallbackSource", "Direction", "MessageStatus", "SmsStatus", "NumMedia", "NumSegments",
    "ErrorCode", "RawDlrDoneDate", "OptOutType", "StirVerstat", "message", "business",
    POSTURE, SAID,  # our own: what we said on the call
})  # fmt: skip
_NUMBER_FIELDS = frozenset({"From", "To", "Caller", "Called"})
_WORD_FIELDS = re.compile(
    r"Body|MediaUrl\d+|Button(Text|Payload)|Latitude|Longitude|Address|Label"
    r"|data\.payload\.(text|subject|media\.\d+\.url)"
)
_RECORDING_FIELDS = frozenset({"RecordingUrl", "TranscriptionText", "TranscriptionUrl"})


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Finds one person's number, however it is written, and name; `pattern` None finds nothing."""

    pattern: re.Pattern[str] | None

    def text(self, words: str, also: str = "") -> str:
        """Return the words with "[erased]" where the person stood; `also`: more words that must go."""
        if len(also.strip()) >= SHORTEST_WORDS:
            words = words.replace(also, INSTEAD).replace(also.strip(), INSTEAD)
            # A sentence of ours may quote some of them.
            words = _QUOTED.sub(lambda q: f"“{INSTEAD}”" if q[1] in also else q[0], words)
        return self.pattern.sub(INSTEAD, words) if self.pattern else words

    def value(self, value: Any, also: str = "") -> Any:
        """Return a JSON value with the person taken out of every text in it, keys included."""
        if isinstance(value, str):
            return self.text(value, also)
        if isinstance(value, dict):
            return {self.text(k, also): self.value(v, also) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(part, also) for part in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = self.text(str(value))
            return value if written == str(value) else written
        return value


NOBODY = Scrubber(None)


def scrubber(phone: str, name: str = "") -> Scrubber:
    """Return what finds a person by E.164 number and name ('' for one that is not known)."""
    ways = []
    if phone:
        country, national = _parts(phone)
        spaced = _BETWEEN.join(national)
        ways.append(rf"(?<!\d)(?:\+?{_BETWEEN.join(country)}{_BETWEEN}|0)?\(?{spaced}(?!\d)")
    if len(name.strip()) >= SHORTEST_NAME:
        ways.append(rf"(?<!\w){re.escape(name.strip())}(?!\w)")
    return Scrubber(re.compile("|".join(ways), re.IGNORECASE)) if ways else NOBODY


def without_others(words: str, known: Collection[str]) -> str:
    """Return the words with "[another number]" for every number but these, however it is written.

    known: E.164 numbers. Written in digits of any script; words for digits, letters of a keypad and
    encodings are not read. A long count or an odd code may be taken for a number and go as well.
    """
    return _NUMBERS.sub(lambda found: _unless(found, known), words)


def _unless(found: re.Match[str], known: Collection[str]) -> str:
    written = found[0]
    if found["none"] is not None:
        return written
    bare = re.sub(r"%[0-9A-Fa-f]{2}", "", re.sub("%2[Bb]", "+", written))
    digits = "".join(str(int(letter)) for letter in bare if letter.isdecimal())
    plus = "+" in bare
    return written if any(digits in _ways(each, plus=plus) for each in known) else ANOTHER


@lru_cache(maxsize=1_000)
def _ways(phone: str, *, plus: bool) -> frozenset[str]:
    """Return the digits by which an E.164 number may be called; without a plus also from at home.

    Ten bare digits are a number of North America, as `messaging.numbers.normalise` has it.
    """
    country, national = _parts(phone)
    ways = {country + national, f"{country}0{national}"}
    if not plus:
        ways |= {f"00{country}{national}", f"011{country}{national}"}
        ways.add(national if country == "1" else f"0{national}")
    return frozenset(ways)


def _parts(phone: str) -> tuple[str, str]:
    """Return country code and national number as digits."""
    digits = re.sub(r"\D", "", phone)
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return "", digits
    country = str(parsed.country_code)
    return country, digits.removeprefix(country)


def without_person(
    params: Mapping[str, Any], ours: Collection[str], placeholder: str, who: Scrubber
) -> dict[str, Any]:
    """Return a webhook's fields with everything about the person gone; ids, times and codes stay.

    ours: the business's own E.164 numbers, which stay; placeholder: what stands for the person's.
    Field names stay all, so that it can be seen what the provider had sent.
    """
    left: dict[str, Any] = {}
    for name, value in params.items():
        if name in KEPT_FIELDS:
            left[name] = who.value(value)
        elif isinstance(value, str) and value and normalise(value) in ours:
            left[name] = value
        else:
            left[name] = placeholder if name in _NUMBER_FIELDS and value else ""
    return left


def without_words(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text's webhook without what was said; who said it, and when, stays."""
    return {name: "" if _WORD_FIELDS.fullmatch(name) else v for name, v in params.items()}


def without_quotes(answer: Any) -> Any:
    """Return an answer of the gate, as stored, without a sentence that quotes the text's words.

    Code, rules and times stay and say why; anything that is no such answer stays as it is.
    """
    if not isinstance(answer, Mapping):
        return answer
    sentence = answer.get("sentence")
    if not sentence or not (answer.get("code") in QUOTING or "“" in str(sentence)):
        return answer
    return {**answer, "sentence": ""}


def without_recording(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call's webhook without the way to its recording and the recording's words."""
    return {name: "" if name in _RECORDING_FIELDS else v for name, v in params.items()}
