"""Voicemails: fetched from the provider, kept by us, written out when it does so, forgotten.

telephony.md 1.5: the recording may not be there yet when it is told of, so it is asked for again,
ever more seldom. Its file has a name that follows from the call and that nobody can guess: a worker
that dies between two steps leaves nothing behind that an erasure would not find.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from calls import refusing, sounds
from calls.models import Call
from messaging.models import Contact, Conversation
from messaging.providers import provider
from messaging.providers.base import BadRecording, Credentials, ProviderFailed
from tenants import agenda, live
from tenants.agenda import Later, Outside
from tenants.events import annotate, take_event
from tenants.fields import Undecryptable
from tenants.models import PhoneNumber
from tenants.scope import current_business

log = structlog.get_logger(__name__)

_FETCH, _FORGET = "calls.fetch_recording", "calls.forget_recording"
_SOON, _AT_MOST = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP = timedelta(days=3)
_WAIT_FOR_CALL = timedelta(minutes=10)
MAX_WORDS = 5_000


def want(call: Call, business_id: int, now: datetime) -> None:
    """Put the fetching of a call's voicemail on the agenda, in the caller's transaction."""
    if call.voicemail_url and not call.recording and call.voicemail_seconds:
        agenda.put(
            _FETCH, str(call.pk), lane="bulk", business_id=business_id, due_at=now,
            expires_at=now + GIVE_UP,
        )  # fmt: skip


def fetch(item: agenda.Item) -> agenda.Answer:
    """Agenda: fetch a voicemail and keep it. Idempotent: the same call's file has the same name."""
    call = Call.objects.filter(pk=int(item.subject)).first()
    if call is None or not call.voicemail_url or call.recording:
        return None
    account = _account(call.our_number)
    if account is None:
        log.warning("recording_without_account", call=call.pk)
        return None
    url = call.voicemail_url
    bring = partial(_bring, call.provider, account, url, item.schema, call.pk)
    return Outside(bring, partial(_keep, item, url))


def path_of(schema: str, call_id: int, kind: str) -> str:
    """Return where a call's voicemail lies in the file storage."""
    name = salted_hmac("ringback.voicemail", f"{schema}:{call_id}", algorithm="sha256").hexdigest()
    return f"voicemails/{schema}/{name[:48]}.{kind}"


def handle_transcript(item: agenda.Item) -> agenda.Answer:
    """Agenda: keep the words of a voicemail (telephony.md 1.5). Late or twice is no harm."""
    with transaction.atomic():
        event = take_event(int(item.subject))
        if event is None:
            return None
        call_id = provider(event.provider).subject(event.kind, event.params)
        words = " ".join(event.params.get("TranscriptionText", "").split())[:MAX_WORDS]
        found = Call.objects.filter(provider=event.provider, provider_id=call_id)
        known = found.values_list("contact_id", flat=True).first() if words else None
        # The contact first, always, then the call.
        contact = Contact.objects.select_for_update().get(pk=known) if known else None
        call = found.select_for_update().first()
        now = timezone.now()
        if call is None and now < event.received_at + _WAIT_FOR_CALL:
            transaction.set_rollback(True)  # the call itself is still waiting for its turn
            return Later(now + _SOON)
        if call is None or not words:
            annotate(event.id, "No words came with it." if call else "No such call.")
            return None
        if call.transcript or (contact is not None and contact.erased_at is not None):
            return None
        call.transcript = words
        call.save(update_fields=["transcript"])
        if contact is not None:
            refusing.obey(contact, call, words, now)
        _changed(call)
    return None


def heard(call_id: int, now: datetime) -> None:
    """Somebody of the business has begun to play a voicemail; the first time counts."""
    with transaction.atomic():
        if not Call.objects.filter(pk=call_id, heard_at=None).update(heard_at=now):
            return
        call = Call.objects.only("contact_id").get(pk=call_id)
        if call.contact_id is not None:
            note_unheard(call.contact_id)
            _changed(call)


def note_unheard(contact_id: int) -> None:
    """Bring a conversation's `voicemail_at` up to date: since when a voicemail waits to be heard.

    One that is kept no longer cannot be heard any more, and waits for nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_conversation SET voicemail_at = (SELECT min(started_at) "
            "FROM calls_call WHERE contact_id = %s AND outcome = 'voicemail' AND heard_at IS NULL "
            "AND same_as_id IS NULL AND (voicemail_url <> '' OR recording <> '')) "
            "WHERE contact_id = %s",
            [contact_id, contact_id],
        )


def to_forget(call_id: int, url: str, business_id: int, now: datetime) -> None:
    """Put the removal of a call's voicemail, ours and the provider's, on the agenda.

    Runs in the transaction that forgets the way to it. url: the recording's, whose last part is its
    id at the provider.
    """
    name = url.rpartition("/")[2].partition("?")[0][:60]
    agenda.put(
        _FORGET, f"{call_id}:{name}", lane="housekeeping", business_id=business_id, due_at=now
    )


def forget(item: agenda.Item) -> agenda.Answer:
    """Agenda: remove a voicemail's file, and ask the provider to remove its own. Idempotent."""
    call_id, _, name = item.subject.partition(":")
    call = Call.objects.filter(pk=int(call_id)).first()
    account = _account(call.our_number) if call is not None else None
    provider_name = call.provider if call is not None else ""
    paths = [path_of(item.schema, int(call_id), kind) for kind in sounds.TYPES]

    def act() -> bool:
        for path in paths:
            default_storage.delete(path)
        if not name or account is None:
            return True
        try:
            provider(provider_name).delete_recording(account, name)
        except ProviderFailed as error:
            log.warning("recording_not_deleted", call=call_id, status=error.http_status)
            return False
        return True

    def settle(done: bool) -> Later | None:
        if done or timezone.now() > item.due_at + GIVE_UP:
            return None
        return Later(timezone.now() + _AT_MOST)

    return Outside(act, settle)


def _bring(
    provider_name: str, account: Credentials, url: str, schema: str, call_id: int
) -> str | ProviderFailed:
    """Fetch a voicemail and store its file: returns the path, or why there is none."""
    try:
        content = provider(provider_name).fetch_recording(account, url).content
    except ProviderFailed as error:
        return error
    kind = sounds.kind_of(content)
    if not kind:
        return BadRecording("What came is no sound we know.")
    path = path_of(schema, call_id, kind)
    default_storage.delete(path)
    return str(default_storage.save(path, ContentFile(content)))


def _keep(item: agenda.Item, url: str, came: str | ProviderFailed) -> Later | None:
    """Note where the file lies; ask again later where nothing came, unless it never can."""
    now, call_id = timezone.now(), int(item.subject)
    if isinstance(came, BadRecording):
        # Neither what was written nor what is there is repeated: it may be anything.
        log.warning("recording_refused", call=call_id)
        return None
    if isinstance(came, str):
        with transaction.atomic():
            call = Call.objects.select_for_update().filter(pk=call_id).first()
            if call is None or call.voicemail_url != url:
                # Forgotten while it was on its way: the row's lock says which came first.
                to_forget(call_id, url, current_business().pk, now)
                return None
            call.recording = came
            call.save(update_fields=["recording"])
            _changed(call)
        return None
    call = Call.objects.filter(pk=call_id).only("started_at").first()
    if call is None or (item.expires_at and now >= item.expires_at):
        log.warning("recording_given_up", call=call_id, status=came.http_status)
        return None
    # The longer it has not come, the less it hurries.
    return Later(now + min(_AT_MOST, max(_SOON, (now - call.started_at) / 2)))


def _changed(call: Call) -> None:
    shown = Conversation.objects.filter(contact=call.contact_id).values_list("pk", flat=True)
    for conversation_id in shown[:1]:
        live.changed(conversation_id)


def _account(our_number: str) -> Credentials | None:
    lines = PhoneNumber.objects.select_related("account").filter(business=current_business().pk)
    try:
        line = lines.filter(e164=our_number).first()
    except Undecryptable:
        return None
    return Credentials(line.account.account_sid, line.account.auth_token) if line else None
