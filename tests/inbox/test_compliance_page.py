"""The compliance pages: who sees what, what the forms do, and what wrong entries say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from messaging import alerts, consent, holds, policies
from messaging.models import Alert, AuditEntry, LegalHold, Message, Refusal
from messaging.people import lock_contact
from messaging.services import NotAllowed, send_as
from tenants import registration
from tenants.models import Agency, PhoneNumber
from tests.inbox.conftest import Member

PAGES = [
    "/compliance/", "/compliance/policy/", "/compliance/texts/", "/compliance/ledger/",
    "/compliance/privacy/",
]  # fmt: skip
AS_IT_IS = {
    "posture": "implied", "washington_needs_notice": "on", "countries": ["US", "CA"],
    "message_months": "60", "recording_days": "90",
}  # fmt: skip


def pause(contact) -> None:
    """A reply of this person could mean stop."""
    now = timezone.now()
    with transaction.atomic():
        locked = lock_contact(contact.phone, now)
        consent.record(locked, "pause", at=now, channel="sms", raw_text="leave me be")
        locked.paused_until = now + timedelta(days=7)
        locked.save(update_fields=["paused_until"])
        alerts.raise_alert(
            "COULD_MEAN_STOP", "Maria wrote something.", at=now, subject=str(contact.pk),
            contact=contact, fix="Read it and decide.",
        )  # fmt: skip


@pytest.fixture
def held(plumber, person) -> Message:
    with plumber.scope():
        pause(person)
        return send_as(person.phone, "Are you home today?", author="person", author_name="Dana")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_its_members_and_for_nobody_else(
    path, owner, agent, other_owner, plumber, dentist
):
    for member in (owner, agent):
        assert plumber.business.name in member.get(path)
    assert plumber.business.name not in other_owner.get(path)
    stranger = Member(dentist.owner, plumber.host)
    assert plumber.business.name not in stranger.get(path, 404)
    Member(None, plumber.host).get(path, 302)


def test_no_page_asks_the_database_too_often(owner, held, person, plumber):
    with plumber.scope():
        for number in range(12):
            with pytest.raises(NotAllowed):
                send_as(f"+88{number:010d}", "Hello", author="person")
    owner.get("/settings/")  # a first look notes from where a session is used
    for path in [*PAGES, f"/contacts/{person.pk}/", f"/c/{held.conversation_id}/", "/"]:
        asked: list[str] = []

        def note(execute, sql, params, many, context, asked=asked):
            asked.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            owner.get(path)
        # Host, session, user, membership and the schema's two switches are asked by every page.
        assert 6 < len(asked) <= 18, (path, len(asked), asked)


def test_an_alert_is_shown_and_done(owner, held, person, plumber):
    page = owner.get("/compliance/")
    assert "What needs you" in page and "Read it and decide." in page
    assert "Needs you" in owner.get("/")
    with plumber.scope():
        alert = Alert.objects.get()
    page = owner.post(f"/compliance/alerts/{alert.pk}/done/")
    assert "Nothing needs you" in page
    assert "Needs you" not in owner.get("/")
    owner.post(f"/compliance/alerts/{alert.pk}/done/")  # twice is no error
    owner.post("/compliance/alerts/999999999999999999999/done/", status=404)
    with plumber.scope():
        alert.refresh_from_db()
        assert alert.resolved_by == str(owner.user)
        assert AuditEntry.objects.filter(action="alert.resolve").count() == 1


def test_a_policy_is_saved_by_its_form(owner, plumber, dentist):
    page = owner.post("/compliance/policy/", AS_IT_IS | {"posture": "notice", "nudges": "on"})
    assert "Saved." in page
    with plumber.scope():
        stored = policies.latest()
    assert (stored.posture, stored.nudges, stored.strict_quiet_hours) == ("notice", True, False)
    assert stored.changed_by == str(plumber.owner)
    with dentist.scope():
        assert policies.latest().posture == "implied"
    again = owner.post("/compliance/policy/", AS_IT_IS | {"posture": "notice", "nudges": "on"})
    assert "Nothing was changed." in again


def test_two_wrong_numbers_are_both_named(owner, plumber):
    typed = AS_IT_IS | {"message_months": "soon", "recording_days": "-1"}
    page = owner.post("/compliance/policy/", typed, status=422)
    assert "Texts, in months: expected a whole number" in page
    assert "Voicemails, in days: expected a whole number" in page
    page = owner.post(
        "/compliance/privacy/holds/", {"who": "number", "number": "", "reason": ""}, 422
    )
    assert "write the number" in page and "the name of the matter" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"message_months": "12"}, "Texts, in months: expected 24 to 240"),
        ({"message_months": "soon"}, "Texts, in months: expected a whole number"),
        ({"recording_days": "-1"}, "Voicemails, in days: expected a whole number"),
        ({"recording_days": "٣"}, "Voicemails, in days: expected a whole number"),
        ({"countries": ["MX"]}, "Countries we text and call: expected a list of US and CA"),
        ({"countries": []}, "Countries we text and call: expected a list of US and CA"),
        ({"posture": "lax"}, "Which callers get a text: expected one of"),
    ],
)
def test_a_wrong_choice_names_its_field_and_keeps_what_was_typed(owner, plumber, wrong, words):
    with plumber.scope():
        before = policies.latest().pk
    page = owner.post("/compliance/policy/", AS_IT_IS | {"nudges": "on"} | wrong, status=422)
    assert words in page
    for name, value in wrong.items():
        if isinstance(value, str) and name != "posture":
            assert f'value="{value}"' in page
    assert 'name="nudges" checked' in page
    with plumber.scope():
        assert policies.latest().pk == before


def test_the_agency_sets_a_floor(owner, plumber):
    Agency.objects.filter(pk=plumber.business.agency_id).update(posture_floor="notice")
    page = owner.get("/compliance/policy/")
    assert 'value="implied" disabled' in page and 'value="notice" checked' in page
    assert "Your agency requires at least “Spoken notice required”" in page
    refused = owner.post("/compliance/policy/", AS_IT_IS, status=422)
    assert "your agency requires at least" in refused


def test_an_agent_reads_the_policy_and_changes_nothing(agent, manager, plumber):
    page = agent.get("/compliance/policy/")
    assert "An owner or a manager changes it." in page and "Save the policy" not in page
    agent.post("/compliance/policy/", AS_IT_IS | {"posture": "notice"}, status=403)
    agent.post("/compliance/privacy/holds/", {"who": "everybody", "reason": "x"}, status=403)
    agent.post("/compliance/privacy/find/", {"number": "3125560142"}, status=403)
    with plumber.scope():
        assert policies.latest().posture == "implied" and not LegalHold.objects.exists()
    manager.post("/compliance/policy/", AS_IT_IS | {"posture": "notice"})
    with plumber.scope():
        assert policies.latest().posture == "notice"


def test_held_and_blocked_texts_say_why(owner, other_owner, held, person, plumber):
    with plumber.scope(), pytest.raises(NotAllowed):
        send_as("+8801712345678", "Hello from us", author="person", author_name="Dana")
    page = owner.get("/compliance/texts/")
    assert "Maria Lopez" in page and "their last reply could mean stop" in page
    assert "SOFT_PAUSED" in page and "Are you home today?" in page
    assert "COUNTRY_NOT_ENABLED" in page and "Country not enabled" in page
    assert "Hello from us" in page
    assert f'href="/c/{held.conversation_id}/"' in page
    theirs = other_owner.get("/compliance/texts/")
    assert "Maria Lopez" not in theirs and "No text waits." in theirs


def test_blocked_texts_of_long_ago_are_not_counted(owner, plumber):
    with plumber.scope():
        with pytest.raises(NotAllowed):
            send_as("+8801712345678", "Hello from us", author="person")
        Refusal.objects.update(at=timezone.now() - timedelta(days=31))
    assert "No text was kept back." in owner.get("/compliance/texts/")


def test_registration_is_explained_with_its_history(owner, plumber):
    number = PhoneNumber.objects.get(e164=plumber.number)
    registration.change(
        number.pk, "suspended", reason="too many complaints", actor="Carrier", at=timezone.now()
    )
    page = owner.get("/compliance/")
    assert "Registration suspended" in page and "too many complaints" in page
    assert "Ask your agency to settle it with the provider." in page


def test_the_ledger_is_searched_by_any_way_to_write_a_number(owner, held, person, plumber):
    written = f"({person.phone[2:5]}) {person.phone[5:8]}-{person.phone[8:]}"
    for number in (person.phone, written):
        page = owner.post("/compliance/ledger/", {"number": number}, status=200)
        assert "leave me be" in page and "Texts paused" in page
    assert "Nothing stands in the ledger" in owner.post(
        "/compliance/ledger/", {"number": "3125569999"}, status=200
    )
    wrong = owner.post("/compliance/ledger/", {"number": "<b>me"}, status=422)
    assert "That is no phone number." in wrong and "&lt;b&gt;me" in wrong
    with plumber.scope():
        searches = AuditEntry.objects.filter(action="ledger.search", door="page")
        assert searches.count() == 3
        assert person.phone not in str(list(searches.values()))


def test_the_chain_is_checked_on_demand(owner, held, plumber):
    page = owner.post("/compliance/ledger/check/", status=200)
    assert "Intact:" in page and "1 row checked just now" in page
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE {plumber.schema}.messaging_consentevent SET kind = 'help'")
        cursor.execute("SET session_replication_role = origin")
    page = owner.post("/compliance/ledger/check/", status=200)
    assert "Not intact." in page
    with plumber.scope():
        assert AuditEntry.objects.filter(action="ledger.check").count() == 2


def test_the_daily_roots_are_a_file(owner, plumber):
    answer = owner.client.get("/compliance/ledger/roots.json", headers={"host": owner.host})
    assert answer.json() == {"business": plumber.schema, "roots": []}
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_hold_is_placed_and_lifted(owner, plumber, person):
    wrong = owner.post(
        "/compliance/privacy/holds/",
        {"who": "number", "number": "", "reason": "Matter 7"},
        status=422,
    )
    assert "write the number, or choose everybody" in wrong and 'value="Matter 7"' in wrong
    wrong = owner.post(
        "/compliance/privacy/holds/",
        {"who": "number", "number": person.phone, "reason": ""},
        status=422,
    )
    assert "expected 1 to 300 characters" in wrong
    page = owner.post(
        "/compliance/privacy/holds/",
        {"who": "number", "number": person.phone, "reason": "Matter\x00 7"},
    )
    assert "Matter 7" in page and "placed a legal hold" in page
    with plumber.scope():
        hold = LegalHold.objects.get()
        assert holds.covers(person.phone) == hold
    page = owner.post(f"/compliance/privacy/holds/{hold.pk}/lift/")
    assert "No hold is on." in page and "lifted a legal hold" in page
    assert "Not lifted" in owner.post(f"/compliance/privacy/holds/{hold.pk}/lift/", status=422)


def test_the_audit_log_is_turned_page_by_page(owner, plumber):
    from messaging import audit

    with plumber.scope():
        for number in range(60):
            audit.note("ledger.search", actor=f"Member {number}", door="page", at=timezone.now())
    page = owner.get("/compliance/privacy/")
    assert "Member 59" in page and "Member 9<" not in page and "Older" in page
    before = page.partition("?before=")[2].partition("#")[0]
    older = owner.get("/compliance/privacy/", before=before)
    assert "Member 9<" in older and "Member 59" not in older
    owner.get("/compliance/privacy/", before="nonsense")


def test_an_erased_person_is_found_by_number_first(owner, person):
    answer = owner.sent("/compliance/privacy/find/", {"number": person.phone})
    assert answer.headers["Location"] == f"/contacts/{person.pk}/#privacy"
    page = owner.post("/compliance/privacy/find/", {"number": "+13125569998"}, status=422)
    assert "Nobody with this number" in page
