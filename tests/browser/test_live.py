"""Two windows of one business: what happens is in both, who looks is said, and a lost line is found again."""

from __future__ import annotations

import httpx
import pytest

from tests.browser.test_compliance_pages import looks_right
from tests.browser.test_newcomer import PASSWORD, sign_in
from tests.support.platform import eventually

pytestmark = [pytest.mark.browser, pytest.mark.processes]
OWNER, MANAGER = "owner@lakeside.example", "ana@lakeside.example"
NO_LINE = "Failed to load resource: net::ERR_"
# Making the second member, as an owner would by an invitation.
_ANA = """
from django.core.management import call_command
from tenants.models import Business, Membership, User
business = Business.objects.get(name='Lakeside Plumbing')
user, made = User.objects.get_or_create(email='ana@lakeside.example', defaults={'name': 'Ana Ruiz'})
user.set_password('ringback-demo'); user.save()
Membership.objects.get_or_create(user=user, business=business, agency=None, defaults={'role': 'manager'})
"""


@pytest.fixture(scope="module")
def ana(live):
    live.manage("shell", "-c", _ANA)
    return MANAGER


def text_from(live, caller: str, body: str) -> None:
    """Text the plumber from a phone of the simulator's."""
    answer = httpx.post(
        f"http://127.0.0.1:{live.port}/simulator/do/reply",
        json={"business": "+13125550100", "caller": caller, "body": body},
        headers={"Host": f"localhost:{live.port}"},
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_what_comes_in_is_in_both_windows_and_each_sees_who_else_looks(
    live, ana, new_page, picture, width, height
):
    one, two = new_page(width, height), new_page(width, height)
    sign_in(one, live)
    sign_in(two, live, email=ana)
    words = f"Is anybody there? My boiler drips ({width})."
    text_from(live, f"+1312555{7700 + width % 100}", words)
    for page in (one, two):
        row = page.locator(".queue-row", has_text=words)
        row.wait_for()
        row.click()
        page.locator("#thread[data-conversation]").wait_for()
    one.locator("#presence").get_by_text("Ana Ruiz is looking at this too").wait_for()
    mark = two.locator(".queue-item", has_text=words).locator(".viewers")
    mark.get_by_text("is looking at this too").wait_for(state="attached")
    two.locator("#reply-body").type("I am on my way", delay=20)
    one.locator("#presence").get_by_text("Ana Ruiz is writing…").wait_for()
    looks_right(one, picture, f"live-writing-{width}")
    two.get_by_role("button", name="Send", exact=True).click()
    one.locator("#timeline").get_by_text("I am on my way").wait_for()
    one.locator("#presence").get_by_text("Ana Ruiz is looking at this too").wait_for()
    two.goto(f"http://lakeside-plumbing.localhost:{live.port}/")
    one.locator("#presence").get_by_text("Ana Ruiz is looking at this too").wait_for(state="hidden")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")])
def test_a_lost_line_is_said_and_found_again(live, new_page, picture, width, height, scheme):
    # What the page asks for while there is no line fails, and the console says so.
    page = new_page(width, height, scheme, expected=(NO_LINE, "htmx:sendError"))
    sign_in(page, live)
    before = page.url
    page.context.set_offline(True)
    page.get_by_text("Connection lost. Trying again…").wait_for()
    picture(page, f"live-lost-{width}-{scheme}")
    body = f"While you were away {width}"
    text_from(live, f"+1312555{7000 + width}", body)
    text_from(live, f"+1312555{7001 + width}", f"{body}, again")
    assert eventually(lambda: page.locator(".queue-row", has_text=body).count() == 0, 1)
    page.context.set_offline(False)
    page.locator("[data-live]").get_by_text("Back.").wait_for()
    picture(page, f"live-back-{width}-{scheme}")
    page.locator(".queue-row", has_text=f"{body}, again").wait_for()
    assert page.locator(".queue-row", has_text=body).count() == 2
    page.locator("[data-live]").wait_for(state="hidden")
    assert page.url == before


def test_a_list_drawn_before_the_news_does_not_take_it_off_again(live, new_page):
    page = new_page()
    sign_in(page, live)
    held = []

    def hold(route) -> None:
        asked = httpx.URL(route.request.url).copy_with(host="127.0.0.1")
        headers = {**route.request.all_headers(), "host": route.request.url.split("/")[2]}
        held.append((route, httpx.get(asked, headers=headers, timeout=60)))

    page.route("**/inbox/list/**", hold)
    page.evaluate(
        """() => {
            document.addEventListener("htmx:afterRequest", ({ target }) => {
                if (target.id === "queue") document.body.dataset.came = "";
            });
            document.dispatchEvent(new CustomEvent("app:reset"));
        }"""
    )
    # Each question lets the browser tell what it asked for.
    assert eventually(lambda: page.locator("#queue-list").count() and held)
    text_from(live, "+13125557811", "The cellar is under water")
    row = page.locator(".queue-row", has_text="The cellar is under water")
    row.wait_for()
    route, answer = held[0]
    assert answer.status_code == 200 and "The cellar" not in answer.text
    route.fulfill(status=200, body=answer.text, content_type="text/html; charset=utf-8")
    page.locator("body[data-came]").wait_for()
    assert row.count() == 1


def test_whoever_is_taken_out_is_told_and_hears_no_more(live, ana, new_page, picture):
    page, owner = new_page(), new_page()
    sign_in(page, live, email=ana)
    sign_in(owner, live)
    out = "from tenants.models import Membership as M; M.objects.filter(user__email='%s').update(is_active=%s)"
    live.manage("shell", "-c", out % (ana, False))
    try:
        page.get_by_text("no longer a member").wait_for()
        picture(page, "live-gone-1280")
        text_from(live, "+13125557799", "For members only")
        owner.locator(".queue-row", has_text="For members only").wait_for()
        assert page.get_by_text("For members only").count() == 0
        assert PASSWORD not in page.content()
    finally:
        live.manage("shell", "-c", out % (ana, True))
