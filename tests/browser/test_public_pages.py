"""Pages that need no sign-in, in a real browser: the API's description, and the simulator under a thumb."""

from __future__ import annotations

import pytest

from tests.browser.test_newcomer import serious

pytestmark = [pytest.mark.browser, pytest.mark.processes]
# What is too small for a thumb; a checkbox is as large as its label.
SMALL = """() => [...document.querySelectorAll("main a, main button, main select, main input, header a")]
  .filter((e) => !["checkbox", "radio"].includes(e.type))
  .map((e) => [e.id || e.className || e.tagName, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && (box.width < 43.5 || box.height < 43.5))
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_api_s_description_can_be_read_by_everybody(live, new_page, picture, width, height):
    page = new_page(width, height)
    page.goto(f"{live.base_url}/api/docs/")
    blocks = page.locator(".opblock-summary-control")
    blocks.first.wait_for()
    assert serious(page) == []
    for number in (0, 1, 3):
        blocks.nth(number).click()
        page.locator(".opblock.is-open").nth(min(number, 2)).wait_for()
    page.locator(".microlight").first.wait_for()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"api-docs-{width}")


def test_the_simulator_takes_a_thumb(live, new_page):
    page = new_page(390, 844)
    page.goto(f"{live.base_url}/simulator/")
    page.get_by_label("At the greeting").wait_for()
    page.wait_for_function("document.querySelector('#caller').value")
    assert page.evaluate(SMALL) == []
    form, send = page.locator("#reply"), page.get_by_role("button", name="Send as the caller")
    edge = form.bounding_box()
    assert (
        send.bounding_box()["x"] + 44 <= edge["x"] + edge["width"] - 8
    )  # inside the phone's glass
