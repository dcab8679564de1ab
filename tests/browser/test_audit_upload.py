"""Bringing in a call log in a real browser: what is wrong is said where it is, and the file stays chosen."""

from __future__ import annotations

import pytest

from tests.browser.test_newcomer import PASSWORD, serious

pytestmark = [pytest.mark.browser, pytest.mark.processes]
LOG = "Start,From,Result,Talk\n" + "2026-01-02 15:04:05,+13125550142,Answered,0\n" * 2


def test_a_wrong_name_is_said_at_the_name(live, new_page):
    page = new_page(390, 844, expected="422")
    page.goto(f"{live.base_url}/login/")
    page.fill("[name=username]", "agency@northwind.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.base_url}/")
    page.goto(f"{live.base_url}/audits/new/")
    file = {"name": "calls.csv", "mimeType": "text/csv", "buffer": LOG.encode()}
    page.locator("input[type=file]").first.set_input_files(files=[file])
    page.get_by_text(f"calls.csv, {len(LOG)} bytes").wait_for()
    form = page.locator("[data-audit-upload]")
    form.locator("[name=timezone]").select_option("America/Denver")
    form.get_by_role("button", name="Look at the file").click()
    form.get_by_text("Write whose calls these are.").wait_for()
    name = form.locator("[name=name]")
    assert name.get_attribute("aria-invalid") == "true"
    assert name.evaluate("field => field === document.activeElement")
    assert page.locator(".drop--bad").count() == 0
    assert form.locator("[name=timezone]").input_value() == "America/Denver"
    assert serious(page) == []
    name.fill("Birch Roofing")
    form.get_by_role("button", name="Look at the file").click()
    page.get_by_text("The first rows, as we understand them").wait_for()
    page.get_by_text("2 of the first 2 rows say answered, but last 0 seconds.").wait_for()
