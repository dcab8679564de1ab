"""What a person of the business should know and do: raised once, counted, resolved by somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.db import connection

from messaging.clearance import Clearance
from messaging.models import Alert, Contact
from messaging.numbers import national
from messaging.people import all_numbers
from messaging.upward import alert_changed

log = structlog.get_logger(__name__)

# What the staff should do when the gate answers with one of these (compliance.md 8).
_TELL = {
    "OPTOUT_NEW_CALL_NO_TEXT": (
        "{number} called again. They opted out of texts, so none was sent.",
        "Phone them back.",
    ),
    "CONSENT_LEVEL_TOO_LOW": (
        "{number} called and got no text: your policy wants more consent than the call gave.",
        "Phone them back.",
    ),
    "SENDER_NOT_REGISTERED": (
        "A text to {number} waits or was dropped: your number is not registered for texts.",
        "Phone them, and finish the registration.",
    ),
    "LOOP_GUARD": (
        "Texts to {number} are held: two machines seem to be answering each other.",
        "Read the conversation and write yourself.",
    ),
    "NOT_VOUCHED": (
        "{number} called and got no text: their carrier does not vouch for the number.",
        "Phone them back.",
    ),
    "BILLING": (
        "Texts are not sent: the subscription does not allow them now.",
        "Phone back who calls, and look under Settings, Billing.",
    ),
    "DAY_LIMIT": (
        "Texts wait: your rules have sent as many as a day allows.",
        "Let them go, or raise the limit, under Rules, Limits.",
    ),
    "MONTH_LIMIT": (
        "Texts wait: this month's spending limit is reached.",
        "Let them go, or raise the limit, under Rules, Limits.",
    ),
    "RANGE_VELOCITY": (
        "Texts wait: many numbers that look alike called within minutes, as machines do.",
        "Look who they are under Rules, Limits. Let them go if they are real people.",
    ),
    "PLATFORM_LIMIT": (
        "Texts wait: the platform sends far more than usual.",
        "Support has been told. Phone whoever cannot wait.",
    ),
    "FAIL_CLOSED": (
        "Texts are held because the check before sending fails.",
        "Support has been told; nothing is lost. Phone whoever cannot wait.",
    ),
}

# Alerts that say "phone them", of a caller who got no text among them: settled by whoever speaks or
# writes with the person.
CALLED_AGAIN, VIP_CALLED, LANDLINE_CALLED = "CALLED_AGAIN", "VIP_CALLED", "LANDLINE_CALLED"
RULE_NOTIFIES = "RULE_NOTIFIES"  # a rule's own wish, calls/follow_ups.py
_PHONE_THEM = (
    CALLED_AGAIN, VIP_CALLED, LANDLINE_CALLED, RULE_NOTIFIES,
    "OPTOUT_NEW_CALL_NO_TEXT", "CONSENT_LEVEL_TOO_LOW", "NOT_VOUCHED",
)  # fmt: skip
# What concerns no single person is raised once, however many texts wait for it.
_OF_ALL = frozenset(
    {"BILLING", "FAIL_CLOSED", "DAY_LIMIT", "MONTH_LIMIT", "PLATFORM_LIMIT", "RANGE_VELOCITY"}
)
_FOR_SUPPORT = frozenset(
    {"FAIL_CLOSED", "TEXT_NOT_READ", "TEXT_STUCK", "PLATFORM_LIMIT", "FORWARDING_NOT_WATCHED"}
)
_RAISE = """
    INSERT INTO messaging_alert
        (code, subject, sentence, fix, contact_id, raised_at, last_at, times, resolved_by)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 1, '')
    ON CONFLICT (code, subject) WHERE resolved_at IS NULL DO UPDATE SET
        times = messaging_alert.times + 1, last_at = EXCLUDED.last_at,
        sentence = EXCLUDED.sentence, fix = EXCLUDED.fix
"""


def raise_alert(
    code: str,
    sentence: str,
    *,
    at: datetime,
    fix: str = "",
    subject: str = "",
    contact: Contact | None = None,
) -> None:
    """Raise an alert, or count it once more while one of its code and subject is open. `at` is aware."""
    # What support must know comes up where errors are watched.
    say = log.error if code in _FOR_SUPPORT else log.warning
    say("alert", code=code, subject=subject)
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            [code, subject[:80], sentence, fix, contact.pk if contact else None, at, at],
        )
    if contact is not None:
        _changed([contact.pk])


def tell(clearance: Clearance, number: str, at: datetime, contact: Contact | None = None) -> None:
    """Raise what a refusal or a hold of the gate means for the staff, where it means anything. `at` is aware."""
    told = _TELL.get(clearance.code)
    if told is None:
        return
    is_of_all = clearance.code in _OF_ALL
    subject = "" if is_of_all else number
    contact = None if is_of_all else contact
    raise_alert(
        clearance.code, told[0].format(number=national(number)), fix=told[1], subject=subject,
        contact=contact, at=at,
    )  # fmt: skip


def resolve(code: str, subject: str, *, by: str, at: datetime) -> bool:
    """Resolve an open alert; False when there is none."""
    found = Alert.objects.filter(code=code, subject=subject[:80], resolved_at=None)
    about = list(found.values_list("contact", flat=True))
    if not about:
        return False
    found.update(resolved_at=at, resolved_by=by[:120])
    _changed(contact_id for contact_id in about if contact_id is not None)
    return True


def spoken_with(contact_id: int, *, by: str, at: datetime, until: datetime | None = None) -> int:
    """Settle the alerts that say to phone a person, who was spoken with or written to; returns how many.

    until: what was raised or counted later is news and stays; None: all of them. Times are aware.
    """
    found = Alert.objects.filter(contact=contact_id, code__in=_PHONE_THEM, resolved_at=None)
    if until is not None:
        found = found.filter(last_at__lte=until)
    count = int(found.update(resolved_at=at, resolved_by=by[:120]))
    if count:
        _changed([contact_id])
    return count


def open_again(contact_id: int, settled_at: datetime) -> None:
    """Open the alerts about a person again, by all his numbers, that were settled at a moment (aware).

    Where one of the kind is open by now, that one stands for both.
    """
    numbers = list(all_numbers(contact_id).order_by("merged_into").values_list("pk", flat=True))
    for alert in Alert.objects.filter(contact__in=numbers, resolved_at=settled_at).order_by("pk"):
        same = Alert.objects.filter(code=alert.code, subject=alert.subject, resolved_at=None)
        if not same.exists():
            Alert.objects.filter(pk=alert.pk).update(resolved_at=None, resolved_by="")
    _changed(numbers)


def _changed(contact_ids: Iterable[int]) -> None:
    """Bring the conversations' `escalated_at` up to date, and tell of it.

    One that is not there yet looks for itself when it is made (messaging.people.TOUCH).
    """
    for contact_id in contact_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                # Of whoever is shown with others, theirs count too.
                "UPDATE messaging_conversation SET escalated_at = (SELECT min(raised_at) "
                "FROM messaging_alert WHERE resolved_at IS NULL AND contact_id IN ("
                "SELECT id FROM messaging_contact WHERE id = %s OR merged_into_id = %s)) "
                "WHERE contact_id = %s",
                [contact_id, contact_id, contact_id],
            )
        alert_changed(contact_id)
