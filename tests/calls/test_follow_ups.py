"""What a rule does beside its text: it tells the staff, and asks once more who did not reply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls import follow_ups
from calls.models import Call
from messaging.clearance import Policy as Choices
from messaging.models import Alert, Contact, Message, Policy, Refusal
from messaging.services import send_as
from tenants.models import AgendaItem, PhoneNumber
from tests.support.hooks import a_caller, texts_to
from tests.support.rules import change_rule, publish

DAY = 86_400


@pytest.fixture
def missed(twilio, work, stand_in, plumber):
    """Miss a call under a rule that follows up after a day; return the stored call."""
    with plumber.scope():
        change_rule(follow_up_after=DAY, follow_up_template="missed-open")

    def run(caller: str | None = None) -> Call:
        call = twilio.call(caller or a_caller("312"))
        call.arrives()
        call.dial_ends("no-answer")
        work()
        with plumber.scope():
            return Call.objects.get(provider_id=call.sid)

    return run


@pytest.fixture
def let_nudges(plumber):
    """Let the gate pass follow-ups: the policy wants them, and the person agreed in writing."""

    def allow() -> None:
        with plumber.scope():
            stored = Policy.objects.latest("pk")
            Policy.objects.create(
                **{f.name: getattr(stored, f.name) for f in Policy._meta.fields if f.name != "id"}
                | {"nudges": True, "marketing": True}
            )
            PhoneNumber.objects.update(use_case="MIXED")
            Contact.objects.update(consent_level=5, consent_at=timezone.now())

    return allow


def later(plumber, hours: float) -> None:
    """Make what happened so many hours older, and what waits so much sooner due."""
    back = timedelta(hours=hours)
    with plumber.scope():
        for model, names in (
            (Message, ("created_at", "sent_at", "delivered_at")), (Call, ("started_at", "ended_at", "decided_at")),
            (Contact, ("created_at", "last_text_back_at", "last_inbound_at", "last_person_text_at", "introduced_at")),
        ):  # fmt: skip
            for row in model.objects.all():
                for name in names:
                    if getattr(row, name):
                        setattr(row, name, getattr(row, name) - back)
                row.save()
    for item in AgendaItem.objects.all():
        item.due_at -= back
        if item.expires_at:
            item.expires_at -= back
        item.save()


def outcome(plumber, call: Call) -> dict:
    with plumber.scope():
        call.refresh_from_db()
    return (call.receipt or {}).get("follow_up") or {}


def nudges(plumber) -> int:
    with plumber.scope():
        return Message.objects.filter(purpose="nudge").count()


def test_it_waits_for_its_time_and_its_refusal_is_kept(missed, work, plumber, dentist):
    PhoneNumber.objects.update(use_case="MIXED")
    call = missed()
    item = AgendaItem.objects.get(kind="calls.follow_up")
    assert item.expires_at - item.due_at == follow_ups.USEFUL_FOR
    work()
    assert outcome(plumber, call) == {}
    later(plumber, 25)
    work()
    assert (
        outcome(plumber, call)["sentence"] == "No follow-up: who did not answer is not asked again."
    )
    with plumber.scope():
        refusal = Refusal.objects.get()
        assert (refusal.code, refusal.purpose, refusal.call) == ("NO_REPLY_NUDGE", "nudge", None)
    with dentist.scope():
        assert not Refusal.objects.exists() and not Message.objects.exists()
    assert nudges(plumber) == 0 and not AgendaItem.objects.filter(kind="calls.follow_up").exists()


def test_where_it_is_allowed_it_is_queued_once(missed, let_nudges, work, plumber):
    call = missed()
    let_nudges()
    later(plumber, 25)
    row = AgendaItem.objects.filter(kind="calls.follow_up").values().get()
    work()
    with plumber.scope():
        text = Message.objects.get(purpose="nudge")
    assert (text.author, text.call, text.client_token) == ("rule", None, f"follow-up:{call.pk}")
    assert text.template.startswith("missed-open@") and text.category == "C3"
    # The receipt says what became of it, not what was wished: nobody checked the lists yet.
    assert text.status == "held" and text.hold_code == "DNC_STALE"
    assert outcome(plumber, call)["sentence"].startswith("The follow-up waits: the number must be")
    # The worker died after its transaction, before the row was taken off: asked again, nothing more.
    AgendaItem.objects.create(**row | {"claimed_by": "", "attempts": 1})
    work()
    assert nudges(plumber) == 1


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("reply", "they replied."), ("stop", "they opted out."), ("member", "a member wrote to them."),
        ("answered", "they were answered since."), ("missed", "they called again."),
        ("off", "the rule that wanted it is switched off or changed."),
        ("gone", "the rule that wanted it is switched off or changed."),
        ("failed", "the first text did not arrive."),
    ],
)  # fmt: skip
def test_whatever_they_did_since_makes_it_unwanted(
    since, words, missed, let_nudges, twilio, work, plumber
):
    call = missed()
    let_nudges()
    if since in ("reply", "stop"):
        twilio.text(call.caller, "STOP" if since == "stop" else "Tomorrow at nine is good")
    elif since == "member":
        with plumber.scope():
            send_as(call.caller, "I will phone you at nine", author="person", author_name="Ada")
    elif since in ("answered", "missed"):
        again = twilio.call(call.caller)
        again.arrives()
        if since == "answered":
            again.screened("1")
            again.dial_ends("completed", "true", DialCallDuration="30")
        else:
            again.dial_ends("no-answer")
    elif since == "off":
        with plumber.scope():
            change_rule(is_on=False)
    elif since == "gone":
        with plumber.scope():
            publish([])
    elif since == "failed":
        with plumber.scope():
            Message.objects.filter(call=call.pk).update(status="undelivered")
    work()
    later(plumber, 25)
    work()
    assert outcome(plumber, call)["sentence"] == f"No follow-up: {words}"
    assert nudges(plumber) == 0


def test_it_expires(missed, let_nudges, work, plumber):
    call = missed()
    let_nudges()
    later(plumber, 24 + 25)
    work()
    assert outcome(plumber, call)["sentence"] == "No follow-up: it would have come too late."
    assert nudges(plumber) == 0


def test_it_counts_from_when_the_first_text_left(missed, let_nudges, work, plumber):
    call = missed()
    let_nudges()
    later(plumber, 25)
    with plumber.scope():
        Message.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    work()
    assert outcome(plumber, call) == {}
    due = AgendaItem.objects.get(kind="calls.follow_up").due_at - timezone.now()
    assert timedelta(hours=21) < due < timedelta(hours=23)


def test_one_that_waits_is_called_off_by_their_reply(
    missed, let_nudges, twilio, work, plumber, stand_in
):
    call = missed()
    let_nudges()
    later(plumber, 25)
    work()
    with plumber.scope():
        text = Message.objects.get(purpose="nudge")
        assert text.status == "held"  # the do-not-call lists have not been looked at
    twilio.text(call.caller, "Sorry, only saw it now")
    work()
    with plumber.scope():
        text.refresh_from_db()
        assert (text.status, text.error_sentence) == ("cancelled", "They wrote before it left.")
    assert len(texts_to(stand_in.requests, call.caller)) == 1


def test_a_rule_tells_the_staff(missed, plumber, dentist):
    with plumber.scope():
        change_rule(notify=True, action="skip", follow_up_after=0, follow_up_template="")
    call = missed()
    missed(call.caller)
    with plumber.scope():
        alert = Alert.objects.get(code=follow_ups.RULE_NOTIFIES)
        assert alert.times == 2 and alert.contact_id == call.contact_id
        assert alert.sentence.startswith("Rule “Text back missed calls” wants you to know: (312)")
        assert alert.sentence.endswith("called and got no text.")
        # Whoever speaks or writes with them settles it.
        send_as(call.caller, "I will phone you at nine", author="person", author_name="Ada")
        alert.refresh_from_db()
        assert alert.resolved_by == "Ada"
    with dentist.scope():
        assert not Alert.objects.exists()


def test_of_a_vip_the_staff_is_told_once(missed, plumber):
    caller = a_caller("312")
    with plumber.scope():
        change_rule(notify=True)
        now = timezone.now()
        Contact.objects.create(phone=caller, created_at=now, vip_at=now)
    missed(caller)
    with plumber.scope():
        assert Alert.objects.get().code == "VIP_CALLED"


def test_an_answered_call_tells_nobody(twilio, work, plumber, stand_in):
    with plumber.scope():
        change_rule(notify=True)
    call = twilio.call()
    call.arrives()
    call.screened("1")
    call.dial_ends("completed", "true", DialCallDuration="60")
    work()
    with plumber.scope():
        assert not Alert.objects.filter(code=follow_ups.RULE_NOTIFIES).exists()


@pytest.mark.parametrize(
    ("policy", "use_case", "words"),
    [
        (Choices(), "MIXED", "does not text again who did not answer"),
        (Choices(nudges=True), "MIXED", "marketing, which your policy has switched off"),
        (Choices(nudges=True, marketing=True), "CUSTOMER_CARE", "not registered for that"),
        (Choices(nudges=True, marketing=True), "MIXED", "only to people who agreed to that"),
    ],
)
def test_what_stands_against_follow_ups_is_said_beforehand(policy, use_case, words):
    assert words in follow_ups.warning(policy, [use_case])


def test_a_call_that_was_answered_after_all_is_not_followed_up(
    missed, let_nudges, twilio, work, plumber
):
    call = missed()
    let_nudges()
    late = twilio.call(call.caller)
    late.sid = call.provider_id
    late.screened("1")
    late.dial_ends("completed", "true", DialCallDuration="60")
    late.ends("completed", 80)
    work()
    later(plumber, 25)
    work()
    assert outcome(plumber, call)["sentence"] == "No follow-up: the call was answered after all."


def test_without_a_text_the_staff_is_reminded_to_phone(twilio, work, plumber, dentist):
    with plumber.scope():
        change_rule(follow_up_after=7200)
    call = twilio.call(a_caller("312"))
    call.arrives()
    call.dial_ends("no-answer")
    work()
    later(plumber, 3)
    work()
    with plumber.scope():
        alert = Alert.objects.get(code=follow_ups.RULE_NOTIFIES)
        assert "has not replied" in alert.sentence and alert.fix == "Phone them back."
        stored = Call.objects.get(provider_id=call.sid)
        assert "you were asked to phone them" in stored.receipt["follow_up"]["sentence"]
    assert nudges(plumber) == 0
    with dentist.scope():
        assert not Alert.objects.exists()


def test_nobody_is_reminded_of_who_has_replied(twilio, work, plumber):
    with plumber.scope():
        change_rule(follow_up_after=7200)
    call = twilio.call(a_caller("312"))
    call.arrives()
    call.dial_ends("no-answer")
    work()
    twilio.text(call.caller, "Tomorrow at nine is good")
    work()
    later(plumber, 3)
    work()
    with plumber.scope():
        assert not Alert.objects.filter(code=follow_ups.RULE_NOTIFIES).exists()
