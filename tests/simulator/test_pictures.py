"""Pictures to and fro on the simulated network, through real webhooks and the real API."""

from __future__ import annotations

import io

import httpx
import pytest
from django.utils import timezone
from PIL import Image

from calls.simulator.client import SimulatorRefused
from messaging.attachments import outgoing
from messaging.models import Attachment, Contact
from messaging.services import send_as
from tests.support import pictures as samples
from tests.support.hooks import a_caller


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Files of this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def states(biz) -> list[tuple[str, str]]:
    with biz.scope():
        found = Attachment.objects.filter(direction="in").order_by("created_at")
        return list(found.values_list("state", "content_type"))


def test_a_callers_picture_is_fetched_from_the_network(simulator, plumber, dentist, work):
    caller = a_caller()
    simulator.reply(plumber.number, caller, "Here it drips", sample="leak")
    simulator.reply(plumber.number, caller, "", sample="nothing")
    simulator.reply(plumber.number, caller, "", upload=samples.photograph())
    work()
    assert states(plumber) == [("stored", "image/jpeg"), ("refused", ""), ("stored", "image/jpeg")]
    assert states(dentist) == []
    shown = [text["media"] for text in simulator.phone(caller, plumber.number)["texts"]]
    assert [len(media) for media in shown] == [1, 1, 1]
    got = [httpx.get(f"{simulator.base_url}{media[0]}") for media in shown]
    assert [answer.status_code for answer in got] == [200, 404, 200]
    assert Image.open(io.BytesIO(got[0].content)).size == (1200, 900)
    assert got[2].headers["x-content-type-options"] == "nosniff"


def test_the_network_hands_pictures_to_their_own_account_alone(simulator, plumber, dentist):
    path = f"/simulator/api/2010-04-01/Accounts/{plumber.account_sid}/Messages/SM1/Media/ME10{'a' * 30}"
    url = f"{simulator.base_url}{path}"
    good, other = (plumber.account_sid, plumber.token), (dentist.account_sid, dentist.token)
    assert httpx.get(url, auth=good).headers["content-type"] == "image/jpeg"
    assert httpx.get(url, auth=other).status_code == 401
    assert httpx.get(url).status_code == 401
    assert httpx.get(f"{url[:-32]}99{'b' * 30}", auth=good).status_code == 404


def test_a_members_picture_is_on_the_callers_phone(simulator, plumber, work):
    caller = a_caller()
    simulator.reply(plumber.number, caller, "Can you send me the estimate?")
    work()
    with plumber.scope():
        contact = Contact.objects.get(phone=caller)
        file = outgoing.upload(
            contact.conversation, samples.picture(), "estimate.jpg", member_id=plumber.owner.pk,
            business_id=plumber.business.pk, now=timezone.now(),
        )  # fmt: skip
        send_as(caller, "", author="person", author_name="Rosa", attachments=[str(file.pk)])
    work()
    (text,) = simulator.await_text(caller, plumber.number)
    assert len(text["media"]) == 1
    got = httpx.get(f"{simulator.base_url}{text['media'][0]}")
    assert got.status_code == 200 and Image.open(io.BytesIO(got.content)).format == "JPEG"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sample": "cat"}, "sample"),
        ({"upload": b"x" * (2 * 1024 * 1024 + 1)}, "upload"),
        ({}, "body"),
    ],
)
def test_nonsense_is_told_what_was_expected(simulator, plumber, more, field):
    with pytest.raises(SimulatorRefused) as refused:
        simulator.reply(plumber.number, a_caller(), "", **more)
    assert field in str(refused.value)
