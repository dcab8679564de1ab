"""The rules at their pages: read, changed in a draft, reviewed, published, restored, tried and pinned."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from calls import rulebook
from calls.models import Call, PinnedCall, RuleDraft, RuleSet
from messaging.models import AuditEntry, Contact, Message, MessageTemplate, TemplateVersion
from tests.support.hooks import a_caller, a_sid
from tests.support.rules import publish

HOSTILE = "<script>alert(1)</script> {% now %} {{ x }} \"'&"
# The first rule's form as it stands.
AS_IT_IS = {
    "name": "Text back missed calls", "shows": ["ring", "closed"], "ring_at_least": "4",
    "action": "text", "template": "missed-open", "template_closed": "missed-closed",
    "cool_down_n": "12", "cool_down_unit": "3600", "act": "keep",
}  # fmt: skip
ALL_OUTCOMES = [
    "no_answer", "busy", "unreachable", "declined", "caller_hung_up", "forwarded", "not_accepted",
]  # fmt: skip
AS_IT_IS["outcomes"] = ALL_OUTCOMES
EDIT = "/rules/edit/text-back/"
PAGES = ["/rules/", EDIT, "/rules/what-if/", "/rules/pinned/", "/rules/versions/",
         "/rules/versions/1/", "/rules/texts/missed-open/", "/rules/texts/new/"]  # fmt: skip


def published(member, page: str | None = None, status: int = 302, **more):
    """Publish the member's draft as the review page would."""
    page = page or member.get("/rules/review/")
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen
    return member.post("/rules/review/", {"seen": seen[1], "act": "publish", **more}, status)


def version(biz) -> RuleSet:
    with biz.scope():
        found = rulebook.latest()
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def _others_see_nothing(dentist):
    """Whatever the plumber does, the dentist's rules stay as they were."""
    yield
    with dentist.scope():
        assert RuleSet.objects.count() == 1 and not RuleDraft.objects.exists()
        assert not PinnedCall.objects.exists()
        assert MessageTemplate.objects.count() == 4


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_and_only_governors_change(path, owner, agent):
    assert "Rules" in owner.get(path)
    page = agent.get(path)
    main = page[page.index("<main") : page.index("</main")]
    assert 'method="post"' not in main or "Keep in my draft" not in main
    for act in ("Publish", "Add a rule", "Pin this decision", "Keep this text"):
        assert act not in main, act


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/rules/change/", {"act": "switch text-back"}),
        ("/rules/add/", {"start": "vip"}),
        (EDIT, AS_IT_IS | {"name": "Mine"}),
        ("/rules/discard/", {}),
        ("/rules/review/", {"act": "publish"}),
        ("/rules/versions/1/", {"based_on": "1"}),
        ("/rules/what-if/pin/", {"name": "x", "line": "+13125550100"}),
        ("/rules/texts/missed-open/", {"name": "x", "body": "y"}),
        ("/rules/texts/new/", {"name": "x", "body": "y"}),
    ],
)
def test_a_receptionist_changes_nothing(path, data, agent, plumber):
    assert "owner or a manager" in agent.post(path, data, status=403)
    with plumber.scope():
        assert RuleSet.objects.count() == 1 and not RuleDraft.objects.exists()
        assert not PinnedCall.objects.exists() and not AuditEntry.objects.exists()
        assert not MessageTemplate.objects.filter(name="x").exists()


def test_the_list_reads_as_sentences(owner):
    page = owner.get("/rules/")
    assert "unless the caller hangs up within 4 s: text “Missed call, open”" in page
    assert "Version 1, The system" in page


def test_a_change_waits_in_the_draft_until_it_is_published(owner, plumber, manager):
    owner.post("/rules/change/", {"act": "switch text-back"})
    assert "Your draft" in owner.get("/rules/") and "is switched off." in owner.get("/rules/")
    assert "Your draft" not in manager.get("/rules/")
    assert version(plumber).version == 1
    page = published(owner, note="We are away")
    assert "Published. Version 2 decides" in page and "Your draft" not in page
    new = version(plumber)
    assert (new.version, new.author, new.origin, new.note) == (
        2,
        str(owner.user),
        "page",
        "We are away",
    )
    assert new.author_user == owner.user.pk and new.rules[0]["is_on"] is False
    with plumber.scope():
        assert AuditEntry.objects.get(action="rules.publish").detail["version"] == 2
    listed = owner.get("/rules/versions/")
    assert "is switched off." in listed and "We are away" in listed and "In force" in listed


def test_a_draft_that_says_what_is_in_force_is_none(owner, plumber):
    for _ in range(2):
        owner.post("/rules/change/", {"act": "switch text-back"})
    with plumber.scope():
        assert not RuleDraft.objects.exists()
    owner.post(EDIT, AS_IT_IS)
    with plumber.scope():
        assert not RuleDraft.objects.exists()


def test_rules_are_added_moved_and_removed_by_buttons(owner, plumber):
    for key in ("vip", "third", "area", "closed", "blank"):
        owner.post("/rules/add/", {"start": key})
    with plumber.scope():
        ids = [rule["id"] for rule in RuleDraft.objects.get().rules]
    kinds = [ident.split("-")[0] for ident in ids]
    assert kinds == ["closed", "area", "third", "vip", "text", "blank"]
    owner.post("/rules/change/", {"act": f"down {ids[0]}"})
    owner.post("/rules/change/", {"act": f"up {ids[0]}"})
    owner.post("/rules/change/", {"act": f"up {ids[0]}"})  # it is the first: nothing happens
    owner.post("/rules/change/", {"act": f"remove {ids[5]}"})
    owner.post("/rules/change/", {"act": f"remove {ids[5]}"})  # twice is no error
    owner.post("/rules/change/", {"act": f"down {ids[3]}"})
    with plumber.scope():
        now = [rule["id"] for rule in RuleDraft.objects.get().rules]
    assert now == [ids[0], ids[1], ids[2], ids[4], ids[3]]
    assert "Never its turn" not in owner.get("/rules/")
    owner.post("/rules/add/", {"start": "nonsense"}, status=404)


def test_a_rule_that_never_gets_its_turn_is_marked(owner, plumber):
    with plumber.scope():
        publish(
            [
                {"id": "all", "name": "All", "when": {}, "then": {"template": "missed-open"}},
                {"id": "late", "name": "Late", "when": {}, "then": {"action": "skip"}},
            ]
        )
    assert "Never its turn: “All”" in owner.get("/rules/")


def test_one_rule_is_edited_as_a_sentence(owner, plumber):
    page = owner.get(EDIT)
    assert 'value="Text back missed calls"' in page and "2 segments" in page
    added = owner.post(EDIT, AS_IT_IS | {"act": "add day"}, status=200)
    assert 'name="from_time"' in added and 'name="from_time"' not in page
    assert 'data-clause="ring"' not in owner.post(EDIT, AS_IT_IS | {"act": "drop ring"}, status=200)
    seen = owner.post(
        EDIT, AS_IT_IS | {"act": "preview", "shows": ["hours"], "states": ["closed"]}, status=200
    )
    assert "while you are closed: text" in seen
    with plumber.scope():
        assert not RuleDraft.objects.exists()  # looking keeps nothing
    owner.post(
        EDIT,
        AS_IT_IS
        | {
            "name": "Evenings", "shows": ["day", "who", "tags", "nth", "area", "delay", "notify"],
            "outcomes": ["busy"], "lines": [plumber.number], "weekdays": ["0", "4"],
            "from_time": "17:30", "to_time": "08:00", "callers": ["new"], "tags": "builder, big  job",
            "nth_from": "2", "nth_within_n": "1", "nth_within_unit": "3600", "area_codes": "312, 773",
            "delay_n": "2", "delay_unit": "60",
        },
    )  # fmt: skip
    with plumber.scope():
        rule = RuleDraft.objects.get().rules[0]
    assert rule["name"] == "Evenings" and rule["id"] == "text-back"
    assert rule["when"] == {
        "lines": [plumber.number], "outcomes": ["busy"], "callers": ["new"],
        "tags": ["big  job", "builder"], "nth_from": 2, "nth_within": 3600,
        "area_codes": ["312", "773"], "weekdays": [0, 4], "from_time": "17:30", "to_time": "08:00",
    }  # fmt: skip
    assert rule["then"] == {"template": "missed-open", "delay": 120, "notify": True}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Expected a name"),
        ({"ring_at_least": "soon"}, "Write a whole number"),
        ({"ring_at_least": "601"}, "Expected a whole number from 0 to 600"),
        ({"cool_down_n": "٣"}, "Write a whole number"),
        ({"cool_down_n": "91", "cool_down_unit": "86400"}, "Expected 0 s to 90 days"),
        ({"cool_down_unit": "7"}, "Write a whole number"),
        ({"template": ""}, "Choose the text that is sent."),
        ({"template": "gone"}, "There is no template “gone”."),
        ({"outcomes": ["nonsense"]}, "Expected a list of"),
        ({"lines": ["+16025550100"]}, "is no line of this business"),
        ({"shows": ["area"], "area_codes": "31, 773"}, "Write area codes of three digits"),
        ({"shows": ["day"], "from_time": "17:30"}, "A span of the day has a beginning and an end."),
        ({"shows": ["day"], "from_time": "late", "to_time": "8"}, "Write a time such as 17:30."),
        ({"shows": ["second"], "template_b": "missed-closed"}, "A second text and its share"),
        ({"shows": ["follow"], "follow_up_after_n": "0", "follow_up_after_unit": "60", "follow_up_template": "missed-open"}, "Say after how long"),
        ({"shows": ["tags"], "tags": "a", "without_tags": "a"}, "Asked for and excluded: a"),
        ({"shows": ["tags"], "tags": "x" * 60}, "at most 40 letters"),
        ({"action": "shout"}, "Expected one of"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_and_what_was_typed_stays(wrong, words, owner, plumber):
    page = owner.post(EDIT, AS_IT_IS | {"name": "Typed"} | wrong, status=422)
    assert words in page, words
    if "name" not in wrong:
        assert 'value="Typed"' in page
    for name, value in wrong.items():
        if name != "action" and isinstance(value, str) and value:
            assert value in page
    with plumber.scope():
        assert not RuleDraft.objects.exists()


def test_what_is_hostile_is_shown_as_text(owner, plumber):
    data = AS_IT_IS | {"name": HOSTILE[:80], "shows": ["tags"], "tags": HOSTILE[:30]}
    owner.post(EDIT, data)
    with plumber.scope():
        MessageTemplate.objects.update(name=HOSTILE[:80])
        rulebook.pin_facts(
            _facts(), HOSTILE[:100], rulebook.rules_of(rulebook.latest()), by=HOSTILE, at=timezone.now(),
            now=timezone.now(),
        )  # fmt: skip
    for path in ("/rules/", EDIT, "/rules/review/", "/rules/pinned/", "/rules/texts/missed-open/"):
        page = owner.get(path)
        assert "<script>alert" not in page and "&lt;script&gt;" in page, path
    published(owner, accept="on", note=HOSTILE)
    for path in (
        "/rules/",
        "/rules/versions/",
        "/rules/versions/2/",
        "/rules/versions/?from=1&to=2",
    ):
        page = owner.get(path)
        assert "<script>alert" not in page and "&lt;script&gt;" in page, path
    page = owner.get(
        "/rules/what-if/", status=422, line="+13125550100", who="contact", q=HOSTILE[:50]
    )
    assert "<script>alert" not in page and "Nobody by that name" in page


def _facts():
    from calls.facts import Facts
    from calls.outcome import Outcome

    now = timezone.now()
    return Facts(Outcome("missed", "no_answer"), now, now, 20, caller="+13125550142")


def test_somebody_else_published_meanwhile(owner, manager, plumber):
    owner.post("/rules/change/", {"act": "switch text-back"})
    before = owner.get("/rules/review/")
    manager.post(EDIT, AS_IT_IS | {"name": "By the manager"})
    published(manager)
    page = published(owner, before, status=409)
    assert "Max published version 2 meanwhile" in page
    assert "“Text back missed calls” is now called “By the manager”." in page  # theirs
    assert "is switched off." in page  # mine: nothing of it is lost
    assert version(plumber).version == 2
    owner.post("/rules/review/", {"act": "rebase"})
    assert "“By the manager” is now called “Text back missed calls”." in owner.get("/rules/review/")
    published(owner)
    assert (version(plumber).version, version(plumber).author) == (3, str(owner.user))


def test_a_draft_changed_in_another_window_is_looked_at_first(owner, plumber):
    owner.post("/rules/change/", {"act": "switch text-back"})
    seen = owner.get("/rules/review/")
    owner.post(EDIT, AS_IT_IS | {"name": "Other window"})
    page = published(owner, seen, status=409)
    assert "changed in another window" in page and "Other window" in page
    assert version(plumber).version == 1


def test_a_draft_is_thrown_away(owner, plumber):
    owner.post("/rules/change/", {"act": "switch text-back"})
    assert "thrown away" in owner.post("/rules/discard/")
    owner.post("/rules/discard/")  # twice is no error
    page = owner.post("/rules/review/", {"act": "publish"})
    assert "nothing to publish" in page and version(plumber).version == 1


def test_a_pinned_call_stops_a_publication_until_somebody_says_so(owner, plumber):
    query = {"line": plumber.number, "who": "new", "happens": "no_answer", "time": "12:00"}
    page = owner.get("/rules/what-if/", **query)
    assert "Text back: nobody answered." in page and "SEND" in page
    assert "Pinned." in owner.post("/rules/what-if/pin/", query | {"name": "New at noon"})
    page = owner.post("/rules/what-if/pin/", query | {"name": "New at noon"}, status=422)
    assert "There is a pinned call named “New at noon” already." in page
    with plumber.scope():
        pin = PinnedCall.objects.get()
        assert (pin.action, pin.code, pin.rule) == ("send", "SEND", "text-back")
        assert not Contact.objects.exists() and not Message.objects.exists()
    owner.post("/rules/change/", {"act": "switch text-back"})
    assert "Otherwise" in owner.get("/rules/pinned/")
    assert "1 pinned call would be decided otherwise" in owner.get("/rules/review/")
    refused = published(owner, status=422, note="keep me")
    assert "tick this" in refused and 'value="keep me"' in refused
    assert version(plumber).version == 1
    published(owner, accept="on")
    assert "New at noon" in version(plumber).note
    owner.post(f"/rules/pinned/{pin.pk}/unpin/")
    owner.post(f"/rules/pinned/{pin.pk}/unpin/")  # twice is no error
    with plumber.scope():
        assert not PinnedCall.objects.exists()
        assert AuditEntry.objects.filter(action__in=["rules.pin", "rules.unpin"]).count() == 2


def test_a_call_that_was_is_pinned_from_its_receipt(owner, plumber, twilio, work, stand_in, agent):
    call = twilio.call(a_caller("312"))
    call.arrives()
    call.dial_ends("busy")
    work()
    with plumber.scope():
        stored = Call.objects.get()
        thread = Contact.objects.get().conversation.pk
    assert stored.decision == "send"
    link = f"/rules/pinned/call/{stored.pk}/"
    # A thread's entries are drawn once for all who look at it; the link is shown to who governs.
    theirs, hers = owner.get(f"/c/{thread}/"), agent.get(f"/c/{thread}/")
    assert link in theirs and "data-governs" in theirs and "data-governs" not in hers
    page = owner.get(link)
    # Decided again as it was then: the text it got itself is no reason against it.
    assert "Text back: the line was busy." in page and "On the call itself" not in page
    owner.post(link, {"name": "Busy line"})
    with plumber.scope():
        pin = PinnedCall.objects.get()
        assert call.caller not in str(pin.facts) and pin.facts["caller"] == "+13120000000"
        assert (pin.action, pin.code) == ("send", "SEND")
    assert "owner or a manager" in agent.post(link, {"name": "x"}, status=403)
    owner.get("/rules/pinned/call/999999999/", status=404)


def test_an_old_version_is_put_in_force_again(owner, plumber):
    owner.post("/rules/change/", {"act": "switch text-back"})
    published(owner)
    page = owner.get("/rules/versions/1/")
    assert "is switched on." in page and "Restore as version 3" in page
    stale = owner.post("/rules/versions/1/", {"based_on": "1"}, status=409)
    assert "Somebody published version 2" in stale
    assert "Version 3 decides" in owner.post("/rules/versions/1/", {"based_on": "2"})
    now = version(plumber)
    assert (now.version, now.origin, now.restored_from) == (3, "restored", 1)
    with plumber.scope():
        assert now.rules == RuleSet.objects.get(version=1).rules
    owner.post("/rules/versions/1/", {"based_on": "x"}, status=409)
    owner.post("/rules/versions/77/", {"based_on": "3"}, status=404)
    owner.get("/rules/versions/99999999999999999999/", status=404)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"who": "new"}, "Text back: nobody answered."),
        ({"happens": "caller_hung_up", "ring": "2"}, "your rule wants at least 4 s"),
        ({"happens": "answered", "talk": "60"}, "No text: the call was answered."),
        ({"texted": "2"}, "we texted this caller 2 h ago"),
        ({"who": "contact", "q": "withheld"}, "NOT_TEXTABLE"),
        ({"vouched": "failed"}, "SPOOF_SUSPECTED"),
    ],
)
def test_what_would_happen(asked, words, owner, plumber):
    page = owner.get(
        "/rules/what-if/",
        **({"line": plumber.number, "time": "12:00", "day": "2026-11-23"} | asked),
    )
    assert words in page
    with plumber.scope():
        assert not Contact.objects.exists() and not Call.objects.exists()
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "+16025550100"}, {"who": "x"}, {"day": "soon"}, {"day": "0001-01-01"},
        {"time": "25:00"}, {"ring": "-1"}, {"nth": "0"}, {"nth": "1000"}, {"texted": "٣"},
        {"area": "12"}, {"who": "contact", "q": ""}, {"heard": "9"}, {"happens": "z"},
    ],
)  # fmt: skip
def test_what_cannot_be_imagined_is_named(wrong, owner, plumber):
    page = owner.get("/rules/what-if/", status=422, **({"line": plumber.number} | wrong))
    assert "No call yet" in page


def test_a_known_person_is_found_by_name_and_an_opted_out_one_gets_none(
    owner, person, plumber, other_owner
):
    ask = {"line": plumber.number, "who": "contact", "time": "12:00"}
    page = owner.get("/rules/what-if/", **ask, q="maria")
    assert "Maria Lopez" in page and "Text back" in page
    with plumber.scope():
        Contact.objects.update(opted_out_at=timezone.now())
        Contact.objects.create(phone=a_caller("312"), name="Maria Diaz", created_at=timezone.now())
    assert "Whom do you mean?" in owner.get("/rules/what-if/", **ask, q="maria")
    assert "OPTED_OUT" in owner.get("/rules/what-if/", **ask, q=person.phone)
    there = other_owner.get(
        "/rules/what-if/", status=422, line="+16025550100", who="contact", q="maria"
    )
    assert "Nobody by that name" in there


def test_the_draft_is_tried_before_it_holds(owner, plumber):
    owner.post("/rules/change/", {"act": "switch text-back"})
    ask = {"line": plumber.number, "time": "12:00"}
    assert "RULE_OFF" in owner.get("/rules/what-if/", **ask, rules="draft")
    assert "Text back: nobody answered." in owner.get("/rules/what-if/", **ask, rules="in-force")


def test_a_text_is_written_linted_and_used(owner, plumber):
    page = owner.post(
        "/rules/texts/new/", {"name": "Sale", "body": "{busines}: 20% off today!"}, status=422
    )
    assert "There is no field {busines}" in page and "20% off today!" in page
    page = owner.post(
        "/rules/texts/new/", {"name": "Sale", "body": "{business}: 20% off today!"}, status=422
    )
    assert "field__error" in page
    looked = owner.post(
        "/rules/texts/new/", {"name": "", "body": "Hi {caller_name}", "act": "look"}, status=200
    )
    assert "Hi Ann" in looked
    good = "{business}: Sorry we missed you. How can we help?"
    owner.post("/rules/texts/new/", {"name": "Short one", "body": good})
    with plumber.scope():
        made = MessageTemplate.objects.get(name="Short one")
        assert made.key == "short-one" and made.body == good
        assert TemplateVersion.objects.filter(key=made.key).count() == 1
    owner.post("/rules/texts/short-one/", {"name": "Short one", "body": good})  # unchanged
    owner.post(
        "/rules/texts/short-one/?after=text-back",
        {"name": "Short one", "body": good + " Reply here."},
    )
    with plumber.scope():
        assert TemplateVersion.objects.filter(key="short-one").count() == 2
        assert AuditEntry.objects.filter(action="template.save").count() == 2
        MessageTemplate.objects.filter(key="short-one").delete()
    owner.get("/rules/texts/short-one/", status=404)


def test_a_text_that_is_gone_is_told_and_keeps_rules_from_being_published(owner, plumber):
    owner.post("/rules/add/", {"start": "closed"})
    with plumber.scope():
        MessageTemplate.objects.filter(key="missed-closed").delete()
    assert "is gone" in owner.get("/rules/")
    page = published(owner, status=422)
    assert "There is no template “missed-closed”." in page and version(plumber).version == 1


def test_what_an_audit_suggests_is_looked_at_before_it_is_published(owner, plumber):
    now = timezone.now()
    with plumber.scope():
        draft = RuleDraft.objects.create(
            name="From the audit of October", source="audit", based_on=1, author="Ringback", created_at=now,
            updated_at=now, note="18 calls a week come after six.",
            rules=[{"id": "night", "name": "Nights", "when": {"states": ["closed"]}, "then": {"template": "missed-closed"}}],
        )  # fmt: skip
    assert "18 calls a week" in owner.get("/rules/")
    page = owner.post(f"/rules/suggested/{draft.pk}/take/")
    assert "“Nights” is added as rule 1" in page and version(plumber).version == 1
    owner.post("/rules/suggested/999/take/", status=404)
    for _ in range(2):
        assert "18 calls a week" not in owner.post(f"/rules/suggested/{draft.pk}/dismiss/")


def test_a_page_of_the_rules_asks_little_of_the_database(owner, plumber):
    """However many texts and rules there are, so many questions."""
    from django.db import connection

    with plumber.scope():
        many = [{"id": f"r{n}", "name": f"R{n}", "when": {"tags": [f"t{n}"]}, "then": {"template": "missed-open"}}
                for n in range(40)]  # fmt: skip
        publish(many)
        MessageTemplate.objects.bulk_create(
            MessageTemplate(key=f"t{n}", name=f"T{n}", body="{business}: hello") for n in range(100)
        )
    for path in (
        "/rules/",
        "/rules/edit/r5/",
        "/rules/versions/",
        "/rules/what-if/?line=%2B13125550100",
    ):
        counted: list[str] = []

        def note(execute, sql, params, many, context, counted=counted):
            counted.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            owner.get(path)
        assert 6 < len(counted) <= 26, (path, len(counted))


def test_follow_ups_that_cannot_leave_are_said_beforehand(owner):
    page = owner.post(EDIT, AS_IT_IS | {"act": "add follow"}, status=200)
    assert "remind you to phone" in page and "Follow-ups will not leave" not in page
    typed = AS_IT_IS | {
        "shows": ["follow"], "follow_up_after_n": "2", "follow_up_after_unit": "3600",
        "follow_up_template": "missed-open", "act": "add notify",
    }  # fmt: skip
    assert "Follow-ups will not leave" in owner.post(EDIT, typed, status=200)


def test_two_texts_are_counted_and_nothing_is_claimed_too_early(
    owner, plumber, twilio, work, stand_in
):
    with plumber.scope():
        rules = list(version(plumber).rules)
        then = {**rules[0]["then"], "template_b": "missed-closed", "b_percent": 50}
        then.pop("template_closed")
        publish([{**rules[0], "then": then}])
    for _ in range(6):
        call = twilio.call(a_caller("312"))
        call.arrives()
        call.dial_ends("no-answer")
    work()
    twilio.text(call.caller, "Yes please", sid=a_sid("SM"))
    work()
    page = owner.get(EDIT)
    counts = [int(n) for n in re.findall(r'<td class="number">(\d+)', page)]
    assert counts[0] + counts[3] == 6 and counts[1] + counts[4] == 1
    assert "Not enough yet to compare" in page
