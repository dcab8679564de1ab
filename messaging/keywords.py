"""What a provider answers by itself: exact keywords of one word. Pure.

Source: compliance.md R-TW-1 and R-TW-2. What a text means for us is read by messaging/optout.py.
"""

from __future__ import annotations

# What Twilio answers by itself: exactly one word, whatever its case (R-TW-2).
PROVIDER_OPT_OUT = frozenset(
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
)
PROVIDER_OPT_IN = frozenset(["START", "YES", "UNSTOP"])
PROVIDER_HELP = frozenset(["HELP", "INFO"])


def provider_answers(text: str) -> bool:
    """Whether a provider with default keyword handling replies to this text by itself (R-TW-1, R-TW-2)."""
    word = text.strip().upper()
    return word in PROVIDER_OPT_OUT or word in PROVIDER_OPT_IN or word in PROVIDER_HELP
