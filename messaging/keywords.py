"""STOP and its family, HELP and START, as single instructions. Pure.

Sources: compliance.md R-REV-2 (the per-se words of 47 CFR 64.1200(a)(10)), R-TW-1 (provider
defaults), R-TW-6 (YES is an answer, not a resubscription).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Meaning = Literal["opt_out", "opt_in", "help", "none"]

OPT_OUT_WORDS = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "remove",
        "exit",
    ]
    + ["opt out", "stop all"]
)
OPT_IN_WORDS = frozenset({"start", "unstop"})
# Words that say no more than the instruction itself: "stop texting me", "remove my number".
ABOUT_TEXTING = frozenset(
    [
        "me",
        "my",
        "texts",
        "text",
        "messages",
        "messaging",
        "message",
        "msgs",
        "sms",
        "sending",
        "contacting",
        "number",
        "phone",
        "to",
        "us",
        "from",
        "all",
    ]
)
HELP_WORDS = frozenset({"help", "info"})
# Words that may stand around an instruction without changing it: "please stop", "STOP now".
COURTESY = frozenset(["please", "pls", "plz", "now", "thanks", "thank", "you", "texting"])

# What Twilio answers by itself: exactly one word, whatever its case (R-TW-2).
PROVIDER_OPT_OUT = frozenset(
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
)
PROVIDER_OPT_IN = frozenset(["START", "YES", "UNSTOP"])
PROVIDER_HELP = frozenset(["HELP", "INFO"])

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_SIGNATURE = re.compile(r"[\r\n]+\s*(sent from|get outlook for)\b.*\Z", re.IGNORECASE | re.DOTALL)
_NOT_WORD = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text instructs and the words that said so ('' when nothing did)."""

    meaning: Meaning
    matched: str


def normalise(text: str) -> str:
    """Return the text folded for comparison: NFKC, invisible characters out, case and punctuation gone.

    Letters written apart ("S T O P", "s.t.o.p") are joined.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
    words = _NOT_WORD.sub(" ", folded).split()
    if len(words) > 2 and all(len(word) == 1 for word in words):
        return "".join(words)
    return " ".join(words)


def read(text: str) -> Reading:
    """Read a whole text as an instruction; anything longer than the instruction is no instruction."""
    stripped = _SIGNATURE.sub("", text).strip()
    words = normalise(stripped).split() if len(stripped) <= 200 else []
    core = [word for word in words if word not in COURTESY]
    phrase = " ".join(core)
    for meaning, known in (
        ("opt_out", OPT_OUT_WORDS),
        ("opt_in", OPT_IN_WORDS),
        ("help", HELP_WORDS),
    ):
        if phrase in known:
            return Reading(meaning, phrase)  # type: ignore[arg-type]
    about = " ".join(word for word in core if word not in ABOUT_TEXTING)
    if about in OPT_OUT_WORDS:
        return Reading("opt_out", about)
    # "stop stop stop" is still one instruction.
    if len(core) > 1 and len(set(core)) == 1 and core[0] in OPT_OUT_WORDS:
        return Reading("opt_out", core[0])
    return Reading("none", "")


def provider_answers(text: str) -> bool:
    """Whether a provider with default keyword handling replies to this text by itself (R-TW-1, R-TW-2)."""
    word = text.strip().upper()
    return word in PROVIDER_OPT_OUT or word in PROVIDER_OPT_IN or word in PROVIDER_HELP
