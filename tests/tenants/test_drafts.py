"""A business that is set up piece by piece: texts nobody, is continued from anywhere, goes live once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from billing.models import Subscription
from calls.models import Call, OpeningHours, RuleSet, TestCall
from calls.onboarding import first_rules
from calls.rules import dump
from inbox.models import InboxPolicy, QuickReply
from messaging.models import ConsentEvent, Message, MessageTemplate
from tenants import drafts, publish_rules, publishing
from tenants.drafts import FactsError
from tenants.making import OnboardingError
from tenants.models import Agency, AgencyEntry, Business, BusinessFacts, PhoneNumber
from tenants.playbooks import PLAYBOOKS
from tenants.publishing import NotReady
from tenants.scope import business_scope
from tests.support.hooks import a_caller

BY = {"by": "Ann", "door": "page"}


def made(plumber, name="Harbor Auto", **more) -> Business:
    business, is_new = drafts.make_draft(
        plumber.business.agency, name=name, zone="America/Chicago",
        playbook=more.pop("playbook", "auto"), at=timezone.now(), **BY, **more,
    )  # fmt: skip
    assert is_new
    return business


def ready(plumber, dentist, number="+13125550777") -> Business:
    business = made(plumber)
    drafts.save_facts(business, {"legal_name": "Harbor Auto LLC"}, at=timezone.now(), **BY)
    account = plumber.business.numbers.get().account
    drafts.take_number(business, account, number, at=timezone.now(), registration="declared", **BY)
    return business


def actions(business) -> list[str]:
    found = AgencyEntry.objects.filter(business=business).order_by("pk")
    return list(found.values_list("action", flat=True))


def test_a_draft_has_what_its_pack_brings_and_is_no_trial(plumber, dentist):
    business = made(plumber)
    assert (business.stage, business.texts_nobody, business.published_at) == ("draft", True, None)
    assert actions(business) == ["business.create"]
    with business_scope(business.schema_name):
        assert QuickReply.objects.count() == len(PLAYBOOKS["auto"].replies)
        assert InboxPolicy.objects.get().target_minutes == 15
        assert OpeningHours.objects.count() == 6
        assert MessageTemplate.objects.count() == 4
    assert not Subscription.objects.exists()
    assert not AgencyEntry.objects.filter(agency=dentist.business.agency).exists()
    with dentist.scope():
        assert not QuickReply.objects.exists()


def test_a_draft_texts_nobody_and_still_hears_stop(plumber, dentist, twilio, work, stand_in):
    Business.objects.filter(pk=plumber.business.pk).update(stage="draft")
    caller = a_caller()
    twilio.call(caller).dial_ends("no-answer")
    work()
    with plumber.scope():
        call = Call.objects.get(caller=caller)
        assert call.decision == "skip"
        assert "still being set up" in call.receipt["sentence"]
        assert not Message.objects.filter(direction="out").exists()
    twilio.text(caller, "STOP")
    work()
    with plumber.scope():
        assert ConsentEvent.objects.filter(kind="opt_out").exists()
        # The provider confirms its own keywords: a second answer would be one text too many.
        assert not Message.objects.filter(direction="out").exists()
    other = a_caller()
    twilio.text(other, "please stop texting me")
    work()
    with plumber.scope():
        assert ConsentEvent.objects.filter(kind="opt_out").count() == 2
        # The confirmation of an opt-out is owed to whoever asked, live or not.
        answers = Message.objects.filter(direction="out")
        assert [(m.purpose, m.their_number) for m in answers] == [("confirm_stop", other)]
    with dentist.scope():
        assert not Call.objects.exists()


def test_a_change_of_stage_is_a_change_of_the_set_up(plumber, dentist):
    before = Business.objects.get(pk=plumber.business.pk).setup_version
    theirs = Business.objects.get(pk=dentist.business.pk).setup_version
    Business.objects.filter(pk=plumber.business.pk).update(stage="draft")
    assert Business.objects.get(pk=plumber.business.pk).setup_version == before + 1
    assert Business.objects.get(pk=dentist.business.pk).setup_version == theirs


def test_what_is_missing_is_named_by_step_and_field(plumber, dentist):
    business = made(plumber)
    found = {(g.step, g.field): g.blocking for g in publishing.gaps_of(business, timezone.now())}
    assert found[("facts", "legal_name")] and found[("number", "number")]
    assert found[("team", "owner_email")] is False
    with pytest.raises(NotReady) as refused:
        publishing.publish(business, at=timezone.now(), **BY)
    assert {g.field for g in refused.value.gaps} == {"legal_name", "number"}
    assert Business.objects.get(pk=business.pk).stage == "draft"
    assert "business.publish" not in actions(business)
    with business_scope(business.schema_name):
        version = RuleSet.objects.latest("version").version
        RuleSet.objects.create(
            version=version + 1, rules=[], author="x", origin="page", created_at=timezone.now()
        )
    fields = {g.field for g in publishing.gaps_of(business, timezone.now()) if g.blocking}
    assert "rules" in fields
    # Nothing of it concerns the other agency's business.
    assert not publish_rules.blocking(publishing.known_of(dentist.business, timezone.now())) or all(
        g.field == "legal_name"
        for g in publish_rules.blocking(publishing.known_of(dentist.business, timezone.now()))
    )


def test_an_agency_s_floor_that_was_raised_meanwhile_blocks(plumber, dentist):
    business = ready(plumber, dentist)
    Agency.objects.filter(pk=business.agency_id).update(posture_floor="press_one")
    business = Business.objects.select_related("agency").get(pk=business.pk)
    with pytest.raises(NotReady, match="stricter"):
        publishing.publish(business, at=timezone.now(), **BY)
    assert Business.objects.get(pk=dentist.business.pk).published_at is None


def at_once(*works) -> list:
    """Do all of it at one moment, each in a thread; returns what came of each."""
    came: list = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(position):
        try:
            gate.wait()
            came[position] = works[position]()
        except Exception as error:
            came[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return came


def test_two_who_publish_at_once_publish_once(plumber, dentist):
    business = ready(plumber, dentist)
    came = at_once(*[lambda: publishing.publish(business, at=timezone.now(), **BY)] * 3)
    assert sorted(is_new for _, is_new in came) == [False, False, True]
    assert actions(business).count("business.publish") == 1
    live = Business.objects.get(pk=business.pk)
    assert live.stage == "live" and live.published_at is not None
    assert Business.objects.get(pk=dentist.business.pk).published_at is None


def test_one_external_id_is_one_business_however_often_it_is_asked_for_at_once(plumber, dentist):
    agency, other = plumber.business.agency, dentist.business.agency
    wish = {
        "name": "Twice Asked", "zone": "America/Chicago", "playbook": "salon",
        "external_id": "crm-7", "at": timezone.now(), **BY,
    }  # fmt: skip
    came = at_once(*[lambda: drafts.make_draft(agency, **wish)] * 3)
    assert len({business.pk for business, _ in came}) == 1
    assert sorted(is_new for _, is_new in came) == [False, False, True]
    assert Business.objects.filter(external_id="crm-7").count() == 1
    theirs, is_new = drafts.make_draft(other, **wish)
    assert is_new and theirs.pk != came[0][0].pk


def test_another_pack_replaces_what_nobody_touched_and_nothing_else(plumber, dentist):
    business = made(plumber, playbook="auto")
    with business_scope(business.schema_name):
        MessageTemplate.objects.filter(key="missed-open").update(body="{business}: mine.")
        QuickReply.objects.filter(shortcut="car").update(body="My own words.")
    assert drafts.choose_playbook(business, "salon", at=timezone.now(), **BY)
    assert not drafts.choose_playbook(business, "salon", at=timezone.now(), **BY)
    salon = PLAYBOOKS["salon"]
    with business_scope(business.schema_name):
        bodies = dict(MessageTemplate.objects.values_list("key", "body"))
        assert bodies["missed-open"] == "{business}: mine."
        assert bodies["missed-closed-es"] == salon.text_closed_es
        shortcuts = set(QuickReply.objects.values_list("shortcut", flat=True))
        assert shortcuts == {r.shortcut for r in salon.replies} | {"car"}
        assert InboxPolicy.objects.get().target_minutes == salon.target_minutes
        spans = OpeningHours.objects.order_by("weekday", "opens")
        assert list(spans.values_list("weekday", "opens", "closes")) == list(salon.hours)
        assert RuleSet.objects.latest("version").rules == dump(first_rules(salon))
        OpeningHours.objects.filter(weekday=5).delete()  # hours of their own
    drafts.choose_playbook(business, "legal", at=timezone.now(), **BY)
    with business_scope(business.schema_name):
        assert not OpeningHours.objects.filter(weekday__in=(0, 5)).exists()
    assert actions(business) == ["business.create", "business.playbook", "business.playbook"]
    with pytest.raises(OnboardingError, match="live"):
        drafts.choose_playbook(dentist.business, "salon", at=timezone.now(), **BY)


def test_facts_that_cannot_be_name_their_fields_and_keep_nothing(plumber, dentist):
    business = made(plumber)
    with pytest.raises(FactsError) as refused:
        drafts.save_facts(
            business,
            {
                "legal_name": "Harbor Auto LLC", "ein": "07-1234567", "region": "XX",
                "postcode": "6061", "website": "not a site", "contact_email": "ann@",
                "contact_phone": "12", "legal_kind": "club", "timezone": "Mars", "name": " ",
            },
            at=timezone.now(), **BY,
        )  # fmt: skip
    assert set(refused.value.problems) == {
        "ein", "region", "postcode", "website", "contact_email", "contact_phone", "legal_kind",
        "timezone", "name",
    }  # fmt: skip
    assert BusinessFacts.objects.get(business=business).legal_name == ""
    changed = drafts.save_facts(
        business,
        {
            "legal_name": " Harbor  Auto LLC ", "ein": "12-3456789", "website": "harborauto.com",
            "contact_phone": "(312) 555-0142", "timezone": "America/New_York", "postcode": "60614",
        },
        at=timezone.now(), **BY,
    )  # fmt: skip
    facts = BusinessFacts.objects.get(business=business)
    assert (facts.legal_name, facts.ein) == ("Harbor Auto LLC", "123456789")
    assert (facts.website, facts.contact_phone) == ("https://harborauto.com", "+13125550142")
    assert Business.objects.get(pk=business.pk).timezone == "America/New_York"
    assert "ein" in changed
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ein FROM tenants_businessfacts WHERE business_id = %s", [business.pk]
        )
        assert "123456789" not in cursor.fetchone()[0]
    assert "123456789" not in str(list(AgencyEntry.objects.values_list("detail", flat=True)))
    assert not BusinessFacts.objects.filter(business=dentist.business).exists()


def test_a_number_is_taken_once_and_from_an_account_of_one_s_own(plumber, dentist):
    business = made(plumber)
    mine, theirs = (biz.business.numbers.get().account for biz in (plumber, dentist))
    wish = {"at": timezone.now(), **BY}
    with pytest.raises(OnboardingError, match="another agency"):
        drafts.take_number(business, theirs, "+13125550777", **wish)
    with pytest.raises(OnboardingError, match="already belongs"):
        drafts.take_number(business, mine, dentist.number, **wish)
    with pytest.raises(OnboardingError, match="expected a number"):
        drafts.take_number(business, mine, "312", **wish)
    with pytest.raises(OnboardingError, match="ring itself"):
        drafts.take_number(business, mine, "+13125550777", staff=["+13125550777"], **wish)
    assert not PhoneNumber.objects.filter(business=business).exists()
    first = drafts.take_number(business, mine, "+13125550777", **wish)
    assert drafts.take_number(business, mine, "+13125550777", **wish).pk == first.pk
    assert first.registration == "unregistered"
    assert actions(business) == ["business.create", "business.number"]


def test_what_was_tried_and_invited_is_asked_for_no_more(plumber, dentist):
    business = ready(plumber, dentist)
    with business_scope(business.schema_name):
        TestCall.objects.create(
            line="+13125550777", condition="no_answer", provider="simulator", asked_by="Ann",
            state="passed", started_at=timezone.now() - timedelta(minutes=1),
        )  # fmt: skip
    fields = {gap.field for gap in publishing.gaps_of(business, timezone.now())}
    assert "test" not in fields and "owner_email" in fields
    assert not Business.objects.filter(agency=dentist.business.agency, stage="draft").exists()
