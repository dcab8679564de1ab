"""A receptionist's day in a real browser: by thumb, by keyboard alone, in Spanish; and who opted out is seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_live import text_from
from tests.browser.test_newcomer import PASSWORD, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
SIZES = [(1280, 800), (390, 844)]


def someone_writes(page, live, caller: str, words: str):
    """Let somebody text the plumber; returns his row in the open list."""
    text_from(live, caller, words)
    row = page.locator(".queue-row", has_text=words)
    row.wait_for()
    return row


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_conversation_is_given_to_oneself_and_snoozed(live, new_page, picture, width, height):
    page = new_page(width, height)
    host = sign_in(page, live)
    words = f"The tap in the yard drips ({width})"
    someone_writes(page, live, f"+1312555{3000 + width}", words).click()
    page.locator("#thread[data-conversation] #timeline").get_by_text(words).wait_for()
    where = page.url
    page.get_by_role("button", name="Assign", exact=True).click()
    menu = page.locator("#handle-assign")
    menu.get_by_role("button", name="Me", exact=True).wait_for()
    looks_right(page, picture, f"assign-{width}")
    menu.get_by_role("button", name="Me", exact=True).click()
    expect(menu).to_be_hidden()
    page.goto(f"{host}/?folder=mine")
    page.locator(".queue-row", has_text=words).click()
    page.locator("#thread[data-conversation] #timeline").get_by_text(words).wait_for()
    page.locator(".acts-bar").get_by_role("button", name="Snooze", exact=True).click()
    later = page.locator("#handle-snooze").get_by_text("In a week")
    later.wait_for()
    looks_right(page, picture, f"snooze-{width}")
    later.click()
    said = page.get_by_text(re.compile("^Snoozed until ")).filter(visible=True)
    said.first.wait_for()  # the list behind the thread may say it too, unseen on a phone
    page.goto(f"{host}/?folder=snoozed")
    page.locator(".queue-row", has_text=words).wait_for()
    looks_right(page, picture, f"snoozed-{width}")
    # He writes again: it is back among what is to be done, by itself.
    page.goto(f"{host}/")
    text_from(live, f"+1312555{3000 + width}", f"It runs now ({width})")
    page.locator(".queue-row", has_text=f"It runs now ({width})").click()
    page.wait_for_url(lambda url: url.partition("?")[0] == where.partition("?")[0])


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_who_opted_out_is_seen_in_the_list_the_thread_and_on_his_page(
    live, new_page, picture, width, height
):
    page = new_page(width, height)
    host = sign_in(page, live)
    caller = f"+1312555{4000 + width}"
    row = someone_writes(page, live, caller, f"Do you mend boilers? ({width})")
    row.click()
    page.locator("#reply-body").wait_for()
    text_from(live, caller, "STOP")
    page.locator("#thread").get_by_text("asked not to be texted").wait_for()
    expect(page.locator("#reply-body")).to_have_count(0)
    looks_right(page, picture, f"opted-out-{width}")
    contact = page.locator(".thread__title a").get_attribute("href")
    page.goto(f"{host}/?folder=all")
    listed = page.locator(".queue-row", has_text=caller[-4:])
    listed.get_by_text("Opted out").wait_for()
    page.goto(f"{host}{contact}")
    page.get_by_text("Texts are off").wait_for()
    looks_right(page, picture, f"opted-out-contact-{width}")
    page.goto(f"{host}/new/?to=%2B{caller[1:]}")
    page.locator("#who [data-no-texts]").get_by_role("link", name="Call").wait_for()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    looks_right(page, picture, f"opted-out-new-{width}")


def test_a_text_is_answered_closed_and_the_next_opened_by_keyboard_alone(live, new_page, picture):
    page = new_page()
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/login/?next=/%3Ffolder%3Dall")
    page.locator("[name=username]").focus()
    page.keyboard.type("owner@lakeside.example")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "password":
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".queue-row")
    page.wait_for_selector("html[data-keys=on]")
    # The first stop is the way past the rail to the content.
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href").startswith("#"), skip.inner_text()
    someone_writes(page, live, "+13125553011", "Our sink is blocked")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#thread[data-conversation] #timeline").get_by_text(
        "Our sink is blocked"
    ).wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#reply-body")).to_be_focused()
    picture(page, "keyboard-reply")
    page.keyboard.type("We come at noon.")
    page.keyboard.press("Control+Enter")
    page.locator(".bubble--out", has_text="We come at noon.").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#handle-assign [value='assign=me']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#handle-assign")).to_be_hidden()
    page.locator(".queue-item", has_text="We come at noon.").locator(".queue-row__owner").wait_for()
    page.keyboard.press("e")
    page.get_by_text("1 conversation closed.").or_(page.get_by_text("Closed.")).first.wait_for()
    looks_right(page, picture, "keyboard-closed")
    open_now = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != open_now)
    # Wherever the focus stands, it is seen.
    page.keyboard.press("Tab")
    seen = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement); "
        "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; }"
    )
    assert seen, page.evaluate("document.activeElement.outerHTML")[:200]


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")])
def test_a_day_in_spanish(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    page.set_extra_http_headers({"Accept-Language": "es-US,es;q=0.9"})
    host = f"http://lakeside-plumbing.localhost:{live.port}"
    page.goto(f"{host}/login/")
    page.get_by_role("button", name="Entrar", exact=True).wait_for()
    looks_right(page, picture, f"es-login-{width}")
    sign_in(page, live)
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("heading", name="Todas abiertas").first.wait_for()
    words = f"Se rompió el calentador ({width})"
    # What arrives live is drawn in the reader's language too.
    row = someone_writes(page, live, f"+1312555{5000 + width}", words)
    row.locator(".badge").first.wait_for()
    assert "Needs" not in row.inner_text()
    looks_right(page, picture, f"es-inbox-{width}")
    row.click()
    page.locator("#thread[data-conversation] #timeline").get_by_text(words).wait_for()
    page.locator("#reply-body").fill("Vamos en camino.")
    page.locator("#foretold").get_by_text(re.compile(r"\w")).first.wait_for()
    looks_right(page, picture, f"es-thread-{width}")
    page.locator("[data-composer]").get_by_role("button", name="Enviar", exact=True).click()
    page.locator(".bubble--out", has_text="Vamos en camino.").wait_for()
    page.locator(".acts-bar").get_by_role("button", name="Posponer", exact=True).click()
    page.locator("#handle-snooze").get_by_text("En una semana").click()
    page.locator("#toasts").get_by_text(re.compile("Pospuest")).wait_for()
    picture(page, f"es-snoozed-{width}")
    page.goto(f"{host}/settings/")
    page.get_by_role("heading", name="Ajustes").first.wait_for()
    looks_right(page, picture, f"es-settings-{width}")
    # English words that a reader of Spanish would stumble over.
    english = re.compile(r"\b(Save|Send|Search|Settings|Members|Language|Time zone|Signature)\b")
    assert not english.findall(page.locator("body").inner_text())
