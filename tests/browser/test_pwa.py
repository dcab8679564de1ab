"""The installed app in a real browser: its manifest and worker, no network, new versions, pushes, signing out."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_live import text_from
from tests.browser.test_newcomer import sign_in
from tests.support.platform import eventually
from tests.support.receivers import Browser, Receiver, receiving

pytestmark = [pytest.mark.browser, pytest.mark.processes]
SIZES = [(1280, 800, "light"), (390, 844, "dark")]
# What the browser says by itself where there is no network.
NO_LINE = ("net::ERR_INTERNET_DISCONNECTED", "htmx:sendError", "net::ERR_FAILED")

CONTROLLED = "() => navigator.serviceWorker.controller !== null"
# Everything a browser keeps for a site, as one text.
KEPT = """async () => {
    const kept = { local: { ...localStorage }, session: { ...sessionStorage }, caches: {} };
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const answer = await cache.match(request);
            const isText = /html|javascript|css|json|svg/.test(answer.headers.get("content-type"));
            kept.caches[new URL(request.url).pathname] = isText ? await answer.text() : "";
        }
    }
    kept.databases = (await indexedDB.databases()).map((each) => each.name);
    return kept;
}"""
# The browser's own part of a push subscription, which needs its maker's service: given by the test.
PUSH_SERVICE = """({ endpoint, p256dh, auth }) => {
    const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
    const mine = {
        endpoint, options: {}, getKey: (name) => raw({ p256dh, auth }[name]),
        unsubscribe: async () => { localStorage.removeItem("test-push"); return true; },
    };
    PushManager.prototype.getSubscription = async () => localStorage.getItem("test-push") ? mine : null;
    PushManager.prototype.subscribe = async (options) => {
        localStorage.setItem("test-push", options.userVisibleOnly);
        return mine;
    };
}"""


@pytest.fixture
def push_service() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def installed(page, live, *who: str) -> str:
    """Sign in and wait until the worker serves the page; returns the address of the business."""
    host = sign_in(page, live, *who)
    page.wait_for_function(CONTROLLED)
    return host


def a_thread(page, live, caller: str, words: str) -> None:
    """Somebody writes; his thread is opened."""
    text_from(live, caller, words)
    page.locator(".queue-row", has_text=words).click()
    page.locator("#thread[data-conversation] #timeline").get_by_text(words).wait_for()


def sign_out(page) -> None:
    """Sign out by hand, at a desk from the rail and on a phone from its sheet."""
    for menu in ("#more-menu", "#account-menu"):
        opener = page.locator(f"[popovertarget={menu[1:]}]").locator("visible=true")
        if opener.count():
            opener.first.click()
            page.locator(menu).wait_for()
    page.locator("[popover]").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/**")


def texts_with(live, words: str) -> int:
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        (count,) = wire.execute(
            "SELECT count(*) FROM lakeside_plumbing.messaging_message WHERE body LIKE %s",
            [f"%{words}%"],
        ).fetchone()
    return int(count)


def test_the_app_can_be_installed(live, new_page):
    page = new_page(390, 844)
    host = installed(page, live)
    tools = page.context.new_cdp_session(page)
    found = tools.send("Page.getAppManifest")
    assert found["errors"] == [] and found["url"] == f"{host}/manifest.webmanifest"
    app = json.loads(found["data"])
    # The window of a test is a private one; nothing else stands in the way.
    stands = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in stands] in ([], ["in-incognito"])
    assert app["name"].startswith("Lakeside Plumbing") and app["display"] == "standalone"

    def picture_at(path: str) -> Image.Image:
        answer = httpx.get(
            f"http://127.0.0.1:{live.port}{path}", headers={"Host": host.removeprefix("http://")}
        )
        assert answer.status_code == 200, path
        return Image.open(io.BytesIO(answer.content))

    assert {icon["sizes"] for icon in app["icons"]} == {"192x192", "512x512"}
    for icon in app["icons"]:
        drawn = picture_at(icon["src"])
        assert f"{drawn.width}x{drawn.height}" == icon["sizes"], icon
        assert f"image/{drawn.format.lower()}" == icon["type"], icon
    apple = page.locator("link[rel='apple-touch-icon']").get_attribute("href")
    assert picture_at(apple).size == (180, 180)
    for each in [app["start_url"], *(each["url"] for each in app["shortcuts"])]:
        page.goto(f"{host}{each}")
        page.locator("h1").first.wait_for(state="attached")
        assert page.locator("#app").count() == 1


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
def test_without_a_network_a_page_says_so_and_comes_back_by_itself(
    live, new_page, picture, width, height, scheme
):
    page = new_page(width, height, scheme, expected=NO_LINE)
    host = installed(page, live)
    page.context.set_offline(True)
    page.goto(f"{host}/contacts/")
    page.get_by_role("heading", name="No connection").wait_for()
    page.get_by_text("Callers are still answered").wait_for()
    assert page.locator("main img").evaluate("image => image.naturalWidth") == 192
    looks_right(page, picture, f"offline-{width}-{scheme}")
    page.context.set_offline(False)
    page.locator(".person-row").first.wait_for()
    assert page.url == f"{host}/contacts/"


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
def test_a_text_without_a_network_is_said_to_be_unsent_and_never_sent_behind_ones_back(
    live, new_page, picture, width, height, scheme
):
    page = new_page(width, height, scheme, expected=NO_LINE)
    installed(page, live)
    a_thread(page, live, f"+1312555{6200 + width}", f"Can you come today? ({width})")
    words = f"We come at four. {uuid.uuid4().hex[:6]}"
    page.context.set_offline(True)
    page.locator(".app-note", has_text="nothing is sent until you press Send again").wait_for()
    page.locator("#reply-body").fill(words)
    page.locator("[data-composer]").get_by_role("button", name="Send", exact=True).click()
    page.locator("#reply-error", has_text="Not sent: the server could not be reached.").wait_for()
    assert page.locator("#reply-body").input_value() == words
    looks_right(page, picture, f"unsent-{width}-{scheme}")
    page.context.set_offline(False)
    expect(page.locator(".app-note")).to_have_count(0)
    page.get_by_text("Connection lost. Trying again…").wait_for(state="hidden")
    # Something else went through since, so it could have; it waits for its writer, in its box.
    text_from(live, f"+1312555{6200 + width}", f"Hello? ({width})")
    page.locator("#timeline").get_by_text(f"Hello? ({width})").wait_for()
    assert texts_with(live, words) == 0
    assert page.locator("#reply-body").input_value() == words
    page.locator("[data-composer]").get_by_role("button", name="Send", exact=True).click()
    # Somebody wrote meanwhile: that is shown, and a colleague's answer would be.
    page.locator(".bubble--out", has_text=words).wait_for()
    assert eventually(lambda: texts_with(live, words) == 1)


def test_a_new_version_asks_before_anything_changes(live, new_page, picture):
    page = new_page(390, 844)
    installed(page, live)
    a_thread(page, live, "+13125556811", "Is the new filter in?")
    page.evaluate("window.sameAsBefore = true")
    # Another script is a new version to the browser, whatever stands in it.
    page.evaluate("navigator.serviceWorker.register('/sw.js?newer', { scope: '/' })")
    note = page.locator(".app-note", has_text="A new version is ready.")
    note.wait_for()
    looks_right(page, picture, "new-version-phone")
    waiting = "async () => Boolean((await navigator.serviceWorker.ready).waiting)"
    assert page.evaluate(waiting) and page.evaluate("window.sameAsBefore")

    # Asked while a text stands unsent: the worker changes, the page and its words stay.
    page.locator("#reply-body").fill("Half a sent")
    note.get_by_role("button", name="Load it").click()
    page.wait_for_function("() => navigator.serviceWorker.controller.scriptURL.endsWith('?newer')")
    assert page.evaluate("window.sameAsBefore")
    assert page.locator("#reply-body").input_value() == "Half a sent"

    page.locator("#reply-body").fill("")
    # The page asks for its own script again: with nothing unsent, it is loaded anew.
    page.reload()
    note.wait_for()
    page.evaluate("window.sameAsBefore = true")
    note.get_by_role("button", name="Load it").click()
    page.wait_for_function("() => window.sameAsBefore === undefined")
    page.locator("#thread[data-conversation]").wait_for()


def test_the_worker_keeps_no_page_and_signing_out_leaves_nothing_of_anybody(live, new_page):
    page = new_page()
    host = installed(page, live)
    a_thread(page, live, "+13125556812", "My name is Waldemar Quist")
    for path in ("/contacts/", "/settings/", "/notices/", "/?folder=all"):
        page.goto(f"{host}{path}")
        page.locator("h1").first.wait_for(state="attached")
    page.locator(".queue-row", has_text="Waldemar Quist").click()
    page.locator("#reply-body").fill("A secret for Waldemar")
    kept = page.evaluate(KEPT)
    assert "A secret for Waldemar" in json.dumps(kept["session"])
    assert "/offline/" in kept["caches"] and kept["databases"] == []
    assert all(path == "/offline/" or path.startswith("/static/") for path in kept["caches"])

    sign_out(page)
    words = json.dumps(page.evaluate(KEPT))
    for secret in ("Waldemar", "Lakeside", "owner@lakeside", "555-6812", "+13125556812"):
        assert secret not in words, secret


@pytest.mark.parametrize(("width", "height", "scheme"), SIZES)
def test_a_device_is_switched_on_told_and_forgotten_at_the_sign_out(
    live, new_page, picture, push_service, width, height, scheme
):
    page = new_page(width, height, scheme)
    host = f"http://desert-dental.localhost:{live.port}"
    page.context.grant_permissions(["notifications"], origin=host)
    browser = Browser(push_service.url, f"device-{width}")
    given = json.dumps({"endpoint": browser.endpoint, **browser.keys})
    page.add_init_script(f"({PUSH_SERVICE})({given})")
    installed(page, live, "desert-dental", "owner@desert.example")
    page.goto(f"{host}/notices/ways/")
    page.get_by_role("button", name="Tell me on this device").click()
    page.get_by_text("On. You are told on this device.").wait_for()
    mine = page.locator("[data-device]", has=page.locator("[data-this]:visible"))
    words, act = (
        mine.locator("strong").bounding_box(),
        mine.get_by_role("button").first.bounding_box(),
    )
    beside = words["x"] + words["width"] <= act["x"]
    assert beside or words["y"] + words["height"] <= act["y"], "buttons lie on the device's name"
    looks_right(page, picture, f"device-on-{width}-{scheme}")
    mine.get_by_role("button", name="Send a test").click()
    assert eventually(lambda: len(push_service.got) == 1)
    assert push_service.got[0].path == browser.path
    told = browser.read(push_service.got[0])

    # What the server encrypted for this browser is given to its worker as its maker's service would.
    tools, scopes = page.context.new_cdp_session(page), {}
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: scopes.update(
            {each["scopeURL"]: each["registrationId"] for each in event["registrations"]}
        ),
    )
    tools.send("ServiceWorker.enable")
    assert eventually(lambda: page.evaluate("1") and f"{host}/" in scopes)

    def delivered(data: str, seen: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Return what is shown once `seen` is true of it; a push that came while the worker woke is lost."""
        for _ in range(6):
            tools.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": host, "registrationId": scopes[f"{host}/"], "data": data},
            )
            if eventually(lambda: seen(page.evaluate(shown)), seconds=10):
                break
        return page.evaluate(shown)

    shown = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
        .map(({ title, body, tag, icon, data }) => ({ title, body, tag, icon, data }))"""
    (notice,) = delivered(json.dumps(told), bool)
    assert (notice["title"], notice["body"]) == (told["title"], told["body"])
    assert notice["title"] and notice["data"]["url"].startswith("/")
    # The same thing told again takes the place of the first; what cannot be read shows no junk.
    again = [each["body"] for each in delivered(
        json.dumps({**told, "body": "Again"}), lambda now: now[0]["body"] == "Again"
    )]  # fmt: skip
    assert again == ["Again"]
    both = delivered("<script>alert(1)</script>", lambda now: len(now) > 1)
    assert {each["title"] for each in both} == {told["title"], "Ringback"}

    sign_out(page)
    assert page.evaluate("localStorage.getItem('test-push')") is None


def test_a_browser_whose_maker_cannot_be_reached_says_so(live, new_page, picture):
    # The window of a test is a private one, where this browser gives no address at all.
    page = new_page(390, 844, expected="incognito mode")
    host = f"http://desert-dental.localhost:{live.port}"
    page.context.grant_permissions(["notifications"], origin=host)
    installed(page, live, "desert-dental", "owner@desert.example")
    page.goto(f"{host}/notices/ways/")
    page.get_by_role("button", name="Tell me on this device").click()
    page.get_by_text("That did not work:").wait_for()
    assert page.locator("[data-problem]").inner_text().strip()
    page.get_by_role("button", name="Try again").wait_for()
    looks_right(page, picture, "device-failed-phone")


def test_a_clicked_notice_does_not_take_an_unsent_text_away(live, new_page, picture):
    page = new_page(390, 844)
    host = installed(page, live)
    a_thread(page, live, "+13125556813", "Which filter do I need?")
    page.locator("#reply-body").fill("The one with")
    here = page.url
    (worker,) = page.context.service_workers
    opens = """async (url) => {
        for (const each of await self.clients.matchAll({ type: "window" })) each.postMessage({ kind: "open", url });
    }"""
    worker.evaluate(opens, "/contacts/")
    page.locator(".app-note", has_text="a text of yours is unsent").wait_for()
    assert page.url == here and page.locator("#reply-body").input_value() == "The one with"
    looks_right(page, picture, "notice-waits-phone")
    worker.evaluate(opens, "https://evil.example/")
    page.get_by_role("button", name="Open it anyway").click()
    page.wait_for_url(f"{host}/contacts/")
