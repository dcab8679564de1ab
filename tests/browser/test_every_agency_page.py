"""Every page of an agency, taken from the table of addresses: at a desk in English, on a phone in Spanish.

What is no page must say so itself: a new address that nobody looks at fails here.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.urls import get_resolver

from tenants.publish_rules import STEPS
from tests.browser.test_every_page import LOOKS, MAKE, NOBODY, addresses, faults
from tests.browser.test_newcomer import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.processes]
# Files, pictures and parts of a page.
NO_PAGE = {
    "import-template", "import-result",
    "look-logo-shown", "push-use", "import-progress", "push-progress", "lifecycle-export",
}  # fmt: skip
# Pages of whoever is not signed in, or has no agency yet.
DOOR = {"sign-up": "sign-up/", "sign-up-link": "sign-up/nothing/", "join": "{here}join/nothing/"}
MUST = {
    "businesses", "profile", "api", "webhooks", "webhook", "look", "look-sender-proof", "billing",
    "record", "imports", "import", "playbooks", "playbook-new", "playbook", "playbook-save",
    "playbook-drift", "playbook-apply", "push", "members", "onboarding", "lifecycle",
    *(f"onboarding-step {step}" for step in STEPS),
}  # fmt: skip
DRAFTS = ("onboarding-go", "onboarding-step")
ROWS = {
    "key_id": "SELECT max(id) FROM tenants_apikey WHERE agency_id = %(agency)s",
    "domain_id": "SELECT max(id) FROM tenants_agencydomain WHERE agency_id = %(agency)s",
    "endpoint_id": "SELECT id FROM integrations_endpoint WHERE agency_id = %(agency)s LIMIT 1",
    "use_id": "SELECT max(id) FROM tenants_playbookuse WHERE push = %(push)s",
    "invitation_id": "SELECT max(id) FROM tenants_invitation WHERE agency_id = %(agency)s",
    "membership_id": "SELECT max(id) FROM tenants_membership WHERE agency_id = %(agency)s",
}  # fmt: skip
# What the letter carries that asks whether a sender's address is read.
_PROOF = """
from tenants import brand_settings
from tenants.models import Agency
print(brand_settings.sender_token(Agency.objects.get(pk=%s), 'hello@northwind.example'))
"""


def sign_in(page: Any, live: Any) -> str:
    """Sign the demo's agency owner in; returns the address of the agency's pages."""
    page.goto(f"{live.base_url}/login/")
    page.fill("[name=username]", "agency@northwind.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.base_url}/")
    page.locator("a[href*='/agency/']").first.click()
    page.wait_for_url("**/agency/*/")
    return re.search(r"/agency/\d+/", page.url)[0]


def furnish(page: Any, here: str, businesses: list[int]) -> dict[str, str]:
    """Make one of everything by its own form; returns what stands for an address's arguments."""
    name, made = uuid4().hex[:6], {}

    def make(path: str, fields: dict[str, str], file: str = "") -> str:
        status, where = page.evaluate(MAKE, [f"{here}{path}", fields, file])
        assert status == 200, (path, status)
        return where

    start = {"name": f"Harbor {name}", "playbook": "auto", "timezone": "America/Chicago"}
    draft = re.search(r"/onboarding/(\d+)/", make("onboarding/", start))
    made["draft"] = draft[1]
    made["business_id"] = str(businesses[0])
    invited = {"email": f"{name}@northwind.example", "name": "Nora", "role": "agency_member"}
    make("members/invite/", invited)
    kept = {"name": f"Trades {name}", "business": str(businesses[0]), "sections": "hours"}
    book = re.search(r"/playbooks/(\d+)/", make("playbooks/new/", kept))
    made["playbook_id"] = book[1]
    put = {"businesses": str(businesses[1]), "sections": "hours", "stage": "all"}
    push = make(f"playbooks/{book[1]}/apply/", put)
    made["push_id"] = re.search(r"/pushes/([\w-]+)/", push)[1]
    file = make("imports/", {}, f"name,timezone\nElm {name},America/Chicago\n,nowhere\n")
    made["import_id"] = re.search(r"/imports/([\w-]+)/", file)[1]
    make("api/webhooks/", {"url": f"https://hooks.example.com/{name}", "all": "on"})
    make("api/", {"name": f"Reports {name}", "scopes": "calls:read"})
    make("look/domains/add/", {"domain": f"{name}.example.com"})
    return made


def pages(live: Any, made: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the paths by name, and of those whose arguments nothing stands for the paths to nothing."""
    found, nothing = {}, {}
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        wire.execute("SET search_path = public")
        for argument, query in ROWS.items():
            row = wire.execute(query, {"agency": made["agency_id"], "push": made["push_id"]})
            (value,) = row.fetchone()
            assert value is not None, f"make its {argument} in furnish"
            made[argument] = str(value)
    for name, path, arguments in addresses(
        get_resolver("inbox.agency.urls").url_patterns, "agency/"
    ):
        if name in NO_PAGE or name in DOOR or name.endswith("-csv"):
            continue
        path = path.replace("<int:agency_id>", made["agency_id"])
        known = made | ({"business_id": made["draft"]} if name in DRAFTS else {})
        steps = STEPS if name == "onboarding-step" else ("",)
        for step in steps:
            filled, whole = path, True
            for argument in arguments:
                value = step if argument == "step" else known.get(argument)
                whole = whole and value is not None
                for kind, nobody in NOBODY.items():
                    filled = filled.replace(f"<{kind}:{argument}>", value or nobody)
            (found if whole else nothing)[f"{name} {step}".strip()] = f"/{filled}"
    return found, nothing


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_every_page_of_an_agency_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme)
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    here = sign_in(page, live)
    agency = here.split("/")[2]
    with psycopg.connect(live.env["DATABASE_URL"], autocommit=True) as wire:
        rows = wire.execute(
            "SELECT id FROM tenants_business WHERE agency_id = %s AND stage = 'live' ORDER BY id",
            [agency],
        ).fetchall()
    made = furnish(page, here, [row[0] for row in rows]) | {"agency_id": agency}
    made["token"] = live.manage("shell", "-c", _PROOF % agency).strip().splitlines()[-1]
    paths, nothing = pages(live, made)
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    ask = httpx.Client(
        base_url=live.base_url, headers={"Accept-Language": language}, cookies=cookies, timeout=60
    )
    looks = {name: ask.get(path).status_code for name, path in nothing.items()}
    assert {name: status for name, status in looks.items() if status != 405} == {}
    opened, wrong, unseen = {}, {}, {}
    for name, path in paths.items():
        answer = ask.get(path)
        assert answer.status_code < 500, path
        if answer.status_code != 200 or "<html" not in answer.text[:2000]:
            if answer.status_code not in (301, 302, 303, 405):
                unseen[name] = answer.status_code
            continue
        page.goto(f"{live.base_url}{path}")
        opened[name] = path
        found = faults(page, width, height)
        if page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        if found:
            wrong[path] = found
        picture(page, f"agency-{name.replace(' ', '-')}-{width}")
    assert not wrong, wrong
    assert unseen == {}, "nobody looks at these: make what they need in furnish"
    assert opened.keys() >= MUST, MUST - opened.keys()


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_every_page_at_an_agency_s_door_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme, expected=("404 (Not Found)", "410 (Gone)"))
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    wrong = {}
    for name, path in DOOR.items():
        page.goto(f"{live.base_url}/agency/{path.format(here='1/')}")
        found = faults(page, width, height)
        if page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        if found:
            wrong[name] = found
        picture(page, f"agency-{name}-{width}")
    assert not wrong, wrong
