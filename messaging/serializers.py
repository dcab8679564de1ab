"""What the REST API takes and gives: people, conversations, texts and consent, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.api_views import IdField
from messaging.models import ConsentEvent, Contact, Conversation
from messaging.numbers import normalise


class PhoneField(serializers.CharField):
    """A phone number as people write it; E.164 inside."""

    default_error_messages = {"not_a_number": "Expected a phone number such as +13125550142."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the E.164 number. Raises ValidationError."""
        number = normalise(super().to_internal_value(data))
        if not number:
            self.fail("not_a_number")
        return number


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A person behind a number."""

    conversation = serializers.PrimaryKeyRelatedField[Conversation](
        read_only=True, allow_null=True, help_text="The thread with this person, if there is one."
    )
    email = serializers.CharField(read_only=True, help_text="Empty where it is not known.")
    tags = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="In small letters, as rules ask."
    )
    fields = serializers.DictField(  # type: ignore[assignment]
        read_only=True,
        help_text=(
            "The business's own fields by their keys: text, a number, a day (YYYY-MM-DD), one of a "
            "list, or true and false. A field that is not filled is left out."
        ),
    )

    class Meta:
        model = Contact
        fields = [
            "id",
            "external_id",
            "phone",
            "name",
            "email",
            "company",
            "language",
            "state",
            "zone",
            "tags",
            "fields",
            "vip_at",
            "merged_into",
            "opted_out_at",
            "ignored_at",
            "untextable_at",
            "created_at",
            "conversation",
        ]
        extra_kwargs = {
            "external_id": {
                "help_text": "What your own system calls this person; empty unless it said."
            },
            "phone": {"help_text": "E.164."},
            "state": {
                "help_text": "Where they are by their own word or as verified, such as IL; else empty."
            },
            "zone": {"help_text": "Their time zone, known in the same way; else empty."},
            "language": {"help_text": "Of texts to this person; empty for the business's own."},
            "vip_at": {"help_text": "Since when this person is a VIP."},
            "merged_into": {
                "help_text": (
                    "The contact this number is shown with: the same person. Consent, opt-out and "
                    "texts stay with each number."
                )
            },
            "opted_out_at": {
                "help_text": "Since when this person wants no texts; null: texts are welcome."
            },
            "ignored_at": {"help_text": "Since when no rule texts this person."},
            "untextable_at": {
                "help_text": "When a provider said that this number cannot get texts."
            },
        }


class TagField(serializers.CharField):
    """One tag, as people carry it: in small letters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the tag as it is stored. Raises ValidationError."""
        tag = " ".join(super().to_internal_value(data).casefold().split())
        if not tag or "," in tag:
            raise serializers.ValidationError("Expected one tag, without a comma.")
        return tag


class ContactFilters(serializers.Serializer[Any]):
    """What the list of contacts can be narrowed to."""

    phone = PhoneField(required=False, help_text="The contact with this number.")
    external_id = serializers.CharField(
        required=False, max_length=80, help_text="The contact your own system calls so."
    )
    tag = TagField(required=False, help_text="Whoever carries this tag.")
    opted_out = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether they want no texts."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the filters as the database is asked."""
        tag, out = attrs.pop("tag", None), attrs.pop("opted_out", None)
        if tag is not None:
            attrs["tags__contains"] = [tag]
        if out is not None:
            attrs["opted_out_at__isnull"] = not out
        return attrs


class ConversationContactSerializer(serializers.ModelSerializer[Contact]):
    """Who a conversation is with."""

    class Meta:
        model = Contact
        fields = ["id", "phone", "name", "opted_out_at"]


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """The one thread with a contact."""

    contact = ConversationContactSerializer(read_only=True)
    tags = serializers.ListField(
        child=serializers.CharField(), source="contact.tags", read_only=True,
        help_text="What the person is tagged with.",
    )  # fmt: skip
    actionable_at = serializers.DateTimeField(
        read_only=True, allow_null=True,
        help_text="Since when somebody should do something: the earliest of the five below, while it is open.",
    )  # fmt: skip
    last_direction = serializers.ChoiceField(
        ["in", "out", "call", "miss"],
        help_text="What happened last: a text in, a text out, a call, or a missed call.",
    )

    class Meta:
        model = Conversation
        fields = [
            "id",
            "contact",
            "state",
            "unread",
            "last_at",
            "last_line",
            "last_direction",
            "assignee",
            "team",
            "tags",
            "snoozed_until",
            "closed_at",
            "actionable_at",
            "waiting_since",
            "failed_at",
            "voicemail_at",
            "escalated_at",
            "promise_at",
            "created_at",
        ]
        extra_kwargs = {
            "unread": {"help_text": "Texts and calls that no member has looked at."},
            "assignee": {
                "help_text": "The member who sees to it, by `user` of `/api/v1/members/`."
            },
            "team": {"help_text": "The team that sees to it."},
            "snoozed_until": {"help_text": "When it comes back by itself."},
            "waiting_since": {"help_text": "Since when they wait for an answer."},
            "failed_at": {"help_text": "When a text of ours did not arrive."},
            "voicemail_at": {"help_text": "Since when a voicemail is unheard."},
            "escalated_at": {"help_text": "Since when an alert about them is open."},
            "promise_at": {"help_text": "When something is due that a text promised."},
        }


class ConversationFilters(serializers.Serializer[Any]):
    """What the list of conversations can be narrowed to."""

    contact = IdField(required=False, help_text="Of this contact.")
    phone = PhoneField(required=False, source="contact__phone", help_text="With this number.")
    state = serializers.ChoiceField(Conversation.State.choices, required=False)


class ConsentEventSerializer(serializers.ModelSerializer[ConsentEvent]):
    """One line of the ledger of what a person allowed or refused. Never changed, never deleted."""

    phone = serializers.CharField(
        read_only=True, help_text="The number; empty once the person was erased."
    )
    raw_text = serializers.CharField(
        read_only=True, help_text="What was received, to the letter; empty once it was erased."
    )

    class Meta:
        model = ConsentEvent
        fields = [
            "id",
            "seq",
            "contact",
            "phone",
            "kind",
            "channel",
            "level",
            "raw_text",
            "matched_by",
            "matched",
            "provider",
            "provider_id",
            "actor",
            "occurred_at",
            "recorded_at",
            "prev_hash",
            "row_hash",
        ]
        extra_kwargs = {
            "channel": {
                "help_text": "How it was said: call, ivr, sms, provider, staff and others."
            },
            "matched": {
                "help_text": "The keyword in it that was understood; empty for any other words."
            },
        }


class ConsentEventFilters(serializers.Serializer[Any]):
    """What the ledger can be narrowed to."""

    contact = IdField(required=False, help_text="Of this contact.")
    phone = PhoneField(required=False, source="detail__phone", help_text="Of this number.")
