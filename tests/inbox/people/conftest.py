"""Two numbers of one person at the plumber's, and members of both businesses."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.utils import timezone

from inbox.activity import Actor
from inbox.models import Merge
from inbox.people import merging
from messaging.models import Contact, Conversation
from tests.inbox.conftest import *  # noqa: F403
from tests.support.hooks import a_caller
from tests.support.world import Biz

ADA = Actor(7, "Ada")


@dataclass(slots=True)
class Two:
    """A kept number and one that is folded into it; nothing of either is cached."""

    biz: Biz
    kept_phone: str
    folded_phone: str

    @property
    def kept(self) -> Contact:
        return Contact.objects.get(phone=self.kept_phone)

    @property
    def folded(self) -> Contact:
        return Contact.objects.get(phone=self.folded_phone)

    @property
    def shown(self) -> Conversation:
        return Conversation.objects.get(contact__phone=self.kept_phone)

    @property
    def hidden(self) -> Conversation:
        return Conversation.objects.get(contact__phone=self.folded_phone)

    def merge(self) -> Merge:
        return merging.merge(self.kept.pk, self.folded.pk, actor=ADA, at=timezone.now())


@pytest.fixture
def two(plumber, twilio) -> Two:
    """Two people who have written, not merged yet."""
    pair = Two(plumber, a_caller("312"), a_caller("773"))
    for phone, words in ((pair.kept_phone, "From my cell"), (pair.folded_phone, "From the office")):
        assert twilio.text(phone, words).status_code == 200
    from tenants import agenda

    agenda.run_due("realtime")
    with plumber.scope():
        Contact.objects.filter(phone=pair.kept_phone).update(name="Dana Reyes")
        Contact.objects.filter(phone=pair.folded_phone).update(
            email="dana@reyes.example", tags=["estimate"], fields={"boiler": "Vitodens"}
        )
    return pair
