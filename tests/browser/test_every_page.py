"""Every page there is, taken from the table of addresses: none can be forgotten.

Whatever stands in the table is asked for. What answers with a whole page is opened, at a desk in
English and on a phone in Spanish, and must fit, pass axe in light and dark and have a heading. What
is no page must say so itself: a new address that nobody looks at fails here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.test_newcomer import PASSWORD, serious, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
NARROWEST = 360
LOOKS = [(1280, 800, "light", "en"), (390, 844, "dark", "es")]
MUST = {
    "home", "conversation", "contact", "contact-merge", "settings-members", "answers", "notices",
    "source", "callers-list", "audit", "rules-backtest-result", "rules-pin-call",
    "settings-endpoint", "mfa_activate_totp", "mfa_add_webauthn", "account_change_password", "account_reauthenticate",
}  # fmt: skip
# The page's own scroller counts like the window: what leaves it is out of reach just as well.
WIDEST = """() => Math.max(
    document.scrollingElement.scrollWidth,
    ...[...document.querySelectorAll("main")].map((main) => main.getBoundingClientRect().left + main.scrollWidth))"""
# Who reaches beyond the screen, to be named.
BEYOND = """() => [...document.querySelectorAll("main *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".visually-hidden, .tabs"))
    .slice(0, 4).map((e) => `${e.tagName}.${e.className}`)"""
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
# What stands for an argument of an address: the first row there is of it.
ROWS = {
    "conversation_id": "SELECT id FROM messaging_conversation WHERE hidden = '' ORDER BY last_at DESC LIMIT 1",
    "contact_id": "SELECT contact_id FROM messaging_conversation WHERE hidden = '' ORDER BY last_at DESC LIMIT 1",
    "line_id": "SELECT id FROM tenants_phonenumber WHERE e164 = '+13125550100'",
    "number": "SELECT max(version) FROM calls_ruleset",
    "call_id": "SELECT id FROM calls_call WHERE missed_because <> '' ORDER BY id DESC LIMIT 1",
    "source_id": "SELECT max(id) FROM tenants_callsource WHERE starts_with(name, 'Office PBX')",
    "list_id": "SELECT max(id) FROM messaging_contactimport",
    "log_id": "SELECT max(id) FROM tenants_calllog WHERE name = 'Elm Plumbing'",
    "endpoint_id": "SELECT e.id FROM integrations_endpoint e JOIN tenants_business b ON b.id = business_id "
    "WHERE schema_name = 'lakeside_plumbing' LIMIT 1",
}  # fmt: skip
WORDS = {"ident": "text-back", "key": "missed-open"}
# What an address without such a row is asked with: it must then say that it is only posted to.
NOBODY = {
    "int": "999999",
    "slug": "test",
    "str": "nothing",
    "uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
}
# No pages of their own, although they answer a look: files, sounds, ways to somewhere, parts of a page.
NO_PAGE = {
    "attachment", "attachment-preview", "notice", "note", "rules-backtest-csv", "voicemail",
    "forwarding-check", "test-call-steps", "account_logout", "logout", "line-greeting", "audit-pdf",
    "audit-malformed", "audit-hours", "enter",
}  # fmt: skip
# Pages that ask for a second factor of one's own: tests/browser/test_accounts.py looks at them.
SECOND = {
    "mfa_remove_webauthn", "mfa_authenticate", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_download_recovery_codes", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn", "account_set_password",
}  # fmt: skip
# What only opens with something the demo has none of: an app that asks (tests/browser/test_connect_page.py)
# and a subscription at Stripe (tests/billing).
ELSEWHERE = {"oauth-authorize", "billing-change"}
# Pages of whoever is not signed in; each has a look of its own below.
DOOR = {
    "join", "login", "account_login", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
}  # fmt: skip
# What the plumber of the demo has none of is made by its own form; returns where that leads.
MAKE = """async ([path, fields, file]) => {
    const form = new FormData();
    const { value } = document.querySelector("[name=csrfmiddlewaretoken]");
    for (const [name, each] of Object.entries({ ...fields, csrfmiddlewaretoken: value })) form.append(name, each);
    if (file) form.append("file", new File([file], "list.csv", { type: "text/csv" }));
    const answer = await fetch(path, { method: "POST", body: form });
    return [answer.status, answer.url];
}"""
_LINKS = """
import json
from django.utils import timezone
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from tenants import members
from tenants.models import Business, User
business = Business.objects.get(name='Lakeside Plumbing')
owner = User.objects.get(email='owner@lakeside.example')
asked = members.invite(business, 'new@lakeside.example', 'Nora New', 'agent', by=owner, as_role='owner', at=timezone.now())
print(json.dumps([asked.token, user_pk_to_url_str(owner) + '-' + default_token_generator.make_token(owner)]))
"""


def addresses(patterns: list[Any], root: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, path with places for its arguments, and their names, of all that members may open."""
    for each in patterns:
        path = root + str(each.pattern)
        if isinstance(each, URLResolver):
            if not path.startswith(("admin/", "api/")):
                yield from addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern) and each.name:
            yield each.name, path, list(each.pattern.converters)


def furnish(page: Any, host: str) -> dict[str, str]:
    """Make what some pages are about; returns what stands for the arguments that are no row."""
    people = "Phone,Name\n+13125550123,Dana Reyes\n"
    calls = "Start,From,Result,Talk\n" + "2026-01-02 15:04:05,+13125550142,Missed,0\n" * 3
    made = {}
    page.goto(f"{host}/settings/")
    for path, fields, file in (
        ("/account/confirm/", {"password": PASSWORD}, ""),
        (
            "/lines/systems/new/",
            # The walks of one server come here in turn, and a name is taken once.
            {"mapping": "3cx", "line": "+13125550100", "name": f"Office PBX {uuid4().hex[:6]}"},
            "",
        ),
        ("/rules/callers/list/", {"become": "vip"}, people),
        ("/audits/new/", {"name": "Elm Plumbing", "timezone": "America/Chicago"}, calls),
        ("/rules/backtest/", {"period": "30"}, ""),
        (
            "/settings/integrations/",
            {"url": f"https://hooks.example.com/at-{uuid4().hex[:6]}", "all": "on"},
            "",
        ),
    ):
        status, made[path] = page.evaluate(MAKE, [path, fields, file])
        assert status == 200, (path, status)
    return {"token": made["/rules/backtest/"].rstrip("/").rpartition("/")[2]}


def pages(live: Any, made: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the paths by name, and of those whose arguments nothing stands for the paths to nothing."""
    found, nothing = {}, {}
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        wire.execute("SET search_path = lakeside_plumbing, public")
        for name, path, arguments in addresses(get_resolver("config.urls").url_patterns):
            if name in NO_PAGE | SECOND | DOOR | ELSEWHERE:
                continue
            whole = True
            for argument in arguments:
                value = (WORDS | made).get(argument)
                if value is None and argument in ROWS:
                    (row,) = wire.execute(ROWS[argument]).fetchone()
                    assert row is not None, f"{name}: make its {argument} in furnish"
                    value = str(row)
                whole = whole and value is not None
                for kind, nobody in NOBODY.items():
                    path = path.replace(f"<{kind}:{argument}>", value or nobody)
            (found if whole else nothing)[name] = f"/{path}"
    return found, nothing


def faults(page: Any, width: int, height: int) -> list[str]:
    """Return what is wrong with an open page, in light and in dark."""
    found = serious(page)
    if not page.evaluate(FITS):
        found.append("wider than the screen")
    if width < 760:  # the narrowest phone there is
        page.set_viewport_size({"width": NARROWEST, "height": height})
        if page.evaluate(WIDEST) > NARROWEST:
            found.append(f"wider than the narrowest phone: {page.evaluate(BEYOND)}")
        page.set_viewport_size({"width": width, "height": height})
    if page.locator("h1, h2").count() == 0:
        found.append("no heading")
    scheme = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    other = {"dark": "light", "light": "dark"}[scheme]
    page.emulate_media(color_scheme=other, reduced_motion="reduce")
    found += [f"{other}: {each}" for each in serious(page, ["color-contrast"])]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    return found


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_every_page_of_the_table_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme)
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    host = sign_in(page, live)
    paths, nothing = pages(live, furnish(page, host))
    headers = {"Host": host.removeprefix("http://"), "Accept-Language": language}
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    ask = httpx.Client(
        base_url=f"http://127.0.0.1:{live.port}", headers=headers, cookies=cookies, timeout=60
    )
    # What nothing stands for is only posted to: it says so before it looks for anything.
    looks = {name: ask.get(path).status_code for name, path in nothing.items()}
    assert {name: status for name, status in looks.items() if status != 405} == {}
    opened, wrong, unseen = {}, {}, {}
    for name, path in paths.items():
        answer = ask.get(path)
        assert answer.status_code < 500, path
        is_page = "<html" in answer.text[:2000]
        if answer.status_code != 200 or not is_page:
            # A part of a page, a file, the way to another page, or an act that is only posted.
            if answer.status_code not in (200, 204, 301, 302, 303, 405):
                unseen[name] = answer.status_code
            continue
        page.goto(f"{host}{path}")
        opened[name] = path
        found = faults(page, width, height)
        if page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        if found:
            wrong[path] = found
            picture(page, f"wrong-{name}-{width}")
    assert wrong == {}
    assert unseen == {}, "nobody looks at these: make what they need in furnish"
    assert opened.keys() >= MUST, MUST - opened.keys()
    assert len(opened) > 50, opened


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_every_page_at_the_door_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme, expected="404 (Not Found)")
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    host = f"http://lakeside-plumbing.localhost:{live.port}"
    invited, reset = json.loads(live.manage("shell", "-c", _LINKS).strip().splitlines()[-1])
    wrong = {}
    for name, path in {
        "login": "/login/", "join": f"/join/{invited}/", "join-closed": "/join/nothing/",
        "forgotten": "/login/password/", "sent": "/login/password/sent/",
        "reset": f"/login/password/{reset}/", "reset-closed": "/login/password/1-nothing/",
        "done": "/login/password/done/", "lost": "/there/is/no/such/page/", "offline": "/offline/",
    }.items():  # fmt: skip
        page.goto(f"{host}{path}")
        assert page.locator("html").get_attribute("lang") == language, path
        if found := faults(page, width, height):
            wrong[path] = found
        picture(page, f"door-{name}-{width}")
    assert wrong == {}
    page.goto(f"{host}/login/password/{reset}/")
    assert page.locator("[type=password]").count() == 2
    page.goto(f"{host}/join/{invited}/")
    page.locator("[name=password]").wait_for()
