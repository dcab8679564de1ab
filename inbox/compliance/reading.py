"""What the compliance pages show of texts, alerts and numbers, read from the current business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.urls import reverse

from inbox.proof import CLOCKS, Proof, clock, proof_of, their_time, waits
from inbox.wording import code_words
from messaging.breakers import LETTABLE
from messaging.models import Alert, ConsentEvent, Contact, Conversation, Message, Refusal
from messaging.numbers import national
from tenants.models import MAY_SEND, PhoneNumber, RegistrationChange
from tenants.registration import explain

DAYS = 30
_SHOWN = 50
_CALLED_OFF = "CALLED_OFF"
_AUTHORS = {
    "rule": "A rule",
    "api": "The API",
    "system": "The system",
    "assistant": "The assistant",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A text that waits or was kept back, with whom it was for."""

    title: str
    url: str
    contact_id: int
    at: datetime
    body: str
    author: str
    code: str
    sentence: str
    proof: Proof | None
    held_until: datetime | None = None
    theirs: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason with how often it kept a text back; width: its share, 1 to 100."""

    code: str
    words: str
    count: int
    width: int


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An open alert with where one goes to deal with it."""

    id: int
    sentence: str
    fix: str
    times: int
    raised_at: datetime
    last_at: datetime
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A number with its registration in words."""

    number: str
    state: str
    may_send: bool
    sentence: str
    fix: str
    history: list[RegistrationChange]


def alerts() -> list[AlertRow]:
    """Return the open alerts, the newest first."""
    found = Alert.objects.filter(resolved_at=None).select_related("contact__conversation")
    return [_alert(alert) for alert in found.order_by("-last_at", "-pk")[:_SHOWN]]


def _alert(alert: Alert) -> AlertRow:
    contact = alert.contact
    erasing = alert.code == "ERASURE_REQUESTED"
    title, url = ("", "") if contact is None else (title_of(contact), _url(contact, page=erasing))
    if alert.code in LETTABLE:
        title, url = "limits", reverse("inbox:limits")
    return AlertRow(
        alert.pk,
        alert.sentence,
        alert.fix,
        alert.times,
        alert.raised_at,
        alert.last_at,
        title,
        url,
    )


def title_of(contact: Contact) -> str:
    """Return what a person is called: the name, else the number."""
    return contact.name or national(contact.phone)


def _url(contact: Contact, *, page: bool = False) -> str:
    """Return where a person is found: the conversation, or the contact page where there is none."""
    conversation = None if page else conversation_of(contact)
    if conversation is not None:
        return reverse("inbox:conversation", args=[conversation.pk])
    return reverse("inbox:contact", args=[contact.pk])


def conversation_of(contact: Contact) -> Conversation | None:
    """Return a person's conversation; None for somebody whose only text was kept back."""
    found = getattr(contact, "conversation", None)
    return found if isinstance(found, Conversation) else None


def held_count() -> int:
    """Return how many texts wait."""
    return Message.objects.filter(status="held").count()


def held(zone: ZoneInfo, now: datetime, most: int = _SHOWN) -> list[Told]:
    """Return the texts that wait, those that may go next first, at most so many."""
    found = Message.objects.filter(status="held").select_related("conversation__contact")
    messages = list(found.order_by("held_until")[:most])
    seqs = _seqs(_last(message) for message in messages)
    return [_held(message, seqs, zone, now) for message in messages]


def _held(message: Message, seqs: dict[int, int], zone: ZoneInfo, now: datetime) -> Told:
    contact, entry = message.conversation.contact, _last(message)
    until, by_clock = message.held_until, message.hold_code in CLOCKS
    theirs = their_time(until, entry, now) if until else ""
    mine = clock(until.astimezone(zone), now) if until else ""
    return Told(
        title=title_of(contact),
        url=reverse("inbox:conversation", args=[message.conversation_id]),
        contact_id=contact.pk,
        at=message.created_at,
        body=message.body,
        author=_author(message.author, message.author_name),
        code=message.hold_code,
        sentence=waits(message.hold_code, until, entry, zone, now),
        proof=proof_of(entry, seqs),
        held_until=until if until and by_clock else None,
        theirs=theirs if theirs != mine else "",
        expires_at=message.expires_at,
    )


def blocked(now: datetime, most: int = _SHOWN) -> list[Told]:
    """Return the texts that were kept back in thirty days, the newest first, at most so many."""
    since = now - timedelta(days=DAYS)
    refused = Refusal.objects.filter(at__gte=since).select_related("contact__conversation")
    off = _called_off(since).select_related("conversation__contact")
    refusals = list(refused.order_by("-at")[:most])
    texts = list(off.order_by("-created_at")[:most])
    seqs = _seqs([*(r.clearance for r in refusals), *(_last(text) for text in texts)])
    return _kept_back(refusals, texts, seqs)[:most]


def _kept_back(refusals: list[Refusal], texts: list[Message], seqs: dict[int, int]) -> list[Told]:
    told = [_refusal(each, seqs) for each in refusals] + [_text(each, seqs) for each in texts]
    return sorted(told, key=lambda each: each.at, reverse=True)


def of_person(
    of: Contact, zone: ZoneInfo, now: datetime, limit: int
) -> tuple[list[Told], list[Told]]:
    """Return one person's texts that wait, as `held` does, and those that were kept back, as `blocked` does."""
    since = now - timedelta(days=DAYS)
    texts = list(
        Message.objects.filter(Q(status="held") | _was_called_off(since))
        .filter(conversation=conversation_of(of))
        .select_related("conversation__contact")
        .order_by("-created_at")[: 2 * _SHOWN]
    )
    wait = [text for text in texts if text.status == "held"]
    wait.sort(key=lambda text: (text.held_until is None, text.held_until or text.created_at))
    off = [text for text in texts if text.status != "held"]
    refusals = list(
        Refusal.objects.filter(at__gte=since, contact=of)
        .select_related("contact__conversation")
        .order_by("-at")[:limit]
    )
    seqs = _seqs([*(r.clearance for r in refusals), *(_last(text) for text in texts)])
    shown = _kept_back(refusals, off, seqs)[:limit]
    return [_held(text, seqs, zone, now) for text in wait], shown


def reasons(now: datetime) -> list[Bar]:
    """Return what kept texts back in thirty days, the most frequent first."""
    since = now - timedelta(days=DAYS)
    counted: Counter[str] = Counter()
    refusals = Refusal.objects.filter(at__gte=since).values_list("code")
    for code, count in refusals.annotate(n=Count("pk")).order_by():
        counted[code] += count
    for code, count in (
        _called_off(since).values_list("error_code").annotate(n=Count("pk")).order_by()
    ):
        counted[code or _CALLED_OFF] += count
    total = max(1, counted.total())
    return [
        Bar(code, code_words(code), count, max(1, round(100 * count / total)))
        for code, count in counted.most_common()
    ]


def _called_off(since: datetime) -> Any:
    """Texts that were queued and then called off, after the gate was asked about them."""
    return Message.objects.filter(_was_called_off(since))


def _was_called_off(since: datetime) -> Q:
    return ~Q(clearances=[]) & Q(status="cancelled", created_at__gte=since, erased_at=None)


def _refusal(refusal: Refusal, seqs: dict[int, int]) -> Told:
    proof = proof_of(refusal.clearance, seqs)
    return Told(
        title=title_of(refusal.contact),
        url=_url(refusal.contact),
        contact_id=refusal.contact_id,
        at=refusal.at,
        body=refusal.body,
        author=_author(refusal.author, refusal.author_name),
        code=refusal.code,
        sentence=proof.sentence if proof else "",
        proof=proof,
    )


def _text(message: Message, seqs: dict[int, int]) -> Told:
    contact = message.conversation.contact
    return Told(
        title=title_of(contact),
        url=reverse("inbox:conversation", args=[message.conversation_id]),
        contact_id=contact.pk,
        at=message.created_at,
        body=message.body,
        author=_author(message.author, message.author_name),
        code=message.error_code or _CALLED_OFF,
        sentence=message.error_sentence or code_words(message.error_code or _CALLED_OFF),
        proof=proof_of(_last(message), seqs),
    )


def _author(author: str, name: str) -> str:
    return name if author == "person" and name else _AUTHORS.get(author, "A member")


def _last(message: Message) -> dict[str, Any]:
    return message.clearances[-1] if message.clearances else {}


def _seqs(entries: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Return the ledger's numbers of the rows that these answers relied on."""
    wanted = {entry["consent_event"] for entry in entries if entry.get("consent_event")}
    if not wanted:
        return {}
    return dict(ConsentEvent.objects.filter(pk__in=wanted).values_list("pk", "seq"))


def lines(business_id: int) -> list[Line]:
    """Return the business's numbers in use, with what became of their registration."""
    numbers = list(PhoneNumber.objects.filter(business=business_id, is_active=True).order_by("pk"))
    changes: dict[int, list[RegistrationChange]] = {}
    for change in RegistrationChange.objects.filter(number__in=numbers):
        changes.setdefault(change.number_id, []).append(change)
    return [_line(number, changes.get(number.pk, [])) for number in numbers]


def _line(number: PhoneNumber, history: list[RegistrationChange]) -> Line:
    sentence, fix = explain(number.registration, number.sender_kind)
    may_send = number.registration in MAY_SEND
    state = number.get_registration_display()
    return Line(number.e164, state, may_send, sentence, fix, history)
