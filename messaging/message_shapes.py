"""What the REST API takes and gives of texts, field by field."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api_views import IdField
from messaging.attachments import links
from messaging.models import Message
from messaging.text import MAX_LENGTH
from tenants.scope import current_schema


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
    contact = IdField(
        required=False, source="conversation__contact", help_text="With this contact."
    )
    status = serializers.ChoiceField(Message.Status.choices, required=False)
    direction = serializers.ChoiceField(Message.Direction.choices, required=False)
    since = serializers.DateTimeField(
        required=False, source="created_at__gte", help_text="Written at or after this moment."
    )
    until = serializers.DateTimeField(
        required=False, source="created_at__lt", help_text="Written before this moment."
    )


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
    send_at = serializers.DateTimeField(
        required=False,
        help_text=(
            "When it is to leave, at most 90 days ahead; without it: at once. The gate is asked now, "
            "and again then."
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
