"""Codes and tokens that are over are forgotten once a day."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from oauth2_provider.models import clear_expired

from tenants import agenda
from tenants.agenda import Later
from tenants.models import AppConsent

KIND = "integrations.forget_tokens"
_EVERY = timedelta(days=1)
# A code that was not redeemed within its minute is nothing any more.
_UNREDEEMED = timedelta(days=1)


def prepared() -> None:
    """After an update: forgetting is on the agenda (settings.PREPARED_HANDLERS)."""
    agenda.put(KIND, "all", lane="housekeeping", business_id=None, due_at=timezone.now())


def forget(item: agenda.Item) -> Later:
    """Agenda: delete what is over, and come again tomorrow.

    A refresh token that was used is kept as long as an unused one would live: else nobody would see that
    it was used twice.
    """
    now = timezone.now()
    clear_expired()
    AppConsent.objects.filter(token_family=None, created_at__lt=now - _UNREDEEMED).delete()
    return Later(now + _EVERY)
