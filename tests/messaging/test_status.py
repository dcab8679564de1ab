"""Delivery states and error codes."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.status import ERRORS, FROM_PROVIDER, RANK, advance, explain

FINAL = ("delivered", "undelivered", "failed", "cancelled")


def test_any_order_of_receipts_ends_in_the_same_place():
    for order in permutations(["queued", "sending", "sent", "delivered"]):
        status = "sending"
        for reported in order + order:
            status = advance(status, FROM_PROVIDER[reported])
        assert status == "delivered"


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", FINAL)
def test_the_first_final_state_stays(first, second):
    assert advance(advance("sending", first), second) == first


@given(
    st.sampled_from(sorted(RANK)),
    st.lists(st.sampled_from([*RANK, "received", "odd", ""]), max_size=8),
)
def test_a_state_never_goes_down(start, reports):
    status = start
    for reported in reports:
        after = advance(status, reported)
        assert RANK[after] >= RANK[status] and (after == status or RANK[after] > RANK[status])
        status = after


@pytest.mark.parametrize("unknown", ["", "odd", "received", "Delivered"])
def test_a_word_we_do_not_know_changes_nothing(unknown):
    assert advance("sent", unknown) == "sent" and advance(unknown, "sent") == unknown


def test_every_word_of_the_provider_has_one_of_ours():
    # The message statuses of the provider's own description, less those of incoming texts.
    words = {
        "queued",
        "sending",
        "sent",
        "failed",
        "delivered",
        "undelivered",
        "accepted",
        "scheduled",
        "read",
        "partially_delivered",
        "canceled",
    }
    assert set(FROM_PROVIDER) == words and set(FROM_PROVIDER.values()) <= set(RANK)


# telephony.md 2.4
@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("opted_out", ["21610", "30004", "40300"]),
        ("registration", ["30032", "30034", "30990"]),
        ("number", ["21211", "21614", "30005", "30006"]),
        ("transient", ["21611", "30001", "30022", "30023", "30027", "30035", "63038", "20429"]),
        ("permanent", ["21617", "30003", "30007", "30008", "14107"]),
        ("set_up", ["21408", "21606", "21212", "21703", "21704", "30002"]),
    ],
)
def test_codes_mean_what_the_table_says(kind, codes):
    assert {explain(code).kind for code in codes} == {kind}


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_has_a_sentence_for_people(code):
    problem = ERRORS[code]
    assert problem.sentence.endswith(".") and code not in problem.sentence
    assert problem.kind in {
        "transient", "permanent", "number", "opted_out", "registration", "set_up",
    }  # fmt: skip
    assert problem.kind == "transient" or problem.fix.endswith(".")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("", 429, "transient"),
        ("", 401, "set_up"),
        ("", 403, "set_up"),
        ("99999", 400, "permanent"),
        ("", 400, "permanent"),
        ("", None, "permanent"),
    ],
)
def test_an_unknown_error(code, status, kind):
    problem = explain(code, status)
    assert problem.kind == kind and problem.sentence
    if code:
        assert code in problem.sentence
