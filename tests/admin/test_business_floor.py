"""The admin on a business's own host: that business's tables, hardly ever edited."""

from __future__ import annotations

import re

from django.utils import timezone

from calls.models import Holiday, OpeningHours
from messaging.admin import ContactAdmin
from messaging.models import ConsentEvent, Contact, Message, MessageTemplate
from tests.api.conftest import fill  # noqa: F401
from tests.support.rules import change_rule

TABLES = [
    "messaging/contact", "messaging/conversation", "messaging/message", "messaging/consentevent",
    "messaging/messagetemplate", "calls/call", "calls/ruleset", "calls/openinghours",
    "calls/holiday",
]  # fmt: skip
READ_ONLY = [
    "messaging/conversation",
    "messaging/message",
    "messaging/consentevent",
    "calls/call",
    "calls/ruleset",
]


def ids(page, table):
    return set(re.findall(rf"/admin/{table}/([\w-]+)/change/", page))


def test_every_table_and_every_row_opens(at_plumber, plumber, fill):  # noqa: F811
    fill(plumber)
    with plumber.scope():
        Holiday.objects.create(date="2026-12-25", name="Christmas")
    at_plumber.get("")
    for table in TABLES:
        found = ids(at_plumber.get(f"{table}/"), table)
        assert found, table
        for pk in sorted(found)[:2]:
            page = at_plumber.get(f"{table}/{pk}/change/")
            assert plumber.business.name in page


def test_each_host_shows_its_own_rows(at_plumber, at_dentist, plumber, dentist, fill):  # noqa: F811
    ours, theirs = fill(plumber), fill(dentist)
    for table, name in (("messaging/message", "message"), ("calls/call", "call")):
        assert ids(at_plumber.get(f"{table}/"), table) == {str(getattr(ours, name).pk)}
        assert ids(at_dentist.get(f"{table}/"), table) == {str(getattr(theirs, name).pk)}
    path = f"messaging/message/{ours.message.pk}/change/"
    at_plumber.get(path)
    at_dentist.get(path, 302)  # "there is no such row", back to the start
    assert ours.contact.phone not in at_dentist.get("messaging/contact/")


def test_the_public_tables_are_not_here(at_plumber, support):
    for path in ("tenants/business/", "tenants/user/", "billing/usagerecord/"):
        at_plumber.get(path, 404)
    for path in ("messaging/message/", "calls/call/"):
        support.get(path, 404)


def test_what_happened_cannot_be_changed_and_nothing_deleted(at_plumber, plumber, fill):  # noqa: F811
    shown = fill(plumber)
    for table in TABLES:
        for pk in sorted(ids(at_plumber.get(f"{table}/"), table))[:1]:
            at_plumber.get(f"{table}/{pk}/delete/", 403)
            at_plumber.post(f"{table}/{pk}/delete/", {"post": "yes"}, 403)
            if table in READ_ONLY:
                at_plumber.get(f"{table}/add/", 403)
                at_plumber.post(f"{table}/{pk}/change/", {"raw_text": "x", "body": "x"}, 403)
        assert "delete_selected" not in at_plumber.get(f"{table}/")
    at_plumber.get("messaging/contact/add/", 403)
    with plumber.scope():
        assert "On our way." in Message.objects.get().body
        assert ConsentEvent.objects.get().raw_text == "Stop please"
    assert shown.contact.pk


def test_a_call_shows_the_questions_of_its_receipt(at_plumber, plumber, fill):  # noqa: F811
    page = at_plumber.get(f"calls/call/{fill(plumber).call.pk}/change/")
    assert "No text: we texted this caller 2 h ago." in page
    assert "Was the call missed?" in page


def test_texts_are_checked(at_plumber, plumber):
    with plumber.scope():
        template = MessageTemplate.objects.first()
    path = f"messaging/messagetemplate/{template.pk}/change/"
    page = at_plumber.post(path, {"name": "Open", "body": "Hi {nobody}"}, 200)
    assert "There is no field {nobody}" in page
    at_plumber.post(path, {"name": "Open", "body": "Hi {caller_name}"})
    with plumber.scope():
        template.refresh_from_db()
        assert template.body == "Hi {caller_name}"


def test_rules_are_shown_in_their_versions_and_changed_on_their_own_page(at_plumber, plumber):
    with plumber.scope():
        newest = change_rule(delay=30)
    assert "page" in at_plumber.get("calls/ruleset/")
    assert "delay" in at_plumber.get(f"calls/ruleset/{newest.pk}/change/")


def test_hours_are_added_by_weekday(at_plumber, at_dentist, plumber, dentist):
    with dentist.scope():
        before = OpeningHours.objects.count()
    at_plumber.post("calls/openinghours/add/", {"weekday": 6, "opens": "10:00", "closes": "12:00"})
    form = {"weekday": 6, "opens": "12:00", "closes": "10:00"}
    assert "opening_hours_in_order" in at_plumber.post("calls/openinghours/add/", form, 200)
    with plumber.scope():
        assert OpeningHours.objects.filter(weekday=6).count() == 1
    with dentist.scope():
        assert OpeningHours.objects.count() == before


def test_a_contact_standing_is_not_set_by_hand(at_plumber, plumber):
    with plumber.scope():
        contact = Contact.objects.create(
            phone="+13125560177", created_at=timezone.now(), opted_out_at=timezone.now()
        )
    at_plumber.post(
        f"messaging/contact/{contact.pk}/change/",
        {"name": "Dana", "phone": "+13125560178", "opted_out_at_0": "", "opted_out_at_1": "",
         "ignored_at_0": "", "ignored_at_1": ""},
    )  # fmt: skip
    with plumber.scope():
        contact.refresh_from_db()
    assert (contact.name, contact.phone) == ("Dana", "+13125560177")
    assert contact.opted_out_at is not None


def test_a_stop_between_reading_and_saving_stays(at_plumber, plumber, monkeypatch):
    with plumber.scope():
        contact = Contact.objects.create(phone="+13125560178", created_at=timezone.now())
    real = ContactAdmin.save_model

    def stopped_meanwhile(self, request, obj, form, change):
        assert obj.opted_out_at is None
        Contact.objects.filter(pk=obj.pk).update(opted_out_at=timezone.now())
        real(self, request, obj, form, change)

    monkeypatch.setattr(ContactAdmin, "save_model", stopped_meanwhile)
    at_plumber.post(
        f"messaging/contact/{contact.pk}/change/",
        {"name": "Dana", "ignored_at_0": "", "ignored_at_1": ""},
    )
    with plumber.scope():
        contact.refresh_from_db()
    assert contact.name == "Dana"
    assert contact.opted_out_at is not None


def test_a_change_by_hand_moves_the_time_of_the_last_change(at_plumber, plumber):
    with plumber.scope():
        template = MessageTemplate.objects.first()
    path = f"messaging/messagetemplate/{template.pk}/change/"
    at_plumber.post(path, {"name": template.name, "body": "Hi {caller_name}"})
    with plumber.scope():
        assert MessageTemplate.objects.get(pk=template.pk).updated_at > template.updated_at
