"""The event catalogue: what clients may hear of, and how each event looks. Pure.

A schema is JSON Schema 2020-12. Within a version fields are only added; whatever a reader could
stumble over (a field gone, another type, another meaning) is a new version. The envelope is that of
Standard Webhooks ({type, timestamp, data}, telephony.md 6.3) with the id that every repeat of the
event has (`webhook-id`), its version and whose it is: an agency's endpoint hears of many.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# Standard Webhooks: a payload is smaller than 20 kB (telephony.md 6.3).
MOST_BYTES = 20_000
TEST = "webhook.test"
_ID = "019aa2b4-7c1e-7d3a-9f00-5c2b8e4d1a77"
_AT = "2026-11-21T16:04:25.310000Z"


class UnknownEvent(ValueError):
    """Names of events that nobody tells; the text lists the known ones."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event: its name, when it is told, and how its data look in this version.

    listed: False for the test event, which is sent when asked for and cannot be chosen.
    """

    name: str
    when: str
    data: dict[str, Any]
    example: dict[str, Any]
    version: int = 1
    listed: bool = True


def _text(about: str, *, null: bool = False, form: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"] if null else "string"}
    return schema | ({"format": form} if form else {}) | {"description": about}


def _number(about: str, *, null: bool = False) -> dict[str, Any]:
    return {"type": ["integer", "null"] if null else "integer", "description": about}


def _flag(about: str) -> dict[str, Any]:
    return {"type": "boolean", "description": about}


def _moment(about: str, *, null: bool = False) -> dict[str, Any]:
    return _text(about, null=null, form="date-time")


def _object(fields: dict[str, Any], *, null: bool = False) -> dict[str, Any]:
    kind = ["object", "null"] if null else "object"
    return {"type": kind, "properties": fields, "required": list(fields)}


_CONTACT = {
    "id": _number("As at `/api/v1/contacts/{id}/`."),
    "phone": _text("E.164."),
    "name": _text("As the business knows them; may be empty."),
}
_CALL = {
    "id": _number("As at `/api/v1/calls/{id}/`."),
    "outcome": _text("`missed`, `voicemail` or `answered`."),
    "missed_because": _text("Empty unless the call was missed, such as `no_answer`."),
    "our_number": _text("The number that was called, E.164."),
    "caller": _text("E.164, or a word such as `anonymous`."),
    "started_at": _moment("When it began."),
    "ended_at": _moment("When it ended.", null=True),
    "ring_seconds": _number("Null when the provider did not say.", null=True),
    "talk_seconds": _number("Null unless it was answered.", null=True),
    "decision": _text("Whether the caller is texted back: `send`, `hold` or `skip`."),
    "decision_reason": _text("The receipt's code, such as `COOL_DOWN`."),
    "sentence": _text("The same for people."),
}
_TEXT = {
    "id": _text("As at `/api/v1/messages/{id}/`.", form="uuid"),
    "conversation": _number("As at `/api/v1/conversations/{id}/`."),
    "status": _text("What became of it so far."),
    "author": _text("Who wrote it: `rule`, `person`, `api` or, of a reply, `contact`."),
    "author_name": _text("The member, the key or the contact by name."),
    "body": _text("The words."),
    "files": _number("How many pictures or files go with it."),
    "our_number": _text("E.164."),
    "their_number": _text("E.164."),
    "segments": _number("What it is charged as."),
    "call": _number("The call it answers.", null=True),
    "error_code": _text("The provider's or ours; empty while nothing is wrong."),
    "error_sentence": _text("The same for people."),
    "created_at": _moment("When it was queued, or came in."),
    "sent_at": _moment("When the provider took it.", null=True),
    "delivered_at": _moment("When it reached the handset.", null=True),
}
_CONVERSATION = {
    "id": _number("As at `/api/v1/conversations/{id}/`."),
    "by": _text("The member who did it."),
    "to": _text("Whom it was given to; empty otherwise."),
}
_a_contact = {"id": 7, "phone": "+13125550142", "name": "Dana Reyes"}
_a_call = {
    "id": 42, "outcome": "missed", "missed_because": "no_answer", "our_number": "+13125550100",
    "caller": "+13125550142", "started_at": "2026-11-21T16:04:01Z",
    "ended_at": "2026-11-21T16:04:24Z", "ring_seconds": 20, "talk_seconds": None,
    "decision": "send", "decision_reason": "TEXT", "sentence": "Texted: nobody answered.",
}  # fmt: skip
_a_text = {
    "id": _ID, "conversation": 7, "status": "queued", "author": "rule",
    "author_name": "Text back missed calls",
    "body": "Sorry we missed your call. How can we help? Reply STOP to opt out.", "files": 0,
    "our_number": "+13125550100", "their_number": "+13125550142", "segments": 2, "call": 42,
    "error_code": "", "error_sentence": "", "created_at": _AT, "sent_at": None,
    "delivered_at": None,
}  # fmt: skip
_taken = _a_text | {"status": "sent", "sent_at": "2026-11-21T16:04:26Z"}
_reply = _a_text | {
    "status": "received", "author": "contact", "author_name": "Dana Reyes",
    "body": "Thanks, my boiler leaks. Can you come today?", "segments": 1, "call": None,
}  # fmt: skip
_a_conversation = {"id": 7, "by": "Sam Lake", "to": ""}


def _call(name: str, when: str, **differs: Any) -> EventType:
    data = _object({"call": _object(_CALL), "contact": _object(_CONTACT, null=True)})
    return EventType(name, when, data, {"call": _a_call | differs, "contact": _a_contact})


def _of_text(name: str, when: str, example: dict[str, Any]) -> EventType:
    data = _object({"text": _object(_TEXT), "contact": _object(_CONTACT)})
    return EventType(name, when, data, {"text": example, "contact": _a_contact})


def _handled(name: str, when: str, **differs: Any) -> EventType:
    data = _object({"conversation": _object(_CONVERSATION), "contact": _object(_CONTACT)})
    example = {"conversation": _a_conversation | differs, "contact": _a_contact}
    return EventType(name, when, data, example)


def _about(name: str, when: str, field: str, more: dict[str, Any], example: Any) -> EventType:
    data = _object({field: _object(more), "contact": _object(_CONTACT)})
    return EventType(name, when, data, {field: example, "contact": _a_contact})


_CONSENT = {
    "kind": _text("`opt_out` or `opt_in`."),
    "channel": _text("By what they said it, such as `sms`, `call` or `provider`."),
    "at": _moment("Since when it holds."),
}
_ALL = (
    _call("call.missed", "A call was missed, with or without a voicemail, and decided on."),
    _call(
        "call.answered", "A call was answered and is over.", outcome="answered", missed_because="",
        talk_seconds=95, decision="skip", decision_reason="ANSWERED",
        sentence="No text: the call was answered.",
    ),
    _call(
        "voicemail.left", "A caller left a voicemail. The recording stays with us.",
        outcome="voicemail",
    ),
    _of_text("text.queued", "A text was queued, or is held until it may go out.", _a_text),
    _of_text("text.sent", "The provider took a text.", _taken),
    _of_text(
        "text.delivered", "A text reached the handset.",
        _taken | {"status": "delivered", "delivered_at": "2026-11-21T16:04:28Z"},
    ),
    _of_text(
        "text.failed", "A text will not arrive; `error_sentence` says why.",
        _taken | {
            "status": "undelivered", "error_code": "30003",
            "error_sentence": "The phone is switched off or out of reach.",
        },
    ),
    _of_text(
        "text.cancelled", "A text was called off before it left.",
        _a_text | {"status": "cancelled", "error_sentence": "They called again and were answered."},
    ),
    _of_text("reply.received", "Somebody texted the business, whatever they wrote.", _reply),
    EventType(
        "contact.created",
        "Somebody is new: they called or texted, were texted, or were added by hand. People of an "
        "imported list are not told one by one.",
        _object({"contact": _object(_CONTACT)}), {"contact": _a_contact},
    ),
    _about(
        "contact.opted_out", "Somebody may no longer be texted.", "consent", _CONSENT,
        {"kind": "opt_out", "channel": "sms", "at": _AT},
    ),
    _about(
        "contact.opted_in", "Somebody who had opted out may be texted again.", "consent", _CONSENT,
        {"kind": "opt_in", "channel": "sms", "at": _AT},
    ),
    _about(
        "conversation.escalated", "A person of the business has to see to somebody.", "alert",
        {
            "id": _number("Of the alert."),
            "code": _text("Stable, such as `CALLED_AGAIN`."),
            "sentence": _text("What happened."),
            "fix": _text("What to do."),
        },
        {
            "id": 3, "code": "CALLED_AGAIN", "sentence": "(312) 555-0142 called again.",
            "fix": "Phone them back.",
        },
    ),
    _handled("conversation.assigned", "A member or a team was given a conversation.", to="Kim Ho"),
    _handled("conversation.closed", "A member closed a conversation."),
    _handled("conversation.reopened", "A member opened a conversation again."),
    _about(
        "promise.broken", "What a text promised was not kept in time.", "promise",
        {
            "id": _number("Of the promise."),
            "what": _text("`contact` (to be in touch) or `visit`."),
            "words": _text("What the text said."),
            "due_at": _moment("Until when."),
        },
        {"id": 5, "what": "contact", "words": "We will call you within the hour", "due_at": _AT},
    ),
    EventType(
        TEST, "Sent by hand to try an endpoint.",
        _object({"message": _text("For people."), "test": _flag("Always true.")}),
        {"message": "It works: this address is reached.", "test": True}, listed=False,
    ),
)  # fmt: skip
TYPES = {each.name: each for each in _ALL}
CHOICES = tuple(each.name for each in _ALL if each.listed)


def chosen(names: Iterable[str]) -> list[str]:
    """Return names of events in the catalogue's order; none means all. Raises UnknownEvent."""
    wanted = {str(name).strip() for name in names} - {""}
    if strangers := sorted(wanted - set(CHOICES)):
        raise UnknownEvent(
            f"There is no event {', '.join(strangers)[:120]}. There are: {', '.join(CHOICES)}."
        )
    return [name for name in CHOICES if name in wanted]


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of an event's whole payload. Raises KeyError."""
    kind = TYPES[name]
    business = {
        "id": _number("As the API knows it."),
        "name": _text("For people."),
        "external_id": _text("The agency's own name for it; empty where it has none."),
    }
    fields = {
        "id": _text("The same however often it is sent: what `webhook-id` says.", form="uuid"),
        "type": {"const": name},
        "version": {"const": kind.version},
        "timestamp": _moment("When it happened."),
        "business": _object(business),
        "data": kind.data,
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_object(fields)}


def payload(
    event_id: str, name: str, version: int, at: datetime, business: dict[str, Any], data: Any
) -> dict[str, Any]:
    """Return what is told of an event; `at` is aware."""
    return {
        "id": event_id, "type": name, "version": version, "timestamp": moment(at),
        "business": business, "data": data,
    }  # fmt: skip


def example_of(name: str) -> dict[str, Any]:
    """Return an example of an event's payload. Raises KeyError."""
    kind = TYPES[name]
    business = {"id": 12, "name": "Lakeside Plumbing", "external_id": "crm-4711"}
    at = datetime.fromisoformat(_AT)
    return payload(_ID, name, kind.version, at, business, kind.example)


def moment(at: datetime) -> str:
    """Return a moment (aware) as payloads write it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_bytes(told: dict[str, Any]) -> bytes:
    """Return a payload as it is sent, below MOST_BYTES: of what is too long only the beginning is told."""
    body = _bytes(told)
    longest = 4000
    while len(body) >= MOST_BYTES and longest > 10:
        body, longest = _bytes(_shortened(told, longest)), longest // 2
    return body


def _bytes(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _shortened(value: Any, longest: int) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner, longest) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner, longest) for inner in value[:longest]]
    return f"{value[:longest]}…" if isinstance(value, str) and len(value) > longest else value
