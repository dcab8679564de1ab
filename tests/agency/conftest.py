"""Two agencies with two businesses each, and their people at the portal over Django's client."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tenants.models import Agency, Business, Membership, Role, User
from tenants.onboarding import Request, onboard
from tests.inbox.conftest import Member
from tests.support.world import PASSWORD, Biz

HOST = "localhost"


@dataclass(slots=True)
class Bureau:
    """An agency with its two businesses and its people at the portal."""

    agency: Agency
    first: Biz
    second: Business
    boss: Member
    helper: Member

    def url(self, rest: str = "") -> str:
        """The address of one of its pages."""
        return f"/agency/{self.agency.pk}/{rest}"


def person(agency: Agency, role: Role, name: str) -> Member:
    """Return somebody new of an agency, signed in at the portal."""
    user = User.objects.create_user(f"{name.lower()}@{agency.pk}.example", PASSWORD, name=name)
    Membership.objects.create(user=user, agency=agency, role=role)
    return Member(user, HOST)


def _second(agency: Agency, name: str, number: str, sid: str) -> Business:
    asked = Request(
        agency=agency.name, name=name, timezone="America/Chicago", number=number,
        provider="twilio", account_sid=sid, auth_token="token-of-the-second",
        owner_email=f"owner@{sid[-6:]}.example", password=PASSWORD,
    )  # fmt: skip
    return onboard(asked).business


def _bureau(biz: Biz, name: str, number: str, digit: str) -> Bureau:
    agency = biz.business.agency
    boss = Membership.objects.get(agency=agency, role=Role.AGENCY_OWNER).user
    return Bureau(
        agency, biz, _second(agency, name, number, "AC" + digit * 32), Member(boss, HOST),
        person(agency, Role.AGENCY_MEMBER, "Hedy"),
    )  # fmt: skip


@pytest.fixture
def bureaus(world) -> tuple[Bureau, Bureau]:
    """Northwind and Southwind."""
    return (
        _bureau(world.plumber, "Harbor Heating", "+13125550300", "3"),
        _bureau(world.dentist, "Mesa Molars", "+16025550300", "4"),
    )


@pytest.fixture
def north(bureaus) -> Bureau:
    """The plumber's agency."""
    return bureaus[0]


@pytest.fixture
def south(bureaus) -> Bureau:
    """The dentist's agency."""
    return bureaus[1]
