"""Support's own pages in the admin: taken from their table of addresses, at a desk and on a phone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.urls import get_resolver

from tests.browser.test_every_page import LOOKS, addresses, faults
from tests.browser.test_newcomer import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.processes]
# One of everything a page is about.
_MADE = """
import json
from uuid import uuid4
from django.utils import timezone
from oauth2_provider.models import Application
from calls.models import Call
from messaging.models import Message
from tenants.models import AgendaItem, Business, MarketplaceApp
from tenants.scope import business_scope
app = MarketplaceApp(name='Acme CRM', redirect_uris='https://acme.example/back', client_type=Application.CLIENT_PUBLIC)
app.clean()
app.save()
business = Business.objects.get(name='Lakeside Plumbing')
with business_scope(business.schema_name):
    call = Call.objects.exclude(missed_because='').latest('pk').pk
    text = Message.objects.filter(direction='out').latest('created_at').pk
AgendaItem.objects.create(lane='bulk', kind='integrations.deliver', business=business, subject='1',
    unique_key=uuid4().hex, due_at=timezone.now(), state='dead', attempts=8,
    last_error='TimeoutError: no answer for +13125550142 within 20 s')
print(json.dumps({'app_id': app.pk, 'business_id': business.pk, 'call_id': call, 'text_id': str(text),
                  'name': 'no-text'}))
"""
# Tables of the admin itself that support opens every day, on the public host.
TABLES = ("", "tenants/business/", "tenants/phonenumber/", "tenants/providerevent/", "tenants/agendaitem/",
          "billing/subscription/", "rules/")  # fmt: skip


def ours(found: list[str]) -> list[str]:
    """Leave out what the admin's theme draws around our pages: its next release may mend it."""
    return [each for each in found if ".support" in each or "support-" in each or "wider" in each]


@pytest.mark.parametrize(("width", "height", "scheme", "language"), LOOKS)
def test_every_page_of_support_fits_and_passes_axe(
    live, new_page, picture, width, height, scheme, language
):
    page: Any = new_page(width, height, scheme, expected="422 (Unprocessable")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{live.base_url}/admin/login/")
    page.fill("[name=username]", "support@ringback.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.base_url}/admin/")
    made = json.loads(live.manage("shell", "-c", _MADE).strip().splitlines()[-1])
    wrong, opened = {}, set()

    def see(what: str) -> None:
        page.wait_for_load_state()
        if found := ours(faults(page, width, height)):
            wrong[what] = found
        opened.add(what)
        picture(page, f"support-{what}-{width}")

    for name, path, _ in addresses(get_resolver("inbox.support.urls").url_patterns):
        filled = re.sub(r"<\w+:(\w+)>", lambda found: str(made[found[1]]), path)
        page.goto(f"{live.base_url}/admin/{filled}")
        see(name)
    for table in TABLES:
        page.goto(f"{live.base_url}/admin/{table}")
        see(f"table-{table.strip('/').replace('/', '-')}")

    # What asks for a reason says so, and what is dangerous is shown before it is done.
    page.goto(f"{live.base_url}/admin/apps/{made['app_id']}/end/")
    page.get_by_role("button", name="End it everywhere").click()
    page.locator(".support-said--bad").first.wait_for()
    see("app-without-a-reason")
    page.goto(f"{live.base_url}/admin/provider/{made['business_id']}/")
    page.get_by_role("button", name="Ask the provider").click()
    page.get_by_role("heading", name="What the provider says").wait_for()
    see("provider-asked")
    page.goto(f"{live.base_url}/admin/find/")
    page.fill("[name=q]", "Lakeside")
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator(".support-list").first.wait_for()
    see("found")
    assert wrong == {}
    assert len(opened) > 20
