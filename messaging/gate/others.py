"""Rows 32 to 47: conversations, what was asked for, what was not, and voices. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from messaging.clearance import EXPRESS_CALL, PEWC, Clearance
from messaging.gate import sender
from messaging.gate.asked import A_DAY, ASK_AGAIN, Asked

MARKETING_HOLD = timedelta(hours=72)  # row 39
SCRUB_KEEPS = timedelta(days=31)  # R-DNC-1
CONSENT_KEEPS = timedelta(days=30)  # R-RND-1


def expired(asked: Asked) -> Clearance | None:
    """Row 29 for everything else: nobody wants it any more."""
    if asked.is_expired:
        return asked.never(
            "STALE_INQUIRY", "29", "R-HRS-3", sentence="it would have come too late to help."
        )
    return None


def conversation(asked: Asked) -> Clearance | None:
    """Rows 32 to 35 and 47: answers, texts by hand, and what they asked for."""
    message = asked.message
    if message.category not in ("C1", "C2") or message.purpose == "voice_callback":
        return None
    if message.promo and message.author != "person":
        if asked.level >= PEWC:
            return as_marketing(asked)
        return asked.never(
            "PROMO_WITHOUT_PEWC",
            "43",
            "R-TCPA-11",
            sentence=f"it makes an offer (“{message.promo}”), and they never agreed to that in writing.",
        )
    if asked.is_open and message.category == "C1":
        return asked.send(
            "ALLOW_CONVERSATION", "32", "R-HRS-3", "R-CTIA-2",
            sentence="An answer within a day of their own text.",
        )  # fmt: skip
    # What a person writes, or a client's own system in a person's stead, to one other person.
    if message.author == "person" or (message.author == "api" and message.category == "C1"):
        return asked.send(
            "ALLOW_MANUAL", "47", "8.47", sentence="Written to one person by the business itself."
        )
    if message.purpose == "confirmation" and asked.is_open:
        return asked.send(
            "ALLOW_TRANSACTIONAL", "35", "8.35", sentence="Confirms what they just arranged."
        )
    asked_for = message.purpose in ("confirmation", "reminder")
    row, allowed = ("35", "ALLOW_TRANSACTIONAL") if asked_for else ("33", "ALLOW_INFO")
    against = asked.blocked("informational")
    if against is None:
        return asked.send(
            allowed, row, "R-HRS-1", sentence="They asked for it, and the hour is right."
        )
    expires = message.expires_at or asked.since + A_DAY
    return asked.hold(
        "QUIET_HOURS", "34" if row == "33" else "35", "R-HRS-1", against.rule,
        sentence=against.sentence, until=asked.next_ok("informational", expires), expires=expires,
    )  # fmt: skip


def unasked(asked: Asked) -> Clearance | None:
    """Rows 36 and 37: nudges and requests for reviews."""
    purpose = asked.message.purpose
    if purpose == "nudge" and not asked.policy.nudges:
        return asked.never(
            "NO_REPLY_NUDGE", "36", "8.36", sentence="who did not answer is not asked again."
        )
    if purpose == "review" and asked.level < PEWC:
        return asked.never(
            "PROMO_WITHOUT_PEWC", "37", "R-TCPA-11",
            sentence="asking for a review is marketing, and they never agreed to that in writing.",
        )  # fmt: skip
    return None


def marketing(asked: Asked) -> Clearance | None:
    """Rows 38 to 44: marketing."""
    message, person = asked.message, asked.person
    if message.category != "C3":
        return None
    if not asked.policy.marketing:
        return asked.never(
            "MARKETING_OFF", "38", "8.38", sentence="marketing is switched off for this business."
        )
    if person.consent_level < PEWC:
        return asked.never(
            "NO_PEWC", "43", "R-CON-1", sentence="they never agreed in writing to marketing."
        )
    if person.reassigned == "yes":
        return asked.never(
            "RND_REASSIGNED", "42", "R-RND-1", sentence="the number has a new owner since."
        )
    expires = asked.since + MARKETING_HOLD
    consent_age = asked.now - person.consent_at if person.consent_at else CONSENT_KEEPS * 2
    scrubbed = person.dnc_checked_at
    is_stale = scrubbed is None or asked.now - scrubbed > SCRUB_KEEPS
    if is_stale or (person.reassigned != "no" and consent_age > CONSENT_KEEPS):
        return asked.hold(
            "DNC_STALE", "42", "R-DNC-1", "R-RND-1",
            sentence="the number must be checked against the do-not-call lists first.",
            until=min(asked.now + ASK_AGAIN, expires), expires=expires,
        )  # fmt: skip
    last = person.last_marketing_at
    if person.marketing_today and last is None:
        raise ValueError("last_marketing_at: when the last one went is not known")
    # Once a day; hours and cap together, so that who waited for one does not find the other.
    free = max(asked.now, last + A_DAY) if last is not None else asked.now
    until = asked.next_ok("marketing", expires, after=free)
    against = asked.blocked("marketing")
    if against is not None:
        row = {"STATE_DAY_BANNED": "40", "UNKNOWN_STATE_STRICT": "44"}.get(against.code, "39")
        return asked.hold(
            against.code, row, against.rule, sentence=against.sentence, until=until, expires=expires
        )
    if free > asked.now:
        return asked.hold(
            "FREQ_CAP", "41", "8.41", sentence="they had one within a day.", until=until,
            expires=expires,
        )  # fmt: skip
    return asked.send(
        "ALLOW_MARKETING",
        "38",
        "R-CON-1",
        sentence="They agreed in writing, and the hour is right.",
    )


def as_marketing(asked: Asked) -> Clearance:
    """Ask about an offer to somebody who agreed to marketing as the marketing it is (R-TCPA-11)."""
    offer = replace(asked, message=replace(asked.message, purpose="marketing", category="C3"))
    answer = sender.campaign(offer) or marketing(offer)
    assert answer is not None
    return answer


def voice(asked: Asked) -> Clearance | None:
    """Rows 45 and 46: a machine's voice calls back."""
    if asked.message.purpose != "voice_callback":
        return None
    if asked.level < EXPRESS_CALL:
        return asked.never(
            "AI_VOICE_NO_CONSENT", "45", "R-AI-1",
            sentence="a machine may call only who asked for it. A person may.",
        )  # fmt: skip
    against = asked.blocked("informational")
    expires = asked.message.expires_at or asked.since + A_DAY
    if against is not None:
        return asked.hold(
            "QUIET_HOURS", "46", "R-HRS-1", against.rule, sentence=against.sentence,
            until=asked.next_ok("informational", expires), expires=expires,
        )  # fmt: skip
    return asked.send(
        "ALLOW_AI_VOICE", "46", "R-AI-1", sentence="They asked for it, and the hour is right."
    )
