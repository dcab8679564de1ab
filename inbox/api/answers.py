"""REST: who waits for an answer, what was promised, and what the staff should know and do."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_docs import reading_documented
from config.api_operations import asked, operation, refusing
from config.api_views import IdField, Reading
from inbox.api.people import ActorMixin
from inbox.models import Promise, Wait
from inbox.waits import promising
from inbox.waits.services import acknowledge
from messaging import alerts, audit
from messaging.models import Alert

KINDS = Wait.Kind.choices
_WAIT = {
    "id": 6, "conversation": 7, "kind": "reply", "began_at": "2026-11-21T16:12:31Z",
    "due_at": "2026-11-21T16:27:31Z", "target_seconds": 900, "acknowledged_at": None,
    "acknowledged_by": "", "ended_at": None, "ended_how": "", "answered_by": "",
    "waited_seconds": None,
}  # fmt: skip
_PROMISE = {
    "id": 9, "conversation": 7, "message": "019aa2b4-7c1e-7d3a-9f00-5c2b8e4d1a77",
    "words": "within 30 minutes", "what": "contact", "due_at": "2026-11-21T16:42:31Z",
    "state": "open", "ended_at": None, "ended_by": "", "created_at": "2026-11-21T16:12:31Z",
}  # fmt: skip
_ALERT = {
    "id": 2, "code": "COULD_MEAN_STOP", "contact": 7,
    "sentence": "“not now” could mean stop. Texts to them are paused.",
    "fix": "Decide in their thread.", "times": 1, "raised_at": "2026-11-21T16:12:31Z",
    "last_at": "2026-11-21T16:12:31Z", "resolved_at": None, "resolved_by": "",
}  # fmt: skip
_IS_OPEN = serializers.BooleanField(
    required=False,
    allow_null=True,
    default=None,
    help_text="Only those that are, or are not, over.",
)


class OpenFilters(serializers.Serializer[Any]):
    """Whether it is over."""

    open_field = ""
    open = _IS_OPEN

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the filters as the database is asked."""
        is_open = attrs.pop("open", None)
        if is_open is not None:
            attrs[f"{self.open_field}__isnull"] = is_open
        return attrs


class WaitSerializer(serializers.ModelSerializer[Wait]):
    """Somebody who waits, or waited."""

    acknowledged_by = serializers.CharField(source="acknowledged_by_name", read_only=True)
    answered_by = serializers.CharField(source="answered_by_name", read_only=True)

    class Meta:
        model = Wait
        fields = [
            "id", "conversation", "kind", "began_at", "due_at", "target_seconds",
            "acknowledged_at", "acknowledged_by", "ended_at", "ended_how", "answered_by",
            "waited_seconds",
        ]  # fmt: skip
        extra_kwargs = {
            "due_at": {"help_text": "When the target ends, by the opening hours."},
            "waited_seconds": {"help_text": "Counted as the target is; null while they wait."},
        }


class WaitFilters(OpenFilters):
    """What the list of waits can be narrowed to."""

    open_field = "ended_at"
    conversation = IdField(required=False, help_text="In this conversation.")
    since = serializers.DateTimeField(
        required=False, source="began_at__gte", help_text="That began at or after this moment."
    )
    until = serializers.DateTimeField(
        required=False, source="began_at__lt", help_text="That began before this moment."
    )


@reading_documented(
    "Answers",
    WaitFilters,
    _WAIT,
    listed="Who waits for an answer and who waited, newest first: what the figures are made of.",
    one="One wait.",
)
class Waits(ActorMixin, ListModelMixin, RetrieveModelMixin, Reading):
    """Waits."""

    area = "conversations"
    queryset = Wait.objects.filter(conversation__hidden="")
    serializer_class = WaitSerializer
    filters = WaitFilters
    ordering = ("-began_at", "-id")

    @operation(
        "Answers", "waits_see_to", "See to somebody who waits",
        "Nobody else is told any more; they go on waiting. Where another was first, nothing changes.",
        gives=WaitSerializer, errors=(404,),
        told=_WAIT | {"acknowledged_at": "2026-11-21T16:15:00Z", "acknowledged_by": "API key CRM"},
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="see-to")
    def see_to(self, request: Request, pk: str) -> Response:
        """Note it."""
        row = self.get_object()
        acknowledge(row.pk, self.actor, timezone.now())
        return Response(WaitSerializer(Wait.objects.get(pk=row.pk)).data)


class PromiseSerializer(serializers.ModelSerializer[Promise]):
    """Something a text promised."""

    ended_by = serializers.CharField(source="ended_by_name", read_only=True)

    class Meta:
        model = Promise
        fields = [
            "id", "conversation", "message", "words", "what", "due_at", "state", "ended_at",
            "ended_by", "created_at",
        ]  # fmt: skip
        extra_kwargs = {"words": {"help_text": "As the text says it."}}


class PromiseFilters(serializers.Serializer[Any]):
    """What the list of promises can be narrowed to."""

    conversation = IdField(required=False, help_text="In this conversation.")
    state = serializers.ChoiceField(Promise.State.choices, required=False)


class SettleSerializer(serializers.Serializer[Any]):
    """What became of a promise."""

    state = serializers.ChoiceField(["kept", "called_off"])


@reading_documented(
    "Answers",
    PromiseFilters,
    _PROMISE,
    listed="What texts promised, the latest to be due first.",
    one="One promise.",
)
class Promises(ActorMixin, ListModelMixin, RetrieveModelMixin, Reading):
    """Promises."""

    area = "conversations"
    queryset = Promise.objects.all()
    serializer_class = PromiseSerializer
    filters = PromiseFilters
    ordering = ("-due_at", "-id")

    @operation(
        "Answers", "promises_settle", "Say what became of a promise",
        "Kept, or called off. What was said already stays.",
        asks=SettleSerializer, gives=PromiseSerializer, sent={"state": "kept"}, errors=(404,),
        told=_PROMISE | {"state": "kept", "ended_at": "2026-11-21T16:30:00Z", "ended_by": "API key CRM"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Say it. Raises ValidationError."""
        row, wanted = self.get_object(), asked(SettleSerializer, request)
        with refusing(ValueError, field="state"):
            promising.settle(row.pk, wanted["state"], self.actor, timezone.now())
        return Response(PromiseSerializer(Promise.objects.get(pk=row.pk)).data)


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """Something the staff should know and do."""

    class Meta:
        model = Alert
        fields = [
            "id", "code", "contact", "sentence", "fix", "times", "raised_at", "last_at",
            "resolved_at", "resolved_by",
        ]  # fmt: skip
        extra_kwargs = {
            "fix": {"help_text": "What to do about it."},
            "times": {"help_text": "How often it was raised while it was open."},
        }


class AlertFilters(OpenFilters):
    """What the list of alerts can be narrowed to."""

    open_field = "resolved_at"
    contact = IdField(required=False, help_text="About this contact.")


@reading_documented(
    "Answers",
    AlertFilters,
    _ALERT,
    listed="What the staff should know and do, and what it was told, newest first.",
    one="One alert.",
)
class Alerts(ActorMixin, ListModelMixin, RetrieveModelMixin, Reading):
    """Alerts."""

    area = "conversations"
    queryset: QuerySet[Alert] = Alert.objects.all()
    serializer_class = AlertSerializer
    filters = AlertFilters
    ordering = ("-raised_at", "-id")

    @operation(
        "Answers", "alerts_resolve", "Settle an alert",
        "Somebody has dealt with it. Once more is no error.",
        gives=AlertSerializer, errors=(404,),
        told=_ALERT | {"resolved_at": "2026-11-21T16:30:00Z", "resolved_by": "API key CRM"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Settle it."""
        row, now, by = self.get_object(), timezone.now(), self.actor.name
        with transaction.atomic():
            if row.resolved_at is None and alerts.resolve(row.code, row.subject, by=by, at=now):
                audit.note(
                    "alert.resolve", actor=by, door="api", at=now,
                    subject=str(row.contact_id or ""), detail={"alert": row.pk, "code": row.code},
                )  # fmt: skip
        return Response(AlertSerializer(Alert.objects.get(pk=row.pk)).data)
