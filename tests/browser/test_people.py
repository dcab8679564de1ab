"""The list of people, the page of one, and merging two numbers, in a browser."""

from __future__ import annotations

import pytest

from tests.browser.test_newcomer import serious, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_people_are_found_tagged_merged_and_taken_apart(live, new_page, picture, width, scheme):
    page = new_page(width, 844, scheme)
    sign_in(page, live)
    root = page.url.partition("/?")[0]
    page.goto(f"{root}/contacts/")
    page.locator(".person-row").first.wait_for()
    assert serious(page) == [] and fits(page)
    picture(page, f"people-{width}")
    page.goto(f"{root}/contacts/new/")
    assert serious(page) == [] and fits(page)
    page.get_by_label("Phone number").fill(f"(312) 555-0{width % 900 + 100}")
    page.get_by_label("Name").fill("Dana Reyes")
    page.get_by_label("E-mail").fill(f"dana{width}@reyes.example")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_placeholder("Add a tag, such as estimate").fill("Estimate")
    page.get_by_placeholder("Add a tag, such as estimate").press("Enter")
    page.locator(".person__chips .tag", has_text="estimate").wait_for()
    page.get_by_role("link", name="Merge another number").click()
    page.get_by_label("Find by name, number, firm or e-mail").fill("Whitaker")
    page.get_by_role("button", name="Find").click()
    assert serious(page) == [] and fits(page)
    page.get_by_role("button", name="Dan Whitaker").click()
    page.get_by_text("you can take it apart at any time").wait_for()
    assert serious(page) == [] and fits(page)
    picture(page, f"person-{width}")
    page.get_by_role("link", name="Conversation", exact=True).click()
    page.locator("#reply-whom").wait_for()
    assert serious(page) == []
    picture(page, f"person-thread-{width}")
    page.go_back()
    page.get_by_role("button", name="Take apart").click()
    page.get_by_text("is a person of its own again").wait_for()
