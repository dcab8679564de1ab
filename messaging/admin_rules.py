"""The rulebook for platform support, on the public host: each jurisdiction's rules with their source."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.admin_sites import support_site
from messaging.jurisdictions import DEFAULT, Jurisdiction, Ruleset, current
from messaging.places import states
from messaging.zones import time_in_words

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# The admin theme's look of a cell: a line of its own on a phone, a column on a desk.
_CELL = (
    "align-top block border-t border-base-200 font-normal px-3 py-2 text-left first:border-t-0 "
    "lg:first:border-t lg:table-cell dark:border-base-800"
)
_SURE = {"H": "sure", "M": "fairly sure", "L": "not sure"}
_COUNT = {
    "yes": "Texts count",
    "no": "Texts do not count",
    "unclear": "Whether texts count is unclear",
}


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and to come; `state` (such as US-FL) leaves only those of one place."""
    ruleset, asked = current(), request.GET.get("state", "").strip().upper()[:10]
    today = timezone.now().date()
    found, note = rows_for(ruleset, asked)
    context: dict[str, Any] = {
        **support_site.each_context(request),
        "title": "Rules",
        "version": ruleset.version,
        "emergency": sorted(states().get(code, code) for code in ruleset.emergency),
        "asked": asked,
        "note": note,
        "heads": ("Place", "Hours of marketing", "Rules", "Source"),
        "cell": _CELL,
        "choices": sorted(states().items(), key=lambda pair: (pair[0][:2] != "US", pair[1])),
        "rows": [
            {
                "rule": row,
                "hours": hours_words(row),
                "facts": facts(row),
                "holds": row.holds_on(today),
                "span": span(row),
                "reviewed": reviewed(row),
            }
            for row in found
        ],
    }
    return render(request, "admin/rules.html", context)


def rows_for(ruleset: Ruleset, asked: str) -> tuple[list[Jurisdiction], str]:
    """Return the rows filed under a code, all for '', with a sentence where others stand in for them."""
    if not asked:
        return list(ruleset.rows), ""
    own = [row for row in ruleset.rows if row.code == asked]
    if own:
        return own, ""
    if asked not in states():
        return list(ruleset.rows), "There is no such state. These are all rules."
    country = asked.partition("-")[0]
    code = DEFAULT if country == "US" else country
    name = states()[asked]
    return (
        [row for row in ruleset.rows if row.code == code],
        f"{name} has no row of its own: the rules of {code} hold there.",
    )


def hours_words(row: Jurisdiction) -> list[str]:
    """Return the windows of a week, days with the same window together: "Mon to Sat 8:00 AM to 9:00 PM"."""
    told: list[str] = []
    start = 0
    for day in range(1, 8):
        if day < 7 and row.hours[day] == row.hours[start]:
            continue
        days = _DAYS[start] if day - start == 1 else f"{_DAYS[start]} to {_DAYS[day - 1]}"
        window = row.hours[start]
        told.append(
            f"{days} {time_in_words(window[0])} to {time_in_words(window[1])}"
            if window
            else f"{days} no marketing"
        )
        start = day
    return told


def facts(row: Jurisdiction) -> list[str]:
    """Return what else a row says, a line each."""
    lines = [_COUNT[row.texts_count] + "."]
    if row.cap is not None:
        lines.append(f"At most {row.cap} a day.")
    if row.holidays:
        lines.append(f"Holidays: {', '.join(row.holidays)}.")
    if row.zone:
        lines.append(f"By the clock of {row.zone}.")
    return [*lines, f"Consent: {row.consent}", f"Replies: {row.reply_carve_out}", *_note(row)]


def reviewed(row: Jurisdiction) -> str:
    """Return who looked at a row, when, and how sure he is."""
    return f"{row.reviewer}, {row.reviewed_on:%Y-%m-%d}, {_SURE[row.confidence]}"


def span(row: Jurisdiction) -> str:
    """Return from when to when a row holds."""
    until = f" to {row.effective_to:%Y-%m-%d}" if row.effective_to else ""
    return f"From {row.effective_from:%Y-%m-%d}{until}"


def _note(row: Jurisdiction) -> list[str]:
    return [row.note] if row.note else []
