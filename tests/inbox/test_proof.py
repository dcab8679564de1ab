"""The gate's stored answer in words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.proof import proof_of, waits
from inbox.wording import CODES, action_words, code_words, matched_words

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # Friday 9 PM in Chicago
TEXAS = {
    "result": "hold", "code": "QUIET_HOURS", "rules": ["R-HRS-3", "US-TX"], "sentence": "Waits: x",
    "states": ["US-TX"], "zones": ["America/Chicago"], "places_from": "area code", "level": 1,
    "local_times": [["America/Chicago", "Fri 9:00 PM"]], "ruleset": "2026.11", "policy": 3,
    "posture": "notice", "consent_event": 7, "at": NOW.isoformat(),
}  # fmt: skip


def test_a_proof_says_everything_it_was_decided_by():
    proof = proof_of(TEXAS, {7: 12}, "held")
    assert proof is not None
    assert (proof.heading, proof.consent, proof.seq) == (
        "Why it waits",
        "Implied by their call",
        12,
    )
    assert (proof.places, proof.clocks) == (
        "Texas, by area code",
        (("Central time", "Fri 9:00 PM"),),
    )
    assert (proof.policy, proof.ruleset) == ("Version 3, spoken notice required", "2026.11")
    assert proof.decided_at == NOW


@pytest.mark.parametrize("entry", [None, {}, {"result": "send"}])
def test_no_answer_is_no_proof(entry):
    assert proof_of(entry) is None


@pytest.mark.parametrize("at", ["", None, "yesterday"])
def test_a_broken_answer_is_still_told(at):
    proof = proof_of({"code": "NEW_CODE", "at": at, "local_times": [["Moon/Base", "Fri"]]})
    assert proof is not None
    assert proof.decided_at is None and proof.clocks == (("Base time", "Fri"),)


@pytest.mark.parametrize(
    ("result", "status", "heading"),
    [
        ("send", "delivered", "Why it was sent"),
        ("send", "failed", "Why it was allowed"),
        ("hold", "cancelled", "What the check said before"),
        ("never", "cancelled", "Why it was not sent"),
        ("never", "", "Why it was not sent"),
    ],
)
def test_the_heading_fits_what_became_of_the_text(result, status, heading):
    proof = proof_of(TEXAS | {"result": result}, status=status)
    assert proof is not None and proof.heading == heading


@pytest.mark.parametrize(
    ("until", "entry", "words"),
    [
        (
            datetime(2026, 11, 21, 14, 15, tzinfo=UTC), TEXAS,
            "Waits until Sat 8:15 AM their time: quiet hours in Texas",
        ),
        (
            datetime(2026, 11, 21, 4, 15, tzinfo=UTC),
            TEXAS | {"states": ["US-AZ"], "zones": ["America/Phoenix"]},
            "Waits until 9:15 PM their time (10:15 PM yours): quiet hours in Arizona",
        ),
        (
            datetime(2026, 11, 21, 14, 15, tzinfo=UTC),
            TEXAS | {"states": [], "zones": ["America/New_York", "America/Denver"]},
            "Waits until Sat 8:15 AM your time: quiet hours where they may be",
        ),
    ],
)  # fmt: skip
def test_a_held_text_says_until_when(until, entry, words):
    assert waits("QUIET_HOURS", until, entry, CHICAGO, NOW) == words


def test_what_no_clock_holds_says_what_it_waits_for():
    assert waits("SOFT_PAUSED", NOW, TEXAS, CHICAGO, NOW).startswith("Waits until somebody decides")
    assert waits("SOMETHING_NEW", NOW, TEXAS, CHICAGO, NOW) == "Waits"


def test_every_word_has_a_fallback():
    assert code_words("BRAND_NEW_CODE") == "Brand new code"
    assert action_words("thing.done_twice") == "thing: done twice"
    assert matched_words("hunch", "leave me") == "The opt-out reader (leave me)"
    assert matched_words("", "") == ""


def test_every_code_of_the_gate_has_words():
    import re
    from pathlib import Path

    gate = Path(__file__).resolve().parents[2] / "messaging" / "gate"
    source = "".join(path.read_text() for path in gate.glob("*.py"))
    kept_back = set(re.findall(r'(?:never|hold)\(\s*"([A-Z_]{5,})"', source))
    assert len(kept_back) > 25
    assert kept_back - set(CODES) == set()
