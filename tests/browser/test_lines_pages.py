"""Lines and hours in a real browser: at a desk and on a phone, light and dark, and what they do by hand."""

from __future__ import annotations

import pytest

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_newcomer import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
LAW = ("alvarez-law", "owner@alvarez.example")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_every_page_of_the_lines_looks_right(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    host = sign_in(page, live, *LAW)
    page.goto(f"{host}/lines/")
    page.get_by_text("one after the other, each for").wait_for()
    looks_right(page, picture, f"lines-{width}-{scheme}")
    page.locator(".line-card__link").first.click()
    page.get_by_role("heading", name="What a caller hears").wait_for()
    for fold in page.locator(".why > summary").all():
        fold.click()
    looks_right(page, picture, f"line-{width}-{scheme}")
    page.goto(f"{host}/lines/hours/")
    page.get_by_text("National holidays", exact=True).click()
    page.get_by_text("Christmas Day").first.wait_for()
    looks_right(page, picture, f"hours-{width}-{scheme}")


def test_the_story_follows_what_is_typed(live, new_page):
    page = new_page(1280, 900)
    host = sign_in(page, live, *LAW)
    page.goto(f"{host}/lines/")
    page.locator(".line-card__link").first.click()
    story = page.locator("#story")
    page.get_by_label("What it says").fill("Welcome to {business}.")
    story.get_by_text("Welcome to Alvarez Law.").wait_for()
    page.get_by_label("Key", exact=True).first.select_option("9")
    page.get_by_label("Phone of the person on call").fill("(305) 555-0199")
    story.get_by_text("Key 9 rings the person on call").wait_for()
    page.locator("[name=answering][value=greeting]").check()
    page.get_by_label("Phones to ring, one on each line").wait_for(state="hidden")
    page.reload()
    assert page.get_by_label("What it says").input_value() == ""  # nothing was saved


def test_hours_are_copied_added_and_taken_away_by_hand(live, new_page):
    page = new_page(390, 844)
    host = sign_in(page, live, *LAW)
    page.goto(f"{host}/lines/hours/")
    monday, friday = page.locator("[data-day='0']"), page.locator("[data-day='4']")
    monday.locator("select").select_option("spans")
    monday.locator("input").nth(0).fill("09:00")
    monday.locator("input").nth(1).fill("12:00")
    monday.get_by_role("button", name="Another span").click()
    monday.locator("input").nth(2).fill("22:00")
    monday.locator("input").nth(3).fill("02:00")
    monday.get_by_role("button", name="Copy Monday to Tue to Fri").click()
    assert [field.input_value() for field in friday.locator("input").all()] == [
        "09:00", "12:00", "22:00", "02:00",
    ]  # fmt: skip
    friday.get_by_role("button", name="Remove this span").nth(1).click()
    page.get_by_role("button", name="Save the hours").click()
    page.get_by_text("The next call is answered by these hours.").wait_for()
    thursday = page.locator("[data-day='3'] input")
    assert thursday.nth(2).input_value() == "22:00" and thursday.nth(3).input_value() == "02:00"
    assert page.locator("[data-day='4'] input").count() == 2
