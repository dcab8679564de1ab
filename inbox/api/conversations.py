"""REST: conversations by folder, and what is done with them. The verbs are those of the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import Unusable
from config.api_docs import reading_documented
from config.api_operations import asked, operation, refusing
from config.api_views import IdField
from inbox import handling
from inbox.api.people import ActorMixin
from inbox.handling import Done, HandlingError
from inbox.queue import reading
from inbox.queue.folders import Folder, Sort, from_filters
from messaging import api as messaging_api
from messaging.models import Conversation
from messaging.serializers import ConversationFilters, ConversationSerializer, TagField

_ORDERS = {
    Sort.NEWEST: ("-last_at", "-id"),
    Sort.WAITING: ("actionable_at", "id"),
    Sort.SOONEST: ("snoozed_until", "id"),
}
# A key is no member and has no conversations of its own: `assignee` says whose.
_FOLDERS = [str(folder) for folder in Folder if folder != Folder.MINE]
_CLOSED = messaging_api.CONVERSATION | {
    "state": "closed", "closed_at": "2026-11-21T16:20:00.000000Z", "unread": 0,
    "actionable_at": None, "waiting_since": None,
}  # fmt: skip
_SNOOZED = messaging_api.CONVERSATION | {
    "state": "snoozed", "snoozed_until": "2026-11-23T14:00:00.000000Z", "actionable_at": None,
}  # fmt: skip


class FolderFilters(ConversationFilters):
    """What the list of conversations can be narrowed to."""

    folder = serializers.ChoiceField(
        _FOLDERS, required=False,
        help_text=(
            "What the inbox shows as a folder: `actionable` has who waits, longest first; `snoozed` "
            "who comes back, soonest first; the others what happened last first. Without it: every "
            "conversation there is, hidden ones too; with one of the four below: `all`, the open ones."
        ),
    )  # fmt: skip
    assignee = serializers.RegexField(
        r"^(none|[1-9][0-9]{0,17})$", required=False,
        help_text="Whose they are, by `user` of `/api/v1/members/`, or `none`.",
    )  # fmt: skip
    team = IdField(required=False, help_text="Of this team.")
    tag = TagField(required=False, help_text="With whoever carries this tag.")
    unread = serializers.ChoiceField(
        ["true"], required=False, help_text="Only those with something no member has looked at."
    )


class AssignSerializer(serializers.Serializer[Any]):
    """Who is to see to a conversation."""

    assignee = IdField(
        required=False, allow_null=True,
        help_text="A member, by `user` of `/api/v1/members/`; null for nobody, no team either.",
    )  # fmt: skip
    team = IdField(required=False, help_text="A team; whoever had it has it no longer.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two. Raises ValidationError."""
        if ("assignee" in attrs) == ("team" in attrs):
            raise serializers.ValidationError({"assignee": "Give `assignee` or `team`."})
        return attrs


class SnoozeSerializer(serializers.Serializer[Any]):
    """Until when a conversation is put away."""

    until = serializers.DateTimeField(help_text="When it comes back, at most a year ahead.")


class TagSerializer(serializers.Serializer[Any]):
    """A tag."""

    tag = TagField(help_text="Made if it is new.")


def _act(
    name: str, summary: str, description: str, told: dict[str, Any] | None = None,
    asks: type[serializers.Serializer[Any]] | None = None, sent: dict[str, Any] | None = None,
) -> Callable[[Any], Any]:  # fmt: skip
    return operation(
        "Conversations", f"conversations_{name}", summary, description, asks=asks, sent=sent,
        gives=ConversationSerializer, told=told or messaging_api.CONVERSATION, errors=(404,),
    )  # fmt: skip


@reading_documented(
    "Conversations",
    FolderFilters,
    messaging_api.CONVERSATION,
    listed="The threads of this business; `folder` gives them as the inbox shows them.",
    one="One conversation; its texts are at `/api/v1/messages/?conversation=`.",
)
class Conversations(ActorMixin, messaging_api.Conversations):
    """One thread a contact."""

    filters = FolderFilters

    @property
    def ordering(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return the order of the folder that is asked for."""
        return getattr(self, "_order", _ORDERS[Sort.NEWEST])

    def get_queryset(self) -> QuerySet[Conversation]:
        """Return conversations. Raises Unusable and ValidationError naming parameters."""
        if self.action != "list" or getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        given = FolderFilters(data=self.request.query_params.dict())
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        folder = wanted.pop("folder", None)
        chosen = {name: wanted.pop(name, None) for name in ("assignee", "team", "tag", "unread")}
        rows: QuerySet[Conversation] = self.queryset.all().filter(**wanted)
        if folder is None:
            if not any(chosen.values()):
                return rows
            folder = Folder.ALL
        try:
            selection = from_filters({
                "folder": folder, "assignee": chosen["assignee"] or "", "team": chosen["team"],
                "tags": [chosen["tag"]] if chosen["tag"] else [], "unread": bool(chosen["unread"]),
            })  # fmt: skip
        except ValueError as wrong:
            field, _, sentence = str(wrong).partition(": ")
            raise Unusable(field, f"{sentence.capitalize()}.") from None
        if folder == Folder.TEAM and chosen["team"] is None:
            raise Unusable("team", "Say which team's.")
        self._order = _ORDERS[selection.sort]
        return reading.found_in(selection, 0).filter(**wanted)

    @_act(
        "assign", "Give a conversation to somebody",
        "To a member, a team, or nobody. The thread tells of it, and whoever it is for is told.",
        asks=AssignSerializer, sent={"assignee": 12},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give it. Raises ValidationError."""
        wanted = asked(AssignSerializer, request)
        if "team" in wanted:
            return self._done(
                lambda ids, at: handling.give_to_team(ids, wanted["team"], self.actor, at)
            )
        return self._done(lambda ids, at: handling.assign(ids, wanted["assignee"], self.actor, at))

    @_act(
        "snooze", "Put a conversation away",
        "Until a moment, or until they write or call.",
        _SNOOZED, SnoozeSerializer, {"until": "2026-11-23T08:00:00-06:00"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Put it away. Raises ValidationError."""
        until = asked(SnoozeSerializer, request)["until"]
        return self._done(lambda ids, at: handling.snooze(ids, until, self.actor, at))

    @_act(
        "close", "Close a conversation",
        "It is handled: what waited is over, and alerts to phone them are resolved.", _CLOSED,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close it."""
        return self._done(lambda ids, at: handling.close(ids, self.actor, at))

    @_act(
        "reopen", "Open a conversation again",
        "One that was closed or snoozed. Where nothing was said since, what its closing ended is there again.",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open it."""
        return self._done(lambda ids, at: handling.reopen(ids, self.actor, at))

    @_act("read", "Mark a conversation as read", "For everybody.", _CLOSED)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark it."""
        return self._done(lambda ids, at: handling.mark(ids, unread=False, actor=self.actor, at=at))

    @_act("unread", "Mark a conversation as unread", "For everybody.")
    @action(detail=True, methods=["post"])
    def unread(self, request: Request, pk: str) -> Response:
        """Mark it."""
        return self._done(lambda ids, at: handling.mark(ids, unread=True, actor=self.actor, at=at))

    @_act(
        "tag", "Tag the person of a conversation",
        "Gives a tag, which is made if it is new. Whoever has twenty gets no more.",
        asks=TagSerializer, sent={"tag": "estimate"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def tag(self, request: Request, pk: str) -> Response:
        """Tag. Raises ValidationError."""
        name = asked(TagSerializer, request)["tag"]
        return self._done(lambda ids, at: handling.tag(ids, name, self.actor, at))

    @_act(
        "untag", "Take a tag off the person of a conversation", "Once more is no error.",
        asks=TagSerializer, sent={"tag": "estimate"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def untag(self, request: Request, pk: str) -> Response:
        """Take it off. Raises ValidationError."""
        name = asked(TagSerializer, request)["tag"]
        return self._done(lambda ids, at: handling.untag(ids, name, self.actor, at))

    def _done(self, act: Callable[[list[int], Any], Done]) -> Response:
        """Do it to the one conversation and answer with it; one that is shown with another is not there."""
        row = self.get_object()
        if row.hidden:
            raise Http404
        with refusing(HandlingError):
            act([row.pk], timezone.now())
        fresh = Conversation.objects.select_related("contact").get(pk=row.pk)
        return Response(ConversationSerializer(fresh).data)
