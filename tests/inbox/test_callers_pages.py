"""Callers marked by hand and by lists, and the limits' page, as members see them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from messaging import callers, erasure, standing
from messaging.callers import CallerError
from messaging.models import AuditEntry, Contact, ContactImport
from messaging.outbox import Draft, queue
from messaging.people import lock_contact, touch_conversation
from tenants.models import AgendaItem, Business, Role
from tests.inbox.conftest import Member, a_member

LIST = b"Name,Phone\nMaria Lopez,(312) 555-0142\nJoe,773-555-0111\nStaff,+13125550190\nBad,hello\n"


def upload(
    member, content: bytes = LIST, become: str = "ignored", status: int = 302, **more
) -> str:
    file = SimpleUploadedFile("phone book.csv", content, "text/csv")
    return member.post("/rules/callers/list/", {"file": file, "become": become, **more}, status)


def the_list(biz) -> ContactImport:
    with biz.scope():
        return ContactImport.objects.latest("pk")


def taken(member, biz, content: bytes = LIST, **more) -> ContactImport:
    upload(member, content, **more)
    stored = the_list(biz)
    member.post(f"/rules/callers/list/{stored.pk}/take/")
    return the_list(biz)


@pytest.fixture(autouse=True)
def apart(world):
    yield
    with world.dentist.scope():
        assert not Contact.objects.exists() and not ContactImport.objects.exists()


@pytest.fixture
def reader(plumber) -> Member:
    return Member(a_member(plumber, Role.AGENT, "Rita"), plumber.host)


def test_an_empty_page_teaches_the_next_step(owner):
    page = owner.get("/rules/callers/")
    assert "Nobody is marked yet" in page and "Bring in a list" in page
    assert "as CSV</button>" not in page


def test_somebody_is_added_and_found(owner, plumber):
    page = owner.post(
        "/rules/callers/add/",
        {
            "number": "(312) 555-0142",
            "name": "Maria",
            "marks": ["vip", "customer"],
            "tags": "North side, ",
        },
    )
    assert "Added." in page and "Maria" in page and "north side" in page
    with plumber.scope():
        contact = Contact.objects.get()
        assert (
            contact.vip_at and not contact.ignored_at and contact.tags == ["customer", "north side"]
        )
        (entry,) = AuditEntry.objects.filter(action="people.mark")
        assert "555" not in str(entry.detail) + entry.subject
    page = owner.post("/rules/callers/add/", {"number": "3125550142", "marks": "ignored"})
    assert "known already" in page
    assert "Maria" in owner.post("/rules/callers/", {"find": "555-0142"}, 200)
    assert "Maria" in owner.post("/rules/callers/", {"find": "mari"}, 200)
    assert "Nobody here is called “Joe”" in owner.post("/rules/callers/", {"find": "Joe"}, 200)
    for view, there in (("ignored", True), ("vip", True), ("tagged", True), ("nonsense", True)):
        assert ("Maria" in owner.get("/rules/callers/", show=view)) is there
    assert "Nobody yet" in owner.get("/rules/callers/", page=7)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "hello"}, "expected a phone number"),
        ({"number": "+13125550100"}, "one of your own numbers"),
        ({"number": "+13125550190"}, "one of your own numbers"),
        ({"tags": "x" * 41}, "at most 20, each of at most 40"),
        ({"marks": []}, "choose what they are"),
    ],
)
def test_a_wrong_entry_names_its_field_and_is_kept(owner, plumber, typed, words):
    sent = {"number": "3125550142", "name": "Typed", "marks": ["ignored"], "tags": ""} | typed
    page = owner.post("/rules/callers/add/", sent, 422)
    assert words in page and 'value="Typed"' in page
    with plumber.scope():
        assert not Contact.objects.exists()


def test_a_list_is_looked_at_before_anything_is_written(owner, plumber):
    page = upload(owner)
    assert "Nothing has been changed yet" in page and "Take over 2 people" in page
    assert "Line 5" in page and "“hello” is no phone number" in page
    assert "1 is your own" in page
    with plumber.scope():
        assert not Contact.objects.exists()
    stored = the_list(plumber)
    page = owner.post(f"/rules/callers/list/{stored.pk}/take/")
    assert "2 numbers taken over, 2 of them new." in page
    with plumber.scope():
        assert {c.name: bool(c.ignored_at) for c in Contact.objects.all()} == {
            "Maria Lopez": True, "Joe": True,
        }  # fmt: skip
    stored = the_list(plumber)
    assert stored.entries == [] and stored.unreadable == []
    assert "+1312" not in str(stored.before) and "Maria" not in str(stored.before)


def test_one_person_with_two_numbers_is_shown_as_one(owner, plumber):
    card = (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Maria Lopez\r\nTEL:312-555-0142\r\nTEL:773-555-0111\r\n"
        b"END:VCARD\r\nBEGIN:VCARD\r\nFN:Joe\r\nTEL:312-555-0143\r\nEND:VCARD\r\n"
    )
    page = upload(owner, card)
    assert "Take over 2 people with 3 numbers" in page
    assert (
        page.count("<strong>Maria Lopez</strong>") == 1 and page.count("<strong>Joe</strong>") == 1
    )
    assert "(312) 555-0142" in page and "(773) 555-0111" in page
    page = owner.post(f"/rules/callers/list/{the_list(plumber).pk}/take/")
    assert "3 numbers taken over, 3 of them new." in page
    with plumber.scope():
        assert Contact.objects.filter(name="Maria Lopez").count() == 2


def test_what_a_list_does_is_chosen_by_nobody_beforehand(owner, plumber):
    page = owner.get("/rules/callers/")
    assert page.count('name="become"') == 4
    assert not re.search(r'name="become"[^>]*checked', page)
    assert "choose what they become" in upload(owner, become="", status=422).lower()
    page = upload(owner)
    assert "Once you take the list over, its people are never texted by a rule." in page
    with plumber.scope():
        assert not Contact.objects.exists()


def test_the_same_list_once_more_changes_nothing(owner, plumber):
    first = taken(owner, plumber)
    assert "taken over" in owner.post(f"/rules/callers/list/{first.pk}/take/")
    with plumber.scope():
        before = list(Contact.objects.order_by("pk").values())
    second = taken(owner, plumber)
    with plumber.scope():
        assert list(Contact.objects.order_by("pk").values()) == before
        assert callers.undo(second.pk, actor="Pat", door="t", at=timezone.now()) == 2
        assert list(Contact.objects.order_by("pk").values()) == before


def test_whoever_opted_out_stays_so(owner, plumber, person):
    now = timezone.now()
    with plumber.scope():
        standing.opt_out_by_staff(person.pk, actor="Pat", at=now)
    page = upload(owner, f"Phone\n{person.phone}\n".encode(), become="customer")
    assert "1 opted out of texts, and stays so" in page
    owner.post(f"/rules/callers/list/{the_list(plumber).pk}/take/")
    with plumber.scope():
        contact = Contact.objects.get(pk=person.pk)
        assert contact.opted_out_at is not None and contact.tags == ["customer"]
        assert contact.name == person.name


def test_the_last_list_is_taken_back_and_no_other(owner, plumber):
    first = taken(owner, plumber, become="customer")
    second = taken(owner, plumber, b"Phone\n3125550142\n7085550123\n", become="vip")
    with plumber.scope():
        maria = Contact.objects.get(phone="+13125550142")
        with transaction.atomic():
            touch_conversation(maria.pk, at=timezone.now(), line="Hi", direction="in")
        with pytest.raises(CallerError, match="only the last"):
            callers.undo(first.pk, actor="Pat", door="t", at=timezone.now())
    assert "Taken back for 2 people" in owner.post(f"/rules/callers/list/{second.pk}/undo/")
    with plumber.scope():
        assert not Contact.objects.filter(phone="+17085550123").exists()
        assert Contact.objects.get(pk=maria.pk).vip_at is None
        assert Contact.objects.get(pk=maria.pk).tags == ["customer"]
    assert "Not taken back" in owner.post(f"/rules/callers/list/{second.pk}/undo/")
    assert "only the last" in owner.post(f"/rules/callers/list/{first.pk}/undo/")


def test_what_happened_since_is_not_taken_back(owner, plumber):
    stored = taken(owner, plumber)
    with plumber.scope():
        maria = Contact.objects.get(name="Maria Lopez")
        with transaction.atomic():
            touch_conversation(maria.pk, at=timezone.now(), line="Hi", direction="in")
        Contact.objects.filter(pk=maria.pk).update(name="Maria L.")
    owner.post(f"/rules/callers/list/{stored.pk}/undo/")
    with plumber.scope():
        (left,) = Contact.objects.all()  # Joe was made by it, and nothing happened with him
        assert (left.name, left.ignored_at) == ("Maria L.", None)


def test_a_list_nobody_takes_over_is_forgotten_after_a_day(owner, plumber, work):
    upload(owner)
    stored = the_list(plumber)
    row = AgendaItem.objects.get(kind="messaging.forget_list")
    assert row.due_at - stored.created_at == timedelta(days=1)
    AgendaItem.objects.filter(pk=row.pk).update(due_at=stored.created_at)
    work()
    with plumber.scope():
        assert not ContactImport.objects.exists()
    owner.get(f"/rules/callers/list/{stored.pk}/", 404)
    assert "forgotten" in owner.post(f"/rules/callers/list/{stored.pk}/take/")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"content": b"PK\x03\x04\x00"}, "no text"),
        ({"content": b""}, "The file is empty."),
        ({"content": b"x" * 10_000_001}, "larger than 10 MB"),
        ({"become": "king"}, "hoose what they become"),
        ({"become": "tags"}, "rite at least one tag"),
    ],
)
def test_a_bad_list_says_why(owner, plumber, sent, words):
    assert words in upload(owner, status=422, **sent)
    with plumber.scope():
        assert not ContactImport.objects.exists()


def test_names_of_a_list_are_never_markup_nor_formulas(owner, plumber):
    hostile = (
        b"Name,Phone\n<script>alert(1)</script>,3125550142\n\"=cmd|' /C calc'!A0\",7735550111\n"
    )
    page = upload(owner, hostile)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    page = owner.post(f"/rules/callers/list/{the_list(plumber).pk}/take/")
    assert "<script>alert" not in page
    csv = owner.sent("/rules/callers/callers.csv").content.decode()
    assert "\"'=cmd" in csv or "'=cmd" in csv
    assert "\n+13125550142," in csv.replace("\r", "") and "\n=cmd" not in csv
    with plumber.scope():
        assert AuditEntry.objects.get(action="people.export").detail == {"people": 2}


def test_marks_of_one_person_are_set_on_their_page(owner, plumber, person):
    assert 'id="marks"' in owner.get(f"/contacts/{person.pk}/")
    page = owner.post(f"/contacts/{person.pk}/marks/", {"vip": "on", "tags": "Supplier"})
    assert "Saved." in page and 'value="supplier"' in page
    owner.post(f"/contacts/{person.pk}/marks/", {"ignored": "on"})
    with plumber.scope():
        contact = Contact.objects.get(pk=person.pk)
        # Tags have a form of their own on that page; what is not asked stays.
        assert contact.ignored_at and not contact.vip_at and contact.tags == ["supplier"]
    assert "Tags: expected" in owner.post(f"/contacts/{person.pk}/marks/", {"tags": "y" * 60})


def test_only_who_governs_changes_callers(reader, owner, plumber, person):
    page = reader.get("/rules/callers/")
    assert "An owner or a manager marks people" in page and "Bring in a list" not in page
    for path in ("add/", "list/", "list/1/take/", "list/1/undo/", "callers.csv"):
        assert reader.sent(f"/rules/callers/{path}").status_code == 403
    assert reader.sent(f"/contacts/{person.pk}/marks/", {"vip": "on"}).status_code == 403
    assert reader.sent("/rules/limits/", {"daily_text_limit": "1"}).status_code == 403
    assert reader.sent("/rules/limits/let-go/", {"code": "DAY_LIMIT"}).status_code == 403
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).vip_at is None


def test_the_other_business_knows_none_of_them(owner, other_owner, plumber, dentist):
    taken(owner, plumber)
    assert "Maria" not in other_owner.get("/rules/callers/")
    assert "Maria" not in other_owner.sent("/rules/callers/callers.csv").content.decode()
    stored = the_list(plumber)
    assert "Not taken back" in other_owner.post(f"/rules/callers/list/{stored.pk}/undo/")


# -- Limits.


def test_limits_are_shown_and_changed_by_an_owner(owner, plumber):
    page = owner.get("/rules/limits/")
    assert "Texts by rules today" in page and "of 200" in page and "of $100.00" in page
    page = owner.post(
        "/rules/limits/", {"daily_text_limit": "1,500", "monthly_cents_limit": "$25.5"}
    )
    assert "Saved." in page and "of 1,500" in page and "of $25.50" in page
    business = Business.objects.get(pk=plumber.business.pk)
    assert (business.daily_text_limit, business.monthly_cents_limit) == (1500, 2550)
    page = owner.post("/rules/limits/", {"daily_text_limit": "", "monthly_cents_limit": ""})
    assert "of 200" in page
    business.refresh_from_db()
    assert (business.daily_text_limit, business.monthly_cents_limit) == (None, None)
    assert "Nothing was changed." in owner.post("/rules/limits/", {})
    with plumber.scope():
        assert AuditEntry.objects.filter(action="limits.change").count() == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"daily_text_limit": "many"}, "Expected a whole number"),
        ({"daily_text_limit": "-1"}, "Expected a whole number"),
        ({"daily_text_limit": "100001"}, "Expected 0 to 100,000"),
        ({"daily_text_limit": "٣"}, "Expected a whole number"),
        ({"monthly_cents_limit": "25.505"}, "Expected an amount"),
        ({"monthly_cents_limit": "1e5"}, "Expected an amount"),
        ({"monthly_cents_limit": "9999999"}, "Expected 0 to 1,000,000"),
    ],
)
def test_a_wrong_limit_names_its_field_and_is_kept(owner, plumber, typed, words):
    sent = {"daily_text_limit": "7", "monthly_cents_limit": "8"} | typed
    page = owner.post("/rules/limits/", sent, 422)
    assert words in page
    for value in sent.values():
        assert f'value="{value}"' in page
    assert Business.objects.get(pk=plumber.business.pk).daily_text_limit is None


def test_two_wrong_limits_are_both_named(owner, plumber):
    sent = {"daily_text_limit": "many", "monthly_cents_limit": "1e5"}
    page = owner.post("/rules/limits/", sent, 422)
    assert "Expected a whole number" in page and "Expected an amount" in page
    assert Business.objects.get(pk=plumber.business.pk).daily_text_limit is None


def test_what_a_limit_holds_is_let_go_from_its_page(owner, plumber, person, stand_in, work):
    from calls.setup import load_setup
    from messaging.breakers import DAY, Weighed
    from messaging.clearance import Brake
    from messaging.clearing import Occasion
    from tenants.velocity import Wish

    now = timezone.now()
    with plumber.scope(), transaction.atomic():
        contact = lock_contact(person.phone, now)
        sender = load_setup(plumber.schema).sender(plumber.schema, plumber.number)
        wish = Wish(person.phone, plumber.business.pk, plumber.number, "1", 1, False)
        brake = Brake(DAY, "today's limit is reached.", now + timedelta(hours=3))
        occasion = Occasion(purpose="text_back", asked_at=now, level=3)
        draft = Draft(
            "Sorry we missed you.", "rule", occasion=occasion, call=1,
            weighed=Weighed(wish, brake=brake),
        )  # fmt: skip
        message, _ = queue(contact, draft, sender, now)
    assert message.status == "held"
    page = owner.get("/rules/limits/")
    assert "Today’s limit is reached" in page and "1 text waits" in page and person.name in page
    assert "Let it go" in page
    assert "1 let go." in owner.post("/rules/limits/let-go/", {"code": "DAY_LIMIT"})
    work()
    assert len(stand_in.requests) == 1
    assert "None waits any more" in owner.post("/rules/limits/let-go/", {"code": "DAY_LIMIT"})
    assert "Not let go" in owner.post("/rules/limits/let-go/", {"code": "PLATFORM_LIMIT"})


def test_erasing_somebody_takes_marks_and_lists_too(owner, plumber):
    taken(owner, plumber, become="vip", list_tags="neighbour")
    upload(owner)
    with plumber.scope():
        maria = Contact.objects.get(name="Maria Lopez")
        erasure.erase(maria.pk, actor="Pat", door="test", at=timezone.now())
        maria.refresh_from_db()
        assert (maria.tags, maria.vip_at, maria.ignored_at) == ([], None, None)
        assert not ContactImport.objects.filter(state="preview").exists()
        stored = "".join(str(row) for row in ContactImport.objects.values())
        assert "555014" not in stored and "Lopez" not in stored
    # The same list once more: they are new, and what they said of texts holds.
    assert "Take over 2 people" in upload(owner)
