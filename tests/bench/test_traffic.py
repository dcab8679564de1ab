"""The bench's webhooks are what the product takes for real ones."""

from __future__ import annotations

import itertools

from bench import traffic
from messaging.numbers import textable
from messaging.providers import signature

BASE = "http://localhost:8000"


def _form(raw: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert int(headers["Content-Length"]) == len(body)
    return headers | {"path": lines[0].split(" ")[1]}, body


def _fits(raw: bytes, token: str) -> bool:
    headers, body = _form(raw)
    pairs = signature.parse_form(body)
    return signature.verify(BASE + headers["path"], pairs, headers["X-Twilio-Signature"], [token])


def test_every_kind_is_signed_as_the_product_checks_it() -> None:
    ours, caller = traffic.line(3), "+17732000000"
    callback = f"{BASE}/webhooks/twilio/messaging/status?message=abc&business=1"
    for raw in (
        traffic.arrival(BASE, ours, caller),
        traffic.hang_up(BASE, ours, caller),
        traffic.ended(BASE, ours, caller),
        traffic.text_in(BASE, ours, caller, "Yes & no, 100 % — ok?"),
        traffic.receipt(BASE, ours, callback, caller, "SM1", "delivered"),
    ):
        assert _fits(raw, ours.token)
        assert not _fits(raw, "another token")


def test_callers_are_distinct_and_may_be_texted() -> None:
    callers = traffic.Callers()
    numbers = [callers.next() for _ in range(2000)]
    assert len(set(numbers)) == len(numbers)
    assert not [n for n in numbers[::50] if textable(n).problem]


def test_callers_of_later_area_codes_may_be_texted() -> None:
    callers = traffic.Callers()
    callers._count = itertools.count(len(traffic._AREAS) * 1_000_000 - 1)
    assert not textable(callers.next()).problem


def test_lines_are_distinct_and_share_twenty_accounts() -> None:
    lines = [traffic.line(position) for position in range(1000)]
    assert len({line.number for line in lines}) == 1000
    assert len({line.account_sid for line in lines}) == traffic.ACCOUNTS
    assert not {line.number for line in lines} & {traffic.Callers().next()}
