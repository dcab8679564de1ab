"""The list of people, a person made by hand, the profile, own fields and tags, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Activity, CustomField, Tag
from inbox.people import reading, tags
from inbox.people.tags import TagProblem
from messaging.models import AuditEntry, Contact, Message
from messaging.services import NotAllowed, send_as

EVIL = "<script>alert('x')</script>"


def people(biz, count: int, **more) -> None:
    at = timezone.now() - timedelta(days=1)
    Contact.objects.bulk_create(
        Contact(
            phone=f"+1630555{n:04d}", name=f"Person {n:04d}" if n % 3 else "", created_at=at, **more
        )
        for n in range(count)
    )


def names(found: reading.People) -> list[str]:
    return [row.title for row in found.rows]


def test_everybody_stands_in_the_list_once(owner, other_owner, plumber):
    with plumber.scope():
        people(plumber, 130)
        seen, after, pages = [], "", 0
        while True:
            found = reading.page(reading.choice_of({}), after)
            seen += [row.contact.pk for row in found.rows]
            after, pages = found.after, pages + 1
            if not after:
                break
        assert len(seen) == len(set(seen)) == Contact.objects.count() and pages == 3
        assert found.count == len(seen)
        titles = [Contact.objects.get(pk=pk).name for pk in seen]
        named = [title for title in titles if title]
        assert named == sorted(named) and titles[: len(named)] == named  # whoever has none is last
    page = owner.get("/contacts/")
    assert page.count('class="person-row"') == 50
    more = re.search(r'hx-get="(\?[^"]+)"', page)[1].replace("&amp;", "&")
    rows = owner.client.get(
        f"/contacts/{more}", headers={"host": owner.host, "HX-Request": "true"}
    ).content.decode()
    assert rows.count('class="person-row"') == 50 and "<html" not in rows
    assert "Person" not in other_owner.get("/contacts/")
    for broken in ("x", "!!", "eyJ", "W10", "9" * 3000):
        assert "Person 0001" in owner.get("/contacts/", after=broken)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "maria lopez"}, True), ({"q": "LOP"}, True), ({"q": "bakery"}, True),
        ({"q": "maria@"}, True), ({"q": "(312) 556"}, True), ({"q": "ma"}, True),
        ({"q": "nobody"}, False), ({"q": "%"}, False), ({"q": "'"}, False), ({"q": "\x00"}, True),
        ({"tag": "estimate"}, True), ({"tag": "other"}, False), ({"show": "vip"}, True),
        ({"show": "opted-out"}, False), ({"show": "never-texted"}, False), ({"show": "mars"}, True),
        ({"q": "maria", "tag": "estimate", "show": "vip"}, True),
    ],
)  # fmt: skip
def test_people_are_found(owner, plumber, person, query, found):
    with plumber.scope():
        Contact.objects.filter(pk=person.pk).update(
            company="Reyes Bakery", email="maria@reyes.example", tags=["estimate"],
            vip_at=timezone.now(),
        )  # fmt: skip
    assert ("Maria Lopez" in owner.get("/contacts/", **query)) is found


def test_a_page_of_people_costs_few_questions(owner, plumber):
    with plumber.scope():
        people(plumber, 80, tags=["estimate", "north"])
    owner.get("/contacts/")
    with CaptureQueriesContext(connection) as asked:
        owner.get("/contacts/", q="person", tag="estimate")
    told = [q["sql"] for q in asked if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SET"))]
    assert len(told) <= 16, told  # 4 of them are session, member, business and audit of sign-in


def test_no_statement_reads_the_whole_table(plumber):
    with plumber.scope():
        people(plumber, 2000)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE messaging_contact")
        for query in ({}, {"q": "person 01"}, {"q": "5550"}, {"tag": "x"}, {"show": "opted-out"},
                      {"show": "vip"}, {"show": "never-texted"}):  # fmt: skip
            with CaptureQueriesContext(connection) as asked:
                reading.page(reading.choice_of(query))
            for each in asked:
                if each["sql"].startswith("SELECT") and "messaging_contact c" in each["sql"]:
                    with connection.cursor() as cursor:
                        cursor.execute("SET enable_seqscan = off")
                        cursor.execute("EXPLAIN " + each["sql"])
                        plan = "\n".join(row[0] for row in cursor.fetchall())
                        cursor.execute("RESET enable_seqscan")
                    assert "Seq Scan" not in plan, (query, plan)


def test_somebody_is_added_by_hand_and_allows_nothing_by_it(owner, plumber, dentist):
    page = owner.post(
        "/contacts/new/", {"number": "(312) 555-0177", "name": EVIL, "company": "B & C"}
    )
    assert "Added." in page and EVIL not in page and "&lt;script&gt;" in page
    assert "No contact yet" in owner.get("/contacts/")
    with plumber.scope():
        made = Contact.objects.get(phone="+13125550177")
        assert (made.consent_level, made.company) == (0, "B & C")
        assert AuditEntry.objects.get(action="contact.create").subject == str(made.pk)
        assert not Message.objects.exists()
    page = owner.post("/contacts/new/", {"number": "+1 312 555 0177", "name": "Another"})
    assert "known already" in page and "Another" not in page
    with dentist.scope():
        assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "12"}, "expected a phone number"),
        ({"number": ""}, "expected a phone number"),
        ({"number": "(312) 555-0177", "email": "no address"}, "expected an address"),
        ({"number": "(312) 555-0177", "language": "xx"}, "choose one of the languages"),
        ({"number": "(312) 555-0177", "company": "y" * 121}, "expected at most 120"),
    ],
)
def test_a_wrong_contact_keeps_what_was_typed(owner, plumber, typed, words):
    page = owner.post("/contacts/new/", {"name": "Kept name", **typed}, status=422)
    assert words in page and 'value="Kept name"' in page
    with plumber.scope():
        assert not Contact.objects.filter(name="Kept name").exists()


def test_all_that_is_wrong_with_a_contact_is_named_at_once(owner, plumber):
    wrong = {"number": "12", "email": "no address", "company": "y" * 121}
    page = owner.post("/contacts/new/", wrong, status=422)
    assert "Phone number: expected a phone number" in page
    assert "E-mail: expected an address" in page and "Firm: expected at most 120" in page


def test_our_own_number_is_nobody(owner, plumber):
    page = owner.post("/contacts/new/", {"number": plumber.number}, status=422)
    assert "one of your own numbers" in page


def test_a_profile_and_own_fields_are_kept_and_told(agent, plumber, person, dentist):
    with plumber.scope():
        CustomField.objects.create(
            key="boiler", label="Boiler", kind="choice", options=["Gas", "Oil"]
        )
        CustomField.objects.create(key="visits", label="Visits", kind="number")
        conversation = person.conversation.pk
    page = agent.post(
        f"/contacts/{person.pk}/",
        {"name": EVIL, "email": "m@lopez.example", "company": EVIL, "language": "es",
         "own-boiler": "Gas", "own-visits": "1,200", "own-unknown": "x"},
    )  # fmt: skip
    assert "Saved." in page and EVIL not in page
    with plumber.scope():
        stored = Contact.objects.get(pk=person.pk)
        assert (stored.email, stored.language) == ("m@lopez.example", "es")
        assert stored.fields == {"boiler": "Gas", "visits": 1200}
        activity = Activity.objects.get()
        assert activity.detail["fields"] == [
            "name",
            "email",
            "company",
            "language",
            "Boiler",
            "Visits",
        ]
    assert "Ada changed the name, the e-mail address" in agent.get(f"/c/{conversation}/")
    page = agent.post(
        f"/contacts/{person.pk}/", {"name": "Typed", "own-visits": "many", "own-boiler": "Wood"},
        status=422,
    )  # fmt: skip
    assert "Visits: expected a number" in page and "Boiler: choose one of the list" in page
    assert 'value="Typed"' in page and 'value="many"' in page
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).fields["visits"] == 1200
    with dentist.scope():
        assert not Activity.objects.exists()


def test_tags_are_added_offered_and_taken_off(agent, plumber, person):
    path = f"/contacts/{person.pk}/tags/"
    page = agent.post(path, {"tag": "Estimate"})
    assert 'value="estimate"' in page
    agent.post(path, {"tag": "estimate"})  # twice is once
    assert "without a comma" in agent.post(path, {"tag": "a,b"})
    assert "choose another word" in agent.post(path, {"tag": "test call"})
    assert EVIL not in agent.post(path, {"tag": EVIL})
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).tags == ["estimate", EVIL.casefold()]
        assert Tag.objects.filter(name="estimate").count() == 1
    agent.post(path, {"remove": "estimate"})
    with plumber.scope():
        assert Contact.objects.get(pk=person.pk).tags == [EVIL.casefold()]
        kinds = list(Activity.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["tagged", "tagged", "untagged"]
    assert agent.sent("/contacts/99999999/tags/", {"tag": "x"}).status_code == 404


def test_a_tag_is_renamed_merged_and_removed_on_everybody(plumber, dentist):
    at = timezone.now()
    with dentist.scope():
        people(dentist, 3, tags=["quote"])
    with plumber.scope():
        people(plumber, 5, tags=["quote", "north"])
        Contact.objects.filter(phone="+16305550000").update(tags=["estimate", "quote"])
        quote = Tag.objects.create(name="Quote", created_at=at)
        estimate = Tag.objects.create(name="estimate", created_at=at)
        with pytest.raises(TagProblem, match="Merge the two instead"):
            tags.rename(quote.pk, "Estimate", actor="Ada", at=at)
        assert tags.merge(quote.pk, estimate.pk, actor="Ada", at=at) == 5
        assert Contact.objects.get(phone="+16305550000").tags == ["estimate"]
        assert Contact.objects.get(phone="+16305550001").tags == ["estimate", "north"]
        assert tags.rename(estimate.pk, "Offer", actor="Ada", at=at) == 5
        assert Contact.objects.get(phone="+16305550001").tags == ["offer", "north"]
        assert tags.remove(estimate.pk, actor="Ada", at=at) == 5
        assert Contact.objects.get(phone="+16305550001").tags == ["north"]
        own = Tag.objects.create(name="customer", created_at=at)
        with pytest.raises(TagProblem, match="The system itself"):
            tags.remove(own.pk, actor="Ada", at=at)
    with dentist.scope():
        assert Contact.objects.filter(tags=["quote"]).count() == 3


def test_one_opt_out_is_said_everywhere(owner, plumber, twilio, work, person):
    twilio.text(person.phone, "STOP")
    work()
    with plumber.scope():
        conversation = Contact.objects.get(pk=person.pk).conversation.pk
        with pytest.raises(NotAllowed):
            send_as(person.phone, "Hello", author="person")
    for path, query in (
        ("/", {"folder": "all"}), (f"/c/{conversation}/", {}), ("/contacts/", {}),
        ("/search/", {"q": "maria"}), (f"/contacts/{person.pk}/", {}),
        ("/new/", {"to": person.phone}),
    ):  # fmt: skip
        answer = owner.client.get(path, query, headers={"host": owner.host})
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert "pted out" in page or "asked not to be texted" in page, path


def test_who_is_not_signed_in_sees_nobody(plumber, person):
    from tests.inbox.conftest import Member

    assert get_user_model() is not None
    stranger = Member(None, plumber.host)
    for path in ("/contacts/", "/contacts/new/", f"/contacts/{person.pk}/merge/"):
        assert stranger.sent(path).status_code in (302, 405)
        assert stranger.client.get(path, headers={"host": plumber.host}).status_code == 302


def test_the_settings_page_changes_a_tag_on_everybody(owner, agent, plumber):
    at = timezone.now()
    with plumber.scope():
        people(plumber, 3, tags=["quote"])
        quote = Tag.objects.create(name="quote", created_at=at)
        offer = Tag.objects.create(name="offer", created_at=at)
    page = owner.post(
        "/settings/tags/", {"id": str(quote.pk), "becomes": "1", "rename": "Offer"}, 422
    )
    assert "Merge the two instead" in page and 'value="Offer"' in page
    assert agent.sent("/settings/tags/", {"id": str(quote.pk), "everybody": "1"}).status_code == 403
    owner.post("/settings/tags/", {"id": str(quote.pk), "merge": "1", "into": str(offer.pk)})
    owner.post("/settings/tags/", {"id": str(offer.pk), "becomes": "1", "rename": "Estimate"})
    with plumber.scope():
        assert Contact.objects.filter(tags=["estimate"]).count() == 3
    owner.post("/settings/tags/", {"id": str(offer.pk), "everybody": "1"})
    with plumber.scope():
        assert not Contact.objects.filter(tags__contains=["estimate"]).exists()
        assert not Tag.objects.exists()
