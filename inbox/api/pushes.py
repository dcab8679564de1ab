"""REST: how a playbook goes to many businesses, and taking it back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import UUID_PATTERN, IdField, Reading
from inbox.agency.playbooks import moving, pushing, words
from inbox.agency.playbooks.pushing import PushError
from tenants.api_keys import actor_of, key_of
from tenants.models import PlaybookPush, PlaybookUse

PUSH = {
    "id": "01a2033c-232e-7878-beb2-e5817146662a", "playbook": 3, "version": 2, "state": "ready",
    "sections": ["hours", "rules", "texts"], "replaces_own": False, "first": 1, "wait_hours": None,
    "go_on_at": None, "businesses": {"ready": 2}, "asked_by": "key CRM",
    "created_at": "2026-11-21T09:00:00.120000Z", "started_at": None, "finished_at": None,
}  # fmt: skip
_PLACE = {
    "business": 7, "state": "ready", "wave": 1, "problem": "", "changes": ["Tag “north side”: Blue"],
    "stays": [], "problems": [], "changed_since": [], "applied_at": None, "taken_back_at": None,
}  # fmt: skip
_DEEDS = {"start": pushing.start, "go-on": pushing.go_on, "pause": pushing.pause,
          "stop": pushing.stop, "again": pushing.again}  # fmt: skip


class PushSerializer(serializers.ModelSerializer[PlaybookPush]):
    """One push of a playbook."""

    playbook = IdField(source="version.playbook_id")
    version = serializers.IntegerField(source="version.number")
    sections = serializers.ListField(child=serializers.CharField())
    businesses = serializers.SerializerMethodField(
        help_text="How many businesses are in which state."
    )

    class Meta:
        model = PlaybookPush
        fields = list(PUSH)

    def get_businesses(self, push: PlaybookPush) -> dict[str, int]:
        """Return how many businesses are in which state."""
        return dict(pushing.counts(push))


class PlaceSerializer(serializers.Serializer[Any]):
    """What became of one business of a push, or would."""

    business = IdField()
    state = serializers.CharField()
    wave = serializers.IntegerField(help_text="1: one of the first.")
    problem = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField(), help_text="In words.")
    stays = serializers.ListField(child=serializers.CharField(), help_text="What stays, and why.")
    problems = serializers.ListField(child=serializers.CharField())
    changed_since = serializers.ListField(child=serializers.CharField())
    applied_at = serializers.DateTimeField(allow_null=True)
    taken_back_at = serializers.DateTimeField(allow_null=True)


class DeedSerializer(serializers.Serializer[Any]):
    """What is done with a push."""

    do = serializers.ChoiceField([*_DEEDS, "take-back"])
    businesses = serializers.ListField(
        child=IdField(), required=False, default=None, allow_null=True, max_length=pushing.MOST,
        help_text="For take-back: at which businesses; null: at all.",
    )  # fmt: skip
    mode = serializers.ChoiceField(
        [moving.ASK, moving.REST, moving.ALL], required=False, default=moving.ASK,
        help_text="For take-back, where somebody changed it since: ask, take back the rest, or all.",
    )  # fmt: skip


_DOCS: dict[str, Any] = {"tags": ["Playbook pushes"]}


@reading_documented(
    "Playbook pushes",
    None,
    PUSH,
    listed="The agency's pushes, newest first.",
    one="One push and how far it is.",
)
class Pushes(ListModelMixin, RetrieveModelMixin, Reading):
    """Pushes of the agency's playbooks."""

    area, level = "playbooks", "agency"
    queryset = PlaybookPush.objects.none()
    serializer_class = PushSerializer
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[PlaybookPush]:
        """Return the agency's pushes."""
        if getattr(self, "swagger_fake_view", False):
            return PlaybookPush.objects.none()
        rows = PlaybookPush.objects.select_related("version")
        return rows.filter(agency=key_of(self.request).agency_id)

    @extend_schema(
        summary="List the businesses of a push", responses={200: PlaceSerializer(many=True), **problems(401, 403, 404)},
        examples=[OpenApiExample("A business", value=_PLACE, status_codes=["200"], response_only=True)],
        **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def businesses(self, request: Request, pk: str) -> Response:
        """Return what became of each business, or would, in words."""
        uses = PlaybookUse.objects.filter(push=self.get_object().pk)
        self.ordering = ("created_at", "id")
        page = self.paginate_queryset(uses) or []
        return self.get_paginated_response([_place(use) for use in page])

    @extend_schema(
        summary="Start, pause, go on with, stop or take back a push",
        request=DeedSerializer, responses={200: PushSerializer, **problems(400, 401, 403, 404, 422)},
        examples=[
            OpenApiExample("Start it", request_only=True, value={"do": "start"}),
            OpenApiExample("A push", value=PUSH | {"state": "running"}, status_codes=["200"], response_only=True),
        ],
        **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def act(self, request: Request, pk: str) -> Response:
        """Do something with a push. Raises Unusable where it is not in that state."""
        push = self.get_object()
        asked = DeedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        said: dict[str, Any] = {"by": actor_of(request), "door": "api", "at": timezone.now()}
        try:
            if wanted["do"] == "take-back":
                uses = None
                if wanted["businesses"] is not None:
                    named = PlaybookUse.objects.filter(
                        push=push.pk, business__in=wanted["businesses"]
                    )
                    uses = list(named.values_list("pk", flat=True))
                pushing.take_back(push, uses=uses, mode=wanted["mode"], **said)
            else:
                _DEEDS[wanted["do"]](push, **said)
        except PushError as wrong:
            raise Unusable("do" if wrong.field == "push" else wrong.field, wrong.sentence) from None
        push.refresh_from_db()
        return Response(PushSerializer(push).data)


def _place(use: PlaybookUse) -> dict[str, Any]:
    plan = use.plan
    names = plan.get("names", {})
    plain = {
        "business": use.business_id, "state": use.state, "wave": use.wave, "problem": use.problem,
        "changes": [
            sentence for piece, old, new in plan.get("changes", [])
            for sentence in words.change(piece, old, new, names)
        ],
        "stays": [words.stay(piece, why, names) for piece, why in plan.get("stays", [])],
        "problems": [f"{words.label(piece, names)}: {what}" for piece, what in plan.get("problems", [])],
        "changed_since": [words.label(piece, names) for piece in plan.get("changed", [])],
        "applied_at": use.applied_at, "taken_back_at": use.taken_back_at,
    }  # fmt: skip
    return dict(PlaceSerializer(plain).data)
