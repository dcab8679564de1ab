"""One of everything that an operation of the API names in its address, by the collection it stands in."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from calls import rulebook
from calls.models import Call
from calls.placing_limits import REASON
from inbox import models as inbox
from inbox.api.notes import NOBODY
from integrations.models import Delivery, Endpoint, Event
from messaging import consent
from messaging.models import Contact, MessageTemplate
from tenants.models import Agency, ApiKey, ApiRequest, Business, ProviderStep
from tests.api.conftest import RECEIPT
from tests.api.operations import Operation
from tests.matrix.agency_things import agency_things_of
from tests.matrix.things import make, things_of
from tests.support.hooks import a_caller, a_sid
from tests.support.world import Biz

# What an address that is its own secret names was never given out.
_SECRET = "token"
Real = dict[str, dict[str, Any]]


def real_of(biz: Biz) -> Real:
    """Return what stands for the argument of each collection's addresses, made for a business or its agency.

    A whole operation stands before its collection, where another thing is needed.
    """
    now, things = timezone.now(), things_of(biz) | agency_things_of(biz)
    with biz.scope():
        contact = Contact.objects.get(pk=things["contact_id"])
        with transaction.atomic():
            event = consent.record(
                contact, "opt_out", channel="sms", raw_text="Stop please", matched="stop",
                provider="twilio", provider_id=a_sid("SM"), at=now,
            )  # fmt: skip
        # A key changes its own notes alone.
        writer = f"API key {ApiKey.objects.get(business=biz.business).name}"
        own = make(
            inbox.Note, conversation_id=things["conversation_id"], author=NOBODY,
            author_name=writer, body="Hi",
        )  # fmt: skip
        latest = rulebook.latest()
        extra = {
            "id": "only-here", "name": "Only here", "is_on": True, "when": {"callers": ["vip"]},
            "then": {"action": "skip"},
        }  # fmt: skip
        rules = rulebook.publish(
            biz.business, [extra, *latest.rules], by="Mia", user_id=None, origin="page",
            based_on=latest.version, at=now, accept_broken_pins=True,
        )  # fmt: skip
        found: dict[str, Any] = {
            "alerts": things["alert_id"],
            "callbacks": make(
                Call, provider_id=a_sid(), our_number=biz.number, caller=contact.phone,
                contact=contact, outcome="ignored", missed_because="", decision_reason=REASON,
            ).pk,
            "calls": make(
                Call, provider_id=a_sid(), our_number=biz.number, caller=contact.phone,
                contact=contact, outcome="missed", missed_because="busy", decision="skip",
                receipt=RECEIPT,
            ).pk,
            "consent-events": event,
            "contact-merges": things["merge_id"],
            "contacts": contact.pk,
            "conversations": things["conversation_id"],
            "fields": make(inbox.CustomField, key="gate", label="Gate code").pk,
            "holidays": things["holiday_id"],
            "notes": things["note_id"],
            **dict.fromkeys((f"{act} /api/v1/notes/{{id}}/" for act in ("PATCH", "DELETE")), own.pk),
            "messages": things["message_id"],
            "promises": things["promise_id"],
            "quick-replies": make(inbox.QuickReply, shortcut="only-here").pk,
            "tags": make(inbox.Tag, name="Only here").pk,
            "teams": make(inbox.Team, name="Only here").pk,
            "templates": make(MessageTemplate, key="only-here", name="Only here", body="Hi.").key,
            "waits": things["wait_id"],
        }  # fmt: skip
    steps = {
        name: make(
            ProviderStep, business=biz.business, key=f"number.{kind}:{number}",
            wanted={"e164": number},
        ).pk
        for name, kind, number in (
            ("number-orders", "buy", a_caller()), ("number-releases", "release", biz.number),
        )
    }  # fmt: skip
    found |= steps | {
        "businesses": biz.business.pk,
        "invitations": things["invitation_id"],
        "lines": things["line_id"],
        "members": things["membership_id"],
        "POST /api/v1/members/{id}/return/": things["inbox:member-back.membership_id"],
        "playbooks": things["playbook_id"],
        "playbook-pushes": things["push_id"],
    }
    whole = {name: {"id": each, "key": each} for name, each in found.items()}
    whole["playbooks"]["number"] = 1
    whole["rule-versions"] = {"version": rules.ruleset.version}
    return whole | owned(biz.business, biz.business)


def owned(owner: Business | Agency, business: Business) -> Real:
    """Return what a business or an agency has of keys, webhooks and their like; events are of the business."""
    now, by = timezone.now(), {owner._meta.model_name or "": owner}
    key, _secret = ApiKey.issue(owner, "Theirs")
    endpoint, hook = (
        make(Endpoint, url="https://x.example/", secret="s", source=source, **by)
        for source in ("hand", "zapier")
    )
    event = make(
        Event, business=business, type="call.missed", key=a_sid(), data={}, occurred_at=now
    )
    agency = business.agency
    asked = make(
        ApiRequest, key=key, agency=agency, at=now, request_id="r", method="GET", path="/", status=200,
        took_ms=1, business=business if owner == business else None,
    )  # fmt: skip
    found = {
        "keys": key.pk,
        "webhook-endpoints": endpoint.pk,
        "hooks": hook.pk,
        "events": event.pk,
        "requests": asked.pk,
        "webhook-deliveries": make(Delivery, event=event, endpoint=endpoint, due_at=now).pk,
    }
    return {name: {"id": each} for name, each in found.items()}


def names_a_thing(operation: Operation) -> bool:
    """Whether an operation's address names something that somebody has."""
    return "{" in operation.path and f"{{{_SECRET}}}" not in operation.path


def arguments(operation: Operation, real: Real) -> dict[str, Any]:
    """Return the arguments of an operation's address; KeyError where nothing stands for one."""
    collection = operation.path.removeprefix("/api/v1/").partition("/")[0]
    return real.get(str(operation)) or real[collection]
