"""Rows 15 to 21: our number's registration, our words, and machines. Pure."""

from __future__ import annotations

from datetime import timedelta

from messaging.clearance import STAFF, Clearance, fits
from messaging.gate.asked import A_DAY, ASK_AGAIN, STALE_AFTER, Asked

REGISTRATION_HOLD = timedelta(minutes=15)  # row 15; what was asked for waits a day (row 16)
LOOP_EXCHANGES = 5  # a minute, row 20


def registration(asked: Asked) -> Clearance | None:
    """Rows 15 and 16: our number's registration is missing."""
    message = asked.message
    if message.may_send or message.purpose == "voice_callback":
        return None
    expires = asked.since + _patience(asked)
    # When the registration comes, what waits is asked at once; else at the end, to be dropped.
    return asked.hold(
        "SENDER_NOT_REGISTERED", "15" if message.category == "C1" else "16", "8.15",
        sentence="our number is not registered for texts yet.", until=expires, expires=expires,
    )  # fmt: skip


def _patience(asked: Asked) -> timedelta:
    return REGISTRATION_HOLD if asked.message.category == "C1" else A_DAY


def staff(asked: Asked) -> Clearance | None:
    """Row 47a, ours: what a member is told on his own phone, and the question whether he wants it.

    product.md N4: he is asked once, by a text he ordered himself, and told once he said JOIN from
    that phone. Only Ringback itself writes these; they quote a caller, so our own words' lint and
    the hours of solicitations are not theirs: his own hours are (inbox/notices/rules.py). STOP from
    the phone, a pause, a missing registration and everything before this row end them like any text.
    """
    message = asked.message
    if message.purpose not in STAFF:
        return None
    if not fits(message.purpose, message.category):
        raise ValueError(f"category: {message.purpose} is not {message.category}")
    if message.author != "system":
        return asked.never(
            "STAFF_ONLY", "47a", "8.47a", sentence="only the system itself writes alerts to staff."
        )
    if asked.is_expired:
        return asked.never("STALE_INQUIRY", "29", "8.29", sentence="it would have come too late.")
    # The phone's own word, not a consent: a customer who once texted START is no member.
    if message.purpose == "staff_alert" and not message.has_joined:
        return asked.never(
            "STAFF_NOT_JOINED", "47a", "8.47a", sentence="this phone has not said JOIN to alerts."
        )
    return asked.send(
        "ALLOW_STAFF", "47a", "8.47a", "R-CON-1",
        sentence="To a member's own phone, as he asked for.",
    )  # fmt: skip


def campaign(asked: Asked) -> Clearance | None:
    """Row 17: the registration does not cover marketing."""
    if asked.message.category == "C3" and asked.message.use_case not in ("MARKETING", "MIXED"):
        return asked.never(
            "CAMPAIGN_SCOPE", "17", "8.17",
            sentence="our number's registration does not cover marketing.",
        )  # fmt: skip
    return None


def content(asked: Asked) -> Clearance | None:
    """Row 18: the content lint found something that must not be sent."""
    if asked.message.blocking:
        return asked.never(
            "CONTENT_BLOCKED", "18", *asked.message.blocking, sentence=asked.message.blocking_words
        )
    return None


def machine(asked: Asked) -> Clearance | None:
    """Rows 19 to 21: no disclosure of a machine, two machines in a loop, a carrier that throttles."""
    message = asked.message
    if message.author == "assistant" and message.lacks_disclosure:
        return asked.hold(
            "AI_DISCLOSURE_MISSING", "19", "R-AI-7",
            sentence="it must first say that an automated assistant writes.",
            until=asked.now + ASK_AGAIN, expires=asked.since + STALE_AFTER,
        )  # fmt: skip
    if message.author != "person" and asked.person.exchanges_last_minute >= LOOP_EXCHANGES:
        return asked.hold(
            "LOOP_GUARD", "20", "8.20",
            sentence="two machines seem to be answering each other. Somebody should look.",
            until=asked.now + ASK_AGAIN, expires=asked.since + STALE_AFTER,
        )  # fmt: skip
    if message.throttled_until is not None and message.throttled_until > asked.now:
        return asked.hold(
            "THROUGHPUT", "21", "8.21", sentence="the carrier's limit for our number is reached.",
            until=message.throttled_until, expires=asked.since + _patience(asked),
        )  # fmt: skip
    return None


def braked(asked: Asked) -> Clearance | None:
    """Row 21 for our own limits: what a rule may send waits for somebody, or for the limit's end.

    Asked last, of a text that may go: what is refused or waits for a clock takes nothing of a limit.
    People, confirmations and the client's own system are never stopped by it.
    """
    message = asked.message
    brake = message.brake
    if brake is None or message.author != "rule" or message.category == "C0":
        return None
    expires = message.expires_at or asked.since + STALE_AFTER
    if message.purpose == "text_back" and message.asked_at is not None:
        expires = min(expires, message.asked_at + STALE_AFTER)
    # Where the limit ends later than the text is wanted, somebody may still let it go until then.
    until = min(brake.until or expires, expires)
    return asked.hold(
        brake.code, "21", "8.21", sentence=brake.sentence, until=until, expires=expires
    )
