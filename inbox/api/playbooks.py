"""REST: an agency's playbooks, their versions, and putting one at businesses."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import IdField
from inbox.agency.playbooks import applying, pushing, saving, words
from inbox.agency.playbooks.content import SECTIONS
from inbox.agency.playbooks.pushing import PushError
from inbox.agency.playbooks.saving import PlaybookError
from inbox.api.drift import Drifts
from inbox.api.pushes import PUSH, PushSerializer
from tenants.api_keys import actor_of, agency_of
from tenants.models import (
    AgencyPlaybook,
    AgencyPlaybookVersion,
    Business,
    PlaybookPush,
    PlaybookUse,
)

AT_ONCE = 50  # businesses that can be applied to without a preview in between
_PLAYBOOK = {
    "id": 3, "name": "Plumbers with a night line", "description": "", "latest_version": 2,
    "archived_at": None, "created_at": "2026-11-20T15:04:05.120000Z",
}  # fmt: skip
_VERSION = {
    "number": 2, "sections": {"tags": {"north side": "blue"}}, "note": "Longer hours",
    "made_by": "Dana Reyes", "made_at": "2026-11-21T09:00:00.120000Z", "left_out": [],
}  # fmt: skip


class PlaybookSerializer(serializers.ModelSerializer[AgencyPlaybook]):
    """A playbook of the agency."""

    latest_version = serializers.IntegerField(
        allow_null=True, help_text="Its newest version's number."
    )

    class Meta:
        model = AgencyPlaybook
        fields = list(_PLAYBOOK)
        extra_kwargs = {"archived_at": {"help_text": "Null unless it was put away."}}


class VersionSerializer(serializers.Serializer[Any]):
    """One version of a playbook; it never changes."""

    number = serializers.IntegerField()
    sections = serializers.JSONField(help_text="What it holds, by section.")
    note = serializers.CharField()
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    left_out = serializers.ListField(
        child=serializers.CharField(),
        help_text="When it was just saved: what stayed with the business, and why.",
    )


class SaveSerializer(serializers.Serializer[Any]):
    """Whose set-up is saved, and which sections of it."""

    business = IdField(help_text="The business whose set-up is saved.")
    sections = serializers.ListField(
        child=serializers.ChoiceField(SECTIONS), required=False, default=list(SECTIONS), max_length=20,
        help_text="Which sections; all unless said.",
    )  # fmt: skip
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)


class NewSerializer(SaveSerializer):
    """A new playbook."""

    name = serializers.CharField(max_length=80)
    description = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=300
    )


class ApplySerializer(serializers.Serializer[Any]):
    """Where a playbook's newest version goes."""

    businesses = serializers.ListField(
        child=IdField(),
        min_length=1,
        max_length=pushing.MOST,
        help_text="Ids of businesses, in their order.",
    )
    sections = serializers.ListField(
        child=serializers.ChoiceField(SECTIONS),
        required=False,
        default=list(SECTIONS),
        max_length=20,
    )
    first = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=pushing.MOST,
        help_text="How many go first; the rest waits. 0: all at once.",
    )  # fmt: skip
    wait_hours = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=336,
        help_text="The rest follows by itself after so many hours; null: when told to go on.",
    )  # fmt: skip
    replaces_own = serializers.BooleanField(
        required=False, default=False, help_text="Also replace texts that a business wrote itself."
    )
    preview = serializers.BooleanField(
        required=False, default=True,
        help_text=f"True: nothing is changed before it is started. False: at most {AT_ONCE} businesses.",
    )  # fmt: skip


_DOCS: dict[str, Any] = {"tags": ["Playbooks"]}
_SAVED = OpenApiExample(
    "A version", value=_VERSION, status_codes=["200", "201"], response_only=True
)


@reading_documented(
    "Playbooks",
    None,
    _PLAYBOOK,
    listed="The agency's playbooks, newest first.",
    one="One playbook.",
)
@extend_schema_view(
    create=extend_schema(
        summary="Save a new playbook",
        description=(
            "Saves a business's set-up. Its name becomes a merge field; numbers, phones, people and "
            "secrets are never in a playbook, and what names any is left out and told."
        ),
        request=NewSerializer,
        responses={201: PlaybookSerializer, **problems(400, 401, 403, 422)},
        examples=[
            OpenApiExample("From a business", request_only=True,
                           value={"name": "Plumbers", "business": 7, "sections": ["hours", "rules", "texts"]}),
            OpenApiExample("Saved", value=_PLAYBOOK, status_codes=["201"], response_only=True),
        ],
        **_DOCS,
    )
)  # fmt: skip
class Playbooks(ListModelMixin, RetrieveModelMixin, Drifts):
    """Playbooks of the agency."""

    area, level = "playbooks", "agency"
    scopes = {"versions": "playbooks:read", "version": "playbooks:read"}
    queryset = AgencyPlaybook.objects.none()
    serializer_class = PlaybookSerializer

    def get_queryset(self) -> QuerySet[AgencyPlaybook]:
        """Return the agency's playbooks."""
        if getattr(self, "swagger_fake_view", False):
            return AgencyPlaybook.objects.none()
        mine = AgencyPlaybook.objects.filter(agency=agency_of(self.request))
        return mine.annotate(latest_version=Max("versions__number"))

    def create(self, request: Request) -> Response:
        """Save a new playbook. Raises Unusable naming the field."""
        asked = NewSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        version, _left = _save(request, asked.validated_data, None)
        made = self.get_queryset().get(pk=version.playbook_id)
        return Response(PlaybookSerializer(made).data, status=201)

    @extend_schema(
        operation_id="playbooks_versions_list",
        summary="List a playbook's versions", responses={200: VersionSerializer(many=True), **problems(401, 403, 404)},
        examples=[_SAVED], **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        """Return its versions, newest first."""
        rows = self.get_object().versions.all()
        self.ordering = ("-made_at", "-id")
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([_version(row) for row in page])

    @extend_schema(
        summary="Get one version of a playbook", responses={200: VersionSerializer, **problems(401, 403, 404)},
        examples=[_SAVED], **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["get"], url_path="versions/(?P<number>[0-9]{1,9})")
    def version(self, request: Request, pk: str, number: str) -> Response:
        """Return one version. Raises NotFound."""
        row = self.get_object().versions.filter(number=int(number)).first()
        if row is None:
            raise NotFound
        return Response(_version(row))

    @extend_schema(
        summary="Save a playbook's next version",
        description="A set-up that equals the newest version makes none, and returns that.",
        request=SaveSerializer, responses={200: VersionSerializer, **problems(400, 401, 403, 404, 422)},
        examples=[OpenApiExample("From a business", request_only=True, value={"business": 7}), _SAVED],
        **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def save(self, request: Request, pk: str) -> Response:
        """Save the next version. Raises Unusable."""
        playbook = self.get_object()
        asked = SaveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        version, left_out = _save(request, asked.validated_data, playbook)
        return Response(_version(version, left_out))

    @extend_schema(
        summary="Apply a playbook to businesses",
        description=(
            "Makes a push. With `preview` every business is looked at and nothing is changed: read what would "
            "change at the push's businesses, then start it."
        ),
        request=ApplySerializer, responses={201: PushSerializer, **problems(400, 401, 403, 404, 422)},
        examples=[
            OpenApiExample("A preview", request_only=True, value={"businesses": [7, 8], "first": 1}),
            OpenApiExample("A push", value=PUSH, status_codes=["201"], response_only=True),
        ],
        **_DOCS,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Make a push of the newest version. Raises Unusable."""
        version = self.get_object().versions.order_by("-number").first()
        asked = ApplySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if version is None:
            raise NotFound
        return Response(
            PushSerializer(_apply(request, version, asked.validated_data)).data, status=201
        )


def _apply(
    request: Request, version: AgencyPlaybookVersion, wanted: dict[str, Any]
) -> PlaybookPush:
    ids = list(dict.fromkeys(wanted["businesses"]))
    if not wanted["preview"] and len(ids) > AT_ONCE:
        raise Unusable("preview", f"Without a preview at most {AT_ONCE} businesses are taken.")
    mine = Business.objects.filter(agency=agency_of(request), pk__in=ids).in_bulk()
    unknown = [each for each in ids if each not in mine]
    if unknown:
        raise Unusable("businesses", f"Your agency has no business {unknown[0]}.", "not_found")
    said: dict[str, Any] = {"by": actor_of(request), "door": "api", "at": timezone.now()}
    try:
        made = pushing.make(
            version, [mine[each] for each in ids], sections=wanted["sections"], first=wanted["first"],
            wait_hours=wanted["wait_hours"], replaces_own=wanted["replaces_own"], **said,
        )  # fmt: skip
        if len(ids) <= AT_ONCE:
            for use in PlaybookUse.objects.filter(push=made.pk):
                applying.look_at(use)
            pushing.move_on(made.pk)
        if not wanted["preview"]:
            pushing.start(made, **said)
    except PushError as wrong:
        raise Unusable("" if wrong.field == "push" else wrong.field, wrong.sentence) from None
    made.refresh_from_db()
    return made


def _save(
    request: Request, wanted: dict[str, Any], playbook: AgencyPlaybook | None
) -> tuple[AgencyPlaybookVersion, list[tuple[str, str]]]:
    agency = agency_of(request)
    business = Business.objects.filter(agency=agency, pk=wanted["business"]).first()
    if business is None:
        raise Unusable("business", "Your agency has no such business.", "not_found")
    try:
        return saving.save(
            agency, business, name=wanted.get("name", ""), description=wanted.get("description", ""),
            note=wanted["note"], chosen=wanted["sections"], playbook=playbook, by=actor_of(request),
            door="api", at=timezone.now(),
        )  # fmt: skip
    except PlaybookError as wrong:
        raise Unusable(wrong.field, wrong.sentence) from None


def _version(row: AgencyPlaybookVersion, left_out: Any = ()) -> dict[str, Any]:
    told = [words.left_out(piece, why) for piece, why in left_out]
    plain = {
        "number": row.number, "sections": row.content["sections"], "note": row.note,
        "made_by": row.made_by, "made_at": row.made_at, "left_out": told,
    }  # fmt: skip
    return dict(VersionSerializer(plain).data)
