"""Bringing a business live: which names it may have, and what stands against it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tenants import making, onboarding
from tenants.models import Agency, Business, Domain, ProviderAccount, User
from tenants.onboarding import OnboardingError, Request, onboard


@pytest.fixture
def request_(world) -> Request:
    """A business that can be brought live."""
    return Request(
        agency="Eastwind Agency",
        name="Harbor Law",
        timezone="America/New_York",
        number="+13055550100",
        provider="twilio",
        account_sid="AC" + "7" * 32,
        auth_token="token-of-the-lawyer",
        owner_email="law@harbor.example",
    )


@pytest.mark.parametrize("name", ["ZZ Blueprint", "zz_blueprint", "A ZZ-Blueprint B"])
def test_no_business_lives_in_the_blueprint(name, request_):
    made = onboard(replace(request_, name=name))
    assert settings.TENANT_BASE_SCHEMA not in made.business.schema_name
    assert "zzblueprint" in made.business.schema_name
    assert made.business.name == name


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Public", "b_public"),
        ("My App", "b_my_app"),
        ("Localhost", "b_localhost"),
        ("My App 2", "my_app_2"),
        ("pg stat", "b_pg_stat"),
        ("24/7 Locks", "b_24_7_locks"),
        ("Ünïque", "unique"),
        ("株式会社", "business"),
    ],
)
def test_names_that_mean_something_else_are_not_taken(name, schema, request_, settings):
    settings.PUBLIC_BASE_URL = "https://my-app.localhost"
    made = onboard(replace(request_, name=name))
    assert made.business.schema_name == schema
    assert made.host == f"{schema.replace('_', '-')}.localhost"
    assert Business.objects.get(name=name).pk == made.business.pk


def another(plumber, **more) -> Request:
    """A second number of the plumber's agency, on the account it has."""
    return replace(
        Request(
            agency=plumber.business.agency.name,
            name="Lakeside Drains",
            timezone="America/Chicago",
            number="+13125550111",
            provider="twilio",
            account_sid=plumber.account_sid,
            auth_token=plumber.token,
            owner_email=plumber.owner.email,
        ),
        **more,
    )


def tokens(plumber) -> tuple[str, str]:
    account = ProviderAccount.objects.get(account_sid=plumber.account_sid)
    return account.auth_token, account.previous_auth_token


def test_a_mistyped_token_rotates_nothing(plumber):
    with pytest.raises(OnboardingError) as refused:
        onboard(another(plumber, auth_token="mistyped"))
    assert refused.value.field == "auth-token"
    assert "--rotate-token" in refused.value.sentence
    assert tokens(plumber) == (plumber.token, "")
    assert not Business.objects.filter(name="Lakeside Drains").exists()


def test_a_token_is_taken_without_the_space_around_it(plumber, request_):
    onboard(another(plumber, auth_token=f" {plumber.token}\n"))
    assert tokens(plumber) == (plumber.token, "")
    onboard(replace(request_, auth_token="\ttoken "))
    assert ProviderAccount.objects.get(account_sid=request_.account_sid).auth_token == "token"


def test_a_token_is_rotated_on_request(plumber):
    onboard(another(plumber, auth_token="token-of-today", rotate_token=True))
    assert tokens(plumber) == ("token-of-today", plumber.token)


def test_the_command_has_a_word_for_rotating(plumber, capsys):
    words = [
        "onboard_business", "--agency", plumber.business.agency.name, "--name", "Lakeside Drains",
        "--timezone", "America/Chicago", "--number", "+13125550111", "--account-sid",
        plumber.account_sid, "--auth-token", "token-of-today", "--owner-email", plumber.owner.email,
    ]  # fmt: skip
    with pytest.raises(CommandError, match=r"--auth-token: .*--rotate-token"):
        call_command(*words)
    call_command(*words, "--rotate-token")
    assert tokens(plumber) == ("token-of-today", plumber.token)


@pytest.fixture
def foreign_host(plumber):
    """A host that somebody else has already."""
    domain = Domain.objects.create(
        domain="harbor-law.localhost", tenant=plumber.business, is_primary=False
    )
    yield
    domain.delete()


def test_a_host_is_one_business_s(foreign_host, request_):
    with pytest.raises(OnboardingError) as refused:
        onboard(request_)
    assert refused.value.field == "name"
    assert not Business.objects.filter(name="Harbor Law").exists()


@pytest.mark.parametrize("field", ["number", "name", "schema", "owner-email", "agency"])
def test_who_is_a_moment_late_hears_what_was_taken(field, plumber, request_, monkeypatch):
    """The checks before have passed; the database refuses."""
    wish, expected = request_, field
    if field == "number":
        playbook = onboarding._checked(request_)
        monkeypatch.setattr(onboarding, "_checked", lambda request: playbook)
        wish = replace(request_, number=plumber.number)
    elif field == "name":
        monkeypatch.setattr(making, "_free_schema", lambda name: plumber.schema)
    elif field == "schema":
        monkeypatch.setattr(making, "_free_schema", lambda name: plumber.schema)
        monkeypatch.setattr(Business, "_check_schema_name_is_unique", lambda self: None)
        expected = "name"
    elif field == "owner-email":
        monkeypatch.setattr(
            onboarding,
            "_owner",
            lambda request: (User(email=plumber.owner.email), "x"),
        )
    else:
        name = plumber.business.agency.name
        monkeypatch.setattr(
            onboarding, "_account", lambda agency, request: Agency.objects.create(name=name)
        )
    with pytest.raises(OnboardingError) as refused:
        onboard(wish)
    assert refused.value.field == expected
    assert not Business.objects.filter(name="Harbor Law").exists()


def test_a_fault_of_ours_is_not_called_a_taken_number(request_, monkeypatch):
    from django.db import IntegrityError

    def broken(agency, request):
        raise IntegrityError("something else")

    monkeypatch.setattr(onboarding, "_account", broken)
    with pytest.raises(IntegrityError, match="something else"):
        onboard(request_)


@pytest.mark.parametrize(
    ("phone", "says"),
    [("+19005550123", "costs extra"), ("+882161234567", "costs extra"), ("+16025550100", "circle")],
)
def test_a_phone_that_may_not_be_rung_stops_the_onboarding(phone, says, plumber, dentist):
    with pytest.raises(OnboardingError, match=says) as refused:
        onboard(another(plumber, forward_to=("+13125550190", phone)))
    assert refused.value.field == "forward-to"


def test_the_posture_is_chosen_and_never_milder_than_the_agency_s_floor(world):
    from dataclasses import replace

    from messaging.models import Policy
    from tenants.models import Agency
    from tenants.scope import business_scope

    asked = Request(
        agency="Careful Agency", name="Careful Cars", timezone="America/Denver",
        number="+13035550177", provider="twilio", account_sid="AC" + "7" * 32, auth_token="secret",
        owner_email="owner@careful.example", posture="notice",
    )  # fmt: skip
    made = onboard(asked)
    assert made.business.effective_posture == "notice"
    with business_scope(str(made.business.schema_name)):
        assert Policy.objects.get().posture == "notice"
    Agency.objects.filter(name="Careful Agency").update(posture_floor="press_one")
    next_one = replace(asked, name="Careful Vans", number="+13035550178", posture="implied")
    with pytest.raises(OnboardingError, match="posture: the agency requires at least “Press 1"):
        onboard(next_one)
    with pytest.raises(OnboardingError, match="posture: expected one of: implied, notice"):
        onboard(replace(next_one, posture="whatever"))
    assert onboard(replace(next_one, posture="")).business.posture == "press_one"
    assert world.plumber.business.effective_posture == "implied"
