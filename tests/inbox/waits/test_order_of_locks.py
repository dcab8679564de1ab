"""What falls due while somebody writes to the same person: one after the other, never both waiting."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from inbox.models import Promise, Wait
from inbox.waits import climbing, promising, services
from tenants.models import AgendaItem
from tests.inbox.waits.conftest import answer
from tests.inbox.waits.test_promising import IN_AN_HOUR, pass_promise


@pytest.mark.parametrize("does", ["due", "settle", "climb", "acknowledge"])
def test_an_answer_meets_what_falls_due(writes, plumber, dentist, monkeypatch, does):
    thread = writes()
    if does in ("due", "settle"):
        answer(plumber, thread.contact.phone, IN_AN_HOUR)
    with plumber.scope():
        pass_promise(70)
    kind = "inbox.promise" if does in ("due", "settle") else "inbox.wait"
    item = AgendaItem.objects.get(kind=kind)
    holds, is_touched, went = threading.Event(), threading.Event(), []
    # The one holds his row and then wants the conversation's; the other has that and wants the row.
    late = {"due": (promising, "_say_since"), "settle": (promising, "note"),
            "climb": (climbing, "_take"), "acknowledge": (services.agenda, "drop")}[does]  # fmt: skip
    before, in_touch = getattr(*late), promising._in_touch

    def slowly(*args, **named):
        holds.set()
        is_touched.wait(1)
        if does in ("climb", "acknowledge"):
            time.sleep(0)
        return before(*args, **named)

    def touched(*args, **named):
        is_touched.set()
        return in_touch(*args, **named)

    def act():
        with plumber.scope():
            if does == "due":
                promising.come_due(item)
            elif does == "settle":
                promising.settle(int(item.subject), "kept", plumber.owner, timezone.now())
            elif does == "climb":
                climbing.climb(item)
            else:
                services.acknowledge(int(item.subject), plumber.owner, timezone.now())

    def send():
        holds.wait(5)
        answer(plumber, thread.contact.phone, "We are late, sorry.")

    def run(work):
        try:
            work()
            went.append(work.__name__)
        finally:
            connection.close()

    with monkeypatch.context() as patched:
        patched.setattr(*late, slowly)
        patched.setattr(promising, "_in_touch", touched)
        threads = [threading.Thread(target=run, args=[work]) for work in (act, send)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(went) == ["act", "send"]
    with dentist.scope():
        assert not Wait.objects.exists() and not Promise.objects.exists()
