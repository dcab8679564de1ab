"""Chromium against the real platform. Without Chromium these tests are skipped, and say so; in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Platform

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No look-ups outside, and every business host is this machine.
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]  # fmt: skip

# So long something may take before it counts as not happening: a busy machine is slow.
PATIENCE_MS = 60_000


# Closed with this package: its event loop would make Django refuse to work for later tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One headless browser for all tests."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def live() -> Iterator[Platform]:
    """The platform with its simulator and the demo's businesses, in real processes."""
    platform = Platform()
    try:
        platform.start_all()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
def new_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a context of its own; what its console complains of fails the test."""
    contexts, complaints = [], []

    def complain(text: str, expected: tuple[str, ...]) -> None:
        # A refresh that a newer one replaced is called off, which htmx reports as an error.
        if text.startswith(("htmx:sendAbort", "htmx:afterRequest")):
            return
        if not any(each in text for each in expected):
            complaints.append(text)

    def open_page(
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        expected: str | tuple[str, ...] = (),
    ) -> Any:
        known = (expected,) if isinstance(expected, str) else expected
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complain(message.text, known) if message.type == "error" else None,
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture(scope="session")
def picture() -> Callable[[Any, str], None]:
    """Keep a screenshot under var/pictures (and in docs/ when PICTURES=1: the README shows one)."""
    root = Path(__file__).resolve().parents[2]
    keep = root / "var" / "pictures"
    keep.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str) -> None:
        page.screenshot(path=keep / f"{name}.png")
        if os.environ.get("PICTURES") == "1" and name == "simulator":
            shutil.copyfile(keep / f"{name}.png", root / "docs" / f"{name}.png")

    return take
