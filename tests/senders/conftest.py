"""What tests of numbers and registrations share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from messaging.senders import sites
from tenants.models import PhoneNumber, ProviderStep

NEW = "+13125550120"


@pytest.fixture
def office(stand_in, settings):
    """The provider's office: `.books`, `.asked`, `.control({"faults": [...]})`."""
    settings.PROVIDER_TIMEOUT_SECONDS = 1
    stand_in.office.books.seconds = dict.fromkeys(stand_in.office.books.seconds, 0.0)
    return stand_in.office


@pytest.fixture
def on(work, pass_time) -> Callable[[], None]:
    """Do what is due, and what is asked again within the hour, until nothing more happens."""

    def run() -> None:
        for _ in range(30):
            work()
            pass_time(3600)

    return run


def well_said(biz, url: str) -> None:
    """Have a business's website be looked at already, with everything a reviewer wants to read."""
    words = f"{biz.business.name} – our privacy policy"
    sites.keep(biz.business, sites.Look(url, timezone.now(), words))


def step_of(business, key: str) -> ProviderStep:
    """Return the newest step of a key."""
    return ProviderStep.objects.filter(business=business, key=key).latest("created_at")


def bought(office) -> list[str]:
    """Return the numbers that were bought at the provider, each as often as it was."""
    return [each["phone_number"] for each in office.books.held.values() if each["voice_url"]]


def others_untouched(biz) -> None:
    """Assert that another business got no step and no number of all this."""
    assert not ProviderStep.objects.filter(business=biz.business).exists()
    assert [n.e164 for n in PhoneNumber.objects.filter(business=biz.business)] == [biz.number]
