"""Every page a member can open, taken from the table of addresses: none can be forgotten.

Whatever stands in the table is asked for. What answers with a whole page is opened, at a desk in
English and on a phone in Spanish, and must fit, pass axe and have a heading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.test_newcomer import serious, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
NARROWEST = 360
# The page's own scroller counts like the window: what leaves it is out of reach just as well.
WIDEST = """() => Math.max(
    document.scrollingElement.scrollWidth,
    ...[...document.querySelectorAll("main")].map((main) => main.getBoundingClientRect().left + main.scrollWidth))"""
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
# What stands for an argument of an address: the first row there is of it.
ROWS = {
    "conversation_id": "SELECT id FROM messaging_conversation WHERE hidden = '' ORDER BY last_at DESC LIMIT 1",
    "contact_id": "SELECT contact_id FROM messaging_conversation WHERE hidden = '' ORDER BY last_at DESC LIMIT 1",
    "line_id": "SELECT id FROM tenants_phonenumber WHERE e164 = '+13125550100'",
    "number": "SELECT max(version) FROM calls_ruleset",
}
WORDS = {"ident": "text-back", "key": "missed-open"}
# Addresses of things that the demo's plumber has none of, most of them only posted to.
NO_ROW = {
    "join", "alert-done", "hold-lift", "find-person", "notice", "push-remove", "push-test",
    "alert-hook-remove", "alert-hook-test", "merge-undo", "view-delete", "rules-take", "rules-dismiss",
    "rules-pin-call", "rules-unpin", "source", "source-template", "source-change", "wait-see-to",
    "promise-settle", "text-undo", "text-now", "text-call-off", "note", "note-remove", "attachment",
    "attachment-preview", "attach-remove", "callers-list", "callers-take-over", "callers-undo",
    "rules-backtest-result", "rules-backtest-csv", "holiday-remove", "voicemail", "voicemail-heard",
    "member-resend", "member-withdraw", "member-role", "member-out", "member-back",
    "forwarding-check", "test-call-steps", "test-call-keep", "scenario-change", "mfa_remove_webauthn",
    "account_reset_password_from_key", "audit", "audit-progress", "audit-mapping",
    "audit-assume", "audit-again", "audit-delete", "audit-draft", "audit-pdf", "audit-malformed",
}  # fmt: skip


def addresses(patterns: list[Any], root: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, path with places for its arguments, and their names, of all that members may open."""
    for each in patterns:
        path = root + str(each.pattern)
        if isinstance(each, URLResolver):
            if not path.startswith(("admin/", "api/")):
                yield from addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern) and each.name:
            yield each.name, path, list(each.pattern.converters)


def pages(live: Any) -> tuple[dict[str, str], list[str]]:
    """Return the paths by name, and the names of those whose arguments nothing stands for."""
    found, unknown = {}, []
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        wire.execute("SET search_path = lakeside_plumbing, public")
        for name, path, arguments in addresses(get_resolver("config.urls").url_patterns):
            if name in NO_ROW:
                continue
            for argument in arguments:
                value = WORDS.get(argument)
                if value is None and argument in ROWS:
                    row = wire.execute(ROWS[argument]).fetchone()
                    value = str(row[0]) if row and row[0] is not None else None
                if value is None:
                    unknown.append(name)
                for kind in ("int", "slug", "str", "uuid"):
                    path = path.replace(f"<{kind}:{argument}>", value or "")
            found[name] = f"/{path}"
    return {name: path for name, path in found.items() if name not in unknown}, unknown


@pytest.mark.parametrize(
    ("width", "height", "scheme", "language"),
    [(1280, 800, "light", "en"), (390, 844, "dark", "es")],
)
def test_every_page_of_the_table_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme)
    page.set_extra_http_headers({"Accept-Language": language})
    host = sign_in(page, live)
    paths, unknown = pages(live)
    assert unknown == [], "say in ROWS or WORDS what stands for their arguments"
    headers = {"Host": host.removeprefix("http://"), "Accept-Language": language}
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    opened, wrong = {}, {}
    for name, path in paths.items():
        answer = httpx.get(
            f"http://127.0.0.1:{live.port}{path}", headers=headers, cookies=cookies, timeout=60
        )
        assert answer.status_code < 500, path
        if answer.status_code != 200 or "<html" not in answer.text[:2000]:
            continue  # a part of a page, a file, an act that is only posted, or the way to another page
        page.goto(f"{host}{path}")
        opened[name] = path
        found = serious(page)
        if not page.evaluate(FITS):
            found.append("wider than the screen")
        if width < 760:  # the narrowest phone there is
            page.set_viewport_size({"width": NARROWEST, "height": height})
            if page.evaluate(WIDEST) > NARROWEST:
                found.append("wider than the narrowest phone")
            page.set_viewport_size({"width": width, "height": height})
        if page.locator("h1, h2").count() == 0:
            found.append("no heading")
        if page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        if found:
            wrong[path] = found
            picture(page, f"wrong-{name}-{width}")
    assert wrong == {}
    assert {
        "home",
        "conversation",
        "contact",
        "settings-members",
        "answers",
        "notices",
    } <= opened.keys()
    assert len(opened) > 40, opened
