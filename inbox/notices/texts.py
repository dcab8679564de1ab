"""Texts to staff: alerts, and what is said to a handset in answer. All leave by the gate's row 47a.

Must run in a transaction in the business's schema; nothing here calls a provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from inbox.models import Notice, StaffPhone
from inbox.notices import members
from inbox.notices.answers import Open, free_slot
from inbox.notices.plain import shortened
from inbox.notices.services import name_of
from messaging.clearing import Occasion
from messaging.models import Contact, Conversation, Message
from messaging.outbox import Draft, NotAllowed, queue
from messaging.people import lock_contact
from messaging.services import sender_of
from tenants.scope import current_business

# So long an alert may be answered from the handset.
ANSWERABLE = timedelta(hours=24)
ANSWER_WITHIN = timedelta(minutes=15)
_FIRST_WORDS = 100
# What one character costs that is not of the GSM alphabet: less than half as many fit (segments.py).
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "·": "-",
     "＠": "(at)", "‹": "(", "›": ")", "ˋ": "'", "¦": "/"}
)  # fmt: skip


def callers(phone: StaffPhone, now: datetime) -> list[Open]:
    """Return whom a phone was alerted about within a day, one a conversation, newest first."""
    sent = (
        Notice.objects.filter(
            channel="sms", target=phone.pk, state=Notice.State.SENT, slot__isnull=False,
            created_at__gt=now - ANSWERABLE, created_at__lte=now, conversation__hidden="",
        )
        .select_related("conversation__contact", "wait")
        .order_by("-sent_at", "-pk")
    )  # fmt: skip
    found: dict[int, Open] = {}
    for notice in sent:
        thread = notice.conversation
        assert thread is not None and notice.slot is not None
        if thread.pk not in found:
            found[thread.pk] = Open(
                notice.slot,
                thread.pk,
                notice.wait_id,
                name_of(thread),
                _waits(notice, thread),
                notice.created_at,
            )
    return list(found.values())


def _waits(notice: Notice, thread: Conversation) -> bool:
    wait = notice.wait
    if wait is not None:
        return wait.ended_at is None and wait.acknowledged_at is None
    return thread.actionable_at is not None


def queue_alert(notice: Notice, now: datetime, until: datetime) -> tuple[str, str]:
    """Queue the text of a notice to the phone it is for; returns the notice's new state and why.

    The notice's row is locked by the caller. Exactly once: the text's token is the notice.
    """
    on = StaffPhone.objects.filter(state=StaffPhone.State.ON)
    phone = on.filter(pk=notice.target or 0).first()
    if phone is None or phone.user != notice.user:
        return Notice.State.SKIPPED, "The phone gets no alerts any more."
    token = f"notice:{notice.pk}"
    contact = lock_contact(phone.phone, now)
    if Message.objects.filter(client_token=token).exists():
        return Notice.State.SENT, ""
    told = members.load([phone.user]).get(phone.user)
    with translation.override((told.language if told else "") or None):
        body = _alert(notice, phone, now)
    refusal = _queue(contact, body, token, now, until)
    return (Notice.State.FAILED, refusal) if refusal else (Notice.State.SENT, "")


def say(
    phone: StaffPhone, body: str, token: str, now: datetime, *, invite: bool = False,
    leaves_at: datetime | None = None,
) -> str:  # fmt: skip
    """Queue something else to a member's phone; returns why it was refused, '' when it was not.

    leaves_at: when it may leave (aware), now unless said otherwise.
    """
    contact = lock_contact(phone.phone, now)
    if Message.objects.filter(client_token=token).exists():
        return ""
    purpose = "staff_invite" if invite else "staff_alert"
    until = (leaves_at or now) + ANSWER_WITHIN
    return _queue(contact, body, token, now, until, purpose, leaves_at)


def _alert(notice: Notice, phone: StaffPhone, now: datetime) -> str:
    """Write the text: who, the first words, how to answer; with numbers where several callers wait."""
    words = f"{notice.title}."
    if notice.body:
        words += f' "{shortened(notice.body, _FIRST_WORDS)}"'
    thread = notice.conversation
    if thread is None:
        return words.translate(_PLAIN)
    others = [c for c in callers(phone, now) if c.waits or c.conversation == thread.pk]
    notice.slot = free_slot(thread.pk, others)
    others = [caller for caller in others if caller.conversation != thread.pk]
    name = name_of(thread)
    if not others:
        words += "\n" + _("Reply to this text to answer %(name)s, or OK if you see to it.") % {
            "name": name
        }
    else:
        words += "\n" + _(
            "%(count)d callers wait. To answer %(name)s begin with %(slot)d: (like “%(slot)d: on my "
            "way”). %(others)s"
        ) % {
            "count": len(others) + 1, "name": name, "slot": notice.slot,
            "others": listed(others),
        }  # fmt: skip
    return words.translate(_PLAIN)


def listed(waiting: Sequence[Open]) -> str:
    """Return callers with their numbers, as a text names them: "1 is Maria, 3 is (312) 555-0142"."""
    ordered = sorted(waiting, key=lambda caller: caller.slot)[:5]
    return (
        ", ".join(
            _("%(slot)d is %(name)s") % {"slot": caller.slot, "name": shortened(caller.name, 30)}
            for caller in ordered
        )
        + "."
    )


def _queue(
    contact: Contact, body: str, token: str, now: datetime, until: datetime,
    purpose: str = "staff_alert", leaves_at: datetime | None = None,
) -> str:  # fmt: skip
    draft = Draft(
        body.translate(_PLAIN), "system", author_name="The system",
        occasion=Occasion(purpose=purpose), client_token=token, expires_at=until,
        send_after=leaves_at if leaves_at is not None and leaves_at > now else None,
    )  # fmt: skip
    try:
        queue(contact, draft, sender_of(current_business(), contact), now)
    except NotAllowed as refused:
        return str(refused.clearance.sentence)
    except ValueError as wrong:
        return str(wrong)
    return ""
