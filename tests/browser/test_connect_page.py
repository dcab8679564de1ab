"""Where a member lets an app of somebody else in: at a desk and on a phone, by day and by night."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.api.apps import VERIFIER, challenge
from tests.browser.test_every_page import LOOKS, faults
from tests.browser.test_newcomer import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
_APP = """
from oauth2_provider.models import Application
from tenants.models import MarketplaceApp
row = MarketplaceApp(name='Acme CRM', redirect_uris='%s', client_type=Application.CLIENT_PUBLIC)
row.clean()
row.save()
print(row.client_id)
"""


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_an_app_is_let_in_and_shown_the_door(
    live, new_page, picture, width, height, scheme, language
):
    page = new_page(width, height, scheme)
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    host = sign_in(page, live)
    back = f"http://localhost:{live.port}/login/"
    asked = {
        "response_type": "code", "redirect_uri": back, "scope": "contacts:read messages:send",
        "client_id": live.manage("shell", "-c", _APP % back).strip().splitlines()[-1],
        "code_challenge": challenge(VERIFIER), "code_challenge_method": "S256", "state": "abc",
    }  # fmt: skip
    page.goto(f"{host}/oauth/authorize/?{urlencode(asked)}")
    page.get_by_role("heading", name="Acme CRM").wait_for()
    assert faults(page, width, height) == []
    assert page.locator("html").get_attribute("lang") == language
    picture(page, f"connect-{width}")
    page.locator("[name=allow]").first.click()
    page.wait_for_url(f"{back}?**")
    told = parse_qs(urlsplit(page.url).query)
    assert told["state"] == ["abc"] and len(told["code"][0]) > 20
