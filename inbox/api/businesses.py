"""REST: an agency's businesses, made in one request, configured, published, suspended and resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from calls import opening
from calls.timetable import BadHours, Opening, read_week
from config.api import Unusable
from config.api_docs import problems, reading_documented
from config.api_views import Reading, once
from inbox.agency.onboarding import setting_up
from inbox.agency.onboarding.inviting import invite_owner
from inbox.agency.onboarding.setting_up import Wanted
from inbox.api import business_shapes as shapes
from messaging import policies
from messaging.policies import PolicyError
from messaging.senders.steps import SenderError
from tenants import drafts, lifecycle, publishing
from tenants.api_keys import actor_of, agency_of, key_of
from tenants.drafts import FactsError
from tenants.lifecycle import LifecycleRefused
from tenants.making import OnboardingError
from tenants.members import MemberError
from tenants.models import Agency, Business
from tenants.publishing import NotADraft, NotReady
from tenants.scope import business_scope

_FIELDS = {"forward-to": "forward_to", "external-id": "external_id", "auth-token": "account"}
_TAG = "Businesses"


def _example(name: str, value: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, value=value, status_codes=[status], response_only=True)


_MADE = shapes.BUSINESS | shapes.ONCE


@reading_documented(
    _TAG,
    shapes.BusinessFilters,
    shapes.BUSINESS,
    listed="Your agency's businesses, newest first, without those that are gone.",
    one="One business; a draft says what it lacks.",
)
@extend_schema_view(
    create=extend_schema(
        tags=[_TAG],
        summary="Set up a business",
        description=(
            "Everything is made together or nothing: schema, host, playbook, facts, hours, number "
            "and a key. With `publish` it goes live as well; one that lacks something stays a draft "
            "and says what in `missing`. A number that is bought takes a moment: the business goes "
            "live by itself once it is here. With an `external_id` that you have used before the "
            "answer is 200 and that business, unchanged but for `publish`."
        ),
        request=shapes.BusinessGivenSerializer,
        responses={
            200: shapes.MadeSerializer, 201: shapes.MadeSerializer, **problems(400, 401, 403, 422),
        },
        examples=[
            OpenApiExample("Live at once", request_only=True, value=shapes.GIVEN),
            _example("Made", _MADE, "201"),
            _example("Known already", _MADE | {"api_key": ""}),
        ],
    ),
    partial_update=extend_schema(
        tags=[_TAG],
        summary="Configure a business",
        description="What is left out stays. Either all of it is kept or nothing.",
        request=shapes.BusinessChangeSerializer,
        responses={200: shapes.BusinessSerializer, **problems(400, 401, 403, 404, 422)},
        examples=[
            OpenApiExample("Its site", request_only=True, value={"facts": {"website": "a.example"}}),
            _example("Changed", shapes.BUSINESS),
        ],
    ),
)  # fmt: skip
class Businesses(ListModelMixin, RetrieveModelMixin, Reading):
    """The businesses of the agency whose key was presented."""

    level = "agency"
    area = "businesses"
    queryset = Business.objects.none()
    serializer_class = shapes.BusinessSerializer
    filters = shapes.BusinessFilters
    asks_first = ("create",)  # for a number, in no transaction

    @property
    def agency(self) -> Agency:
        """Whose businesses these are."""
        return agency_of(self.request)

    def get_queryset(self) -> QuerySet[Business]:
        """Return the agency's businesses."""
        if getattr(self, "swagger_fake_view", False):
            return Business.objects.none()
        self.queryset = (
            Business.objects.filter(agency=self.agency).exclude(stage="gone")
            .select_related("agency").prefetch_related("domains")
        )  # fmt: skip
        return super().get_queryset()

    def create(self, request: Request) -> HttpResponse:
        """Make a business, or find it by its external_id. Raises Unusable naming the field."""
        asked = shapes.BusinessGivenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given, by, now = asked.validated_data, actor_of(request), timezone.now()
        key = key_of(request)
        wanted = Wanted(
            given["name"], given["timezone"], given["playbook"], given["posture"],
            given["external_id"].strip(), dict(given.get("facts", {})),
            _hours(given.get("hours")), given["number"], given["area_code"], given["account"],
            given["registration"], tuple(given["forward_to"]), given["publish"],
        )  # fmt: skip

        def invite(business: Business) -> None:
            if given["owner_email"]:
                invite_owner(
                    business, given["owner_email"], given["owner_name"], request._request, at=now
                )  # fmt: skip

        with _refusals():
            e164 = setting_up.ask(self.agency, wanted)

            def make() -> Response:
                made = setting_up.set_up(
                    self.agency, wanted, e164, by=by, at=now, then=invite,
                    giver=tuple(key.scopes), until=key.expires_at,
                )  # fmt: skip
                shown = shapes.MadeSerializer(made.business, context={"api_key": made.api_key})
                return Response(shown.data, status=201 if made.is_new else 200)

            return once(self, request, make)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Configure a business. Raises Unusable naming the field."""
        business = self.get_object()
        asked = shapes.BusinessChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        who: dict[str, Any] = {"by": actor_of(request), "door": "api", "at": timezone.now()}
        facts = {name: given[name] for name in ("name", "timezone") if name in given}
        facts |= given.get("facts", {})
        hours = _hours(given.get("hours"))
        with _refusals(), transaction.atomic():
            if facts:
                drafts.save_facts(business, facts, **who)
            if "playbook" in given:
                drafts.choose_playbook(business, given["playbook"], **who)
            with business_scope(str(business.schema_name)):
                if hours is not None:
                    opening.save_week(hours, **who)
                if "posture" in given:
                    policies.save(business, {"posture": given["posture"]}, **who)
        return self._shown(business)

    @extend_schema(
        tags=[_TAG],
        summary="Publish a business",
        description="A draft goes live, once; one that is live stays so. What it lacks is a 422.",
        request=None,
        responses={200: shapes.BusinessSerializer, **problems(401, 403, 404, 422)},
        examples=[_example("Live", shapes.BUSINESS)],
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Make a draft live. Raises Unusable naming what it lacks first."""
        business = self.get_object()
        with _refusals():
            publishing.publish(business, by=actor_of(request), door="api", at=timezone.now())
        return self._shown(business)

    @extend_schema(
        tags=[_TAG],
        summary="Suspend a business",
        description="Nothing goes out any more; calls and texts still come in.",
        request=None,
        responses={200: shapes.BusinessSerializer, **problems(401, 403, 404, 422)},
        examples=[_example("Suspended", shapes.BUSINESS | {"suspended_by": "agency"})],
    )
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: str) -> Response:
        """Stop everything that goes out. Raises Unusable for one that leaves."""
        business = self.get_object()
        with _refusals():
            lifecycle.suspend(
                business, "agency", actor=actor_of(request), door="api", now=timezone.now()
            )
        return self._shown(business)

    @extend_schema(
        tags=[_TAG],
        summary="Resume a business",
        description="What your agency suspended sends again; what others suspended they resume.",
        request=None,
        responses={200: shapes.BusinessSerializer, **problems(401, 403, 404, 422)},
        examples=[_example("Resumed", shapes.BUSINESS)],
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let it send again. Raises Unusable where somebody else suspended it."""
        business = self.get_object()
        with _refusals():
            lifecycle.resume(
                business, "agency", actor=actor_of(request), door="api", now=timezone.now()
            )
        return self._shown(business)

    @extend_schema(
        tags=[_TAG],
        summary="Let a business go",
        description=(
            "Nothing goes out any more, its keys end and its members have no entry. After the days of "
            "grace its numbers are given back and its data is deleted; until then `stay` keeps it."
        ),
        request=None,
        responses={200: shapes.BusinessSerializer, **problems(401, 403, 404, 422)},
        examples=[_example("Leaving", shapes.BUSINESS | {"stage": "leaving"})],
    )
    @action(detail=True, methods=["post"], url_path="off-board")
    def off_board(self, request: Request, pk: str) -> Response:
        """Let it go, with a time of grace. Raises Unusable for one that is gone."""
        business = self.get_object()
        with _refusals():
            lifecycle.off_board(business, actor=actor_of(request), door="api", now=timezone.now())
        return self._shown(business)

    @extend_schema(
        tags=[_TAG],
        summary="Keep a business after all",
        description="Takes `off-board` back while its days of grace last; its keys stay ended.",
        request=None,
        responses={200: shapes.BusinessSerializer, **problems(401, 403, 404, 422)},
        examples=[_example("Kept", shapes.BUSINESS)],
    )
    @action(detail=True, methods=["post"])
    def stay(self, request: Request, pk: str) -> Response:
        """Keep it. Raises Unusable once deleting has begun."""
        business = self.get_object()
        with _refusals():
            lifecycle.stay(business, actor=actor_of(request), door="api", now=timezone.now())
        return self._shown(business)

    def _shown(self, business: Business) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=business.pk)).data)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the verbs refuse into 422s naming the field."""
    try:
        yield
    except FactsError as wrong:
        own = {"name", "timezone"}
        field, sentence = next(iter(wrong.problems.items()))
        raise Unusable(field if field in own else f"facts.{field}", sentence) from None
    except (OnboardingError, SenderError, PolicyError) as wrong:
        raise Unusable(_FIELDS.get(wrong.field, wrong.field), wrong.sentence) from None
    except MemberError as wrong:
        raise Unusable("owner_email", wrong.sentence) from None
    except NotReady as wrong:
        gap = wrong.gaps[0]
        raise Unusable(gap.field, gap.sentence, "missing") from None
    except NotADraft as wrong:
        raise Unusable("", str(wrong), "not_a_draft") from None
    except LifecycleRefused as wrong:
        raise Unusable("", wrong.sentence, wrong.code) from None


def _hours(spans: list[Mapping[str, Any]] | None) -> tuple[Opening, ...] | None:
    """Return a week as it was given, None where none was. Raises Unusable naming `hours`."""
    if spans is None:
        return None
    week: list[list[tuple[str, str]]] = [[] for _ in range(7)]
    for span in spans:
        week[span["weekday"]].append((span["opens"], span["closes"]))
    try:
        return tuple(read_week(week, ()))
    except BadHours as wrong:
        raise Unusable("hours", next(iter(wrong.problems.values()))) from None
