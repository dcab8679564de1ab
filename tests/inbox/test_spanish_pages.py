"""Whoever reads Spanish meets no English: pages, what forms answer, letters, notices, what is wrong.

Pages and forms are not listed: they are found by going wherever the pages lead, at a business with a
month of history. What people wrote themselves is taken out first, by what the database keeps of it;
what is left must be no phrase of the catalogue and hold no small English word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polib
import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone, translation

from calls.setup import load_setup
from inbox import demo_audit, demo_cases, demo_settings, demo_waits
from inbox.demo_history import History
from inbox.models import Notice
from inbox.templatetags.ringback import day_label
from messaging.models import Contact
from tenants.models import Invitation, Role, User
from tests.browser.test_every_page import addresses
from tests.inbox.conftest import Member, a_member
from tests.support.forms import Form, Walk
from tests.support.seen import pieces

CATALOGUE = settings.BASE_DIR / "config" / "locale" / "es" / "LC_MESSAGES" / "django.po"
NEVER = ("/logout/", "/admin/", "/api/", "/static/", "/simulator/", "/inbox/events/")
# Forms that end what the walk needs.
ENDS = re.compile(r"/(logout|erase|out|remove|delete|discard|withdraw|again|let-go)/$")
# Where people's own words are kept, of members, callers and those who set a business up.
THEIRS = [
    "messaging_message.body", "messaging_message.author_name", "messaging_refusal.body", "messaging_contact.name",
    "messaging_contact.company", "messaging_conversation.last_line", "messaging_messagetemplate.name",
    "messaging_messagetemplate.body", "messaging_templateversion.body", "inbox_note.body",
    "inbox_tag.name", "inbox_team.name", "inbox_quickreply.title", "inbox_quickreply.body",
    "inbox_savedview.name", "inbox_customfield.label", "inbox_promise.words", "calls_call.transcript",
    "public.tenants_user.name", "public.tenants_user.email", "public.tenants_business.name",
    "public.tenants_phonenumber.label", "public.tenants_calllog.name",
]  # fmt: skip
# What is English on a Spanish page on purpose, and why.
ALLOWED = {
    "You have reached ¤. Sorry we can't take your call right now.": "what callers hear is quoted",
    "“You have reached ¤. Sorry we can't take your call right now. If we miss you, we may text this "
    "number. Reply ¤ to any text to opt out.”": "what callers hear is quoted",
    "If you would like a text about your call from ¤, press 1. Message and data rates may apply. "
    "Reply ¤ to opt out.": "what callers hear is quoted",
    "“Please leave a message after the tone.”": "what callers hear is quoted",
    "English": "a language calls itself so",
    "Port of Spain": "a place's name",
    "Isle of Man": "a place's name",
    "Metro by T-Mobile": "a carrier's name",
    "En Zapier elija Webhooks by Zapier, luego Custom Request; en Make elija HTTP, luego Make a "
    "request. Método POST.": "menus of Zapier and Make",
    "Webhooks by Zapier": "a menu of Zapier",
    "En la consola de desarrolladores de RingCentral, abra la aplicación que usa (o cree una privada con "
    "el permiso Call Control).": "a permission's name at RingCentral",
}
# Words that are English and nothing else, not even by accident a Spanish one.
ENGLISH = re.compile(
    r"\b(the|of|and|with|your|you|this|that|when|is|are|was|were|not|nobody|who|from|they|have|has"
    r"|been|will|what|please|to|for|in|by|or|it|an|at(?!&)|on|if|be|we|our|their|them|which|only|than"
    r"|then|more|yes|day|days|call|calls|text|texts|caller|number)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Ear:
    """Hears English. phrases: the catalogue's, whole; own: what people wrote, the longest first."""

    phrases: set[str]
    own: list[re.Pattern[str]]

    def page(self, path: str, source: str) -> Iterator[str]:
        """Yield what is English on a page, unless its address asks for English."""
        if "lang=en" not in path:
            yield from self.english(pieces(source))

    def english(self, said: Iterable[str]) -> Iterator[str]:
        """Yield what is English of what is said."""
        for piece in said:
            left = piece
            for words in self.own:
                left = words.sub("¤", left)
            if left not in ALLOWED and (left.strip() in self.phrases or ENGLISH.search(left)):
                yield left


def written(words: str) -> re.Pattern[str]:
    """Return what finds somebody's words: with any fields filled in, or cut short."""
    whole = ".*?".join(re.escape(part) for part in re.split(r"\{\w*\}", words))
    cut = f"|{re.escape(words[:100])}[^…]*…" if len(words) > 100 else ""
    return re.compile(whole + cut, re.DOTALL)


@pytest.fixture(autouse=True)
def as_before(plumber, dentist):
    """What members chose for themselves outlives no test."""
    before = list(User.objects.values("pk", "language", "name", "timezone"))
    yield
    for row in before:
        User.objects.filter(pk=row.pop("pk")).update(**row)


@pytest.fixture
def ear(plumber) -> Ear:
    """Knows every phrase of the catalogue that is no Spanish as well, and the plumber's own words."""
    catalogue = polib.pofile(str(CATALOGUE))
    spanish = {entry.msgstr for entry in catalogue}
    phrases = {
        entry.msgid.strip() for entry in catalogue
        if re.search("[a-z]{2}", entry.msgid) and not re.search(r"\{|%\(", entry.msgid)
    }  # fmt: skip
    own = set()
    with plumber.scope(), connection.cursor() as cursor:
        for column in THEIRS:
            table, _, name = column.rpartition(".")
            cursor.execute(f"SELECT DISTINCT {name} FROM {table}")
            own |= {" ".join(row[0].split()) for row in cursor.fetchall() if row[0]}
    own = sorted((words for words in own if len(words) > 3), key=len, reverse=True)
    return Ear(phrases - spanish, [written(words) for words in own])


@pytest.fixture
def lived(plumber, dentist, stand_in, work):
    """A month at the plumber's, whose members read Spanish."""
    now = timezone.now()
    User.objects.filter(memberships__business=plumber.business).update(language="es")
    with plumber.scope(), transaction.atomic():
        setup = load_setup(plumber.schema)
        history = History(setup, "plumbing", plumber.number, now)
        history.build()
        history.save()
        demo_cases.add(setup, "plumbing", plumber.number, now)
        demo_waits.add(setup, "plumbing", plumber.number, now)
        demo_settings.add(setup, "plumbing", now)
    demo_audit.add(plumber.business.agency, now)
    work()


def told(heard: dict[str, str]) -> str:
    return "\n".join(f"{place}: {words}" for words, place in heard.items())


def starts() -> list[str]:
    """Every address without an argument, from the table of addresses."""
    table = addresses(get_resolver("config.urls").url_patterns)
    return [f"/{path}" for _, path, arguments in table if not arguments and "(" not in path]


def answered(member: Member, form: Form, *, empty: bool) -> tuple[str, int]:
    """Send a form, as it stands or with nothing typed; returns the page it leads to and its status."""
    data: dict[str, list[str]] = {}
    for each in form.fields:
        data.setdefault(each.name, []).append("" if empty and each.is_typed else each.value)
    answer = member.client.post(form.action, data, headers={"host": member.host}, follow=True)
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return "", answer.status_code
    return answer.content.decode(), answer.status_code


def test_no_page_and_no_answer_of_a_form_speaks_english(lived, owner, other_owner, dentist, ear):
    owner.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    heard: dict[str, str] = {}
    forms: dict[tuple[str, ...], Form] = {}
    walk = Walk(owner.client, owner.host, NEVER)
    for page, source in walk.pages(starts()):
        for words in ear.page(page.path, source):
            heard.setdefault(words, page.path)
        for form in page.forms:
            if not ENDS.search(form.action):
                forms.setdefault(form.shape, form)
    assert len(walk.seen) > 100
    assert len(forms) > 40
    assert not heard, told(heard)
    for form in forms.values():
        source, status = answered(owner, form, empty=True)
        assert status < 500, form.action
        for words in ear.english(pieces(source)):
            heard.setdefault(words, f"POST {form.action}")
    assert not heard, told(heard)
    # The other business speaks as its members do, and knows nothing of this one.
    assert 'lang="en"' in other_owner.get("/")
    with dentist.scope():
        assert not Contact.objects.exists()


def test_who_has_no_rights_is_told_so_in_spanish(lived, plumber, dentist, ear):
    ada = a_member(plumber, Role.AGENT, "Ada")
    User.objects.filter(pk=ada.pk).update(language="es")
    agent = Member(ada, plumber.host)
    heard = {}
    for page, source in Walk(agent.client, agent.host, NEVER, alike=1).pages(starts()):
        for words in ear.page(page.path, source):
            heard.setdefault(words, page.path)
    assert not heard, told(heard)
    assert not Invitation.objects.filter(business=dentist.business).exists()


def test_a_stranger_is_spoken_to_in_his_browser_s_language(plumber, dentist, ear):
    client = Client(headers={"accept-language": "es"})
    heard = {}
    for page, source in Walk(client, plumber.host, NEVER).pages([*starts(), "/join/nothing/"]):
        for words in ear.page(page.path, source):
            heard.setdefault(words, page.path)
        for form in page.forms:
            source, _ = answered(Member(None, plumber.host, client), form, empty=True)
            for words in ear.english(pieces(source)):
                heard.setdefault(words, f"POST {form.action}")
    for path in ("/nothing/", "/join/nothing/"):
        lost = client.get(path, headers={"host": plumber.host})
        assert lost.status_code == 404
        assert 'lang="es"' in lost.content.decode()
        for words in ear.english(pieces(lost.content.decode())):
            heard.setdefault(words, path)
    with translation.override("es"):
        for name in ("404.html", "405.html", "429.html", "500.html"):
            for words in ear.english(pieces(render_to_string(name))):
                heard.setdefault(words, name)
    assert not heard, told(heard)
    assert 'lang="en"' in Client().get("/nothing/", headers={"host": dentist.host}).content.decode()


def test_an_invitation_speaks_the_language_of_whom_it_is_for(owner, other_owner, dentist, ear):
    page = owner.post(
        "/settings/members/invite/",
        {"email": "rosa@lakeside.example", "name": "Rosa", "role": "agent", "language": "es"},
    )
    assert 'lang="en"' in page
    (letter,) = mail.outbox
    assert "le invita a" in letter.subject or "invita" in letter.subject
    html = letter.alternatives[0][0]
    assert list(ear.english([letter.subject, *letter.body.splitlines()[:1], *pieces(html)])) == []
    link = re.search(r"http://[^/]+(/join/\S+/)", letter.body)[1]
    joining = Member(None, owner.host)  # an English browser
    assert 'lang="es"' in joining.get(link)
    assert list(ear.english(pieces(joining.get(link)))) == []
    joining.client.post(
        link, {"name": "Rosa", "password": "caballo correcto bateria"}, headers={"host": owner.host}
    )
    assert User.objects.get(email="rosa@lakeside.example").language == "es"
    # A language nobody speaks is named by its field, and nothing typed is lost.
    refused = owner.post(
        "/settings/members/invite/",
        {"email": "x@lakeside.example", "role": "agent", "language": "tlh"}, status=422,
    )  # fmt: skip
    assert "Choose a language of the list." in refused and "x@lakeside.example" in refused
    assert "rosa@" not in other_owner.get("/settings/members/")


def test_letters_about_signing_in_go_in_the_member_s_language(owner, other_owner, dentist, ear):
    User.objects.filter(pk=owner.user.pk).update(language="es")
    stranger = Client()  # an English browser
    for member in (owner, other_owner):
        stranger.post(
            "/login/password/", {"email": member.user.email}, headers={"host": member.host}
        )
    spanish, english = mail.outbox
    assert list(ear.english([spanish.subject, *pieces(spanish.alternatives[0][0])])) == []
    assert english.subject == "Set a new password"


def test_what_is_said_after_the_language_changed_is_said_in_the_new_one(owner, other_owner):
    values = {
        "name": "Dana",
        "language": "es",
        "timezone": "",
        "signature": "",
        "undo_seconds": "0",
    }
    assert "Guardado." in owner.post("/settings/", values)
    assert "Saved." in owner.post("/settings/", values | {"language": "en"})
    assert other_owner.user.language == ""


def test_notices_are_written_in_the_language_of_whom_they_are_for(
    lived, owner, plumber, dentist, ear
):
    with plumber.scope():
        told = Notice.objects.filter(user=owner.user.pk)
        assert told.exists()
        assert list(ear.english(words for row in told for words in (row.title, row.body))) == []
    with dentist.scope():
        assert not Notice.objects.exists()


def test_days_are_headed_as_they_are_written():
    day = datetime(2020, 11, 16, 12, tzinfo=UTC)
    with translation.override("es"):
        assert re.fullmatch(r"\w+ 16 de noviembre de 2020", day_label(day))
    with translation.override("en"):
        assert day_label(day) == "Monday 16 November 2020"
