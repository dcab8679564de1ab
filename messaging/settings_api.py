"""REST: what a business chose about texting, and the limits of its rules."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api import Unusable, etag_of, expect
from config.api_operations import IF_MATCH, asked, by_key, operation, refusing
from messaging import breakers, policies
from messaging.breakers import LimitError
from messaging.models import Policy
from messaging.policies import PolicyError
from tenants import postures
from tenants.models import Business
from tenants.scope import current_business

_CHOSEN = {
    "posture": "implied", "washington_needs_notice": True, "strict_quiet_hours": False,
    "first_text_links": False, "nudges": False, "only_vouched": False, "look_up_callers": True,
    "marketing": False, "countries": ["US", "CA"], "message_months": 24, "recording_days": 90,
}  # fmt: skip
_POLICY = _CHOSEN | {
    "version": 7, "posture_in_force": "notice", "posture_floor": "notice",
    "changed_by": "Dana Reyes", "changed_at": "2026-11-21T16:04:01Z",
}  # fmt: skip
_LIMITS = {
    "daily_text_limit": 200, "monthly_cents_limit": None, "daily_text_limit_in_force": 200,
    "monthly_cents_limit_in_force": 10_000, "texts_today": 12, "cents_this_month": 412.5,
    "day_ends": "2026-11-22T06:00:00Z", "month_ends": "2026-12-01T06:00:00Z",
}  # fmt: skip


def _switch(name: str) -> serializers.BooleanField:
    label, why = next((label, why) for key, label, why, _rule in policies.SWITCHES if key == name)
    return serializers.BooleanField(required=False, help_text=f"{label}. {why}")


class PolicyChangeSerializer(serializers.Serializer[Any]):
    """Choices about texting. What is left out stays as it is."""

    posture = serializers.ChoiceField(
        postures.CHOICES, required=False,
        help_text="What must have happened before a missed call is texted back.",
    )  # fmt: skip
    washington_needs_notice = _switch("washington_needs_notice")
    strict_quiet_hours = _switch("strict_quiet_hours")
    first_text_links = _switch("first_text_links")
    nudges = _switch("nudges")
    only_vouched = _switch("only_vouched")
    look_up_callers = _switch("look_up_callers")
    marketing = _switch("marketing")
    countries = serializers.ListField(
        child=serializers.ChoiceField(["US", "CA"]), required=False, min_length=1, max_length=2,
        help_text="Whose numbers are texted.",
    )  # fmt: skip
    message_months = serializers.IntegerField(
        required=False, min_value=24, max_value=240, help_text="How long texts are kept."
    )
    recording_days = serializers.IntegerField(
        required=False, min_value=1, max_value=3650, help_text="How long recordings are kept."
    )


class PolicySerializer(serializers.ModelSerializer[Policy]):
    """The choices in force, of one version."""

    version = serializers.IntegerField(source="pk")
    countries = serializers.ListField(child=serializers.CharField())
    posture_in_force = serializers.SerializerMethodField(
        help_text="The stricter of the business's posture and its agency's floor."
    )
    posture_floor = serializers.SerializerMethodField(
        help_text="The mildest posture that the agency allows."
    )

    class Meta:
        model = Policy
        fields = [*_POLICY]

    def get_posture_in_force(self, policy: Policy) -> str:
        """Return what rules."""
        return postures.stricter(policy.posture, self.context["floor"])

    def get_posture_floor(self, policy: Policy) -> str:
        """Return what the agency asks for at least."""
        return str(self.context["floor"])


class CompliancePolicy(APIView):
    """What the business chose about texting."""

    area = "settings"

    @operation(
        "Settings", "policy_retrieve", "What may be texted",
        "The newest version of the business's choices. The gate asks them before each text.",
        gives=PolicySerializer, told=_POLICY,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with the choices in force."""
        return _tagged(_policy())

    @operation(
        "Settings", "policy_change", "Change what may be texted",
        "Changes what is given and leaves the rest, as a new version; texts that wait are asked about "
        "again. A posture milder than the agency's floor is refused.",
        asks=PolicyChangeSerializer, gives=PolicySerializer, sent={"strict_quiet_hours": True},
        told=_POLICY | {"strict_quiet_hours": True}, parameters=[IF_MATCH], errors=(412,),
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        """Keep choices. Raises ValidationError naming fields, ChangedMeanwhile."""
        wanted = asked(PolicyChangeSerializer, request)
        with refusing(PolicyError):
            business = Business.objects.select_for_update().get(pk=current_business().pk)
            expect(request, etag_of(_policy()))
            policies.save(business, wanted, by=by_key(request), door="api", at=timezone.now())
        return _tagged(_policy())


class LimitsChangeSerializer(serializers.Serializer[Any]):
    """Limits that are to be lower. What is left out stays as it is."""

    daily_text_limit = serializers.IntegerField(
        required=False, min_value=0, max_value=100_000, help_text="Texts by rules a day."
    )
    monthly_cents_limit = serializers.IntegerField(
        required=False, min_value=0, max_value=100_000_000,
        help_text="What texts by rules may cost in a month, in cents.",
    )  # fmt: skip


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits of rules, and what they used."""

    daily_text_limit = serializers.IntegerField(
        allow_null=True, help_text="The business's own; null where the platform's holds."
    )
    monthly_cents_limit = serializers.IntegerField(
        allow_null=True, help_text="The business's own; null where the platform's holds."
    )
    daily_text_limit_in_force = serializers.IntegerField()
    monthly_cents_limit_in_force = serializers.IntegerField()
    texts_today = serializers.IntegerField()
    cents_this_month = serializers.FloatField()
    day_ends = serializers.DateTimeField()
    month_ends = serializers.DateTimeField()


class Limits(APIView):
    """What rules may send and spend."""

    area = "settings"

    @operation(
        "Settings", "limits_retrieve", "What rules may send and spend",
        "The limits of a day and a month, and what of them is used. A text above a limit is held, "
        "and a person is told.",
        gives=LimitsSerializer, told=_LIMITS,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with limits and use."""
        return Response(_limits())

    @operation(
        "Settings", "limits_change", "Lower a limit",
        "A program that could lift its own brake would have none: a key lowers limits, and an owner "
        "raises them, on the page.",
        asks=LimitsChangeSerializer, gives=LimitsSerializer, sent={"daily_text_limit": 200},
        told=_LIMITS,
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        """Lower limits. Raises ValidationError naming fields, Unusable where one would be raised."""
        wanted = asked(LimitsChangeSerializer, request)
        with refusing(LimitError):
            stored = Business.objects.select_for_update().get(pk=current_business().pk)
            kept = {
                "daily_text_limit": stored.daily_text_limit,
                "monthly_cents_limit": stored.monthly_cents_limit,
            }
            for (name, own), usual in zip(kept.items(), breakers.defaults(), strict=True):
                if wanted.get(name, 0) > (usual if own is None else own):
                    said = "A key only lowers a limit. An owner raises it, on the page of limits."
                    raise Unusable(name, said, "only_lower")
            limits = kept | wanted
            breakers.set_limits(
                stored, limits["daily_text_limit"], limits["monthly_cents_limit"],
                by=by_key(request), door="api", at=timezone.now(),
            )  # fmt: skip
        return Response(_limits())


def _tagged(data: Any) -> Response:
    return Response(data, headers={"ETag": etag_of(data)})


def _policy() -> Any:
    floor = current_business().agency.posture_floor
    return PolicySerializer(policies.latest(), context={"floor": floor}).data


def _limits() -> Any:
    stored = Business.objects.get(pk=current_business().pk)
    use = breakers.use(stored.pk, timezone.now())
    return LimitsSerializer({
        "daily_text_limit": stored.daily_text_limit,
        "monthly_cents_limit": stored.monthly_cents_limit,
        "daily_text_limit_in_force": use.texts_limit,
        "monthly_cents_limit_in_force": use.cents_limit, "texts_today": use.texts,
        "cents_this_month": use.cents, "day_ends": use.day_ends, "month_ends": use.month_ends,
    }).data  # fmt: skip
