"""People who wait, at the plumber's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inbox.waits import policy
from messaging.models import Conversation
from messaging.services import send_as
from tests.support.hooks import a_caller
from tests.support.world import Biz


@pytest.fixture(autouse=True)
def _nothing_kept():  # type: ignore[no-untyped-def]
    policy.forget()
    yield
    policy.forget()


@pytest.fixture
def always_open(world) -> None:  # type: ignore[no-untyped-def]
    """Both businesses are open at any hour: what waits is counted by the clock on the wall."""
    from calls.models import Holiday, OpeningHours

    for biz in (world.plumber, world.dentist):
        with biz.scope():
            OpeningHours.objects.all().delete()
            Holiday.objects.all().delete()


@pytest.fixture
def writes(twilio, work, always_open) -> Callable[..., Conversation]:  # type: ignore[no-untyped-def]
    """Somebody writes to the plumber; returns his conversation as it is then."""

    def write(body: str = "My sink is leaking", caller: str = "", run: bool = True) -> Conversation:
        caller = caller or a_caller()
        assert twilio.text(caller, body).status_code == 200
        if run:
            work()
        with twilio.biz.scope():
            return Conversation.objects.select_related("contact").get(contact__phone=caller)

    return write


def answer(biz: Biz, phone: str, body: str = "We'll look at it.", **more: Any) -> Any:
    """A member answers from the business's number."""
    with biz.scope():
        return send_as(
            phone, body, author=more.pop("author", "person"),
            author_name=more.pop("author_name", "Dana"), author_user=more.pop("author_user", 7),
            **more,
        )  # fmt: skip
