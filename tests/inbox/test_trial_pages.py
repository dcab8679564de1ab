"""Forwarding and test calls on the business's pages: who may what, and what wrong entries say."""

from __future__ import annotations

import pytest
from django.utils import timezone

from calls.models import ForwardingCheck, Scenario, TestCall
from messaging import erasure
from messaging.models import AuditEntry, Contact
from tenants.models import AgendaItem, PhoneNumber
from tests.inbox.conftest import Member

OWN = "(312) 555-0177"
FORWARDING = "/lines/forwarding/"
TESTS = "/lines/tests/"


@pytest.fixture
def simulated(world):
    from tenants.models import ProviderAccount

    before = dict(ProviderAccount.objects.values_list("pk", "provider"))
    ProviderAccount.objects.update(provider="simulator")
    yield
    for pk, provider in before.items():
        ProviderAccount.objects.filter(pk=pk).update(provider=provider)


def the_line(biz) -> PhoneNumber:
    return PhoneNumber.objects.get(e164=biz.number)


@pytest.mark.parametrize("path", [FORWARDING, TESTS])
def test_both_pages_open_for_members_and_for_nobody_else(
    path, owner, agent, other_owner, plumber, dentist
):
    for member in (owner, agent):
        assert plumber.business.name in member.get(path)
    assert plumber.number not in other_owner.get(path)
    Member(dentist.owner, plumber.host).get(path, status=404)


def test_the_code_appears_with_what_undoes_it(owner, plumber):
    page = owner.post(
        f"{FORWARDING}save/", {"own": OWN, "carrier": "att", "condition": "no_answer"}
    )
    assert "**61*+13125550100**20#" in page and "##61#" in page
    assert "tel:**61*+13125550100**20%23" in page
    assert "**21*+13125550100#" in page and "Live Voicemail" in page
    assert "adaptlocal" not in page.split("Where this comes from")[0]
    line = the_line(plumber)
    assert (line.forwards_from, line.forwarding_carrier) == ("+13125550177", "att")
    with plumber.scope():
        note = AuditEntry.objects.get(action="line.forwarding")
        assert note.detail["carrier"] == "att" and "555" not in str(note.detail)
    again = owner.get(FORWARDING, carrier="verizon")
    assert "*713125550100" in again and "off or out of reach" in again


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"own": "", "carrier": "att"}, "Write the number your customers call"),
        ({"own": "+442071234567", "carrier": "att"}, "ordinary number of the US or Canada"),
        ({"own": "+19005551234", "carrier": "att"}, "costs nothing to call"),
        ({"own": "+18765551234", "carrier": "att"}, "costs nothing to call"),
        ({"own": "+18095551234", "carrier": "att"}, "costs nothing to call"),
        ({"own": "+13125550100", "carrier": "att"}, "one of our lines"),
        ({"own": OWN, "carrier": "nobody"}, "Choose your carrier"),
        ({"own": OWN, "carrier": ""}, "Choose your carrier"),
        ({"own": OWN, "carrier": "att", "condition": "always"}, "Expected one of"),
        ({"own": OWN, "carrier": "att", "seconds": "7"}, "AT&amp;T Wireless takes"),
        ({"own": OWN, "carrier": "att", "seconds": "x"}, "whole number of seconds"),
        ({"own": OWN, "carrier": "att", "way": "magic"}, "no such way"),
        ({"own": "<script>alert(1)</script>", "carrier": "att"}, "Write the number"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(owner, plumber, form, said):
    page = owner.post(f"{FORWARDING}save/", form, status=422)
    assert said in page and "<script>alert" not in page
    if form["own"] == OWN:
        assert OWN in page
    assert the_line(plumber).forwards_from == ""


def test_another_number_forgets_what_was_found_out(owner, plumber):
    PhoneNumber.objects.filter(e164=plumber.number).update(
        forwards_from="+13125550170", forwarding="reached", forwarding_checked_at=timezone.now()
    )
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    assert the_line(plumber).forwarding == "unknown"


@pytest.mark.parametrize("what", ["save/", "watch/"])
def test_only_who_governs_sets_it_up(agent, plumber, what):
    page = agent.post(f"{FORWARDING}{what}", {"own": OWN, "carrier": "att"}, status=403)
    assert "owner or a manager" in page and the_line(plumber).forwards_from == ""


def test_ones_own_call_is_waited_for(owner, plumber, dentist):
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    assert "Write its number" in owner.post(f"{FORWARDING}check/", {"caller": "x"}, status=422)
    page = owner.post(f"{FORWARDING}check/", {"caller": "(773) 555-0111"})
    assert "let it ring" in page and "every 1s" in page
    with plumber.scope():
        check = ForwardingCheck.objects.get()
    state = owner.get(f"{FORWARDING}check/{check.pk}/")
    assert "We wait another" in state and "<html" not in state
    Member(dentist.owner, dentist.host).get(f"{FORWARDING}check/{check.pk}/", status=404)
    assert AgendaItem.objects.get(kind="calls.forwarding_check").expires_at is None


def test_without_the_own_number_nothing_can_be_checked_or_watched(owner, plumber):
    page = owner.post(f"{FORWARDING}check/", {"caller": "(773) 555-0111"}, status=422)
    assert "Write the number" in page or "step 1" in page or "Your own number" in page
    owner.post(f"{FORWARDING}watch/", {"watched": "on"})
    assert not the_line(plumber).forwarding_watched


def test_watching_is_put_on_the_agenda_and_taken_off(simulated, owner, plumber):
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    assert "Watched from now on" in owner.post(f"{FORWARDING}watch/", {"watched": "on"})
    assert AgendaItem.objects.filter(kind="calls.watch_forwarding").count() == 1
    assert "No longer watched" in owner.post(f"{FORWARDING}watch/", {"watched": ""})
    assert not AgendaItem.objects.filter(kind="calls.watch_forwarding").exists()
    with plumber.scope():
        assert AuditEntry.objects.filter(action="line.watch").count() == 2


def test_the_simulated_carrier_is_switched_on_the_simulated_network_alone(owner, plumber):
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    owner.post(f"{FORWARDING}carrier/", {"on": "0"}, status=403)


# --- test calls -----------------------------------------------------------------------------------


def test_every_condition_stands_there_with_what_must_come_of_it(simulated, owner):
    page = owner.get(TESTS)
    assert "Nobody answers" in page and "Text back: nobody answered." in page
    assert "No text: the call was answered." in page
    assert "This line offers no key for a text." in page


def test_a_test_call_is_placed_and_watched(simulated, owner, plumber, other_owner):
    page = owner.post(f"{TESTS}place/", {"condition": "no_answer", "line": plumber.number})
    assert "Must come of it" in page and "every 500ms" in page
    with plumber.scope():
        test = TestCall.objects.get()
        assert test.caller.startswith("+1312555") and test.asked_by == str(plumber.owner)
    assert "every 500ms" in owner.get(f"{TESTS}{test.pk}/steps/")
    other_owner.get(f"{TESTS}{test.pk}/steps/", status=404)
    assert owner.get(TESTS, run=test.pk) and owner.get(TESTS, run="9" * 30)


def test_what_cannot_be_tried_is_refused_with_its_reason(simulated, owner, plumber):
    page = owner.post(f"{TESTS}place/", {"condition": "press_one"}, status=422)
    assert "offers no key" in page
    assert "Expected one of" in owner.post(f"{TESTS}place/", {"condition": "x"}, status=422)
    with plumber.scope():
        assert not TestCall.objects.exists()


def test_a_real_test_call_says_what_it_costs_and_is_for_who_governs(owner, agent, plumber):
    assert "cost money" in owner.get(TESTS)
    agent.post(f"{TESTS}place/", {"condition": "no_answer", "from": "+13125550142"}, status=403)
    page = owner.post(f"{TESTS}place/", {"condition": "no_answer", "from": "nobody"}, status=422)
    assert "nobody" in page and "One of the account" in page
    form = {"condition": "withheld", "from": "+13125550142"}
    assert "*67" in owner.post(f"{TESTS}place/", form, status=422)


def test_what_people_must_do_for_a_real_test_call_stands_at_each(owner, plumber):
    page = owner.get(TESTS)
    assert "make the staff’s phone busy" in page and "nobody picks up" in page
    assert "cannot be tried on this line" in page and "*67 before its number" in page
    run = a_run(
        plumber, state="running", provider="twilio",
        steps=[{"step": "expected", "action": "skip", "code": "ANSWERED", "guide": "Press 1 now."}],
    )  # fmt: skip
    assert "Press 1 now." in owner.get(f"{TESTS}{run.pk}/steps/")
    done = a_run(plumber, provider="twilio")
    assert "Press 1" not in owner.get(f"{TESTS}{done.pk}/steps/")


def a_run(biz, **more) -> TestCall:
    with biz.scope():
        values = {
            "line": biz.number, "condition": "answered", "caller": "+13125552000",
            "provider": "simulator", "provider_id": "CA1", "state": "passed", "asked_by": "Dana",
            "started_at": timezone.now(), "sentence": "No text: the call was answered.",
            "steps": [
                {"step": "expected", "action": "skip", "code": "ANSWERED", "sentence": "No text."},
                {"step": "placed", "title": "Call placed", "ms": 0, "took": None, "detail": ""},
                {"step": "decided", "title": "Decided", "ms": 900, "took": 12, "detail": "<b>no"},
            ],
        }  # fmt: skip
        return TestCall.objects.create(**(values | more))


def test_a_run_is_saved_tried_rested_and_deleted(simulated, owner, agent, plumber):
    run = a_run(plumber)
    shown = owner.get(TESTS, run=run.pk)
    assert "12 ms" in shown and "&lt;b&gt;no" in shown
    agent.post(f"{TESTS}{run.pk}/keep/", {"name": "Mine"}, status=403)
    assert "Give it a name" in owner.post(f"{TESTS}{run.pk}/keep/", {"name": " "}, status=422)
    assert "Saved." in owner.post(f"{TESTS}{run.pk}/keep/", {"name": "Staff answers"})
    with plumber.scope():
        scenario = Scenario.objects.get()
        assert scenario.expected["code"] == "ANSWERED" and scenario.after_rule_changes
    assert "one with this name" in owner.post(
        f"{TESTS}{run.pk}/keep/", {"name": "Staff answers"}, status=422
    )
    owner.post(f"{TESTS}saved/run/", {"scenario": scenario.pk})
    owner.post(f"{TESTS}saved/{scenario.pk}/", {"what": "rest"})
    with plumber.scope():
        assert TestCall.objects.filter(scenario=scenario).count() == 1
        assert not Scenario.objects.get().after_rule_changes
    owner.post(f"{TESTS}saved/{scenario.pk}/", {"what": "delete"})
    with plumber.scope():
        assert not Scenario.objects.exists()
        assert AuditEntry.objects.filter(action__startswith="scenario.").count() == 3


def test_a_customers_calls_do_not_pass_for_ones_own(owner, agent, plumber):
    """Nobody makes a customer's calls vanish by naming him as the phone he calls from."""
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    with plumber.scope():
        Contact.objects.create(phone="+17735550111", name="Pat Lee", created_at=timezone.now())
    page = agent.post(f"{FORWARDING}check/", {"caller": "(773) 555-0111"}, status=422)
    assert "Pat Lee is among your contacts" in page and "(773) 555-0111" in page
    with plumber.scope():
        assert not ForwardingCheck.objects.exists()
    agent.post(f"{FORWARDING}check/", {"caller": "(773) 555-0112"})
    owner.post(f"{FORWARDING}check/", {"caller": "(773) 555-0111"})
    with plumber.scope():
        assert ForwardingCheck.objects.count() == 2
        actors = list(
            AuditEntry.objects.filter(action="line.check").values_list("actor", flat=True)
        )
        assert len(actors) == len(set(actors)) == 2


def test_a_number_is_called_only_once_it_reached_us(owner, plumber, settings):
    """Whoever writes a stranger's number down does not make us ring him."""
    settings.WATCH_FROM = ("twilio", plumber.account_sid, "+13125550143")
    owner.post(f"{FORWARDING}save/", {"own": OWN, "carrier": "att"})
    assert "once a call to it reached us" in owner.get(FORWARDING)
    assert "First call yourself" in owner.post(f"{FORWARDING}watch/", {"watched": "on"})
    assert not AgendaItem.objects.filter(kind="calls.watch_forwarding").exists()
    PhoneNumber.objects.filter(e164=plumber.number).update(forwarding="reached")
    assert "Watched from now on" in owner.post(f"{FORWARDING}watch/", {"watched": "on"})
    # Another number is another phone: what was proven was proven of the first.
    owner.post(f"{FORWARDING}save/", {"own": "(312) 555-0176", "carrier": "att"})
    line = the_line(plumber)
    assert (line.forwarding, line.forwarding_watched) == ("unknown", False)
    assert not AgendaItem.objects.filter(kind="calls.watch_forwarding").exists()


def test_who_is_erased_is_in_no_look_and_no_test_call(owner, plumber, dentist):
    caller = "+17735550119"
    for biz in (plumber, dentist):
        a_run(biz, caller=caller, sentence=f"{caller} was texted.")
        with biz.scope():
            now = timezone.now()
            for detail, who in (("", caller), ("Only a call from (773) 555-0119 reached us.", "")):
                ForwardingCheck.objects.create(
                    line=biz.number, kind="self", caller=who, detail=detail, asked_by="Dana",
                    started_at=now, deadline_at=now,
                )  # fmt: skip
    with plumber.scope():
        contact = Contact.objects.create(phone=caller, created_at=timezone.now())
        erasure.erase(contact.pk, actor="Dana", door="page", at=timezone.now())
        kept = [*ForwardingCheck.objects.values_list("caller", "detail")]
        kept += TestCall.objects.values_list("caller", "sentence")
        assert "0119" not in str(kept)
    with dentist.scope():
        assert TestCall.objects.get().caller == caller


def test_the_mark_of_played_callers_is_nobodys_to_write(owner, plumber):
    form = {"number": "(773) 555-0118", "name": "Pat", "tags": "Test call", "marks": "customer"}
    assert "choose another word" in owner.post("/rules/callers/add/", form, status=422)
    with plumber.scope():
        assert not Contact.objects.exists()
