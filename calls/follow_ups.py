"""What a rule does beside its text: it tells the staff, and it asks once more who has not replied.

Told by settings.CALL_ENDED_HANDLERS and TEXT_RECEIVED_HANDLERS, in the transaction that holds the
contact's row. A follow-up is a row of the agenda that asks everything again when it is due: whatever
the person did since makes it unwanted. What became of it stands on the call's receipt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from calls import consented
from calls.decision import Decision
from calls.hours import in_words, next_opening
from calls.models import Call
from calls.rules import Rule
from calls.setup import Setup, load_setup
from messaging import breakers
from messaging import text as templates
from messaging.alerts import RULE_NOTIFIES, raise_alert
from messaging.clearance import Policy
from messaging.clearing import Occasion
from messaging.models import Contact, Conversation, Message
from messaging.numbers import national
from messaging.outbox import Draft, EmptyText, NotAllowed, queue
from messaging.providers.base import TextEvent
from messaging.refusals import keep_refusal
from messaging.segments import measure
from tenants import agenda, live
from tenants.agenda import Later
from tenants.models import Business
from tenants.scope import current_schema

KIND = "calls.follow_up"
# So long after it was due nobody remembers the call it is about.
USEFUL_FOR = timedelta(hours=24)
# A first text that still waits is looked at again so soon.
_LOOK_AGAIN = timedelta(minutes=15)
_MISSED = (Call.Outcome.MISSED, Call.Outcome.VOICEMAIL)
_ON_ITS_WAY = ("queued", "held", "sending")
_ARRIVED = ("sent", "delivered")
MARKETING_USE = frozenset({"MARKETING", "MIXED"})  # registrations it may leave under (row 17)
_TOKEN = "follow-up:"  # and the call's id: it is queued once


def call_ended(call: Call, contact: Contact | None, decision: Decision) -> None:
    """Tell the staff where the deciding rule says so, and put its follow-up on the agenda."""
    if contact is None or call.is_test:
        return
    if call.outcome == Call.Outcome.ANSWERED:
        _call_off(contact, "They called again and were answered.")
        return
    rule, now = decision.rule, timezone.now()
    if rule is None or call.outcome not in _MISSED:
        return
    if rule.then.notify and contact.vip_at is None:  # of a VIP the staff is told anyway
        _tell(contact, rule, decision, now)
    if rule.then.follow_up_after and decision.action != "skip":
        due = (decision.due_at or now) + timedelta(seconds=rule.then.follow_up_after)
        agenda.put(
            KIND, str(call.pk), lane="realtime", business_id=_business_id(), due_at=due,
            expires_at=due + USEFUL_FOR,
        )  # fmt: skip


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """Whoever writes is not asked again: a follow-up that waits to leave is called off."""
    _call_off(contact, "They wrote before it left.")


def follow_up(item: agenda.Item) -> Later | None:
    """Agenda: ask once more who did not reply to a rule's text, if that is still wanted. Idempotent."""
    now = timezone.now()
    with transaction.atomic():
        found = Call.objects.filter(pk=item.subject).values_list("contact_id", flat=True).first()
        if found is None:
            return None
        contact = Contact.objects.select_for_update().get(pk=found)
        call = Call.objects.select_for_update().get(pk=item.subject)
        if not call.receipt or call.receipt.get("follow_up"):
            return None
        setup = load_setup(item.schema)
        rule = _rule(call, setup)
        first = Message.objects.filter(call=call.pk, author="rule").first()
        again = _not_yet(first, rule, now)
        if again is not None and (item.expires_at is None or again < item.expires_at):
            return Later(again)
        why = _unwanted(call, contact, setup, rule, first, item.expires_at, now)
        if why:
            _say(call, f"No follow-up: {why}", now)
        elif rule is not None and not rule.then.follow_up_template:
            _remind(call, contact, rule, now)
            _say(call, "Follow-up: they had not replied, so you were asked to phone them.", now)
        else:
            _say(call, _queue(call, contact, setup, item.schema, rule, now), now)
        live.changed(_thread(contact))
    return None


def warning(policy: Policy, use_cases: Iterable[str]) -> str:
    """Return what stands against follow-ups, in a sentence for whoever edits a rule.

    use_cases: what the business's numbers are registered for. compliance.md 8, rows 17, 36, 38 and
    42: a text to somebody who has not answered is marketing.
    """
    if not policy.nudges:
        return (
            "Follow-ups will not leave: your policy does not text again who did not answer. "
            "It is switched on under Compliance, Policy."
        )
    if not policy.marketing:
        return (
            "Follow-ups will not leave: a second text to somebody who did not answer counts as "
            "marketing, which your policy has switched off."
        )
    if not MARKETING_USE & frozenset(use_cases):
        return (
            "Follow-ups will not leave: a second text to somebody who did not answer counts as "
            "marketing, and your numbers are not registered for that."
        )
    return (
        "A second text to somebody who did not answer counts as marketing: it leaves only to people "
        "who agreed to that in writing and are checked against the do-not-call lists."
    )


def _tell(contact: Contact, rule: Rule, decision: Decision, now: datetime) -> None:
    who = contact.name or national(contact.phone)
    got = {"send": "is texted back", "hold": "is texted later"}.get(decision.action, "got no text")
    raise_alert(
        RULE_NOTIFIES, f"Rule “{rule.name}” wants you to know: {who} called and {got}.",
        fix="Look at the conversation, and phone them if that is better.",
        subject=f"{rule.id}:{contact.pk}", contact=contact, at=now,
    )  # fmt: skip


def _rule(call: Call, setup: Setup) -> Rule | None:
    """Return the rule that decided the call, as it is now: one switched off since follows nobody up."""
    ident = (call.receipt or {}).get("rule_id")
    return next((rule for rule in setup.rules.in_force if rule.id == ident), None)


def _not_yet(first: Message | None, rule: Rule | None, now: datetime) -> datetime | None:
    """Return when to ask again, where the first text left later than the rule counts from."""
    if first is None or rule is None:
        return None
    if first.status in _ON_ITS_WAY:
        return max(first.held_until or now, now) + _LOOK_AGAIN
    if first.sent_at is None:
        return None
    due = first.sent_at + timedelta(seconds=rule.then.follow_up_after)
    return due if now < due - timedelta(seconds=1) else None


def _unwanted(
    call: Call, contact: Contact, setup: Setup, rule: Rule | None, first: Message | None,
    expires_at: datetime | None, now: datetime,
) -> str:  # fmt: skip
    """Return why nothing follows, as it ends "No follow-up: "; '' when it is wanted still."""
    since = call.started_at
    if call.outcome == Call.Outcome.ANSWERED:
        return "the call was answered after all."
    if call.reports.filter(outcome=Call.Outcome.ANSWERED).exists():
        return "the call was answered, as the phone system says."
    if contact.erased_at is not None or contact.opted_out_at is not None:
        return "they opted out."
    if rule is None or not rule.then.follow_up_after:
        return "the rule that wanted it is switched off or changed."
    arrived = first is not None and first.status in _ARRIVED
    if not arrived and rule.then.follow_up_template:
        return "the first text did not arrive."
    if contact.last_inbound_at is not None and contact.last_inbound_at > since:
        return "they replied."
    if contact.last_person_text_at is not None and contact.last_person_text_at > since:
        return "a member wrote to them."
    later = Call.objects.filter(contact=contact, started_at__gt=since, same_as=None, is_test=False)
    for outcome in later.order_by("-started_at").values_list("outcome", flat=True)[:20]:
        if outcome == Call.Outcome.ANSWERED:
            return "they were answered since."
        if outcome in (*_MISSED, Call.Outcome.IN_PROGRESS):
            return "they called again."
    if expires_at is not None and now >= expires_at:
        return "it would have come too late."
    key = rule.then.follow_up_template
    if key and key not in setup.templates:
        return f"the text “{rule.then.follow_up_template}” is gone."
    return ""


def _queue(
    call: Call, contact: Contact, setup: Setup, schema: str, rule: Rule | None, now: datetime
) -> str:
    """Queue the follow-up; return what became of it, as the receipt says it."""
    assert rule is not None
    sender = setup.sender(schema, call.our_number)
    if sender is None:
        return "No follow-up: the number that was called is no longer this business's."
    key = rule.then.follow_up_template
    body = templates.render(
        setup.templates[key],
        {
            "business": setup.name,
            "caller_name": contact.name,
            "next_open": in_words(next_opening(setup.week, now), now),
            "phone": call.our_number,
        },
    )
    token = f"{_TOKEN}{call.pk}"
    # A follow-up is a text by a rule like any other: it counts against the limits.
    weighed = breakers.weigh(
        phone=contact.phone, business_id=setup.business_id, our_number=call.our_number,
        member=token, segments=measure(body).segments,
        attestation=consented.attestation(call.facts), now=now,
    )  # fmt: skip
    draft = Draft(
        body, "rule", author_name=rule.name, occasion=Occasion(purpose="nudge"),
        template=setup.template_versions.get(key, ""), client_token=token, weighed=weighed,
    )  # fmt: skip
    try:
        message, _ = queue(contact, draft, sender, now)
    except NotAllowed as refused:
        keep_refusal(contact, draft, refused, now)
        return "No follow-up: " + refused.clearance.sentence.removeprefix("No text: ")
    except EmptyText:
        return "No follow-up: the text came out empty."
    if message.status == "held":
        reason = message.clearances[-1]["sentence"].removeprefix("Waits: ")
        return f"The follow-up waits: {reason}"
    return "Follow-up: they had not replied, so they were texted again."


def _remind(call: Call, contact: Contact, rule: Rule, now: datetime) -> None:
    """Ask the staff to phone somebody who has not replied; settled as a rule's notice is."""
    who = contact.name or national(contact.phone)
    raise_alert(
        RULE_NOTIFIES, f"{who} has not replied since the missed call (rule “{rule.name}”).",
        fix="Phone them back.", subject=f"{rule.id}:{contact.pk}", contact=contact, at=now,
    )  # fmt: skip


def _say(call: Call, sentence: str, now: datetime) -> None:
    """Write on the call's receipt what became of its follow-up."""
    receipt = dict(call.receipt or {})
    receipt["follow_up"] = {"at": now.isoformat(), "sentence": sentence}
    call.receipt = receipt
    call.save(update_fields=["receipt"])


def _call_off(contact: Contact, why: str) -> None:
    """Cancel the follow-ups of a person that have not left. The contact's row is locked."""
    waiting = Message.objects.filter(
        conversation__contact=contact, status__in=["queued", "held"], purpose="nudge",
        client_token__startswith=_TOKEN,
    )  # fmt: skip
    for message_id in list(waiting.values_list("pk", flat=True)):
        cancelled = Message.objects.filter(pk=message_id, status__in=["queued", "held"])
        if cancelled.update(status="cancelled", error_sentence=why):
            agenda.drop("messaging.deliver", str(message_id), _business_id())


def _business_id() -> int:
    return int(Business.objects.values_list("pk", flat=True).get(schema_name=current_schema()))


def _thread(contact: Contact) -> int:
    found = Conversation.objects.filter(contact=contact).values_list("pk", flat=True).first()
    return found or 0
