"""How a business looks to its agency's programs, and what they may say of one."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from tenants import business_facts, publishing
from tenants.accounts import webhook_urls
from tenants.models import Business, BusinessFacts, PhoneNumber, ProviderStep, Stage, StepState
from tenants.playbooks import PLAYBOOKS
from tenants.postures import POSTURES
from tenants.publish_rules import STEPS
from tenants.registration_rules import FIRST_STATES

FACTS = {
    "legal_name": "Harbor Auto LLC", "ein": "••-•••6789", "legal_kind": "llc",
    "street": "1 Main St", "city": "Chicago", "region": "IL", "postcode": "60614", "country": "US",
    "website": "https://harborauto.example", "contact_name": "Ann Lee", "contact_title": "Owner",
    "contact_email": "ann@harborauto.example", "contact_phone": "+13125550143",
}  # fmt: skip
BUSINESS = {
    "id": 7, "external_id": "crm-7", "name": "Harbor Auto", "timezone": "America/Chicago",
    "stage": "live", "suspended_by": "", "host": "harbor-auto.calls.example", "playbook": "auto",
    "posture": "implied", "facts": FACTS,
    "numbers": [
        {
            "number": "+13125550144", "registration": "declared", "forwards_from": "",
            "staff": ["+13125550143"],
        }
    ],
    "numbers_coming": [], "missing": [], "published_at": "2026-11-21T16:04:26.020000Z",
    "created_at": "2026-11-21T16:04:25.120000Z",
}  # fmt: skip
ONCE = {
    "api_key": "rb_4f1c09a2be_N5v3pQd0sT7yXk2mB8wL1zR6uC4jH9gE0fA5iO3nW2c",
    "webhook_urls": {"voice": "https://calls.example/webhooks/twilio/voice"},
}
GIVEN = {
    "external_id": "crm-7", "name": "Harbor Auto", "timezone": "America/Chicago",
    "playbook": "auto", "facts": {"legal_name": "Harbor Auto LLC", "ein": "12-3456789"},
    "hours": [{"weekday": 0, "opens": "08:00", "closes": "18:00"}],
    "number": "+13125550144", "registration": "declared", "forward_to": ["+13125550143"],
    "owner_email": "ann@harborauto.example", "publish": True,
}  # fmt: skip


class FactsSerializer(serializers.Serializer[Any]):
    """Who a business is, as registrations say it. An EIN is shown by its last four digits alone."""

    legal_name = serializers.CharField(required=False, allow_blank=True, max_length=160)
    ein = serializers.CharField(required=False, allow_blank=True, max_length=20)
    legal_kind = serializers.CharField(required=False, allow_blank=True, max_length=20)
    street = serializers.CharField(required=False, allow_blank=True, max_length=160)
    city = serializers.CharField(required=False, allow_blank=True, max_length=80)
    region = serializers.CharField(required=False, allow_blank=True, max_length=3)
    postcode = serializers.CharField(required=False, allow_blank=True, max_length=12)
    country = serializers.CharField(required=False, max_length=2)
    website = serializers.CharField(required=False, allow_blank=True, max_length=200)
    contact_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    contact_title = serializers.CharField(required=False, allow_blank=True, max_length=80)
    contact_email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    contact_phone = serializers.CharField(required=False, allow_blank=True, max_length=24)


@extend_schema_serializer(component_name="BusinessLine")
class LineSerializer(serializers.Serializer[Any]):
    """A number of a business."""

    number = serializers.CharField(source="e164")
    registration = serializers.CharField(help_text="Whether carriers accept its texts.")
    forwards_from = serializers.CharField(help_text="The number whose missed calls come here.")
    staff = serializers.ListField(child=serializers.CharField(), source="staff_numbers")


class ComingSerializer(serializers.Serializer[Any]):
    """A number on its way from the provider."""

    number = serializers.SerializerMethodField()
    state = serializers.CharField()
    problem = serializers.CharField()

    def get_number(self, step: ProviderStep) -> str:
        """Return the number, E.164."""
        return step.key.partition(":")[2]


class MissingSerializer(serializers.Serializer[Any]):
    """One thing a draft lacks."""

    step = serializers.ChoiceField(list(STEPS))
    field = serializers.CharField()
    detail = serializers.CharField(source="sentence")
    blocking = serializers.BooleanField(help_text="Whether it goes live without.")


@extend_schema_serializer(component_name="AgencyBusiness")
class BusinessSerializer(serializers.ModelSerializer[Business]):
    """A business of the agency."""

    stage = serializers.ChoiceField(Stage.choices, help_text="Only `live` texts anybody.")
    host = serializers.SerializerMethodField(help_text="Where its members sign in.")
    facts = serializers.SerializerMethodField()
    numbers = serializers.SerializerMethodField()
    numbers_coming = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField(help_text="What a draft lacks; [] of others.")

    class Meta:
        model = Business
        fields = list(BUSINESS)

    def get_host(self, business: Business) -> str:
        """Return the primary host."""
        hosts = sorted(business.domains.all(), key=lambda domain: not domain.is_primary)
        return hosts[0].domain if hosts else ""

    @extend_schema_field(FactsSerializer)
    def get_facts(self, business: Business) -> dict[str, Any]:
        """Return the facts, the EIN masked."""
        facts = BusinessFacts.objects.filter(business=business).first() or BusinessFacts()
        shown = {name: getattr(facts, name) for name in FACTS}
        return shown | {"ein": business_facts.masked(facts.ein)}

    @extend_schema_field(LineSerializer(many=True))
    def get_numbers(self, business: Business) -> list[dict[str, Any]]:
        """Return its numbers in use."""
        found = PhoneNumber.objects.filter(business=business, is_active=True).order_by("pk")
        return list(LineSerializer(found, many=True).data)

    @extend_schema_field(ComingSerializer(many=True))
    def get_numbers_coming(self, business: Business) -> list[dict[str, Any]]:
        """Return what is on its way or was refused."""
        steps = ProviderStep.objects.filter(
            business=business, key__regex="^number[.](buy|bring):"
        ).exclude(state__in=(StepState.DONE, StepState.CANCELLED))
        return list(ComingSerializer(steps.order_by("created_at"), many=True).data)

    @extend_schema_field(MissingSerializer(many=True))
    def get_missing(self, business: Business) -> list[dict[str, Any]]:
        """Return what stands against going live, and what would be good."""
        if business.stage != Stage.DRAFT:
            return []
        gaps = publishing.gaps_of(business, timezone.now())
        return list(MissingSerializer(gaps, many=True).data)


@extend_schema_serializer(component_name="MadeBusiness")
class MadeSerializer(BusinessSerializer):
    """A business as it was just made: `api_key` is shown this once."""

    api_key = serializers.SerializerMethodField(
        help_text="A key of the business with your own key's scopes and end; '' unless new."
    )
    webhook_urls = serializers.SerializerMethodField(
        help_text="What to enter at the provider for a number that you gave."
    )

    class Meta(BusinessSerializer.Meta):
        fields = [*BUSINESS, *ONCE]

    def get_api_key(self, _business: Business) -> str:
        """Return the plain key."""
        return str(self.context.get("api_key", ""))

    def get_webhook_urls(self, business: Business) -> dict[str, str]:
        """Return the addresses of its account."""
        number = PhoneNumber.objects.filter(business=business).select_related("account").first()
        if number is None:
            return {}
        return webhook_urls(number.account.provider, number.account.account_sid)


@extend_schema_serializer(component_name="BusinessSpan")
class SpanSerializer(serializers.Serializer[Any]):
    """When it is open: local times; one that closes at or before it opens ends the next day."""

    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday.")
    opens = serializers.CharField(max_length=8)
    closes = serializers.CharField(max_length=8)


class BusinessGivenSerializer(serializers.Serializer[Any]):
    """A business to be made."""

    name = serializers.CharField(max_length=120)
    timezone = serializers.CharField(max_length=64, help_text="Such as America/Chicago.")
    external_id = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=80,
        help_text="Your own name for it. The same one returns the same business.",
    )  # fmt: skip
    playbook = serializers.ChoiceField(list(PLAYBOOKS), required=False, default="general")
    posture = serializers.ChoiceField(
        list(POSTURES), required=False, allow_blank=True, default="",
        help_text="Empty: your agency's floor.",
    )  # fmt: skip
    facts = FactsSerializer(required=False)
    hours = SpanSerializer(many=True, required=False, help_text="Left out: the playbook's.")
    number = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=16,
        help_text="One your provider account holds, which is asked; enter `webhook_urls` there.",
    )  # fmt: skip
    area_code = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=3,
        help_text="Instead of `number`: one with this area code is bought. It takes a moment.",
    )  # fmt: skip
    account = serializers.RegexField(
        r"\A([0-9]{1,18}|simulator)?\Z", required=False, allow_blank=True, default="",
        help_text="Id of the provider account where you have several; `simulator` in demos.",
    )  # fmt: skip
    registration = serializers.ChoiceField(
        sorted(FIRST_STATES), required=False, allow_blank=True, default="",
        help_text="Whether carriers accept texts of `number`; empty: not registered.",
    )  # fmt: skip
    forward_to = serializers.ListField(
        child=serializers.CharField(max_length=16), required=False, default=list, max_length=10,
        help_text="Phones that ring before the greeting.",
    )  # fmt: skip
    owner_email = serializers.EmailField(
        required=False, allow_blank=True, default="", help_text="Is invited by email."
    )
    owner_name = serializers.CharField(required=False, allow_blank=True, default="", max_length=120)
    publish = serializers.BooleanField(required=False, default=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Refuse a number that is given and one that is bought at once."""
        if given["number"] and given["area_code"]:
            raise serializers.ValidationError(
                {"area_code": "Give a number or have one bought, not both."}
            )
        return given


class BusinessChangeSerializer(serializers.Serializer[Any]):
    """What of a business is changed; what is left out stays."""

    name = serializers.CharField(required=False, max_length=120)
    timezone = serializers.CharField(required=False, max_length=64)
    playbook = serializers.ChoiceField(
        list(PLAYBOOKS), required=False, help_text="Of a draft alone."
    )
    posture = serializers.ChoiceField(list(POSTURES), required=False)
    facts = FactsSerializer(required=False)
    hours = SpanSerializer(many=True, required=False)


class BusinessFilters(serializers.Serializer[Any]):
    """What a list of businesses is narrowed by."""

    external_id = serializers.CharField(required=False, max_length=80)
    stage = serializers.ChoiceField(Stage.choices, required=False)
