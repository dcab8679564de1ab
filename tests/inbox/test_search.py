"""The one search box over HTTP: people, numbers and words, and what never comes up."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from django.utils import timezone

from calls.models import Call
from inbox.models import Note
from messaging.models import Contact, Conversation, Message
from messaging.people import lock_contact, touch_conversation


def _someone(phone: str, name: str, *bodies: str, **contact) -> Conversation:
    now = timezone.now()
    with transaction.atomic():
        person = lock_contact(phone, now, name)
        Contact.objects.filter(pk=person.pk).update(**contact)
        pk = touch_conversation(person.pk, at=now, line="Hello", direction="in")
    for body in bodies:
        Message.objects.create(
            conversation_id=pk, direction="in", status="received", author="contact", body=body,
            our_number="+13125550100", their_number=phone, provider="simulator", created_at=now,
        )  # fmt: skip
    return Conversation.objects.select_related("contact").get(pk=pk)


@pytest.fixture
def maria(plumber, dentist):
    """Maria of the plumber, with words of every kind; the dentist has somebody who says the same."""
    with dentist.scope():
        _someone("+16025550777", "Maria Stranger", "The boiler hums a tango")
    with plumber.scope():
        found = _someone(
            "+13125550142", "María López-Kowalski", "The boiler hums a tango", "Don't call before nine",
            company="Kowalski Bakery", email="maria@mail.example",
        )  # fmt: skip
        Note.objects.create(
            conversation=found,
            author=1,
            author_name="Ada",
            body="Quote for the chandelier",
            created_at=timezone.now(),
        )
        Call.objects.create(
            provider="simulator", provider_id="x", contact=found.contact, our_number="+13125550100",
            caller=found.contact.phone, outcome="voicemail", missed_because="no_answer",
            started_at=timezone.now(), transcript="It is about the ceiling, please hurry",
        )  # fmt: skip
        _someone("+13125550999", "Bob Quiet")
    return found


def found(member, words: str) -> tuple[list[str], list[str]]:
    """Return the addresses found: people's, and those of words."""
    page = member.client.get(
        "/search/", {"q": words}, headers={"host": member.host, "hx-request": "true"}
    )
    assert page.status_code == 200, words
    links = re.findall(r'class="found__row" href="([^"]+)"', page.content.decode())
    return [each for each in links if "?at=" not in each], [
        each for each in links if "?at=" in each
    ]


@pytest.mark.parametrize(
    "words",
    ["maría", "LÓPEZ", "kowalski", "Bakery", "maria@mail", "mail.exam", "(312) 555-0142", "+1 312 555 0142",
     "312.555.0142", "0142", "550-14", "López María", "ma"],
)  # fmt: skip
def test_a_person_is_found_by_any_part(words, maria, owner):
    people, _said = found(owner, words)
    assert people == [f"/c/{maria.pk}/"], words


@pytest.mark.parametrize(
    ("words", "kind"),
    [("tango", "text"), ("BOILER hum", "text"), ("don't call", "text"), ("chandel", "note"), ("ceiling hurry", "voicemail")],
)  # fmt: skip
def test_words_lead_to_their_moment(words, kind, maria, owner, plumber):
    _people, said = found(owner, words)
    with plumber.scope():
        ref = {
            "text": lambda: Message.objects.get(body__icontains=words[:4]).pk,
            "note": lambda: Note.objects.get().pk,
            "voicemail": lambda: Call.objects.get().pk,
        }[kind]()
    assert said == [f"/c/{maria.pk}/?at={kind}-{ref}"]
    assert owner.get(said[0])


def test_what_is_found_is_marked_and_safe(plumber, maria, owner):
    with plumber.scope():
        _someone("+13125550888", "<i>Eve</i>", "<img src=x onerror=alert(1)> tango & cash")
    page = owner.get("/search/", q="tango")
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>tango</mark> &amp; cash" in page
    assert "<img src=x" not in page and "<i>Eve" not in page
    assert "Search" in page and 'value="tango"' in page  # a page of its own, without scripts


def test_who_is_hidden_erased_or_of_another_business_never_comes_up(
    plumber, maria, owner, other_owner
):
    assert found(owner, "stranger") == ([], [])
    assert len(found(other_owner, "tango")[1]) == 1
    with plumber.scope():
        Conversation.objects.filter(pk=maria.pk).update(hidden="test")
    assert found(owner, "tango") == ([], []) == found(owner, "kowalski")
    with plumber.scope():
        Conversation.objects.filter(pk=maria.pk).update(hidden="")
        Contact.objects.filter(pk=maria.contact_id).update(erased_at=timezone.now())
    assert found(owner, "tango") == ([], []) == found(owner, "0142")


def test_a_removed_note_is_found_no_more(plumber, maria, owner):
    with plumber.scope():
        Note.objects.update(removed_at=timezone.now())
    assert found(owner, "chandelier") == ([], [])


@pytest.mark.parametrize(
    "words",
    ["", " ", "x", "'", '"', "%", "_%_", "\\", "a\x00b\x00cd", "!&|()<>:*", "tango:*", "'; DROP TABLE x;--", "(" * 500,
     "ab" * 5000, "\u202e\u0301\u0301", "😀😀😀", "- - -", "+", "0000", "NULL", "<script>", "ﬃ ß İ", "a b c d e f g h i j k"],
)  # fmt: skip
def test_whatever_is_typed_is_answered(words, maria, owner):
    people, said = found(owner, words)
    assert len(people) <= 8 and len(said) <= 20


def test_a_search_is_for_members(maria, client, plumber):
    answer = client.get("/search/?q=tango", headers={"host": plumber.host})
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]
