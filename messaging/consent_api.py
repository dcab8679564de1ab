"""REST: consent recorded with its proof, and whether somebody may be texted, asked before texting."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api import Unusable
from config.api_operations import asked, by_key, operation
from messaging import api as messaging_api
from messaging import stated
from messaging.clearance import PURPOSES, fits
from messaging.foretelling import Foretold, foretell, stranger
from messaging.message_shapes import SendSerializer
from messaging.models import Contact
from messaging.outbox import Sender
from messaging.serializers import ConsentEventSerializer, PhoneField
from messaging.services import sender_of
from messaging.stated import CHANNELS, Stated, StatedError
from tenants.scope import current_business

_SAID = {
    "phone": "+13125550142", "to": "marketing", "channel": "web",
    "words": "I agree that Lakeside Plumbing may text me offers. Not a condition of purchase.",
    "source": "https://lakeside.example/offers", "occurred_at": "2026-11-21T16:20:00Z",
    "ip": "203.0.113.9", "client_token": "form-8812",
}  # fmt: skip
_STATED = messaging_api.CONSENT | {
    "kind": "consent", "channel": "web", "level": 5, "raw_text": _SAID["words"],
    "matched_by": "human", "matched": "", "provider": "api", "provider_id": "form-8812",
    "actor": "API key CRM",
}  # fmt: skip
_MAY = {
    "may": False, "result": "hold", "code": "QUIET_HOURS", "phone": "+13125550142",
    "sentence": "Waits: it is night where they are.", "rules": ["R-HRS-1"],
    "until": "2026-11-22T14:00:00Z", "from": "+13125550100", "category": "C2",
    "asked_at": "2026-11-22T03:10:00Z", "consent_level": 3, "opted_out_at": None,
    "body": "", "segments": 0,
}  # fmt: skip


class ConsentRecordSerializer(serializers.Serializer[Any]):
    """What a person said, and how one can show it."""

    phone = PhoneField(help_text="Whose word it is.")
    to = serializers.ChoiceField(
        [*stated.AGREED, stated.OPT_OUT],
        help_text=(
            "texts: about what they asked for; marketing: also that, which needs their written word "
            "naming your business; none: they opted out, which counts at once."
        ),
    )  # fmt: skip
    channel = serializers.ChoiceField(CHANNELS, help_text="How they said it.")
    words = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, default="",
        help_text="What they agreed to or said, to the letter. Needed unless they opted out.",
    )  # fmt: skip
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=300, required=False, allow_blank=True, default="",
        help_text="Where it can be found again: the form's address, the contract's number. Needed likewise.",
    )  # fmt: skip
    occurred_at = serializers.DateTimeField(required=False, help_text="When; without it: now.")
    ip = serializers.IPAddressField(required=False, default="", help_text="Of who sent a form.")
    user_agent = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="Of his browser."
    )
    evidence = serializers.DictField(
        child=serializers.CharField(max_length=300), required=False, default=dict,
        help_text="Whatever else shows it, as text: a form's version, a recording's number.",
    )  # fmt: skip
    client_token = serializers.CharField(
        max_length=64, required=False, default="",
        help_text="Your own id for it: the same token again records nothing twice.",
    )  # fmt: skip

    def validate_evidence(self, value: dict[str, str]) -> dict[str, str]:
        """Keep it small. Raises ValidationError."""
        if len(value) > 20 or any(len(name) > 40 or name == "source" for name in value):
            raise serializers.ValidationError(
                "At most 20 names of at most 40 letters, none of them source."
            )
        return value


class CheckSerializer(serializers.Serializer[Any]):
    """A text one might send."""

    to = PhoneField(help_text="Whom to text.")
    purpose = SendSerializer().fields["purpose"]
    category = serializers.ChoiceField(
        ["C1", "C2", "C3"], required=False, help_text="A stricter one than the purpose's own."
    )
    body = serializers.CharField(
        max_length=1600, required=False, allow_blank=True, default="",
        help_text="Its words, where they are known: they are looked at, too.",
    )  # fmt: skip
    at = serializers.DateTimeField(
        required=False, help_text="When it would leave; without it: now."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, a word that no Python attribute can have."""
        sender = serializers.CharField(
            max_length=40, required=False, source="from_number",
            help_text="One of your numbers. Without it: the one this person last dealt with.",
        )  # fmt: skip
        return {**super().get_fields(), "from": sender}


class MaySerializer(serializers.Serializer[Any]):
    """Whether somebody may be texted."""

    may = serializers.BooleanField(
        help_text="Whether it would leave now, or at the moment asked about."
    )
    result = serializers.ChoiceField(
        ["send", "hold", "never"], help_text="hold: it would wait until `until` and be asked again."
    )
    code = serializers.CharField(help_text="Stable, for programs, such as `SUPPRESSED_OPTOUT`.")
    sentence = serializers.CharField(help_text="The same for people.")
    rules = serializers.ListField(
        child=serializers.CharField(), help_text="The rules it comes from."
    )
    until = serializers.DateTimeField(allow_null=True)
    phone = serializers.CharField(help_text="The number, E.164.")
    category = serializers.CharField()
    asked_at = serializers.DateTimeField(help_text="The moment asked about.")
    consent_level = serializers.IntegerField(
        help_text="The lasting consent of this number: 0 none, 3 agreed, 4 wrote to you, 5 agreed to marketing."
    )
    opted_out_at = serializers.DateTimeField(allow_null=True)
    body = serializers.CharField(help_text="As it would leave; a first text says more.")
    segments = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, a word that no Python attribute can have."""
        sender = serializers.CharField(
            source="from_number", help_text="The number it would leave from."
        )
        return {**super().get_fields(), "from": sender}


class ConsentEvents(messaging_api.ConsentEvents):
    """The consent ledger, read and appended to."""

    @operation(
        "Consent", "consent_events_create", "Record what somebody said",
        "Appends consent that was given elsewhere, or an opt-out, to the ledger with its proof. "
        "Nobody who opted out is opted in here: only their own START does that (422, `opted_out`). "
        "A repeated `client_token` answers with the first row.",
        asks=ConsentRecordSerializer, gives=ConsentEventSerializer, status=201, also=(200,),
        sent=_SAID, told=_STATED,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Append. Raises ValidationError naming fields."""
        wanted, now = asked(ConsentRecordSerializer, request), timezone.now()
        said = Stated(
            wanted["phone"], wanted["to"], wanted["channel"], wanted["words"], wanted["source"],
            wanted.get("occurred_at", now), wanted["ip"], wanted["user_agent"],
            wanted["client_token"], wanted["evidence"],
        )  # fmt: skip
        try:
            event, is_new = stated.record(said, actor=by_key(request), door="api", at=now)
        except StatedError as wrong:
            field = {"token": "client_token"}.get(wrong.field, wrong.field)
            raise Unusable(field, wrong.sentence, wrong.code) from None
        return Response(ConsentEventSerializer(event).data, status=201 if is_new else 200)


class ConsentCheck(APIView):
    """May I text this number now, and why."""

    area = "consent"
    scopes = {"post": "consent:read"}

    @operation(
        "Consent", "consent_check", "May I text this number, and why",
        "Asks the gate that every text meets, about a text nobody has written. Nothing is kept, "
        "counted or sent. The answer that counts is the one when a text is sent.",
        asks=CheckSerializer, gives=MaySerializer, sent={"to": "+13125550142", "purpose": "reminder"},
        told=_MAY,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Answer. Raises ValidationError naming fields."""
        wanted, now = asked(CheckSerializer, request), timezone.now()
        purpose, at = wanted.get("purpose", "manual"), wanted.get("at")
        if wanted.get("category") and not fits(purpose, wanted["category"]):
            raise Unusable(
                "category", f"A text with the purpose {purpose} is never {wanted['category']}."
            )
        if at is not None and not now.year <= at.year <= now.year + 2:
            raise Unusable("at", "Expected a moment from now to two years ahead.")
        person = Contact.objects.filter(phone=wanted["to"]).first() or stranger(wanted["to"], now)
        try:
            sender = sender_of(current_business(), person, wanted.get("from_number"))
        except ValueError as error:
            field, _, sentence = str(error).partition(": ")
            raise exceptions.ValidationError(
                {field: f"{sentence[:1].upper()}{sentence[1:]}."}
            ) from None
        told = foretell(
            person, wanted["body"], sender, now, author="api", at=at, purpose=purpose,
            category=wanted.get("category", ""),
        )  # fmt: skip
        category = wanted.get("category") or PURPOSES[purpose]
        return Response(MaySerializer(_shown(told, person, sender, category)).data)


def _shown(told: Foretold, person: Contact, sender: Sender, category: str) -> dict[str, Any]:
    clearance = told.clearance
    return {
        "may": clearance.may_send, "result": clearance.result, "code": clearance.code,
        "sentence": clearance.sentence, "rules": list(clearance.rules), "until": clearance.until,
        "phone": person.phone, "from_number": sender.number, "category": category,
        "asked_at": told.at, "consent_level": person.consent_level,
        "opted_out_at": person.opted_out_at, "body": told.body, "segments": told.size.segments if told.body else 0,
    }  # fmt: skip
