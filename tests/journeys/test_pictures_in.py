"""A caller sends pictures: they are in the thread, checked and made anew, and in nobody else's."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator

import httpx
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from PIL import Image

from messaging.attachments import arriving, reading, reasons, storing
from messaging.models import Attachment, Message
from tenants import agenda
from tests.providers.api import Api, Asked, Reply, serving
from tests.support import pictures as samples
from tests.support.hooks import a_caller

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def store(stand_in, settings, tmp_path) -> Iterator[Api]:
    """The provider's own store of pictures; what it holds is `files` by path."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    with serving() as api:
        settings.TWILIO_API_BASE_URL = api.url
        yield api


def sent(twilio, store, *contents: bytes, declared: str = "image/jpeg", body: str = "") -> str:
    """Post a text with files and let the store hold them; returns who sent it."""
    caller = a_caller()
    held = {f"{PLACE}ME{n}": content for n, content in enumerate(contents)}
    store.say = lambda asked: (
        Reply(200, held[asked.path], {"Content-Type": declared})
        if asked.path in held
        else Reply(404)
    )
    fields = {"NumMedia": str(len(contents))}
    for n in range(len(contents)):
        fields |= {f"MediaUrl{n}": f"{store.url}{PLACE}ME{n}", f"MediaContentType{n}": declared}
    assert twilio.text(caller, body, **fields).status_code == 200
    return caller


PLACE = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/"


def files_of(biz, caller: str) -> list[Attachment]:
    with biz.scope():
        found = Attachment.objects.filter(conversation__contact__phone=caller)
        return list(found.order_by("position"))


def test_a_picture_is_in_the_thread_without_what_it_said_of_its_place(twilio, store, work, dentist):
    caller = sent(twilio, store, samples.photograph(), samples.picture("PNG"), body="Here it leaks")
    work()
    first, second = files_of(twilio.biz, caller)
    assert (first.state, first.content_type, first.width, first.height) == (
        "stored", "image/jpeg", 320, 640,
    )  # fmt: skip
    assert second.content_type == "image/jpeg"
    with default_storage.open(first.file) as kept:
        content = kept.read()
    assert hashlib.sha256(content).hexdigest() == first.sha256 and len(content) == first.size
    assert not Image.open(io.BytesIO(content)).getexif()
    assert (
        first.file.startswith(f"attachments/{twilio.biz.schema}/")
        and str(first.pk) not in first.file
    )
    with twilio.biz.scope():
        message = Message.objects.get(conversation__contact__phone=caller)
        shown = reading.of_messages([message.pk])[str(message.pk)]
    assert [each["id"] for each in message.media] == [str(first.pk), str(second.pk)]
    assert store.url not in str(message.media)
    assert [file.is_picture for file in shown] == [True, True] and shown[0].called == "Picture"
    with dentist.scope():
        assert not Attachment.objects.exists() and not Message.objects.exists()


def test_the_provider_is_asked_with_our_sign_in_and_its_address_is_a_secret(twilio, store, work):
    caller = sent(twilio, store, samples.picture())
    agenda.run_due("realtime")
    (file,) = files_of(twilio.biz, caller)
    assert file.state == "waiting" and file.provider_url.startswith(store.url)
    with twilio.biz.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT provider_url FROM messaging_attachment")
        assert "Media" not in cursor.fetchone()[0]
    work()
    asked: Asked = store.asked[-1]
    user, _, token = (
        base64.b64decode(asked.headers["authorization"].split()[1]).decode().partition(":")
    )
    assert (user, token) == (twilio.biz.account_sid, twilio.biz.token)


@pytest.mark.parametrize(
    ("content", "declared", "reason"),
    [
        (samples.SCRIPT_AS_GIF, "image/gif", reasons.NO_PICTURE),
        (samples.picture()[:5000], "image/jpeg", reasons.NO_PICTURE),
        (samples.huge_png(), "image/png", reasons.TOO_MANY_PIXELS),
        (samples.SVG, "image/svg+xml", reasons.UNKNOWN_KIND),
        (samples.PAGE, "image/png", reasons.NO_PICTURE),
        (samples.ZIP, "application/zip", reasons.UNKNOWN_KIND),
        (b"\xff\xd8\xff" + b"\x00" * (11 * 1024 * 1024), "image/jpeg", reasons.TOO_LARGE),
    ],
)
def test_a_picture_that_is_none_is_refused_and_says_so(
    twilio, store, work, content, declared, reason
):
    caller = sent(twilio, store, content, declared=declared)
    work()
    (file,) = files_of(twilio.biz, caller)
    assert (file.state, file.reason, file.file) == ("refused", reason, "")
    assert not default_storage.exists(storing.path_of(twilio.biz.schema, file.pk))
    shown = reading.shown(file)
    assert shown.sentence == reasons.sentence(reason) and not shown.is_picture


def test_other_files_are_kept_as_they_came(twilio, store, work):
    caller = sent(twilio, store, samples.PDF, samples.VCARD, samples.HEIC, samples.MP4)
    work()
    found = files_of(twilio.biz, caller)
    assert [file.content_type for file in found] == [
        "application/pdf", "text/vcard", "image/heic", "video/mp4",
    ]  # fmt: skip
    assert [reading.shown(file).is_picture for file in found] == [False] * 4
    with default_storage.open(found[0].file) as kept:
        assert kept.read() == samples.PDF


def test_only_the_providers_own_stores_are_asked(twilio, store, work):
    with serving() as elsewhere:
        elsewhere.always(200, samples.picture())
        caller = a_caller()
        fields = {
            "NumMedia": "3", "MediaUrl0": f"{elsewhere.url}/2010-04-01/x", "MediaContentType0": "image/jpeg",
            "MediaUrl1": f"{store.url}/2010-04-01/away", "MediaContentType1": "image/jpeg",
            "MediaUrl2": "", "MediaContentType2": "image/jpeg",
        }  # fmt: skip
        store.say = lambda asked: Reply(307, b"", {"Location": f"{elsewhere.url}/inside"})
        twilio.text(caller, "", **fields)
        work()
        assert elsewhere.asked == []
    found = files_of(twilio.biz, caller)
    assert [(file.state, file.reason) for file in found] == [
        ("refused", reasons.NOT_THEIRS), ("refused", reasons.NOT_THEIRS), ("lost", reasons.LOST),
    ]  # fmt: skip


def test_what_is_not_there_yet_is_asked_for_again_and_given_up_after_a_day(
    twilio, store, work, pass_time
):
    caller = sent(twilio, store, samples.picture())
    there = store.say
    store.always(404, b"")
    work()
    assert files_of(twilio.biz, caller)[0].state == "waiting"
    store.say = there
    pass_time(3600)
    work()
    assert files_of(twilio.biz, caller)[0].state == "stored"

    late = sent(twilio, store, samples.picture())
    agenda.run_due("realtime")
    store.always(503, b"")
    with twilio.biz.scope():
        Attachment.objects.filter(conversation__contact__phone=late).update(
            created_at=timezone.now() - arriving.GIVE_UP
        )
    work()
    (file,) = files_of(twilio.biz, late)
    assert (file.state, file.reason) == ("lost", reasons.LOST)
    assert reading.shown(file).sentence == reasons.sentence(reasons.LOST)
    asked = len(store.asked)
    pass_time(86_400)
    work()
    assert len(store.asked) == asked


def test_an_api_client_gets_the_picture_from_us_and_no_address_of_the_provider(
    twilio, store, work, web_url, dentist
):
    sent(twilio, store, samples.picture(), body="look")
    work()
    auth = {"Authorization": f"Bearer {twilio.biz.api_key}", "Host": twilio.biz.host}
    answer = httpx.get(f"{web_url}/api/v1/messages/", headers=auth)
    assert answer.status_code == 200 and store.url not in answer.text
    (media,) = answer.json()["results"][0]["media"]
    assert media["type"] == "image/jpeg"
    public = {"Host": httpx.URL(media["url"]).netloc.decode()}
    got = httpx.get(web_url + httpx.URL(media["url"]).path, headers=public)
    assert got.status_code == 200 and got.headers["content-type"] == "image/jpeg"
    # What was stored before we kept files carries the provider's address: it is not shown either.
    with twilio.biz.scope():
        Message.objects.update(media=[{"url": "https://api.twilio.com/x", "type": "image/png"}])
    again = httpx.get(f"{web_url}/api/v1/messages/", headers=auth)
    assert "api.twilio.com" not in again.text and again.json()["results"][0]["media"] == []


def test_a_text_that_comes_twice_has_its_picture_once(twilio, store, work):
    caller = a_caller()
    store.always(200, samples.picture())
    fields = {
        "NumMedia": "1",
        "MediaUrl0": f"{store.url}{PLACE}ME0",
        "MediaContentType0": "image/jpeg",
    }
    for _ in range(2):
        twilio.text(caller, "look", sid="SM" + "7" * 32, **fields)
        work()
    assert len(files_of(twilio.biz, caller)) == 1
