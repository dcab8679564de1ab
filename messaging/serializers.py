"""What the REST API takes and gives: people, conversations, texts and consent, field by field."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api_views import IdField
from messaging.attachments import links
from messaging.models import ConsentEvent, Contact, Conversation, Message
from messaging.numbers import normalise
from messaging.text import MAX_LENGTH
from tenants.scope import current_schema


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
            "phone",
            "name",
            "email",
            "company",
            "language",
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
            "phone": {"help_text": "E.164."},
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


class ContactFilters(serializers.Serializer[Any]):
    """What the list of contacts can be narrowed to."""

    phone = PhoneField(required=False, help_text="The contact with this number.")


class ConversationContactSerializer(serializers.ModelSerializer[Contact]):
    """Who a conversation is with."""

    class Meta:
        model = Contact
        fields = ["id", "phone", "name", "opted_out_at"]


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """The one thread with a contact."""

    contact = ConversationContactSerializer(read_only=True)
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
            "created_at",
        ]
        extra_kwargs = {"unread": {"help_text": "Texts and calls that no member has looked at."}}


class ConversationFilters(serializers.Serializer[Any]):
    """What the list of conversations can be narrowed to."""

    contact = IdField(required=False, help_text="Of this contact.")
    phone = PhoneField(required=False, source="contact__phone", help_text="With this number.")
    state = serializers.ChoiceField(Conversation.State.choices, required=False)


class FileSerializer(serializers.Serializer[Any]):
    """A file of a text."""

    id = serializers.UUIDField(help_text="Ours.")
    type = serializers.CharField(help_text="What the sender's phone called it.")
    url = serializers.URLField(
        help_text="Where it can be fetched for the next hours; 404 until it is here, or when it was refused."
    )


class FilesField(serializers.Field[Any, Any, Any, Any]):
    """The files of a text. Where the provider keeps them is nobody's to know: it may open them to anybody."""

    def to_representation(self, value: Any) -> list[dict[str, str]]:
        """Return each with an address of ours. What was stored before we kept files has none."""
        schema, now = current_schema(), timezone.now()
        return [
            {
                "id": each["id"],
                "type": each.get("type", ""),
                "url": links.url_for_api(schema, each["id"], now),
            }
            for each in value
            if each.get("id")
        ]


class MessageSerializer(serializers.ModelSerializer[Message]):
    """One text, in or out."""

    media = extend_schema_field(FileSerializer(many=True))(FilesField)(
        read_only=True, help_text="Pictures and files that came with it or went with it."
    )

    clearances = serializers.ListField(
        child=serializers.DictField(),
        read_only=True,
        help_text=(
            "Why it was sent or not: every answer of the compliance gate, oldest first, with code, "
            "sentence, rules, the versions of rules and policy, the consent relied on, and the "
            "places and local times of the person."
        ),
    )

    class Meta:
        model = Message
        fields = [
            "id",
            "conversation",
            "direction",
            "status",
            "author",
            "author_name",
            "body",
            "media",
            "segments",
            "encoding",
            "our_number",
            "their_number",
            "purpose",
            "category",
            "call",
            "template",
            "held_until",
            "hold_code",
            "clearances",
            "client_token",
            "provider",
            "provider_id",
            "error_code",
            "error_sentence",
            "created_at",
            "send_after",
            "expires_at",
            "sent_at",
            "delivered_at",
        ]
        extra_kwargs = {
            "id": {"help_text": "Ours, stable from the moment it is queued."},
            "segments": {"help_text": "How many segments the provider bills."},
            "category": {
                "help_text": "C0 compliance, C1 answer to their call or text, C2 asked for, C3 marketing."
            },
            "purpose": {"help_text": "What it is for, such as text_back, manual, reminder."},
            "call": {"help_text": "The call that a text-back answers."},
            "template": {"help_text": "The template and its version, such as missed-open@3."},
            "held_until": {"help_text": "Held: when the gate is asked again."},
            "hold_code": {"help_text": "Held: the reason's code."},
            "error_code": {"help_text": "The provider's code when it was not delivered."},
            "error_sentence": {"help_text": "The same in words."},
            "expires_at": {"help_text": "Not sent any more after this."},
        }


class MessageFilters(serializers.Serializer[Any]):
    """What the list of messages can be narrowed to."""

    conversation = IdField(required=False, help_text="Of this conversation.")
    status = serializers.ChoiceField(Message.Status.choices, required=False)
    direction = serializers.ChoiceField(Message.Direction.choices, required=False)


class SendSerializer(serializers.Serializer[Any]):
    """A text to send."""

    to = serializers.CharField(max_length=40, help_text="Whom to text, E.164 such as +13125550142.")
    body = serializers.CharField(
        max_length=MAX_LENGTH,
        help_text=(
            "The text. A first text to somebody gets your business's name and “Reply STOP to opt "
            "out.” where it lacks them."
        ),
    )
    purpose = serializers.ChoiceField(
        ["manual", "confirmation", "reminder", "nudge", "review", "marketing"],
        required=False,
        help_text=(
            "What it is for; the gate decides by it. manual (the default): one text to one person, "
            "written in your business's name. confirmation and reminder: of what they arranged. "
            "nudge, review and marketing need written consent."
        ),
    )
    client_token = serializers.CharField(
        max_length=80,
        required=False,
        help_text="Your own id for this text. Sending it again with the same token sends nothing twice.",
    )

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, a word that no Python attribute can have."""
        sender = serializers.CharField(
            max_length=40,
            required=False,
            source="from_number",
            help_text="One of your numbers. Without it: the one this person last dealt with.",
        )
        return {**super().get_fields(), "from": sender}


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
