"""An agency's keys and its money: its own alone, an owner's to change, and no secret shown twice."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from billing.models import AgencyAccount, Invoice, Subscription
from tenants.models import AgencyEntry, ApiKey
from tests.billing.conftest import plan, stripe_there  # noqa: F401 - fixtures
from tests.support.stripe_stand_in import Fault


def made(north, **form) -> str:
    page = north.boss.post(
        north.url("api/"), {"name": "CRM", "which": "all", "lasts": "0"} | form, 200
    )
    return re.search(r"rb_[0-9a-f]{10}_[\w-]{43}", page)[0]


def test_a_key_is_shown_once_and_opens_its_own_agency(north, south):
    plain = made(north, which="some", scopes=["businesses:read", "usage:read"], lasts="90")
    key = ApiKey.find(plain, timezone.now())
    assert key is not None and key.agency_id == north.agency.pk and key.business_id is None
    assert key.scopes == ["usage:read", "businesses:read"] and key.made_by == str(north.boss.user)
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    page = north.helper.get(north.url("api/"))
    assert plain not in page and key.prefix in page and "Make the key" not in page
    assert key.prefix not in south.boss.get(south.url("api/"))
    entry = AgencyEntry.objects.get(action="key.make")
    assert plain.rpartition("_")[2] not in str(entry.detail) and entry.agency == north.agency


def test_a_key_is_revoked_by_an_owner_of_its_agency_alone(north, south):
    key = ApiKey.find(made(north), timezone.now())
    north.helper.post(north.url(f"api/keys/{key.pk}/revoke/"), status=403)
    south.boss.post(south.url(f"api/keys/{key.pk}/revoke/"), status=404)
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None
    assert "opens nothing any more" in north.boss.post(north.url(f"api/keys/{key.pk}/revoke/"))
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    north.boss.post(north.url(f"api/keys/{key.pk}/revoke/"))
    assert AgencyEntry.objects.filter(action="key.revoke").count() == 1


def test_a_key_is_replaced_and_both_work_for_a_day(north, south):
    old = ApiKey.find(made(north, which="some", scopes=["usage:read"]), timezone.now())
    path = north.url(f"api/keys/{old.pk}/replace/")
    north.helper.post(path, status=403)
    south.boss.post(south.url(f"api/keys/{old.pk}/replace/"), status=404)
    plain = re.search(r"rb_[0-9a-f]{10}_[\w-]{43}", north.boss.post(path, status=200))[0]
    new = ApiKey.find(plain, timezone.now())
    assert new.pk != old.pk and new.scopes == ["usage:read"] and new.agency == north.agency
    old.refresh_from_db()
    assert old.replaced_by_id == new.pk and old.is_live(timezone.now())
    assert not old.is_live(timezone.now() + timedelta(days=1, minutes=1))
    assert "replaced before" in north.boss.post(path)
    assert AgencyEntry.objects.filter(action="key.rotate").count() == 1


def test_what_a_key_cannot_be_is_named(north):
    before = ApiKey.objects.count()
    north.helper.post(north.url("api/"), {"name": "CRM", "which": "all", "lasts": "0"}, 403)
    for wrong, sentence in (
        ({"name": " "}, "Give the key a name"),
        ({"which": "some"}, "Choose at least one"),
        ({"which": "some", "scopes": "root"}, "There is no scope"),
        ({"lasts": "9999"}, "Choose one of the list"),
    ):
        form = {"name": "CRM", "which": "all", "lasts": "0"} | wrong
        assert sentence in north.boss.post(north.url("api/"), form, 422), wrong
    assert ApiKey.objects.count() == before


def subscribed(business, plan, **more) -> Subscription:  # noqa: F811
    return Subscription.objects.create(business=business, plan=plan, **more)


def test_the_margin_is_reckoned_for_each_and_for_all(north, south, plan):  # noqa: F811
    soon = timezone.now() + timedelta(days=3)
    subscribed(
        north.second, plan, payer="agency", status="active", used_texts=700, used_until=soon,
        budget_cents=1000, used_cents=400,
    )  # fmt: skip
    subscribed(south.second, plan, payer="agency", status="active")
    AgencyAccount.objects.create(agency=north.agency, markup_percent=Decimal(50))
    page = north.helper.get(north.url("billing/"))
    # 59.00 and 200 texts of 2 cents above the plan; half as much again is left.
    for amount in ("$63.00", "$94.50", "$31.50", "40 % used", "switched off"):
        assert amount in page, amount
    assert "Mesa Molars" not in page
    rows = {
        row["business"]: row
        for row in csv.DictReader(io.StringIO(north.boss.get(north.url("margin.csv"))))
    }
    assert rows["Harbor Heating"]["margin_month"] == "31.50"
    assert rows["Lakeside Plumbing"]["state"] == "none"
    assert rows.keys() == {"Harbor Heating", "Lakeside Plumbing"}


def test_the_mark_up_is_an_owners(north, south):
    north.helper.post(north.url("billing/"), {"markup": "40"}, 403)
    for wrong in ("", "x", "-1", "1001", "nan", "1.234"):
        page = north.boss.post(north.url("billing/"), {"markup": wrong}, 422)
        assert "Write a share" in page
    assert "Saved." in north.boss.post(north.url("billing/"), {"markup": "37,5 %"})
    assert AgencyAccount.objects.get().markup_percent == Decimal("37.5")
    assert AgencyAccount.objects.get().agency == north.agency
    assert AgencyEntry.objects.get(action="billing.markup").detail == {"percent": "37.5"}


def test_an_owner_goes_to_stripe_for_his_own_business(north, south, stripe_there, plan):  # noqa: F811
    path = north.url(f"billing/{north.second.pk}/subscribe/")
    page = north.boss.post(path, {"plan": plan.key, "payer": "agency"}, 200)
    assert re.search(r'href="(http[^"]+)" rel="noreferrer"', page)
    assert Subscription.objects.get(business=north.second).payer == "agency"
    north.helper.post(path, {"plan": plan.key}, 403)
    south.boss.post(south.url(f"billing/{north.second.pk}/subscribe/"), {"plan": plan.key}, 404)
    north.boss.post(path, {"plan": "none"}, 404)
    # Its card is changed where the agency is the one who pays.
    north.boss.post(north.url(f"billing/{north.second.pk}/manage/"), status=200)
    Subscription.objects.update(payer="business")
    north.boss.post(north.url(f"billing/{north.second.pk}/manage/"), status=404)


def test_an_agency_lets_its_clients_pay_itself(north, south, stripe_there):  # noqa: F811
    page, path = north.url("billing/"), north.url("billing/connect/")
    assert "Set it up at Stripe" in north.boss.get(page)
    # A member sees how it stands, an owner changes it.
    assert "Your clients pay you" in north.helper.get(page)
    assert "billing/connect/" not in north.helper.get(page)
    north.helper.post(path, status=403)
    south.boss.post(path, status=404)
    assert not AgencyAccount.objects.exists()
    leaving = north.boss.post(path, status=200)
    account = AgencyAccount.objects.get()
    assert account.agency == north.agency
    assert f"https://connect.stripe.example/setup/{account.connect_id}" in leaving
    (asked,) = stripe_there.asked("POST /v1/account_links")
    assert asked.form["return_url"].endswith(f"{page}?connect=done")
    assert asked.form["refresh_url"].endswith(f"{page}?connect=again")
    assert AgencyEntry.objects.get(action="billing.connect").agency == north.agency
    for shown, said, act in (
        ({}, "Not finished", "Go on at Stripe"),
        ({"details_submitted": True}, "Stripe is checking", "Look at Stripe"),
        ({"charges_enabled": True, "fee_percent": Decimal(10)}, "Takes payments", ""),
    ):
        AgencyAccount.objects.update(**shown)
        found = north.boss.get(page)
        assert said in found and act in found and ("billing/connect/" in found) == bool(act)
    assert "Of each of these payments 10 % comes to us" in found
    assert "had run out" in north.boss.get(page, connect="again")
    assert "Set it up at Stripe" in south.boss.get(south.url("billing/"))


def test_connecting_without_an_answer_changes_nothing(north, south, stripe_there):  # noqa: F811
    stripe_there.faults.append(Fault("POST /v1/accounts", 500))
    assert "Nothing was changed" in north.boss.post(north.url("billing/connect/"))
    assert not AgencyEntry.objects.filter(action="billing.connect").exists()


def test_who_comes_back_from_a_checkout_is_told_and_each_state_says_since_when(
    north,
    south,
    stripe_there,  # noqa: F811
    plan,  # noqa: F811
):
    path, now = north.url("billing/"), timezone.now()
    assert "nothing was charged" in north.boss.get(path, checkout="left")
    assert "It can take a minute" in north.boss.get(path, checkout="done")
    ours = subscribed(north.second, plan, status="past_due", past_due_since=now - timedelta(days=5))
    page = north.boss.get(path)
    assert "Payment overdue" in page and 'firms__since">since ' in page
    assert f"/businesses/{north.second.pk}/enter/" in page  # to its own plan and budget
    for values, said in (
        ({"status": "none", "trial_end": now + timedelta(days=5)}, ">Trial</span>"),
        ({"trial_end": now - timedelta(days=5)}, ">The trial is over</span>"),
        ({"status": "active", "cancel_at": now + timedelta(days=5)}, 'firms__since">ends on '),
    ):
        Subscription.objects.filter(pk=ours.pk).update(**values)
        assert said in north.boss.get(path), said
    assert "The trial is over" not in south.boss.get(south.url("billing/"))


def test_what_an_agency_was_charged_is_listed_for_its_owners(north, south, stripe_there):  # noqa: F811
    now = timezone.now()
    for ours, number in ((north, "RB-1"), (south, "RB-2")):
        Invoice.objects.create(
            invoice_id=number, business=ours.second, agency=ours.agency, number=number, status="open",
            currency="usd", total_cents=5900, paid_cents=0, issued_at=now, as_of=now,
        )  # fmt: skip
    page = north.boss.get(north.url("billing/"))
    assert "RB-1" in page and "$59.00" in page and "Harbor Heating" in page and "RB-2" not in page
    assert "RB-1" not in north.helper.get(north.url("billing/"))
    assert "RB-1" not in south.boss.get(south.url("billing/"))


def test_an_agencys_webhooks_are_its_owners_and_nobody_elses(north, south):
    from integrations.models import Endpoint

    path = north.url("api/webhooks/")
    north.helper.get(path, 403)
    assert "Nobody hears yet" in north.boss.get(path)
    wrong = north.boss.post(path, {"url": "http://10.0.0.1/", "which": "all"}, 422)
    assert 'aria-invalid="true"' in wrong
    page = north.boss.post(path, {"url": "https://93.184.215.14/hook", "which": "all"}, 200)
    assert "whsec_" in page and f'action="{path}' in page
    endpoint = Endpoint.objects.get()
    assert (endpoint.agency, endpoint.business) == (north.agency, None)
    one = f"{path}{endpoint.pk}/"
    assert "whsec_" not in north.boss.get(one) and endpoint.shown_url in north.boss.get(path)
    south.boss.get(south.url(f"api/webhooks/{endpoint.pk}/"), 404)
    south.boss.post(south.url(f"api/webhooks/{endpoint.pk}/remove/"), status=404)
    assert "whsec_" in north.boss.post(f"{one}rotate/", status=200)
    north.boss.post(f"{one}off/")
    north.boss.post(f"{one}remove/")
    assert not Endpoint.objects.exists()
    done = AgencyEntry.objects.filter(agency=north.agency, action__startswith="endpoint.")
    assert sorted(done.values_list("action", flat=True)) == [
        "endpoint.add", "endpoint.off", "endpoint.remove", "endpoint.rotate",
    ]  # fmt: skip
