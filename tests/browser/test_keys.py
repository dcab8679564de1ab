"""The keyboard's map says exactly which keys do something, and none does while somebody writes."""

from __future__ import annotations

import string

import pytest
from playwright.sync_api import expect

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_live import text_from
from tests.browser.test_newcomer import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
KEYS = [*string.ascii_lowercase, *string.digits, *string.punctuation]
# What the keys would set off is seen and held up.
HOLD = """() => {
    window.clicked = [];
    document.addEventListener("click", (event) => {
        window.clicked.push(event.target.closest("[data-key-act]")?.dataset.keyAct ?? "");
        event.preventDefault();
        event.stopImmediatePropagation();
    }, true);
}"""
# Whether the page takes a key for itself, pressed where nobody writes.
PRESS = """(key) => {
    window.clicked = [];
    const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.body.dispatchEvent(pressed);
    document.querySelector("dialog[open]")?.close();
    for (const each of document.querySelectorAll("[popover]:popover-open")) each.hidePopover();
    document.activeElement?.blur();
    return pressed.defaultPrevented;
}"""
MAP = """() => [...document.querySelectorAll("#keys dd")].map(
    (each) => [...each.querySelectorAll("kbd")].map((key) => key.textContent.toLowerCase()))"""


@pytest.fixture
def at_work(live, new_page):
    """The list with a conversation open beside it, and the keys at work."""
    page = new_page()
    sign_in(page, live)
    text_from(live, "+13125556901", "Which keys are there?")
    page.locator(".queue-row", has_text="Which keys are there?").click()
    page.locator("#thread[data-conversation] #reply-body").wait_for()
    page.wait_for_selector("html[data-keys=on]", state="attached")
    return page


def test_the_map_lists_exactly_the_keys_there_are(at_work, picture):
    page = at_work
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_role("heading", name="Keyboard").wait_for()
    looks_right(page, picture, "keys-map")
    page.keyboard.press("Escape")
    told = page.evaluate(MAP)
    singles = {key for keys in told if keys[0] not in ("g", "ctrl") for key in keys}
    pairs = {keys[1] for keys in told if keys[0] == "g"}
    assert singles >= {"j", "k", "r", "e", "a", "/", "?"}

    page.evaluate(HOLD)
    # The way to a new text is the one that leaves the page: here it leads to the page itself.
    page.evaluate("document.getElementById('keys').dataset.new = '#here'")
    taken = {key for key in KEYS if page.evaluate(PRESS, key)}
    assert taken == singles - {"enter", "esc"} | {"g"}
    places = set()
    for key in KEYS:
        page.evaluate(PRESS, "g")
        page.evaluate(PRESS, key)
        if any(each.startswith("go-") for each in page.evaluate("window.clicked")):
            places.add(key)
    assert places == pairs


def test_no_key_does_anything_while_somebody_writes(at_work):
    page = at_work
    here = page.url
    words = "x jk rea snu xcog ?/ G I"
    page.locator("#reply-body").fill("")
    page.locator("#reply-body").press_sequentially(words)
    expect(page.locator("#reply-body")).to_have_value(words)
    page.get_by_role("tab", name="Note").click()
    page.locator("#note-body").press_sequentially(words)
    expect(page.locator("#note-body")).to_have_value(words)
    page.locator("#search-box").press_sequentially(words)
    expect(page.locator("#search-box")).to_have_value(words)
    assert page.url == here
    assert page.locator("dialog[open], [popover]:popover-open").count() == 0
    page.locator("#note-body").fill("")
