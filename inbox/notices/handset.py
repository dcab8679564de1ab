"""Texts from members' own phones: JOIN and STOP, and answers that go on to the caller they are for.

`text_received` is told of every text in the transaction that stored it, after STOP was obeyed
(settings.TEXT_RECEIVED_HANDLERS). What is to go on to a caller is a row of the agenda: its token is
the text it came by, so a webhook that comes twice sends it once.
"""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inbox.models import StaffPhone, Wait
from inbox.notices import answers, lost, members, phones, texts
from inbox.notices.answers import Choice
from inbox.people import numbers
from inbox.said import said
from inbox.waits import services as waits
from messaging.models import Contact, Message
from messaging.outbox import NotAllowed
from messaging.providers.base import TextEvent
from messaging.services import send_as
from tenants import agenda
from tenants.models import User
from tenants.scope import business_scope, current_business

AGENDA = "inbox.handset"


def text_received(contact: Contact, message: Message, event: TextEvent) -> None:
    """See whether a text came from a member's phone, and what it says of alerts. The contact is locked."""
    row = StaffPhone.objects.select_for_update().filter(phone=contact.phone).first()
    if row is None:
        return
    if phones.owner(row) is None:
        phones.forget(row)  # a removed member's phone is nobody's
        return
    opted_out = Contact.objects.values_list("opted_out_at", flat=True).get(pk=contact.pk)
    if opted_out is not None:
        if row.state != StaffPhone.State.OFF:
            phones.stop(row, message.created_at)
        return
    if answers.is_join(message.body):
        phones.join(row, contact, message)
        return
    if row.state == StaffPhone.State.ON:
        phones.hide(contact)
    else:
        # Who answers something else may be a stranger, and a phone that said STOP may be anybody's
        # by now: people see it.
        phones.show(contact)
        if row.joined_at is None:
            return
    agenda.put(
        AGENDA, str(message.pk), lane="realtime", business_id=current_business().pk,
        due_at=message.created_at, expires_at=message.created_at + texts.ANSWER_WITHIN,
    )  # fmt: skip


def answer(item: agenda.Item) -> None:
    """Agenda: pass a member's answer on to its caller, or tell him why it was not. Idempotent.

    One that was held up for too long goes to nobody: "on my way" is true for minutes.
    """
    found = lost.whose(item.subject)
    if found is None:
        return
    row, user, message = found
    is_late = item.expires_at is not None and timezone.now() >= item.expires_at
    if is_late and not Message.objects.filter(client_token=token_of(message)).exists():
        lost.held_up(row, user, message)
        return
    with translation.override(user.language or None):
        if row.state != StaffPhone.State.ON:
            _alerts_are_off(row)
            return
        told = _answered(row, user, message)
        if told:
            with transaction.atomic():
                texts.say(row, told, f"handset-answer:{message.pk}", timezone.now())


def died(item: agenda.Item, error: str) -> None:
    """An answer could not be passed on (settings.AGENDA_DEAD_HANDLERS): he is told, and the thread says it."""
    if item.schema:
        with business_scope(item.schema):
            found = lost.whose(item.subject)
            if found is not None:
                lost.held_up(*found)


def token_of(message: Message) -> str:
    """Return the token of the text an answer becomes: however often it is looked at, it goes once."""
    return f"{lost.TOKEN}{message.provider}:{message.provider_id}"


def _alerts_are_off(row: StaffPhone) -> None:
    """Say once a day to a phone that said STOP, and START since, how it gets alerts again."""
    now = timezone.now()
    words = _(
        "Alerts are off for this phone, and what you text is passed on to no caller. Reply JOIN to "
        "turn them on."
    )
    with transaction.atomic():
        texts.say(row, words, f"alerts-off:{row.pk}:{now:%Y%m%d}", now, invite=True)


def _answered(row: StaffPhone, user: User, message: Message) -> str:
    """Do what the answer says; return what the member is told of it, '' where nothing need be said."""
    body = message.body.strip()
    if not body:
        return _("A picture cannot be passed on from here, and nothing was sent. Open %(url)s") % {
            "url": members.base_url(current_business())
        }
    callers = texts.callers(row, message.created_at)
    choice = answers.choose(body, callers)
    if choice.what == "ask":
        return _question(choice, [c for c in callers if c.waits] or callers)
    assert choice.caller is not None
    if choice.what == "seen_to":
        _see_to(choice, user)
        return _("Noted: you see to %(name)s. No more alerts about this.") % {
            "name": choice.caller.name
        }
    try:
        sent = _pass_on(choice, user, message)
    except NotAllowed as refused:
        why = str(refused.clearance.sentence).removeprefix("No text: ")
        return _("Not sent to %(name)s: %(why)s") % {"name": choice.caller.name, "why": said(why)}
    except ValueError as wrong:
        return _("Not sent to %(name)s: %(why)s") % {"name": choice.caller.name, "why": str(wrong)}
    if sent.status == Message.Status.HELD:
        why = str(sent.clearances[-1].get("sentence", "")).removeprefix("Waits: ")
        return _("Your answer to %(name)s waits: %(why)s") % {
            "name": choice.caller.name, "why": said(why)
        }  # fmt: skip
    if message.media:
        return _("Your words went to %(name)s, the picture did not.") % {"name": choice.caller.name}
    return ""


def _question(choice: Choice, callers: list[answers.Open]) -> str:
    if choice.why == "nobody":
        return _("Not sent: you had no alert within 24 hours. Write to callers here: %(url)s") % {
            "url": members.base_url(current_business()) + reverse("inbox:home")
        }
    return _(
        "Not sent: who is it for? Send it again with the number first, like “%(slot)d: …”. %(callers)s"
    ) % {"slot": callers[0].slot, "callers": texts.listed(callers)}


def _pass_on(choice: Choice, user: User, message: Message) -> Message:
    """Send the words to the number the caller was alerted about. Raises NotAllowed, ValueError.

    Of somebody with several numbers that is the one he wrote or called from, and its consent counts.
    """
    assert choice.caller is not None
    contact = numbers.wrote_last(
        Contact.objects.get(conversation=choice.caller.conversation), choice.caller.at
    )
    return send_as(
        contact.phone, choice.words, author="person", author_name=str(user),
        author_user=user.pk, client_token=token_of(message),
    )  # fmt: skip


def _see_to(choice: Choice, user: User) -> None:
    """Say for the member that he sees to a caller: the ladder climbs no further."""
    assert choice.caller is not None
    wait = Wait.objects.filter(conversation=choice.caller.conversation, ended_at=None).first()
    if wait is not None:
        waits.acknowledge(wait.pk, user, timezone.now())
