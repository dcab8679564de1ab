"""The worker is killed at every step of a purchase and of a registration: each thing exists once."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from tests.support.live import ROOT

WORKER = "worker-realtime"
_FACTS = """
import sys, json, django
django.setup()
from django.utils import timezone
from messaging.senders import sites
from tenants.models import Business, BusinessFacts
business, facts = Business.objects.get(schema_name=sys.argv[1]), json.loads(sys.argv[2])
BusinessFacts.objects.update_or_create(business=business, defaults=facts)
# Nothing is filed before the website was read: it was, and says what a reviewer wants to read.
words = business.name + " - our privacy policy"
sites.keep(business, sites.Look(facts["website"], timezone.now(), words))
"""
FACTS = {
    "legal_name": "Lakeside Plumbing LLC", "ein": "364123987", "legal_kind": "llc",
    "street": "401 N Wabash Ave", "city": "Chicago", "region": "IL", "postcode": "60611",
    "website": "https://lakesideplumbing.com", "contact_name": "Ann Lake",
    "contact_title": "Owner", "contact_email": "ann@lakesideplumbing.com",
    "contact_phone": "+13125550190",
}  # fmt: skip


@pytest.fixture
def office(live):
    """The provider's office behaves before and after."""

    def control(**wanted):
        live.http.post(f"{live.stand_in}/office/control", json=wanted).raise_for_status()

    control(faults=[], lag=0, seconds=dict.fromkeys(("profile", "brand", "campaign"), 0))
    yield control
    control(faults=[], lag=0)


def shown(live):
    return live.http.get(f"{live.stand_in}/office").json()


def ask(live, path, **body):
    answer = live.http.post(
        f"{live.base_url}/api/v1/{path}/", json=body,
        headers={"Host": live.plumber.host, "Authorization": f"Bearer {live.plumber.api_key}"},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    return answer.json()


def held(live, number):
    return [each for each in shown(live)["held"].values() if each["phone_number"] == number]


def state(live, key):
    rows = live.sql(
        "SELECT state FROM tenants_providerstep WHERE key = %s ORDER BY created_at", key
    )
    return rows[-1][0] if rows else ""


def nobody_else_s(live):
    rows = live.sql(
        "SELECT count(*) FROM tenants_providerstep s JOIN tenants_business b ON b.id = s.business_id "
        "WHERE b.schema_name = %s",
        live.dentist.schema,
    )
    assert rows == [(0,)]


@pytest.mark.parametrize(
    ("number", "mode"),
    [("+13125550130", "timeout"), ("+13125550131", "accept_then_timeout")],
)
def test_killed_while_a_number_is_bought(live, office, number, mode):
    office(faults=[{"method": "POST", "path": "Incoming", "mode": mode}])
    before = len(shown(live)["asked"])
    ask(live, "number-orders", number=number)
    live.until(lambda: any(a["mode"] == mode for a in shown(live)["asked"][before:]))
    live.restart(WORKER)
    live.until(lambda: state(live, f"number.buy:{number}") == "done", 90)
    assert len(held(live, number)) == 1
    assert live.sql("SELECT count(*) FROM tenants_phonenumber WHERE e164 = %s", number) == [(1,)]
    nobody_else_s(live)


def test_killed_before_the_provider_was_asked_and_ordered_twice(live, office):
    number = "+13125550132"
    live.kill(WORKER)
    first, second = (ask(live, "number-orders", number=number) for _ in range(2))
    assert first["id"] == second["id"] and not held(live, number)
    live.bring_up(WORKER)
    live.until(lambda: state(live, f"number.buy:{number}") == "done", 90)
    assert len(held(live, number)) == 1
    nobody_else_s(live)


PATHS = (
    "v1/CustomerProfiles", "v1/EndUsers", "Addresses.json", "v1/SupportingDocuments",
    "EntityAssignments", "Evaluations", "v1/TrustProducts", "BrandRegistrations", "v1/Services",
    "Usa2p", "/PhoneNumbers",
)  # fmt: skip
ONCE = {
    "CustomerProfiles": 1, "TrustProducts": 1, "EndUsers": 3, "SupportingDocuments": 1,
    "Addresses": 1, "BrandRegistrations": 1, "Services": 1, "Usa2p": 1, "PhoneNumbers": 1,
}  # fmt: skip


def test_killed_at_each_step_of_a_registration(live, office):
    number = "+13125550133"
    ask(live, "number-orders", number=number)
    live.until(lambda: state(live, f"number.buy:{number}") == "done", 90)
    # The other tests' numbers are filed by nobody here.
    live.sql("UPDATE tenants_phonenumber SET registration = 'declared' WHERE e164 <> %s", number)
    script = ["-c", _FACTS, live.plumber.schema, json.dumps(FACTS)]
    command = live.commands["web"]
    subprocess.run([command.command[0], *script], env=command.env, cwd=ROOT, check=True)
    office(
        faults=[{"method": "POST", "path": path, "mode": "accept_then_timeout"} for path in PATHS]
    )
    before = len(shown(live)["asked"])
    ask(live, "registration")
    last, killed, until = f"a2p.number:{number}", 0, time.monotonic() + 300
    while state(live, last) != "done":
        hit = sum(a["mode"] != "" for a in shown(live)["asked"][before:])
        if hit > killed:  # it was taken, and its answer never comes
            killed = hit
            live.restart(WORKER)
        assert time.monotonic() < until, f"killed {killed} times\n{live.tails()}"
        time.sleep(0.1)
    assert killed == len(PATHS)
    papers = [p for p in shown(live)["papers"].values() if p.get("policy_sid") != "primary"]
    assert {kind: sum(p["kind"] == kind for p in papers) for kind in ONCE} == ONCE
    rows = live.sql("SELECT registration FROM tenants_phonenumber WHERE e164 = %s", number)
    assert rows == [("approved",)]
    nobody_else_s(live)
