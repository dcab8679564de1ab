"""A process dies at each step of making a business, of a file's row and of a push: all of it happens, once.

Real processes and SIGKILL. A death leaves the database as it was before, so one world serves all steps.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import RuleSet
from inbox.agency.imports import importing
from inbox.agency.playbooks import moving, pushing
from messaging.models import AuditEntry, MessageTemplate
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    AgendaItem,
    ApiKey,
    Business,
    BusinessImportRow,
    Domain,
    PhoneNumber,
    PlaybookPush,
    PlaybookUse,
)
from tenants.scope import business_scope
from tests.agency.test_business_import import GOOD, bring, row
from tests.agency.test_playbooks import another, facts, furnish, push, saved
from tests.api.test_businesses_api import ADDRESS, Agent, given
from tests.support.killed import killed

pytestmark = pytest.mark.processes

MADE = (
    'INSERT INTO "tenants_business"', "CREATE SCHEMA", "CREATE TABLE", 'INSERT INTO "tenants_domain"',
    'INSERT INTO "messaging_policy"', 'INSERT INTO "messaging_messagetemplate"',
    'INSERT INTO "calls_ruleset"', 'INSERT INTO "tenants_businessfacts"',
    'INSERT INTO "tenants_phonenumber"',
)  # fmt: skip
BY_API = (*MADE, 'INSERT INTO "tenants_apikey"', 'UPDATE "tenants_business" SET "stage"')
BY_FILE = (*MADE, 'UPDATE "tenants_businessimportrow"')
APPLIED = (
    'INSERT INTO "calls_openinghours"', 'UPDATE "messaging_messagetemplate"',
    'INSERT INTO "calls_ruleset"', 'INSERT INTO "messaging_policy"', 'UPDATE "tenants_phonenumber"',
    'UPDATE "tenants_playbookuse"', 'INSERT INTO "tenants_agencyentry"',
)  # fmt: skip
# The work is committed, and what asked for it is not gone yet.
PUSH_MOVES, ROW_GOES = (
    'UPDATE "tenants_playbookpush"',
    "DELETE FROM public.tenants_agendaitem a USING",
)
ROW_ASKED_AGAIN = "UPDATE public.tenants_agendaitem SET due_at"


def there() -> dict[str, Any]:
    """Everything that a business which is made has outside of its schema, and the schemas there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'")
        schemas = {name for (name,) in cursor.fetchall()}
    kinds = (Business, Domain, PhoneNumber, ApiKey, AgencyEntry)
    return {"schemas": schemas} | {each.__name__: each.objects.count() for each in kinds}


def due_now(kind: str) -> None:
    """Have rows of one kind be due and claimed by nobody, as when a lease is over; others wait."""
    AgendaItem.objects.exclude(kind=kind).update(due_at=timezone.now() + timedelta(days=1))
    AgendaItem.objects.filter(kind=kind).update(due_at=timezone.now(), claimed_by="")


def test_a_business_is_made_by_the_api(plumber, dentist, held):
    agent, body = Agent(plumber.business.agency), given()
    held(plumber, body["number"])
    before = there()
    for step in BY_API:
        killed(step, "post", agent.plain, ADDRESS, json.dumps(body))
        assert there() == before, step
    # All is made, and nobody hears of it: whoever asks again finds it.
    killed("done", "post", agent.plain, ADDRESS, json.dumps(body))
    made = Business.objects.get(external_id=body["external_id"])
    after = there()
    assert after["schemas"] == before["schemas"] | {made.schema_name}
    once = ("Business", "Domain", "PhoneNumber", "ApiKey")
    assert {name: after[name] - before[name] for name in once} == dict.fromkeys(once, 1)
    again = agent.send("post", "", body)
    assert (
        again.status_code == 200
        and again.json()["id"] == made.pk
        and again.json()["stage"] == "live"
    )
    assert there() == after
    with business_scope(str(made.schema_name)):
        assert RuleSet.objects.count() == 1 and MessageTemplate.objects.exists()
    with dentist.scope():
        assert not AuditEntry.objects.exists()


def test_a_row_of_a_file_is_made(plumber, dentist, held):
    held(plumber, "+13035550111")
    brought = bring(plumber, GOOD)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    before = there()
    for step in BY_FILE:
        due_now(importing.MAKE)
        killed(step, "agenda", "housekeeping")
        assert there() == before, step
        assert row(brought, 2).state == "waiting", step
    due_now(importing.MAKE)
    killed(ROW_GOES, "agenda", "housekeeping")
    made = there()
    assert row(brought, 2).state == "made"
    due_now(importing.MAKE)
    assert AgendaItem.objects.filter(kind=importing.MAKE).count() == 1
    agenda.run_due("housekeeping")
    assert there() == made and made["Business"] == before["Business"] + 1
    assert made["Domain"] == before["Domain"] + 1
    assert made["PhoneNumber"] == before["PhoneNumber"] + 1
    assert not AgendaItem.objects.filter(kind=importing.MAKE).exists()
    assert not BusinessImportRow.objects.filter(of__agency=dentist.business.agency).exists()


def test_a_row_that_is_asked_again_is_made_once(plumber, dentist, held, stand_in):
    """A worker dies before and after it wrote that the provider had not answered."""
    held(plumber, "+13035550111")
    brought = bring(plumber, GOOD)
    importing.start(brought, by="Ana", door="page", at=timezone.now())
    before = there()
    silent = {"path": "IncomingPhoneNumbers", "mode": "500", "times": 2}
    stand_in.office.control({"faults": [silent]})
    for step, counted in (('UPDATE "tenants_businessimportrow"', 0), (ROW_ASKED_AGAIN, 1)):
        due_now(importing.MAKE)
        killed(step, "agenda", "housekeeping")
        assert there() == before, step
        assert (row(brought, 2).state, row(brought, 2).unanswered) == ("waiting", counted), step
    due_now(importing.MAKE)
    agenda.run_due("housekeeping")
    assert row(brought, 2).state == "made"
    assert there()["Business"] == before["Business"] + 1
    assert not BusinessImportRow.objects.filter(of__agency=dentist.business.agency).exists()


def test_a_playbook_is_put(plumber, dentist, work):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111")
    made = push(saved(plumber), [target], work, start=False)
    pushing.start(made, by="Ana", door="page", at=timezone.now())
    before, others = facts(target), facts(dentist.business)
    for step in APPLIED:
        due_now(moving.APPLY)
        killed(step, "agenda", "housekeeping")
        assert facts(target) == before, step
        assert PlaybookUse.objects.get(push=made.pk).state == "waiting", step
    for step in (PUSH_MOVES, ROW_GOES):
        due_now(moving.APPLY)
        killed(step, "agenda", "housekeeping")
        assert PlaybookUse.objects.get(push=made.pk).state == "applied", step
        # The second finds it put, and brings the push on.
    due_now(moving.APPLY)
    agenda.run_due("housekeeping")
    AgendaItem.objects.filter(kind=moving.WATCH).update(due_at=timezone.now())
    agenda.run_due("housekeeping")
    with business_scope(str(target.schema_name)):
        # The first one is that of the pack it was made with.
        assert list(RuleSet.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    assert AgencyEntry.objects.filter(action="playbook.apply", business=target).count() == 1
    assert PlaybookPush.objects.get(pk=made.pk).state == PlaybookPush.State.DONE
    assert facts(target) != before and facts(dentist.business) == others
