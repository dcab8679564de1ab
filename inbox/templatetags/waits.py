"""How the pages of answers say times, and find the errors of a step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.timezone import localtime

from inbox import clock
from inbox.waits.words import duration

register = template.Library()


@register.filter
def span(seconds: int | None) -> str:
    """Return a span of time in words ("12 min"), a dash for None."""
    return "–" if seconds is None else duration(int(seconds))


@register.filter
def day_time(moment: datetime) -> str:
    """Return a moment as its weekday and time, in the zone that is active."""
    return clock.dated(localtime(moment))


@register.filter
def plain(number: float) -> str:
    """Return a number as SVG wants it: with a point, whatever the language."""
    return f"{number:g}"


@register.filter
def step_error(errors: Mapping[str, str], position: int) -> list[str]:
    """Return what is wrong with one step of the ladder."""
    return [what for name, what in errors.items() if name.startswith(f"step-{position}-")]
