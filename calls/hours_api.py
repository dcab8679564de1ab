"""REST: when a business is open: its week, and the days it is closed."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from calls import opening
from calls.hours import Week, is_open
from calls.models import Holiday
from calls.opening import HolidayError
from calls.timetable import MIDNIGHT, SPANS_A_DAY, WEEKDAYS, BadHours, Opening, read_week, shown
from config.api_operations import Whole, asked, by_key, operation, refusing, whole
from config.api_views import ID_PATTERN
from tenants.scope import current_business

_DAYS = [day.lower() for day in WEEKDAYS]
_WORK = [{"opens": "08:00", "closes": "17:00"}]
_WEEK: dict[str, Any] = {**dict.fromkeys(_DAYS[:5], _WORK), "saturday": [], "sunday": []}
_HOURS = {"timezone": "America/Chicago", "is_open": True, "week": _WEEK}
_HOLIDAY = {"id": 3, "date": "2026-12-25", "name": "Christmas Day"}


class OpeningSpanSerializer(serializers.Serializer[Any]):
    """From when to when."""

    opens = serializers.CharField(
        max_length=20, help_text="Such as 08:00, on the business's clock."
    )
    closes = serializers.CharField(
        max_length=20,
        help_text="Such as 17:00; before `opens`: on the next day; both 00:00: around the clock.",
    )  # fmt: skip


def _day() -> serializers.ListSerializer[Any]:
    return serializers.ListSerializer(
        child=OpeningSpanSerializer(), required=False, default=list, max_length=SPANS_A_DAY
    )


class WeekSerializer(serializers.Serializer[Any]):
    """The spans of each day; a day without any is closed."""

    monday = _day()
    tuesday = _day()
    wednesday = _day()
    thursday = _day()
    friday = _day()
    saturday = _day()
    sunday = _day()


class HoursGivenSerializer(serializers.Serializer[Any]):
    """A week to keep."""

    week = WeekSerializer()


class HoursSerializer(serializers.Serializer[Any]):
    """When the business is open."""

    timezone = serializers.CharField(help_text="The clock the times are read on.")
    is_open = serializers.BooleanField(help_text="Just now; holidays count.")
    week = WeekSerializer()


class OpeningHours(APIView):
    """The week."""

    area = "hours"

    @operation(
        "Opening hours", "opening_hours_retrieve", "When the business is open",
        "The spans of each weekday, and whether it is open just now.",
        gives=HoursSerializer, told=_HOURS,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with the week."""
        return Response(_kept())

    @operation(
        "Opening hours", "opening_hours_update", "Set when the business is open",
        "The whole week; a day that is left out is closed. Holds from the next call on.",
        asks=HoursGivenSerializer, gives=HoursSerializer, sent={"week": _WEEK}, told=_HOURS,
    )  # fmt: skip
    def put(self, request: Request) -> Response:
        """Keep a week. Raises ValidationError naming fields."""
        week = asked(HoursGivenSerializer, request)["week"]
        typed = [[(span["opens"], span["closes"]) for span in week[day]] for day in _DAYS]
        always = [
            weekday for weekday, spans in enumerate(typed)
            if len(spans) == 1 and spans[0][0] == spans[0][1] and spans[0][0] in ("00:00", "0:00")
        ]  # fmt: skip
        try:
            read = read_week(typed, always)
        except BadHours as wrong:
            raise exceptions.ValidationError({
                f"week.{_DAYS[weekday]}.{position}": sentence
                for (weekday, position), sentence in wrong.problems.items()
            }) from None  # fmt: skip
        opening.save_week(read, by=by_key(request), door="api", at=timezone.now())
        return Response(_kept())


def _kept() -> Any:
    business, spans = current_business(), opening.week()
    zone = ZoneInfo(business.timezone)
    closed = frozenset(Holiday.objects.values_list("date", flat=True))
    days = shown(spans)
    return HoursSerializer({
        "timezone": business.timezone,
        "is_open": is_open(Week(zone, tuple(spans), closed), timezone.now()),
        "week": {day: [_span(each) for each in days[n]] for n, day in enumerate(_DAYS)},
    }).data  # fmt: skip


def _span(each: Opening) -> dict[str, str]:
    def said(moment: time) -> str:
        return "00:00" if moment == MIDNIGHT else f"{moment:%H:%M}"

    return {"opens": said(each.opens), "closes": said(each.closes)}


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    """A day on which the business is closed."""

    class Meta:
        model = Holiday
        fields = ["id", "date", "name"]


class HolidayWantedSerializer(serializers.Serializer[Any]):
    """A day to be closed on."""

    date = serializers.DateField(help_text="From today on, within five years.")
    name = serializers.CharField(max_length=80)


class Holidays(GenericViewSet[Holiday]):
    """Days off."""

    area = "hours"
    queryset = Holiday.objects.order_by("date")
    serializer_class = HolidaySerializer
    pagination_class = Whole
    lookup_value_regex = ID_PATTERN

    @operation(
        "Opening hours", "holidays_list", "List days off", "All that are kept, soonest first.",
        gives=HolidaySerializer(many=True), told=_HOLIDAY,
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        """Answer with all."""
        return whole(HolidaySerializer(self.get_queryset(), many=True).data)

    @operation(
        "Opening hours", "holidays_create", "Be closed on a day",
        "A day that is there already stays as it is (200).",
        asks=HolidayWantedSerializer, gives=HolidaySerializer, status=201, also=(200,),
        sent={"date": "2026-12-25", "name": "Christmas Day"}, told=_HOLIDAY,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Add one. Raises ValidationError naming fields."""
        wanted = asked(HolidayWantedSerializer, request)
        today = timezone.now().astimezone(ZoneInfo(current_business().timezone)).date()
        if not today <= wanted["date"] <= today + timedelta(days=5 * 366):
            raise exceptions.ValidationError(
                {"date": "Choose a day from today on, within five years."}
            )
        with refusing(HolidayError):
            added = opening.add_holidays(
                [(wanted["date"], wanted["name"])], by=by_key(request), door="api",
                at=timezone.now(),
            )  # fmt: skip
        row = Holiday.objects.get(date=wanted["date"])
        return Response(HolidaySerializer(row).data, status=201 if added else 200)

    @operation(
        "Opening hours", "holidays_remove", "Be open on a day again", "As on others of its weekday.",
        status=204, errors=(404,),
    )  # fmt: skip
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove one. Raises Http404."""
        gone = opening.remove_holiday(int(pk), by=by_key(request), door="api", at=timezone.now())
        if not gone:
            raise Http404
        return Response(status=204)
