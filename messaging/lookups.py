"""What kind of line a new caller has: asked once, kept for all businesses, never in a text's way for long.

telephony.md 2.8, compliance.md 8 row 3. Only where the business wants it (its policy), because each
question costs. The text waits as any delayed text does, two seconds at most, while the question is
an agenda row of its own: whatever happens to the question, the text goes. A landline gets none and
somebody is told to phone it; VoIP lines are texted, many are a landline that takes texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from billing.services import count_use
from messaging import alerts
from messaging.clearance import Policy
from messaging.models import Contact, Message
from messaging.numbers import national, textable
from messaging.people import lock_person
from messaging.policies import ask_held_again
from messaging.providers import provider
from messaging.providers.base import Credentials, Looked
from tenants import agenda
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable, decrypt
from tenants.models import NumberFact
from tenants.velocity import digest

PATIENCE = timedelta(seconds=2)  # so long a text waits for the answer, not longer
KEPT = timedelta(days=90)
# A failure is asked about again another day: the number is no less unknown for it.
FAILURE_KEPT = timedelta(days=1)
UNKNOWN, LANDLINE = "unknown", "landline"
_LOOKUP = "lookup"  # the kind of use it is counted as
_FORGET = "messaging.forget_facts"

_LOAD = """
    SELECT v.contact_id, m.conversation_id, m.their_number, m.provider, m.status, c.line_type,
           c.erased_at IS NOT NULL, coalesce(a.account_sid, ''), coalesce(a.auth_token, '')
    FROM messaging_message m
    JOIN messaging_conversation v ON v.id = m.conversation_id
    JOIN messaging_contact c ON c.id = v.contact_id
    LEFT JOIN public.tenants_phonenumber n
        ON n.e164 = m.our_number AND n.is_active AND n.business_id = %s
    LEFT JOIN public.tenants_provideraccount a ON a.id = n.account_id
    WHERE m.id = %s
"""
_SPENT = """
    SELECT coalesce(sum(quantity), 0) FROM public.billing_usagerecord
    WHERE business_id = %s AND kind = %s AND occurred_at >= date_trunc('month', %s::timestamptz)
"""
_RELEASE = """
    UPDATE messaging_message SET send_after = NULL
    WHERE id = %s AND status = 'queued'
      AND send_after <= created_at + make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The text that waits for an answer, with its person and the account to ask by."""

    contact_id: int
    conversation_id: int
    phone: str
    provider: str
    status: str
    line_type: str
    is_erased: bool
    account_sid: str
    auth_token: str = field(repr=False)


def is_wanted(contact: Contact, policy: Policy, is_known: bool, now: datetime) -> bool:
    """Whether to ask about a new caller who is about to be texted; what another asked is taken over.

    In the transaction that decides, which holds the contact's lock. `now` is aware.
    """
    if not policy.look_up_callers or is_known or contact.untextable_at is not None:
        return False
    if contact.line_type_at is not None and now - contact.line_type_at < KEPT:
        return False
    found = NumberFact.objects.filter(digest=digest(contact.phone)).first()
    if found is None or not _is_fresh(found, now):
        return True
    _note(contact, found.line_type, found.looked_up_at, now)
    return False


def ask_soon(message: Message, business_id: int, now: datetime) -> None:
    """Wish for the question in the transaction that queued the text that waits for it."""
    agenda.put(
        "messaging.lookup", str(message.pk), lane="realtime", business_id=business_id, due_at=now,
        expires_at=message.expires_at,
    )  # fmt: skip


def look_up(item: agenda.Item) -> agenda.Answer:
    """Agenda: ask what kind of line the person of a text has, then let the text go. Idempotent.

    Not asked again after a failure, nor where this month's money for it is spent: then the line
    stays unknown and the text goes (telephony.md 2.8, fail open).
    """
    now = timezone.now()
    assert item.business_id is not None
    with transaction.atomic():
        asked = _load(item)
        if asked is None or asked.status not in ("queued", "held") or asked.is_erased:
            return None
        if asked.line_type or not asked.account_sid or _is_spent(item.business_id, now):
            _release(item, asked)
            return None
        try:
            account = Credentials(asked.account_sid, decrypt(asked.auth_token))
        except Undecryptable:
            _release(item, asked)
            return None
    ask = partial(provider(asked.provider).lookup, account, asked.phone)
    return Outside(ask, partial(_learned, item, asked))


def _learned(item: agenda.Item, asked: _Asked, looked: Looked) -> None:
    """Keep the answer for every business, count its cost once, and let the text go."""
    now, mark = timezone.now(), digest(asked.phone)
    with transaction.atomic():
        lock_person(asked.conversation_id)
        contact = Contact.objects.get(pk=asked.contact_id)
        NumberFact.objects.update_or_create(
            digest=mark,
            defaults={
                "line_type": looked.line_type if looked.answered else UNKNOWN,
                "carrier": looked.carrier[:120], "looked_up_at": now,
            },
        )  # fmt: skip
        agenda.put(_FORGET, "", lane="housekeeping", business_id=None, due_at=now + FAILURE_KEPT)
        if looked.answered:
            assert item.business_id is not None
            count_use(item.business_id, _LOOKUP, f"{_LOOKUP}:{item.subject}", 1)
            if contact.erased_at is None:
                _note(contact, looked.line_type, now, now)
        _release(item, asked)


def forget_old(item: agenda.Item) -> agenda.Answer:
    """Agenda: forget what was learned of numbers so long ago that it would be asked anew. Idempotent."""
    now = timezone.now()
    NumberFact.objects.filter(looked_up_at__lt=now - KEPT).delete()
    return Later(now + FAILURE_KEPT) if NumberFact.objects.exists() else None


def _note(contact: Contact, line_type: str, asked_at: datetime, now: datetime) -> None:
    """Keep on a locked contact what kind of line it has; a landline gets no texts from now on."""
    changed = {"line_type": line_type, "line_type_at": asked_at}
    if line_type == LANDLINE:
        changed["untextable_at"] = now
        alerts.raise_alert(
            alerts.LANDLINE_CALLED,
            f"{national(contact.phone)} called and got no text: it is a landline.",
            fix="Phone them back.", subject=str(contact.pk), contact=contact, at=now,
        )  # fmt: skip
    for name, value in changed.items():
        setattr(contact, name, value)
    contact.save(update_fields=list(changed))


def _release(item: agenda.Item, asked: _Asked) -> None:
    """Let the text that waited be asked about at once; the gate knows by now what was learned."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [item.subject, PATIENCE.total_seconds()])
        if cursor.rowcount:
            cursor.execute(
                "UPDATE public.tenants_agendaitem SET due_at = now() WHERE unique_key = %s "
                "AND claimed_by = ''",
                [f"messaging.deliver:{item.business_id}:{item.subject}"],
            )
    transaction.on_commit(lambda: agenda.wake("realtime"))
    if asked.status == "held" and item.business_id is not None:
        ask_held_again(item.business_id, asked.conversation_id)


def _load(item: agenda.Item) -> _Asked | None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [item.business_id, item.subject])
        row = cursor.fetchone()
    # Only what is a number at all costs a question.
    return _Asked(*row) if row is not None and not textable(row[2]).problem else None


def _is_fresh(fact: NumberFact, now: datetime) -> bool:
    kept = FAILURE_KEPT if fact.line_type == UNKNOWN else KEPT
    return now - fact.looked_up_at < kept


def _is_spent(business_id: int, now: datetime) -> bool:
    """Whether one more question would cost more than a month may (LOOKUP_CENTS_A_MONTH)."""
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, [business_id, _LOOKUP, now])
        (asked,) = cursor.fetchone()
    return bool((int(asked) + 1) * settings.LOOKUP_PRICE > settings.LOOKUP_CENTS_A_MONTH * 100)
