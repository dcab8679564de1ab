"""A member's pictures: uploaded, shrunk, asked of the gate, fetched by the provider by link, kept from others."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from billing.models import UsageRecord
from inbox.activity import Actor
from inbox.people import merging
from messaging.attachments import links, outgoing, reasons, storing
from messaging.models import Attachment, Contact, Conversation, Message, Refusal
from tenants.models import AgendaItem
from tests.support import pictures as samples


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Files of this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


@pytest.fixture
def thread(plumber, person) -> int:
    with plumber.scope():
        return Conversation.objects.get(contact=person).pk


def attach(member, thread: int, content: bytes, name: str = "leak.jpg", status: int = 200) -> str:
    """Upload a file; returns its id, or the sentence that says why not."""
    came = SimpleUploadedFile(name, content, "image/svg+xml")
    answer = member.sent(f"/c/{thread}/attachments/", {"file": came})
    assert answer.status_code == status, (answer.status_code, answer.content[:200])
    page = answer.content.decode()
    if status != 200:
        return page
    found = re.search(r'name="attachments" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def reply(member, thread: int, status: int = 303, **fields) -> str:
    fields = {"client_token": uuid4().hex, "body": ""} | fields
    return member.post(f"/c/{thread}/reply/", fields, status)


def at_once(biz, member) -> None:
    from inbox.models import MemberSettings

    with biz.scope():
        MemberSettings.objects.update_or_create(user=member.user.pk, defaults={"undo_seconds": 0})


def test_pictures_go_with_a_text_and_the_provider_fetches_them(
    owner, plumber, dentist, person, thread, work, stand_in, web_url
):
    at_once(plumber, owner)
    first = attach(owner, thread, samples.photograph())
    second = attach(owner, thread, samples.PDF, "Estimate for Maria.pdf")
    reply(owner, thread, body="The estimate", attachments=[first, second])
    work()
    form = stand_in.requests[-1]["form"]
    assert "The estimate" in form["Body"]
    urls = form["MediaUrl"].split()
    assert len(urls) == 2 and all(
        u.startswith(f"{configured.PUBLIC_BASE_URL}/media/") for u in urls
    )
    host = {"Host": httpx.URL(configured.PUBLIC_BASE_URL).netloc.decode()}
    got = [httpx.get(web_url + httpx.URL(url).path, headers=host) for url in urls]
    assert [each.status_code for each in got] == [200, 200]
    assert [each.headers["content-type"] for each in got] == ["image/jpeg", "application/pdf"]
    assert got[1].content == samples.PDF
    assert 'filename="Estimate-for-Mar.pdf"' in got[1].headers["content-disposition"]
    for each in got:
        assert each.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in each.headers["content-security-policy"]
        assert (
            "noindex" in each.headers["x-robots-tag"]
            and "no-store" in each.headers["cache-control"]
        )
    assert httpx.head(web_url + httpx.URL(urls[0]).path, headers=host).status_code == 200
    shown = Image.open(io.BytesIO(got[0].content))
    assert not shown.getexif() and shown.size == (320, 640)
    with plumber.scope():
        message = Message.objects.get(direction="out")
        assert message.segments == 1 and [each["id"] for each in message.media] == [first, second]
    (used,) = UsageRecord.objects.filter(key=f"sms:{message.pk}")
    assert (used.kind, used.quantity) == ("mms", 1)
    page = owner.get(f"/c/{thread}/timeline/")
    assert f"/attachments/{first}/preview/" in page and "Picture sent by" in page
    assert "Estimate for Maria.pdf" in page and "[2 pictures]" not in page
    with dentist.scope():
        assert not Attachment.objects.exists() and not Message.objects.exists()


def test_a_picture_needs_no_words_and_a_first_one_still_says_who_it_is(
    owner, plumber, thread, work, stand_in
):
    at_once(plumber, owner)
    reply(owner, thread, attachments=[attach(owner, thread, samples.picture())])
    work()
    form = stand_in.requests[-1]["form"]
    assert form["MediaUrl"]
    with plumber.scope():
        message = Message.objects.get(direction="out")
        assert message.status in ("sent", "delivered")
        is_first = message.clearances[0]["occasion"].get("is_first", False)
        assert ("STOP" in form.get("Body", "")) is is_first
        Contact.objects.update(introduced_at=timezone.now(), last_inbound_at=timezone.now())
    reply(owner, thread, attachments=[attach(owner, thread, samples.picture())])
    work()
    assert "Body" not in stand_in.requests[-1]["form"]
    with plumber.scope():
        assert Conversation.objects.get(pk=thread).last_line == "Picture"


def test_an_attachment_is_no_way_around_the_gate(owner, plumber, person, thread, work, stand_in):
    at_once(plumber, owner)
    file = attach(owner, thread, samples.picture())
    bad = "Get cannabis at bit.ly/x"
    page = reply(owner, thread, 422, body=bad, attachments=[file])
    assert file in page and bad in page  # nothing that was typed or attached is lost
    with plumber.scope():
        assert Refusal.objects.count() == 1 and not Message.objects.filter(direction="out").exists()
        assert Attachment.objects.get(pk=file).message_id is None
        Contact.objects.filter(pk=person.pk).update(opted_out_at=timezone.now())
    reply(owner, thread, 422, body="Just this", attachments=[file])
    reply(owner, thread, 422, attachments=[file])
    said = attach(owner, thread, samples.picture(), status=422)
    assert said == reasons.upload_sentence("off")
    work()
    assert stand_in.requests == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.HEIC, "heic"),
        (samples.SVG, "unknown_kind"),
        (samples.PAGE, "unknown_kind"),
        (samples.ZIP, "unknown_kind"),
        (samples.SCRIPT_AS_GIF, reasons.NO_PICTURE),
        (samples.picture()[:6000], reasons.NO_PICTURE),
        (samples.huge_png(), reasons.TOO_MANY_PIXELS),
        (samples.PDF + b"x" * 600_000, "too_large_file"),
        (samples.picture() + b"x" * (5 * 1024 * 1024), reasons.TOO_LARGE),
        (b"", "empty"),
    ],
)
def test_what_no_text_can_carry_is_refused_with_a_sentence(owner, plumber, thread, content, code):
    status = 413 if len(content) > 5_300_000 else 422
    assert attach(owner, thread, content, status=status) == reasons.upload_sentence(code)
    with plumber.scope():
        assert not Attachment.objects.exists()


def test_what_is_larger_than_any_upload_is_refused_before_it_is_read(owner, plumber, thread):
    said = attach(owner, thread, b"x" * 10_000_000, status=413)
    assert said == reasons.upload_sentence(reasons.TOO_LARGE)
    answer = owner.sent(f"/c/{thread}/attachments/")
    assert (answer.status_code, answer.content.decode()) == (
        422,
        reasons.upload_sentence("missing"),
    )


def test_nobody_of_another_business_attaches_sees_or_sends(
    owner, dentist, plumber, thread, person, work, stand_in, other_owner
):
    file = attach(owner, thread, samples.picture())
    other = other_owner
    paths = (f"/attachments/{file}/", f"/attachments/{file}/preview/")
    for path in paths:
        assert owner.client.get(path, headers={"host": owner.host}).status_code == 200
        other.get(path, 404)
    attach(other, thread, samples.picture(), status=404)
    # Signed in elsewhere, at this business's own address: a session counts where it was begun.
    for path in paths:
        answer = other.client.get(path, headers={"host": owner.host})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/login/?next={path}")
    came = SimpleUploadedFile("a.jpg", samples.picture())
    sent = f"/c/{thread}/attachments/"
    there = other.client.post(sent, {"file": came}, headers={"host": owner.host})
    assert (there.status_code, there.headers["Location"]) == (302, f"/login/?next={sent}")
    with plumber.scope():
        assert Attachment.objects.count() == 1
    with dentist.scope():
        assert not Attachment.objects.exists()


def test_a_file_is_taken_by_one_text_of_its_own_conversation(owner, plumber, thread, person, work):
    at_once(plumber, owner)
    file = attach(owner, thread, samples.picture())
    with plumber.scope():
        other = Contact.objects.create(phone="+17735550999", created_at=timezone.now())
        elsewhere = Conversation.objects.create(
            contact=other, last_at=timezone.now(), created_at=timezone.now()
        ).pk
    reply(owner, elsewhere, 422, body="not yours", attachments=[file])
    reply(owner, thread, attachments=[file])
    page = reply(owner, thread, 422, body="once more", attachments=[file])
    assert "here no longer" in page
    reply(owner, thread, 422, body="six", attachments=[str(uuid4()) for _ in range(6)])
    with plumber.scope():
        assert Message.objects.filter(direction="out").count() == 1


def test_a_file_goes_to_whichever_number_of_a_merged_person_is_written_to(
    owner, plumber, dentist, thread, person
):
    """Uploaded where she is shown; with its text it is the number's it went to."""
    at_once(plumber, owner)
    now = timezone.now()
    with plumber.scope():
        other = Contact.objects.create(phone="+17735550999", created_at=now)
        Conversation.objects.create(contact=other, last_at=now, created_at=now)
        merging.merge(person.pk, other.pk, actor=Actor(None, "Ada"), at=now)
    file = attach(owner, thread, samples.picture())
    reply(owner, thread, body="Look", attachments=[file], whom=str(other.pk))
    with plumber.scope():
        text = Message.objects.get(direction="out")
        kept = Attachment.objects.get(pk=file)
        assert text.their_number == other.phone and kept.message_id == text.pk
        assert kept.conversation.contact_id == other.pk
    with dentist.scope():
        assert not Attachment.objects.exists()


def test_a_file_written_to_another_number_comes_back_with_its_text(owner, plumber, thread, person):
    now = timezone.now()
    with plumber.scope():
        other = Contact.objects.create(phone="+17735550999", created_at=now)
        Conversation.objects.create(contact=other, last_at=now, created_at=now)
        merging.merge(person.pk, other.pk, actor=Actor(None, "Ada"), at=now)
    file = attach(owner, thread, samples.picture())
    reply(owner, thread, body="Look", attachments=[file], whom=str(other.pk))
    with plumber.scope():
        text = Message.objects.get(direction="out")
    back = owner.client.post(
        f"/texts/{text.pk}/undo/", headers={"host": owner.host, "hx-request": "true"}
    )
    assert back.status_code == 200 and file in back.content.decode()
    reply(owner, thread, body="Look here", attachments=[file], whom=str(other.pk))
    with plumber.scope():
        assert Attachment.objects.get(pk=file).message.status != "cancelled"


def test_taking_a_text_back_brings_its_picture_back(owner, plumber, thread, work, stand_in):
    file = attach(owner, thread, samples.picture())
    reply(owner, thread, body="Look", attachments=[file])
    with plumber.scope():
        text = Message.objects.get(direction="out")
    back = owner.client.post(
        f"/texts/{text.pk}/undo/", headers={"host": owner.host, "hx-request": "true"}
    )
    assert back.status_code == 200 and file in back.content.decode()
    reply(owner, thread, body="Look here", attachments=[file])
    with plumber.scope():
        assert Attachment.objects.get(pk=file).message.body.startswith(("Look here", "Lakeside"))


def test_what_is_not_sent_is_cleared_away_after_a_day(owner, plumber, thread, work, pass_time):
    at_once(plumber, owner)
    sent, left, removed = (attach(owner, thread, samples.picture()) for _ in range(3))
    paths = [storing.path_of(plumber.schema, each) for each in (sent, left, removed)]
    reply(owner, thread, attachments=[sent])
    owner.sent(f"/c/{thread}/attachments/{removed}/remove/")
    # One that a text took is not removed by its composer any more.
    owner.sent(f"/c/{thread}/attachments/{sent}/remove/")
    work()
    assert [default_storage.exists(path) for path in paths] == [True, True, False]
    pass_time(outgoing.KEPT_UNSENT.total_seconds() + 60)
    work()
    assert [default_storage.exists(path) for path in paths] == [True, False, False]
    assert not default_storage.exists(storing.path_of(plumber.schema, left, small=True))
    with plumber.scope():
        assert [str(each.pk) for each in Attachment.objects.all()] == [sent]
    assert not AgendaItem.objects.filter(kind="messaging.clear_upload").exists()


def test_a_link_opens_one_file_for_some_hours(owner, plumber, dentist, thread, web_url):
    file, other = (attach(owner, thread, samples.picture()) for _ in range(2))
    host = {"Host": httpx.URL(configured.PUBLIC_BASE_URL).netloc.decode()}

    def status(url: str) -> int:
        return httpx.get(web_url + httpx.URL(url).path, headers=host).status_code

    now = timezone.now()
    good = links.url_of(plumber.schema, file, now + timedelta(hours=1))
    assert good == links.url_of(plumber.schema, file, now + timedelta(hours=1))
    assert status(good) == 200
    assert status(links.url_of(plumber.schema, file, now - timedelta(seconds=1))) == 404
    assert status(links.url_of(dentist.schema, file, now + timedelta(hours=1))) == 404
    assert status(links.url_of("nobody", file, now + timedelta(hours=1))) == 404
    assert status(links.url_of(plumber.schema, uuid4(), now + timedelta(hours=1))) == 404
    theirs = links.url_of(plumber.schema, other, now + timedelta(hours=1))
    token, _, signature = good.rstrip("/").rpartition(".")
    assert status(f"{theirs.rstrip('/').rpartition('.')[0]}.{signature}/") == 404
    assert status(f"{token}.{signature[:-2]}AA/") == 404
    assert status(f"{configured.PUBLIC_BASE_URL}/media/") == 404
    with plumber.scope():
        Attachment.objects.filter(pk=file).update(state="gone", file="", preview="")
    assert status(good) == 404


def test_members_get_what_the_file_is_and_nothing_a_browser_runs(owner, thread):
    picture, paper = attach(owner, thread, samples.picture()), attach(owner, thread, samples.VCARD)
    for path, kind, how in (
        (f"/attachments/{picture}/", "image/jpeg", "inline"),
        (f"/attachments/{picture}/preview/", "image/webp", "inline"),
        (f"/attachments/{paper}/", "text/vcard", "attachment"),
    ):
        answer = owner.client.get(path, headers={"host": owner.host})
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith(how)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "private" in answer.headers["Cache-Control"]
    owner.get(f"/attachments/{paper}/preview/", 404)
    owner.get(f"/attachments/{uuid4()}/", 404)


def test_a_link_says_the_same_as_long_as_the_text_is_the_same():
    media = [{"id": str(uuid4()), "type": "image/jpeg"}, {"url": "https://x", "type": "image/png"}]
    until = datetime(2026, 3, 2, 12, tzinfo=UTC)
    (url,) = links.urls_of_text("lakeside", media, until)
    assert (url,) == links.urls_of_text("lakeside", media, until)
    token = url.rstrip("/").rpartition("/")[2]
    assert links.read(token, until + timedelta(hours=5)) == ("lakeside", media[0]["id"])
