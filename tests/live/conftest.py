"""Screens of both businesses, over real HTTP and the real Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from messaging.people import lock_contact, touch_conversation
from tenants import live
from tenants.models import Membership, Role, User
from tests.support.hooks import a_caller
from tests.support.listening import Screen, session_of
from tests.support.world import Biz


def a_member(biz: Biz, name: str, role: Role = Role.AGENT) -> User:
    """Add a member to a business."""
    user = User.objects.create_user(f"{name.lower()}@{biz.host}.example", "x", name=name)
    Membership.objects.create(user=user, business=biz.business, role=role)
    return user


def a_conversation(biz: Biz, name: str = "Maria Lopez") -> int:
    """Make a conversation; returns its id."""
    with biz.scope(), transaction.atomic():
        contact = lock_contact(a_caller("312"), timezone.now(), name)
        return int(
            touch_conversation(
                contact.pk, at=timezone.now(), line="Missed call", direction="miss", unread=1
            )
        )


def announce(biz: Biz, act: Callable[[], None]) -> None:
    """Announce something in a business, and wait until it is written."""
    with biz.scope(), transaction.atomic():
        act()
    live._publisher.flush()


@pytest.fixture
def open_screen(world, web_url) -> Iterator[Callable[..., Screen]]:  # type: ignore[no-untyped-def]
    """Open an event stream as a user of a business; closed at the end."""
    screens: list[Screen] = []

    def open_it(biz: Biz, user: User | None = None, **how: Any) -> Screen:
        session = how.pop("session", None) or session_of(user or biz.owner)
        screen = Screen(web_url, biz.host, session, **how)
        screens.append(screen)
        return screen.open()

    yield open_it
    for screen in screens:
        screen.close()
