"""The rules in a real browser: at a desk and on a phone, light and dark, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_newcomer import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
PAGES = {
    "rules/": "Rules in force",
    "rules/edit/text-back/": "As a sentence",
    "rules/what-if/?line=%2B13125550100&day=2026-11-23&time=12:00": "Pin this decision",
    "rules/pinned/": "Calls whose decision must not change",
    "rules/versions/": "Every version",
    "rules/versions/1/": "Version 1",
    "rules/texts/missed-open/": "As somebody reads it",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_every_page_of_the_rules_looks_right(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    host = sign_in(page, live)
    for path, words in PAGES.items():
        page.goto(f"{host}/{path}")
        page.get_by_text(words).first.wait_for()
        name = path.partition("?")[0].strip("/").replace("/", "-")
        looks_right(page, picture, f"{name}-{width}-{scheme}")


def test_a_rule_is_built_tried_and_thrown_away(live, new_page, picture):
    page = new_page(390, 844)
    host = sign_in(page, live)
    page.goto(f"{host}/rules/")
    page.locator("[name=start][value=vip]").click()
    page.get_by_text("As a sentence").wait_for()
    page.locator(".adds summary").first.click()
    page.get_by_role("button", name="Open, closed or holiday", exact=True).click()
    page.locator("[data-clause=hours]").wait_for()
    page.get_by_text("closed", exact=True).first.click()
    page.locator("#rule-said", has_text="while you are closed, from a VIP").wait_for()
    reasons = page.locator("[data-pick]").nth(1)
    reasons.locator("summary").click()
    reasons.get_by_text("the line is busy").click()
    assert reasons.locator("[data-pick-said]").inner_text() == "the line is busy"
    page.keyboard.press("Escape")
    assert reasons.get_attribute("open") is None
    looks_right(page, picture, "rule-built-phone")
    page.get_by_role("button", name="Keep in my draft").click()
    page.get_by_text("Your draft", exact=True).wait_for()
    looks_right(page, picture, "rules-draft-phone")
    # The order is changed by keyboard alone.
    down = page.get_by_role("button", name=re.compile("Move VIPs.* down")).first
    down.focus()
    page.keyboard.press("Enter")
    page.locator(".rules > li").nth(1).get_by_text("VIPs").first.wait_for()
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_text("is added as rule 2").wait_for()
    looks_right(page, picture, "rules-review-phone")
    page.goto(f"{host}/rules/")
    page.get_by_role("button", name="Throw away").click()
    page.get_by_text("Your changes are thrown away").wait_for()
