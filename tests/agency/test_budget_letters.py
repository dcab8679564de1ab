"""A business's budget is told at 50, 80 and 100 %: to its own people, and to its agency's owners where they pay."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone, translation

from billing.models import BudgetNotice, Subscription, UsageRecord
from billing.tally import count_month, set_budget
from inbox.agency.record import words
from inbox.said import said
from messaging.models import Alert
from tenants import agenda
from tenants.models import AgencyEntry, AgendaItem, Membership
from tests.billing.conftest import plan, stripe_there  # noqa: F401


@pytest.fixture
def budgeted(stripe_there, plan, north, south):  # noqa: F811
    """Two agencies' businesses with a budget of ten dollars that ends texts; 500 texts are included."""
    for bureau in (north, south):
        Subscription.objects.create(business=bureau.first.business, plan=plan, status="active")
        set_budget(bureau.first.business, 1000, stops=True)
    return north.first


def use(biz, quantity: int) -> None:
    """Use texts above the plan, at two cents each."""
    UsageRecord.objects.create(
        business=biz.business, kind="sms_segment", key=f"k{UsageRecord.objects.count()}",
        quantity=quantity, occurred_at=timezone.now(),
    )  # fmt: skip
    count_month(timezone.now())


def test_each_level_is_told_once_to_the_business_and_to_the_agency_that_pays(
    budgeted, north, south, work, plan  # noqa: F811
):  # fmt: skip
    use(budgeted, 500 + 249)
    work()
    assert mail.outbox == [] and not BudgetNotice.objects.exists()
    told = []
    for more, level, amount in ((1, 50, "$5.00"), (150, 80, "$8.00"), (100, 100, "$10.00")):
        use(budgeted, more)
        work(), work()
        told.append(level)
        assert list(BudgetNotice.objects.order_by("level").values_list("level", flat=True)) == told
        assert len(mail.outbox) == len(told)
        letter = mail.outbox[-1]
        assert letter.to == [north.boss.user.email]
        assert f"Lakeside Plumbing has used {level} % of" in letter.subject
        assert f"{amount} of the $10.00" in letter.body
        assert f"/agency/{north.agency.pk}/billing/" in letter.body
        assert ("missed calls get no text" in letter.body) is (level == 100)
        with budgeted.scope():
            alert = Alert.objects.filter(code="BUDGET").latest("raised_at")
            assert alert.sentence == f"{level} % of this month's budget are used."
            with translation.override("es"):
                assert said(alert.sentence) != alert.sentence
    done = AgencyEntry.objects.filter(action="budget.reached")
    assert {entry.agency_id for entry in done} == {north.agency.pk} and done.count() == 3
    assert words.said("budget.reached") != "budget.reached"
    with south.first.scope():
        assert not Alert.objects.exists()


def test_an_owner_reads_it_in_his_language(budgeted, north, work):
    north.boss.user.language = "es"
    north.boss.user.save(update_fields=["language"])
    use(budgeted, 500 + 400)
    work()
    (letter,) = mail.outbox
    assert "presupuesto" in letter.subject and "presupuesto" in letter.body
    assert "has used" not in letter.subject + letter.body


def test_where_the_business_pays_the_agency_is_not_written_to(budgeted, north, south, work):
    Subscription.objects.filter(business=budgeted.business).update(payer="business")
    use(budgeted, 500 + 400)
    work()
    assert mail.outbox == [] and not AgencyEntry.objects.filter(action="budget.reached").exists()
    with budgeted.scope():
        (alert,) = Alert.objects.filter(code="BUDGET")
        assert "$8.00 of $10.00" in alert.sentence


def test_who_is_no_owner_any_more_gets_none_and_who_got_none_stands_in_the_record(
    budgeted, north, work
):
    use(budgeted, 500 + 400)
    row = AgendaItem.objects.get(kind="inbox.budget_letter")
    item = agenda.Item(row.pk, row.lane, row.kind, None, "", row.subject, row.due_at, None, 8)
    agenda.fail(item, ValueError("no letter"))
    AgendaItem.objects.filter(pk=row.pk).update(claimed_by="me", attempts=8)
    agenda.fail(item, ValueError("no letter"))
    entry = AgencyEntry.objects.filter(action="budget.untold").latest("pk")
    assert entry.agency_id == north.agency.pk and entry.detail["member"] == str(north.boss.user)
    AgendaItem.objects.filter(pk=row.pk).update(state="waiting", claimed_by="", attempts=0)
    Membership.objects.filter(user=north.boss.user).update(is_active=False)
    work()
    assert mail.outbox == []
