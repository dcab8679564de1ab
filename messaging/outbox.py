"""Queueing a text: one row for every author, written with its conversation and its agenda row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from messaging import clearing, consent
from messaging.alerts import tell
from messaging.answered import answered
from messaging.attachments import outgoing
from messaging.breakers import Weighed
from messaging.clearance import PURPOSES, Clearance, Policy
from messaging.clearing import Answer, Line, Occasion, Person, Wanted
from messaging.jurisdictions import current as current_rules
from messaging.lint import has_opt_out_line
from messaging.models import Contact, Message
from messaging.people import TOUCH_SQL, forget_failed_texts
from messaging.policies import counted
from messaging.segments import measure
from messaging.upward import has_joined, text_queued, texts_settled
from tenants import agenda, live
from tenants.models import new_id

# A text is still wanted so much later, by category; a rule says its own expiry. What may have to
# wait for morning, or for a Sunday to end, needs longer (compliance.md 8, rows 16 and 39).
KEEP_TRYING = {"C2": timedelta(hours=24), "C3": timedelta(hours=72)}
KEEP_ANSWERING = timedelta(hours=12)
# A first text says who we are and how to stop; once a month it is said again (R-CTIA-5).
# A text held for the first time is asked once more so soon: what would have let it go may have been
# committed beside the question (messaging.policies.ask_held_again sees only what is committed).
LOOK_AGAIN = timedelta(seconds=30)
INTRODUCED_FOR = timedelta(days=30)
OPEN_FOR = timedelta(hours=24)

# Whose text answers somebody who waits, and should be seen before another answers: a rule's or our own confirmation does not.
ANSWERS = frozenset({"person", "api", "assistant"})

# {}: what comes first, and the gate's answers with the row of the ledger that allows the text.
_INSERT = f"""
    WITH {{}} conversation AS ({TOUCH_SQL}),
    message AS (
        INSERT INTO messaging_message
            (id, conversation_id, direction, status, author, author_name, author_user, body, media,
             segments, encoding, our_number, their_number, category, call, client_token, provider,
             error_code, error_sentence, attempts, absences, created_at, send_after, expires_at,
             claimed_at, purpose, clearances, held_until, hold_code, template)
        SELECT %(id)s, conversation.id, 'out', %(status)s, %(author)s, %(author_name)s,
               %(author_user)s, %(body)s, '[]', %(segments)s, %(encoding)s, %(our_number)s,
               %(their_number)s, %(category)s, %(call)s, %(client_token)s, %(provider)s, '', '',
               %(attempts)s, 0, %(at)s, %(send_after)s, %(expires_at)s, %(claimed_at)s,
               %(purpose)s, {{}}, %(held_until)s, %(hold_code)s, %(template)s
        FROM conversation RETURNING conversation_id
    ),
    contact AS (
        UPDATE messaging_contact SET
            last_text_back_at = CASE WHEN %(author)s = 'rule' THEN %(at)s ELSE last_text_back_at END,
            last_person_text_at = CASE WHEN %(answers)s THEN %(at)s ELSE last_person_text_at END,
            introduced_at = CASE WHEN %(introduces)s THEN %(at)s ELSE introduced_at END
        WHERE id = %(contact)s AND %(author)s <> 'system'
    ),
    row AS (
        INSERT INTO public.tenants_agendaitem
            (lane, kind, business_id, subject, unique_key, due_at, expires_at, state, attempts,
             claimed_by, last_error, created_at)
        VALUES (%(lane)s, 'messaging.deliver', %(business)s, %(id)s, %(key)s, %(due_at)s,
                %(expires_at)s, 'waiting', %(attempts)s, %(claimed_by)s, '', now())
        RETURNING id
    )
    SELECT message.conversation_id, row.id {{}} FROM message, row
"""
_PLAIN = _INSERT.format("", "%(clearances)s", "")
# On one line: a longer statement than 4096 characters the driver would read anew every time.
_WITH_EVENT = " ".join(
    _INSERT.format(
        f"{consent.APPEND},",
        "jsonb_set(%(clearances)s, '{0,consent_event}', "
        "coalesce((SELECT to_jsonb(id) FROM event), 'null'))",
        f", {consent.APPENDED}",
    ).split()
)


class NotAllowed(Exception):
    """The gate refused a text; `clearance` says why, `answer` is what is kept of it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.clearance.sentence)
        self.answer = answer
        self.clearance: Clearance = answer.clearance


class EmptyText(ValueError):
    """There is nothing to send."""

    def __init__(self) -> None:
        super().__init__("body: the text is empty")


@dataclass(frozen=True, slots=True)
class Sender:
    """The business and line a text leaves from.

    own_numbers: every E.164 number that is the business's; auth_token: as stored, encrypted.
    """

    business_id: int
    schema: str
    number: str
    provider: str
    own_numbers: frozenset[str]
    policy: Policy
    may_send: bool = True  # the number's registration (tenants.models.MAY_SEND)
    use_case: str = ""
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as its author wants it. Times are aware; call is the call a text-back answers.

    category defaults to that of the occasion's purpose; template is "key@version"; rely_on is
    called once the text is allowed, and returns the ledger row that allows it, or the event that
    is to be written with the text; weighed is what a rule's text was counted against.
    """

    body: str
    author: str
    author_name: str = ""
    author_user: int | None = None
    category: str = ""
    occasion: Occasion = field(default_factory=Occasion)
    template: str = ""
    rely_on: Callable[[], int | consent.Prepared | None] | None = None
    call: int | None = None
    client_token: str | None = None
    send_after: datetime | None = None
    # send_after is an hour a member chose: the gate is asked about that hour, and until it has come
    # nobody was texted and nothing is answered (messaging/scheduled.py).
    is_chosen: bool = False
    expires_at: datetime | None = None
    weighed: Weighed | None = None
    # Ids of files a member uploaded in this conversation (messaging/attachments/outgoing.py).
    attachments: tuple[str, ...] = ()


def queue(
    contact: Contact,
    draft: Draft,
    sender: Sender,
    now: datetime,
    *,
    unread: int = 0,
    claimed: bool = False,
) -> tuple[Message, agenda.Item]:
    """Queue one text: message, conversation and agenda row in one statement of the caller's transaction.

    `contact` must be locked by that transaction (messaging.people.lock_contact). With `claimed`
    the text is written as already claimed by this process, which must hand it over at once
    (messaging.delivery.hand_over); should it die, the agenda row's lease brings it back. `unread`
    counts what came with it that nobody has read. A text that the gate holds is written as held
    and never as claimed: look at the message's status. Raises NotAllowed when the gate refuses,
    ValueError for an empty body, IntegrityError for a client_token used before.
    """
    wanted = wanted_of(contact, draft, now)
    files = outgoing.take(contact, draft.attachments) if draft.attachments else []
    wanted = replace(wanted, body=clearing.completed(wanted, sender.policy))
    line = Line(sender.own_numbers, sender.may_send, sender.use_case)
    at = draft.send_after if draft.is_chosen and draft.send_after else now
    policy = counted(sender.policy, sender.business_id, now)
    answer = clearing.ask(wanted, Person.of(contact), line, policy, current_rules(), at)
    clearance = answer.clearance
    if draft.weighed is not None and not clearance.may_send:
        draft.weighed.give_back(now)
    if clearance.result == "never":
        raise NotAllowed(answer)
    event = None
    if draft.rely_on is not None:
        relied_on = draft.rely_on()
        if isinstance(relied_on, consent.Prepared):
            event, relied_on = relied_on, None
        if event is not None and event.standing:
            # It changes the contact's row, as the text does: no statement may change a row twice.
            relied_on, event = consent.append(event), None
        answer.entry["consent_event"] = relied_on
    answer.entry["occasion"] = replace(draft.occasion, is_first=wanted.is_first).as_dict()
    is_held = clearance.result == "hold"
    if is_held:
        tell(clearance, contact.phone, now, contact)
    claimed = claimed and not is_held
    # A member's text that has not left ends nothing that calls for somebody, so that taking it back
    # leaves all as it was: `send_after` says so of it (messaging/answered.py).
    send_after = draft.send_after or (now if is_held and draft.author == "person" else None)
    expires_at = clearance.expires if is_held else wanted.expires_at
    body, size = wanted.body, measure(wanted.body)
    # People and rules are waited for; an API client's thousands must not stand in their way.
    lane = "bulk" if draft.author == "api" else "realtime"
    due_at = now + agenda.LEASE if claimed else (draft.send_after or now)
    if is_held and clearance.until is not None:
        due_at = max(due_at, min(clearance.until, now + LOOK_AGAIN))
    message = Message(
        id=new_id(), direction="out",
        status="sending" if claimed else "held" if is_held else "queued",
        author=draft.author, author_name=draft.author_name[:120], author_user=draft.author_user,
        body=body, segments=1 if files else size.segments, encoding=size.encoding, our_number=sender.number,
        their_number=contact.phone, category=wanted.category, call=draft.call,
        client_token=draft.client_token, provider=sender.provider, attempts=1 if claimed else 0,
        created_at=now, send_after=send_after, expires_at=expires_at,
        claimed_at=now if claimed else None, purpose=draft.occasion.purpose,
        clearances=[answer.entry], held_until=clearance.until,
        hold_code=clearance.code if is_held else "", template=draft.template[:60],
    )  # fmt: skip
    subject, counts = str(message.pk), not draft.is_chosen
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            **{name: getattr(message, name) for name in _COLUMNS},
            "contact": contact.pk, "unread": unread, "at": now,
            "line": _line(body, counts), "direction": "out",
            "mends": draft.author in ("api", "assistant"), "news": unread > 0,
            "answers": draft.author in ANSWERS and counts, "since": None, "lane": lane,
            "id": subject, "business": sender.business_id,
            "key": f"messaging.deliver:{sender.business_id}:{subject}", "due_at": due_at,
            "claimed_by": agenda.whoami() if claimed else "",
            "clearances": Jsonb(message.clearances),
            "introduces": has_opt_out_line(body) and wanted.category != "C0" and counts,
        }  # fmt: skip
        if event is None:
            cursor.execute(_PLAIN, values)
            message.conversation_id, item_id = cursor.fetchone()
        else:
            cursor.execute(_WITH_EVENT, values | event.values)
            message.conversation_id, item_id, *written = cursor.fetchone()
            answer.entry["consent_event"] = consent.appended(event, *written)
    if files:
        outgoing.link(message, files)
    item = agenda.Item(
        item_id, lane, "messaging.deliver", sender.business_id, sender.schema, subject, due_at,
        expires_at, message.attempts,
    )  # fmt: skip
    if not claimed and due_at <= datetime.now(UTC) + timedelta(seconds=1):
        transaction.on_commit(lambda: agenda.wake(lane))
    if draft.author == "person" and send_after is None:
        answered(contact.pk, by=draft.author_name, written_at=now, at=now)
    if counts:
        text_queued(contact, message)
    live.changed(message.conversation_id)
    return message, item


def _line(body: str, counts: bool) -> str:
    """Return what the list shows of a text; a picture without words is called one."""
    words = body or "Picture"
    return (words if counts else f"Scheduled: {words}")[:200]


_COLUMNS = (
    "status", "author", "author_name", "author_user", "body", "segments", "encoding",
    "our_number", "their_number", "category", "call", "client_token", "provider", "attempts",
    "send_after", "expires_at", "claimed_at", "purpose", "held_until", "hold_code", "template",
)  # fmt: skip


def wanted_of(contact: Contact, draft: Draft, now: datetime) -> Wanted:
    """Return a draft as the gate is asked about it. Raises ValueError naming body or category."""
    body = draft.body.strip()
    if not body and not draft.attachments:
        raise EmptyText
    if draft.attachments and draft.author != "person":
        raise ValueError("attachments: only a member's text carries files")
    purpose = draft.occasion.purpose
    if purpose not in PURPOSES:
        raise ValueError(f"purpose: expected one of: {', '.join(PURPOSES)}")
    category = draft.category or PURPOSES[purpose]
    introduced, last = contact.introduced_at, contact.last_inbound_at
    is_known = introduced is not None and now - introduced < INTRODUCED_FOR
    is_open = last is not None and now - last < OPEN_FOR
    return Wanted(
        to=contact.phone,
        body=body,
        author=draft.author,
        category=category,
        occasion=draft.occasion,
        expires_at=draft.expires_at
        or (draft.send_after or now) + KEEP_TRYING.get(category, KEEP_ANSWERING),
        created_at=now,
        # A text-back always says both; in an open conversation they know whom they write with.
        is_first=purpose == "text_back" or not (is_known or is_open),
        brake=draft.weighed.brake if draft.weighed else None,
        throttled_until=draft.weighed.throttled_until if draft.weighed else None,
        has_files=bool(draft.attachments),
        has_joined=has_joined(purpose, contact.phone),
    )


def cancel_text_backs(contact_id: int, business_id: int, why: str, *, but: int) -> int:
    """Cancel the text-backs of a person that have not left, but that about one call; returns how many.

    Must run in a transaction that holds the contact's lock.
    """
    threads = Message.objects.filter(
        conversation__contact=contact_id, author="rule", status__in=["queued", "held"]
    ).values_list("conversation_id", "call")
    return sum(
        cancel_waiting(thread, business_id, why, call=call)
        for thread, call in list(threads)
        if call is not None and call != but
    )


def cancel_waiting(
    conversation_id: int, business_id: int, why: str, *, call: int | None = None
) -> int:
    """Cancel every text of a conversation that has not left, or only those about one call.

    Returns how many. Must run in a transaction that holds the contact's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET status = 'cancelled', error_sentence = %s "
            "WHERE conversation_id = %s AND direction = 'out' AND status IN ('queued', 'held') "
            # The confirmation of an opt-out alone may follow it (R-REV-5).
            "AND purpose <> 'confirm_stop' AND (%s::bigint IS NULL OR call = %s) RETURNING id",
            [why, conversation_id, call, call],
        )
        ids = [str(row[0]) for row in cursor.fetchall()]
    for message_id in ids:
        agenda.drop("messaging.deliver", message_id, business_id)
    if ids:
        forget_failed_texts(conversation_id)
        texts_settled(ids)
    return len(ids)
