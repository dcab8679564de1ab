"""Members of both businesses at their pages, over Django's client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from messaging.models import Contact
from messaging.people import lock_contact, touch_conversation
from tenants.models import Membership, Role, User
from tests.support.hooks import a_caller
from tests.support.world import Biz


@dataclass(slots=True)
class Member:
    """A signed-in person at one business's pages."""

    user: User | None
    host: str
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        if self.user:
            self.client.force_login(self.user)

    def get(self, path: str, status: int = 200, **query: Any) -> str:
        """GET a path; returns the page."""
        answer = self.client.get(path, query, headers={"host": self.host})
        assert answer.status_code == status, (path, answer.status_code)
        return answer.content.decode()

    def post(self, path: str, data: dict[str, Any] | None = None, status: int = 302) -> str:
        """POST a form; returns the page it leads to, or the one that says what is wrong."""
        answer = self.sent(path, data)
        assert answer.status_code == status, (path, answer.status_code)
        if status == 302:
            landed = answer.headers["Location"].partition("#")[0]
            return self.client.get(landed, headers={"host": self.host}).content.decode()
        return answer.content.decode()

    def sent(self, path: str, data: dict[str, Any] | None = None) -> HttpResponse:
        """POST a form; returns the bare answer."""
        return self.client.post(path, data or {}, headers={"host": self.host})


def a_member(biz: Biz, role: Role, name: str) -> User:
    user = User.objects.create_user(f"{name.lower()}@{biz.host}.example", "x", name=name)
    Membership.objects.create(user=user, business=biz.business, role=role)
    return user


@pytest.fixture
def owner(plumber) -> Member:
    """The plumber's owner."""
    return Member(plumber.owner, plumber.host)


@pytest.fixture
def agent(plumber) -> Member:
    """The plumber's receptionist."""
    return Member(a_member(plumber, Role.AGENT, "Ada"), plumber.host)


@pytest.fixture
def manager(plumber) -> Member:
    """The plumber's manager."""
    return Member(a_member(plumber, Role.MANAGER, "Max"), plumber.host)


@pytest.fixture
def other_owner(dentist) -> Member:
    """The dentist's owner, at the dentist's pages."""
    return Member(dentist.owner, dentist.host)


@pytest.fixture
def person(plumber) -> Contact:
    """Somebody the plumber knows, with a conversation."""
    with plumber.scope():
        from django.db import transaction

        with transaction.atomic():
            contact = lock_contact(a_caller("312"), timezone.now(), "Maria Lopez")
            touch_conversation(
                contact.pk, at=timezone.now(), line="Missed call", direction="miss", unread=1
            )
    return contact
