"""Rows 22 to 31: a missed call is texted back. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from messaging.clearance import EXPRESS_CALL, NOTICE_CALL, PEWC, Clearance
from messaging.gate.asked import A_DAY, STALE_AFTER, Asked
from messaging.gate.others import as_marketing
from messaging.places import Candidates

AT_ONCE = timedelta(minutes=5)  # R-HRS-3: an answer to their own call, not a solicitation
LEAST_RING = 4  # seconds, row 22
BUSINESSES_A_DAY = 3  # R-SPOOF-1
WASHINGTON = "US-WA"


def text_back(asked: Asked) -> Clearance | None:
    """Rows 22 to 31: an automatic answer to a missed call."""
    message, person = asked.message, asked.person
    if message.purpose != "text_back":
        return None
    brief = message.gave_up_after is not None and message.gave_up_after < LEAST_RING
    if not message.is_missed or brief:
        return asked.never(
            "NOT_A_MISSED_CALL", "22", "8.22", sentence="that was not a missed call."
        )
    last = person.last_text_back_at
    recent = last is not None and asked.now - last < A_DAY
    if recent and not asked.is_open and asked.level < EXPRESS_CALL:
        return asked.never(
            "DUPLICATE_SUPPRESSED", "23", "8.23",
            sentence="this caller has had one within a day and did not answer.",
        )  # fmt: skip
    if message.elsewhere >= BUSINESSES_A_DAY and message.attestation != "A":
        return asked.never(
            "SPOOF_VELOCITY", "24", "R-SPOOF-1",
            sentence="this number called many businesses today and may be forged.",
        )  # fmt: skip
    return (
        overtaken(asked) or consented(asked) or stale(asked) or promotional(asked) or timely(asked)
    )


def overtaken(asked: Asked) -> Clearance | None:
    """A member has written since the call: "sorry we missed you" would be false (1.3)."""
    wrote, missed = asked.person.member_wrote_at, asked.message.asked_at
    if wrote is None or missed is None or wrote <= missed:
        return None
    return asked.never(
        "ALREADY_ANSWERED", "22", "8.22", sentence="somebody has written to them since the call."
    )


def perhaps_in_washington(candidates: Candidates) -> bool:
    """Whether somebody in these places may be in Washington; an unknown American state may be any."""
    return WASHINGTON in candidates.states or any(
        place.country == "US" and not place.state for place in candidates.places
    )


def consented(asked: Asked) -> Clearance | None:
    """Row 24a: the call allows less than the business's policy, or Washington, wants."""
    needed = asked.policy.level_needed
    washington = asked.policy.washington_needs_notice and perhaps_in_washington(asked.places)
    if washington:
        needed = max(needed, NOTICE_CALL)
    if asked.level >= needed:
        return None
    if washington and asked.policy.level_needed < NOTICE_CALL:
        sentence = (
            "callers from Washington must first be told how to decline texts. Phone back instead."
        )
    elif needed >= EXPRESS_CALL:
        sentence = "your policy texts only callers who pressed 1 for it. Phone back instead."
    else:
        sentence = "your policy texts only callers who heard the notice. Phone back instead."
    rules = ("8.24a", "WA_CEMA") if washington else ("8.24a",)
    return asked.never("CONSENT_LEVEL_TOO_LOW", "24a", *rules, sentence=sentence)


def stale(asked: Asked) -> Clearance | None:
    """Row 29: half a day after the call nobody waits for an answer any more."""
    if asked.is_expired or asked.now >= until_stale(asked):
        return asked.never(
            "STALE_INQUIRY", "29", "R-HRS-3", sentence="it would have come too late to help."
        )
    return None


def until_stale(asked: Asked) -> datetime:
    """When an answer to this call is of no use any more."""
    if asked.message.asked_at is None:
        raise ValueError("asked_at: when the call was missed is not known")
    return asked.message.asked_at + STALE_AFTER


def promotional(asked: Asked) -> Clearance | None:
    """Rows 30 and 31: an offer in an answer to a missed call.

    To somebody who agreed to marketing it may go where a marketing text may, at once or not at all.
    """
    if not asked.message.promo:
        return None
    if asked.level >= PEWC:
        answer = as_marketing(asked)
        if answer.result != "hold":
            return answer
        sentence = "it makes an offer, and marketing may not go now."
        return asked.never(answer.code, answer.row, *answer.rules, sentence=sentence)
    sentence = f"it makes an offer (“{asked.message.promo}”), and a missed call allows none."
    if perhaps_in_washington(asked.places):
        return asked.never("WA_CEMA", "31", "WA_CEMA", "8.31", sentence=sentence)
    return asked.never("PROMO_WITHOUT_PEWC", "30", "R-TCPA-11", "8.30", sentence=sentence)


def timely(asked: Asked) -> Clearance:
    """Rows 25 to 28: at once at any hour, later in the hours of every place."""
    expires = until_stale(asked)
    # A call that is yet to come proves no haste: some clock is wrong.
    if abs(asked.age) <= AT_ONCE:
        against = asked.blocked("delayed") if asked.policy.strict_quiet_hours else None
        if against is None:
            return asked.send(
                "ALLOW_RESPONSIVE_IMMEDIATE", "25", "R-HRS-3", "R-TCPA-8",
                sentence="An answer to their own call, within five minutes of it.",
            )  # fmt: skip
        return asked.hold(
            "QUIET_HOURS_STRICT", "26", "R-HRS-3", against.rule, sentence=against.sentence,
            until=asked.next_ok("delayed", expires), expires=expires,
        )  # fmt: skip
    against = asked.blocked("delayed")
    if against is None:
        return asked.send(
            "ALLOW_RESPONSIVE_DELAYED", "27", "R-HRS-3",
            sentence="An answer to their own call, at an allowed hour wherever they may be.",
        )  # fmt: skip
    return asked.hold(
        "QUIET_HOURS", "28", "R-HRS-3", against.rule, sentence=against.sentence,
        until=asked.next_ok("delayed", expires), expires=expires,
    )  # fmt: skip
