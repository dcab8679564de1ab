"""The thread in a real browser: reply, take back, schedule, note, older pages without a jump, a huge paste."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.test_newcomer import serious, sign_in
from tests.support import pictures as samples

pytestmark = [pytest.mark.browser, pytest.mark.processes]
SIZES = [(1280, 800), (390, 844)]


def open_thread(page, live, name: str = "Greg Novak") -> None:
    sign_in(page, live)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/?folder=all")
    page.locator(".queue-row", has_text=name).first.click()
    page.locator("#thread[data-conversation] #reply-body").wait_for()


def someone(page) -> str:
    """Return the name of somebody in the list who may be texted and has a thread with texts."""
    rows = page.locator(".queue-row", has_not_text=re.compile("Opted out|Needs you"))
    return rows.first.locator(".queue-row__title").inner_text()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_reply_is_taken_back_and_another_waits_for_the_morning(
    live, new_page, picture, width, height
):
    page = new_page(width, height)
    sign_in(page, live)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/?folder=all")
    name = someone(page)
    page.locator(".queue-row", has_text=name).first.click()
    words = f"On our way, twenty minutes ({width})."
    page.locator("#reply-body").fill(words)
    page.locator("#foretold", has_text=re.compile("Goes out|Waits")).wait_for()
    assert "about 1.2 ¢" in page.locator("[data-meter-words]").first.inner_text()
    page.keyboard.press("Control+Enter")
    mine = page.locator(".bubble--out", has_text=words)
    mine.locator("[data-undo]").wait_for()
    picture(page, f"thread-undo-{width}")
    mine.locator("[data-undo]").click()
    mine.wait_for(state="detached")
    assert page.locator("#reply-body").input_value().strip() == words

    page.locator("#reply-body").fill("Good morning! Still leaking?")
    page.locator("[data-when-open]").click()
    page.locator("#when-choice").select_option("tomorrow")
    page.get_by_role("button", name="Schedule").click()
    waiting = page.locator("#scheduled", has_text="Good morning! Still leaking?")
    waiting.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, f"thread-scheduled-{width}")
    assert serious(page) == []
    waiting.get_by_role("button", name="Cancel").click()
    page.locator("#scheduled [data-scheduled]").wait_for(state="detached")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_note_is_no_text_and_names_a_colleague(live, new_page, picture, width, height):
    page = new_page(width, height)
    open_thread(page, live)
    page.get_by_role("tab", name="Note").click()
    note = page.locator("#note-body")
    note.press_sequentially("Ask @")
    page.locator("#mention [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    note.press_sequentially(f"about it <script>alert({width})</script>")
    page.keyboard.press("Control+Enter")
    written = page.locator(".note", has_text=f"<script>alert({width})</script>")
    written.wait_for()
    assert "@" in written.inner_text()
    picture(page, f"thread-note-{width}")
    assert serious(page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    written.get_by_role("button", name="Remove").click()
    written.wait_for(state="detached")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_huge_paste_is_refused_and_a_draft_survives(live, new_page, width, height):
    page = new_page(width, height)
    open_thread(page, live)
    box = page.locator("#reply-body")
    box.fill("Half a sentence")
    page.reload()
    page.locator("#reply-body").wait_for()
    assert page.locator("#reply-body").input_value() == "Half a sentence"
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", "x".repeat(10_000_000));
            document.getElementById("reply-body").dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.locator("#reply-error", has_text="10,000,000 characters").wait_for()
    assert page.locator("#reply-body").input_value() == "Half a sentence"
    page.locator("#reply-body").fill("")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_picture_that_is_none_is_refused_and_what_was_written_stays(
    live, new_page, picture, width, height
):
    # Refused with a status that the console tells of.
    page = new_page(width, height, expected="422")
    open_thread(page, live)
    page.locator("#reply-body").fill("This is the valve")
    chosen = page.locator("[data-attach-input]")
    for name, content in (("valve.jpg", samples.SVG), ("<b>valve</b>.gif", samples.SCRIPT_AS_GIF)):
        file = {"name": name, "mimeType": "image/jpeg", "buffer": content}
        chosen.set_input_files(files=[file])
        page.locator("[data-attached-error]").wait_for()
        assert page.locator("[data-attached]").count() == 0
        assert page.locator("#reply-body").input_value() == "This is the valve"
    assert serious(page) == []
    picture(page, f"no-picture-{width}")
    file = {"name": "<b>valve</b>.jpg", "mimeType": "image/jpeg", "buffer": samples.photograph()}
    chosen.set_input_files(files=[file])
    shown = page.locator("[data-attached]")
    shown.wait_for()
    page.locator("[data-attached-error]").wait_for(state="hidden")
    assert shown.locator("b").count() == 0
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-attached] img')].every((each) => each.naturalWidth > 0)"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, f"attached-{width}")
    shown.locator("[data-attached-remove]").click()
    shown.wait_for(state="detached")
    page.locator("#reply-body").fill("")


def test_the_panel_opens_beside_and_as_a_sheet(live, new_page, picture):
    for width, height in SIZES:
        page = new_page(width, height)
        open_thread(page, live)
        page.locator("[data-panel-toggle]" if width > 759 else ".thread__title a").click()
        page.locator("#panel").get_by_text("Contact and consent").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        picture(page, f"thread-panel-{width}")
        assert serious(page) == []
        page.locator("[data-panel-close]").click()
        assert page.locator("#panel").is_hidden()


@pytest.mark.parametrize("width", [768, 1024, 1280, 1440])
def test_the_panel_covers_nothing_and_escape_closes_it(live, new_page, width):
    page = new_page(width, 800)
    open_thread(page, live)
    toggle = page.locator("[data-panel-toggle]")
    toggle.click()
    page.locator("#panel").get_by_text("Contact and consent").wait_for()
    panel = page.locator("#panel").bounding_box()
    for each in (
        "#reply-body", ".composer__foot [type=submit]", "[data-key-act=assign]", "[data-key-act=snooze]",
        "[data-key-act=close]", ".thread__call",
    ):  # fmt: skip
        box = page.locator(f".thread {each}").first.bounding_box()
        assert box["x"] + box["width"] <= panel["x"], each
        assert box["x"] >= 0 and box["width"] > 24, each
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".inbox > .queue").is_visible() == (width >= 1200)
    page.locator("[data-panel-close]").focus()
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert toggle.evaluate("button => button === document.activeElement")
    assert page.locator(".inbox > .queue").is_visible()


def test_on_a_phone_the_sheet_goes_by_escape_and_by_a_tap_beside_it(live, new_page):
    page = new_page(390, 844)
    open_thread(page, live)
    page.locator(".thread__title a").click()
    page.locator("#panel").get_by_text("Contact and consent").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert page.locator(".thread__title a").evaluate("link => link === document.activeElement")
    page.locator(".thread__title a").click()
    page.locator("#panel").wait_for()
    page.mouse.click(195, 90)
    page.locator("#panel").wait_for(state="hidden")


def test_an_empty_box_costs_nothing_and_an_at_finds_beginnings(live, new_page):
    page = new_page()
    open_thread(page, live)
    cost = page.locator("[data-meter-words]").first
    assert cost.inner_text() == ""
    page.locator("#reply-body").fill("Hello")
    assert "1 segment" in cost.inner_text()
    page.locator("#reply-body").fill("")
    assert cost.inner_text() == ""
    page.get_by_role("tab", name="Note").click()
    page.locator("#note-body").press_sequentially("@Nor")
    page.locator("#mention [role=option]", has_text="Jo Northwind").wait_for()
    page.locator("#note-body").press_sequentially("x")
    page.locator("#mention").wait_for(state="hidden")
    page.locator("#note-body").fill("")
    page.locator("#note-body").press_sequentially("@rth")  # the middle of Northwind
    page.wait_for_timeout(400)
    assert page.locator("#mention [role=option]").count() == 0
    page.locator("#note-body").fill("")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_without_a_connection_nothing_is_promised_and_nothing_is_covered(
    live, new_page, picture, width, height
):
    page = new_page(width, height, expected=("ERR_INTERNET_DISCONNECTED", "WebSocket", "htmx:"))
    open_thread(page, live)
    page.locator("#foretold", has_text=re.compile("Goes out|Waits")).wait_for()
    page.context.set_offline(True)
    page.locator("#foretold", has_text="Nothing goes out until it is back").wait_for()
    # One of the two says it, never both: the device at once, the line when it is found lost.
    page.locator(".live-line", has_text="Connection lost").wait_for()
    assert page.locator(".app-note").is_hidden()
    note = page.locator(".live-line").bounding_box()
    for each in (".thread__head", ".composer__box"):
        box = page.locator(each).first.bounding_box()
        apart = (
            note["y"] >= box["y"] + box["height"]
            or note["y"] + note["height"] <= box["y"]
            or note["x"] >= box["x"] + box["width"]
            or note["x"] + note["width"] <= box["x"]
        )
        assert apart, each
    picture(page, f"thread-offline-{width}")
    page.context.set_offline(False)
    page.locator("#foretold", has_text=re.compile("Goes out|Waits")).wait_for()


def test_a_mended_number_takes_its_error_away(live, new_page):
    page = new_page(expected="422")
    sign_in(page, live)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/new/?to=555")
    page.locator("#reply-body").fill("Hello")
    page.get_by_role("button", name="Send").click()
    page.locator("#to-error", has_text="no phone number").wait_for()
    page.locator("#to").fill("(312) 555-7788")
    page.locator("#who", has_text=re.compile("Goes out|Waits")).wait_for()
    assert page.locator("#to-error").count() == 0
    assert page.locator("#to").get_attribute("aria-invalid") is None


def _long_past(live, name: str) -> int:
    """Give somebody 200 old texts; returns the conversation's id."""
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        wire.execute("SET search_path = lakeside_plumbing, public")
        (thread,) = wire.execute(
            "SELECT v.id FROM messaging_conversation v JOIN messaging_contact c "
            "ON c.id = v.contact_id WHERE c.name = %s",
            [name],
        ).fetchone()
        wire.execute(
            "INSERT INTO messaging_message (id, conversation_id, direction, status, author, "
            "author_name, body, media, segments, encoding, our_number, their_number, purpose, "
            "category, provider, error_code, error_sentence, attempts, absences, created_at, "
            "clearances, hold_code, template) SELECT gen_random_uuid(), %s, 'in', 'received', "
            "'contact', %s, 'Old text ' || n, '[]', 1, 'GSM-7', '+13125550100', '+13125550142', "
            "'manual', 'C1', 'simulator', '', '', 0, 0, now() - interval '60 days' "
            "- n * interval '20 minutes', '[]', '', '' FROM generate_series(1, 200) n "
            "WHERE NOT EXISTS (SELECT FROM messaging_message WHERE body = 'Old text 1')",
            [thread, name],
        )
    return int(thread)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_older_pages_come_in_above_without_a_jump(live, new_page, width, height):
    thread = _long_past(live, "Greg Novak")
    page = new_page(width, height)
    sign_in(page, live)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/c/{thread}/")
    page.locator("#reply-body").wait_for()
    count = page.locator("#timeline > li").count()
    # Up to where the older ones begin: what is under the eye stays where it is.
    jump = page.evaluate(
        """async () => {
            const box = document.getElementById("scroll");
            const rows = () => document.querySelectorAll('#timeline > li[data-key^="text-"]');
            const first = rows()[0];
            box.scrollTop = -(box.scrollHeight - box.clientHeight - 60);
            const before = first.getBoundingClientRect().top;
            const had = rows().length;
            for (let i = 0; i < 100 && rows().length === had; i += 1) {
                await new Promise((done) => setTimeout(done, 50));
            }
            await new Promise((done) => setTimeout(done, 300));
            return Math.abs(first.getBoundingClientRect().top - before);
        }"""
    )
    assert jump < 2, jump
    assert page.locator("#timeline > li").count() > count
    marks = page.locator("#timeline .day-mark").evaluate_all("all => all.map(e => e.dataset.key)")
    assert len(marks) == len(set(marks))
    # A found moment opens in view, marked.
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        (found,) = wire.execute(
            "SELECT id::text FROM lakeside_plumbing.messaging_message WHERE body = 'Old text 150'"
        ).fetchone()
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/c/{thread}/?at=text-{found}")
    page.locator(".is-found", has_text="Old text 150").wait_for()
    assert page.locator(".is-found").evaluate(
        "row => { const r = row.getBoundingClientRect(); return r.top > 0 && r.bottom < innerHeight; }"
    )


def test_an_answer_counts_as_seen_when_it_has_stood_for_a_moment(live, new_page):
    page = new_page()
    open_thread(page, live)
    seen = page.locator("[data-composer] [name=seen]")
    # A colleague's answer comes in, as the stream brings it; what the form would say is read at once.
    at, then = page.evaluate(
        """() => {
            const rows = [...document.querySelectorAll("#timeline [data-at]")];
            const last = rows[rows.length - 1];
            const fresh = last.cloneNode(true);
            fresh.dataset.key = "text-of-a-colleague";
            fresh.dataset.at = String(Number(last.dataset.at) + 1000000);
            const conversation = document.getElementById("thread").dataset.conversation;
            const html = last.outerHTML + fresh.outerHTML;
            document.dispatchEvent(new CustomEvent("app:timeline", { detail: { conversation, html } }));
            return [fresh.dataset.at, document.querySelector("[data-composer] [name=seen]").value];
        }"""
    )
    expect(page.locator("[data-key=text-of-a-colleague]")).to_have_count(1)
    assert int(then) < int(at)
    expect(seen).to_have_value(at)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_new_text_to_a_stranger_says_what_may_be_sent(live, new_page, picture, width):
    page = new_page(width, 844)
    sign_in(page, live)
    page.goto(f"http://lakeside-plumbing.localhost:{live.port}/new/")
    page.fill("#to", "(312) 555-0177")
    page.locator("#who .about__standing").first.wait_for()
    assert "only what you write to them yourself" in page.locator("#who").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, f"new-text-{width}")
