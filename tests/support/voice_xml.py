"""Which verbs, children and attribute values a reader of TwiML or TeXML knows.

Sources: telephony.md 1.2, 1.5, 3.5 (TwiML) and 4.2 with the provider's pages of its verbs (TeXML).
What is not in the table is an error: a typing mistake in an attribute is silently ignored by a
provider, and then a voicemail counts as an answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

URL = r"https?://[^\s<>]{1,1990}"
METHOD = "GET|POST"
KEYS = r"[0-9*#]*"
BOOLEAN = "true|false"


def between(low: int, high: int) -> str:
    """Mark a whole number of this range."""
    return f"{low}..{high}"


@dataclass(frozen=True)
class Verb:
    """attributes: name -> pattern; inside: the verbs it may hold; text: what its text looks like."""

    attributes: dict[str, str] = field(default_factory=dict)
    inside: frozenset[str] = frozenset()
    text: str | None = None


SPOKEN = r"(?s).*\S.*"
PHONE = r"\+[1-9]\d{6,14}"
VERBS = frozenset(
    {"Dial", "Say", "Play", "Gather", "Record", "Hangup", "Reject", "Pause", "Redirect"}
)
_SAY = Verb({"voice": r"\S+", "language": r"[\w-]+", "loop": between(0, 1000)}, text=SPOKEN)
_PLAY = Verb({"loop": between(0, 1000)}, text=URL)
_NUMBER = {"url": URL, "method": METHOD, "statusCallback": URL, "statusCallbackMethod": METHOD}
_RECORD = {
    "action": URL, "method": METHOD, "maxLength": between(1, 14_400), "playBeep": BOOLEAN,
    "timeout": between(0, 600), "finishOnKey": KEYS, "trim": "trim-silence|do-not-trim",
    "recordingStatusCallback": URL, "recordingStatusCallbackMethod": METHOD,
}  # fmt: skip
_COMMON = {
    "Hangup": Verb(),
    "Reject": Verb({"reason": "rejected|busy"}),
    "Say": _SAY,
    "Play": _PLAY,
}

TWIML: dict[str, Verb] = {
    **_COMMON,
    "Response": Verb(inside=VERBS),
    "Dial": Verb(
        {"action": URL, "method": METHOD, "timeout": between(1, 600), "answerOnBridge": BOOLEAN,
         "sequential": BOOLEAN, "callerId": PHONE, "timeLimit": between(1, 86_400),
         "hangupOnStar": BOOLEAN},
        frozenset({"Number"}),
    ),
    "Number": Verb(_NUMBER, text=PHONE),
    "Gather": Verb(
        {"action": URL, "method": METHOD, "timeout": between(1, 600), "numDigits": between(1, 20),
         "finishOnKey": KEYS, "actionOnEmptyResult": BOOLEAN, "input": "dtmf|speech|dtmf speech"},
        frozenset({"Say", "Play", "Pause"}),
    ),
    "Record": Verb({**_RECORD, "transcribe": BOOLEAN, "transcribeCallback": URL}),
}  # fmt: skip
TEXML: dict[str, Verb] = {
    **_COMMON,
    "Response": Verb(inside=VERBS),
    "Dial": Verb(
        {"action": URL, "method": METHOD, "timeout": between(5, 120), "callerId": PHONE,
         "timeLimit": between(60, 14_400), "hangupOnStar": BOOLEAN,
         # To be looked at on a live account: not on the page of the verb.
         "sequential": BOOLEAN},
        frozenset({"Number"}),
    ),
    "Number": Verb(_NUMBER, text=PHONE),  # `url`: to be looked at on a live account
    "Gather": Verb(
        {"action": URL, "timeout": between(1, 120), "numDigits": between(1, 128),
         "finishOnKey": KEYS, "input": "dtmf|speech|dtmf speech"},
        frozenset({"Say", "Play"}),
    ),
    "Record": Verb({**_RECORD, "maxLength": between(0, 14_400)}),
}  # fmt: skip
MOST_NUMBERS, MOST_CHARACTERS = 10, 64_000
_ENDS = {"Hangup", "Reject", "Redirect"}


def problems(xml: bytes, known: dict[str, Verb]) -> list[str]:
    """Return what a reader could not follow in a plan, [] when it is good."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        return [f"not XML: {error}"]
    found = [] if root.tag == "Response" else [f"the root is <{root.tag}>"]
    if len(xml) > MOST_CHARACTERS:
        found.append(f"longer than {MOST_CHARACTERS} bytes")
    _look(root, known, found)
    _order(list(root), found)
    for dial in root.iter("Dial"):
        if not 1 <= len(dial) <= MOST_NUMBERS:
            found.append(f"<Dial> of {len(dial)} numbers")
    for verb in ("Record", "Dial"):
        # <Record> without an action posts to this very URL again (telephony.md 1.5).
        found += [
            f"<{verb}> without action" for each in root.iter(verb) if "action" not in each.attrib
        ]
    return found


def _look(element: ElementTree.Element, known: dict[str, Verb], found: list[str]) -> None:
    verb = known.get(element.tag)
    if verb is None:
        found.append(f"<{element.tag}> is no verb")
        return
    for name, value in element.attrib.items():
        pattern = verb.attributes.get(name)
        if pattern is None:
            found.append(f"<{element.tag} {name}> is no attribute")
        elif not _fits(value, pattern):
            found.append(f"<{element.tag} {name}={value!r}>: expected {pattern}")
    text = (element.text or "").strip()
    if verb.text is None and text:
        found.append(f"<{element.tag}> holds text")
    elif verb.text is not None and not re.fullmatch(verb.text, text):
        found.append(f"<{element.tag}>: text {text[:40]!r}")
    for child in element:
        if child.tag not in verb.inside:
            found.append(f"<{child.tag}> inside <{element.tag}>")
        _look(child, known, found)


def _fits(value: str, pattern: str) -> bool:
    if span := re.fullmatch(r"(\d+)\.\.(\d+)", pattern):
        return value.isdigit() and int(span[1]) <= int(value) <= int(span[2])
    return bool(re.fullmatch(pattern, value))


def _order(verbs: list[ElementTree.Element], found: list[str]) -> None:
    for place, verb in enumerate(verbs):
        last = place == len(verbs) - 1
        if verb.tag in _ENDS and not last:
            found.append(f"unreachable after <{verb.tag}>")
        if verb.tag == "Dial" and "action" in verb.attrib and not last:
            found.append("unreachable after <Dial action>")  # telephony.md 1.2
