"""An agency's portal in a real browser: its list on a desk and under a thumb, and the way into a business."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_newcomer import serious
from tests.browser.test_public_pages import SMALL

pytestmark = [pytest.mark.browser, pytest.mark.processes]
# Whether every business can be read without moving the page aside.
FITS = "document.documentElement.scrollWidth <= innerWidth"
COUNT = """
from django.utils import timezone
from inbox.agency.businesses import gathering
from tenants.models import Business
for business in Business.objects.exclude(schema_name='public'):
    now = timezone.now()
    gathering.keep(business, gathering.gather(business, now), now)
"""


@pytest.fixture
def agency(live, new_page):
    """Open the portal's list as the demo's agency owner, at a width."""
    live.manage("shell", "-c", COUNT)

    def opened(width: int, height: int, scheme: str = "light"):
        page = new_page(width, height, scheme)
        page.goto(f"{live.base_url}/login/")
        page.get_by_label("Email").fill("agency@northwind.example")
        page.get_by_label("Password").fill("ringback-demo")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("link", name=re.compile("How every business does")).click()
        page.get_by_role("heading", name="Northwind Agency", level=1).wait_for()
        return page

    return opened


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "dark"), (390, 844, "light")])
def test_the_list_is_read_and_searched_and_leads_into_a_business(
    live, agency, picture, width, height, scheme
):
    page = agency(width, height, scheme)
    business = page.get_by_role("button", name="Lakeside Plumbing")
    business.wait_for()
    assert serious(page) == [] and page.evaluate(FITS)
    if width < 760:
        assert page.evaluate(SMALL) == []
    picture(page, f"agency-{width}")
    page.get_by_label("Find a business").fill("nobody of that name")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing found").wait_for()
    page.get_by_role("link", name="Show all").click()
    business.click()
    page.wait_for_url("**//lakeside-plumbing.localhost*/**")
    page.get_by_role("heading", name="Inbox").first.wait_for()
    # The way was used: its address is nothing to go back to, and the portal still knows who is here.
    page.goto(f"{live.base_url}/")
    page.get_by_role("link", name=re.compile("How every business does")).wait_for()


@pytest.mark.parametrize("room", ["members", "record", "profile", "api", "api/webhooks", "billing"])
def test_every_room_fits_a_phone_and_reads_well(live, agency, room):
    page = agency(390, 844)
    here = re.search(r"/agency/\d+/", page.url)[0]
    page.goto(f"{live.base_url}{here}{room}/")
    assert serious(page) == [] and page.evaluate(FITS)
