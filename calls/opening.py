"""Setting when a business is open: the week, and the days it is closed. Checked, kept, noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from calls.hours import Span
from calls.models import Holiday, OpeningHours
from calls.timetable import Opening, stored
from messaging import audit
from messaging.holiday_rules import dates
from messaging.jurisdictions import current as current_rules

_READY = "federal"
_LONGEST_NAME = 80
HOLIDAYS_AT_MOST = 200


class HolidayError(ValueError):
    """A holiday that cannot be kept; `field` is date or name."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True, slots=True)
class Ready:
    """A national holiday one can add. observed: the weekday on which offices make it up."""

    day: date
    name: str
    observed: bool
    is_added: bool


def week() -> list[Span]:
    """Return the kept spans of the current business."""
    return [
        Span(each.weekday, each.opens, each.closes)
        for each in OpeningHours.objects.order_by("weekday", "opens")
    ]


def save_week(openings: Sequence[Opening], *, by: str, door: str, at: datetime) -> bool:
    """Keep a week as it was read (calls.timetable.read_week); returns whether it was another."""
    spans = stored(openings)
    with transaction.atomic():
        if spans == week():
            return False
        OpeningHours.objects.all().delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(weekday=span.weekday, opens=span.opens, closes=span.closes)
            for span in spans
        )
        audit.note(
            "hours.change", actor=by, door=door, at=at, detail={"week": [str(o) for o in openings]}
        )
    return True


def ready_holidays(today: date) -> list[Ready]:
    """Return the national holidays of the next twelve months (compliance.md section 2), soonest first."""
    until = today + timedelta(days=366)
    added = set(Holiday.objects.filter(date__gte=today).values_list("date", flat=True))
    found = [
        Ready(day, holiday.name, position > 0, day in added)
        for holiday in current_rules().calendars[_READY].holidays
        # New Year's Day may be made up in the old year.
        for year in range(today.year, until.year + 2)
        for position, day in enumerate(dates(holiday.rule, year))
        if today <= day < until
    ]
    return sorted(found, key=lambda each: each.day)


def add_holidays(
    wanted: Sequence[tuple[date, str]], *, by: str, door: str, at: datetime
) -> list[date]:
    """Add days on which the business is closed; one that is there already stays as it is.

    Returns those that were added. Raises HolidayError.
    """
    for _, name in wanted:
        if not name.strip():
            raise HolidayError("name", "Give the day a name, such as “Stocktaking”.")
        if not name.strip().isprintable():
            raise HolidayError("name", "There is a character that cannot be shown.")
        if len(name.strip()) > _LONGEST_NAME:
            raise HolidayError("name", f"At most {_LONGEST_NAME} characters.")
    with transaction.atomic():
        known = set(Holiday.objects.values_list("date", flat=True))
        new = {day: name.strip() for day, name in wanted if day not in known}
        if len(known) + len(new) > HOLIDAYS_AT_MOST:
            raise HolidayError("date", f"At most {HOLIDAYS_AT_MOST} days; remove past ones first.")
        Holiday.objects.bulk_create(
            [Holiday(date=day, name=name) for day, name in new.items()], ignore_conflicts=True
        )
        if new:
            audit.note(
                "holidays.add", actor=by, door=door, at=at,
                detail={"days": [day.isoformat() for day in new]},
            )  # fmt: skip
    return sorted(new)


def remove_holiday(holiday_id: int, *, by: str, door: str, at: datetime) -> bool:
    """Open on a day again; False when it is not on the list."""
    with transaction.atomic():
        holiday = Holiday.objects.filter(pk=holiday_id).first()
        if holiday is None:
            return False
        day = holiday.date
        holiday.delete()
        audit.note(
            "holidays.remove", actor=by, door=door, at=at, detail={"days": [day.isoformat()]}
        )
    return True
