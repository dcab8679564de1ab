"""Playbooks: saved without what is a business's own, put through its own verbs, taken back exactly."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import lines, opening, rulebook
from calls.models import Holiday, RuleSet
from calls.timetable import read_week
from inbox.agency.playbooks import content, drift, moving, pieces, pushing, saving
from inbox.agency.playbooks.pushing import PushError
from inbox.models import QuickReply, Tag
from inbox.settings import services
from messaging import policies, ready_texts
from messaging.models import AuditEntry
from tenants import agenda
from tenants.models import (
    AgencyEntry,
    AgencyPlaybookVersion,
    ApiKey,
    Business,
    PhoneNumber,
    PlaybookPush,
    PlaybookUse,
)
from tenants.onboarding import Request, onboard
from tenants.scope import business_scope
from tests.api.conftest import Api, refused

ALL = content.SECTIONS


def another(biz, name: str, number: str, **more) -> Business:
    """A further business of the same agency, on the same account."""
    request = Request(
        agency=biz.business.agency.name, name=name, timezone="America/Denver", number=number,
        provider="twilio", account_sid=biz.account_sid, auth_token=biz.token,
        owner_email=f"owner@{number[2:]}.example", password="correct horse battery staple",
        playbook="plumbing", **more,
    )  # fmt: skip
    return onboard(request).business


def facts(business: Business) -> pieces.Pieces:
    with business_scope(business.schema_name):
        return pieces.read(business)


def furnish(biz) -> None:
    """Give a business a set-up of its own, with things that must not go to others."""
    now, by = timezone.now(), {"by": "Dana", "door": "page"}
    with biz.scope():
        opening.save_week(
            read_week([[("8:00", "18:30")], [], [], [], [], [], []], [5]), at=now, **by
        )
        opening.add_holidays(
            [(timezone.localdate().replace(year=2031), "Stocktaking")], at=now, **by
        )
        services.save_tag(None, "north side", "blue", at=now)
        ready_texts.save(
            biz.business, "missed-open", "Missed call, open",
            f"{biz.business.name}: sorry we missed your call. How can we help? Reply STOP to opt out.",
            at=now, **by,
        )  # fmt: skip
        ready_texts.save(
            biz.business, "", "After hours", "This is {business}. Phone 312-555-0177 for help. Reply STOP to opt out.",
            at=now, **by,
        )  # fmt: skip
        for shortcut, body in (
            ("hours", f"{biz.business.name} is open from 8."),
            ("mail", "Write to dana@lakeside.example"),
        ):
            services.save_reply(
                None, shortcut=shortcut, title=shortcut, body=body, language="en", user=None,
                shared=True, governs=True,
            )  # fmt: skip
        policies.save(
            biz.business, {"strict_quiet_hours": True, "message_months": 36}, at=now, **by
        )
        line = PhoneNumber.objects.select_related("business__agency").get(e164=biz.number)
        values = lines.values_of(line) | {
            "greeting": f"Thank you for calling {biz.business.name}. We may text you.",
            "ring_seconds": 33, "label": '"Main"',
        }  # fmt: skip
        lines.save(line.pk, biz.business, values, at=now, **by)
        latest = rulebook.latest()
        rules = [
            {"id": "only-main", "name": "For the main line", "is_on": True,
             "when": {"lines": [biz.number]}, "then": {"action": "skip"}},
            *latest.rules,
            {"id": "vip", "name": "VIPs", "is_on": True, "when": {"callers": ["vip"]},
             "then": {"template": "missed-open", "notify": True}},
        ]  # fmt: skip
        rulebook.publish(
            biz.business,
            rules,
            by="Dana",
            user_id=None,
            origin="page",
            based_on=latest.version,
            at=now,
        )


def saved(biz, chosen=ALL) -> AgencyPlaybookVersion:
    version, _ = saving.save(
        biz.business.agency, biz.business, name="Plumbers", chosen=chosen, by="Ana", door="page",
        at=timezone.now(),
    )  # fmt: skip
    return version


def push(version, businesses, work, *, start=True, **more) -> PlaybookPush:
    made = pushing.make(
        version, businesses, sections=more.pop("sections", ALL), by="Ana", door="page",
        at=timezone.now(), **more,
    )  # fmt: skip
    work()
    made.refresh_from_db()
    if start:
        pushing.start(made, by="Ana", door="page", at=timezone.now())
        work()
        made.refresh_from_db()
    return made


def states(made) -> dict[str, str]:
    uses = PlaybookUse.objects.filter(push=made.pk)
    return dict(uses.values_list("business__name", "state"))


def test_a_playbook_holds_nothing_that_is_one_business_s_own(world, plumber, dentist):
    furnish(plumber)
    version, left_out = saving.save(
        plumber.business.agency, plumber.business, name="Plumbers", chosen=ALL, by="Ana",
        door="page", at=timezone.now(),
    )  # fmt: skip
    said = json.dumps(version.content)
    owned = [plumber.business.name, plumber.number, plumber.staff, "555-0177", plumber.account_sid,
             plumber.token, plumber.owner.email, "dana@", "Dana", '"Main"', "declared", plumber.schema]  # fmt: skip
    assert [each for each in owned if each.casefold() in said.casefold()] == []
    assert "{business}: sorry we missed your call" in said
    assert {piece for piece, _ in left_out} == {
        "text:after-hours",
        "reply:mail:en",
        "rule:For the main line",
    }
    assert content.read(version.content) == version.content["sections"]
    assert set(version.content["sections"]) == set(ALL)
    assert not AgencyPlaybookVersion.objects.filter(
        playbook__agency=dentist.business.agency
    ).exists()


def test_saving_the_same_again_makes_no_version_and_a_version_never_changes(
    world, plumber, dentist
):
    first = saved(plumber)
    again, _ = saving.save(
        plumber.business.agency, plumber.business, chosen=ALL, playbook=first.playbook, by="Ana",
        door="page", at=timezone.now(),
    )  # fmt: skip
    assert again.pk == first.pk
    with plumber.scope():
        services.save_tag(None, "vip", "red", at=timezone.now())
    second, _ = saving.save(
        plumber.business.agency, plumber.business, chosen=ALL, playbook=first.playbook, by="Ana",
        door="page", at=timezone.now(),
    )  # fmt: skip
    assert second.number == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        AgencyPlaybookVersion.objects.filter(pk=first.pk).update(note="x")
    with pytest.raises(saving.PlaybookError) as wrong:
        saving.save(
            dentist.business.agency, plumber.business, name="Stolen", chosen=ALL, by="Eve",
            door="page", at=timezone.now(),
        )  # fmt: skip
    assert wrong.value.field == "business"


def test_it_is_put_by_the_business_s_own_verbs_and_what_is_protected_stays(
    world, plumber, dentist, work
):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111", forward_to=("+13035550199",))
    now = timezone.now()
    with business_scope(target.schema_name):
        line = PhoneNumber.objects.get(e164="+13035550111")
        policies.save(
            target, {"posture": "press_one", "only_vouched": True}, by="Bo", door="page", at=now
        )
        ready_texts.save(
            target, "missed-closed", "Missed call, closed",
            "{business} here, closed till {next_open}. How can we help? Reply STOP to opt out.",
            by="Bo", door="page", at=now,
        )  # fmt: skip
    own = facts(target)
    theirs = facts(dentist.business)
    made = push(saved(plumber), [target], work)
    assert (made.state, states(made)) == ("done", {"Hilltop Plumbing": "applied"})
    found = facts(target)
    assert found["hours"] == facts(plumber.business)["hours"]
    assert found["policy:posture"] == "press_one"
    assert found["policy:only_vouched"] is True
    assert found["policy:strict_quiet_hours"] is True
    assert found["policy:message_months"] == 36
    assert found["text:missed-closed"] == own["text:missed-closed"]
    assert found["text:missed-open"]["body"].startswith("{business}: sorry we missed")
    assert found[f"line:{line.pk}:greeting"] == "Thank you for calling {business}. We may text you."
    assert found[f"line:{line.pk}:ring_seconds"] == 33
    assert [rule["id"] for rule in found["rules"]] == ["text-back", "vip"]
    line.refresh_from_db()
    assert (line.staff_numbers, line.label) == (["+13035550199"], "")
    use = PlaybookUse.objects.get(push=made.pk)
    assert {tuple(each) for each in use.plan["stays"]} >= {
        ("text:missed-closed", "own_text"), ("policy:posture", "stricter"), ("policy:only_vouched", "stricter"),
    }  # fmt: skip
    with business_scope(target.schema_name):
        assert RuleSet.objects.order_by("-version").first().origin == "playbook"
        actions = set(
            AuditEntry.objects.filter(actor="Ana", door="agenda").values_list("action", flat=True)
        )
    assert actions >= {
        "hours.change",
        "template.save",
        "rules.publish",
        "line.change",
        "policy.change",
    }
    assert (
        AgencyEntry.objects.filter(
            agency=plumber.business.agency, action="playbook.apply", business=target
        ).count()
        == 1
    )
    assert facts(dentist.business) == theirs


def test_rolling_back_gives_exactly_what_stood_before(world, plumber, dentist, work):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111")
    before = facts(target)
    made = push(saved(plumber), [target], work)
    assert facts(target) != before
    pushing.take_back(made, by="Ana", door="page", at=timezone.now())
    work()
    made.refresh_from_db()
    assert (made.state, states(made)) == ("taken_back", {"Hilltop Plumbing": "taken_back"})
    assert facts(target) == before


def test_rolling_back_asks_where_somebody_changed_it_since(world, plumber, dentist, work):
    furnish(plumber)
    one = another(plumber, "Hilltop Plumbing", "+13035550111")
    two = another(plumber, "Valley Plumbing", "+13035550112")
    before = facts(one), facts(two)
    made = push(saved(plumber), [one, two], work)
    with business_scope(one.schema_name):
        services.save_tag(
            Tag.objects.get(name="north side").pk, "north side", "red", at=timezone.now()
        )
    pushing.take_back(made, by="Ana", door="page", at=timezone.now())
    work()
    assert states(made) == {"Hilltop Plumbing": "kept", "Valley Plumbing": "taken_back"}
    assert facts(two) == before[1]
    use = PlaybookUse.objects.get(push=made.pk, business=one)
    assert use.plan["changed"] == ["tag:north side"]
    assert facts(one)["hours"] != before[0]["hours"]
    pushing.take_back(
        made, uses=[use.pk], mode=moving.REST, by="Ana", door="page", at=timezone.now()
    )
    work()
    assert facts(one) == before[0] | {"tag:north side": {"name": "north side", "colour": "red"}}


def test_a_problem_is_named_before_anything_is_done_and_stops_nobody_else(
    world, plumber, dentist, work
):
    version = saved(plumber, ("texts", "rules"))
    one = another(plumber, "Hilltop Plumbing", "+13035550111")
    two = another(plumber, "Valley Plumbing", "+13035550112")
    with plumber.scope():
        ready_texts.save(
            plumber.business, "", "Promo", "{business}: how can we help? Reply STOP to opt out.",
            by="Dana", door="page", at=timezone.now(),
        )  # fmt: skip
        latest = rulebook.latest()
        rules = [{**latest.rules[0], "then": {"template": "promo"}}]
        rulebook.publish(plumber.business, rules, by="Dana", user_id=None, origin="page",
                         based_on=latest.version, at=timezone.now())  # fmt: skip
    version, _ = saving.save(
        plumber.business.agency, plumber.business, chosen=["rules"], playbook=version.playbook,
        by="Ana", door="page", at=timezone.now(),
    )  # fmt: skip
    with business_scope(two.schema_name):
        ready_texts.save(two, "", "Promo", "{business}: how can we help? Reply STOP to opt out.",
                         by="Bo", door="page", at=timezone.now())  # fmt: skip
    before = facts(one)
    made = push(version, [one, two], work, start=False)
    assert made.state == "ready"
    assert states(made) == {"Hilltop Plumbing": "unfit", "Valley Plumbing": "ready"}
    assert "promo" in PlaybookUse.objects.get(push=made.pk, business=one).problem
    pushing.start(made, by="Ana", door="page", at=timezone.now())
    work()
    assert states(made) == {"Hilltop Plumbing": "unfit", "Valley Plumbing": "applied"}
    assert facts(one) == before


def test_a_staged_push_waits_for_a_click_pauses_and_stops(world, plumber, dentist, work):
    furnish(plumber)
    many = [another(plumber, f"Number {n} Plumbing", f"+1303555011{n}") for n in range(3)]
    made = push(saved(plumber, ["tags"]), many, work, first=1)
    assert made.state == "waiting"
    assert sorted(states(made).values()) == ["applied", "ready", "ready"]
    pushing.go_on(made, by="Ana", door="page", at=timezone.now())
    pushing.pause(made, by="Ana", door="page", at=timezone.now())
    work()
    assert sorted(states(made).values()) == ["applied", "waiting", "waiting"]
    pushing.stop(made, by="Ana", door="page", at=timezone.now())
    work()
    made.refresh_from_db()
    assert made.state == "stopped"
    assert sorted(states(made).values()) == ["applied", "stopped", "stopped"]
    with business_scope(many[2].schema_name):
        assert not Tag.objects.exists()
    with pytest.raises(PushError):
        pushing.go_on(made, by="Ana", door="page", at=timezone.now())


def test_hours_later_the_rest_follows_by_itself(world, plumber, dentist, work, pass_time):
    furnish(plumber)
    many = [another(plumber, f"Number {n} Plumbing", f"+1303555011{n}") for n in range(2)]
    made = push(saved(plumber, ["tags"]), many, work, first=1, wait_hours=2)
    assert made.state == "waiting"
    PlaybookPush.objects.filter(pk=made.pk).update(go_on_at=timezone.now())
    pass_time(2 * 3600)
    work()
    made.refresh_from_db()
    assert (made.state, set(states(made).values())) == ("done", {"applied"})


def test_a_row_that_runs_twice_and_a_death_between_put_it_once(world, plumber, dentist, work):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111")
    made = push(saved(plumber), [target], work, start=False)
    pushing.start(made, by="Ana", door="page", at=timezone.now())
    use = PlaybookUse.objects.get(push=made.pk)
    from inbox.agency.playbooks import applying

    item = agenda.Item(
        1,
        "housekeeping",
        moving.APPLY,
        target.pk,
        target.schema_name,
        str(use.pk),
        timezone.now(),
        None,
        1,
    )
    with business_scope(target.schema_name):
        assert applying.apply(item) is None
        versions = RuleSet.objects.count()
        assert applying.apply(item) is None  # as after a death before the row was finished
        assert RuleSet.objects.count() == versions
    work()
    assert AgencyEntry.objects.filter(action="playbook.apply", business=target).count() == 1


def test_drift_says_what_differs_and_can_be_accepted(world, plumber, dentist, work):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111")
    version = saved(plumber)
    push(version, [target], work)
    [use] = drift.runs(version.playbook)
    assert drift.of([use])[0].differs == {}
    with business_scope(target.schema_name):
        QuickReply.objects.filter(shortcut="hours").update(body="We are open from 9.")
        Holiday.objects.all().delete()
    [found] = drift.of([use])
    assert {piece.partition(":")[0] for piece in found.differs} == {"reply", "holiday"}
    assert drift.accept(use, by="Ana", door="page", at=timezone.now()) == 2
    use.refresh_from_db()
    assert drift.of([use])[0].differs == {}


def test_a_program_reads_the_drift_and_leaves_it_so(world, plumber, dentist, work):
    furnish(plumber)
    target = another(plumber, "Hilltop Plumbing", "+13035550111")
    version = saved(plumber)
    push(version, [target], work)
    with business_scope(target.schema_name):
        QuickReply.objects.filter(shortcut="hours").update(body="We are open from 9.")
    ours, theirs = (Api(ApiKey.issue(biz.business.agency, "CRM")[1]) for biz in (plumber, dentist))
    at = f"playbooks/{version.playbook_id}/drift/"
    [row] = ours.get(at).json()["results"]
    assert (row["business"], row["version"], row["is_latest"]) == (target.pk, 1, True)
    assert len(row["differs"]) == 1
    refused(ours.post(f"{at}accept/", {"business": plumber.business.pk}), 422, "business")
    for answer in (theirs.get(at), theirs.post(f"{at}accept/", {"business": target.pk})):
        refused(answer, 404)
    assert len(ours.get(at).json()["results"][0]["differs"]) == 1
    left = ours.post(f"{at}accept/", {"business": target.pk})
    assert left.status_code == 200 and left.json()["differs"] == []
    assert ours.get(at).json()["results"][0]["differs"] == []
    entry = AgencyEntry.objects.get(action="playbook.accept")
    assert entry.business_id == target.pk and entry.door == "api"


def test_another_agency_s_businesses_and_leaving_ones_are_refused(world, plumber, dentist):
    version = saved(plumber)
    with pytest.raises(PushError) as wrong:
        pushing.make(
            version, [dentist.business], sections=ALL, by="Ana", door="page", at=timezone.now()
        )
    assert wrong.value.field == "businesses"
    plumber.business.stage = "leaving"
    with pytest.raises(PushError):
        pushing.make(
            version, [plumber.business], sections=ALL, by="Ana", door="page", at=timezone.now()
        )
    plumber.business.stage = "live"
    assert not PlaybookUse.objects.exists()


@settings(max_examples=40)
@given(data=st.data())
def test_no_section_touches_what_is_protected(data):
    """Whatever a playbook and a business hold: strict choices stay strict, own words and recordings stay."""
    from datetime import date

    from inbox.agency.playbooks.planning import Place, plan
    from tenants.postures import POSTURES, strictest

    postures = st.sampled_from(list(POSTURES))
    switch = st.fixed_dictionaries({name: st.booleans() for name in content.SWITCHES})
    chosen = data.draw(st.sets(st.sampled_from(ALL)))
    policy = data.draw(switch) | {
        "posture": data.draw(postures),
        "countries": ["US"],
        "message_months": 24,
        "recording_days": 90,
    }
    there = data.draw(switch) | {
        "posture": data.draw(postures),
        "countries": ["CA", "US"],
        "message_months": 30,
        "recording_days": 9,
    }
    line = {"answering": data.draw(st.sampled_from(["staff_first", "greeting", "by_hours"])), "ring_order": "at_once",
            "ring_seconds": 20, "press_one": True, "greeting": "Ours", "voicemail": True,
            "posture": data.draw(st.sampled_from(["", *POSTURES])), "consent_digit": "1", "consent_prompt": ""}  # fmt: skip
    now = {"hours": [], "rules": [{"id": "own", "name": "Own", "when": {"lines": ["+13125550100"]}, "then": {"action": "skip"}}],
           "targets": {}, "text:a": {"name": "A", "body": "own words"}, "reply:b:en": {"title": "B", "body": "own reply"},
           **{f"policy:{name}": value for name, value in there.items()},
           **{f"line:7:{name}": value for name, value in (line | {"greeting": "own greeting", "answering": "greeting", "posture": data.draw(st.sampled_from(["", *POSTURES]))}).items()}}  # fmt: skip
    whole = {"hours": [[0, "09:00", "17:00"]], "holidays": {}, "tags": {"x": "red"}, "texts": {"a": {"name": "A", "body": "theirs"}},
             "replies": {"b:en": {"title": "B", "body": "theirs"}}, "rules": [{"id": "own", "name": "Theirs", "when": {}, "then": {}}],
             "lines": line, "policy": policy, "targets": {"target_minutes": 5}}  # fmt: skip
    floor = data.draw(postures)
    made = plan(
        whole, chosen, now, Place(frozenset({7}), frozenset({7}), floor), today=date(2026, 1, 1)
    )
    after = now | made.wanted
    assert {pieces.section_of(piece) for piece in made.changes} <= chosen
    assert after["text:a"] == now["text:a"]
    assert after["reply:b:en"] == now["reply:b:en"]
    assert after["line:7:greeting"] == "own greeting"
    assert after["line:7:answering"] == "greeting"
    assert now["rules"][0] in after["rules"]
    assert strictest(after["policy:posture"], now["policy:posture"]) == after["policy:posture"]
    holds = after["line:7:posture"] or after["policy:posture"]
    assert strictest(holds, now["line:7:posture"]) == holds
    for name in content.STRICT:
        assert after[f"policy:{name}"] or not now[f"policy:{name}"]
    assert made.covered.isdisjoint(piece for piece, _ in made.stays)
