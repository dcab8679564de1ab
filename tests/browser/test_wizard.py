"""An agency sets a business up from nothing to live, by clicks alone, on a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.browser.test_newcomer import PASSWORD, serious

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def too_wide(page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def go(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_from_nothing_to_live_by_clicks(width, height, live, new_page):
    page, seen = new_page(width, height), []
    name = f"Harbor Auto {width}"

    def look(step: str) -> None:
        page.get_by_role("heading", name=step).first.wait_for()
        assert too_wide(page) <= 0, step
        seen.extend(serious(page))

    page.goto(f"{live.base_url}/login/")
    page.fill("[name=username]", "agency@northwind.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.base_url}/")
    page.goto(f"{live.base_url}/agency/1/onboarding/")
    page.fill("[name=name]", name)
    page.select_option("[name=playbook]", "auto")
    page.select_option("[name=timezone]", "America/Chicago")
    look("Set up a business")
    go(page, "Begin")

    look("Opening hours")
    page.fill("[name=legal_name]", "Harbor Auto LLC")
    page.fill("[name=ein]", "12-3456789")
    page.fill("[name=street]", "1 Main St")
    page.fill("[name=city]", "Chicago")
    page.fill("[name=region]", "IL")
    page.fill("[name=postcode]", "60614")
    go(page, "Save and go on")

    look("A ready beginning")
    page.get_by_role("link", name="Salon and spa").click()
    page.get_by_role("heading", name="Salon and spa").wait_for()
    page.get_by_role("link", name="Auto repair").click()
    page.get_by_role("heading", name="Auto repair").wait_for()
    go(page, "Keep this one")

    look("Get a number")
    page.fill("[name=area_code]", "312")
    go(page, "Search")
    page.locator(".offer").first.click()
    page.locator("#line").wait_for()
    look("Its number")
    page.fill("[name=own]", "(312) 555-0188")
    page.select_option("[name=carrier]", "att")
    go(page, "Show me the code")
    page.locator(".dial__code").first.wait_for()
    page.locator(".wizard__foot").get_by_role("link", name="Consent").click()

    look("Which callers get a text")
    go(page, "Save and go on")
    look("Registration with the carriers")
    go(page, "Approve it")
    page.get_by_text("Texts may leave from it.").wait_for()
    page.locator(".wizard__foot").get_by_role("link", name="Team").click()

    look("Invite somebody of the business")
    page.fill("[name=email]", f"boss{width}@harbor.example")
    go(page, "Send the invitation")
    page.get_by_text(f"boss{width}@harbor.example").first.wait_for()
    page.locator(".wizard__foot").get_by_role("link", name="Test call").click()

    look("Try a call")
    page.locator(".trial button").first.click()
    page.locator(".run__end--passed").wait_for()
    look("The test call")
    page.locator(".wizard__foot").get_by_role("link", name="Go live").click()

    look("Ready to go live")
    go(page, "Go live")
    page.get_by_role("heading", name=f"{name} is live").wait_for()
    look(f"{name} is live")
    assert seen == []
