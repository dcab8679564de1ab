"""The old single rule becomes version 1 of the rules, whatever somebody had typed into it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from calls.models import RuleSet
from calls.rules import load
from calls.setup import load_setup
from tenants.models import Business
from tenants.scope import business_scope
from tests.support.world import Biz

RULE = {
    "name": "Text back", "is_on": True, "position": 1,
    "outcomes": '["busy", "no_answer"]', "hours": "closed", "callers": "new",
    "minimum_ring": timedelta(seconds=4), "maximum_answered": timedelta(seconds=5),
    "delay": timedelta(minutes=2), "cool_down": timedelta(hours=12),
    "expires_after": timedelta(minutes=30),
}  # fmt: skip
WILD = RULE | {
    "name": "   ", "position": 2, "outcomes": '["busy", "gone"]', "hours": "always",
    "minimum_ring": timedelta(hours=3), "delay": timedelta(days=3),
    "cool_down": timedelta(days=400), "expires_after": timedelta(days=40),
}  # fmt: skip
NEVER = RULE | {"position": 3, "outcomes": "[]", "expires_after": timedelta(seconds=1)}


@pytest.fixture
def older(plumber):
    """A business whose schema is as it was before rules had versions, with three rules."""
    business = Business.objects.get(pk=plumber.business.pk)
    business.pk, business.schema_name, business.name = None, "older_rules", "Older Rules"
    business.auto_create_schema = False
    business.save()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA older_rules")
    with business_scope("older_rules"):
        executor = MigrationExecutor(connection)
        executor.migrate([("calls", "0004_guards_of_rules")])
        now = timezone.now()
        with connection.cursor() as cursor:
            texts = []
            for key in ("missed-open", "missed-closed"):
                cursor.execute(
                    "INSERT INTO messaging_messagetemplate (key, name, body, updated_at) "
                    "VALUES (%s, 'Missed', 'Hi', %s) RETURNING id", [key, now],
                )  # fmt: skip
                texts.append(cursor.fetchone()[0])
            for rule in (RULE, WILD, NEVER):
                names = [*rule, "template_open_id", "template_closed_id", "updated_at"]
                cursor.execute(
                    f"INSERT INTO calls_textbackrule ({', '.join(names)}) "
                    f"VALUES ({', '.join(['%s'] * len(names))})",
                    [*rule.values(), *texts, now],
                )
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    return Biz(business, "", "", "", "", "", plumber.owner, "")


def test_old_rules_are_read_again_and_say_what_they_said(older, plumber):
    with older.scope():
        stored = RuleSet.objects.get()
        first, wild, never = load(stored.rules)
        assert load_setup(older.schema).rules.version == stored.version == 1
    assert first.name == "Text back" and first.is_on
    assert first.when.outcomes == {"busy", "no_answer"} and first.when.callers == {"new"}
    assert first.when.states == {"closed", "holiday"} and first.when.talk_at_most == 5
    assert (first.then.delay, first.then.cool_down, first.then.expires_after) == (120, 43200, 1800)
    assert (first.then.template, first.then.template_closed) == ("missed-open", "missed-closed")
    # What the new shape does not allow is brought within it; nothing keeps a call from being decided.
    assert wild.name and wild.when.outcomes == {"busy"} and wild.when.ring_at_least == 600
    assert wild.then.delay < wild.then.expires_after
    # A rule that texted after no kind of call goes on texting nobody.
    assert not never.is_on
    with plumber.scope():
        assert RuleSet.objects.get().origin == "playbook"
