"""The playbooks of docs/support/: every page, code and command they name is there."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from inbox.support import books
from inbox.support.books import rendered
from inbox.wording import CODES
from messaging.status import ERRORS
from tests.admin.conftest import Support

SECTIONS = ["Symptom", "Where to look", "What it means", "What to do", "What to say"]
ALL = books.books()


def texts() -> str:
    sources = [*settings.BASE_DIR.glob("calls/*.py"), *settings.BASE_DIR.glob("messaging/**/*.py")]
    return "\n".join(path.read_text() for path in sources)


def test_there_are_ten_each_with_its_five_parts():
    assert len(ALL) == 10
    for book in ALL:
        assert re.findall(r"^## (.+)$", book.text, re.MULTILINE) == SECTIONS, book.name
        assert book.title and book.symptom


@pytest.mark.parametrize("book", ALL, ids=lambda book: book.name)
def test_what_it_names_is_there(book):
    names = {known.name for known in ALL}
    links = re.findall(r"\]\((/[^)\s]*)\)", book.text)
    assert "/admin/find/" in links
    for path in links:
        assert resolve(path, settings.PUBLIC_SCHEMA_URLCONF).url_name.startswith("support-"), path
        if found := re.fullmatch(r"/admin/playbooks/(.+)/", path):
            assert found[1] in names
    codes = texts()
    commands = get_commands()
    for said in re.findall(r"`([^`]+)`", book.text):
        if said.startswith("/"):
            try:
                resolve(said, "config.urls")
            except Resolver404:
                pytest.fail(f"{book.name}: no page {said}")
        elif said.startswith("manage.py "):
            assert said.split()[1] in commands, said
        elif said.isdigit():
            assert said in ERRORS, said
        elif said.isupper():
            assert said in CODES or f'"{said}"' in codes, said
        else:
            assert (settings.BASE_DIR / said).exists(), said


def test_they_stand_in_the_admin(support, plumber):
    shelf = support.get("playbooks/")
    for book in ALL:
        assert f'href="/admin/playbooks/{book.name}/"' in shelf
        page = support.get(f"playbooks/{book.name}/")
        assert "What to say</h2>" in page and "<blockquote>" in page and "**" not in page
    support.get("playbooks/none/", 404)
    for person in (None, plumber.owner):
        answer = Support(person).client.get("/admin/playbooks/", headers={"host": "localhost"})
        assert answer.status_code == 302


def test_their_markdown_is_escaped():
    made = rendered("# T\n\n1. a <b> `x<y`\n   more\n2. [l](/admin/find/)\n\n> q **s**\n\n- i")
    assert "<li>a &lt;b&gt; <code>x&lt;y</code> more</li>" in made
    assert '<li><a href="/admin/find/">l</a></li>' in made
    assert "<blockquote><p>q <strong>s</strong></p></blockquote>" in made and "<ul><li>i" in made
