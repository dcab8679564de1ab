"""What a number's registration means for its texts: a provider's refusal, and an alert while it lasts.

Source: compliance.md 8, rows 15 and 16 (alert staff); telephony.md 2.4 (30032, 30034).
"""

from __future__ import annotations

from datetime import datetime

from messaging import alerts
from messaging.models import Alert, Message
from messaging.numbers import national
from tenants import registration
from tenants.models import MAY_SEND, PhoneNumber, Registration, RegistrationChange

# The alert's code; its subject is our number.
NOT_REGISTERED = "SENDER_NOT_REGISTERED"
ACTOR = "provider"
_SUSPENDED = frozenset({"30990"})


def note_refusal(message: Message, code: str, business_id: int, at: datetime) -> None:
    """A provider refused a text because of our number's registration: note it and raise an alert.

    A number that could send is unregistered (or suspended) from then on; one that could not stays
    as it is, because support knows more of it than an error code. `at` is aware. Must run in a
    transaction.
    """
    # Locked before it is judged, so that what support has just set is not undone.
    number = (
        PhoneNumber.objects.select_for_update(no_key=True)
        .filter(e164=message.our_number, business=business_id)
        .first()
    )
    if number is None:  # ours no more
        return
    if number.registration in MAY_SEND:
        if _is_old_news(message, number):
            return
        after = Registration.SUSPENDED if code in _SUSPENDED else Registration.UNREGISTERED
        reason = f"The provider refused a text with error {code}."
        registration.change(number.pk, after, reason=reason, actor=ACTOR, at=at)
        number.registration = after
    raise_alert(number.e164, number.registration, number.sender_kind, at=at)


def raise_alert(e164: str, state: str, kind: str, *, at: datetime) -> None:
    """Tell the business that texts from a number of it do not leave, and what to do. `at` is aware."""
    sentence, fix = _words(e164, state, kind)
    alerts.raise_alert(NOT_REGISTERED, sentence, at=at, fix=fix, subject=e164)


def registration_changed(change: RegistrationChange) -> None:
    """Resolve the alert of a number that may send again; else let it say how things stand now.

    Told by tenants.registration.change (settings.REGISTRATION_CHANGED_HANDLERS).
    """
    number = change.number
    if change.after in MAY_SEND:
        alerts.resolve(NOT_REGISTERED, number.e164, by=change.actor, at=change.at)
        return
    sentence, fix = _words(number.e164, change.after, number.sender_kind)
    Alert.objects.filter(code=NOT_REGISTERED, subject=number.e164, resolved_at=None).update(
        sentence=sentence, fix=fix
    )


def _is_old_news(message: Message, number: PhoneNumber) -> bool:
    """Whether a text left before the number's registration last changed: a late receipt, say."""
    changed, left = number.registration_changed_at, message.claimed_at or message.created_at
    return changed is not None and left < changed


def _words(e164: str, state: str, kind: str) -> tuple[str, str]:
    sentence, fix = registration.explain(state, kind)
    return f"The carriers take no texts from {national(e164)}. {sentence}", fix
