"""Publishing rules: one of two wins, pinned calls are asked, versions are never lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls import facts as call_facts
from calls import rulebook
from calls import rules as shape
from calls.facts import Facts
from calls.models import PinnedCall, RuleDraft, RuleSet
from calls.outcome import Outcome
from calls.rules import Rule, RulesError, Then, When
from messaging.models import AuditEntry
from tenants.models import Business

TOLD: list[tuple[int, int]] = []


def told(business: Business, ruleset: RuleSet) -> None:
    """A handler of settings.RULES_PUBLISHED_HANDLERS."""
    if ruleset.note == "fails":
        raise RuntimeError("a handler failed")
    TOLD.append((business.pk, ruleset.version))


@pytest.fixture(autouse=True)
def _handlers(settings, dentist):
    TOLD.clear()
    settings.RULES_PUBLISHED_HANDLERS = ["tests.calls.test_rulebook.told"]
    yield
    with dentist.scope():
        assert RuleSet.objects.count() == 1 and not RuleDraft.objects.exists()
        assert not AuditEntry.objects.exists() and not PinnedCall.objects.exists()


def rules(*names: str, **then) -> list[dict]:
    return shape.dump(
        [
            Rule(name.lower(), name, True, When(), Then(**({"template": "missed-open"} | then)))
            for name in names
        ]
    )


def publish(biz, raw, based_on=1, **more):
    with biz.scope():
        return rulebook.publish(
            biz.business, raw, by="Dana", user_id=7, origin="page", based_on=based_on,
            at=timezone.now(), **more,
        )  # fmt: skip


def facts(**more) -> Facts:
    now = timezone.now()
    return Facts(Outcome("missed", "no_answer"), now, now, 20, caller="+13125550142", **more)


def test_a_version_is_written_with_its_author_and_told(plumber):
    done = publish(plumber, rules("One"), note="why")
    assert done.is_new and done.ruleset.version == 2 and done.pins == ()
    assert [(plumber.business.pk, 2)] == TOLD
    with plumber.scope():
        entry = AuditEntry.objects.get(action="rules.publish")
        assert (entry.actor, entry.door, entry.detail) == (
            "Dana",
            "page",
            {"version": 2, "origin": "page"},
        )
        assert rulebook.latest().version == 2


def test_unchanged_rules_make_no_version(plumber):
    with plumber.scope():
        same = rulebook.latest().rules
    done = publish(plumber, same)
    assert not done.is_new and done.ruleset.version == 1 and TOLD == []
    with plumber.scope():
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("x", "rules"), ([1], "rules[0]"), ([{"id": "A", "name": "x"}], "rules[0].id"),
        (rules("One", template="gone"), "rules[0].then.template"),
        ([{"id": "a", "name": "x", "when": {"lines": ["+16025550100"]}, "then": {"action": "skip"}}], "rules[0].when.lines"),
        ([{"id": "a", "name": "x", "when": {"nonsense": 1}}], "rules[0].when.nonsense"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_field_and_changes_nothing(raw, field, plumber):
    with pytest.raises(RulesError) as wrong:
        publish(plumber, raw)
    assert field in [where for where, _ in wrong.value.problems]
    with plumber.scope():
        assert rulebook.latest().version == 1


def test_who_is_late_learns_what_is_in_force(plumber):
    publish(plumber, rules("First"))
    with pytest.raises(rulebook.Conflict) as late:
        publish(plumber, rules("Second"))
    assert late.value.latest.version == 2 and late.value.latest.rules[0]["name"] == "First"


def test_a_handler_that_fails_takes_the_version_with_it(plumber):
    with pytest.raises(RuntimeError):
        publish(plumber, rules("One"), note="fails")
    with plumber.scope():
        assert rulebook.latest().version == 1 and not AuditEntry.objects.exists()


@pytest.fixture
def unruled(plumber):
    """The plumber without any rules, until the test is over."""
    with plumber.scope():
        kept = list(RuleSet.objects.values())
    _as_superuser(plumber, [])
    yield
    _as_superuser(plumber, kept)


def _as_superuser(biz, rows) -> None:
    with biz.scope(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM calls_ruleset")
        RuleSet.objects.bulk_create([RuleSet(**row) for row in rows])
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.parametrize("is_first", [False, True])
def test_of_many_at_once_one_wins_and_the_others_are_told(is_first, plumber, request):
    if is_first:
        request.getfixturevalue("unruled")  # there is no row to lock
    won, late, other = [], [], []
    barrier = threading.Barrier(6)

    def run(number: int) -> None:
        try:
            barrier.wait()
            won.append(publish(plumber, rules(f"R{number}"), based_on=0 if is_first else 1))
        except rulebook.Conflict as conflict:
            late.append(conflict.latest.version)
        except Exception as error:
            other.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    version = 1 if is_first else 2
    assert other == [] and [done.ruleset.version for done in won] == [version]
    assert late == [version] * 5 and len(TOLD) == 1


def test_pinned_calls_stop_a_publication_unless_it_is_said(plumber):
    with plumber.scope():
        before = rulebook.rules_of(rulebook.latest())
        known, now = facts(), timezone.now()
        pin = rulebook.pin_facts(known, "Usual", before, by="Dana", at=now, now=now)
    assert (pin.action, pin.code, pin.rule) == ("send", "SEND", "text-back")
    skipping = rules("One", action="skip")
    with pytest.raises(rulebook.PinsBroken) as broken:
        publish(plumber, skipping)
    assert [result.pin.name for result in broken.value.pins] == ["Usual"]
    done = publish(plumber, skipping, accept_broken_pins=True, note="I know.")
    assert done.ruleset.note == "I know. Decided otherwise now: Usual"
    assert [result.holds for result in done.pins] == [False]
    with plumber.scope():
        assert AuditEntry.objects.get(action="rules.publish").detail["pins_broken"] == [pin.pk]


def test_a_pin_keeps_no_number_and_one_that_cannot_be_read_holds_no_more(plumber):
    with plumber.scope():
        now, current = timezone.now(), rulebook.rules_of(rulebook.latest())
        pin = rulebook.pin_facts(facts(), "  A   name ", current, by="D", at=now, now=now)
        assert pin.name == "A name" and call_facts.load(pin.facts).caller == "+13120000000"
        for name in ("", " ", "A name", "x\x00"):
            with pytest.raises(rulebook.PinError):
                rulebook.pin_facts(facts(), name, current, by="D", at=now, now=now)
        PinnedCall.objects.update(facts={"outcome": {"odd": 1}})
        result = rulebook.run_pins(current)[0]
        assert not result.holds and result.decision is None


def test_restoring_makes_a_new_version(plumber):
    publish(plumber, rules("One"))
    with plumber.scope():
        first = RuleSet.objects.get(version=1).rules
        done = rulebook.restore(
            plumber.business, 1, by="Dana", user_id=None, based_on=2, at=timezone.now()
        )
        assert (done.ruleset.version, done.ruleset.restored_from) == (3, 1)
        assert done.ruleset.rules == first and RuleSet.objects.count() == 3
        with pytest.raises(RuleSet.DoesNotExist):
            rulebook.restore(
                plumber.business, 9, by="D", user_id=None, based_on=3, at=timezone.now()
            )


def test_a_draft_is_one_of_a_member_and_remembers_where_it_began(plumber):
    now = timezone.now()
    with plumber.scope():
        one = shape.load(rules("One"))
        rulebook.save_draft(7, one, by="Dana", at=now)
    publish(plumber, rules("Two"))
    with plumber.scope():
        draft = rulebook.save_draft(7, one, by="Dana", at=now + timedelta(seconds=1))
        assert draft.based_on == 1 and RuleDraft.objects.count() == 1
        assert rulebook.save_draft(8, shape.load(rules("Two")), by="Eve", at=now) is None
        assert rulebook.draft_of(8) is None and rulebook.discard_draft(7)
        assert not rulebook.discard_draft(7)
