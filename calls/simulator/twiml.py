"""TwiML as verbs: what a voice answer tells the network to do. Pure.

Sources: telephony.md 1.2 (Dial, Number), 1.5 (Record), 3 (Gather).
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

DIAL_TIMEOUT_SECONDS = 30  # a provider's own defaults, where the answer names none
GATHER_TIMEOUT_SECONDS = 5
RECORD_SECONDS = 3600


class BadTwiml(ValueError):
    """An answer a provider could not follow; the text says what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak words."""

    words: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play a recording."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for `seconds`."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Number:
    """A phone to ring. whisper: URL asked once it is picked up; callback: URL of its progress."""

    phone: str
    whisper: str = ""
    callback: str = ""
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring phones for `seconds`, at once or one after the other; the answer of `action` goes on."""

    numbers: tuple[Number, ...]
    seconds: int
    action: str
    answer_on_bridge: bool
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Gather:
    """Speak, and wait `seconds` for `digits` keys; they are posted to `action`."""

    words: str
    digits: int
    seconds: int
    action: str


@dataclass(frozen=True, slots=True)
class Record:
    """Record at most `seconds` after a beep; `action` goes on, `callback` hears when it is stored.

    transcript: URL that is told its words, '' when nobody asked for them.
    """

    seconds: int
    action: str
    callback: str
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the answer of another URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call without answering it. reason: busy or rejected."""

    reason: str


RECORDED = "(your recorded greeting)"
Verb = Say | Play | Pause | Dial | Gather | Record | Redirect | Hangup | Reject


def parse(document: bytes) -> tuple[Verb, ...]:
    """Return the verbs of an answer, in order.

    Raises BadTwiml when it is no TwiML: not XML, another root than Response, an unknown verb,
    a number where a number of seconds was expected, or entities (which TwiML has no use for).
    """
    if b"<!" in document:
        raise BadTwiml("the answer has a document type or a comment, which no answer of ours has")
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise BadTwiml(f"the answer is no XML: {error}") from None
    if root.tag != "Response":
        raise BadTwiml(f"expected <Response>, got <{root.tag[:40]}>")
    return tuple(_verb(element) for element in root)


def _verb(element: ElementTree.Element) -> Verb:
    name, get = element.tag, element.get
    if name == "Say":
        return Say(_words(element))
    if name == "Play":
        return Play(_words(element))
    if name == "Pause":
        return Pause(_seconds(element, "length", 1))
    if name == "Dial":
        return _dial(element)
    if name == "Gather":
        words = " ".join(
            RECORDED if child.tag == "Play" else _words(child)
            for child in element
            if child.tag in ("Say", "Play")
        )
        return Gather(
            words,
            _seconds(element, "numDigits", 1),
            _seconds(element, "timeout", GATHER_TIMEOUT_SECONDS),
            get("action", ""),
        )
    if name == "Record":
        return Record(
            _seconds(element, "maxLength", RECORD_SECONDS),
            get("action", ""),
            get("recordingStatusCallback", ""),
            get("transcribeCallback", "") if get("transcribe") == "true" else "",
        )
    if name == "Redirect":
        return Redirect(_words(element))
    if name == "Hangup":
        return Hangup()
    if name == "Reject":
        return Reject(get("reason", "rejected"))
    raise BadTwiml(f"the verb <{name[:40]}> is not one the simulator knows")


def _dial(element: ElementTree.Element) -> Dial:
    numbers = [
        Number(
            _words(child),
            child.get("url", ""),
            child.get("statusCallback", ""),
            frozenset(child.get("statusCallbackEvent", "completed").split()),
        )
        for child in element.iter("Number")
    ]
    if not numbers and _words(element):
        numbers = [Number(_words(element))]
    if not numbers:
        raise BadTwiml("<Dial> names no number to ring")
    return Dial(
        tuple(numbers),
        _seconds(element, "timeout", DIAL_TIMEOUT_SECONDS),
        element.get("action", ""),
        element.get("answerOnBridge", "false").lower() == "true",
        element.get("sequential", "false").lower() == "true",
    )


def _words(element: ElementTree.Element) -> str:
    return " ".join((element.text or "").split())


def _seconds(element: ElementTree.Element, attribute: str, default: int) -> int:
    value = element.get(attribute)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 5:
        raise BadTwiml(f"<{element.tag}> {attribute}={value[:20]!r}: expected a whole number")
    return int(value)


def in_words(verb: Verb) -> str:
    """Return a verb as a sentence for people who never saw TwiML."""
    match verb:
        case Say(words):
            return f"say “{words}”"
        case Play():
            return "play the recorded greeting"
        case Pause(seconds):
            return f"wait {seconds} s"
        case Dial(numbers, seconds):
            what = "the staff phone" if len(numbers) == 1 else f"{len(numbers)} staff phones"
            if verb.action.endswith("/oncall"):
                what = "the person on call"
            screened = ", then ask for a 1" if any(number.whisper for number in numbers) else ""
            how = " one after the other, each" if verb.in_order else ""
            return f"ring {what}{how} for at most {seconds} s{screened}"
        case Gather(words, _, seconds):
            return f"ask “{words}” and wait {seconds} s for a key"
        case Record(seconds):
            return f"record a message of at most {seconds} s"
        case Redirect():
            return "go on elsewhere"
        case Reject(reason):
            return f"refuse the call ({reason})"
        case Hangup():
            return "hang up"
