"""The rulebook in support's admin."""

from __future__ import annotations

import re

from messaging.admin_rules import hours_words, rows_for
from messaging.jurisdictions import current
from messaging.places import states
from tests.admin.conftest import Support


def test_every_rule_is_shown_with_source_and_reviewer(support):
    page = support.get("rules/")
    assert current().version in page
    for row in current().rows:
        assert f"<br>{row.code}<br>" in page
    assert page.count("Reviewed by ") == len(current().rows)
    assert "47 CFR 64.1200" in page
    assert "<form" in page and 'method="post"' not in page.partition("rules-state")[2]


def test_a_state_is_picked_out(support):
    page = support.get("rules/", state="US-FL")
    assert set(re.findall(r"<br>(US[-A-Za-z]*)<br>", page)) == {"US-FL"}
    without = next(
        code for code in states() if code.startswith("US-") and not current().named(code, _today())
    )
    page = support.get("rules/", state=without)
    assert "the rules of US-default hold there" in page
    assert "There is no such state" in support.get("rules/", state="<b>")


def test_every_state_has_rules_and_every_week_has_words():
    for code in states():
        found, _ = rows_for(current(), code)
        assert found, code
    for row in current().rows:
        words = " ".join(hours_words(row))
        assert words and words.count("no marketing") <= row.hours.count(None)


def test_the_menu_leads_there_on_the_public_host_only(support, at_plumber):
    assert 'href="/admin/rules/"' in support.get("")
    at_plumber.get("rules/", 404)


def test_only_support_reads_it(plumber):
    for person in (None, plumber.owner):
        visitor = Support(person)
        assert visitor.client.get("/admin/rules/", headers={"host": "localhost"}).status_code == 302


def _today():
    from django.utils import timezone

    return timezone.now().date()
