"""The queue in a real browser: ticking, closing and taking it back, snoozing, searching, on desk and phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_newcomer import serious, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def titles(page) -> list[str]:
    return page.locator(".queue-row__title").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_rows_are_ticked_closed_and_brought_back(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    sign_in(page, live)
    before = titles(page)[:3]
    ids = page.locator(".queue-item").evaluate_all("rows => rows.map(row => row.dataset.id)")[:3]
    # By what they are, not by how many there are: where more wait than a page holds, others move up.
    picked = page.locator(", ".join(f".queue-item[data-id='{each}']" for each in ids))
    top = page.locator(".queue-item").first.bounding_box()
    page.locator(".queue-row__pick").nth(0).click()
    page.locator(".queue-row__pick").nth(2).click(modifiers=["Shift"])
    assert page.locator("[data-selected]").inner_text() == "3 selected"
    assert (
        page.locator(".queue-item").first.bounding_box() == top
    )  # nothing moved under the pointer
    picture(page, f"queue-ticked-{width}-{scheme}")
    assert serious(page) == []
    page.locator("#bulk button[value=close]").click()
    page.get_by_text("3 conversations closed.").wait_for()
    expect(picked).to_have_count(0)
    picture(page, f"queue-closed-{width}-{scheme}")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back for 3 conversations.").wait_for()
    expect(picked).to_have_count(3)
    assert titles(page)[:3] == before
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_conversation_is_snoozed_from_its_head_and_by_key(live, new_page, picture):
    page = new_page()
    sign_in(page, live)
    page.locator(".queue-row").nth(3).click()
    page.locator("#thread[data-conversation]").wait_for()
    title = page.locator(".thread__title").inner_text()
    page.locator(".thread__title").click()
    page.keyboard.press("s")
    page.locator("#handle-snooze").get_by_text("In a week").click()
    page.get_by_text(re.compile("^Snoozed until ")).filter(visible=True).first.wait_for()
    page.locator(".folder[data-folder=snoozed]").click()
    page.locator(".queue-row", has_text=title).wait_for()
    picture(page, "queue-snoozed")
    page.locator(".queue-row", has_text=title).click()
    page.locator("[data-key-act=close]:visible").click()
    page.get_by_text("Reopened.").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_one_box_finds_words_and_leads_to_their_moment(live, new_page, picture, width):
    page = new_page(width, 844)
    sign_in(page, live)
    page.locator(".queue__heading").click()
    page.keyboard.press("/")
    page.keyboard.type("sorry we mis")
    page.locator(".found__row mark").first.wait_for()
    picture(page, f"search-{width}")
    assert serious(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#thread[data-conversation]").wait_for()
    assert "?at=text-" in page.url
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    page.goto(page.url.partition("/c/")[0] + "/")
    page.fill("#search-box", "<b>nobody</b> %")
    page.get_by_text("Nothing found").wait_for()
    page.fill("#search-box", "")
    expect(page.locator("[data-found]")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_found_on_the_page_of_its_own_opens(live, new_page, picture, width):
    page = new_page(width, 844)
    sign_in(page, live)
    search = page.url.partition("/?")[0].rstrip("/") + "/search/?q="
    page.goto(search + "sorry we mis")  # words
    hit = page.locator(".found__row", has=page.locator("mark")).first
    assert hit.get_attribute("hx-get") is None
    picture(page, f"search-page-{width}")
    hit.click()
    page.locator("#thread[data-conversation]").wait_for()
    assert "?at=text-" in page.url
    page.goto(search)  # and what is typed there, a name
    page.locator("#search-box").press_sequentially("greg")
    page.locator(".found__row", has_text="Greg Novak").first.click()
    page.locator("#thread[data-conversation]").wait_for()
    assert page.locator(".thread__title").inner_text() == "Greg Novak"
