"""Logs name nobody's number, however it is written and however deep it lies."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest
import structlog

from config.logs import configure, redact


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("call +13125550142.", "call +•••42."),
        ("From=%2B13125550142&To=%2b16025550100", "From=+•••42&To=+•••00"),
        ("(312) 555-0142", "+•••42"),
        ("(312)555-0142", "+•••42"),
        ("+1 312 555 0142 called", "+•••42 called"),
        ("+1 (312) 555-0142", "+•••42"),
        ("+1-312-555-0142", "+•••42"),
        ("1-312-555-0142", "+•••42"),
        ("312.555.0142", "+•••42"),
        ("312 555 0142", "+•••42"),
        ("+44 20 7946 0958", "+•••58"),
        ("%2B1%20312%20555%200142", "+•••42"),
        ("caller_13125550142_dial", "caller_+•••42_dial"),
        ("x+13125550142", "x+•••42"),
        ("3125550142", "+•••42"),
        ("+13125550142 3 times", "+•••42 3 times"),
        ("+13125550142,+16025550100", "+•••42,+•••00"),
    ],
)
def test_a_number_is_reduced_to_its_end(said, logged):
    assert redact(said) == logged


@pytest.mark.parametrize(
    "kept",
    [
        "2026-11-21T16:04:25.454146+00:00",
        "019aa2b4-7c1e-7d3a-9f00-125555519977",
        "CA0123456789abcdef0123456789abcdef",
        "AC11111111111111111111111111111111",
        "192.168.100.200:5432",
        "took 1234 ms, 123 456 rows",
        "100 200 3000 rows",
        "port 28561",
        "Sat, 21 Nov 2026 16:04:25 +0000",
    ],
)
def test_what_is_no_number_stays(kept):
    assert redact(kept) == kept


@pytest.fixture
def lines():
    """Configure logging as production does; returns what was written."""
    handlers, level = logging.root.handlers[:], logging.root.level
    configure("INFO", json_lines=True)
    written = io.StringIO()
    for handler in logging.root.handlers:
        handler.setStream(written)
    yield written.getvalue
    logging.root.handlers, logging.root.level = handlers, level


def test_no_depth_and_no_kind_of_value_hides_a_number(lines):
    structlog.get_logger("t").warning(
        "failed",
        to=["+13125550142", {"from": ("(312) 555-0142", None)}],
        by={"+13125550142": 1},
        error=ValueError("no answer for +1 312 555 0142"),
        raw=b"From=%2B13125550142",
        many={"+13125550142"},
        at=datetime(2026, 11, 21, tzinfo=UTC),
        id=UUID("019aa2b4-7c1e-7d3a-9f00-125555519977"),
        count=3,
    )
    logging.getLogger("t").error("no answer for %s", "+13125550142", extra={"x": "+13125550142"})
    text = lines()
    assert "0142" not in text and "5550" not in text
    event = json.loads(text.splitlines()[0])
    assert event["to"] == ["+•••42", {"from": ["+•••42", None]}]
    assert event["count"] == 3 and "125555519977" in event["id"] and "2026" in event["at"]


def test_a_worker_that_starts_or_stops_as_it_should_is_no_news(lines):
    logging.getLogger("celery.apps.worker").info("bulk@host ready.")
    logging.getLogger("kombu.transport.virtual.base").warning("Requeuing undeliverable message")
    assert lines() == ""
    logging.getLogger("kombu.transport.virtual.base").error("lost")
    logging.getLogger("celery.apps.worker").warning("odd")
    assert [json.loads(line)["event"] for line in lines().splitlines()] == ["lost", "odd"]
