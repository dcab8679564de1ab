"""The gate: may this text leave, now? Pure; asked when a text is queued and again before it is sent.

Source: compliance.md section 8, the rows that need no jurisdiction: 1, 2, 3, 8, 9, 13 and the
expiry of R-HRS-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from messaging.numbers import textable

Result = Literal["send", "hold", "never"]
ENABLED_REGIONS = frozenset({"US", "CA"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text that wants to leave.

    to: as the provider gave it; our_numbers: every E.164 number that is the business's own or its
    staff's; category: C0 to C3; author: rule, person, api, system; expires_at: aware or None.
    """

    to: str
    our_numbers: frozenset[str]
    category: str
    author: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the person: opted out, or said by a provider to get no texts."""

    opted_out: bool = False
    untextable: bool = False
    business_suspended: bool = False


@dataclass(frozen=True, slots=True)
class Clearance:
    """The gate's answer with its reason code, the rule it follows and a sentence for people."""

    result: Result
    code: str
    rule: str
    sentence: str

    @property
    def may_send(self) -> bool:
        """Whether the text may leave now."""
        return self.result == "send"


_PROBLEM_SENTENCES = {
    "withheld": "the caller withheld the number",
    "not_a_number": "there is no phone number to text",
    "invalid": "that is not a valid phone number",
    "toll_free": "toll-free numbers are never texted",
    "premium": "premium-rate numbers are never texted",
    "company_number": "that is a company's service number",
    "voicemail_number": "that is a voicemail number",
    "pager": "that is a pager",
}


def clear(message: Outgoing, person: Standing, now: datetime) -> Clearance:
    """Decide whether a text may leave at `now` (aware). First match wins.

    A C0 text (confirmation of an opt-out) is the only one that may reach somebody who opted out
    (compliance.md 8, rows 5 and 9).
    """
    number = textable(message.to)
    if number.problem:
        return Clearance(
            "never", "NOT_TEXTABLE", "8.3", f"No text: {_PROBLEM_SENTENCES[number.problem]}."
        )
    if number.region not in ENABLED_REGIONS:
        return Clearance(
            "never", "COUNTRY_NOT_ENABLED", "8.1", "No text: that country is not enabled."
        )
    if number.e164 in message.our_numbers:
        return Clearance("never", "NOT_TEXTABLE", "8.3", "No text: that is one of our own numbers.")
    if person.business_suspended and message.category != "C0":
        return Clearance(
            "never", "TENANT_BLOCKED", "8.2", "No text: sending is suspended for this business."
        )
    if person.opted_out and message.category != "C0":
        return Clearance("never", "SUPPRESSED_OPTOUT", "8.9", "No text: this person opted out.")
    if person.untextable:
        return Clearance(
            "never", "NUMBER_INVALID", "8.13", "No text: this number cannot get texts."
        )
    if message.expires_at is not None and now >= message.expires_at:
        return Clearance(
            "never", "STALE_INQUIRY", "8.29", "No text: it would have come too late to help."
        )
    return Clearance("send", "ALLOW", "8.25", "Nothing stands against this text.")
