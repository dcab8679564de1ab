"""How times, numbers and names are written on every page.

Times are shown in the active time zone (the member's, set by the view), numbers
as people write them in the reader's country.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import phonenumbers
from django import template
from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS
from django.utils.translation import gettext as _

from inbox import clock, said
from inbox.timeline import Entry
from inbox.wording import CODES
from messaging.policies import SWITCHES

register = template.Library()

# Authors that are not people: their texts leave without anybody pressing a button.
_AUTOMATIC = {"rule", "api", "system", "assistant"}
_POLICY_LABELS = {
    "posture": "Which callers get a text",
    "countries": "Countries we text and call",
    "message_months": "Texts, in months",
    "recording_days": "Voicemails, in days",
}


@register.filter
def clock_time(value: datetime | None) -> str:
    """The time of day, for rows that stand under a day's heading."""
    return clock.of_day(timezone.localtime(value)) if value else ""


@register.filter
def wall_clock(value: datetime | time | None) -> str:
    """The time of day in the zone the moment itself names: where somebody else is."""
    return clock.of_day(value) if value else ""


@register.filter
def short_time(value: datetime | None) -> str:
    """As little as says it: 3:12 PM today, Tue this week, 12 Nov before that."""
    if not value:
        return ""
    moment, today = timezone.localtime(value), timezone.localdate()
    if moment.date() == today:
        return clock.of_day(moment)
    if today - timedelta(days=6) <= moment.date() < today:
        return clock.weekday(moment)
    return clock.day_and_month(moment.date(), today)


@register.filter
def exact_time(value: datetime | None) -> str:
    """Everything, for the hover and for whoever must prove it later."""
    if not value:
        return ""
    moment = timezone.localtime(value)
    month = str(MONTHS_3[moment.month]).capitalize()
    day = f"{clock.weekday(moment)} {moment.day} {month} {moment.year}"
    return f"{day}, {clock.of_day(moment)} {moment:%Z}"


@register.filter
def since_words(value: datetime | None) -> str:
    """How long ago, while that is under a day: 5 min ago, 3 h ago; then as `moment_words`."""
    if not value:
        return ""
    seconds = (timezone.now() - value).total_seconds()
    if seconds < 0 or seconds >= 24 * 3600:
        return moment_words(value)
    if seconds < 60:
        return _("Just now")
    if seconds < 3600:
        return _("%(count)s min ago") % {"count": int(seconds // 60)}
    return _("%(count)s h ago") % {"count": int(seconds // 3600)}


@register.filter
def moment_words(value: datetime | None) -> str:
    """A moment near today, before or after it: 8:15 AM, Sun 8:15 AM, 12 Nov 8:15 AM."""
    if not value:
        return ""
    return clock.near(timezone.localtime(value), timezone.localdate())


@register.filter
def thousands(value: int | None) -> str:
    """1,204."""
    return f"{value or 0:,}"


@register.filter
def as_list(value: str | None) -> list[str]:
    """One sentence as the list of errors a field takes."""
    return [value] if value else []


@register.filter
def answer_words(answer: str) -> str:
    """A receipt's answer; the gate's codes in words."""
    plain = {"yes": _("yes"), "no": _("no")}
    return plain.get(answer) or said.said(CODES.get(answer, answer))


@register.filter
def policy_label(field: str) -> str:
    """What a choice of the policy is called on its page."""
    named = {name: label for name, label, *_ in SWITCHES}
    return said.said(named.get(field) or _POLICY_LABELS.get(field, field))


@register.filter
def day_label(value: datetime | None) -> str:
    """Heading of a day in the timeline: Today, Yesterday, Tuesday 12 November."""
    if not value:
        return ""
    day, today = timezone.localtime(value).date(), timezone.localdate()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    named = {"weekday": WEEKDAYS[day.weekday()], "day": day.day, "month": MONTHS[day.month]}
    if day.year == today.year:
        return _("%(weekday)s %(day)s %(month)s") % named
    return _("%(weekday)s %(day)s %(month)s %(year)s") % (named | {"year": day.year})


@register.filter
def phone(value: str | None, region: str = "US") -> str:
    """National form for numbers of the reader's country, international for the rest.

    What is not a number (a withheld caller id, a short code) is shown as it came.
    """
    if not value:
        return ""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return _("Private number") if value.lower() in ("anonymous", "restricted") else value
    if not phonenumbers.is_possible_number(number):
        return value
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)


@register.filter
def initials(title: str | None) -> str:
    """Two letters for an avatar; nothing for a title that is a number."""
    words = [word for word in (title or "").split() if word[0].isalpha()]
    if not words or any(character.isdigit() for character in title or ""):
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def by_itself(entry: Entry) -> bool:
    """Whether a text left without a person writing it."""
    return entry.direction == "out" and entry.author_kind in _AUTOMATIC


@register.filter(name="said")
def said_filter(sentence: str) -> str:
    """Return a kept English sentence in the reader's language (inbox/said.py)."""
    return said.said(str(sentence or ""))
