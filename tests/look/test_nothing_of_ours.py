"""Nothing of ours is visible to the clients of an agency that has a brand.

Pages are found by going wherever they lead, from every address of the table; templates are all
there are.
"""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client

from tenants import brands
from tenants.models import Agency
from tests.inbox.conftest import Member
from tests.inbox.test_spanish_pages import NEVER, answered, lived, starts
from tests.support.forms import Walk

__all__ = ["lived"]
NAME = "Callwell"
# Where our name may stand in a template: pages of ours alone, which no client has.
OURS = ("simulator/", "admin/", "drf_spectacular/")
_PATH_OF_MARK = "M16 2a13 13 0 1 1-6.1 24.48"


@pytest.fixture
def branded(plumber):
    Agency.objects.filter(pk=plumber.business.agency_id).update(
        brand_name=NAME, colour="#7a1fa2", support_email="help@callwell.example"
    )
    brands.forget()


def ours(source: str) -> list[str]:
    """What of us is in a page, a file or a letter."""
    found = re.findall(r".{0,40}ringback.{0,40}", source, re.IGNORECASE)
    if _PATH_OF_MARK in source or "app/img" in source:
        found.append("our mark")
    return found


def test_no_page_and_no_answer_of_a_form_names_us(lived, branded, owner, other_owner, dentist):
    walk = Walk(owner.client, owner.host, NEVER)
    shown, forms = {}, {}
    for page, source in walk.pages(starts()):
        shown.update(dict.fromkeys(ours(source), page.path))
        for form in page.forms:
            forms.setdefault(form.shape, form)
    assert len(walk.seen) > 100
    for form in forms.values():
        if not form.action.startswith("/logout"):
            source, _ = answered(owner, form, empty=True)
            shown.update(dict.fromkeys(ours(source), f"POST {form.action}"))
    assert not shown, "\n".join(f"{place}: {words}" for words, place in shown.items())
    assert NAME in owner.get("/login/nothing/", status=404)
    assert NAME not in other_owner.get("/settings/")


def test_what_is_no_page_names_us_neither(lived, branded, owner, plumber, dentist):
    stranger = Member(None, plumber.host)
    for member in (owner, stranger):
        for path in (
            "/manifest.webmanifest", "/sw.js", "/offline/", "/login/", "/login/password/", "/nothing/",
            "/join/nothing/", "/inbox/", "/api/schema/", "/api/docs/", "/api/v1/calls/", "/admin/login/",
        ):  # fmt: skip
            answer = member.client.get(path, headers={"host": member.host}, follow=True)
            source = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert not ours(source.decode()), path
            assert not ours(f"{answer.headers}{answer.cookies}"), path
    assert NAME in owner.client.get("/sw.js", headers={"host": owner.host}).content.decode()


def test_no_letter_names_us(branded, owner, plumber, dentist):
    owner.post(
        "/settings/members/invite/",
        {"email": "r@lakeside.example", "name": "R", "role": "agent", "language": ""},
    )
    Client().post("/login/password/", {"email": owner.user.email}, headers={"host": owner.host})
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        whole = "\n".join(
            [letter.subject, letter.from_email, letter.body, letter.alternatives[0][0]]
        )
        assert not ours(whole) and NAME in whole


def test_errors_and_every_template_of_letters_name_the_brand(branded, plumber, dentist):
    with plumber.scope():
        for name in ("404.html", "405.html", "429.html", "500.html", "notices/offline.html"):
            source = render_to_string(name)
            assert not ours(source), name
            assert NAME in source, name
    with dentist.scope():
        assert NAME not in render_to_string("500.html")


def test_our_name_is_written_into_no_template_and_no_phrase():
    root = settings.BASE_DIR / "templates"
    named = [
        f"{path.relative_to(root)}: {words}"
        for path in sorted(root.rglob("*"))
        if path.is_file() and not str(path.relative_to(root)).startswith(OURS)
        for words in re.findall(r".*Ringback.*", path.read_text())
    ]
    assert not named
    served = [*(settings.BASE_DIR / "config/static/app").rglob("*.*s")]
    assert len(served) > 50
    assert not [path.name for path in served if ours(path.read_text())]
    catalogue = (settings.BASE_DIR / "config/locale/es/LC_MESSAGES/django.po").read_text()
    assert 'msgid "Ringback' not in catalogue
