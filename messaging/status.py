"""Delivery states: what a receipt may change, and what a provider's error means. Pure.

Sources: telephony.md 2.2 (order is not guaranteed, duplicates happen) and 2.4 (error codes).
"""

from __future__ import annotations

from dataclasses import dataclass

RANK = {
    "queued": 0,
    "held": 0,
    "sending": 1,
    "sent": 2,
    "delivered": 3,
    "undelivered": 3,
    "failed": 3,
    "cancelled": 3,
}
# A provider's words in ours. Those it uses before handing over mean nothing new to us.
FROM_PROVIDER = {
    "accepted": "sending",
    "scheduled": "sending",
    "queued": "sending",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "partially_delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "cancelled",
}

# Telnyx's words (telephony.md 4.3): of receipts, and of its books of texts. "unconfirmed" is the
# last we hear where a carrier sends no receipts.
FROM_TELNYX = {
    "queued": "sending",
    "sending": "sending",
    "sent": "sent",
    "delivery_unconfirmed": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "delivery_failed": "undelivered",
    "sending_failed": "failed",
    "expired": "failed",
}
FROM_TELNYX_RECORDS = {
    "delivered": "delivered",
    "dlr_unconfirmed": "sent",
    "dlr_timeout": "sent",
    "gw_timeout": "sent",
    "gw_reject": "failed",
    "failed": "failed",
}


def advance(current: str, reported: str) -> str:
    """Return the state after a receipt: never down, and the first final state stays."""
    if current not in RANK or reported not in RANK:
        return current
    return reported if RANK[reported] > RANK[current] else current


@dataclass(frozen=True, slots=True)
class Problem:
    """What a provider's error code means for us.

    kind: "transient" (may be sent later), "permanent" (this text never leaves), "number" (this
    number cannot get texts), "opted_out" (its owner refused), "registration" (carriers take no
    texts from our number: messaging/registration.py), "set_up" (ours to repair);
    sentence: what happened; fix: what a person can do, '' when nothing.
    """

    kind: str
    sentence: str
    fix: str = ""


ERRORS: dict[str, Problem] = {
    "21211": Problem("number", "That number does not exist.", "Check the number and call instead."),
    "21408": Problem(
        "set_up",
        "The provider account may not text that country.",
        "Allow the country in the provider's console.",
    ),
    "21606": Problem(
        "set_up",
        "Our number cannot send texts.",
        "Check that the number is enabled for texts at the provider.",
    ),
    "21212": Problem(
        "set_up", "Our number is not valid at the provider.", "Check the number at the provider."
    ),
    "21610": Problem(
        "opted_out",
        "This person opted out at the carrier.",
        "Call instead. A text goes out again after they text START.",
    ),
    "21611": Problem("transient", "Our number has too many texts waiting."),
    "21614": Problem(
        "number", "That number is not a mobile and cannot get texts.", "Call instead."
    ),
    "21617": Problem("permanent", "The text is longer than 1,600 characters.", "Shorten it."),
    "21703": Problem(
        "set_up",
        "The messaging service has no number that can send.",
        "Add a number to it at the provider.",
    ),
    "21704": Problem(
        "set_up",
        "The messaging service has no number that can send.",
        "Add a number to it at the provider.",
    ),
    "30001": Problem("transient", "The provider's queue was full."),
    "30002": Problem(
        "set_up", "The provider account is suspended.", "Settle it with the provider."
    ),
    "30003": Problem("permanent", "The phone was off or out of reach.", "Call or try again later."),
    "30004": Problem("opted_out", "The carrier blocks texts to this person.", "Call instead."),
    "30005": Problem("number", "That number is unknown or no longer in use.", "Check the number."),
    "30006": Problem(
        "number", "That is a landline or a carrier that takes no texts.", "Call instead."
    ),
    "30007": Problem(
        "permanent",
        "The carrier filtered this text as unwanted.",
        "Do not resend it; reword the template.",
    ),
    "30008": Problem(
        "permanent",
        "The carrier could not deliver it and gave no reason.",
        "Call or try again later.",
    ),
    "30022": Problem("transient", "The carrier's rate for our number was reached."),
    "30023": Problem("transient", "The carrier's daily limit was reached."),
    "30027": Problem("transient", "The carrier's daily limit was reached."),
    "30032": Problem(
        "registration", "Our toll-free number is not verified yet.", "Finish the verification."
    ),
    "30034": Problem(
        "registration",
        "Our number is not registered for business texts.",
        "Finish the 10DLC registration.",
    ),
    "30035": Problem("transient", "Our number is still being added to its campaign."),
    # Not in telephony.md: the provider's own page on this code.
    "30990": Problem(
        "registration",
        "The carriers suspended the campaign of our number.",
        "Settle it with the provider.",
    ),
    # Telnyx's own (telephony.md 4.3; the provider's page of messaging errors). 40300 is its 21610.
    "10009": Problem("set_up", "The provider refused our sign-in.", "Check the account's API key."),
    "10010": Problem("set_up", "The provider refused our sign-in.", "Check the account's API key."),
    "10011": Problem("transient", "The provider was too busy to take it."),
    "20100": Problem(
        "set_up", "The provider account has no money left.", "Settle it with the provider."
    ),
    "40001": Problem(
        "number", "That is a landline or a carrier that takes no texts.", "Call instead."
    ),
    "40002": Problem(
        "permanent",
        "The carrier filtered this text as unwanted.",
        "Do not resend it; reword the template.",
    ),
    "40003": Problem(
        "permanent",
        "The carrier filtered this text as unwanted.",
        "Do not resend it; reword the template.",
    ),
    "40004": Problem(
        "permanent",
        "The carrier could not deliver it and gave no reason.",
        "Call or try again later.",
    ),
    "40005": Problem("permanent", "The phone was off or out of reach.", "Call or try again later."),
    "40006": Problem("permanent", "The carrier was out of reach.", "Call or try again later."),
    "40008": Problem(
        "permanent",
        "The carrier could not deliver it and gave no reason.",
        "Call or try again later.",
    ),
    "40010": Problem(
        "registration",
        "Our number is not registered for business texts.",
        "Finish the 10DLC registration.",
    ),
    "40011": Problem("transient", "The carrier's rate for our number was reached."),
    "40012": Problem("number", "That number does not exist.", "Check the number and call instead."),
    "40310": Problem("number", "That number does not exist.", "Check the number and call instead."),
    "40318": Problem("transient", "Our number has too many texts waiting."),
    "40300": Problem(
        "opted_out",
        "This person opted out at the carrier.",
        "Call instead. A text goes out again after they text START.",
    ),
    "63038": Problem("transient", "The provider account's daily limit was reached."),
    "14107": Problem(
        "permanent",
        "Too many texts between these two numbers within seconds.",
        "Another machine may be answering.",
    ),
    "20003": Problem("set_up", "The provider refused our sign-in.", "Check the account's token."),
    "20404": Problem("set_up", "The provider does not know this account.", "Check the account."),
    "20429": Problem("transient", "The provider was too busy to take it."),
}


# Seconds for which carriers take no more texts from our number after these (compliance.md 8, row 21:
# at most a quarter of an hour, then it is dropped rather than late).
PAUSES = {
    "21611": 60, "30001": 60, "30022": 60, "30023": 900, "30027": 900, "63038": 900,
}  # fmt: skip


def explain(code: str, http_status: int | None = None) -> Problem:
    """Return what an error code means; an unknown one is transient only for HTTP 429."""
    known = ERRORS.get(code)
    if known:
        return known
    if http_status == 429:
        return ERRORS["20429"]
    if http_status in (401, 403):
        return ERRORS["20003"]
    shown = f"error {code}" if code else f"HTTP {http_status}" if http_status else "no reason"
    return Problem(
        "permanent", f"The provider refused it ({shown}).", "Support can look the code up."
    )
