"""Files of texts go with the person and with the words; until then an export names them by hash."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from messaging import holds, retention
from messaging.attachments import arriving, outgoing, reading, storing
from messaging.erasure import erase
from messaging.evidence.export import gather
from messaging.models import Attachment, Contact, Message
from messaging.people import lock_contact, touch_conversation
from messaging.scrub import without_words
from messaging.services import send_as
from tenants.models import new_id
from tests.support import pictures as samples
from tests.support.hooks import a_caller, a_sid

YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Files of this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def with_picture(biz, age=timedelta(0), phone=None) -> tuple[str, Attachment]:
    """Put a text with a stored picture of that age into a thread; returns its number and the file."""
    at, phone = timezone.now() - age, phone or a_caller()
    with biz.scope(), transaction.atomic():
        contact = lock_contact(phone, at)
        thread = touch_conversation(contact.pk, at=at, line="Picture", direction="in")
        message = Message.objects.create(
            id=new_id(), conversation_id=thread, direction="in", status="received",
            author="contact", our_number=biz.number, their_number=phone, provider="twilio",
            provider_id=a_sid("SM"), created_at=at,
        )  # fmt: skip
        file_id = new_id()
        kept = arriving.kept(samples.picture(), biz.schema, str(file_id))
        file = Attachment.objects.create(
            id=file_id, conversation_id=thread, message=message, direction="in", state="stored",
            content_type=kept.kind.content_type, size=kept.size, sha256=kept.sha256, file=kept.file,
            preview=kept.preview, created_at=at,
        )  # fmt: skip
    return phone, file


def there(biz, file) -> list[bool]:
    paths = [storing.path_of(biz.schema, file.pk, small=small) for small in (False, True)]
    return [default_storage.exists(path) for path in paths]


def fresh(biz, file) -> Attachment:
    with biz.scope():
        return Attachment.objects.get(pk=file.pk)


def test_an_erased_persons_files_are_gone_and_so_is_what_is_known_of_them(
    plumber, dentist, work, stand_in
):
    phone, file = with_picture(plumber)
    _, other = with_picture(plumber)
    _, theirs = with_picture(dentist, phone=phone)
    with plumber.scope():
        contact = Contact.objects.get(phone=phone)
        unsent = outgoing.upload(
            contact.conversation, samples.picture(), "Maria.jpg", member_id=plumber.owner.pk,
            business_id=plumber.business.pk, now=timezone.now(),
        )  # fmt: skip
        waiting = Attachment.objects.create(
            conversation=contact.conversation, message=file.message, position=1, direction="in",
            state="waiting", provider_url="https://api.twilio.com/secret", created_at=timezone.now(),
        )  # fmt: skip
        erased = erase(contact.pk, actor="Pat", door="page", at=timezone.now())
    assert erased.counts["pictures and files"] == 3
    work()
    assert there(plumber, file) == there(plumber, unsent) == [False, False]
    assert there(plumber, other) == there(dentist, theirs) == [True, True]
    gone = fresh(plumber, file)
    assert (gone.state, gone.sha256, gone.size, gone.file, gone.name) == ("gone", "", 0, "", "")
    assert fresh(plumber, waiting).provider_url == "" and reading.shown(gone).sentence
    with plumber.scope():
        assert not Attachment.objects.filter(pk=unsent.pk).exists()
    assert fresh(dentist, theirs).state == "stored"


def test_the_provider_is_asked_to_delete_its_own(plumber, work, pass_time, settings):
    from tests.providers.api import Reply, serving

    phone, file = with_picture(plumber)
    with serving() as api, plumber.scope():
        settings.TWILIO_API_BASE_URL = api.url
        row = Attachment.objects.get(pk=file.pk)
        row.provider_url = f"{api.url}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
        row.save(update_fields=["provider_url"])
        api.always(500, {"code": 20500, "message": "no", "status": 500})
        erase(Contact.objects.get(phone=phone).pk, actor="Pat", door="page", at=timezone.now())
        work()
        assert there(plumber, file) == [False, False] and fresh(plumber, file).provider_url
        api.say = lambda asked: Reply(204)
        pass_time(7200)
        work()
        asked = api.asked[-1]
        account = plumber.account_sid
        assert (asked.method, asked.path) == (
            "DELETE", f"/2010-04-01/Accounts/{account}/Messages/MM1/Media/ME1.json",
        )  # fmt: skip
        assert fresh(plumber, file).provider_url == ""


def test_a_file_that_comes_after_the_erasure_is_not_kept(plumber, twilio, work, stand_in, settings):
    from tenants import agenda
    from tests.providers.api import serving

    phone = a_caller()
    with serving() as store:
        settings.TWILIO_API_BASE_URL = store.url
        store.always(200, samples.picture())
        twilio.text(phone, "look", NumMedia="1", MediaUrl0=f"{store.url}/2010-04-01/M/ME1",
                    MediaContentType0="image/jpeg")  # fmt: skip
        agenda.run_due("realtime")
        with plumber.scope():
            erase(Contact.objects.get(phone=phone).pk, actor="Pat", door="page", at=timezone.now())
        work()
        assert store.asked == []
    with plumber.scope():
        assert [file.state for file in Attachment.objects.all()] == ["gone"]


def test_files_go_when_the_time_of_their_words_is_over_and_not_where_a_hold_covers_them(
    plumber, dentist, work
):
    old_phone, old = with_picture(plumber, 6 * YEAR)
    held_phone, held = with_picture(plumber, 6 * YEAR)
    _, young = with_picture(plumber, YEAR)
    _, theirs = with_picture(dentist, 6 * YEAR, phone=old_phone)
    with plumber.scope():
        holds.place(held_phone, "Case 1", "Counsel", timezone.now())
        plan = retention.plan(timezone.now())
        share = {each.what: each for each in plan.shares}["pictures and files"]
        assert (share.count, share.held) == (1, 1)
        counts = retention.purge(
            retention.current_limits(timezone.now()), door="command", actor="Pat"
        )
    assert counts["Files"] == 1
    work()
    gone = fresh(plumber, old)
    assert (gone.state, gone.file, gone.sha256) == ("gone", "", old.sha256)
    assert there(plumber, old) == [False, False]
    for biz, file in ((plumber, held), (plumber, young), (dentist, theirs)):
        assert fresh(biz, file).state == "stored" and there(biz, file) == [True, True]


def test_an_export_names_files_by_their_hash_and_no_secret_address(
    plumber, dentist, work, stand_in
):
    phone, file = with_picture(plumber)
    with_picture(dentist, phone=phone)
    with plumber.scope():
        contact = Contact.objects.get(phone=phone)
        sent = outgoing.upload(
            contact.conversation, samples.PDF, "estimate.pdf", member_id=plumber.owner.pk,
            business_id=plumber.business.pk, now=timezone.now(),
        )  # fmt: skip
        send_as(
            phone, "The estimate", author="person", author_name="Rosa", attachments=[str(sent.pk)]
        )
    work()
    with plumber.scope():
        Attachment.objects.filter(pk=file.pk).update(provider_url="https://api.twilio.com/secret")
        made = gather(phone, None, None, actor="Pat", door="command", at=timezone.now())
    with made.file, zipfile.ZipFile(made.file) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist()}
    lines = [
        json.loads(line)
        for name, content in files.items()
        if name.endswith(".jsonl")
        for line in content.splitlines()
    ]
    named = [each for line in lines for each in line.get("files", [])]
    assert {each["sha256"] for each in named} == {
        file.sha256,
        hashlib.sha256(samples.PDF).hexdigest(),
    }
    assert all(each["bytes"] and each["state"] == "stored" for each in named)
    assert b"api.twilio.com/secret" not in b"".join(files.values())


def test_the_words_and_addresses_of_every_providers_webhook_go():
    left = without_words({
        "Body": "x", "MediaUrl0": "u", "MessageSid": "SM1", "data.payload.text": "x",
        "data.payload.media.0.url": "u", "data.payload.id": "1", "data.payload.media.0.size": "9",
    })  # fmt: skip
    assert [name for name, value in left.items() if value] == [
        "MessageSid", "data.payload.id", "data.payload.media.0.size",
    ]  # fmt: skip
