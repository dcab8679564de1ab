"""The rail's numbers in two windows: true without loading a page again, and one with the folder beside them."""

from __future__ import annotations

import pytest

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_live import text_from
from tests.browser.test_newcomer import sign_in
from tests.support.platform import eventually

pytestmark = [pytest.mark.browser, pytest.mark.processes]
# The owner is told of something by his bell, as by a colleague's note.
_TOLD = """
from django.db import transaction
from inbox.notices import services
from tenants.models import Business, User
from tenants.scope import business_scope
business = Business.objects.get(name='Lakeside Plumbing')
owner = User.objects.get(email='owner@lakeside.example')
with business_scope(business.schema_name), transaction.atomic():
    services.tell('mention', user_ids=[owner.pk], channels=('live',), title='Ana mentioned you',
                  url='/notices/', key='mention:rail')
"""


def number(place) -> int:
    """Return the number a badge shows, 0 where there is none."""
    if not place.count() or not place.first.is_visible():
        return 0
    return int(place.first.evaluate("badge => badge.firstChild.data"))


def test_the_rail_counts_what_is_to_do_and_what_is_new_in_every_window(live, new_page, picture):
    inbox, settings = new_page(), new_page()
    sign_in(inbox, live)
    sign_in(settings, live)
    settings.goto(settings.url.split("/", 3)[0] + "//" + settings.url.split("/")[2] + "/settings/")

    def to_do() -> tuple[int, int, int]:
        return (
            number(inbox.locator("[data-todo-count]")),
            int(inbox.locator('[data-count="actionable"]').first.inner_text() or 0),
            number(settings.locator("[data-todo-count]")),
        )

    first = to_do()
    assert len(set(first)) == 1, "two numbers side by side are one"
    text_from(live, "+13125557781", "My drain is blocked")
    assert eventually(lambda: set(to_do()) == {first[0] + 1})
    assert inbox.title().startswith(f"({first[0] + 1}) ")

    bells = [page.locator(".rail__end [data-notice-count]") for page in (inbox, settings)]
    before = number(bells[0])
    live.manage("shell", "-c", _TOLD)
    # Who wrote is told too, by the ladder: both windows come to say the same, and more than before.
    assert eventually(lambda: number(bells[0]) == number(bells[1]) > before)
    looks_right(inbox, picture, "rail-numbers-1280")
    settings.goto(settings.url.replace("/settings/", "/notices/"))
    settings.get_by_role("button", name="Mark all seen").click()
    assert eventually(lambda: number(bells[0]) == 0)
