"""The bell, the ways one is told, and the installable app, over HTTP."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inbox.models import AlertHook, Notice, PushSubscription, StaffPhone
from inbox.notices import push, ways
from messaging.models import AuditEntry
from tests.inbox.conftest import Member, a_member
from tests.notices.test_channels import HOOKS
from tests.support.receivers import Browser

HANDSET = "+17735550178"


@pytest.fixture
def owner(plumber):
    return Member(plumber.owner, plumber.host)


@pytest.fixture
def agent(plumber):
    return Member(a_member(plumber, "agent", "Ada"), plumber.host)


@pytest.fixture
def other(dentist):
    return Member(dentist.owner, dentist.host)


def notice(biz, user, key="wait:1", **more):
    with biz.scope():
        return Notice.objects.create(
            key=f"{key}:live:{user.pk}", kind="waiting", channel="live", user=user.pk,
            created_at=timezone.now(), state="sent",
            **{"title": "Maria <script>alert(1)</script> waits", "url": "/c/7/", **more},
        )  # fmt: skip


def test_the_bell_shows_ones_own_notices_and_forgets_the_dot_when_seen(
    plumber, owner, agent, other
):
    row = notice(plumber, plumber.owner)
    page = owner.get("/notices/")
    assert "Maria &lt;script&gt;" in page and "1 new</span>" in page
    assert "Maria" not in agent.get("/notices/") and "Maria" not in other.get("/notices/")
    agent.get(f"/notices/{row.pk}/", status=404)
    answer = owner.client.get(f"/notices/{row.pk}/", headers={"host": owner.host})
    assert answer.status_code == 302 and answer.headers["Location"] == "/c/7/"
    assert "1 new</span>" not in owner.get("/notices/")
    notice(plumber, plumber.owner, key="wait:2")
    assert " new</span>" not in owner.post("/notices/seen/")


@pytest.mark.parametrize("url", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_a_notice_leads_nowhere_else(plumber, owner, url):
    row = notice(plumber, plumber.owner, url=url)
    answer = owner.client.get(f"/notices/{row.pk}/", headers={"host": owner.host})
    assert answer.headers["Location"] == "/notices/"


def test_a_browser_is_kept_listed_tested_and_removed_by_its_member_alone(
    plumber, owner, agent, settings
):
    browser = Browser("https://push.example")
    form = {"endpoint": browser.endpoint, **browser.keys}
    sent = owner.client.post(
        "/notices/ways/devices/", form,
        headers={"host": owner.host, "user-agent": "Mozilla/5.0 (Linux; Android 15) Chrome/141 Mobile"},
    )  # fmt: skip
    assert sent.status_code == 204
    page = owner.get("/notices/ways/")
    assert "Chrome on Android" in page and settings.VAPID_PUBLIC_KEY in page
    assert browser.endpoint not in page and browser.keys["auth"] not in page
    with plumber.scope():
        row = PushSubscription.objects.get()
    agent.post(f"/notices/ways/devices/{row.pk}/test/", status=404)
    agent.post(f"/notices/ways/devices/{row.pk}/remove/")
    owner.post(f"/notices/ways/devices/{row.pk}/test/")
    with plumber.scope():
        assert PushSubscription.objects.count() == 1
        assert Notice.objects.get(channel="push").kind == "test"
    owner.post(f"/notices/ways/devices/{row.pk}/remove/")
    with plumber.scope():
        assert not PushSubscription.objects.exists()


def renewed(member, origin="same-origin", **form):
    return member.client.post(
        "/notices/ways/devices/renew/", form,
        headers={"host": member.host, "user-agent": "Chrome", "sec-fetch-site": origin},
    )  # fmt: skip


def test_a_browser_whose_address_changed_by_itself_is_told_at_the_new_one(
    plumber, dentist, owner, agent
):
    old, new = Browser("https://push.example"), Browser("https://push.example", "two")
    told = {"endpoint": new.endpoint, "was": old.endpoint, **new.keys}
    assert renewed(owner, **told).status_code == 422, "it was told nothing before"
    owner.sent("/notices/ways/devices/", {"endpoint": old.endpoint, **old.keys})
    assert renewed(owner, origin="cross-site", **told).status_code == 403
    assert renewed(agent, **told).status_code == 422
    assert renewed(owner, **{**told, "auth": "***"}).status_code == 422
    with plumber.scope():
        assert PushSubscription.objects.get().endpoint == old.endpoint
    strict = Client(enforce_csrf_checks=True)  # a service worker has no form
    strict.force_login(plumber.owner)
    owner.client = strict
    assert renewed(owner, **told).status_code == 204
    with plumber.scope():
        kept = PushSubscription.objects.get()
        assert (kept.endpoint, kept.user) == (new.endpoint, plumber.owner.pk)
    with dentist.scope():
        assert not PushSubscription.objects.exists()


def test_the_rail_says_how_much_is_new_on_every_page(plumber, owner, agent):
    assert "data-notice-count" not in owner.get("/settings/")
    notice(plumber, plumber.owner)
    for path in ("/", "/settings/", "/notices/"):
        page = owner.get(path)
        assert re.search(r"data-notice-count>1<", page) and 'data-badge="1"' in page
        assert "data-notice-count" not in agent.get(path)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"endpoint": "http://push.example/x"}, {"endpoint": ""}, {"endpoint": "https://10.0.0.1:99/"},
        {"p256dh": "short"}, {"auth": "***"}, {"auth": ""}, {"endpoint": "https://x/" + "y" * 5000},
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused_by_name(plumber, owner, spoilt):
    browser = Browser("https://push.example")
    form = {"endpoint": browser.endpoint, **browser.keys, **spoilt}
    answer = owner.sent("/notices/ways/devices/", form)
    assert answer.status_code == 422 and next(iter(spoilt)) in answer.content.decode()
    with plumber.scope():
        assert not PushSubscription.objects.exists()


def test_a_mobile_is_asked_and_a_wrong_one_stays_in_its_box(plumber, dentist, owner):
    page = owner.post("/notices/ways/phone/", {"phone": "<b>12"}, status=422)
    assert "no number that gets texts" in page and "&lt;b&gt;12" in page
    page = owner.post("/notices/ways/phone/", {"phone": "773 555 0178"})
    assert "Waits for JOIN" in page and "Reply JOIN" in page
    with plumber.scope():
        assert StaffPhone.objects.get().phone == HANDSET
    with dentist.scope():
        assert not StaffPhone.objects.exists()
    assert "Waits for JOIN" not in owner.post("/notices/ways/phone/remove/")


def test_a_chats_address_is_kept_encrypted_and_never_shown(plumber, owner, agent):
    form = {"kind": "slack", "name": "<i>Desk", "url": HOOKS["slack"]}
    agent.post("/notices/ways/chat/", form, status=403)
    page = owner.post("/notices/ways/chat/", {**form, "url": "https://evil.example/"}, status=422)
    assert "no incoming webhook of Slack" in page and "evil.example" not in page
    page = owner.post("/notices/ways/chat/", form)
    assert "&lt;i&gt;Desk" in page and "secret" not in page
    with plumber.scope():
        hook = AlertHook.objects.get()
        stored = AlertHook.objects.extra(select={"raw": "url"}).values_list("raw", flat=True)
        assert hook.url == HOOKS["slack"]
        assert AuditEntry.objects.filter(action="alert_hook.add").count() == 1
        assert "secret" not in json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))
        del stored
    agent.post(f"/notices/ways/chat/{hook.pk}/remove/", status=403)
    agent.post(f"/notices/ways/chat/{hook.pk}/test/", status=403)
    owner.post(f"/notices/ways/chat/{hook.pk}/test/")
    owner.post(f"/notices/ways/chat/{hook.pk}/remove/")
    with plumber.scope():
        assert not AlertHook.objects.exists()


def test_the_app_can_be_installed_and_says_nothing_to_strangers(plumber, owner):
    stranger = Client()
    answer = stranger.get("/manifest.webmanifest", headers={"host": plumber.host})
    app = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert app["name"] == "Ringback" and "Lakeside" not in answer.content.decode()
    assert {(i["sizes"], i["purpose"]) for i in app["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip
    assert "Lakeside Plumbing" in json.loads(owner.get("/manifest.webmanifest"))["name"]
    for icon in app["icons"]:
        assert stranger.get(icon["src"], headers={"host": plumber.host}).status_code == 200


def test_the_service_worker_keeps_the_shell_and_nothing_of_anybody(plumber, owner):
    answer = owner.client.get("/sw.js", headers={"host": owner.host})
    script = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert (
        answer.headers["Service-Worker-Allowed"] == "/"
        and "no-cache" in answer.headers["Cache-Control"]
    )
    shell = json.loads(re.search(r"const SHELL = (\[.*\]);", script).group(1))
    assert all(url == "/offline/" or url.startswith("/static/") for url in shell)
    for url in shell:
        assert owner.client.get(url, headers={"host": owner.host}).status_code == 200
    page = owner.get("/offline/")
    assert "Lakeside" not in page and "No connection" in page and "<script>" not in page


def test_devices_have_names_people_know():
    assert (
        ways.device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604") == "Safari on iPhone"
    )
    assert (
        ways.device_of("Mozilla/5.0 (Windows NT 10.0) Chrome/141 Safari/537 Edg/141")
        == "Edge on Windows"
    )
    assert ways.device_of("") == "Browser"


def test_the_command_makes_a_pair_that_fits(capsys, settings):
    from config import env, vapid

    call_command("make_vapid_keys")
    lines = dict(line.split("=", 1) for line in capsys.readouterr().out.split())
    assert set(lines) == {"VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY"}
    assert vapid.derived("a") == vapid.derived("a") != vapid.derived("b")
    assert env.vapid_key("NOT_SET_ANYWHERE", 32) == "" and push.is_possible()
    settings.VAPID_PRIVATE_KEY = ""
    assert not push.is_possible()


def test_a_text_that_two_members_ask_for_is_one_business_matter(plumber, owner, agent):
    with plumber.scope(), transaction.atomic():
        StaffPhone.objects.create(user=plumber.owner.pk, phone=HANDSET, asked_at=timezone.now())
    page = agent.post("/notices/ways/phone/", {"phone": HANDSET}, status=422)
    assert "Another member has this phone" in page
