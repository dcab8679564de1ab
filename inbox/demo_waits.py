"""Who waits in the demo, who did, and what was promised: told from its history, and a few just now.

What is going on now goes through the doors it would take live; the past is counted as it lies there.
"""

from __future__ import annotations

import io
import math
import secrets
import struct
import wave
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from calls import voicemails
from calls.models import Call
from calls.setup import Setup
from inbox import handling, staff
from inbox.activity import Actor
from inbox.demo_scripts import MEMBERS
from inbox.models import InboxPolicy, Promise, Wait
from inbox.waits import targets
from inbox.waits.policy import answering
from inbox.waits.promises import read
from messaging.models import Contact, Conversation, Message
from messaging.providers.base import TextEvent
from messaging.services import NotAllowed, receive_text, send_as
from tenants.models import Business

# What people have just written: so many minutes ago, their words, what a member promised them.
_NOW: dict[str, list[tuple[float, str, str]]] = {
    "plumbing": [
        (34, "Is somebody coming about the leak? It's getting worse", ""),
        (9, "Could you give me a price for a new water heater?", ""),
        (2, "Never mind the noise, but now there is no hot water at all", ""),
        (41, "When can I reach somebody about the invoice?", "I'll call you back within 45 minutes."),
        (180, "Toilet is blocked again", "Ray will be there tomorrow 9 to 11."),
    ],
    "dental": [
        (27, "My crown came off, can I come in today?", ""),
        (6, "Do you have anything earlier than Friday?", ""),
        (50, "Could somebody call me about my bill?", "We'll call you within the hour."),
    ],
    "legal": [
        (31, "I was served papers this morning. What should I do?", ""),
        (12, "Can we move our call to the afternoon?", ""),
        (45, "Please send me the draft", "I'll send you the draft by tomorrow noon."),
    ],
}  # fmt: skip
_VOICEMAILS = {
    "plumbing": "Hi, this is about the basement drain. Please call me back, I'm home until six.",
    "dental": "Hello, I'd like to ask about my X-rays. You can reach me after lunch. Thanks.",
    "legal": "Good morning, I have a question about the closing on Thursday. Please call me back.",
}
_OLD = timedelta(days=2)


def add(setup: Setup, playbook: str, number: str, now: datetime) -> None:
    """Add waits and promises to the current business, whose history is there. `now` is aware."""
    member = MEMBERS[playbook]
    # A plumber answers at night too; the others while they are open.
    InboxPolicy.objects.update(
        target_minutes=30, in_open_hours=playbook != "plumbing", changed_by=member
    )
    _past(member, now)
    people = list(
        Contact.objects.filter(
            opted_out_at=None, paused_until=None, last_inbound_at__isnull=False,
            conversation__waiting_since=None,
        ).exclude(name="").order_by("-last_inbound_at")[:12]
    )  # fmt: skip
    threads = []
    for contact, (minutes, words, promise) in zip(people, _NOW[playbook], strict=False):
        at = now - timedelta(minutes=minutes)
        text = TextEvent(f"SM{secrets.token_hex(16)}", number, contact.phone, words)
        receive_text(text, "simulator", at)
        threads.append(Conversation.objects.get(contact=contact))
        if promise:
            _send(contact.phone, promise, member)
    _voicemail(setup, playbook, now)
    actor = Actor(None, member)
    if len(threads) > 1:
        owner = staff.colleagues(_business(setup))
        if owner:
            handling.assign([threads[1].pk], owner[0].id, actor, now)
    rest = people[len(threads) :]
    if rest:
        later = (now + timedelta(days=1)).astimezone(setup.zone).replace(hour=8, minute=0, second=0)
        thread = Conversation.objects.get(contact=rest[0])
        handling.snooze([thread.pk], later, actor, now)


def _past(member: str, now: datetime) -> None:
    """Count who waited how long in the history: from their first unanswered text to the answer."""
    rules, waits, promises = answering(fresh=True), [], []
    since: dict[int, datetime] = {}
    texts = Message.objects.order_by("created_at").values_list(
        "conversation_id", "direction", "author", "created_at", "pk", "body"
    )
    opted_out = dict(
        Conversation.objects.filter(contact__opted_out_at__isnull=False).values_list(
            "pk", "contact__opted_out_at"
        )
    )

    def ended(thread: int, at: datetime, how: str) -> None:
        began = since.pop(thread)
        due = targets.due_at(began, rules.target_seconds, rules.week)
        waits.append(
            Wait(
                conversation_id=thread, kind="reply", began_at=began, due_at=due, ended_at=at,
                target_seconds=rules.target_seconds, ended_how=how, answered_by_name=member,
                waited_seconds=targets.counted_seconds(began, at, rules.week),
            )
        )  # fmt: skip

    for thread, direction, author, at, pk, body in texts:
        if direction == "in" and opted_out.get(thread) != at:
            since.setdefault(thread, at)
        elif author == "person":
            if thread in since:
                # What was answered on another day was seen to by phone.
                late = at - since[thread] > timedelta(hours=8)
                ended(thread, since[thread] + timedelta(hours=2) if late else at, "answered")
            promises += [
                Promise(
                    conversation_id=thread, message=pk, words=found.words, what=found.what,
                    from_at=found.from_at, due_at=found.due_at, warn_at=found.warn_at,
                    created_at=at, state="kept" if pk.int % 7 else "broken",
                    ended_at=found.due_at, ended_by_name=member if pk.int % 7 else "",
                )
                for found in read(body, at, rules.hours)
                if found.due_at < now
            ]  # fmt: skip
    for thread, began in list(since.items()):
        # Whoever still waits after all that time was seen to by phone, or is left waiting for show.
        if began < now - _OLD or thread in opted_out:
            ended(thread, min(now, began + timedelta(hours=3)), "closed")
    Wait.objects.bulk_create(waits)
    Promise.objects.bulk_create(promises)


def _voicemail(setup: Setup, playbook: str, now: datetime) -> None:
    """Let the newest voicemail be one that nobody has heard, with a sound and its words."""
    call = Call.objects.filter(outcome="voicemail", contact__isnull=False).order_by("-started_at")
    newest = call.first()
    if newest is None or newest.contact_id is None:
        return
    path = voicemails.path_of(str(_business(setup).schema_name), newest.pk, "wav")
    default_storage.delete(path)
    newest.recording = default_storage.save(path, ContentFile(_sound()))
    newest.transcript, newest.voicemail_seconds = _VOICEMAILS[playbook], 6
    newest.save(update_fields=["recording", "transcript", "voicemail_seconds"])
    voicemails.note_unheard(newest.contact_id)
    Conversation.objects.filter(contact=newest.contact_id).update(state="open", closed_at=None)


def _sound() -> bytes:
    """Return six seconds of a soft tone: nobody's voice."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = (
            int(5000 * math.sin(2 * math.pi * 330 * n / 8000) * (0.4 + 0.6 * ((n // 2000) % 2)))
            for n in range(6 * 8000)
        )
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return made.getvalue()


def _business(setup: Setup) -> Business:
    return Business.objects.get(pk=setup.business_id)


def _send(phone: str, body: str, member: str) -> None:
    try:
        send_as(phone, body, author="person", author_name=member)
    except NotAllowed:
        return  # it is kept, with its reason
