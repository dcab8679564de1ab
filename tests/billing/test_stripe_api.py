"""How Stripe is spoken to, and that the stand-in refuses what Stripe would refuse."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from billing import stripe_api
from billing.stripe_api import BillingOff, StripeProblem, ask
from tests.support.stripe_stand_in import Fault


def test_without_a_key_nothing_is_asked(settings, world):
    settings.STRIPE_SECRET_KEY = ""
    assert not stripe_api.is_on()
    with pytest.raises(BillingOff):
        ask("customers.create", params={}, key="x")


def test_what_creates_needs_a_key_of_its_own(stripe_there):
    with pytest.raises(ValueError, match="key"):
        ask("customers.create", params={"name": "x"})


def test_the_same_action_makes_one_thing_though_its_answer_was_lost(stripe_there):
    stripe_there.faults.append(Fault("POST /v1/customers", "drop_after"))
    first = ask("customers.create", params={"name": "Lakeside"}, key="customer:1")
    again = ask("customers.create", params={"name": "Lakeside"}, key="customer:1")
    assert first["id"] == again["id"]
    assert len(stripe_there.of("customer")) == 1
    assert {request.key for request in stripe_there.requests} == {"localhost:customer:1"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_theirs_is_transient(stripe_there, status):
    stripe_there.faults.append(Fault("POST /v1/customers", status))
    with pytest.raises(StripeProblem) as caught:
        ask("customers.create", params={"name": "x"}, key="y")
    assert caught.value.is_transient and caught.value.status == status


def test_what_is_not_there_is_permanent(stripe_there):
    with pytest.raises(StripeProblem) as caught:
        ask("subscriptions.retrieve", "sub_nowhere")
    assert not caught.value.is_transient and caught.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("what", "params", "named"),
    [
        ("customers.create", {"nmae": "x"}, "nmae"),
        ("checkout.sessions.create", {"mode": "subscription", "ui_mode": "hosted"}, "ui_mode"),
        ("checkout.sessions.create", {"line_item": [{"price": "p"}]}, "line_item"),
        (
            "checkout.sessions.create",
            {"line_items": [{"price": "p", "quantity": "abc"}]},
            "line_items.0.quantity",
        ),
        ("billing.meter_events.create", {"event_name": "a", "payload": {"value": "two"},
                                         "identifier": "i"}, "payload.value"),
    ],
)  # fmt: skip
def test_the_stand_in_refuses_what_stripe_would(stripe_there, what, params, named):
    with pytest.raises(StripeProblem):
        ask(what, params=params, key="z")
    assert len(stripe_there.mistakes) == 1 and named in stripe_there.mistakes[0]
    stripe_there.mistakes.clear()


def test_the_package_is_not_loaded_until_it_is_needed():
    """A worker that bills nobody does not carry it."""
    tree = ast.parse(Path(stripe_api.__file__).read_text())
    loaded = [name for node in tree.body if isinstance(node, ast.Import) for name in node.names]
    assert "stripe" not in {alias.name for alias in loaded}


def test_the_permissions_of_the_docs_are_those_of_what_is_asked():
    """Whoever makes a restricted key by the table can do all of it, and nothing more."""
    root = Path(__file__).parents[2]
    asked: dict[str, set[str]] = {}
    for path in (root / "billing").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                first = call.args[0] if call.args else None
                if call.func.attr in ("ask", "pages") and isinstance(first, ast.Constant):
                    service, _, verb = str(first.value).rpartition(".")
                    asked.setdefault(service, set()).add(verb)
    said: dict[str, str] = {}
    for row in (root / "docs" / "billing.md").read_text().splitlines():
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) == 6 and cells[3] in ("read", "write"):
            said |= {name: cells[3] for name in re.findall("`([a-z_.]+)`", cells[2])}
    assert said.keys() == asked.keys() and len(said) == 12
    for service, verbs in asked.items():
        writes = verbs - {"list", "retrieve"}
        # The sums of a meter belong to the permission of meters.
        assert (said[service] == "write") is bool(writes or service.startswith("billing.meters"))
