"""One of everything of the plumber's that an address may name."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from calls import models as calls
from calls import rulebook
from calls.audit import logs
from calls.audit.hours import USUAL
from inbox import models as inbox
from inbox.activity import Actor
from inbox.people.merging import merge
from integrations import models as integrations
from messaging import models as messaging
from messaging.callers import Marks
from messaging.people import lock_contact, touch_conversation
from tenants.models import CallLog, CallSource, Invitation, Membership, Role, User
from tests.support.hooks import a_caller, a_sid
from tests.support.world import Biz

_WORDS = {
    models.CharField: "x", models.TextField: "x", models.URLField: "https://x.example/",
    models.EmailField: "x@x.example", models.IntegerField: 1, models.PositiveIntegerField: 1,
    models.PositiveSmallIntegerField: 1, models.JSONField: {}, models.SlugField: "x",
}  # fmt: skip


def make(model: type[models.Model], **values: Any) -> Any:
    """Write a row with these values, and something of the kind in every other field that needs one."""
    now = timezone.now()
    for each in model._meta.concrete_fields:
        if each.primary_key or each.has_default() or each.null or each.name in values:
            continue
        if isinstance(each, models.DateTimeField):
            values[each.name] = now
        elif type(each) in _WORDS and each.db_default is models.NOT_PROVIDED:
            values[each.name] = _WORDS[type(each)]
    return model._default_manager.create(**values)


def things_of(biz: Biz) -> dict[str, Any]:
    """Return what stands for each argument of a business's addresses, made in its schema."""
    now, owner = timezone.now(), biz.owner
    member = User.objects.create_user("mia@lakeside.example", "x", name="Mia")
    here = Membership.objects.create(user=member, business=biz.business, role=Role.AGENT)
    gone = User.objects.create_user("gus@lakeside.example", "x", name="Gus")
    out = Membership.objects.create(
        user=gone, business=biz.business, role=Role.AGENT, is_active=False
    )
    invitation = make(
        Invitation, token_hash="h", email="new@lakeside.example", business=biz.business,
        role=Role.AGENT, invited_by=owner, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    line = biz.business.numbers.get(e164=biz.number)
    file = default_storage.save("matrix/row.csv", ContentFile(b"Phone\n"))
    source = make(
        CallSource, business=biz.business, name="PBX", mapping="3cx", line=line, token="t" * 32
    )
    log = logs.receive(
        BytesIO(b"Start,From,Result\n2026-01-02 15:04:05,+13125550142,Missed\n"), "log.csv",
        agency=biz.business.agency, business=biz.business, name="Log", timezone="America/Chicago",
        hours=USUAL, by="Mia", now=now,
    )  # fmt: skip
    CallLog.objects.filter(pk=log.pk).update(bad_file=file, bad_rows=1)
    with biz.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), now, "Dana")
        conversation = touch_conversation(contact.pk, at=now, line="Hello", direction="in")
        folded = lock_contact(a_caller(), now, "Dan")
        touch_conversation(folded.pk, at=now, line="Hi", direction="in")
        text = make(
            messaging.Message, conversation_id=conversation, direction="out", status="queued",
            our_number=biz.number, their_number=contact.phone, author="member",
        )  # fmt: skip
        call = make(
            calls.Call, provider_id=a_sid(), our_number=biz.number, caller=contact.phone,
            contact=contact, outcome="missed", missed_because="no_answer", decision="skip", recording=file,
        )  # fmt: skip
        note = make(
            inbox.Note, conversation_id=conversation, author=owner.pk, author_name="Mia", body="Hi"
        )
        notice = make(inbox.Notice, user=owner.pk, url="/", channel="inbox", kind="reply")
        found = {
            "conversation_id": conversation,
            "contact_id": contact.pk,
            "message_id": text.pk,
            "call_id": call.pk,
            "note_id": note.pk,
            "notice_id": notice.pk,
            "line_id": line.pk,
            "source_id": source.pk,
            "log_id": log.pk,
            "membership_id": here.pk,
            "inbox:member-back.membership_id": out.pk,
            "invitation_id": invitation.pk,
            "view_id": make(inbox.SavedView, name="Mine", owner=owner.pk).pk,
            "attachment_id": make(
                messaging.Attachment,
                conversation_id=conversation,
                direction="in",
                state="stored",
                file=file,
                preview=file,
                content_type="image/png",
            ).pk,
            "device_id": make(inbox.PushSubscription, user=owner.pk, endpoint_hash="h").pk,
            "hook_id": make(inbox.AlertHook, kind="slack").pk,
            "wait_id": make(
                inbox.Wait,
                conversation_id=conversation,
                kind="reply",
                ended_how="",
                target_seconds=60,
                acknowledged_by_name="",
                answered_by_name="",
            ).pk,
            "promise_id": make(
                inbox.Promise, conversation_id=conversation, message=text.pk, ended_by_name=""
            ).pk,
            "alert_id": make(messaging.Alert, code="X", subject="x").pk,
            "hold_id": make(messaging.LegalHold, phone=contact.phone, lifted_by="").pk,
            "merge_id": merge(contact.pk, folded.pk, actor=Actor(owner.pk, "Mia"), at=now).pk,
            "list_id": make(messaging.ContactImport, created_by="Mia", marks=Marks().as_dict()).pk,
            "holiday_id": make(calls.Holiday, date=date(2027, 1, 1)).pk,
            "draft_id": make(calls.RuleDraft, author="Mia", rules=rulebook.latest().rules).pk,
            "pin_id": make(calls.PinnedCall, action="skip").pk,
            "scenario_id": make(calls.Scenario, line=line.e164, condition="nobody").pk,
            "test_id": make(calls.TestCall, line=line.e164, condition="nobody").pk,
            "check_id": make(calls.ForwardingCheck, line=line.e164, kind="all").pk,
            "number": 1,
            # Links that were never given out, and what only tests of their own can make.
            "token": "nothing",
            "signed": "nothing",
            "uidb36": "1",
            "pk": 1,
            "version": "1",
            "file": "colours.css",
            "ident": "text-back",
            "key": "missed-open",
        }
    endpoint = make(
        integrations.Endpoint, business=biz.business, url="https://x.example/", secret="s"
    )
    return found | {
        "endpoint_id": endpoint.pk,
        "inbox:settings-endpoint-change.act": "rotate",
        "inbox:settings-key.act": "revoke",
        "inbox:settings-key.key_id": biz.business.api_keys.get().pk,
        "inbox:source-change.act": "pause",
        "kind": "hubspot",
    }
