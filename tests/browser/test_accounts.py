"""Signing in with a second step and with a passkey, and every page of Settings, in a real browser."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal import auth as totp

from tests.browser.test_newcomer import PASSWORD, serious
from tests.browser.test_newcomer import sign_in as sign_in_to_inbox

pytestmark = [pytest.mark.browser, pytest.mark.processes]
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
PAGES = (
    "", "notices", "security", "members", "teams", "replies", "tags", "views", "fields", "welcome",
)  # fmt: skip


def sign_in(page, live, business="lakeside-plumbing", email="owner@lakeside.example") -> str:
    """Sign in and land on one's own profile; returns the address of the business."""
    host = f"http://{business}.localhost:{live.port}"
    page.goto(f"{host}/login/?next=/settings/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{host}/settings/")
    return host


def looks_right(page, picture, name: str) -> None:
    assert page.evaluate(FITS), name
    assert serious(page) == [], name
    picture(page, name)


def a_device(page):
    """Give the browser a device that keeps passkeys, as a phone with a finger reader does."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return tools, tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def confirm(page) -> None:
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Go on").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (360, 740)])
def test_every_page_of_settings_looks_right(live, new_page, picture, width, height, scheme):
    page = new_page(width, height, scheme)
    host = sign_in(page, live)
    for path in PAGES:
        page.goto(f"{host}/settings/{path}{'/' if path else ''}")
        page.locator("h1, h2").first.wait_for()
        for fold in page.locator(".fold > summary").all():
            fold.click()
        looks_right(page, picture, f"settings-{path or 'profile'}-{width}-{scheme}")


def test_a_passkey_signs_in_alone(live, new_page, picture):
    # What still looks for news while its cookies are taken away is told that nobody is signed in.
    page = new_page(390, 844, expected="401 (Unauthorized)")
    host = sign_in(page, live, "desert-dental", "owner@desert.example")
    a_device(page)
    page.goto(f"{host}/settings/security/")
    page.get_by_role("link", name="Add", exact=True).click()
    looks_right(page, picture, "confirm-phone")
    confirm(page)
    page.get_by_label("Name of the device").fill("Front desk")
    looks_right(page, picture, "passkey-add-phone")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    looks_right(page, picture, "recovery-codes-phone")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("Front desk").wait_for()
    looks_right(page, picture, "security-on-phone")

    page.context.clear_cookies()
    page.goto(f"{host}/login/?next=/settings/security/")
    looks_right(page, picture, "sign-in-phone")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{host}/settings/security/")

    # The password alone no longer opens anything; the passkey is the second step as well.
    page.context.clear_cookies()
    page.goto(f"{host}/login/?next=/settings/")
    page.fill("[name=username]", "owner@desert.example")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="One more step").wait_for()
    looks_right(page, picture, "second-step-phone")
    page.goto(f"{host}/settings/")
    assert "/login/" in page.url
    page.goto(f"{host}/login/second/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{host}/settings/")

    page.goto(f"{host}/settings/security/")
    page.get_by_role("link", name="Remove Front desk").click()
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("The passkey is removed.").wait_for()


def test_an_authenticator_app_from_the_first_scan_to_the_sign_in(live, new_page, picture):
    page = new_page(390, 844, "dark")
    host = sign_in(page, live, "desert-dental", "owner@desert.example")
    page.goto(f"{host}/account/app/")
    confirm(page)
    page.get_by_text("You cannot scan it?").click()
    secret = page.locator(".entry__key code").inner_text()
    assert page.locator(".entry__code").evaluate("image => image.naturalWidth > 0")
    looks_right(page, picture, "authenticator-phone-dark")
    page.get_by_label("Six digits from the app").fill("12")
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_text("Incorrect code").wait_for()
    page.get_by_label("Six digits from the app").fill(digits(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    recovery = page.locator(".entry__codes code").first.inner_text()

    page.context.clear_cookies()
    page.goto(f"{host}/login/?next=/settings/security/")
    page.fill("[name=username]", "owner@desert.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{host}/settings/security/")
    page.get_by_text(re.compile("On since")).wait_for()
    page.goto(f"{host}/account/app/off/")
    confirm(page)
    page.get_by_role("button", name="Remove the app").click()
    page.get_by_text("Your authenticator app is off.").wait_for()


def digits(secret: str) -> str:
    """Return what an app shows for a secret now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_the_rail_on_a_phone_holds_five_and_the_sheet_the_rest(live, new_page, picture):
    page = new_page(390, 844)
    sign_in(page, live)
    items = page.locator(".rail > .rail__item:visible")
    assert items.count() <= 5
    assert all(box["height"] >= 44 for box in (item.bounding_box() for item in items.all()))
    page.get_by_role("button", name="More").click()
    looks_right(page, picture, "more-phone")
    page.locator("#more-menu").get_by_role("link", name="Settings").click()
    page.get_by_role("heading", name="Settings").wait_for()
    assert page.locator(".rail__more[data-current]").count() == 1


def test_keys_do_something_only_while_nobody_writes_and_can_be_turned_off(live, new_page, picture):
    page = new_page()
    sign_in_to_inbox(page, live)
    page.wait_for_selector("html[data-keys=on]")
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_role("heading", name="Keyboard").wait_for()
    looks_right(page, picture, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('.queue-row')")
    page.keyboard.press("Enter")
    page.locator("#thread[data-conversation]").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/settings/")
    page.wait_for_selector("html[data-keys=on]", state="attached")
    page.get_by_label("Signature").fill("")
    page.get_by_label("Signature").press_sequentially("gi?")
    assert page.get_by_label("Signature").input_value() == "gi?"
    page.get_by_role("switch", name=re.compile("Single keys")).first.uncheck()
    page.wait_for_selector("html[data-keys=off]", state="attached")
    page.locator("body").press("?")
    assert page.locator("dialog[open]").count() == 0
