"""What the API shows of numbers and registrations, and what it takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from messaging.senders import releasing
from messaging.serializers import PhoneField
from tenants.models import ProviderStep

OFFER = {
    "number": "+13125550142", "locality": "Chicago", "region": "IL", "texts": True, "pictures": True,
}  # fmt: skip
ORDER = {
    "id": "0192f0c1-8a5e-7c3b-9d54-0d6f5b2a7e11", "number": "+13125550142", "how": "buy",
    "state": "done", "problem": "", "problem_field": "", "asked_by": "API key First key",
    "created_at": "2026-11-21T16:04:01Z", "changed_at": "2026-11-21T16:04:02Z",
}  # fmt: skip
RELEASE = {
    "id": "0192f0c1-8a5e-7c3b-9d54-0d6f5b2a7e12", "number": "+13125550142", "state": "wanted",
    "due_at": "2026-11-28T16:04:01Z", "asked_by": "API key First key",
    "created_at": "2026-11-21T16:04:01Z",
}  # fmt: skip
_PART = {
    "key": "brand", "name": "Its name with the carriers", "state": "waiting", "problem": "",
    "field": "", "since": "2026-11-21T16:04:01Z",
}  # fmt: skip
REGISTRATION = {
    "state": "under_way",
    "parts": [_PART],
    "lines": [
        {"number": "+13125550142", "registration": "pending", "sender_kind": "local",
         "leaves_at": None}
    ],
    "looking": False,
    "findings": [
        {"code": "FREE_MAIL", "field": "contact_email", "blocks": False,
         "sentence": "An address at gmail.com could be anybody's; reviewers turn such filings down.",
         "fix": "Use an address of the website's domain."}
    ],
}  # fmt: skip


class OfferFiltersSerializer(serializers.Serializer[Any]):
    """What is looked for."""

    area_code = serializers.RegexField(r"^[2-9][0-9]{2}$", required=False, help_text="Such as 312.")
    contains = serializers.CharField(
        required=False, max_length=20, help_text="Digits or letters of a keypad; * for any."
    )
    locality = serializers.CharField(required=False, max_length=60, help_text="A city.")
    region = serializers.RegexField(r"^[A-Za-z]{2}$", required=False, help_text="Such as IL.")
    toll_free = serializers.BooleanField(required=False, help_text="800 numbers and the like.")


class OfferSerializer(serializers.Serializer[Any]):
    """A number that can be bought."""

    number = serializers.CharField(source="e164", help_text="E.164.")
    locality = serializers.CharField(help_text="Its city; empty when it is not known.")
    region = serializers.CharField(help_text="Its state.")
    texts = serializers.BooleanField(help_text="Whether it takes texts.")
    pictures = serializers.BooleanField(help_text="Whether it takes pictures.")


class OfferListSerializer(serializers.Serializer[Any]):
    """Numbers on offer, in the shape of a page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = OfferSerializer(many=True)


class OrderGivenSerializer(serializers.Serializer[Any]):
    """A number to order."""

    number = PhoneField(help_text="E.164.")
    how = serializers.ChoiceField(
        ["buy", "port", "held"], default="buy",
        help_text="Buy it; wait for a port that you ordered at the provider; or it is the account's.",
    )  # fmt: skip


class OrderSerializer(serializers.ModelSerializer[ProviderStep]):
    """An order of a number."""

    number = serializers.CharField(source="wanted.e164", read_only=True, help_text="E.164.")
    how = serializers.SerializerMethodField(help_text="buy, port or held.")
    state = serializers.CharField(
        read_only=True, help_text="wanted, trying, waiting, done, refused or cancelled."
    )

    class Meta:
        model = ProviderStep
        fields = [
            "id", "number", "how", "state", "problem", "problem_field", "asked_by", "created_at",
            "changed_at",
        ]  # fmt: skip
        extra_kwargs = {
            "problem": {"help_text": "Why it was refused, or what it waits for, in words."},
            "problem_field": {"help_text": "What to change."},
        }

    def get_how(self, step: ProviderStep) -> str:
        """Return how it comes."""
        return str(step.wanted.get("how", "buy"))


class ReleaseGivenSerializer(serializers.Serializer[Any]):
    """A number to give back."""

    number = PhoneField(help_text="One of your business's, E.164.")


class ReleaseSerializer(serializers.ModelSerializer[ProviderStep]):
    """A number that is given back."""

    number = serializers.CharField(source="wanted.e164", read_only=True, help_text="E.164.")
    state = serializers.CharField(
        read_only=True, help_text="wanted, trying, waiting, done, refused or cancelled."
    )
    due_at = serializers.SerializerMethodField(help_text="When it goes.")

    class Meta:
        model = ProviderStep
        fields = ["id", "number", "state", "due_at", "asked_by", "created_at"]

    def get_due_at(self, step: ProviderStep) -> str:
        """Return when it goes."""
        return releasing.due_of(step).isoformat()


class PartSerializer(serializers.Serializer[Any]):
    """One part of a registration."""

    key = serializers.CharField()
    name = serializers.CharField(help_text="In words.")
    state = serializers.CharField(help_text="none, wanted, trying, waiting, done or refused.")
    problem = serializers.CharField(help_text="What carriers said of it, in words.")
    field = serializers.CharField(help_text="Which fact to change.")
    since = serializers.DateTimeField(allow_null=True)


class RegisteredLineSerializer(serializers.Serializer[Any]):
    """One number and its registration."""

    number = serializers.CharField(source="number.e164", help_text="E.164.")
    registration = serializers.CharField(source="number.registration")
    sender_kind = serializers.CharField(source="number.sender_kind")
    leaves_at = serializers.DateTimeField(allow_null=True, help_text="When it is given back.")


class LikelyRejectionSerializer(serializers.Serializer[Any]):
    """What carriers would likely reject."""

    code = serializers.CharField()
    field = serializers.CharField(help_text="Which fact, or samples, message_flow, description.")
    blocks = serializers.BooleanField(help_text="Whether it is not filed so.")
    sentence = serializers.CharField()
    fix = serializers.CharField()


class RegistrationSerializer(serializers.Serializer[Any]):
    """How the registration of a business's texts stands."""

    state = serializers.CharField(help_text="none, under_way, refused or done.")
    parts = PartSerializer(many=True)
    lines = RegisteredLineSerializer(many=True)
    looking = serializers.BooleanField(help_text="Whether its website is being read just now.")
    findings = LikelyRejectionSerializer(many=True)
