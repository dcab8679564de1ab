"""Support's search and its traces: what is found, what is hidden, what is written down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import set_urlconf
from django.utils import timezone

from billing.models import UsageRecord
from calls.models import Call
from inbox.support import across, finding
from inbox.support.asking import read
from inbox.support.masking import number, text, value
from messaging.models import AuditEntry, Message
from tenants.models import ProviderEvent, SupportEntry
from tests.admin.conftest import Support, allow
from tests.support.hooks import a_caller


@pytest.fixture
def texted(twilio, stand_in, work):
    """A missed call of the plumber's that was texted back: (caller, call's id, text's id)."""
    caller = a_caller()
    call = twilio.call(caller)
    call.dial_ends("no-answer")
    work()
    callback = stand_in.requests[-1]["form"]["StatusCallback"]
    sid = stand_in.requests[-1]["sid"]
    twilio.receipt(callback, "delivered", sid)
    twilio.text(caller, "Yes please, my sink leaks.")
    work()
    return caller, call.sid, sid


def find(support, q, **more):
    return support.post("find/", {"q": q, **more}, 200)


@pytest.mark.parametrize(
    "written",
    ["+1{a}{b}{c}", "({a}) {b}-{c}", "1-{a}-{b}-{c}", "{a}.{b}.{c}", "tel:+1{a}{b}{c}", "{a} {b} {c} ext 4"],
)  # fmt: skip
def test_a_number_in_any_writing_finds_the_business_and_its_calls(
    written, texted, support, plumber, dentist
):
    caller = texted[0]
    typed = written.format(a=caller[2:5], b=caller[5:8], c=caller[8:])
    page = find(support, typed)
    assert plumber.business.name in page and dentist.business.name not in page.partition("<ul")[2]
    with plumber.scope():
        call = Call.objects.get()
    assert f"/admin/trace/{plumber.business.pk}/call/{call.pk}/" in page
    entry = SupportEntry.objects.get()
    assert (entry.action, entry.detail["kind"], entry.user) == ("search", "number", support.user)
    assert entry.subject and caller not in str(entry.__dict__) and caller[2:] not in entry.subject


def test_ids_find_the_call_and_the_text(texted, support, plumber, dentist):
    _, call_sid, text_sid = texted
    with plumber.scope():
        call, message = Call.objects.get(), Message.objects.get(direction="out")
    assert f"/call/{call.pk}/" in find(support, call_sid)
    for given in (text_sid, str(message.pk)):
        assert f"/text/{message.pk}/" in find(support, given)
    # A call's own number counts within a business only.
    assert "choose one" in find(support, str(call.pk))
    assert f"/call/{call.pk}/" in find(support, str(call.pk), business=plumber.business.pk)
    assert f"/trace/{dentist.business.pk}/" not in find(
        support, str(call.pk), business=dentist.business.pk
    )


def test_members_businesses_agencies_and_outside_ids_are_found(support, plumber, dentist):
    plumber.business.external_id = "crm-000012345"
    plumber.business.save(update_fields=["external_id"])
    for typed in (
        plumber.owner.email.upper(), plumber.host, plumber.schema, plumber.business.name[:6].lower(),
        "crm-000012345", plumber.number, plumber.business.agency.name, str(plumber.business.pk),
    ):  # fmt: skip
        page = find(support, typed).partition('<ul class="support-list"')[2]
        assert plumber.business.name in page, typed
        assert dentist.business.name not in page, typed
    plumber.business.external_id = ""
    plumber.business.save(update_fields=["external_id"])
    assert "Type what you look for" in find(support, "  ")
    assert "Nothing was found" in find(support, "+13125559999")
    assert "Nothing was found" in find(support, "<script>alert(1)</script>")
    assert "<script>alert" not in find(support, "<script>alert(1)</script>")


def test_a_search_that_runs_out_of_time_says_where_it_stopped(texted, plumber, dentist):
    looked = across.ask("SELECT id FROM {schema}.messaging_contact", [], budget=0)
    assert (looked.rows, looked.asked) == ((), 0)
    assert "Stopped after 0 of 2" in looked.stopped
    # What the public floor hints at is asked whatever the time.
    set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
    try:
        found = finding.find(read(texted[0]), budget=0)
    finally:
        set_urlconf(None)
    assert any(hit.what == "Call" and hit.business == plumber.business for hit in found.hits)
    assert not [hit for hit in found.hits if hit.business == dentist.business]


def test_a_search_that_stopped_goes_on_until_everybody_was_asked(
    texted, support, plumber, dentist, monkeypatch
):
    """One business a statement and no time at all: each page asks one more, and the last finds it."""
    monkeypatch.setattr(across, "_AT_ONCE", 1)
    monkeypatch.setattr(across.ask, "__kwdefaults__", across.ask.__kwdefaults__ | {"budget": 0})
    monkeypatch.setattr(finding.find, "__kwdefaults__", finding.find.__kwdefaults__ | {"budget": 0})
    ProviderEvent.objects.all().delete()  # nothing on the public floor says whose it was
    UsageRecord.objects.all().delete()
    caller, call_sid, text_sid = texted
    last = min((plumber, dentist), key=lambda biz: biz.business.pk)
    for typed in (caller, call_sid, text_sid):
        page, pages = find(support, typed), 0
        seen = page
        while below := re.search(r'name="below" value="(\d+)"', page):
            assert "Stopped after" in page
            page, pages = find(support, typed, below=below[1]), pages + 1
            seen += page
            assert pages <= 2
        assert pages == 2 and "Stopped after" not in page, "the last of them was asked"
        assert f"/admin/trace/{plumber.business.pk}/call/" in seen or (
            f"/admin/trace/{plumber.business.pk}/text/" in seen
        )
        assert f"/admin/trace/{dentist.business.pk}/" not in seen
    assert across.ask("SELECT 1", [], below=last.business.pk).of == 0
    assert "Stopped after 0 of 2" in find(support, caller, below="x; DROP"), "from the start"


def test_a_trace_has_every_link_and_hides_people(texted, support, plumber, dentist):
    caller = texted[0]
    with plumber.scope():
        call, message = Call.objects.get(), Message.objects.get(direction="out")
    page = support.get(f"trace/{plumber.business.pk}/call/{call.pk}/")
    states = re.findall(r'<li class="is-(\w+)"><span class="support-chain__head"', page)
    assert states == ["there"] * 8
    assert re.search(r"\+\d+ ms", page)
    assert caller not in page and caller[2:] not in page and "sink leaks" not in page
    assert number(caller) in page and call.receipt["sentence"] in page
    other = support.get(f"trace/{plumber.business.pk}/text/{message.pk}/")
    assert caller not in other and "The call behind it" in other
    # The same numbers of another business are not there.
    support.get(f"trace/{dentist.business.pk}/call/{call.pk}/", 404)
    support.get(f"trace/{dentist.business.pk}/text/{message.pk}/", 404)


def test_in_full_needs_a_right_and_a_reason_and_the_owner_can_read_it(
    texted, support, plumber, dentist
):
    caller = texted[0]
    with plumber.scope():
        call = Call.objects.get()
    path = f"trace/{plumber.business.pk}/call/{call.pk}/"
    assert caller not in support.post(path, {"reason": "Ticket 4711, no text"}, 403)
    allow(support.user, "see_numbers")
    assert "Say why" in support.post(path, {"reason": " x "}, 422)
    assert not SupportEntry.objects.exists()
    page = support.post(path, {"reason": "Ticket 4711, no text"}, 200)
    assert caller in page and "sink leaks" in page
    entry = SupportEntry.objects.get()
    assert (entry.action, entry.reason) == ("trace.full", "Ticket 4711, no text")
    with plumber.scope():
        told = AuditEntry.objects.get(action="support.trace")
        assert "Sam" in told.actor and told.detail["reason"] == "Ticket 4711, no text"
    with dentist.scope():
        assert not AuditEntry.objects.exists()


def test_a_missing_receipt_is_said_plainly(twilio, stand_in, work, support, plumber):
    twilio.call().dial_ends("no-answer")
    work()
    with plumber.scope():
        message = Message.objects.get()
        long_ago = timezone.now() - timedelta(hours=1)
        Message.objects.filter(pk=message.pk).update(sent_at=long_ago, created_at=long_ago)
    page = support.get(f"trace/{plumber.business.pk}/call/{message.call}/")
    assert "No receipt since" in page


def test_only_support_opens_these_pages(texted, plumber):
    with plumber.scope():
        call = Call.objects.get()
    for person in (None, plumber.owner):
        visitor = Support(person)
        for path in ("find/", f"trace/{plumber.business.pk}/call/{call.pk}/"):
            for way in (visitor.client.get, visitor.client.post):
                answer = way(f"/admin/{path}", headers={"host": "localhost"})
                assert answer.status_code == 302
    assert not SupportEntry.objects.exists()


def test_the_record_cannot_be_changed(support, plumber):
    from django.db import IntegrityError, transaction

    find(support, plumber.host)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportEntry.objects.update(actor="Nobody")
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportEntry.objects.all().delete()


def test_masking():
    assert number("+13125560142") == "+1312•••••42"
    assert number("anonymous") == "anonymous"
    assert number("+13125550100", {"+13125550100"}) == "+13125550100"
    assert text("Call 3125560142 or (312) 556-0142.") == "Call +1312•••••42 or +1312•••••42."
    told = value({"Body": "my secret", "To": "+13125560142", "at": "2026-11-22 12:00:01", "n": 5})
    assert told == {
        "Body": "9 characters, hidden", "To": "+1312•••••42", "at": "2026-11-22 12:00:01", "n": 5,
    }  # fmt: skip
