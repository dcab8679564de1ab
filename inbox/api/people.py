"""REST: people brought in and changed, opted out, merged and taken apart. The verbs are those of the pages."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api_docs import reading_documented
from config.api_operations import asked, by_key, operation, refusing
from config.api_views import IdField, Reading
from inbox.activity import Actor
from inbox.models import Merge
from inbox.people import external, merging, reading
from inbox.people.external import Wanted
from inbox.people.merging import MergeRefused
from inbox.people.profile import LANGUAGES, PLAIN, Place, ProfileError
from inbox.search.asking import LONGEST
from inbox.search.asking import asked as looking_for
from messaging import api as messaging_api
from messaging import standing
from messaging.callers import CallerError
from messaging.models import Contact, PlaceSource
from messaging.serializers import ContactFilters as ReadFilters
from messaging.serializers import ContactSerializer, TagField
from messaging.standing import StandingError

_REFUSALS = (ProfileError, StandingError, CallerError)
_OUT = messaging_api.CONTACT | {"opted_out_at": "2026-11-21T16:20:00.000000Z"}
_MERGE = {
    "id": 5, "kept": 7, "folded": 31, "at": "2026-11-21T16:20:00.000000Z", "by": "API key CRM",
    "undone_at": None, "undone_by": "",
}  # fmt: skip


class ActorMixin(APIView):
    """What every view that changes something knows: who does it."""

    @property
    def actor(self) -> Actor:
        """Return the key as a thread and the audit log name it."""
        return Actor(None, by_key(self.request))


@extend_schema_field({"type": "object", "additionalProperties": {}})
class OwnFields(serializers.DictField):
    """Values of the business's own fields, by their keys; null empties one."""


class ContactChangeSerializer(serializers.Serializer[Any]):
    """What is to be known of a person. What is left out stays as it is."""

    external_id = serializers.CharField(
        required=False, allow_blank=True, max_length=80,
        help_text="What your own system calls this person; unique in your business.",
    )  # fmt: skip
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    company = serializers.CharField(required=False, allow_blank=True, max_length=120)
    language = serializers.ChoiceField(
        LANGUAGES,
        required=False,
        help_text="Of texts to this person; empty for the business's own.",
    )
    state = serializers.CharField(
        required=False, allow_blank=True, max_length=40,
        help_text="The state they are in, by code or name; texts then keep to its hours and laws.",
    )  # fmt: skip
    zone = serializers.CharField(
        required=False, allow_blank=True, max_length=64,
        help_text="Their time zone, such as America/Chicago; only with `state`.",
    )  # fmt: skip
    place_source = serializers.ChoiceField(
        PlaceSource.choices, required=False,
        help_text="How you know where they are; needed with `state`.",
    )  # fmt: skip
    fields = OwnFields(  # type: ignore[assignment]
        required=False, help_text="The business's own fields by their keys; others stay."
    )
    tags = serializers.ListField(
        child=TagField(), required=False, max_length=20,
        help_text="All tags; one that is not named is taken off.",
    )  # fmt: skip
    ignored = serializers.BooleanField(
        required=False, help_text="Blocked: no rule ever texts this person."
    )
    vip = serializers.BooleanField(
        required=False, help_text="Whom a person should call back at once."
    )

    def wanted(self) -> Wanted:
        """Return what was asked for, as the verbs take it."""
        given = self.validated_data
        place = None
        if "state" in given or "zone" in given:
            place = Place(
                given.get("state", ""), given.get("zone", ""), given.get("place_source", "")
            )
        return Wanted(
            plain={name: given[name] for name in PLAIN if name in given},
            own=given.get("fields", {}), place=place, external_id=given.get("external_id"),
            tags=tuple(given["tags"]) if "tags" in given else None,
            ignored=given.get("ignored"), vip=given.get("vip"),
        )  # fmt: skip


class ContactUpsertSerializer(ContactChangeSerializer):
    """A person, found by `external_id`, else by `phone`, or made."""

    phone = serializers.CharField(
        required=False, max_length=40,
        help_text="Their number, such as +13125550142; needed for somebody nobody knows by `external_id`.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two. Raises ValidationError."""
        if not attrs.get("phone") and not attrs.get("external_id"):
            raise serializers.ValidationError({"phone": "Give `phone` or `external_id`."})
        return attrs


class MergeWantedSerializer(serializers.Serializer[Any]):
    """Whom to show with a contact."""

    contact = IdField(help_text="The contact that is the same person; it is shown with this one.")


class MergeSerializer(serializers.ModelSerializer[Merge]):
    """Two contacts shown as one person."""

    by = serializers.CharField(source="by_name", read_only=True)
    undone_by = serializers.CharField(source="undone_by_name", read_only=True)

    class Meta:
        model = Merge
        fields = ["id", "kept", "folded", "at", "by", "undone_at", "undone_by"]
        extra_kwargs = {
            "kept": {"help_text": "The contact that is shown."},
            "folded": {
                "help_text": "The contact that is shown with it; its consent stays its own."
            },
            "undone_at": {"help_text": "Since when they are apart again."},
        }


class MergeFilters(serializers.Serializer[Any]):
    """What the list of merges can be narrowed to."""

    kept = IdField(required=False, help_text="With this contact.")
    folded = IdField(required=False, help_text="Of this contact.")


class ContactFilters(ReadFilters):
    """What the list of contacts can be narrowed to."""

    q = serializers.CharField(
        required=False, max_length=LONGEST,
        help_text="A part of a name, a company, an e-mail address or a number: at least two letters "
        "or digits.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the filters as the database is asked, but for `q`. Raises ValidationError naming it."""
        text = attrs.pop("q", None)
        if text is not None:
            looked = looking_for(text)
            if not looked.part and not looked.digits:
                said = "Expected at least two letters or digits."
                raise serializers.ValidationError({"q": said})
        return super().validate(attrs)


@reading_documented(
    "Contacts",
    ContactFilters,
    messaging_api.CONTACT,
    listed="The people this business had a call or a text with, newest first.",
    one="One contact.",
)
class Contacts(ActorMixin, messaging_api.Contacts):
    """People behind numbers, read and written."""

    filters = ContactFilters

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer with a page of people."""
        if "q" not in request.query_params:
            return super().list(request, *args, **kwargs)
        with transaction.atomic(), connection.cursor() as cursor:
            # Whatever the statistics say just now: never the whole table.
            cursor.execute("SET LOCAL enable_seqscan = off")
            return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Contact]:
        """Return people; who was erased is in no list, his row is found by its id."""
        rows: QuerySet[Contact] = super().get_queryset()
        if self.action != "list" or getattr(self, "swagger_fake_view", False):
            return rows
        rows = rows.filter(erased_at=None)
        text = self.request.query_params.get("q")
        return rows if text is None else reading.fitting(rows, looking_for(text))

    @operation(
        "Contacts", "contacts_upsert", "Bring a person in",
        "Finds the person your system calls `external_id`, else the one with this `phone`, and "
        "changes what is given; nobody such is made (201). Two requests at once make one person. "
        "Being brought in allows no text: what they consented to is recorded by itself, at "
        "`/api/v1/consent-events/`.",
        asks=ContactUpsertSerializer, gives=ContactSerializer, told=messaging_api.CONTACT, also=(201,),
        sent={
            "external_id": "crm-2041", "phone": "+13125550142", "name": "Dana Reyes",
            "tags": ["estimate"], "fields": {"boiler": "Vitodens"},
        },
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def upsert(self, request: Request) -> Response:
        """Find or make, and change. Raises ValidationError naming fields."""
        given = ContactUpsertSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with refusing(*_REFUSALS, field="phone", names=_names(given)):
            contact, is_new = external.bring_in(
                given.validated_data.get("phone", ""), given.wanted(), actor=self.actor,
                door="api", at=timezone.now(),
            )  # fmt: skip
        return Response(ContactSerializer(contact).data, status=201 if is_new else 200)

    @operation(
        "Contacts", "contacts_change", "Change a person",
        "Changes what is given and leaves the rest. `ignored` blocks somebody: no rule ever texts "
        "them. Consent is not changed here.",
        asks=ContactChangeSerializer, gives=ContactSerializer, told=messaging_api.CONTACT,
        sent={"name": "Dana Reyes", "ignored": False}, errors=(404,),
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one. Raises ValidationError naming fields."""
        contact = self.get_object()
        given = ContactChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with refusing(*_REFUSALS, field="contact", names=_names(given)):
            changed = external.change(
                contact.pk, given.wanted(), actor=self.actor, door="api", at=timezone.now()
            )
        return Response(ContactSerializer(changed).data)

    @operation(
        "Contacts", "contacts_opt_out", "Opt a person out",
        "They told you to stop texting, by whatever means. It counts at once: whatever waits is "
        "called off. Only their own START brings texts back. Once more is no error.",
        gives=ContactSerializer, told=_OUT, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="opt-out")
    def opt_out(self, request: Request, pk: str) -> Response:
        """Record it. Raises ValidationError."""
        contact = self.get_object()
        with refusing(StandingError, field="contact"):
            standing.opt_out_by_staff(contact.pk, actor=self.actor.name, at=timezone.now())
        return self._now(contact)

    @operation(
        "Contacts", "contacts_resume", "Let texts go on",
        "A reply that could have meant STOP meant none: the pause ends and held texts are asked "
        "again. Somebody who opted out stays so (422).",
        gives=ContactSerializer, told=messaging_api.CONTACT, errors=(404, 422),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """End a pause. Raises ValidationError."""
        contact = self.get_object()
        with refusing(StandingError, field="contact"):
            standing.resume_by_staff(contact.pk, actor=self.actor.name, at=timezone.now())
        return self._now(contact)

    @operation(
        "Contacts", "contacts_merge", "Show two contacts as one person",
        "The other contact is shown with this one. Texts, calls, consent and opt-out stay with each "
        "number; it can be undone at any time. Once more is no error.",
        asks=MergeWantedSerializer, gives=MergeSerializer, sent={"contact": 31}, told=_MERGE,
        errors=(404,),
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Merge. Raises ValidationError."""
        contact, other = self.get_object(), asked(MergeWantedSerializer, request)["contact"]
        with refusing(MergeRefused, field="contact"):
            row = merging.merge(contact.pk, other, actor=self.actor, at=timezone.now(), door="api")
        return Response(MergeSerializer(row).data)

    def _now(self, contact: Contact) -> Response:
        fresh = Contact.objects.select_related("conversation").get(pk=contact.pk)
        return Response(ContactSerializer(fresh).data)


def _names(given: ContactChangeSerializer) -> dict[str, str]:
    """Return what the verbs call a field, as the API calls it."""
    own = {f"own-{key}": f"fields.{key}" for key in given.validated_data.get("fields", {})}
    return own | {"number": "phone", "source": "place_source"}


@reading_documented(
    "Contacts",
    MergeFilters,
    _MERGE,
    listed="Contacts that are shown as one person, and those that were and are apart again, newest first.",
    one="One merge.",
)
class Merges(ActorMixin, ListModelMixin, RetrieveModelMixin, Reading):
    """Merged contacts."""

    area = "contacts"
    queryset = Merge.objects.all()
    serializer_class = MergeSerializer
    filters = MergeFilters
    ordering = ("-at", "-id")

    @operation(
        "Contacts", "contact_merges_undo", "Take two contacts apart",
        "Both stand for themselves again. What the kept one took over is given back, unless "
        "somebody changed it since.",
        gives=MergeSerializer, errors=(404, 422),
        told=_MERGE | {"undone_at": "2026-11-22T09:00:00.000000Z", "undone_by": "API key CRM"},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take apart. Raises ValidationError."""
        row = self.get_object()
        with refusing(MergeRefused, field="merge"):
            merging.undo(row.pk, actor=self.actor, at=timezone.now(), door="api")
        return Response(MergeSerializer(Merge.objects.get(pk=row.pk)).data)


__all__ = ["ActorMixin", "Contacts", "Merges"]
