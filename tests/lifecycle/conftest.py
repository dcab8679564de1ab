"""Two agencies with two businesses each; the second of the first one is the one that leaves."""

from __future__ import annotations

from uuid import uuid4

import pytest

from calls.models import Call
from messaging.attachments import storing
from messaging.models import Contact
from tenants.models import ApiKey, Departure, Membership, PhoneNumber, User
from tests.agency.conftest import bureaus, north, south
from tests.senders.conftest import office
from tests.support.hooks import Provider, a_caller
from tests.support.world import Biz

CALLER = "+17735560177"
__all__ = ["bureaus", "north", "office", "south"]


@pytest.fixture
def leaver(north) -> Biz:
    """A business of the first agency that may be deleted: no other test has it."""
    business = north.second
    number = PhoneNumber.objects.get(business=business)
    number.e164 = a_caller("312")  # a web process remembers whose a number was a moment ago
    number.save(update_fields=["e164"])
    account = number.account  # and which account one's name stood for
    account.account_sid = f"AC{uuid4().hex}"
    account.save(update_fields=["account_sid"])
    owner = User.objects.get(memberships__business=business)
    key = ApiKey.objects.filter(business=business).first()
    return Biz(
        business, number.e164, "", account.account_sid, "token-of-the-second",
        str(key), owner, business.get_primary_domain().domain,
    )  # fmt: skip


@pytest.fixture
def lived(leaver, web_url, stand_in, work) -> Biz:
    """A person wrote to it and opted out; a call of his has a recording, and his name is a formula."""
    provider = Provider(leaver, web_url)
    provider.text(CALLER, "Is my boiler ready?")
    provider.call(CALLER).ends("no-answer")
    provider.text(CALLER, "STOP")
    work()
    with leaver.scope():
        Contact.objects.filter(phone=CALLER).update(name="=Rosa")
        path = storing.save(f"attachments/{leaver.schema}/a-voicemail", b"RIFF sound")
        Call.objects.update(recording=path)
    return leaver


def departure_of(biz) -> Departure:
    return Departure.objects.filter(business=biz.business).latest("asked_at")


def entry_of(biz):
    return Membership.objects.get(business=biz.business)
