"""The digest: each morning at the business's own hour, to who wants it, never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from calls.models import Call
from inbox.models import InboxPolicy, MemberSettings, Notice, Promise, PushSubscription, Wait
from inbox.notices import digest, morning
from messaging.models import Contact, Message
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem, Business
from tests.inbox.conftest import a_member
from tests.support.hooks import a_caller

CHICAGO = ZoneInfo("America/Chicago")


def test_the_hour_is_the_business_clocks_whatever_it_did_that_night():
    at = time(8)
    before = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)  # Saturday 9:00; the clocks go forward
    assert digest.next_morning(at, CHICAGO, before) == datetime(2026, 3, 8, 13, 0, tzinfo=UTC)
    autumn = datetime(2026, 10, 31, 14, 0, tzinfo=UTC)
    assert digest.next_morning(at, CHICAGO, autumn) == datetime(2026, 11, 1, 14, 0, tzinfo=UTC)
    left_out = digest.moment(date(2026, 3, 8), time(2, 30), CHICAGO)
    assert left_out == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    twice = digest.moment(date(2026, 11, 1), time(1, 30), CHICAGO)
    assert twice == datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "the first of the two"
    begins = [digest.moment(date(2026, 11, day), time(0), CHICAGO) for day in (1, 2)]
    assert begins[1] - begins[0] == timedelta(hours=25)


@pytest.fixture(autouse=True)
def noon(request):
    """Put the plumber where it is noon just now: the hours around it are of one day there."""
    if "plumber" not in request.fixturenames:
        yield
        return
    business = request.getfixturevalue("plumber").business
    before, ahead = business.timezone, 12 - timezone.now().hour
    business.timezone = f"Etc/GMT{-ahead:+d}"  # these names count the other way round
    Business.objects.filter(pk=business.pk).update(timezone=business.timezone)
    yield
    business.timezone = before
    Business.objects.filter(pk=business.pk).update(timezone=before)


@pytest.fixture
def yesterday(plumber):
    """A missed call and a text of yesterday, somebody who waits, and a promise for today."""
    zone = ZoneInfo(plumber.business.timezone)
    today = timezone.now().astimezone(zone).date()
    at = digest.moment(today - timedelta(days=1), time(15), zone)
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), at, "Maria")
        thread = touch_conversation(contact.pk, at=at, line="Leak", direction="in", unread=1)
        Call.objects.create(
            provider="twilio", provider_id="CA1", contact=contact, caller=contact.phone,
            our_number=plumber.number, started_at=at, outcome="missed", decision="send",
            missed_because="no_answer",
        )  # fmt: skip
        Message.objects.create(
            conversation_id=thread, direction="in", status="received", author="contact",
            body="Leak", our_number=plumber.number, their_number=contact.phone, provider="twilio",
            provider_id="SM1", created_at=at,
        )  # fmt: skip
        Wait.objects.create(conversation_id=thread, kind="reply", began_at=at, target_seconds=900,
                            due_at=at)  # fmt: skip
        Promise.objects.create(
            conversation_id=thread, message="00000000-0000-0000-0000-000000000001",
            words="see http://evil.example", due_at=timezone.now(), warn_at=at, created_at=at,
        )  # fmt: skip
    return contact


def set_hour(biz, hours_ago=0.5, **more):
    """Set the digest's hour to so long ago, and its row due."""
    zone = ZoneInfo(biz.business.timezone)
    local = timezone.now().astimezone(zone) - timedelta(hours=hours_ago)
    with biz.scope():
        InboxPolicy.objects.update_or_create(
            one=True, defaults={"digest_at": local.time().replace(second=0, microsecond=0), **more}
        )
        morning.plan(biz.business, timezone.now())
    AgendaItem.objects.filter(kind=morning.KIND, business_id=biz.business.pk).update(
        due_at=timezone.now()
    )


def test_yesterday_is_told_once_to_who_wants_it(plumber, dentist, yesterday, work):
    ada = a_member(plumber, "agent", "Ada")
    with plumber.scope():
        MemberSettings.objects.create(user=ada.pk, notices={"digest": False})
    set_hour(plumber)
    work()
    agency = "agency@northwind.example"
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([agency, plumber.owner.email])
    body = mail.outbox[0].body
    assert "1 missed call (1 texted back) and 1 text in" in body
    assert "Maria waits since" in body and "Promised to Maria" in body and "evil" not in body
    AgendaItem.objects.filter(kind=morning.KIND).update(due_at=timezone.now())
    work()
    assert len(mail.outbox) == 2, "never twice a day"
    next_time = AgendaItem.objects.get(kind=morning.KIND, business_id=plumber.business.pk).due_at
    assert timedelta(hours=20) < next_time - timezone.now() < timedelta(hours=25)
    with dentist.scope():
        assert not Notice.objects.exists()


def test_a_quiet_day_is_not_told(plumber, work):
    set_hour(plumber)
    work()
    assert mail.outbox == []
    with plumber.scope():
        assert not Notice.objects.exists()


def test_switched_off_or_hours_late_it_is_not_told(plumber, yesterday, work):
    set_hour(plumber, digest_on=False)
    work()
    assert mail.outbox == []
    set_hour(plumber, hours_ago=5, digest_on=True)
    work()
    assert mail.outbox == []


def test_staff_phones_and_tests_are_no_callers(plumber, yesterday, work):
    with plumber.scope():
        yesterday.conversation.hidden = "staff"
        yesterday.conversation.save(update_fields=["hidden"])
        found = digest.gather(ZoneInfo(plumber.business.timezone), timezone.now())
        assert (found.missed, found.texts_in, found.waiting_count) == (0, 0, 0)


def test_old_notices_and_strangers_browsers_are_forgotten(plumber, dentist, work):
    with plumber.scope():
        for key, days in (("old", 91), ("new", 89)):
            Notice.objects.create(key=key, kind="test", channel="live",
                                  created_at=timezone.now() - timedelta(days=days))  # fmt: skip
        PushSubscription.objects.create(user=dentist.owner.pk, endpoint="x", endpoint_hash="x",
                                        keys="{}", created_at=timezone.now())  # fmt: skip
    set_hour(plumber)
    work()
    with plumber.scope():
        assert list(Notice.objects.values_list("key", flat=True)) == ["new"]
        assert not PushSubscription.objects.exists()


def test_whoever_is_erased_is_named_in_no_notice(plumber, yesterday):
    from messaging.forgetting import Person

    with plumber.scope():
        notice = Notice.objects.create(
            key="k", kind="waiting", channel="live", title="Maria waits", body="Leak",
            conversation=yesterday.conversation, created_at=timezone.now(),
        )  # fmt: skip
        person = Person(yesterday.pk, plumber.business.pk, "x", timezone.now())
        assert morning.erase(person)["notices"] == 1
        notice.refresh_from_db()
        assert (notice.title, notice.body) == ("", "")
        assert Contact.objects.filter(pk=yesterday.pk).exists()


def test_every_business_has_its_morning_after_an_update(plumber, dentist):
    morning.prepared()
    morning.prepared()
    rows = AgendaItem.objects.filter(kind=morning.KIND)
    assert {plumber.business.pk, dentist.business.pk} <= set(
        rows.values_list("business_id", flat=True)
    )
    assert rows.count() == len(set(rows.values_list("business_id", flat=True)))
