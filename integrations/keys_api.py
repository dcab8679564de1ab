"""REST: API keys of whoever asks, made, replaced and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import IdField
from integrations import keys
from integrations.api import Owned
from integrations.keys import By, CannotKey
from tenants.api_keys import actor_of, key_of
from tenants.api_scopes import SCOPES
from tenants.models import ApiKey

_KEY = {
    "id": 31, "name": "CRM", "prefix": "rb_4f1c09a2be", "scopes": ["contacts:read", "messages:send"],
    "per_minute": None, "expires_at": None, "replaced_by": None, "made_by": "Dana Reyes",
    "last_used_at": "2026-11-21T16:04:26.020000Z", "revoked_at": None,
    "created_at": "2026-11-20T15:04:05.120000Z",
}  # fmt: skip
_PLAIN = {"key": "rb_4f1c09a2be_N5v3pQd0sT7yXk2mB8wL1zR6uC4jH9gE0fA5iO3nW2c"}


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """An API key; its secret is known to its holder alone."""

    prefix = serializers.SerializerMethodField(help_text="How the key begins.")
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="What it may do; empty: everything."
    )
    replaced_by = IdField(source="replaced_by_id", allow_null=True)

    class Meta:
        model = ApiKey
        fields = list(_KEY)
        extra_kwargs = {
            "per_minute": {"help_text": "Requests a minute; null: the platform's limit."},
            "expires_at": {"help_text": "From then on it opens nothing; null: never."},
            "last_used_at": {"help_text": "To the minute."},
        }

    def get_prefix(self, key: ApiKey) -> str:
        """Return how the key begins."""
        return f"rb_{key.prefix}"


class KeyWithSecretSerializer(KeySerializer):
    """A key as it was just made: `key` is shown this once."""

    key = serializers.SerializerMethodField(help_text="The key itself, shown this once.")

    class Meta(KeySerializer.Meta):
        fields = [*_KEY, "key"]

    def get_key(self, key: ApiKey) -> str:
        """Return the plain text."""
        return str(self.context["plain"])


class KeyGivenSerializer(serializers.Serializer[Any]):
    """A key to be made."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(list(SCOPES)), required=False, default=list, max_length=60,
        help_text="What it may do; empty: everything, where your own key may do everything.",
    )  # fmt: skip
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    per_minute = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=keys.MOST_A_MINUTE
    )


class OverlapSerializer(serializers.Serializer[Any]):
    """How long the former key goes on working."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=keys.LONGEST_OVERLAP.days * 24, required=False, default=24
    )


def _example(value: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample("A key", value=value, status_codes=[status], response_only=True)


@reading_documented(
    "API keys",
    None,
    _KEY,
    listed="Your business's keys, or your agency's own, newest first, revoked ones too.",
    one="One key; its secret is shown to nobody again.",
)
@extend_schema_view(
    create=extend_schema(
        tags=["API keys"],
        summary="Make a key",
        description=(
            "The answer holds the key, this once. A key can give only scopes it has itself, and makes "
            "none that outlives it."
        ),
        request=KeyGivenSerializer,
        responses={201: KeyWithSecretSerializer, **problems(400, 401, 422)},
        examples=[
            OpenApiExample(
                "For a CRM", request_only=True,
                value={"name": "CRM", "scopes": ["contacts:read", "messages:send"]},
            ),
            _example(_KEY | _PLAIN, "201"),
        ],
    ),
    destroy=extend_schema(
        tags=["API keys"],
        summary="Revoke a key",
        description="It opens nothing from now on, for good. The answer is the key as it now stands.",
        responses={200: KeySerializer, **problems(401, 404)},
        examples=[_example(_KEY | {"revoked_at": "2026-11-22T09:00:00Z"})],
    ),
)  # fmt: skip
class Keys(ListModelMixin, RetrieveModelMixin, Owned):
    """API keys of the business or the agency."""

    area = "keys"
    queryset = ApiKey.objects.none()
    serializer_class = KeySerializer

    def get_queryset(self) -> QuerySet[ApiKey]:
        """Return the owner's keys."""
        if getattr(self, "swagger_fake_view", False):
            return ApiKey.objects.none()
        return keys.keys_of(self.owner)

    def create(self, request: Request) -> Response:
        """Make a key. Raises Unusable naming the field."""
        asked = KeyGivenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        try:
            made, plain = keys.make(
                self.owner, wanted["name"], wanted["scopes"], _by(request), timezone.now(),
                expires_at=wanted["expires_at"], per_minute=wanted["per_minute"],
            )  # fmt: skip
        except CannotKey as error:
            raise Unusable(error.field, error.sentence, error.code) from None
        return Response(_with(made, plain), status=201)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a key."""
        ended = keys.revoke(self.owner, self.get_object(), _by(request), timezone.now())
        return Response(KeySerializer(ended).data)

    @extend_schema(
        tags=["API keys"],
        summary="Replace a key",
        description=(
            "Makes a key with the same name, scopes and limit. The former one goes on working for "
            "`overlap_hours` (24 unless said), so that you can change over in peace."
        ),
        request=OverlapSerializer,
        responses={201: KeyWithSecretSerializer, **problems(400, 401, 404, 422)},
        examples=[
            OpenApiExample("In a week", request_only=True, value={"overlap_hours": 168}),
            _example(_KEY | _PLAIN, "201"),
        ],
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Replace a key. Raises Unusable for one that opens nothing any more."""
        found = self.get_object()
        asked = OverlapSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        try:
            made, plain = keys.rotate(self.owner, found, _by(request), timezone.now(), overlap)
        except CannotKey as error:
            raise Unusable(error.field, error.sentence, error.code) from None
        return Response(_with(made, plain), status=201)


def _by(request: Request) -> By:
    key = key_of(request)
    return By(actor_of(request), "api", tuple(key.scopes), key.expires_at)


def _with(key: ApiKey, plain: str) -> dict[str, Any]:
    return dict(KeyWithSecretSerializer(key, context={"plain": plain}).data)
