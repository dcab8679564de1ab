"""A reported call is acknowledged, then the worker dies: it is one text all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx

from tests.support.hooks import a_caller

WORKER = "worker-realtime"


def report(live, caller: str, number: int) -> httpx.Response:
    began = datetime.now(UTC) - timedelta(seconds=25)
    body = {
        "event_id": f"{caller}-{number}", "call_id": caller, "type": "call.missed", "from": caller,
        "started_at": began.isoformat(), "ended_at": (began + timedelta(seconds=20)).isoformat(),
    }  # fmt: skip
    key = live.plumber.api_key
    return httpx.post(
        f"{live.base_url}/api/v1/call-events/", content=json.dumps(body), timeout=20,
        headers={"authorization": f"Bearer {key}", "content-type": "application/json", "host": "localhost"},
    )  # fmt: skip


def test_killed_between_storing_and_handling(live):
    live.kill(WORKER)
    callers = [a_caller() for _ in range(5)]
    assert [report(live, caller, 1).status_code for caller in callers] == [202] * 5
    assert {report(live, caller, 1).json()["status"] for caller in callers} == {"duplicate"}
    assert not live.texts()
    live.bring_up(WORKER)
    live.until(lambda: len(live.texts()) == 5)
    assert sorted(r["form"]["To"] for r in live.requests()) == sorted(callers)


def test_killed_while_it_is_handled(live):
    live.control(mode="ok", latency=1.0)
    callers = [a_caller() for _ in range(4)]
    for caller in callers:
        report(live, caller, 1)
    live.restart(WORKER)
    live.until(lambda: {r["form"]["To"] for r in live.requests()} == set(callers))
    for caller in callers:
        report(live, caller, 2)  # a second event of the same call
    live.until(
        lambda: (
            not live.sql(
                "SELECT 1 FROM public.tenants_agendaitem WHERE lane = 'realtime' AND kind NOT IN ('inbox.promise', 'inbox.wait')"
            )
        )
    )
    assert sorted(r["form"]["To"] for r in live.requests()) == sorted(callers)
