"""Waiting work of the inbox that was given up: nobody is forgotten without a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from config.wiring import AGENDA_DEAD_HANDLERS, AGENDA_HANDLERS
from inbox import said
from inbox.agency.record import words as record_words
from inbox.models import Notice, Promise, Wait
from integrations import endpoints
from integrations.endpoints import Owner
from integrations.models import Endpoint
from messaging.models import Alert, Contact, Conversation, Message
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    AgendaItem,
    Business,
    BusinessImport,
    BusinessImportRow,
    Departure,
    Membership,
    ProviderStep,
    Stage,
    User,
)  # fmt: skip
from tests.support.hooks import a_caller


def died(biz, kind, subject):
    """Let a row of this kind be given up, as the drain does it after the last attempt."""
    row = AgendaItem.objects.create(
        lane="realtime", kind=kind, business_id=biz.business.pk, subject=str(subject),
        unique_key=f"death:{kind}", due_at=timezone.now(), attempts=agenda.MAX_ATTEMPTS,
        claimed_by="test",
    )  # fmt: skip
    item = agenda.Item(
        row.pk, row.lane, kind, biz.business.pk, biz.business.schema_name, str(subject),
        row.due_at, None, agenda.MAX_ATTEMPTS,
    )  # fmt: skip
    agenda.fail(item, RuntimeError("what broke"))
    assert AgendaItem.objects.get(pk=row.pk).state == "dead"


@pytest.fixture
def thread(plumber, twilio, work):
    """Somebody who wrote and waits."""
    twilio.text(a_caller(), "My boiler leaks")
    work()
    with plumber.scope():
        return Conversation.objects.select_related("contact").get()


def test_every_kind_of_the_inbox_has_a_word_for_its_death():
    kinds = {kind for kind in AGENDA_HANDLERS if kind.startswith("inbox.")}
    assert len(kinds) >= 8 and kinds <= set(AGENDA_DEAD_HANDLERS)
    assert all(callable(import_string(AGENDA_DEAD_HANDLERS[kind])) for kind in kinds)


@pytest.mark.parametrize(
    ("kind", "code"), [("inbox.wait", "LADDER_STUCK"), ("inbox.promise", "PROMISE_STUCK")]
)
def test_who_hangs_in_the_air_stands_in_to_do(plumber, dentist, thread, kind, code):
    now = timezone.now()
    with plumber.scope():
        promise = Promise.objects.create(
            conversation=thread, message="0" * 32, words="within 30 minutes", created_at=now,
            due_at=now + timedelta(minutes=30), warn_at=now + timedelta(minutes=20),
        )  # fmt: skip
        wait = Wait.objects.get()
    died(plumber, kind, wait.pk if kind == "inbox.wait" else promise.pk)
    with plumber.scope():
        alert = Alert.objects.get(code=code)
        assert alert.contact_id == thread.contact_id and alert.sentence and alert.fix
        found = Conversation.objects.get()
        assert found.escalated_at is not None and found.actionable_at is not None
        Wait.objects.update(ended_at=now, ended_how="closed", waited_seconds=1)
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_wait_that_is_over_has_nothing_to_say(plumber, thread):
    with plumber.scope():
        wait = Wait.objects.get()
        Wait.objects.update(ended_at=timezone.now(), ended_how="closed", waited_seconds=1)
    died(plumber, "inbox.wait", wait.pk)
    with plumber.scope():
        assert not Alert.objects.exists()


def test_a_snoozed_conversation_comes_back_all_the_same(plumber, dentist, thread):
    with plumber.scope():
        Conversation.objects.update(
            state="snoozed", snoozed_until=timezone.now() - timedelta(minutes=9)
        )
    died(plumber, "inbox.wake", thread.pk)
    with plumber.scope():
        found = Conversation.objects.get()
        assert found.state == "open" and found.actionable_at is not None
        assert Alert.objects.get().code == "SNOOZE_STUCK"
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_way_of_telling_that_failed_is_said_beside_the_notice(plumber, dentist, thread):
    now = timezone.now()
    with plumber.scope():
        notice = Notice.objects.create(
            key="x:email:1", kind="waiting", channel="email", user=plumber.owner.pk, created_at=now
        )
    died(plumber, "inbox.notice", notice.pk)
    with plumber.scope():
        notice.refresh_from_db()
        assert (notice.state, notice.reason) == ("failed", "Something of ours failed.")


def test_a_morning_that_failed_is_followed_by_another(plumber, dentist):
    died(plumber, "inbox.morning", "daily")
    with plumber.scope():
        assert Alert.objects.get().code == "MORNING_STUCK"
    again = AgendaItem.objects.filter(
        kind="inbox.morning", business_id=plumber.business.pk, state="waiting"
    )
    assert again.get().due_at > timezone.now()
    with dentist.scope():
        assert not Alert.objects.exists()


def test_a_missed_caller_nobody_looked_at(plumber, dentist, twilio, work):
    caller = twilio.call(a_caller())
    caller.arrives()
    caller.dial_ends("no-answer")
    caller.ends("completed", 20)
    work()
    with plumber.scope():
        call = Contact.objects.get().calls.get()
    died(plumber, "inbox.missed", call.pk)
    with plumber.scope():
        assert Alert.objects.get(code="CALLER_STUCK").contact_id == call.contact_id
        assert Message.objects.filter(direction="out").count() == 1
    with dentist.scope():
        assert not Alert.objects.exists()


@pytest.mark.parametrize(
    "kind", ["inbox.export_business", "inbox.drop_business", "inbox.forget_export"]
)
def test_a_leaving_that_failed_says_so_on_its_page(plumber, dentist, kind):
    now = timezone.now()
    mine, other = (
        Departure.objects.create(
            business=biz.business, asked_at=now, asked_by="Ann", was=Stage.LIVE, due_at=now
        )
        for biz in (plumber, dentist)
    )
    died(plumber, kind, mine.pk)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert "something of ours failed" in mine.problem and other.problem == ""
    Departure.objects.filter(pk=other.pk).update(undone_at=now)
    AgendaItem.objects.all().delete()
    died(dentist, kind, other.pk)
    other.refresh_from_db()
    assert other.problem == ""  # it stayed; nothing failed that anybody still wants


def test_a_repair_that_failed_can_be_asked_for_anew(plumber, dentist):
    now = timezone.now()
    mine, other = (
        ProviderStep.objects.create(business=biz.business, key="repair:x:1", changed_at=now)
        for biz in (plumber, dentist)
    )
    died(plumber, "inbox.repair_number", mine.pk)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == ("refused", "wanted") and "repair it again" in mine.problem


def test_a_business_that_did_not_go_live_by_itself_says_so(plumber, dentist):
    died(dentist, "inbox.publish", dentist.business.pk)  # somebody made it live meanwhile
    AgendaItem.objects.all().delete()
    Business.objects.filter(pk=plumber.business.pk).update(stage=Stage.DRAFT)
    died(plumber, "inbox.publish", plumber.business.pk)
    with plumber.scope():
        assert Alert.objects.get().code == "NOT_PUBLISHED"
    with dentist.scope():
        assert not Alert.objects.exists()


def test_counting_that_failed_is_tried_again(plumber, dentist):
    died(plumber, "inbox.health", "all")
    again = AgendaItem.objects.filter(kind="inbox.health", state="waiting")
    assert set(again.values_list("business", flat=True)) == {plumber.business.pk}


@pytest.mark.parametrize(
    "kind",
    [
        "integrations.sweep", "integrations.forget_tokens", "tenants.forget_requests",
        "tenants.check_domain", "imports.end", "playbooks.push",
    ],
)  # fmt: skip
def test_what_must_never_end_is_begun_again(kind, plumber, dentist):
    AgendaItem.objects.all().delete()
    soon = timezone.now() + timedelta(minutes=1)
    agenda.put(kind, "1", lane="housekeeping", business_id=None, due_at=soon)
    AgendaItem.objects.update(attempts=agenda.MAX_ATTEMPTS, claimed_by="test")
    row = AgendaItem.objects.get()
    item = agenda.Item(
        row.pk, row.lane, kind, None, "", "1", row.due_at, None, agenda.MAX_ATTEMPTS
    )  # fmt: skip
    agenda.fail(item, RuntimeError("what broke"))
    row = AgendaItem.objects.get()
    assert (row.state, row.attempts, row.claimed_by) == ("waiting", 0, "")
    assert row.due_at > timezone.now() and "what broke" in row.last_error


def test_whoever_left_an_agency_and_still_has_something_is_named(plumber, dentist, thread):
    gone = User.objects.create_user("gone@northwind.example", "x", name="Gone Girl")
    subject = f"{gone.pk}:{plumber.owner.pk}"
    died(dentist, "inbox.member_left", subject)  # nothing was theirs there
    AgendaItem.objects.all().delete()
    with plumber.scope():
        Conversation.objects.update(assignee=gone.pk)
    died(plumber, "inbox.member_left", subject)
    with plumber.scope():
        alert = Alert.objects.get(code="LEAVER_STUCK")
        assert alert.sentence.startswith("Gone Girl left") and alert.fix
        with translation.override("es"):
            assert said.said(alert.sentence).startswith("Gone Girl dejó la agencia")
    with dentist.scope():
        assert not Alert.objects.exists()


def test_whoever_is_back_meanwhile_left_nothing_behind(plumber, dentist, thread):
    with plumber.scope():
        Conversation.objects.update(assignee=plumber.owner.pk)
    died(plumber, "inbox.member_left", f"{plumber.owner.pk}:{plumber.owner.pk}")
    for biz in (plumber, dentist):
        with biz.scope():
            assert not Alert.objects.filter(code="LEAVER_STUCK").exists()


def test_an_owner_who_got_no_letter_about_a_webhook_stands_in_the_record(plumber, dentist):
    agency = plumber.business.agency
    boss = Membership.objects.get(agency=agency, role="agency_owner")
    hook = endpoints.make(Owner(agency=agency), "https://hooks.example/secret-path", [])
    died(plumber, "inbox.endpoint_off", f"{hook.pk}:{boss.pk}")
    assert not AgencyEntry.objects.exists()  # it is on again: nothing to tell
    Endpoint.objects.update(is_active=False)
    AgendaItem.objects.all().delete()
    died(plumber, "inbox.endpoint_off", f"{hook.pk}:{boss.pk}")
    entry = AgencyEntry.objects.get()
    assert (entry.agency_id, entry.action) == (agency.pk, "endpoint.untold")
    assert entry.detail["member"] == str(boss.user) and "secret-path" not in str(entry.detail)
    assert record_words.said(entry.action) != entry.action


def test_an_owner_of_a_file_who_was_not_invited_stands_beside_his_row(plumber, dentist):
    rows = [
        BusinessImportRow.objects.create(
            of=BusinessImport.objects.create(agency=biz.business.agency), line=2, cells=["x"],
            state="made", business=biz.business,
        )
        for biz in (plumber, dentist)
    ]  # fmt: skip
    died(plumber, "imports.invite", "owner")
    for row in rows:
        row.refresh_from_db()
    assert "could not be invited" in rows[0].problems["owner_email"] and rows[1].problems == {}
    entry = AgencyEntry.objects.get()
    assert (entry.business_id, entry.action) == (plumber.business.pk, "business.uninvited")
    assert record_words.said(entry.action) != entry.action


def test_a_filing_that_failed_says_so_where_it_stands(plumber, dentist):
    now = timezone.now()
    mine, other = (
        ProviderStep.objects.create(
            business=biz.business, key="tollfree.verify:+18005550100", changed_at=now
        )
        for biz in (plumber, dentist)
    )
    died(plumber, "messaging.register_sender", "tollfree.verify:+18005550100")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.problem.startswith("Something of ours failed") and mine.state == "wanted"
    assert other.problem == ""
