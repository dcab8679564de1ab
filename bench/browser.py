"""`python -m bench.browser HOST PORT SESSION`: the inbox in a real Chromium; prints JSON, {} without one.

On a desk and on a phone: what moved without anybody having touched it (layout shift), how long an act
takes from the key or the click to what is painted next (event timing, as INP counts it), and what a
first visit fetches, as it comes over the wire.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"1280": (1280, 800), "390": (390, 844)}
TIMES = 8  # each act
SETTLES = 0.25  # seconds in which whatever an act does late has happened
SENTENCE = "We can be there at nine."
_FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--host-resolver-rules=MAP *.localhost 127.0.0.1"]  # fmt: skip
# An event below 16 ms is not reported; it counts as that.
_WATCH = """
    window.bench = {shift: 0, moved: [], events: []};
    new PerformanceObserver((list) => {
      for (const each of list.getEntries()) {
        if (each.hadRecentInput) continue;
        bench.shift += each.value;
        for (const {node} of each.sources)
          bench.moved.push(node ? (node.id || node.className || node.nodeName) : "?");
      }
    }).observe({type: "layout-shift", buffered: true});
    new PerformanceObserver((list) => {
      for (const each of list.getEntries())
        if (each.interactionId) bench.events.push(each.duration);
    }).observe({type: "event", durationThreshold: 16, buffered: true});
"""
_LEAST = 16.0


class Visit:
    """One window of one size, with what was seen in it."""

    def __init__(self, page: Any, base: str, size: str) -> None:
        self.page, self.base, self.size = page, base, size
        self.acts: dict[str, list[float]] = {}
        self.shown: list[float] = []
        self.shifts: dict[str, float] = {}
        self.moved: set[str] = set()

    def act(self, name: str, do: Callable[[], Any]) -> None:
        """Do something once, and note the slowest of its events."""
        self.page.evaluate("bench.events.length = 0")
        do()
        time.sleep(SETTLES)
        events = self.page.evaluate("bench.events")
        self.acts.setdefault(name, []).append(max([*events, _LEAST]))

    def shift(self, name: str) -> None:
        """Note what moved since the last time."""
        value, moved = self.page.evaluate(
            "(() => { const found = [bench.shift, bench.moved]; bench.shift = 0; bench.moved = []; return found })()"
        )
        self.shifts[name] = max(self.shifts.get(name, 0.0), value)
        if value:
            self.moved |= {f"{name}: {each}" for each in moved}

    def goes(self, path: str, name: str) -> None:
        """Open an address, and note what moved until it stood still."""
        self.page.goto(self.base + path, wait_until="load")
        time.sleep(4 * SETTLES)
        self.shift(name)

    def opens(self, position: int) -> None:
        """Click on a row; note when its thread was painted."""
        row = self.page.locator("a.queue-row").nth(position)
        number = row.evaluate("(each) => each.closest('li').dataset.id")
        row.evaluate(
            """(each) => each.addEventListener("click", () => {
                 const began = performance.now();
                 const look = () => document.querySelector(`#thread[data-conversation="${each.closest("li").dataset.id}"]`)
                   ? requestAnimationFrame(() => { bench.shown = performance.now() - began })
                   : requestAnimationFrame(look);
                 look();
               }, {once: true})"""
        )
        self.act("open", row.click)
        self.page.wait_for_selector(f'#thread[data-conversation="{number}"]')
        self.page.wait_for_function("bench.shown")
        self.shown.append(
            self.page.evaluate("(() => { const at = bench.shown; bench.shown = 0; return at })()")
        )
        time.sleep(SETTLES)
        self.shift("thread")


def look(visit: Visit) -> None:
    """Go through the list, threads and folders as somebody at work does."""
    page, wide = visit.page, visit.size != "390"
    visit.goes("/", "list")
    for _ in range(TIMES):
        visit.act("j", lambda: page.keyboard.press("j"))
    for _ in range(TIMES):
        visit.act("k", lambda: page.keyboard.press("k"))
    visit.act("menu", lambda: page.click(".queue__filter"))
    visit.act("menu", lambda: page.keyboard.press("Escape"))
    for position in range(TIMES):
        visit.opens(position)
        if not wide:
            visit.act("back", lambda: page.click("[data-back]"))
    if not wide:
        visit.opens(0)
    for _ in range(TIMES // 2):
        visit.act("menu", lambda: page.click('[popovertarget="handle-snooze"]'))
        visit.act("menu", lambda: page.keyboard.press("Escape"))
    if page.locator("#reply-body:visible").count():
        page.click("#reply-body")
        for letter in SENTENCE:
            visit.act("typing", lambda letter=letter: page.keyboard.type(letter))
        page.fill("#reply-body", "")
    visit.shift("acts")
    for folder in ("all", "closed", "actionable"):
        if wide:
            page.click(f'a.folder[data-folder="{folder}"]')
            page.wait_for_load_state("load")
            time.sleep(4 * SETTLES)
            visit.shift("folder")
        else:
            visit.goes("/" if folder == "actionable" else f"/?folder={folder}", "folder")
    visit.goes(
        f"/c/{page.locator('#queue-list [data-id]').first.get_attribute('data-id')}/", "thread"
    )


def first_visit(browser: Any, cookie: dict[str, Any], base: str, size: tuple[int, int]) -> int:
    """Return the bytes of a visit by whom nothing is kept: each answer with its headers.

    Bodies count as deploy/Caddyfile sends them, by gzip where they are text; no proxy runs here.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([cookie])
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(base + "/", wait_until="load")
    time.sleep(4 * SETTLES)
    total = 0
    for answer in answers:
        kind = answer.headers.get("content-type", "")
        if "event-stream" in kind:
            continue  # it stays open, and nothing is on it yet
        body = answer.body() if answer.status == 200 else b""
        is_text = kind.startswith("text/") or any(
            each in kind for each in ("json", "svg", "script")
        )
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        total += head + len(gzip.compress(body, 6) if is_text else body)
    context.close()
    return total


def main() -> None:
    """Entry point."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        print("{}")
        return
    from playwright.sync_api import sync_playwright

    host, port, session = sys.argv[1:4]
    base, found = f"http://{host}:{port}", {}
    cookie = {"name": "sessionid", "value": session, "url": base}
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *sandbox])
        for name, size in SIZES.items():
            context = browser.new_context(viewport={"width": size[0], "height": size[1]})
            context.add_cookies([cookie])
            context.add_init_script(_WATCH)
            visit = Visit(context.new_page(), base, name)
            look(visit)
            context.close()
            found[name] = {
                "bytes": first_visit(browser, cookie, base, size), "acts": visit.acts,
                "shown": visit.shown, "shifts": visit.shifts, "moved": sorted(visit.moved),
            }  # fmt: skip
        browser.close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
