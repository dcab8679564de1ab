"""A business on the second provider: made by command, page and verb; what it lacks is named."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tenants.models import PhoneNumber, ProviderAccount
from tenants.onboarding import OnboardingError, Request, onboard
from tests.support.telnyx_hooks import API_KEY, APPLICATION, ORGANIZATION, PUBLIC, TelnyxProvider
from tests.support.world import Biz

REQUEST = Request(
    agency="Eastwind Agency",
    name="Harbor Electric",
    timezone="America/New_York",
    number="+12125550100",
    provider="telnyx",
    account_sid=ORGANIZATION,
    auth_token=API_KEY,
    owner_email="owner@harbor.example",
    public_key=PUBLIC,
    application_id=APPLICATION,
)


@pytest.fixture
def harbor(world):
    """A business on Telnyx, taken away again by the world's broom."""
    return onboard(REQUEST)


def test_it_lives_and_its_addresses_name_the_account(harbor, web_url, world, work, stand_in):
    account = ProviderAccount.objects.get(provider="telnyx")
    assert (account.public_key, account.application_id) == (PUBLIC, APPLICATION)
    assert account.auth_token == API_KEY
    assert all(url.endswith(f"?account={ORGANIZATION}") for url in harbor.webhook_urls.values())
    assert API_KEY not in repr(REQUEST) and API_KEY not in json.dumps(harbor.as_json())
    biz = Biz(
        harbor.business, harbor.number, "", ORGANIZATION, API_KEY, harbor.api_key,
        harbor.business.memberships.get(role="owner").user, harbor.host,
    )  # fmt: skip
    telnyx = TelnyxProvider(biz, web_url, path_prefix="/webhooks/telnyx")
    call = telnyx.call("+12125561234")
    assert b"<Record" in call.arrives().content
    call.ends("completed", 30)
    work()
    assert [r["form"]["From"] for r in stand_in.requests] == [harbor.number]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"public_key": ""}, "public-key"),
        ({"public_key": API_KEY}, "public-key"),
        ({"public_key": PUBLIC[:-4]}, "public-key"),
        ({"auth_token": " "}, "auth-token"),
        ({"account_sid": "../x"}, "account-sid"),
        ({"account_sid": "a" * 65}, "account-sid"),
        ({"application_id": "é"}, "application-id"),
        ({"application_id": "1" * 65}, "application-id"),
        ({"provider": "nobody"}, "provider"),
    ],
)
def test_what_it_lacks_is_named_and_nothing_is_made(world, changes, field):
    with pytest.raises(OnboardingError) as refused:
        onboard(replace(REQUEST, **changes))
    assert refused.value.field == field and API_KEY not in str(refused.value)
    assert not PhoneNumber.objects.filter(e164=REQUEST.number).exists()


def test_a_second_number_of_a_known_account_needs_no_key_and_takes_no_other(harbor):
    more = replace(
        REQUEST, name="Harbor Two", number="+12125550101", owner_email="two@harbor.example"
    )
    onboard(replace(more, public_key=""))
    other = replace(more, name="Harbor Three", number="+12125550102", public_key="B" + PUBLIC[1:])
    with pytest.raises(OnboardingError, match=r"public-key: this is not the key"):
        onboard(other)
    assert ProviderAccount.objects.get(provider="telnyx").public_key == PUBLIC


def test_the_command_takes_it(world):
    words = [
        "--agency", "Eastwind Agency", "--name", "Harbor Electric",
        "--timezone", "America/New_York", "--number", "+12125550100", "--provider", "telnyx",
        "--account-sid", ORGANIZATION, "--auth-token", API_KEY,
        "--owner-email", "owner@harbor.example",
    ]  # fmt: skip
    with pytest.raises(CommandError, match="--public-key: expected"):
        call_command("onboard_business", *words)
    out = StringIO()
    more = ["--public-key", PUBLIC, "--application-id", APPLICATION]
    call_command("onboard_business", *words, *more, stdout=out)
    made = json.loads(out.getvalue())
    assert made["webhook_urls"]["voice"].endswith(f"/webhooks/telnyx/voice?account={ORGANIZATION}")


@pytest.fixture
def support(world):
    """A member of support at the public host's admin."""
    from tenants.models import User
    from tests.admin.conftest import Support

    return Support(User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True))


def test_support_makes_a_business_and_an_account_there(support, world):
    agency = world.plumber.business.agency_id
    page = support.get("tenants/business/add/")
    assert "Telnyx" in page and 'name="public_key"' in page
    form = {
        "agency": agency, "name": "Harbor Electric", "timezone": "America/New_York",
        "playbook": "general", "number": REQUEST.number, "provider": "telnyx",
        "account_sid": ORGANIZATION, "auth_token": API_KEY, "owner_email": REQUEST.owner_email,
        "application_id": APPLICATION,
    }  # fmt: skip
    refused = support.post("tenants/business/add/", {**form, "public_key": "nonsense"}, 200)
    assert "expected the public key" in refused and API_KEY not in refused
    support.post("tenants/business/add/", {**form, "public_key": PUBLIC})
    account = ProviderAccount.objects.get(provider="telnyx")
    assert (account.public_key, account.auth_token) == (PUBLIC, API_KEY)

    page = support.get(f"tenants/provideraccount/{account.pk}/change/")
    assert PUBLIC.replace("+", "&#x2B;") in page or PUBLIC in page
    assert API_KEY not in page
    form = {"provider": "telnyx", "new_token": "", "public_key": "x", "application_id": "7"}
    refused = support.post(f"tenants/provideraccount/{account.pk}/change/", form, 200)
    assert "expected the public key" in refused
    support.post(
        f"tenants/provideraccount/{account.pk}/change/",
        {**form, "public_key": PUBLIC, "application_id": "8"},
    )
    account.refresh_from_db()
    assert (account.public_key, account.application_id) == (PUBLIC, "8")
    assert account.auth_token == API_KEY
