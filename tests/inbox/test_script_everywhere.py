"""Script in every field: stored as text, shown as text, wherever it comes from and wherever it goes.

The forms are not listed here: they are found by going wherever the pages lead, so that a new page,
a new form or a new field is tried by itself.
"""

from __future__ import annotations

import json
import re
from itertools import count

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from tests.browser.test_every_page import addresses
from tests.inbox.conftest import Member
from tests.intake.conftest import pbx  # noqa: F401 - a fixture
from tests.live.conftest import open_screen  # noqa: F401 - a fixture
from tests.support import pictures as samples
from tests.support.forms import Form, Page, Walk
from tests.support.hooks import a_caller

# Breaks out of an attribute, begins an element, and is an address that runs.
BAD = "javascript:'\"><x-bad onload=a()>"
MARK = "x-bad"
# Pages that end what the walk needs: one's own session, and other hosts' rooms.
NEVER = ("/logout/", "/admin/", "/api/", "/static/", "/simulator/", "/inbox/events/")
# Forms that take something away or end something: what is written must stay, to be looked at.
ENDS = re.compile(
    r"/(logout|remove|undo|withdraw|out|erase|opt-out|delete|discard|unpin|call-off|take-over|find|draft|now|revoke)/$"
)
# What each hostile word is replaced by where a field says that it is not what it takes.
_NUMBERS = count(1)
SENSIBLE = {
    "number": lambda: "1",
    "date": lambda: "2027-01-04",
    "time": lambda: "09:00",
    "datetime-local": lambda: "2027-01-04T09:00",
    "tel": lambda: f"(312) 555-1{next(_NUMBERS):03d}",
    "email": lambda: f"x-bad{next(_NUMBERS)}@bad.example",
    "url": lambda: "https://bad.example/x-bad",
}
# Where a member's or a stranger's words are known to end up; the test fails when they are lost.
KEPT = {
    "calls_holiday.name", "calls_pinnedcall.name", "inbox_activity.detail", "inbox_customfield.label",
    "inbox_membersettings.signature", "inbox_note.body", "inbox_quickreply.body",
    "inbox_quickreply.title", "inbox_savedview.name", "inbox_tag.name", "inbox_team.name",
    "messaging_attachment.name", "messaging_auditentry.detail", "messaging_contact.company",
    "messaging_contact.name", "messaging_contact.tags", "messaging_conversation.last_line",
    "messaging_legalhold.reason", "messaging_message.body", "messaging_messagetemplate.body",
    "messaging_messagetemplate.name", "messaging_templateversion.body", "tenants_callsource.name",
    "tenants_invitation.name", "tenants_providerevent.params", "tenants_user.name",
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def harmless(page: Page, source: str) -> None:
    """Nothing of it became part of the page."""
    assert f"<{MARK}" not in source, page.path
    assert MARK not in page.tags, page.path
    assert not page.handlers, (page.path, page.handlers)
    runs = [each for each in page.addresses if each.strip().lower().startswith("javascript:")]
    assert not runs, (page.path, runs)


def starts() -> list[str]:
    """Every address without an argument, from the table of addresses."""
    table = addresses(get_resolver("config.urls").url_patterns)
    return [f"/{path}" for _, path, arguments in table if not arguments and "(" not in path]


def is_number(name: str) -> bool:
    """Whether a field of this name takes a phone number."""
    return bool(re.search("phone|number|caller|own$|^to$|^who$", name))


def sensible(kind: str, name: str) -> str:
    """Return something a field of this kind and name takes."""
    if kind in SENSIBLE:
        return SENSIBLE[kind]()
    if is_number(name):
        return SENSIBLE["tel"]()
    return f"x{next(_NUMBERS)}"


def send(member: Member, form: Form, values: dict[str, str]) -> tuple[bool, set[str]]:
    """Send a form with other values in some fields; returns whether it was taken, and what was wrong."""
    data: dict[str, list[str]] = {}
    for each in form.fields:
        data.setdefault(each.name, []).append(values.get(each.name, each.value))
    answer = member.client.post(form.action, data, headers={"host": member.host})
    assert answer.status_code < 500, (form.action, data)
    if not answer.headers.get("Content-Type", "text/html").startswith("text/html"):
        assert answer.headers["X-Content-Type-Options"] == "nosniff", form.action
        return True, set()
    source = answer.content.decode(errors="replace")
    harmless(page := Page(form.action, source), source)
    wrong = {each.name for again in page.forms for each in again.fields if each.wrong}
    return answer.status_code < 400, wrong


def fill(member: Member, form: Form) -> set[str]:
    """Send a form with the bad words in every field, then, where it is refused, in each field alone.

    Returns the names of the fields that took them.
    """
    typed = {each.name: each for each in form.fields if each.is_typed}
    taken, wrong = send(member, form, dict.fromkeys(typed, BAD))
    if taken:
        return set(typed)
    calm = {
        name: sensible(each.kind, name)
        for name, each in typed.items()
        if not each.value
        and (name in wrong or each.kind not in ("text", "textarea") or is_number(name))
    }
    if taken := send(member, form, {n: calm.get(n, BAD) for n in set(typed) - wrong} | calm)[0]:
        return set(typed) - wrong - set(calm)
    return {
        name for name in typed
        if send(member, form, {name: BAD})[0] or (calm and send(member, form, calm | {name: BAD})[0])
    }  # fmt: skip


def stored(schemas: list[str]) -> set[str]:
    """Return every column, table.column, that holds the bad words."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = ANY(%s) AND table_type = 'BASE TABLE' "
            "AND data_type IN ('character varying', 'text', 'jsonb')",
            [schemas],
        )
        for schema, table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{schema}"."{table}" WHERE "{column}"::text LIKE %s)',
                [f"%<{MARK}%"],
            )
            if cursor.fetchone()[0]:
                found.add(f"{table}.{column}")
    return found


def test_what_is_written_into_any_field_is_text_wherever_it_is_shown(
    owner, other_owner, agent, plumber, dentist, person, twilio, pbx, open_screen, work, stand_in  # noqa: F811
):  # fmt: skip
    screen = open_screen(plumber)
    # From outside: a text, the name a carrier sends with a call, what a phone system reports.
    caller = a_caller("312")
    assert twilio.text(caller, f"{BAD} is anybody there?").status_code == 200
    call = twilio.call(a_caller("312"), CallerName=BAD, CallerCity=BAD)
    call.arrives()
    call.dial_ends("no-answer")
    assert twilio.text(a_caller("312"), BAD, ProfileName=BAD).status_code == 200
    assert pbx.send(pbx.event(a_caller("312"), caller_name=BAD, agent=BAD, queue=BAD)).is_success
    work()
    thread = screen.until(screen.changed)[0]
    picture = SimpleUploadedFile(f"{BAD}.png", samples.picture("PNG"), "image/png")
    assert owner.sent(f"/c/{thread}/attachments/", {"file": picture}).status_code == 200

    # From members: every form there is, found by going wherever the pages lead; twice, since what
    # the first round wrote has forms of its own.
    tried: dict[tuple[str, ...], set[str]] = {}
    for _ in range(2):
        walk, shown = Walk(owner.client, owner.host, NEVER), 0
        for page, source in list(walk.pages(starts())):
            harmless(page, source)
            shown += MARK in source
            for form in page.forms:
                if form.shape in tried or ENDS.search(form.action):
                    continue
                tried[form.shape] = fill(owner, form)
        assert len(walk.seen) < walk.most, "the walk has no end"
        work()
    assert len(tried) > 60, sorted(tried)
    kept = stored([plumber.schema, "public"])
    assert kept >= KEPT, KEPT - kept
    assert not stored([dentist.schema])

    # And shown: the owner saw it in the second round; whoever has no rights sees it too, the other
    # business nothing of it. Nowhere does it run.
    assert shown > 20, shown
    shown = 0
    for page, source in Walk(agent.client, agent.host, NEVER, alike=1).pages(starts()):
        harmless(page, source)
        shown += MARK in source
    assert shown > 10, shown
    for page, source in Walk(other_owner.client, other_owner.host, NEVER, alike=1).pages(starts()):
        harmless(page, source)
        assert MARK not in source, page.path

    # Live: rows and timelines are drawn on the server, everything else is data.
    drawn = 0
    for told in screen.named("news"):
        parts = [told.data.get("rows", ""), *told.data.get("timelines", {}).values()]
        for part in parts:
            harmless(Page("stream", part), part)
            drawn += MARK in part
    assert drawn

    # By mail: the words stand in both kinds of a letter, as text.
    assert any(MARK in letter.body or MARK in letter.subject for letter in mail.outbox)
    for letter in mail.outbox:
        assert "\n" not in letter.subject
        for alternative in getattr(letter, "alternatives", []):
            harmless(Page("letter", alternative[0]), alternative[0])

    # To programs: as it was written, in an answer that no browser takes for a page.
    for path in ("contacts/", "conversations/", "messages/", "calls/"):
        answer = Client().get(
            f"/api/v1/{path}",
            headers={"host": "localhost", "authorization": f"Bearer {plumber.api_key}"},
        )
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"].startswith("application/json"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    messages = Client().get(
        "/api/v1/messages/",
        headers={"host": "localhost", "authorization": f"Bearer {plumber.api_key}"},
    )
    assert BAD in json.dumps(messages.json(), ensure_ascii=False).replace('\\"', '"')


def test_a_stranger_s_forms_show_what_he_typed_as_text(plumber, dentist):
    stranger = Member(None, plumber.host)
    walk = Walk(stranger.client, stranger.host, ("/admin/", "/api/", "/static/", "/simulator/"))
    tried = {}
    for page, source in list(walk.pages([*starts(), f"/join/{BAD}/", f"/login/?next={BAD}"])):
        harmless(page, source)
        for form in page.forms:
            if form.shape not in tried and "/logout/" not in form.action:
                tried[form.shape] = fill(stranger, form)
    assert tried
    assert not stored([plumber.schema, dentist.schema])
