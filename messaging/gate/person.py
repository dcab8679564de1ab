"""Rows 1 to 14: whether this person may be texted at all. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.entitlements import Kind, allowed
from messaging.clearance import STAFF, Clearance
from messaging.gate.asked import A_DAY, STALE_AFTER, Asked

CONFIRM_WITHIN = timedelta(minutes=5)  # R-REV-5
# Under federal law, and in our table of area codes, like any state; the library calls them countries.
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})

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


_NOT_LIVE = {
    "draft": "this business is still being set up and is not live yet.",
    "leaving": "this business is leaving, and nothing goes out for it any more.",
}


def country(asked: Asked) -> Clearance | None:
    """Row 1: a country the business has not enabled."""
    number, countries = asked.number, asked.policy.countries
    region = "US" if number.region in TERRITORIES else number.region
    # No number at all is row 3's matter.
    if number.problem or region in countries:
        return None
    return Clearance(
        "never", "COUNTRY_NOT_ENABLED", "1", ("8.1", "R-TZ-5"),
        "No text: that country is not enabled.",
    )  # fmt: skip


def business(asked: Asked) -> Clearance | None:
    """Row 2: nothing goes out for a suspended business, or one not live, but confirmations.

    Nor does marketing to where a declared emergency bars it.
    """
    if asked.policy.suspended and asked.message.category != "C0":
        sentence = "sending is suspended for this business."
        return asked.never("TENANT_BLOCKED", "2", "8.2", sentence=sentence)
    if asked.policy.stage != "live" and asked.message.category != "C0":
        # Ours: who is not live yet, or leaves, texts nobody.
        sentence = _NOT_LIVE.get(asked.policy.stage, "this business is not live.")
        return asked.never("NOT_LIVE", "2", "8.2", sentence=sentence)
    if asked.message.category == "C3" and asked.rules.emergency:
        against = asked.blocked("marketing")
        if against is not None and against.code == "STATE_EMERGENCY_BAN":
            return asked.never(against.code, "2", against.rule, sentence=against.sentence)
    return None


def is_textable(asked: Asked) -> Clearance | None:
    """Row 3: no number, or one that must not be texted.

    The staff's phones are texted for the purposes of row 47a alone.
    """
    number = asked.number
    if number.problem:
        return Clearance(
            "never", "NOT_TEXTABLE", "3", ("8.3",),
            f"No text: {_PROBLEM_SENTENCES[number.problem]}.",
        )  # fmt: skip
    if number.e164 in asked.message.our_numbers and asked.message.purpose not in STAFF:
        return asked.never("NOT_TEXTABLE", "3", "8.3", sentence="that is one of our own numbers.")
    return None


def spoofed(asked: Asked) -> Clearance | None:
    """Row 4: the caller's number did not validate: the text would reach a stranger.

    Where the business wants it, a new caller nobody vouches for is treated like one.
    """
    if asked.message.attestation == "failed" and asked.message.category == "C1":
        return asked.never(
            "SPOOF_SUSPECTED", "4", "R-SPOOF-1",
            sentence="the caller's number could not be verified and may be somebody else's.",
        )  # fmt: skip
    message = asked.message
    if message.purpose != "text_back" or not asked.policy.only_vouched or message.is_known:
        return None
    if message.attestation == "A":
        return None
    return asked.never(
        "NOT_VOUCHED", "4", "R-SPOOF-1",
        sentence="the carrier does not vouch that the number is the caller's, and your policy wants "
        "that of new callers. Phone back instead.",
    )  # fmt: skip


def confirmations(asked: Asked) -> Clearance | None:
    """Rows 5, 6, 7, 10 and 11: C0, our answers to STOP, HELP, START and to what could mean STOP."""
    message, person = asked.message, asked.person
    if message.category != "C0":
        return None
    if not message.may_send:
        return asked.never(
            "SENDER_NOT_REGISTERED", "15", "8.15", sentence="our number is not registered yet."
        )
    if asked.is_expired:
        return asked.never(
            "CONFIRM_WINDOW_MISSED", "6", "R-REV-5", sentence="the answer would come too late."
        )
    if message.purpose == "confirm_stop":
        if message.confirmed_by_provider:
            return asked.never(
                "PROVIDER_CONFIRMED", "6", "R-REV-6",
                sentence="the provider has confirmed the opt-out.",
            )  # fmt: skip
        if message.asked_at is None or asked.age > CONFIRM_WITHIN:
            return asked.never(
                "CONFIRM_WINDOW_MISSED", "6", "R-REV-5",
                sentence="a confirmation more than five minutes after the opt-out is one text too many.",
            )  # fmt: skip
        if not person.opted_out:
            return asked.never(
                "OVERTAKEN", "6", "R-REV-5", sentence="they have asked for texts again since."
            )
        return asked.send(
            "ALLOW_STOP_CONFIRM", "5", "R-REV-5", sentence="One confirmation of the opt-out."
        )
    if message.purpose == "help":
        if person.helped_at is not None and asked.now - person.helped_at < A_DAY:
            return asked.never(
                "HELPED_ALREADY", "7", "8.7", sentence="HELP was answered within a day."
            )
        return asked.send("ALLOW_HELP", "7", "R-CTIA-7", sentence="An answer to HELP.")
    if message.purpose == "resubscribed":
        if person.opted_out:
            return asked.never(
                "SUPPRESSED_OPTOUT", "9", "R-REV-9", sentence="they have opted out since."
            )
        return asked.send(
            "ALLOW_RESUBSCRIBE", "10", "R-REV-11", sentence="They asked for texts again."
        )
    if message.purpose == "clarify" and not person.opted_out:
        if message.asked_at is None or asked.age > CONFIRM_WITHIN:
            return asked.never(
                "CONFIRM_WINDOW_MISSED", "11", "8.11", sentence="the question would come too late."
            )
        if person.clarified_at is not None and asked.now - person.clarified_at < A_DAY:
            return asked.never("CLARIFIED_ALREADY", "11", "8.11", sentence="we asked within a day.")
        return asked.send("ALLOW_CLARIFY", "11", "8.11", sentence="One question what they meant.")
    return None


def opted_out(asked: Asked) -> Clearance | None:
    """Rows 8 and 9: who opted out gets nothing, and a new call is no new consent."""
    if not asked.person.opted_out:
        return None
    if asked.message.purpose == "text_back":
        return asked.never(
            "OPTOUT_NEW_CALL_NO_TEXT", "8", "R-REV-11",
            sentence="this person opted out. Phone back instead.",
        )  # fmt: skip
    return asked.never("SUPPRESSED_OPTOUT", "9", "R-REV-9", sentence="this person opted out.")


def _as_long_as_wanted(asked: Asked, until: datetime) -> datetime:
    """A pause keeps a text no longer than it is wanted."""
    message = asked.message
    if message.purpose == "text_back" and message.asked_at is not None:
        return min(until, message.asked_at + STALE_AFTER)
    return min(until, message.expires_at or until)


def paused(asked: Asked) -> Clearance | None:
    """Row 12: a reply that could mean an opt-out holds everything until somebody decides."""
    until = asked.person.paused_until
    if until is None or until <= asked.now:
        return None
    return asked.hold(
        "SOFT_PAUSED", "12", "8.12",
        sentence="their last reply could mean that they want no more texts. Somebody should decide.",
        until=_as_long_as_wanted(asked, until), expires=_as_long_as_wanted(asked, until),
    )  # fmt: skip


def unreachable(asked: Asked) -> Clearance | None:
    """Rows 13 and 14: the number gets no texts, or its owner refused them by voice."""
    if asked.person.untextable:
        sentence = "this number cannot get texts."
        if asked.person.line_type == "landline":
            sentence = "this is a landline, and those get no texts. Phone back instead."
        return asked.never("NUMBER_INVALID", "13", "8.13", sentence=sentence)
    if asked.person.refused:
        return asked.never(
            "VERBAL_REFUSAL", "14", "R-TCPA-10", sentence="they said on the phone: no texts."
        )
    return None


_OWED = {
    "TRIAL_OVER": "billing: the trial is over and no plan was chosen.",
    "PAST_DUE": "billing: the payment is overdue.",
    "UNPAID": "billing: the subscription is unpaid.",
    "PAUSED": "billing: the subscription is paused.",
    "INCOMPLETE": "billing: the first payment is still missing.",
    "CANCELED": "billing: the subscription has ended.",
    "TEXTS_USED_UP": "billing: the plan's texts of this month are used up.",
    "TURNS_USED_UP": "billing: the plan's assistant turns of this month are used up.",
    "BUDGET_REACHED": "billing: the month's budget is reached.",
}


def billing(asked: Asked) -> Clearance | None:
    """Row 2a, ours: what the subscription does not allow, in steps (billing/entitlements.py).

    Asked after what the person wants, so that the evidence names an opt-out first. Confirmations of what
    people said to us are never stopped by a bill.
    """
    message = asked.message
    if message.category == "C0":
        return None
    allowance = allowed(asked.policy.billing, asked.now)
    if allowance.may(_kind(message.purpose, message.author)):
        return None
    sentence = _OWED.get(allowance.code, "billing: the subscription does not allow it.")
    return asked.never("BILLING", "2a", "8.2a", sentence=sentence)


def _kind(purpose: str, author: str) -> Kind:
    """Return what a text counts as when a bill is not paid: the later it ends, the more it is people's."""
    if author == "assistant" or purpose == "voice_callback":
        return "assistant"
    if purpose == "text_back":
        return "text_back"
    return "person" if author == "person" or purpose in STAFF else "follow_up"
