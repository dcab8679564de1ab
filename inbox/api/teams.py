"""REST: teams, and fields of the business's own."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.api_operations import asked, operation, refusing, whole
from config.api_views import IdField
from inbox.api.things import Things
from inbox.models import CustomField, Team, TeamMember
from inbox.settings import services
from inbox.settings.chosen import Wrong
from tenants.scope import current_business

KINDS = CustomField.Kind.choices
_TEAM = {"id": 2, "name": "Dispatch", "members": [12, 15]}
_FIELD = {
    "id": 3, "key": "boiler", "label": "Boiler", "kind": "choice",
    "options": ["Vitodens", "Buderus"], "archived_at": None,
}  # fmt: skip


class TeamSerializer(serializers.ModelSerializer[Team]):
    """Several members who see to conversations together."""

    members = serializers.SerializerMethodField(
        help_text="Who is in it, by `user` of `/api/v1/members/`."
    )

    class Meta:
        model = Team
        fields = ["id", "name", "members"]

    def get_members(self, team: Team) -> list[int]:
        """Return the users' ids."""
        return sorted(each.user for each in team.members.all())


class TeamWantedSerializer(serializers.Serializer[Any]):
    """A team and who is in it."""

    name = serializers.CharField(max_length=60)
    members = serializers.ListField(
        child=IdField(), max_length=200, default=list,
        help_text="Users; who is no member of the business is left out.",
    )  # fmt: skip


class Teams(Things):
    """Teams."""

    area = "members"
    queryset = Team.objects.filter(archived_at=None).order_by("name").prefetch_related("members")
    serializer_class = TeamSerializer

    @operation(
        "Teams", "teams_list", "List teams", "Without those that were put away.",
        gives=TeamSerializer(many=True), told=_TEAM,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(TeamSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Teams", "teams_create", "Make a team", "One of a name that was put away comes back.",
        asks=TeamWantedSerializer, gives=TeamSerializer, status=201, told=_TEAM,
        sent={"name": "Dispatch", "members": [12, 15]},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Make one. Raises ValidationError naming fields."""
        return Response(self._save(None, asked(TeamWantedSerializer, request)), status=201)

    @operation(
        "Teams", "teams_change", "Change a team", "Its name and who is in it.",
        asks=TeamWantedSerializer, gives=TeamSerializer, told=_TEAM, errors=(404,),
        sent={"name": "Dispatch", "members": [12]},
    )  # fmt: skip
    def update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        return Response(self._save(self.id(), asked(TeamWantedSerializer, request)))

    @operation(
        "Teams", "teams_remove", "Put a team away", "What it had is nobody's again.",
        status=204, errors=(404,),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Put one away."""
        number = self.id()
        with refusing(Wrong):
            gone = services.put_team_away(number, by=self.actor, at=timezone.now())
            self.note("team.remove", name=gone.name)
        return Response(status=204)

    def _save(self, number: int | None, wanted: dict[str, Any]) -> Any:
        with refusing(Wrong):
            team = services.save_team(
                number, wanted["name"], wanted["members"], business=current_business(),
                at=timezone.now(),
            )  # fmt: skip
            self.note(
                "team.save", name=team.name, members=TeamMember.objects.filter(team=team).count()
            )
        return TeamSerializer(team).data


class FieldSerializer(serializers.ModelSerializer[CustomField]):
    """A field of the business's own; people's values stand under its key."""

    options = serializers.ListField(child=serializers.CharField(), help_text="Of a choice alone.")

    class Meta:
        model = CustomField
        fields = ["id", "key", "label", "kind", "options", "archived_at"]
        extra_kwargs = {"archived_at": {"help_text": "Put away: values stay, nobody fills it."}}


class FieldWantedSerializer(serializers.Serializer[Any]):
    """A field to make."""

    label = serializers.CharField(max_length=60)  # type: ignore[assignment]
    kind = serializers.ChoiceField(KINDS, default="text")
    options = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, default=list
    )


class FieldChangeSerializer(serializers.Serializer[Any]):
    """How a field is called, its choices, and whether it is put away. Its kind stays."""

    label = serializers.CharField(max_length=60, required=False)  # type: ignore[assignment]
    options = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, required=False
    )
    archived = serializers.BooleanField(required=False)


class Fields(Things):
    """Fields of the business's own."""

    area = "contacts"
    queryset: QuerySet[CustomField] = CustomField.objects.all()
    serializer_class = FieldSerializer

    @operation(
        "Fields", "fields_list", "List fields", "In their order; those put away too.",
        gives=FieldSerializer(many=True), told=_FIELD,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(FieldSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Fields", "fields_create", "Make a field", "Its key is made of its label and stays.",
        asks=FieldWantedSerializer, gives=FieldSerializer, status=201, told=_FIELD,
        sent={"label": "Boiler", "kind": "choice", "options": ["Vitodens", "Buderus"]},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Make one. Raises ValidationError naming fields."""
        wanted = asked(FieldWantedSerializer, request)
        with refusing(Wrong):
            field = services.save_field(
                None, wanted["label"], wanted["kind"], "\n".join(wanted["options"])
            )
            self.note("field.save", label=field.label)
        return Response(FieldSerializer(field).data, status=201)

    @operation(
        "Fields", "fields_change", "Change a field", "What is left out stays as it is.",
        asks=FieldChangeSerializer, gives=FieldSerializer, told=_FIELD, errors=(404,),
        sent={"label": "Boiler", "archived": False},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        field, wanted = CustomField.objects.get(pk=self.id()), asked(FieldChangeSerializer, request)
        with refusing(Wrong):
            if "label" in wanted or "options" in wanted:
                options = wanted.get("options", field.options)
                label = wanted.get("label", field.label)
                services.save_field(field.pk, label, field.kind, "\n".join(options))
            if "archived" in wanted:
                at = timezone.now() if wanted["archived"] else None
                services.put_field_away(field.pk, at=at)
            self.note("field.save", label=wanted.get("label", field.label))
        return Response(FieldSerializer(CustomField.objects.get(pk=field.pk)).data)
