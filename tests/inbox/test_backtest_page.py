"""The page that asks the past: what it asks for, what it shows, and who may."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.utils import timezone

from calls.models import RuleDraft
from tests.inbox.conftest import Member


@pytest.fixture
def draft(plumber) -> RuleDraft:
    now = timezone.now()
    with plumber.scope():
        return RuleDraft.objects.create(
            name="<b>Off</b>", rules=[], author="Dana", created_at=now, updated_at=now
        )


def missed(twilio, work, count: int = 2) -> None:
    for _ in range(count):
        call = twilio.call()
        call.arrives()
        call.dial_ends("no-answer")
    work()


def test_a_draft_is_compared_and_every_difference_can_be_taken_out(
    owner: Member, twilio, work, draft, dentist
):
    missed(twilio, work)
    asking = owner.post("/rules/backtest/", {"period": "7", "draft": str(draft.pk), "past": "own"})
    assert "Asking the past" in asking
    where = re.search(r'hx-get="([^"]+)"', asking)
    assert where is not None
    work()
    page = owner.get(where.group(1))
    assert "2 calls would go another way" in page and "no longer texted" in page
    assert "<b>Off</b>" not in page and "&lt;b&gt;Off" in page
    answer = owner.client.get(f"{where.group(1)}differences.csv", headers={"host": owner.host})
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) == 3 and rows[1][7] == "No text"


def test_another_business_s_result_is_nobody_s_here(owner: Member, other_owner, twilio, work):
    missed(twilio, work, 1)
    asking = owner.post("/rules/backtest/", {"period": "7", "draft": "", "past": "own"})
    where = re.search(r'hx-get="([^"]+)"', asking)
    assert where is not None
    work()
    assert "What your rules do" in owner.get(where.group(1))
    assert "no longer kept" in other_owner.get(where.group(1))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"period": "own", "since": "soon", "until": "2026-01-31"}, "since-wrong"),
        ({"period": "own", "since": "2026-02-01", "until": "2026-01-31"}, "until-wrong"),
        ({"period": "own", "since": "2020-01-01", "until": "2026-01-31"}, "until-wrong"),
        ({"period": "7", "draft": "99999"}, "draft-wrong"),
        ({"period": "7", "past": "99999"}, "past-wrong"),
    ],
)
def test_what_cannot_be_asked_names_its_field(owner: Member, typed, field):
    assert field in owner.post("/rules/backtest/", typed, 422)


def test_an_agent_may_look_and_not_ask(agent: Member):
    assert "What would other rules have done" in agent.get("/rules/backtest/")
    agent.post("/rules/backtest/", {"period": "7"}, 403)
