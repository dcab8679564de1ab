"""Changing a number's registration: the one way, which keeps the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tenants.models import PhoneNumber, Registration, RegistrationChange
from tenants.registration_rules import check, explain, may_follow, sender_kind_of
from tenants.scope import business_scope

__all__ = ["change", "explain", "history", "sender_kind_of"]

log = structlog.get_logger(__name__)

_REASON_LENGTH = 200


def change(number_id: int, after: str, *, reason: str, actor: str, at: datetime) -> bool:
    """Put a number into another state of registration at `at` (aware); False when it was in it.

    Who changed it and why stays on record, and the rooms above are told in the same transaction,
    in the number's own schema (settings.REGISTRATION_CHANGED_HANDLERS). Raises ValueError naming
    `registration` when that state cannot follow, or `reason`; PhoneNumber.DoesNotExist.
    """
    may_follow(after)
    reason = _readable(reason)
    with transaction.atomic():
        number = PhoneNumber.objects.select_for_update(no_key=True).get(pk=number_id)
        before = number.registration
        if before == after:
            return False
        check(before, after)
        number.registration, number.registration_changed_at = Registration(after), at
        number.save(update_fields=["registration", "registration_changed_at"])
        row = RegistrationChange.objects.create(
            number=number, before=before, after=after, reason=reason, actor=actor[:120], at=at
        )
        with business_scope(number.business.schema_name):
            for path in settings.REGISTRATION_CHANGED_HANDLERS:
                tell: Callable[[RegistrationChange], None] = import_string(path)
                tell(row)
    log.info("registration_changed", number=number.e164, before=before, after=after)
    return True


def history(number_id: int) -> list[RegistrationChange]:
    """Return what became of a number's registration, the newest change first."""
    return list(RegistrationChange.objects.filter(number=number_id))


def _readable(reason: str) -> str:
    shown = " ".join(reason.split())
    if not shown or len(shown) > _REASON_LENGTH or not shown.isprintable():
        raise ValueError(f"reason: expected 1 to {_REASON_LENGTH} printable characters")
    return shown
