"""Files that come with a text: noted with it, fetched by a worker, checked, kept.

The text is in the inbox at once and says that a picture is on its way; what is at the provider's
address is fetched in no transaction, and nobody sees it before it was made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from messaging.attachments import pictures, reasons, sniffing, storing
from messaging.models import Attachment, Message
from messaging.providers import provider
from messaging.providers.base import BadMedia, Credentials, ProviderFailed
from messaging.providers.stores import TOO_LARGE
from tenants import agenda, live
from tenants.agenda import Later, Outside
from tenants.fields import Undecryptable
from tenants.models import PhoneNumber, new_id
from tenants.scope import business_scope, current_business

log = structlog.get_logger(__name__)

FETCH = "messaging.fetch_attachment"
_SOON, _AT_MOST = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP = timedelta(days=1)
MOST = 10


@dataclass(frozen=True, slots=True)
class Announced:
    """A file a provider told of. url: where it keeps it, a secret; declared_type: not to be believed."""

    id: UUID
    url: str = field(repr=False)
    declared_type: str

    def as_json(self) -> dict[str, str]:
        """Return it as the text's own row names it: nothing of the provider's address."""
        return {"id": str(self.id), "type": self.declared_type}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was fetched, checked and stored."""

    kind: sniffing.Kind
    size: int
    sha256: str
    file: str
    preview: str = ""
    width: int | None = None
    height: int | None = None


class Refused(ValueError):
    """A file that is not kept; `code` is a reason of messaging/attachments/reasons.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def announced(media: Sequence[dict[str, str]]) -> list[Announced]:
    """Return the files of a text's event (messaging.providers.base.TextEvent.media) with ids of ours."""
    return [
        Announced(new_id(), each.get("url", ""), each.get("type", "")[:100])
        for each in media[:MOST]
    ]


def want(message: Message, files: Sequence[Announced], business_id: int, now: datetime) -> None:
    """Note the files of a text that was just stored and put their fetching on the agenda.

    Runs in the transaction that stored it.
    """
    Attachment.objects.bulk_create(
        Attachment(
            id=file.id, conversation_id=message.conversation_id, message=message, direction="in",
            position=position, state="waiting" if file.url else "lost", provider_url=file.url,
            declared_type=file.declared_type, created_at=now,
            reason="" if file.url else reasons.LOST,
        )
        for position, file in enumerate(files)
    )  # fmt: skip
    for file in files:
        if file.url:
            agenda.put(FETCH, str(file.id), lane="bulk", business_id=business_id, due_at=now)


def fetch(item: agenda.Item) -> agenda.Answer:
    """Agenda: fetch a file of a text and keep it. Idempotent: its place follows from its id."""
    waiting = Attachment.objects.filter(pk=item.subject, state="waiting")
    try:
        file = waiting.select_related("message").first()
    except Undecryptable:
        _end(item, "refused", reasons.UNREADABLE)
        return None
    if file is None or file.message is None:
        return None
    account = account_of(file.message.our_number)
    if account is None:
        log.warning("attachment_without_account", attachment=item.subject)
        return _once_more(item, file.created_at)
    bring = partial(_bring, file, account, item.schema)
    return Outside(bring, partial(_settle, item, file.created_at))


def died(item: agenda.Item, error: str) -> None:
    """Agenda: the fetching failed too often; the text says that its file never came."""
    if item.schema:
        with business_scope(item.schema):
            _end(item, "lost", reasons.LOST)


def kept(content: bytes, schema: str, attachment_id: str) -> Kept:
    """Check a file that came, make it anew where it is a picture, and store it. Raises Refused."""
    kind = sniffing.kind_of(content)
    if kind is None:
        raise Refused(reasons.UNKNOWN_KIND)
    preview = b""
    width = height = None
    if kind in sniffing.PICTURES:
        try:
            made = pictures.made_anew(content, kind)
        except pictures.NoPicture as problem:
            raise Refused(problem.code) from None
        content, kind, preview = made.content, made.kind, made.preview
        width, height = made.width, made.height
    return Kept(
        kind, len(content), hashlib.sha256(content).hexdigest(),
        storing.save(storing.path_of(schema, attachment_id), content),
        storing.save(storing.path_of(schema, attachment_id, small=True), preview) if preview else "",
        width, height,
    )  # fmt: skip


def _bring(file: Attachment, account: Credentials, schema: str) -> Kept | Refused | ProviderFailed:
    """Fetch a file and store what it is found to be; or return why not."""
    assert file.message is not None
    try:
        content = provider(file.message.provider).fetch_media(account, file.provider_url)
    except BadMedia as error:
        return Refused(reasons.TOO_LARGE if error.code == TOO_LARGE else reasons.NOT_THEIRS)
    except ProviderFailed as error:
        return error
    try:
        return kept(content, schema, str(file.pk))
    except Refused as refused:
        if refused.code == reasons.UNKNOWN_KIND and file.declared_type in sniffing.KINDS:
            return Refused(reasons.NO_PICTURE)  # it said that it was one of those we keep
        return refused


def _settle(
    item: agenda.Item, since: datetime, came: Kept | Refused | ProviderFailed
) -> Later | None:
    """Note what became of a file; asked for again, ever more seldom, where nothing came."""
    if isinstance(came, Refused):
        # Neither the address nor what is there is repeated: it may be anything.
        log.warning("attachment_refused", attachment=item.subject, reason=came.code)
        _end(item, "refused", came.code)
        return None
    if isinstance(came, ProviderFailed):
        log.info("attachment_not_here_yet", attachment=item.subject, status=came.http_status)
        return _once_more(item, since)
    with transaction.atomic():
        file = _waiting(item)
        if file is None:
            # Forgotten while it was on its way: the row's lock says which came first.
            storing.to_forget(item.subject, current_business().pk, timezone.now())
            return None
        Attachment.objects.filter(pk=file.pk).update(
            state="stored", content_type=came.kind.content_type, size=came.size,
            sha256=came.sha256, file=came.file, preview=came.preview, width=came.width,
            height=came.height,
        )  # fmt: skip
        live.changed(file.conversation_id)
    return None


def _once_more(item: agenda.Item, since: datetime) -> Later | None:
    now = timezone.now()
    if now - since >= GIVE_UP:
        log.warning("attachment_given_up", attachment=item.subject)
        _end(item, "lost", reasons.LOST)
        return None
    return Later(now + min(_AT_MOST, max(_SOON, (now - since) / 2)))


def _end(item: agenda.Item, state: str, reason: str) -> None:
    with transaction.atomic():
        file = _waiting(item)
        if file is not None:
            Attachment.objects.filter(pk=file.pk).update(state=state, reason=reason)
            live.changed(file.conversation_id)


def _waiting(item: agenda.Item) -> Attachment | None:
    """Return the row, locked, while it waits for its file. Its address is not read: see Undecryptable."""
    waiting = Attachment.objects.select_for_update().filter(pk=item.subject, state="waiting")
    return waiting.only("id", "conversation_id").first()


def account_of(our_number: str) -> Credentials | None:
    """Return the account of a line of the current business, None where it is ours no longer."""
    lines = PhoneNumber.objects.select_related("account").filter(business=current_business().pk)
    try:
        line = lines.filter(e164=our_number).first()
    except Undecryptable:
        return None
    return Credentials(line.account.account_sid, line.account.auth_token) if line else None
