"""Support at the admin of the public host and of a business's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tenants.models import User
from tests.support.world import Biz


@dataclass(slots=True)
class Support:
    """A signed-in person at one host's admin."""

    user: User | None
    host: str = "localhost"
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        if self.user:
            self.client.force_login(self.user)

    def get(self, path: str, status: int = 200, **query: Any) -> str:
        """GET /admin/<path>; returns the page."""
        answer = self.client.get(f"/admin/{path}", query, headers={"host": self.host})
        assert answer.status_code == status, (path, answer.status_code)
        return answer.content.decode()

    def post(self, path: str, data: dict[str, Any], status: int = 302, follow: bool = True) -> str:
        """POST a form; returns the page it leads to."""
        answer = self.client.post(f"/admin/{path}", data, headers={"host": self.host})
        assert answer.status_code == status, (path, answer.status_code, answer.content[:3000])
        if status == 302 and follow:
            landed = self.client.get(answer.headers["Location"], headers={"host": self.host})
            return landed.content.decode()
        return answer.content.decode()


def allow(person: User, *rights: str) -> None:
    """Give somebody of support rights."""
    found = Permission.objects.filter(content_type__app_label="tenants", codename__in=rights)
    assert len(found) == len(rights)
    person.user_permissions.add(*found)


@pytest.fixture
def helper(world) -> User:
    """A member of platform support, without any permission but that."""
    return User.objects.create_user("sam@ringback.example", "x", name="Sam", is_staff=True)


@pytest.fixture
def support(helper: User) -> Support:
    """Support on the public host."""
    return Support(helper)


@pytest.fixture
def at_plumber(helper: User, plumber: Biz) -> Support:
    """Support on the plumber's host."""
    return Support(helper, plumber.host)


@pytest.fixture
def at_dentist(helper: User, dentist: Biz) -> Support:
    """Support on the dentist's host."""
    return Support(helper, dentist.host)
