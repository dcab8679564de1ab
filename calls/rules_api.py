"""REST: the rules in force, rules that are checked or tried without being kept, and publishing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import rulebook
from calls.api import DECISIONS, ReceiptSerializer
from calls.rule_words import diff, sentence
from calls.rulebook import Conflict, PinsBroken
from calls.rules import ATTESTATIONS, OUTCOMES, Rules, RulesError
from calls.setup import load_setup
from calls.what_if import Foreseen, Imagined, foresee
from config.api import Unusable
from config.api_docs import problems
from config.api_operations import PreconditionFailed, by_key, version_of
from messaging.models import Contact
from messaging.numbers import normalise
from tenants.scope import current_business

_RULE = {
    "id": "text-back",
    "name": "Text back missed calls",
    "is_on": True,
    "when": {"outcomes": ["no_answer", "busy"], "ring_at_least": 4},
    "then": {"template": "missed-open", "template_closed": "missed-closed"},
}
_SAID = (
    "When a call is missed because nobody answers or the line is busy, unless the caller hangs up "
    "within 4 s: text “Missed call, open” or “Missed call, closed” while you are not open, then "
    "pause 12 h."
)
IN_FORCE = {
    "version": 7,
    "rules": [_RULE],
    "sentences": [_SAID],
    "author": "Dana Reyes",
    "origin": "page",
    "note": "Another text at night",
    "created_at": "2026-11-21T16:04:01Z",
}
_CHECKED = {
    "problems": [],
    "sentences": [_SAID],
    "changes": ["“Text back missed calls”: at once, instead of after 2 min."],
    "pins_broken": [],
}
_TRIED = {
    "action": "send",
    "body": "Lakeside Plumbing: Sorry we missed your call. How can we help? Reply STOP to opt out.",
    "segments": 1,
    "receipt": {
        "action": "send",
        "code": "SEND",
        "sentence": "Text back: nobody answered.",
        "rule": "Text back missed calls",
        "decided_at": "2026-11-21T16:04:25+00:00",
        "due_at": None,
        "expires_at": "2026-11-21T16:34:24+00:00",
        "questions": [
            {"asked": "Was the call missed?", "input": "nobody answered", "answer": "yes", "passed": True}
        ],
    },
}  # fmt: skip


class RulesSerializer(serializers.Serializer[Any]):
    """The rules of the business as of one version."""

    version = serializers.IntegerField(help_text="Counts from 1; the answer's `ETag` says it too.")
    rules = serializers.ListField(
        child=serializers.DictField(),
        help_text="In their order: the first that fits a call decides. What is as usual is left out.",
    )
    sentences = serializers.ListField(
        child=serializers.CharField(), help_text="Each rule as a sentence, in the same order."
    )
    author = serializers.CharField()
    origin = serializers.CharField(help_text="How it came: page, api, audit, playbook, restored.")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class RulesGivenSerializer(serializers.Serializer[Any]):
    """Rules to be checked."""

    rules = serializers.JSONField(help_text="A list of rules, as `GET /api/v1/rules/` gives it.")


class RulesPublishSerializer(RulesGivenSerializer):
    """Rules to be put in force."""

    note = serializers.CharField(
        required=False, max_length=120, allow_blank=True, default="", help_text="Why, for people."
    )
    accept_broken_pins = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Publish though pinned calls are decided otherwise.",
    )


class RulesCheckedSerializer(serializers.Serializer[Any]):
    """What publishing these rules would do."""

    problems = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="`field` and `detail` of whatever keeps them from being published.",
    )
    sentences = serializers.ListField(child=serializers.CharField())
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="Against the version in force, a sentence each."
    )
    pins_broken = serializers.ListField(
        child=serializers.CharField(), help_text="Pinned calls that would be decided otherwise."
    )


class SimulateSerializer(serializers.Serializer[Any]):
    """A call nobody made."""

    line = serializers.CharField(max_length=20, help_text="The line that is called, E.164.")
    caller = serializers.CharField(
        max_length=40, help_text="A number, or `anonymous`. A known contact is taken as it stands."
    )
    at = serializers.DateTimeField(required=False, help_text="When it rings; without it: now.")
    outcome = serializers.ChoiceField(["answered", *OUTCOMES], default="no_answer")
    ring_seconds = serializers.IntegerField(min_value=0, max_value=600, default=20)
    talk_seconds = serializers.IntegerField(min_value=0, max_value=36_000, default=0)
    voicemail = serializers.BooleanField(default=False)
    attestation = serializers.ChoiceField([*ATTESTATIONS, "failed"], default="A")
    consent_level = serializers.IntegerField(
        min_value=1, max_value=3, default=1,
        help_text="1 implied by the call, 2 heard the notice, 3 pressed the key.",
    )  # fmt: skip
    nth_call = serializers.IntegerField(min_value=1, max_value=100, default=1)
    texted_hours_ago = serializers.IntegerField(
        min_value=0, max_value=2_000, required=False, help_text="Without it: as stored."
    )
    rules = serializers.JSONField(
        required=False, help_text="Rules to try; without them, those in force."
    )


class ForeseenSerializer(serializers.Serializer[Any]):
    """What would happen."""

    action = serializers.ChoiceField(DECISIONS)
    body = serializers.CharField(help_text="The text as it would read; empty where none is sent.")
    segments = serializers.IntegerField()
    receipt = ReceiptSerializer()


def refused(error: RulesError) -> exceptions.ValidationError:
    """Return what is wrong with rules as a 422, by field."""
    fields: dict[str, list[exceptions.ErrorDetail]] = {}
    for where, what in error.problems:
        fields.setdefault(where, []).append(exceptions.ErrorDetail(what, "invalid"))
    return exceptions.ValidationError(fields)


class RulesInForce(APIView):
    """The rules in force."""

    area = "rules"

    @extend_schema(
        tags=["Rules"],
        operation_id="rules_retrieve",
        summary="The rules in force",
        description="The newest version. Its `ETag` is what `If-Match` wants when rules are published.",
        responses={200: RulesSerializer, **problems(401)},
        examples=[
            OpenApiExample("Rules", value=IN_FORCE, status_codes=["200"], response_only=True)
        ],
    )
    def get(self, request: Request) -> Response:
        """Answer with the version in force."""
        return in_force()

    @extend_schema(
        tags=["Rules"],
        operation_id="rules_update",
        summary="Publish rules",
        description=(
            "Puts all rules in force as a new version, from the next call on; unchanged rules make "
            "none. `If-Match` names the version they were made from: when somebody has published "
            "since, the answer is 412 and nothing changes. Pinned calls that would be decided "
            "otherwise are a 422 with the code `pins_broken`, unless `accept_broken_pins` is said."
        ),
        parameters=[
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, required=True,
                description='The `ETag` of the rules they were made from, such as `"7"`.',
            )
        ],
        request=RulesPublishSerializer,
        responses={200: RulesSerializer, **problems(400, 401, 412, 422)},
        examples=[
            OpenApiExample("Publish", request_only=True, value={"rules": [_RULE], "note": "From the CRM"}),
            OpenApiExample("Rules", value=IN_FORCE, status_codes=["200"], response_only=True),
        ],
    )  # fmt: skip
    def put(self, request: Request) -> Response:
        """Publish. Raises Unusable, PreconditionFailed and ValidationError naming fields."""
        asked = RulesPublishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        based_on = version_of(request, "the rules in force")
        wanted = asked.validated_data
        try:
            rulebook.publish(
                current_business(), wanted["rules"], by=by_key(request), user_id=None, origin="api",
                note=" ".join(wanted["note"].split()), based_on=based_on, at=timezone.now(),
                door="api", accept_broken_pins=wanted["accept_broken_pins"],
            )  # fmt: skip
        except RulesError as error:
            raise refused(error) from None
        except Conflict as conflict:
            latest = conflict.latest
            raise PreconditionFailed(
                f"Version {latest.version} by {latest.author} is in force. Read it and try again."
            ) from None
        except PinsBroken as broken:
            names = ", ".join(f"“{result.pin.name}”" for result in broken.pins)
            sentence = f"Pinned calls would be decided otherwise: {names}."
            raise Unusable("rules", sentence, "pins_broken") from None
        return in_force()


def in_force() -> Response:
    """Answer with the version in force."""
    stored = rulebook.latest()
    names = rulebook.names(current_business().pk)
    data = {
        "version": stored.version if stored else 0,
        "rules": stored.rules if stored else [],
        "sentences": [sentence(rule, names) for rule in rulebook.rules_of(stored).rules],
        "author": stored.author if stored else "",
        "origin": stored.origin if stored else "",
        "note": stored.note if stored else "",
        "created_at": stored.created_at if stored else None,
    }
    return Response(RulesSerializer(data).data, headers={"ETag": f'"{data["version"]}"'})


class RulesValidate(APIView):
    """Checking rules."""

    scopes = {"post": "rules:read"}

    @extend_schema(
        tags=["Rules"],
        operation_id="rules_validate",
        summary="Check rules",
        description=(
            "Says what publishing these rules would change, in sentences, which pinned calls would "
            "be decided otherwise, and what is wrong with them, by field. Nothing is kept."
        ),
        request=RulesGivenSerializer,
        responses={200: RulesCheckedSerializer, **problems(400, 401, 422)},
        examples=[
            OpenApiExample("Rules", request_only=True, value={"rules": [_RULE]}),
            OpenApiExample("Checked", value=_CHECKED, status_codes=["200"], response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Answer with what would change."""
        asked = RulesGivenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        business_id, latest = current_business().pk, rulebook.latest()
        names, current = rulebook.names(business_id), rulebook.rules_of(latest)
        try:
            rules = rulebook.checked(business_id, asked.validated_data["rules"])
        except RulesError as error:
            found = [{"field": where, "detail": what} for where, what in error.problems]
            return Response({"problems": found, "sentences": [], "changes": [], "pins_broken": []})
        pins = rulebook.run_pins(Rules(current.version + 1, rules))
        data = {
            "problems": [],
            "sentences": [sentence(rule, names) for rule in rules],
            "changes": diff(current.rules, rules, names),
            "pins_broken": [result.pin.name for result in pins if not result.holds],
        }
        return Response(RulesCheckedSerializer(data).data)


class RulesSimulate(APIView):
    """Trying rules on a call nobody made."""

    scopes = {"post": "rules:read"}

    @extend_schema(
        tags=["Rules"],
        operation_id="rules_simulate",
        summary="What would happen if somebody called",
        description=(
            "Decides an imagined call by the rules in force, or by `rules`, and asks the same gate a "
            "text would meet at that moment. Nothing is written, counted or sent."
        ),
        request=SimulateSerializer,
        responses={200: ForeseenSerializer, **problems(400, 401, 422)},
        examples=[
            OpenApiExample(
                "A call at night", request_only=True,
                value={"line": "+13125550100", "caller": "+13125550142", "at": "2026-11-21T22:40:00-06:00"},
            ),
            OpenApiExample("Texted", value=_TRIED, status_codes=["200"], response_only=True),
        ],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Answer with the receipt. Raises Unusable and ValidationError naming fields."""
        asked = SimulateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        business = current_business()
        setup = load_setup(str(business.schema_name))
        line = normalise(wanted["line"])
        if setup.line(line) is None:
            raise Unusable("line", "That is not a number of this business.")
        caller = normalise(wanted["caller"])
        if not caller and wanted["caller"].lower() not in ("anonymous", "withheld", "private"):
            raise Unusable("caller", "Expected a number such as +13125550142, or `anonymous`.")
        if not 2000 <= (wanted.get("at") or timezone.now()).year <= 2100:
            raise Unusable("at", "Expected a time from 2000 to 2100.")
        rules = setup.rules
        if wanted.get("rules") is not None:
            try:
                rules = Rules(rules.version + 1, rulebook.checked(business.pk, wanted["rules"]))
            except RulesError as error:
                raise refused(error) from None
        contact = Contact.objects.filter(phone=caller).first() if caller else None
        foreseen = foresee(_imagined(wanted, line, caller), contact, rules, setup)
        return Response(ForeseenSerializer(_shown(foreseen)).data)


def _imagined(wanted: dict[str, Any], line: str, caller: str) -> Imagined:
    answered = wanted["outcome"] == "answered"
    hours = wanted.get("texted_hours_ago")
    return Imagined(
        line=line,
        caller=caller,
        at=wanted.get("at") or timezone.now(),
        kind="answered" if answered else "missed",
        because="" if answered else wanted["outcome"],
        ring=wanted["ring_seconds"],
        talk=wanted["talk_seconds"] if answered else None,
        voicemail=wanted["voicemail"] and not answered,
        attestation=wanted["attestation"],
        level=wanted["consent_level"],
        nth=wanted["nth_call"],
        texted_ago=timedelta(hours=hours) if hours is not None else None,
    )


def _shown(foreseen: Foreseen) -> dict[str, Any]:
    decision = foreseen.decision
    sends = decision.action != "skip"
    return {
        "action": decision.action,
        "body": foreseen.body if sends else "",
        "segments": foreseen.size.segments if sends and foreseen.size else 0,
        "receipt": decision.receipt(foreseen.asked_at),
    }
