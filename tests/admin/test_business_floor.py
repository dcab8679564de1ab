"""The admin on a business's own host: that business's tables, hardly ever edited."""

from __future__ import annotations

import re

from django.contrib.admin.models import LogEntry
from django.utils import timezone

from calls.models import Holiday, OpeningHours
from messaging.admin import ContactAdmin
from messaging.models import AuditEntry, ConsentEvent, Contact, Message, MessageTemplate
from tenants.models import SupportEntry
from tests.admin.conftest import allow
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
    allow(at_plumber.user, "see_numbers")
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
    allow(at_plumber.user, "see_numbers")
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


def of_people(shown):
    """Return what is a person's in what `fill` made: the number in all its shapes, his name and words."""
    local = shown.contact.phone[2:]
    return {
        shown.contact.phone, local, f"({local[:3]}) {local[3:6]}-{local[6:]}", "Dana Q. Caller",
        "On our way.", "Stop please",
    }  # fmt: skip


def test_who_has_not_the_right_sees_nobody_s_number_name_or_words(
    at_plumber,
    plumber,
    dentist,
    fill,  # noqa: F811
):
    shown = fill(plumber)
    with plumber.scope():
        Contact.objects.filter(pk=shown.contact.pk).update(name="Dana Q. Caller")
        Message.objects.update(error_sentence=f"No carrier for {shown.contact.phone}.")
        secrets = of_people(shown)
    for table in [*TABLES, "messaging/auditentry", "messaging/refusal", "messaging/alert"]:
        pages = [at_plumber.get(f"{table}/")]
        for pk in sorted(ids(pages[0], table)):
            pages += [at_plumber.get(f"{table}/{pk}/{view}/") for view in ("change", "history")]
        for page in pages:
            assert not {secret for secret in secrets if secret in page}, table
    assert "characters, hidden" in at_plumber.get("messaging/contact/")
    # Part by part a number would be told.
    contact = ids(at_plumber.get("messaging/contact/"), "messaging/contact")
    for part in ({"q": shown.contact.phone[:8]}, {"q": "Dana Q"}, {"q": shown.contact.phone[-4:]}):
        assert ids(at_plumber.get("messaging/contact/", **part), "messaging/contact") == set()
    whole = at_plumber.get("messaging/contact/", q=shown.contact.phone)
    assert ids(whole, "messaging/contact") == contact
    for asked in ("phone__startswith", "name__contains", "conversation__last_line__contains"):
        at_plumber.get("messaging/contact/", 400, **{asked: "1"})
    # What he does not see he does not change.
    at_plumber.post(f"messaging/contact/{shown.contact.pk}/change/",
                    {"name": "Mine", "ignored_at_0": "", "ignored_at_1": ""})  # fmt: skip
    with plumber.scope():
        assert Contact.objects.get(pk=shown.contact.pk).name == "Dana Q. Caller"
        assert not AuditEntry.objects.filter(action="support.tables").exists()
    assert not SupportEntry.objects.exists()


def test_who_has_the_right_sees_all_and_both_floors_know(
    at_plumber,
    support,
    plumber,
    dentist,
    fill,  # noqa: F811
):
    shown = fill(plumber)
    allow(at_plumber.user, "see_numbers")
    assert shown.contact.phone in at_plumber.get("messaging/contact/", q=shown.contact.phone[:8])
    assert shown.contact.phone in at_plumber.get(f"calls/call/{shown.call.pk}/change/")
    at_plumber.get("messaging/contact/", q="nobody")  # nobody was seen
    entries = SupportEntry.objects.order_by("pk")
    assert [(e.action, e.subject, e.business_id) for e in entries] == [
        ("tables.full", "messaging.contact", plumber.business.pk),
        ("tables.full", f"calls.call {shown.call.pk}", plumber.business.pk),
    ]
    with plumber.scope():
        noted = AuditEntry.objects.filter(action="support.tables").order_by("pk")
        assert [e.subject for e in noted] == [e.subject for e in entries]
        assert shown.contact.phone not in str(list(noted.values()))
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="support.tables").exists()
    at_plumber.post(f"messaging/contact/{shown.contact.pk}/change/",
                    {"name": "Dana Q. Caller", "ignored_at_0": "", "ignored_at_1": ""})  # fmt: skip
    log = support.get("admin/logentry/")
    assert "Dana Q. Caller" not in log and shown.contact.phone not in log
    assert "messaging" not in str(SupportEntry.objects.first().detail)


def test_a_history_that_names_somebody_is_recorded_as_a_look(
    at_plumber,
    plumber,
    dentist,
    fill,  # noqa: F811
):
    shown, theirs = fill(plumber), fill(dentist)
    with plumber.scope():
        Contact.objects.filter(pk=shown.contact.pk).update(name="Dana Q. Caller")
    path = f"messaging/contact/{shown.contact.pk}/history/"
    assert "Dana Q. Caller" not in at_plumber.get(path)
    assert not SupportEntry.objects.exists()
    allow(at_plumber.user, "see_numbers")
    assert "Dana Q. Caller" in at_plumber.get(path)
    at_plumber.get(
        f"messaging/message/{theirs.message.pk}/history/", 302
    )  # no row of this business
    (entry,) = SupportEntry.objects.all()
    told = (entry.action, entry.subject, entry.business_id)
    assert told == (
        "tables.full", f"messaging.contact {shown.contact.pk}", plumber.business.pk,
    )  # fmt: skip
    with plumber.scope():
        (noted,) = AuditEntry.objects.filter(action="support.tables")
        assert (noted.subject, noted.detail) == (entry.subject, {"rows": 1})
    # Evidence says of every look who looked, with the right and without.
    at_plumber.get(f"messaging/consentevent/{shown.event.pk}/history/")
    with plumber.scope():
        looked = AuditEntry.objects.get(action="ledger.read")
        assert looked.subject == str(shown.contact.pk)
    with dentist.scope():
        assert not AuditEntry.objects.filter(action__in=("support.tables", "ledger.read")).exists()


def test_the_log_of_changes_names_nobody(at_plumber, support, plumber, dentist, fill):  # noqa: F811
    shown = fill(plumber)
    fill(dentist)
    allow(at_plumber.user, "see_numbers")
    page = at_plumber.post(f"messaging/contact/{shown.contact.pk}/change/",
                    {"name": "Dana Q. Caller", "ignored_at_0": "", "ignored_at_1": ""})  # fmt: skip
    assert "was changed successfully" in page
    entry = LogEntry.objects.get(object_id=str(shown.contact.pk), user=at_plumber.user)
    assert entry.object_repr == f"contact {shown.contact.pk}"
    # Both floors open with what one did last.
    for start in (at_plumber.get(""), support.get("")):
        assert "Dana Q. Caller" not in start and shown.contact.phone not in start


def test_nobody_is_named_by_what_fields_are_chosen_from(at_plumber, plumber, dentist, fill):  # noqa: F811
    shown = fill(plumber)
    fill(dentist)
    asked = {"app_label": "messaging", "model_name": "conversation", "field_name": "contact"}
    for term in ("", shown.contact.phone):
        page = at_plumber.get("autocomplete/", 404, term=term, **asked)
        assert shown.contact.phone not in page
    allow(at_plumber.user, "see_numbers")
    at_plumber.get("autocomplete/", 404, term="", **asked)
    assert not SupportEntry.objects.exists()
