"""REST: tags and quick replies: short lists that one adds to under Settings."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from config.api_operations import Whole, asked, found, operation, refusing, whole
from config.api_views import ID_PATTERN, IdField
from inbox.api.people import ActorMixin
from inbox.models import QuickReply, Tag
from inbox.people import tags as people_tags
from inbox.people.tags import TagProblem
from inbox.settings import services
from inbox.settings.chosen import Wrong
from inbox.thread import quick
from messaging import audit
from messaging.serializers import TagField
from tenants.models import User

# A key makes replies for everybody and has none of its own.
_NO_MEMBER = User()
_TAG = {"id": 4, "name": "estimate", "colour": "blue"}
_REPLY = {
    "id": 9, "shortcut": "hours", "title": "Opening hours", "language": "en", "uses": 31,
    "body": "Hi {first_name}, we are open Monday to Friday, 8 to 5.",
    "updated_at": "2026-11-21T16:20:00.000000Z",
}  # fmt: skip


class Things(ActorMixin, GenericViewSet[Any]):
    """A short list that is kept whole: at most a few hundred rows, without pages."""

    pagination_class = Whole
    lookup_value_regex = ID_PATTERN

    def note(self, action: str, **detail: Any) -> None:
        """Append to the audit log what was changed, in the caller's transaction."""
        audit.note(action, actor=self.actor.name, door="api", at=timezone.now(), detail=detail)

    def id(self) -> int:
        """Return the row that the address names. Raises Http404 where there is none such."""
        return int(found(self.get_queryset(), pk=int(self.kwargs["pk"])).pk)


class TagRowSerializer(serializers.ModelSerializer[Tag]):
    """A tag that people may carry."""

    class Meta:
        model = Tag
        fields = ["id", "name", "colour"]


class TagWantedSerializer(serializers.Serializer[Any]):
    """A tag to make."""

    name = serializers.CharField(max_length=40)
    colour = serializers.ChoiceField(services.COLOURS, default="grey")


class TagChangeSerializer(serializers.Serializer[Any]):
    """How a tag is called and looks. A new name is given to everybody who carries it."""

    name = TagField(required=False, help_text="A rule in force that asks for the tag forbids it.")
    colour = serializers.ChoiceField(services.COLOURS, required=False)


class TagMergeSerializer(serializers.Serializer[Any]):
    """The tag that stays."""

    into = IdField(help_text="It alone stays, on everybody who carried either.")


class Tags(Things):
    """Tags."""

    area = "contacts"
    queryset = Tag.objects.order_by("name")
    serializer_class = TagRowSerializer

    @operation(
        "Tags", "tags_list", "List tags", "All tags that are offered, by name.",
        gives=TagRowSerializer(many=True), told=_TAG,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(TagRowSerializer(self.get_queryset(), many=True).data)

    @operation(
        "Tags", "tags_create", "Make a tag", "People then carry it by its name.",
        asks=TagWantedSerializer, gives=TagRowSerializer, status=201, told=_TAG,
        sent={"name": "estimate", "colour": "blue"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Make one. Raises ValidationError naming fields."""
        wanted = asked(TagWantedSerializer, request)
        with refusing(Wrong):
            tag = services.save_tag(None, wanted["name"], wanted["colour"], at=timezone.now())
            self.note("tag.save", name=tag.name)
        return Response(TagRowSerializer(tag).data, status=201)

    @operation(
        "Tags", "tags_change", "Rename or colour a tag",
        "A new name is given to everybody who carries the tag, in one go.",
        asks=TagChangeSerializer, gives=TagRowSerializer, sent={"colour": "blue"}, told=_TAG,
        errors=(404,),
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        number, wanted = self.id(), asked(TagChangeSerializer, request)
        with refusing(Wrong, TagProblem, field="name"):
            if "name" in wanted:
                people_tags.rename(
                    number, wanted["name"], actor=self.actor.name, at=timezone.now(), door="api"
                )
            if "colour" in wanted:
                tag = services.save_tag(number, "", wanted["colour"], at=timezone.now())
                self.note("tag.save", name=tag.name)
        return Response(TagRowSerializer(Tag.objects.get(pk=number)).data)

    @operation(
        "Tags", "tags_remove", "Remove a tag",
        "Takes it off everybody and out of the list. A rule in force that asks for it is a 422.",
        status=204, errors=(404, 422),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove one. Raises ValidationError."""
        number = self.id()
        with refusing(TagProblem, field="name"):
            people_tags.remove(number, actor=self.actor.name, at=timezone.now(), door="api")
        return Response(status=204)

    @operation(
        "Tags", "tags_merge", "Put two tags together",
        "Whoever carries this tag carries the other; this one is gone.",
        asks=TagMergeSerializer, gives=TagRowSerializer, sent={"into": 4}, told=_TAG, errors=(404,),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Merge. Raises ValidationError."""
        number, into = self.id(), asked(TagMergeSerializer, request)["into"]
        with refusing(TagProblem, field="into"):
            people_tags.merge(number, into, actor=self.actor.name, at=timezone.now(), door="api")
        return Response(TagRowSerializer(Tag.objects.get(pk=into)).data)


class ReplySerializer(serializers.ModelSerializer[QuickReply]):
    """A text that is said often, for everybody."""

    class Meta:
        model = QuickReply
        fields = ["id", "shortcut", "title", "body", "language", "uses", "updated_at"]
        extra_kwargs = {"uses": {"help_text": "How often it was taken."}}


class ReplyWantedSerializer(serializers.Serializer[Any]):
    """A quick reply."""

    shortcut = serializers.CharField(max_length=30, help_text="A short word, such as hours.")
    title = serializers.CharField(max_length=80)
    body = serializers.CharField(
        max_length=quick.LONGEST, help_text="May hold {name}, {first_name}, {business}, {member}."
    )
    language = serializers.ChoiceField(["en", "es"], default="en")


class QuickReplies(Things):
    """Quick replies of everybody; a member's own are his alone."""

    area = "templates"
    queryset = QuickReply.objects.filter(owner=None).order_by("title", "pk")
    serializer_class = ReplySerializer

    @operation(
        "Quick replies", "quick_replies_list", "List quick replies",
        "Everybody's; what a member keeps for himself is not shown.",
        gives=ReplySerializer(many=True), told=_REPLY,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(ReplySerializer(self.get_queryset(), many=True).data)

    @operation(
        "Quick replies", "quick_replies_create", "Make a quick reply", "For everybody.",
        asks=ReplyWantedSerializer, gives=ReplySerializer, status=201, told=_REPLY,
        sent={name: _REPLY[name] for name in ("shortcut", "title", "body", "language")},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Make one. Raises ValidationError naming fields."""
        return Response(self._save(None, asked(ReplyWantedSerializer, request)), status=201)

    @operation(
        "Quick replies", "quick_replies_change", "Change a quick reply", "All of it.",
        asks=ReplyWantedSerializer, gives=ReplySerializer, told=_REPLY, errors=(404,),
        sent={name: _REPLY[name] for name in ("shortcut", "title", "body", "language")},
    )  # fmt: skip
    def update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        return Response(self._save(self.id(), asked(ReplyWantedSerializer, request)))

    @operation(
        "Quick replies", "quick_replies_remove", "Delete a quick reply", "For everybody.",
        status=204, errors=(404,),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one."""
        number = self.id()
        with refusing(Wrong):
            gone = services.delete_reply(number, user=_NO_MEMBER, governs=True)
            self.note("reply.remove", title=gone.title)
        return Response(status=204)

    def _save(self, number: int | None, wanted: dict[str, Any]) -> Any:
        with refusing(Wrong):
            reply = services.save_reply(
                number, **wanted, user=_NO_MEMBER, shared=True, governs=True
            )
            self.note("reply.save", title=reply.title)
        return ReplySerializer(reply).data
