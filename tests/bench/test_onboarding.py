"""The measured onboarding is a real one, and leaves nothing behind."""

from __future__ import annotations

from bench import onboarding
from bench.traffic import line
from calls.simulator.office import add_known
from tenants.models import AgencyEntry, ApiKey, Business, ProviderAccount


def test_what_is_timed_is_live_and_then_gone(plumber, dentist, stand_in):
    before = set(Business.objects.values_list("pk", flat=True))
    ours = line(0)
    ProviderAccount.objects.create(
        agency=plumber.business.agency, provider="twilio", account_sid=ours.account_sid,
        auth_token=ours.token,
    )  # fmt: skip
    # The provider is asked whether the account holds them.
    numbers = [(onboarding.number(each), ours.account_sid) for each in range(-1, 2)]
    add_known(stand_in.office.books, numbers)
    try:
        found = onboarding.timed(2)
        assert len(found["seconds"]) == 2
        made = Business.objects.exclude(pk__in=before)
        assert {business.stage for business in made} == {"live"} and made.count() == 3
    finally:
        onboarding.remove()
    assert set(Business.objects.values_list("pk", flat=True)) == before
    assert not AgencyEntry.objects.filter(agency=dentist.business.agency).exists()
    assert not ApiKey.objects.filter(name="Timed onboarding").exists()
