"""The event stream: everything once and in order, to those alone who may see it."""

from __future__ import annotations

import random
import threading
import time

import httpx

from inbox.live import hub
from inbox.live.feed import SINCE_KEY
from tenants import live
from tenants.live import stream_key
from tenants.models import Membership, User
from tenants.redis import client
from tests.live.conftest import a_conversation, a_member, announce
from tests.support.listening import headers_of, session_of


def test_what_changes_reaches_open_screens_of_its_business_alone(plumber, dentist, open_screen):
    conversation = a_conversation(plumber)
    ours, also_ours, theirs = open_screen(plumber), open_screen(plumber), open_screen(dentist)
    announce(plumber, lambda: live.changed(conversation))
    for screen in (ours, also_ours):
        screen.until(screen.changed)
        assert screen.changed() == [conversation]
        assert screen.named("news")[0].id == screen.last
    announce(dentist, lambda: live.event("hello", {"from": "the dentist"}))
    theirs.until(theirs.payloads)
    assert theirs.changed() == []
    assert ours.payloads() == []


def test_what_is_for_certain_users_reaches_nobody_else(plumber, dentist, open_screen):
    ada, ben = a_member(plumber, "Ada"), a_member(plumber, "Ben")
    screens = {user: open_screen(plumber, user) for user in (ada, ben, plumber.owner)}
    other = open_screen(dentist)
    announce(plumber, lambda: live.notice([ada.pk, dentist.owner.pk], {"title": "For Ada"}))
    announce(plumber, lambda: live.event("end", {}))
    for user, screen in screens.items():
        screen.until(lambda screen=screen: any(e["kind"] == "end" for e in screen.payloads()))
        notices = [each["payload"] for each in screen.payloads() if each["kind"] == "notice"]
        assert notices == ([{"title": "For Ada"}] if user == ada else [])
    assert other.payloads() == []


def test_coming_back_misses_nothing_and_doubles_nothing_while_events_flow(
    plumber, dentist, open_screen
):
    sent, stop = [], threading.Event()
    chance = random.Random(11)

    def talk() -> None:
        from django.db import connection

        while not stop.is_set():
            number = len(sent)
            announce(plumber, lambda number=number: live.event("count", {"n": number}))
            sent.append(number)
            time.sleep(chance.uniform(0, 0.01))
        connection.close()

    session = session_of(plumber.owner)
    other = open_screen(dentist)
    screen = open_screen(plumber, session=session)
    talker = threading.Thread(target=talk)
    talker.start()
    heard = []
    for _ in range(12):
        time.sleep(chance.uniform(0.02, 0.15))
        screen.close()  # whatever was on its way is lost with the connection
        heard += screen.payloads()
        time.sleep(chance.uniform(0, 0.08))
        screen = open_screen(plumber, session=session, last=screen.last)
    stop.set()
    talker.join()
    screen.until(lambda: screen.payloads() and screen.payloads()[-1]["payload"]["n"] == sent[-1])
    heard += screen.payloads()
    assert [each["payload"]["n"] for each in heard] == sent
    assert len(sent) > 40
    assert other.payloads() == []


def test_a_page_that_was_just_made_hears_what_happened_since(plumber, open_screen):
    conversation = a_conversation(plumber)
    open_screen(plumber)
    run, _, since = client().get(SINCE_KEY).decode().partition(" ")
    client().set(SINCE_KEY, f"{run} {int(since) - 3_600_000}")  # Redis has been up for an hour
    open_screen(plumber)
    announce(plumber, lambda: live.changed(conversation))
    assert open_screen(plumber).changed() == []
    late = open_screen(plumber, query="?age=60000")
    late.until(late.changed)
    assert late.changed() == [conversation]
    assert late.named("news")[0].data["caught_up"] is True


def test_who_was_away_longer_than_is_kept_asks_for_everything(plumber, open_screen):
    screen = open_screen(plumber)
    screen.close()
    key = stream_key(plumber.schema)
    for _ in range(live.KEEP_ENTRIES + 200):
        client().xadd(key, {"e": "{}"}, maxlen=live.KEEP_ENTRIES, approximate=True)
    back = open_screen(plumber, last=screen.last)
    back.until(lambda: back.named("reset"))
    again = open_screen(plumber, last=back.last)
    assert [told.name for told in again.told] == ["hello"]
    nonsense = open_screen(plumber, last="tomorrow")
    nonsense.until(lambda: nonsense.named("reset"))


def test_redis_emptied_under_open_screens(plumber, open_screen):
    away, here = open_screen(plumber), open_screen(plumber)
    away.close()
    client().flushdb()
    here.until(lambda: here.named("reset"))
    back = open_screen(plumber, last=away.last)
    back.until(lambda: back.named("reset"))
    conversation = a_conversation(plumber)
    announce(plumber, lambda: live.changed(conversation))
    for screen in (here, back):
        screen.until(screen.changed)
        assert screen.changed() == [conversation]


def test_many_changes_at_once_are_one_hint(plumber, open_screen):
    screen = open_screen(plumber)
    announce(plumber, lambda: [live.changed(n) for n in range(1000, 1400)] and None)
    screen.until(lambda: screen.named("reset"))
    assert len(screen.named("reset")) == 1 and screen.changed() == []
    assert screen.named("reset")[0].data["spread"] > 0


def test_a_member_removed_while_connected_hears_nothing_more(plumber, dentist, open_screen):
    ada = a_member(plumber, "Ada")
    screen, owner = open_screen(plumber, ada), open_screen(plumber)
    other = open_screen(dentist)
    Membership.objects.filter(user=ada).update(is_active=False)
    announce(plumber, lambda: live.event("secret", {"n": 1}))
    owner.until(owner.payloads)
    screen.until(lambda: screen.ended, within=3)
    assert [told.name for told in screen.told] == ["hello", "gone"]
    assert not other.ended and not owner.ended


def test_the_screens_of_whoever_is_gone_end_within_three_seconds_of_silence(plumber, open_screen):
    ada, ben, cem = (a_member(plumber, name) for name in ("Ada", "Ben", "Cem"))
    session = session_of(ben)
    screens = [open_screen(plumber, ada), open_screen(plumber, session=session)]
    screens += [open_screen(plumber, cem)]
    owner = open_screen(plumber)
    Membership.objects.filter(user=ada).delete()
    from django.contrib.sessions.models import Session

    Session.objects.filter(session_key=session).delete()
    cem.set_password("another")
    cem.save()
    for screen in screens:
        screen.until(lambda screen=screen: screen.ended, within=3)
        assert screen.told[-1].name == "gone"
    assert not owner.ended


def test_told_of_a_change_of_members_screens_are_checked_at_once(plumber, open_screen):
    ada = a_member(plumber, "Ada")
    screen = open_screen(plumber, ada)
    time.sleep(0.2)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    announce(plumber, live.members_changed)
    screen.until(lambda: screen.ended, within=1)
    assert screen.told[-1].name == "gone"


def test_another_businesss_session_opens_nothing(plumber, dentist, web_url):
    session = session_of(dentist.owner)
    for path in ("/inbox/events/", "/inbox/events/poll/"):
        answer = httpx.get(web_url + path, headers=headers_of(session, plumber.host))
        assert (answer.status_code, "id:" in answer.text) == (403, False)
        assert httpx.get(web_url + path, headers={"Host": plumber.host}).status_code == 401
        stray = headers_of("x" * 32, plumber.host)
        assert httpx.get(web_url + path, headers=stray).status_code == 401
        elsewhere = headers_of(
            session_of(plumber.owner), plumber.host, Origin="https://evil.example"
        )
        assert httpx.get(web_url + path, headers=elsewhere).status_code == 403
        posted = httpx.post(web_url + path, headers=headers_of(session, plumber.host))
        assert posted.status_code == 405
        nowhere = headers_of(session, "nobody.localhost")
        assert httpx.get(web_url + path, headers=nowhere).status_code == 404


def test_looking_now_and_then_tells_the_same(plumber, dentist, web_url):
    headers = headers_of(session_of(plumber.owner), plumber.host)
    ask = lambda last: httpx.get(
        f"{web_url}/inbox/events/poll/?last={last}", headers=headers
    ).json()
    first = ask("")
    assert first["reset"] is True and first["news"] == []
    conversation = a_conversation(plumber)
    announce(plumber, lambda: live.changed(conversation))
    announce(plumber, lambda: live.notice([plumber.owner.pk], {"title": "For you"}))
    announce(plumber, lambda: live.notice([plumber.owner.pk + 1000], {"title": "For others"}))
    announce(dentist, lambda: live.event("theirs", {}))
    second = ask(first["last"])
    assert second["reset"] is False
    (news,) = second["news"]
    assert news["changed"] == [conversation]
    assert [each["payload"] for each in news["events"]] == [{"title": "For you"}]
    third = ask(second["last"])
    assert (third["news"], third["reset"]) == ([], False)


def test_support_closing_a_place_is_seen_at_once(plumber, open_screen):
    from django.test import Client

    ada = a_member(plumber, "Ada")
    membership = Membership.objects.get(user=ada)
    support = User.objects.create_superuser("support@ringback.example", "x")
    browser = Client()
    browser.force_login(support)
    screen, owner = open_screen(plumber, ada), open_screen(plumber)
    saved = browser.post(
        f"/admin/tenants/membership/{membership.pk}/change/",
        {"user": ada.pk, "business": plumber.business.pk, "role": "agent"},
        headers={"host": "localhost"},
    )
    assert saved.status_code == 302, saved.content[-500:]
    live._publisher.flush()
    screen.until(lambda: screen.ended, within=1)
    assert screen.told[-1].name == "gone" and not owner.ended


def test_the_oldest_of_very_many_windows_gives_way_with_a_word(
    plumber, dentist, open_screen, monkeypatch
):
    monkeypatch.setattr(hub, "MOST_STREAMS", 3)
    ada, other = open_screen(plumber, a_member(plumber, "Ada")), open_screen(dentist)
    screens = [open_screen(plumber) for _ in range(5)]
    for screen in screens[:2]:
        screen.until(lambda screen=screen: screen.ended, within=5)
        assert [told.name for told in screen.told] == ["hello", "full"]
    announce(plumber, lambda: live.event("news_of_all", {"n": 1}))
    for screen in [*screens[2:], ada]:
        screen.until(screen.payloads)
        assert not screen.ended
    assert not other.ended and other.payloads() == []
    # One that is turned to again takes the place of the then oldest, and goes on where it was.
    again = open_screen(plumber, last=screens[0].last)
    assert [each["payload"] for each in again.payloads()] == [{"n": 1}]
    screens[2].until(lambda: screens[2].ended, within=5)
    assert screens[2].told[-1].name == "full" and not again.ended
