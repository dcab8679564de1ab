"""What an incoming text means for consent, in the state its sender is in. Pure.

compliance.md R-REV-2, R-REV-3, R-TW-6 and section 6.
"""

from __future__ import annotations

import re

from messaging import optout

_PROVIDER_SAYS: dict[str, optout.Label] = {
    "STOP": "opt_out",
    "START": "opt_in",
    "HELP": "help",
}
_NO = re.compile(r"\W*(no+|nope|nah)\W*", re.IGNORECASE)
# Yes to "should we stop texting you?", with nothing else in it.
_YES = re.compile(
    r"\W*(yes|yeah|yep|yup|ya|sure|s[ií]|please do)(\W+(please|pls|plz|thanks|thank you|por favor))*\W*",
    re.IGNORECASE,
)
_ERASE = re.compile(
    r"\b(delete|erase|remove|wipe|forget)\b.{0,30}\b(my )?(data|info|information|records?)\b",
    re.IGNORECASE,
)
ORDINARY = optout.Reading("not_opt_out", "", "")


def meaning_of(
    body: str, said_by_provider: str, *, opted_out: bool, paused: bool
) -> optout.Reading:
    """Return what a text means for consent.

    What the provider made of it counts, but never against an opt-out we read. Bare yes is an answer
    to a question (R-TW-6); while we ask "should we stop texting you?" it means stop. Who has opted
    out already need not be asked whether he meant it.
    """
    reading = optout.read(body)
    said = _PROVIDER_SAYS.get(said_by_provider)
    if said and reading.label != "opt_out":
        return optout.Reading(said, said_by_provider, "provider")
    if paused and _YES.fullmatch(body):
        return optout.Reading("opt_out", body.strip()[:60], "answer")
    if reading.by == "yes":
        return ORDINARY
    if reading.label == "ambiguous" and (opted_out or (paused and says_no(body))):
        return ORDINARY
    return reading


def is_instruction(body: str, said_by_provider: str) -> bool:
    """Whether a text must be obeyed before its webhook is answered."""
    # Yes may be one for somebody we asked; whether we did, the database knows.
    may_be = _YES.fullmatch(body) is not None
    return bool(said_by_provider) or may_be or optout.read(body).label != "not_opt_out"


def says_no(body: str) -> bool:
    """Whether a text is a bare no: to "should we stop?", or to everything. A person should read it."""
    return _NO.fullmatch(body) is not None


def wants_erasure(body: str) -> bool:
    """Whether somebody asks for his data to be deleted (R-PRIV-2)."""
    return _ERASE.search(body) is not None
