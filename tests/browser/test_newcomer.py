"""The newcomer's five minutes: call, text, answer, inbox, reply, in a real browser on real processes."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.processes]
PASSWORD = "ringback-demo"


def sign_in(page, live, business="lakeside-plumbing", email="owner@lakeside.example") -> str:
    """Sign in and open all conversations; returns the address of the business."""
    host = f"http://{business}.localhost:{live.port}"
    page.goto(f"{host}/login/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#queue")
    # A caller who got a text waits for nothing: he stands among all open ones.
    page.goto(f"{host}/?folder=all")
    page.wait_for_selector(".queue-row")
    return host


def serious(page, rules: list[str] | None = None) -> list[str]:
    """Return what axe finds serious or worse on a page, by all its rules or by some."""
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    found = Axe().run(page, options={"preload": False, **only}).response["violations"]
    return [
        f"{v['id']}: {v['help']}: {[node['target'] for node in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def place_call(page, live, caller: str, what: str = "no_answer") -> None:
    page.goto(f"{live.base_url}/simulator/")
    page.get_by_label("Caller", exact=True).first.fill(caller)
    page.get_by_label("What happens").select_option(what)
    page.get_by_label("5× faster").check()
    page.get_by_role("button", name="Call", exact=True).click()


def test_a_call_nobody_answers_becomes_a_text_a_reply_and_an_answer(live, new_page, picture):
    phones, inbox = new_page(1440, 900), new_page()
    sign_in(inbox, live)
    place_call(phones, live, "(312) 555-7741")
    bubble = phones.get_by_text("Lakeside Plumbing: Sorry we missed your call").first
    bubble.wait_for()
    phones.get_by_text(re.compile(r"^\d+\.\d\d s$")).first.wait_for()
    phones.get_by_text("Delivered").first.wait_for()

    # Without a reload: the open inbox shows the call and its text.
    row = inbox.locator(".queue-row", has_text="(312) 555-7741")
    row.wait_for()
    row.click()
    inbox.locator("#thread[data-conversation]").wait_for()
    inbox.get_by_text("Missed call, nobody answered").first.wait_for()
    inbox.get_by_text("Text back: nobody answered.").wait_for()

    phones.get_by_placeholder("Text message").fill("My kitchen sink is leaking")
    phones.get_by_role("button", name="Send as the caller").click()
    inbox.locator("#timeline").get_by_text("My kitchen sink is leaking").wait_for()

    inbox.locator("#reply-body").fill("On our way. Please shut the valve under the sink.")
    inbox.get_by_role("button", name="Send").click()
    phones.get_by_text("On our way. Please shut the valve").wait_for()
    inbox.locator(".bubble--out", has_text="On our way").get_by_text("Delivered").wait_for()
    picture(inbox, "thread")
    picture(phones, "simulator")
    assert serious(inbox) == [] and serious(phones) == []


def test_stop_is_shown_and_closes_the_reply_box(live, new_page, picture):
    phones, inbox = new_page(1440, 900), new_page(390, 844)
    place_call(phones, live, "(312) 555-7742")
    phones.get_by_text("Lakeside Plumbing: Sorry we missed your call").first.wait_for()
    sign_in(inbox, live)
    inbox.locator(".queue-row", has_text="(312) 555-7742").click()
    inbox.locator("#reply-body").wait_for()
    phones.get_by_placeholder("Text message").fill("STOP")
    phones.get_by_role("button", name="Send as the caller").click()
    inbox.get_by_text("asked not to be texted").wait_for()
    inbox.get_by_text("Call instead").wait_for()
    assert inbox.locator("#reply-body").count() == 0
    picture(inbox, "opted-out-phone")
    assert serious(inbox) == []


def test_an_answered_call_is_not_texted(live, new_page):
    phones = new_page(1440, 900)
    place_call(phones, live, "(312) 555-7743", "answers")
    phones.get_by_text("No text: the call was answered.").first.wait_for()
    assert phones.get_by_text("Sorry we missed your call").count() == 0


def test_a_stranger_sees_nothing_of_a_business(live, new_page):
    page = new_page(expected="404 (Not Found)")
    page.goto(f"http://desert-dental.localhost:{live.port}/")
    assert page.url.endswith("/login/?next=/")
    page.goto(f"http://desert-dental.localhost:{live.port}/login/")
    page.fill("[name=username]", "owner@lakeside.example")
    page.fill("[name=password]", PASSWORD)
    with page.expect_response(lambda r: r.url.endswith(f":{live.port}/")) as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 404
    assert "Desert Dental" not in answered.value.text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_every_page_looks_right(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/login/")
    assert serious(page) == []
    picture(page, f"login-{width}-{scheme}")
    sign_in(page, live)
    assert serious(page) == []
    picture(page, f"inbox-{width}-{scheme}")
    page.locator(".queue-row").nth(1).click()
    page.locator("#thread[data-conversation]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert serious(page) == []
    picture(page, f"thread-{width}-{scheme}")
    page.goto(f"{live.base_url}/simulator/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert serious(page) == []
    picture(page, f"simulator-{width}-{scheme}")
