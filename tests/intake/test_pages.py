"""The page of phone systems: connected, watched, secrets exchanged; each business sees its own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from django.utils import timezone

from calls.intake import sources
from calls.models import Call
from messaging.models import AuditEntry
from tenants.models import CallSource, ProviderEvent
from tests.inbox.conftest import agent, manager, other_owner, owner
from tests.intake.conftest import connect
from tests.support.hooks import a_caller

__all__ = ["agent", "manager", "other_owner", "owner"]
LIST = "/lines/systems/"


def page_of(pbx) -> str:
    return f"{LIST}{pbx.source.pk}/"


def added(member, biz, **typed) -> tuple[str, CallSource]:
    form = {"mapping": "generic", "name": "Office PBX", "line": biz.number} | typed
    page = member.post(f"{LIST}new/", form, status=200)
    return page, CallSource.objects.get(business=biz.business)


def test_connecting_one_shows_its_secret_once(owner, plumber, dentist):
    assert "No phone system is connected" in owner.get(LIST)
    page, source = added(owner, plumber)
    assert source.secret in page
    assert source.token in page
    again = owner.get(f"{LIST}{source.pk}/")
    assert source.secret not in again
    assert source.token in again
    assert "Office PBX" in owner.get(LIST)
    with plumber.scope():
        entry = AuditEntry.objects.get(action="source.add")
        assert source.secret not in str(entry.detail)
    with dentist.scope():
        assert not AuditEntry.objects.exists()
    assert not CallSource.objects.filter(business=dentist.business).exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"mapping": "carrier-pigeon"}, "mapping"),
        ({"mapping": ""}, "mapping"),
        ({"line": "+16025550100"}, "line"),
        ({"line": ""}, "line"),
        ({"name": "x" * 90}, "name"),
        ({"name": "a\x07b"}, "name"),
    ],
)
def test_a_wrong_choice_keeps_what_was_typed(owner, plumber, dentist, typed, field):
    form = {"mapping": "aircall", "name": "Front desk", "line": plumber.number} | typed
    page = owner.post(f"{LIST}new/", form, status=422)
    assert "field__error" in page
    if field != "mapping":
        assert re.search(r'value="aircall" checked', page)
    assert not CallSource.objects.exists()


def test_two_of_one_name_and_too_many(owner, plumber, monkeypatch):
    added(owner, plumber)
    same = {"mapping": "quo", "name": "office  PBX", "line": plumber.number}
    assert "of this name already" in owner.post(f"{LIST}new/", same, status=422)
    with plumber.scope():
        for number in range(sources.MOST - 1):
            sources.add(
                plumber.business, name=f"PBX {number}", mapping="generic", line=plumber.number,
                by="test", at=timezone.now(),
            )  # fmt: skip
    full = same | {"name": "One more"}
    assert "At most" in owner.post(f"{LIST}new/", full, status=422)


@pytest.mark.parametrize("mapping", ["ringcentral", "aircall", "quo", "dialpad", "3cx", "generic"])
def test_every_system_has_its_steps(owner, plumber, mapping):
    page, source = added(owner, plumber, mapping=mapping, name="")
    assert source.name
    assert f"/api/v1/call-events/{source.token}/" in page
    assert page.count("<li>") >= 2
    theirs = mapping in ("aircall", "quo")
    assert (source.secret in page) is not theirs
    assert ("/paste/" in page) is theirs
    assert ("3cx.xml" in page) is (mapping == "3cx")


def test_the_template_for_3cx(owner, other_owner, plumber):
    _, source = added(owner, plumber, mapping="3cx")
    answer = owner.client.get(f"{LIST}{source.pk}/3cx.xml", headers={"host": owner.host})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.content.decode()
    assert source.secret not in text
    tree = ET.fromstring(text)
    assert tree.find(".//Request").attrib["Url"].endswith(f"/api/v1/call-events/{source.token}/")
    keys = {value.attrib["Key"] for value in tree.iter("Value") if "Key" in value.attrib}
    assert keys == {
        "call_type",
        "number",
        "agent",
        "duration",
        "started_at",
        "answered_at",
        "ended_at",
    }
    other_owner.get(f"{LIST}{source.pk}/3cx.xml", status=404)


def test_a_test_event_goes_through_the_door_and_texts_nobody(owner, plumber, work, stand_in):
    _, source = added(owner, plumber)
    page = owner.post(f"{LIST}{source.pk}/test/")
    assert "understood" in page
    work()
    event = ProviderEvent.objects.get(provider="reported")
    assert event.params["report"]["type"] == "test"
    assert "Tests never text anybody" in owner.get(f"{LIST}{source.pk}/")
    with plumber.scope():
        assert not Call.objects.exists()
    assert stand_in.requests == []
    source.refresh_from_db()
    assert source.last_event_at is not None


def test_what_became_of_events_is_shown(owner, other_owner, plumber, web_url, stand_in, work):
    pbx = connect(plumber, web_url)
    caller = a_caller()
    event = pbx.event(caller)
    pbx.send(event)
    pbx.send(event)
    pbx.send(pbx.event(a_caller()) | {"outcome": "<b>lost</b>"})
    work()
    page = owner.get(page_of(pbx))
    assert "Text back: nobody answered" in page
    assert "Came 2 times" in page
    assert "Refused" in page
    assert "<b>lost" not in page
    pbx.send(pbx.event(a_caller()), secret="whsec_" + "QUJD" * 8)
    assert "could not be proven" in owner.get(page_of(pbx))
    assert "Not proven" in owner.get(LIST)
    pbx.send(pbx.event(a_caller()))
    assert "could not be proven" not in owner.get(page_of(pbx))
    other_owner.get(page_of(pbx), status=404)


def test_a_new_secret_overlaps_until_it_is_given_up(owner, plumber, web_url, stand_in):
    pbx = connect(plumber, web_url)
    page = owner.post(f"{page_of(pbx)}rotate/", status=200)
    fresh = re.search(r"whsec_[A-Za-z0-9+/=]+", page)[0]
    assert fresh != pbx.secret
    assert "still works" in page
    assert pbx.send(pbx.event(a_caller())).status_code == 202
    owner.post(f"{page_of(pbx)}retire/")
    assert pbx.send(pbx.event(a_caller())).status_code == 403
    assert pbx.send(pbx.event(a_caller()), secret=fresh).status_code == 202
    assert fresh not in owner.get(page_of(pbx))


def test_their_own_secret_is_pasted(owner, plumber, web_url, stand_in):
    pbx = connect(plumber, web_url, "aircall")
    owner.post(f"{page_of(pbx)}rotate/", status=404)
    page = owner.post(f"{page_of(pbx)}paste/", {"secret": "  theirs-998877 "})
    assert "theirs-998877" not in page
    assert CallSource.objects.get(pk=pbx.source.pk).secret == "theirs-998877"
    assert "8 characters" in owner.post(f"{page_of(pbx)}paste/", {"secret": "short"}, status=422)


def test_paused_resumed_moved_and_removed(owner, plumber, web_url, stand_in):
    pbx = connect(plumber, web_url)
    owner.post(f"{page_of(pbx)}pause/")
    assert "Paused" in owner.get(LIST)
    owner.post(f"{page_of(pbx)}resume/")
    owner.post(f"{page_of(pbx)}line/", {"line": "+16025550100"}, status=422)
    owner.post(f"{page_of(pbx)}line/", {"line": plumber.number})
    owner.post(f"{page_of(pbx)}explode/", status=404)
    assert "was removed" in owner.post(f"{page_of(pbx)}remove/")
    owner.get(page_of(pbx), status=404)
    with plumber.scope():
        said = set(AuditEntry.objects.values_list("action", flat=True))
    assert said >= {"source.pause", "source.resume", "source.line", "source.remove"}
    assert "removed a phone system" in owner.get("/compliance/privacy/")


def test_others_look_and_do_not_touch(agent, other_owner, plumber, web_url, stand_in):
    pbx = connect(plumber, web_url)
    assert "Connect a phone system</a>" not in agent.get(LIST)
    page = agent.get(page_of(pbx))
    assert "rotate" not in page
    assert pbx.secret not in page
    agent.get(f"{LIST}new/", status=403)
    agent.post(f"{LIST}new/", {"mapping": "generic"}, status=403)
    for act in ("rotate", "remove", "pause", "test"):
        agent.post(f"{page_of(pbx)}{act}/", status=403)
        other_owner.post(f"{page_of(pbx)}{act}/", status=404)
    assert CallSource.objects.get(pk=pbx.source.pk).is_active
    assert "Office PBX" not in other_owner.get(LIST)
