"""Who is here: told to one's own business alone; whatever a page says is judged first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from inbox.live.here import key
from inbox.live.saying import BURST, MAX_BYTES, Pace, parse
from inbox.models import Note
from messaging.models import Contact, Conversation
from tenants import live
from tenants.models import Membership
from tenants.redis import client
from tests.live.conftest import a_conversation, a_member, announce
from tests.support.listening import headers_of, session_of

PATH = "/inbox/presence/"


@pytest.fixture
def socket(world, web_url) -> Iterator[Callable[..., ClientConnection]]:  # type: ignore[no-untyped-def]
    """Open a socket as a user of a business; closed at the end."""
    made: list[ClientConnection] = []

    def open_it(biz, user=None, session=None, origin=None, path=PATH):  # type: ignore[no-untyped-def]
        session = session or session_of(user or biz.owner)
        address = web_url.replace("http://127.0.0.1", f"ws://{biz.host}") + path
        port = int(web_url.rpartition(":")[2])
        headers = headers_of(session, "")
        del headers["Host"]
        if origin is None:
            origin = f"http://{biz.host}:{port}"
        if origin:
            headers["Origin"] = origin
        made.append(
            connect(address, address=("127.0.0.1", port), proxy=None, additional_headers=headers)
        )
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def hear(socket: ClientConnection, timeout: float = 5) -> Any:
    return json.loads(socket.recv(timeout=timeout))


def test_members_see_who_looks_and_who_writes(plumber, dentist, socket):
    ada, ben = a_member(plumber, "Ada"), a_member(plumber, "Ben")
    first, theirs = socket(plumber, ada), socket(dentist)
    assert hear(first)["here"] == [] and hear(theirs)["here"] == []
    first.send('{"see": 7}')
    first.send('{"writes": true}')
    second = socket(plumber, ben)
    begin = hear(second)
    assert begin["you"] == ben.pk
    seen = begin["here"] or [hear(second)]
    assert [(each["name"], each["conversation"]) for each in seen] == [("Ada", 7)]
    if not seen[0]["writes"]:
        assert hear(second)["writes"] is True
    second.send('{"see": 7}')
    told = hear(first)
    assert (told["name"], told["conversation"], told["writes"]) == ("Ben", 7, False)
    second.close()
    assert hear(first)["conversation"] is None
    with pytest.raises(TimeoutError):
        theirs.recv(timeout=0.3)
    assert client().hlen(key(plumber.schema)) == 1


def test_another_businesss_session_and_other_origins_are_refused(plumber, dentist, socket):
    session = session_of(dentist.owner)
    tries = [
        {"session": session},
        {"session": "x" * 32},
        {"origin": "https://evil.example"},
        {"origin": f"http://{dentist.host}"},
        {"origin": ""},
        {"path": "/inbox/elsewhere/"},
    ]
    for how in tries:
        with pytest.raises(InvalidStatus) as refused:
            socket(plumber, **how)
        assert refused.value.response.status_code == 403
    assert client().hlen(key(plumber.schema)) == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{", 4400),
        ("[]", 4400),
        ("null", 4400),
        ('{"see": "7"}', 4400),
        ('{"see": -1}', 4400),
        ('{"see": 1e999}', 4400),
        ('{"see": 9999999999999999999999}', 4400),
        ('{"see": 1, "writes": true}', 4400),
        ('{"writes": 1}', 4400),
        ("[" * 200, 4400),
        ("x" * 10_000_000, 4400),
        (b"\x00\xff", 4400),
    ],
)
def test_what_is_not_understood_closes_the_socket_politely(plumber, dentist, socket, said, code):
    hostile, good, other = socket(plumber), socket(plumber), socket(dentist)
    hear(hostile), hear(good), hear(other)
    with pytest.raises(ConnectionClosed) as closed:
        hostile.send(said)
        hear(hostile)
    assert closed.value.rcvd is None or closed.value.rcvd.code in (code, 1009)
    good.send('{"see": 3}')
    late = socket(plumber)
    begin = hear(late)["here"] or [hear(late)]
    assert begin[0]["conversation"] == 3
    with pytest.raises(TimeoutError):
        other.recv(timeout=0.1)


def test_too_much_at_once_closes_the_socket(plumber, dentist, socket):
    loud, other = socket(plumber), socket(dentist)
    hear(loud), hear(other)
    with pytest.raises(ConnectionClosed) as closed:
        for number in range(1, 200):
            loud.send(json.dumps({"see": number}))
        hear(loud)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 4429
    with pytest.raises(TimeoutError):
        other.recv(timeout=0.1)


def test_a_member_removed_hears_and_says_nothing_more(plumber, dentist, socket):
    ada, ben = a_member(plumber, "Ada"), a_member(plumber, "Ben")
    removed, stays, other = socket(plumber, ada), socket(plumber, ben), socket(dentist)
    hear(removed), hear(stays), hear(other)
    Membership.objects.filter(user=ada).delete()
    announce(plumber, live.members_changed)
    with pytest.raises(ConnectionClosed) as closed:
        removed.recv(timeout=3)
    assert closed.value.rcvd.code == 4403
    assert hear(stays)["conversation"] is None
    with pytest.raises(TimeoutError):
        other.recv(timeout=0.1)


@given(st.text(max_size=300))
def test_whatever_is_said_is_understood_or_refused(said):
    try:
        understood = parse(said)
    except ValueError as problem:
        assert "expected" in str(problem)
    else:
        assert understood.conversation is None or understood.conversation > 0
        assert len(said) <= MAX_BYTES


def test_a_pace_is_a_burst_and_then_so_many_a_second():
    pace = Pace()
    assert sum(pace.takes(100.0) for _ in range(100)) == BURST
    assert not pace.takes(100.2)
    assert pace.takes(101.0)


def test_a_hidden_conversation_sends_nothing_of_its_thread(plumber, dentist, socket, open_screen):
    ada, ben = a_member(plumber, "Ada"), a_member(plumber, "Ben")
    shown, staff, folded = (a_conversation(plumber, name) for name in ("Maria", "Dana", "Mary"))
    with plumber.scope(), transaction.atomic():
        Conversation.objects.filter(pk=staff).update(hidden="staff")
        kept = Conversation.objects.get(pk=shown).contact_id
        Contact.objects.filter(conversation=folded).update(merged_into=kept)
        Conversation.objects.filter(pk=folded).update(hidden="merged")
        for each in (shown, staff, folded):
            Note.objects.create(
                conversation_id=each, author=ben.pk, author_name="Ben", created_at=timezone.now(),
                body=f"Gate code {each}",
            )  # fmt: skip
    screen, other = open_screen(plumber, ada), open_screen(dentist)
    watcher = socket(plumber, ben)
    hear(watcher)
    looker = socket(plumber, ada)  # her page was opened before they were hidden
    ends: dict[int, str] = {}
    for each in (shown, staff, folded):
        looker.send(json.dumps({"see": each}))
        while hear(watcher)["conversation"] != each:
            pass
        announce(plumber, lambda each=each: live.changed(each))
        told = screen.until(
            lambda each=each: [
                found.data["timelines"][str(each)] for found in screen.named("news")
                if str(each) in found.data.get("timelines", {})
            ]
        )  # fmt: skip
        ends[each] = told[-1]
    assert f"Gate code {shown}" in ends[shown]
    assert ends[staff] == "" and ends[folded] == ""
    assert other.changed() == [] and other.named("news") == []
