"""REST: numbers on offer, orders and releases of numbers, and the registration of a business's texts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from config.api_operations import Whole, asked, by_key, found, operation, refusing, whole
from config.api_views import UUID_PATTERN
from messaging.senders import api_shapes as shapes
from messaging.senders import bringing, buying, filing, releasing, searching
from messaging.senders.filing import NotReady, StillLooking
from messaging.senders.preflight import preflight
from messaging.senders.status import registering
from messaging.senders.steps import SenderError
from tenants.models import PhoneNumber, ProviderStep
from tenants.scope import current_business


class NumberOffers(APIView):
    """Numbers that can be bought."""

    area = "numbers"

    @operation(
        "Numbers", "number_offers_list", "Find a number",
        "Asks your provider for numbers that call and text. None is held for you: order it soon.",
        parameters=[shapes.OfferFiltersSerializer], gives=shapes.OfferListSerializer,
        told={"next": None, "previous": None, "results": [shapes.OFFER]}, errors=(422,),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with what is on offer. Raises ValidationError naming parameters."""
        filters = shapes.OfferFiltersSerializer(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        try:  # in no transaction: the provider is asked
            offered = searching.search(current_business(), **filters.validated_data)
        except SenderError as error:
            raise exceptions.ValidationError({error.field: error.sentence}) from None
        return whole(list(shapes.OfferSerializer(offered, many=True).data))


class _Steps(GenericViewSet[ProviderStep]):
    area = "numbers"
    queryset = ProviderStep.objects.none()
    serializer_class: type[Serializer[Any]] = shapes.OrderSerializer
    pagination_class = Whole
    lookup_value_regex = UUID_PATTERN
    prefixes: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet[ProviderStep]:
        """Return the steps of the business whose key was presented, the newest first."""
        if getattr(self, "swagger_fake_view", False):
            return ProviderStep.objects.none()
        pattern = "^(" + "|".join(self.prefixes) + "):"
        mine = ProviderStep.objects.filter(business=current_business(), key__regex=pattern)
        return mine.order_by("-created_at", "-id")


class NumberOrders(_Steps):
    """Numbers ordered, ported or brought in."""

    prefixes = ("number.buy", "number.bring")

    @operation(
        "Numbers", "number_orders_list", "List orders of numbers", "The newest first.",
        gives=shapes.OrderSerializer(many=True), told=shapes.ORDER,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(list(shapes.OrderSerializer(self.get_queryset(), many=True).data))

    @operation(
        "Numbers", "number_orders_retrieve", "One order", "How it stands.",
        gives=shapes.OrderSerializer, told=shapes.ORDER, errors=(404,),
    )  # fmt: skip
    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one."""
        return Response(shapes.OrderSerializer(found(self.get_queryset(), pk=pk)).data)

    @operation(
        "Numbers", "number_orders_create", "Order a number",
        "Buys a number, or waits for one that is ported or held by your provider account already. "
        "The same number is never bought twice: ordered again, the first order is the answer. It is "
        "worked on at once; ask for the order until `state` is `done` or `refused`.",
        asks=shapes.OrderGivenSerializer, gives=shapes.OrderSerializer, status=202,
        sent={"number": "+13125550142"}, told=shapes.ORDER,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Order it. Raises ValidationError naming fields."""
        wanted, business = asked(shapes.OrderGivenSerializer, request), current_business()
        how, by = wanted["how"], by_key(request)
        with refusing(SenderError, field="number"):
            if how == "buy":
                step = buying.buy(business, wanted["number"], by=by, door="api")
            else:
                step = bringing.bring(business, wanted["number"], by=by, how=how, door="api")
        return Response(shapes.OrderSerializer(step).data, status=202)


class NumberReleases(_Steps):
    """Numbers that are given back."""

    prefixes = ("number.release",)
    serializer_class = shapes.ReleaseSerializer

    @operation(
        "Numbers", "number_releases_list", "List numbers given back", "The newest first.",
        gives=shapes.ReleaseSerializer(many=True), told=shapes.RELEASE,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(list(shapes.ReleaseSerializer(self.get_queryset(), many=True).data))

    @operation(
        "Numbers", "number_releases_create", "Give a number back",
        "It goes after seven days; until then calls and texts come in, and you can change your mind.",
        asks=shapes.ReleaseGivenSerializer, gives=shapes.ReleaseSerializer, status=202,
        sent={"number": "+13125550142"}, told=shapes.RELEASE,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Want it given back. Raises ValidationError naming `number`."""
        number = asked(shapes.ReleaseGivenSerializer, request)["number"]
        line = PhoneNumber.objects.filter(
            business=current_business(), e164=number, is_active=True
        ).first()
        if line is None:
            raise exceptions.ValidationError({"number": "Your business has no such number."})
        with refusing(SenderError, field="number"):
            step = releasing.release(line, by=by_key(request), door="api")
        return Response(shapes.ReleaseSerializer(step).data, status=202)

    @operation(
        "Numbers", "number_releases_delete", "Keep the number after all",
        "Possible until it is given back. The answer is what was called off.",
        gives=shapes.ReleaseSerializer, told=shapes.RELEASE | {"state": "cancelled"},
        errors=(404, 422),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Keep it. Raises Http404, ValidationError when it is too late."""
        step = found(self.get_queryset(), pk=pk)
        business = current_business()
        if not releasing.undo(business, step.wanted["e164"], by=by_key(request), door="api"):
            raise exceptions.ValidationError({"number": "It is too late: it is being given back."})
        step.refresh_from_db()
        return Response(shapes.ReleaseSerializer(step).data)


class SiteFirst(exceptions.APIException):
    """409: the business's website is being read for the first time."""

    status_code = 409
    default_detail = (
        "Its website is being read, as a reviewer will. File it again in a few seconds; "
        "`looking` of the registration says when that is over."
    )
    default_code = "site_first"


class SenderRegistration(APIView):
    """The registration of a business's texts with the carriers."""

    area = "numbers"
    # Filing again files nothing twice, so its answer is kept afterwards; and the look that a 409
    # begins is not taken back with it.
    asks_first = ("post",)

    @operation(
        "Numbers", "registration_retrieve", "How the registration stands",
        "Part by part and number by number, with what carriers would likely reject. The website is "
        "read when you ask; what is found there stands in the answer a few seconds later.",
        gives=shapes.RegistrationSerializer, told=shapes.REGISTRATION,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with how it stands."""
        return Response(_shown())

    @operation(
        "Numbers", "registration_create", "File the registration",
        "Files what is not filed, and files again what was refused. What would surely be rejected "
        "is a 422 naming the field. Nothing is filed before its website was read once: until then, "
        "for some seconds, the answer is 409 `site_first`.",
        gives=shapes.RegistrationSerializer, status=202, told=shapes.REGISTRATION, errors=(409, 422),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """File it. Raises ValidationError naming facts, SiteFirst."""
        try:
            filing.submit(current_business(), by=by_key(request), door="api")
        except SenderError as error:
            with refusing(SenderError, field="account"):
                raise error
        except StillLooking:
            raise SiteFirst from None
        except NotReady as not_ready:
            wrong: dict[str, list[Any]] = {}
            for each in not_ready.findings:
                said = f"{each.sentence} {each.fix}"
                wrong.setdefault(each.field, []).append(
                    exceptions.ErrorDetail(said, each.code.lower())
                )
            raise exceptions.ValidationError(wrong) from None
        return Response(_shown(), status=202)


def _shown() -> dict[str, Any]:
    business = current_business()
    stand, looked = registering(business), preflight(business)
    return dict(
        shapes.RegistrationSerializer(
            {
                "state": stand.state, "parts": stand.parts, "lines": stand.lines,
                "looking": looked.looking, "findings": looked.findings,
            }
        ).data
    )  # fmt: skip
