"""Support's admin on the public host."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.utils import timezone

from tenants.events import mark_failed
from tenants.models import (
    Agency,
    AgendaItem,
    ApiKey,
    Business,
    Membership,
    PhoneNumber,
    ProviderAccount,
    ProviderEvent,
    SupportEntry,
    User,
)
from tests.admin.conftest import Support, allow
from tests.support.hooks import a_sid

TABLES = [
    "agency", "business", "apikey", "phonenumber", "provideraccount", "user", "membership",
    "providerevent", "agendaitem",
]  # fmt: skip


def an_event(biz, state="processed", **more):
    sid = a_sid()
    return ProviderEvent.objects.create(
        **{
            "provider": "twilio", "kind": "voice", "subject": sid, "dedupe_key": sid,
            "business": biz.business if biz else None, "state": state,
            "params": {"From": "+13125560142", "CallSid": sid}, "received_at": timezone.now(),
            **more,
        }
    )  # fmt: skip


def an_item(biz, seconds=0.0, **more):
    return AgendaItem.objects.create(
        **{
            "lane": "realtime", "kind": "calls.voice_event", "business": biz.business,
            "subject": "1", "unique_key": a_sid("t"),
            "due_at": timezone.now() - timedelta(seconds=seconds), **more,
        }
    )  # fmt: skip


def test_every_table_every_row_and_every_form_opens(support, plumber):
    an_event(plumber)
    an_item(plumber)
    support.get("")
    for table in TABLES:
        page = support.get(f"tenants/{table}/")
        row = re.search(rf"/admin/tenants/{table}/(\d+)/change/", page)
        assert row, table
        support.get(f"tenants/{table}/{row[1]}/change/")
        support.get(f"tenants/{table}/{row[1]}/history/")
        lets_in = table in ("apikey", "user", "membership")
        read_only = table in ("providerevent", "agendaitem")
        support.get(f"tenants/{table}/add/", 403 if read_only or lets_in else 200)
        if table in ("user", "membership"):
            support.post(f"tenants/{table}/{row[1]}/change/", {"name": "x"}, 403)
    allow(support.user, "give_access")
    for table in ("apikey", "user", "membership"):
        support.get(f"tenants/{table}/add/")
    for path in ("billing/usagerecord/", "admin/logentry/", "search/?s=agency"):
        support.get(path)


def test_only_platform_support_comes_in(plumber, world):
    for person in (None, plumber.owner, User.objects.get(email="agency@northwind.example")):
        for host in ("localhost", plumber.host):
            visitor = Support(person, host)
            for path in ("", "tenants/business/", "messaging/message/"):
                answer = visitor.client.get(f"/admin/{path}", headers={"host": host})
                assert answer.status_code in (302, 404)
                assert plumber.business.name not in answer.content.decode()


def test_nothing_can_be_deleted(support, plumber):
    an_event(plumber)
    an_item(plumber)
    for table in TABLES:
        page = support.get(f"tenants/{table}/")
        pk = re.search(rf"/admin/tenants/{table}/(\d+)/change/", page)[1]
        assert "delete_selected" not in page
        support.get(f"tenants/{table}/{pk}/delete/", 403)
        support.post(f"tenants/{table}/{pk}/delete/", {"post": "yes"}, 403)


def test_a_token_goes_in_and_never_comes_out(support, plumber, dentist):
    account = ProviderAccount.objects.get(account_sid=plumber.account_sid)
    path = f"tenants/provideraccount/{account.pk}/change/"
    pages = [support.get(path), support.post(path, {"provider": "twilio", "new_token": "fresh-1"})]
    account.refresh_from_db()
    assert (account.auth_token, account.previous_auth_token) == ("fresh-1", plumber.token)
    support.post(path, {"provider": "twilio", "new_token": ""})
    account.refresh_from_db()
    assert (account.auth_token, account.previous_auth_token) == ("fresh-1", plumber.token)
    pages += [
        support.get(path),
        support.get("tenants/provideraccount/"),
        support.get(path[:-7] + "history/"),
    ]
    for page in pages:
        assert "fresh-1" not in page and plumber.token not in page
        assert "gAAAA" not in page
    assert ProviderAccount.objects.get(account_sid=dentist.account_sid).auth_token == dentist.token
    agency = Agency.objects.get(pk=plumber.business.agency_id)
    new = {"agency": agency.pk, "provider": "twilio", "account_sid": "AC9", "new_token": ""}
    assert "needs the token" in support.post("tenants/provideraccount/add/", new, 200)
    support.post("tenants/provideraccount/add/", {**new, "new_token": "first"})
    assert ProviderAccount.objects.get(account_sid="AC9").auth_token == "first"


def test_a_business_is_brought_live_by_the_form(support, plumber):
    form = {
        "agency": plumber.business.agency_id, "name": "Harbor Law", "timezone": "America/New_York",
        "playbook": "legal", "number": "+13055550100", "provider": "twilio",
        "account_sid": "AC" + "7" * 32, "auth_token": "t", "owner_email": "law@harbor.example",
        "forward_to": "+13055550190, +13055550191",
    }  # fmt: skip
    for field, value, sentence in (
        ("number", plumber.number, "already belongs"),
        ("number", "nonsense", "expected a number"),
        ("forward_to", "+13055550100", "cannot ring itself"),
        ("account_sid", "not an id!", "account id"),
        ("timezone", "Mars/Base", "Select a valid choice"),
    ):
        page = support.post("tenants/business/add/", {**form, field: value}, 200)
        assert sentence in page, field
        assert not Business.objects.filter(name="Harbor Law").exists()
    page = support.post("tenants/business/add/", form)
    business = Business.objects.get(name="Harbor Law")
    key = re.search(r"rb_[0-9a-f]{10}_[\w-]+", page)[0]
    assert ApiKey.find(key, timezone.now()).business_id == business.pk
    assert key not in support.get(f"tenants/business/{business.pk}/change/")
    number = PhoneNumber.objects.get(business=business)
    assert number.staff_numbers == ["+13055550190", "+13055550191"]
    assert LogEntry.objects.filter(object_id=str(business.pk), action_flag=1).exists()
    assert "harbor-law.localhost" in support.get("tenants/business/")
    Support(support.user, "harbor-law.localhost").get("messaging/messagetemplate/")


def test_sending_is_suspended_and_resumed_by_a_button_that_posts(support, plumber):
    path = f"tenants/business/{plumber.business.pk}/"
    support.get(path + "suspend/")
    plumber.business.refresh_from_db()
    assert plumber.business.suspended_at is None  # looking is not pressing
    support.post(path + "suspend/", {"_form_submitted": "on"}, 200)
    plumber.business.refresh_from_db()
    assert plumber.business.suspended_at is not None
    assert "Suspended" in support.get("tenants/business/")
    support.post(path + "resume/", {"_form_submitted": "on"}, 200)
    plumber.business.refresh_from_db()
    assert plumber.business.suspended_at is None


def test_a_key_is_shown_once_and_can_be_revoked(support, plumber):
    allow(support.user, "give_access")
    page = support.post("tenants/apikey/add/", {"business": plumber.business.pk, "name": "CRM"})
    plain = re.search(r"rb_[0-9a-f]{10}_[\w-]+", page)[0]
    key = ApiKey.find(plain, timezone.now())
    assert key.name == "CRM"
    for path in ("tenants/apikey/", f"tenants/apikey/{key.pk}/change/"):
        page = support.get(path)
        assert f"rb_{key.prefix}_…" in page
        assert plain not in page and key.key_hash not in page
    support.post("tenants/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.find(plain, timezone.now()) is None
    assert ApiKey.find(plumber.api_key, timezone.now()) is not None


def test_webhooks_are_found_shown_and_processed_again(support, plumber):
    done, failed = an_event(plumber), an_event(plumber, "failed", kind="messaging", note="Broke.")
    stranger = an_event(None, "unroutable")
    assert done.subject in support.get("tenants/providerevent/", q=done.subject)
    found = support.get("tenants/providerevent/", state__exact="failed", kind__exact="messaging")
    assert failed.subject in found and done.subject not in found
    page = support.get(f"tenants/providerevent/{done.pk}/change/")
    assert "+1312•••••42" in page and "+13125560142" not in page
    allow(support.user, "see_numbers", "replay_webhooks")
    assert "+13125560142" in support.get(f"tenants/providerevent/{done.pk}/change/")
    assert SupportEntry.objects.get().action == "webhook.full"
    path = f"tenants/providerevent/{done.pk}/this_again/"
    support.get(path)
    assert not AgendaItem.objects.exists()  # looking is not pressing
    support.post(path, {"_form_submitted": "on"}, 200)
    item = AgendaItem.objects.get()
    assert (item.kind, item.subject, item.lane) == ("calls.voice_event", str(done.pk), "realtime")
    page = support.post(
        "tenants/providerevent/",
        {"action": "again", "_selected_action": [failed.pk, stranger.pk]},
    )
    assert "belongs to no business" in page
    assert AgendaItem.objects.filter(subject=str(failed.pk)).exists()
    assert AgendaItem.objects.count() == 2


def test_buttons_are_for_support_only(plumber, world):
    event = an_event(plumber)
    visitor = Support(plumber.owner)
    for path in (
        f"tenants/providerevent/{event.pk}/this_again/",
        f"tenants/business/{plumber.business.pk}/suspend/",
    ):
        answer = visitor.client.post(
            f"/admin/{path}", {"_form_submitted": "on"}, headers={"host": "localhost"}
        )
        assert answer.status_code in (302, 403)
    assert not AgendaItem.objects.exists()
    plumber.business.refresh_from_db()
    assert plumber.business.suspended_at is None


def test_the_agenda_is_sorted_by_how_it_stands_and_asked_again(support, plumber):
    allow(support.user, "settle_agenda")
    rows = {
        "due": an_item(plumber, 5), "late": an_item(plumber, 90), "waiting": an_item(plumber, -600),
        "held": an_item(plumber, -10, claimed_by="host:1"),
        "dead": an_item(plumber, 900, state="dead", attempts=8, last_error="ValueError: x"),
    }  # fmt: skip

    def shown(standing):
        page = support.get("tenants/agendaitem/", standing=standing)
        return {n for n, row in rows.items() if f"/agendaitem/{row.pk}/change/" in page}

    assert shown("due") == {"due", "late"}
    assert shown("late") == {"late"}
    assert shown("waiting") == {"waiting"}
    assert shown("held") == {"held"}
    assert shown("dead") == {"dead"}
    assert shown("") == set(rows)
    chosen = [row.pk for row in rows.values()]
    page = support.post("tenants/agendaitem/", {"action": "ask_again", "_selected_action": chosen})
    assert "4 due now. 1 left to the worker" in page
    now = timezone.now()
    for name, row in rows.items():
        row.refresh_from_db()
        if name == "held":
            assert (row.claimed_by, row.due_at > now) == ("host:1", True)
        else:
            assert (row.state, row.attempts, row.due_at <= now) == ("waiting", 0, True)


def test_a_person_is_made_and_made_inactive_whatever_the_case(support, plumber):
    allow(support.user, "give_access")
    support.post(
        "tenants/user/add/",
        {"email": "New.Person@Example.com", "name": "New", "usable_password": "true",
         "password1": "a long sentence 7", "password2": "a long sentence 7"},
    )  # fmt: skip
    user = User.objects.get(email="new.person@example.com")
    assert user.check_password("a long sentence 7")
    again = {"email": "NEW.PERSON@example.com", "usable_password": "false"}
    assert "already exists" in support.post("tenants/user/add/", again, 200)
    support.post(
        f"tenants/user/{user.pk}/change/",
        {"email": user.email, "name": "New", "timezone": "", "is_superuser": "on"},
    )
    user.refresh_from_db()
    assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)
    support.get(f"tenants/user/{user.pk}/password/")


def test_a_place_must_fit_its_role(support, plumber):
    allow(support.user, "give_access")
    form = {"user": plumber.owner.pk, "agency": plumber.business.agency_id, "business": ""}
    page = support.post(
        "tenants/membership/add/", {**form, "role": "agent", "is_active": "on"}, 200
    )
    assert "membership_place_fits_role" in page
    support.post("tenants/membership/add/", {**form, "role": "agency_member", "is_active": "on"})
    place = Membership.objects.get(user=plumber.owner, agency__isnull=False)
    assert place.role == "agency_member"


@pytest.mark.parametrize(
    ("staff", "sentence"),
    [
        ("nonsense", "expected a number"),
        ("+13125550100", "cannot ring itself"),
        (", ".join(f"+1312555{n:04d}" for n in range(200, 211)), "At most 10"),
    ],
)
def test_a_number_with_impossible_staff_phones_is_refused(
    staff, sentence, support, plumber, dentist
):
    number = PhoneNumber.objects.get(e164=plumber.number)
    path = f"tenants/phonenumber/{number.pk}/change/"
    form = {
        "account": number.account_id, "is_active": "on", "answering": "staff_first",
        "ring_seconds": 25, "press_one": "on", "greeting": "", "voicemail": "on",
        "ring_order": "at_once", "consent_digit": "1",
    }  # fmt: skip
    assert sentence in support.post(path, {**form, "staff_numbers": staff}, 200)
    theirs = ProviderAccount.objects.get(account_sid=dentist.account_sid)
    fine = {**form, "staff_numbers": "+13125550190"}
    assert "another agency" in support.post(path, {**fine, "account": theirs.pk}, 200)
    support.post(path, fine)
    number.refresh_from_db()
    assert (number.ring_seconds, number.staff_numbers) == (25, ["+13125550190"])


def test_onboarding_leaves_nothing_when_the_form_is_refused(support, plumber, monkeypatch):
    form = {
        "agency": plumber.business.agency_id, "name": "Harbor Law", "timezone": "America/New_York",
        "playbook": "legal", "number": "+13055550100", "provider": "twilio",
        "account_sid": "AC" + "7" * 32, "auth_token": "t", "owner_email": "law@harbor.example",
        "forward_to": "",
    }  # fmt: skip

    def never(self):
        raise ValidationError("Not on a Friday.")

    with monkeypatch.context() as friday:
        friday.setattr(Business, "clean", never)
        assert "Not on a Friday." in support.post("tenants/business/add/", form, 200)
    assert not Business.objects.filter(name="Harbor Law").exists()
    assert not User.objects.filter(email="law@harbor.example").exists()
    other = {**form, "account_sid": plumber.account_sid}
    page = support.post("tenants/business/add/", other, 200)
    assert "not the token we have for this account" in page
    assert not Business.objects.filter(name="Harbor Law").exists()
    assert "rb_" in support.post("tenants/business/add/", form)


def test_a_time_zone_is_chosen_not_written(support, plumber):
    allow(support.user, "give_access")
    path = f"tenants/user/{plumber.owner.pk}/change/"
    form = {"email": plumber.owner.email, "name": "Pat", "is_active": "on"}
    assert "Select a valid choice" in support.post(path, {**form, "timezone": "Chicago"}, 200)
    support.post(path, {**form, "timezone": "America/Denver"})
    plumber.owner.refresh_from_db()
    assert plumber.owner.timezone == "America/Denver"
    User.objects.filter(pk=plumber.owner.pk).update(timezone="")


@pytest.mark.parametrize("zone", ["Mars/Base", "America", "../x", "America/Denver"])
def test_a_wrong_time_zone_costs_nobody_the_inbox(zone, plumber):
    User.objects.filter(pk=plumber.owner.pk).update(timezone=zone)
    try:
        answer = Support(plumber.owner).client.get("/", headers={"host": plumber.host})
    finally:
        User.objects.filter(pk=plumber.owner.pk).update(timezone="")
    assert answer.status_code == 200


def unroutable(biz, kind="voice", **params):
    account = ProviderAccount.objects.get(account_sid=biz.account_sid)
    sid = a_sid()
    params = {"From": "+13125560142", "To": biz.number, "CallSid": sid, **params}
    return an_event(
        None, "unroutable", kind=kind, account=account, params=params,
        subject=params.get("ParentCallSid", sid), note="No active number of ours.",
    )  # fmt: skip


def test_a_webhook_nobody_could_have_is_processed_once_the_number_is_there(
    support, plumber, dentist
):
    allow(support.user, "replay_webhooks")
    PhoneNumber.objects.filter(e164=plumber.number).update(is_active=False)
    arrival = unroutable(plumber)
    staff_leg = unroutable(
        plumber, "voice.screen", To=plumber.staff, ParentCallSid=arrival.subject, Digits="1"
    )
    foreign = unroutable(dentist, To=plumber.number)
    events = [arrival, staff_leg, foreign]
    wish = {"action": "again", "_selected_action": [event.pk for event in events]}
    assert "belongs to no business" in support.post("tenants/providerevent/", wish)
    assert not AgendaItem.objects.exists()
    PhoneNumber.objects.filter(e164=plumber.number).update(is_active=True)
    page = support.post("tenants/providerevent/", wish)
    assert "2 on the agenda again" in page
    assert set(AgendaItem.objects.values_list("subject", "business_id")) == {
        (str(event.pk), plumber.business.pk) for event in (arrival, staff_leg)
    }
    for event in events:
        event.refresh_from_db()
    assert (arrival.state, arrival.business_id, arrival.note) == ("stored", plumber.business.pk, "")
    assert staff_leg.business_id == plumber.business.pk
    assert (foreign.state, foreign.business_id) == ("unroutable", None)  # signed by another account


def test_a_webhook_that_was_given_up_says_so(support, plumber):
    allow(support.user, "replay_webhooks")
    waiting, done = an_event(plumber, "stored"), an_event(plumber)
    for event in (waiting, done):
        mark_failed(str(event.pk), f"ValueError: bad \x00 \udc00 {'x' * 900}")
        event.refresh_from_db()
    mark_failed("not-a-number", "")
    assert (waiting.state, done.state) == ("failed", "processed")
    assert waiting.note.startswith("ValueError: bad  ? x") and len(waiting.note) <= 500
    assert "Processing failed" in support.get("tenants/providerevent/", state__exact="failed")
    support.post("tenants/providerevent/", {"action": "again", "_selected_action": [waiting.pk]})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.note) == ("stored", "")


def test_support_sets_what_the_business_s_own_page_sets_by_the_same_rules(
    support, plumber, dentist
):
    number = PhoneNumber.objects.get(e164=plumber.number)
    path = f"tenants/phonenumber/{number.pk}/change/"
    fine = {
        "account": number.account_id, "is_active": "on", "answering": "by_hours", "label": "Main",
        "staff_numbers": "+13125550190", "ring_order": "in_order", "ring_seconds": 25,
        "press_one": "on", "greeting": "We open {next_open}.", "voicemail": "on",
        "posture": "press_one", "consent_digit": "5", "emergency_digit": "9",
        "emergency_number": "+13125550199",
    }  # fmt: skip
    for field, value, sentence in (
        ("greeting", "Hi {caller}", "There is no field {caller}"),
        ("emergency_digit", "5", "already asks for a text"),
        ("emergency_number", plumber.number, "ring itself"),
        ("emergency_number", dentist.number, "line of this service"),
        ("staff_numbers", "+19005550123", "costs extra"),
        ("consent_prompt", "Say yes.", "which key"),
    ):
        assert sentence in support.post(path, {**fine, field: value}, 200), field
    PhoneNumber.objects.filter(pk=number.pk).update(
        forwards_from="+13125550177", greeting_recording="greetings/a.mp3"
    )
    shown = support.get(path)
    assert "+13125550177" in shown and "greetings/a.mp3" in shown
    support.post(path, {**fine, "forwards_from": "+13125550178", "greeting_recording": "b.mp3"})
    number.refresh_from_db()
    assert (number.forwards_from, number.greeting_recording) == ("+13125550177", "greetings/a.mp3")
    assert (number.answering, number.ring_order, number.posture) == (
        "by_hours", "in_order", "press_one",
    )  # fmt: skip
    assert (number.consent_digit, number.emergency_digit) == ("5", "9")
    assert PhoneNumber.objects.get(e164=dentist.number).label == ""
