"""The compliance pages in a real browser: at a desk and on a phone, light and dark."""

from __future__ import annotations

import pytest

from tests.browser.test_newcomer import serious, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
PAGES = {
    "compliance": "Compliance", "compliance/policy": "Which callers get a text",
    "compliance/texts": "Blocked in 30 days", "compliance/ledger": "Is it as it was written?",
    "compliance/privacy": "Who did what",
}  # fmt: skip
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


def looks_right(page, picture, name: str) -> None:
    assert page.evaluate(FITS), name
    assert serious(page) == [], name
    picture(page, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_every_compliance_page_looks_right(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    host = sign_in(page, live)
    for path, words in PAGES.items():
        page.goto(f"{host}/{path}/")
        page.get_by_text(words, exact=True).first.wait_for()
        looks_right(page, picture, f"{path.replace('/', '-')}-{width}-{scheme}")
        current = page.locator(".tabs [aria-current]")
        box = current.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width  # also pushed along on a phone
    page.goto(f"{host}/compliance/texts/")
    for fold in page.locator(".why > summary").all():
        fold.click()
    looks_right(page, picture, f"why-{width}-{scheme}")


def test_a_doubtful_reply_is_decided_from_the_thread(live, new_page, picture):
    page = new_page(390, 844)
    host = sign_in(page, live, "desert-dental", "owner@desert.example")
    page.goto(f"{host}/compliance/")
    alert = page.locator(".alert", has_text="could mean")
    person = alert.locator(".link").inner_text().removeprefix("Open ")
    alert.locator(".link").click()
    page.get_by_text("Their last reply could mean stop.").wait_for()
    held = page.locator(".bubble--waiting")
    held.get_by_text("Waits until somebody decides").wait_for()
    held.get_by_text("Why it waits").click()
    held.get_by_text("SOFT_PAUSED").wait_for()
    looks_right(page, picture, "paused-phone")
    page.get_by_role("button", name="Opt out").click()
    page.get_by_role("dialog").get_by_text("Stop texting").wait_for()
    looks_right(page, picture, "stop-dialog-phone")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Resume texts").click()
    page.locator(".bubble--out", has_text="No hurry").get_by_text("Delivered").wait_for()
    assert page.get_by_text("Their last reply could mean stop.").count() == 0
    page.locator(".thread__title a").click()
    page.locator("#panel").get_by_role("link", name="Contact and consent").click()
    page.get_by_role("heading", name=person).wait_for()
    page.get_by_text("Texts are on").wait_for()
    looks_right(page, picture, "contact-phone")
    page.get_by_role("button", name="They asked by phone to stop").click()
    page.get_by_role("button", name="Opt them out").click()
    page.get_by_text("Texts are off").wait_for()
    looks_right(page, picture, "contact-stopped-phone")


def test_the_chain_is_checked_without_leaving_the_page(live, new_page):
    page = new_page()
    host = sign_in(page, live)
    page.goto(f"{host}/compliance/ledger/")
    page.get_by_role("button", name="Check every row now").click()
    page.get_by_text("Intact:").wait_for()
    assert page.url.endswith("/compliance/ledger/")
    page.get_by_label("Phone number").first.fill("(312) 555-0000")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("Nothing stands in the ledger about (312) 555-0000.").wait_for()
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rulebook_fits_the_admin(live, new_page, picture, scheme):
    page = new_page(1280, 800, scheme)
    page.goto(f"{live.base_url}/admin/login/?next=/admin/rules/")
    page.fill("[name=username]", "support@ringback.example")
    page.fill("[name=password]", "ringback-demo")
    page.keyboard.press("Enter")
    page.get_by_text("47 CFR 64.1200").first.wait_for()
    assert page.evaluate(FITS)
    picture(page, f"rules-{scheme}")
