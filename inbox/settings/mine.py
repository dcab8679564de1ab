"""One's own settings: profile, notices, security. Thin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inbox.settings import chosen, services
from inbox.settings.chosen import Wrong
from inbox.settings.common import me, show
from messaging import zones
from tenants.entry import security

_PROFILE = ("name", "language", "timezone", "signature", "undo_seconds")
# Where our members are; everything else stands below them in the list.
_NEAR = {
    "America/New_York": gettext_lazy("Eastern time"), "America/Chicago": gettext_lazy("Central time"),
    "America/Denver": gettext_lazy("Mountain time"), "America/Phoenix": gettext_lazy("Arizona time"),
    "America/Los_Angeles": gettext_lazy("Pacific time"),
    "America/Anchorage": gettext_lazy("Alaska time"),
    "Pacific/Honolulu": gettext_lazy("Hawaii time"),
    "America/Puerto_Rico": gettext_lazy("Atlantic time"), "America/Halifax": gettext_lazy("Atlantic time"),
    "America/Toronto": gettext_lazy("Eastern time"), "America/Winnipeg": gettext_lazy("Central time"),
    "America/Edmonton": gettext_lazy("Mountain time"),
    "America/Vancouver": gettext_lazy("Pacific time"),
}  # fmt: skip


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone, signature, and how long a text can be taken back."""
    user = me(request)
    if request.method == "GET":
        stored = services.settings_of(user)
        values = {
            "name": user.name,
            "language": user.language,
            "timezone": user.timezone,
            "signature": stored.signature,
            "undo_seconds": str(stored.undo_seconds),
        }
        return _profile(request, values)
    typed = {field: request.POST.get(field, "")[:400] for field in _PROFILE}
    seconds = typed["undo_seconds"]
    try:
        services.save_profile(
            user,
            name=typed["name"],
            language=typed["language"],
            timezone=typed["timezone"],
            signature=typed["signature"],
            undo_seconds=int(seconds) if seconds in map(str, chosen.UNDO_SECONDS) else -1,
        )
    except Wrong as wrong:
        return _profile(request, typed, wrong.errors, 422)
    # The next page speaks the language that was chosen just now.
    with translation.override(user.language or translation.get_language_from_request(request)):
        messages.success(request, _("Saved."))
    return redirect("inbox:settings")


def _profile(
    request: HttpRequest, values: dict[str, str], errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    languages = (("", _("The browser's")), ("en", "English"), ("es", "Español"))
    times = [
        (str(s), _("Send at once") if s == 0 else _("%(count)s seconds") % {"count": s})
        for s in chosen.UNDO_SECONDS
    ]
    return show(
        request, "profile", "profile", status,
        values=values, errors=errors or {}, languages=languages, times=times,
        zones=zone_choices(values["timezone"]),
    )  # fmt: skip


def zone_choices(chosen_zone: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the time zones in groups: where our members are, then by part of the world.

    A zone that was kept under an older name stays to be chosen.
    """
    regions = {
        "America": _("America"), "Africa": _("Africa"), "Antarctica": _("Antarctica"),
        "Arctic": _("Arctic"), "Asia": _("Asia"), "Atlantic": _("Atlantic Ocean"),
        "Australia": _("Australia"), "Europe": _("Europe"), "Indian": _("Indian Ocean"),
        "Pacific": _("Pacific Ocean"),
    }  # fmt: skip
    near = [(zone, f"{_city(zone)} ({words})") for zone, words in _NEAR.items()]
    groups = [(_("Near you"), near)]
    for region, words in regions.items():
        there = [zone for zone in zones.places() if zone.startswith(f"{region}/")]
        rest = [(zone, _city(zone)) for zone in there if zone not in _NEAR]
        groups.append((words, sorted(rest, key=lambda each: each[1])))
    if chosen_zone and all(chosen_zone != zone for _name, rows in groups for zone, _words in rows):
        groups.insert(0, (_("Yours"), [(chosen_zone, chosen_zone)]))
    return groups


def _city(zone: str) -> str:
    """Return the place of a zone: Louisville, Kentucky."""
    parts = zone.replace("_", " ").split("/")[1:]
    return ", ".join(reversed(parts))


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def notices(request: HttpRequest) -> HttpResponse:
    """How and of what one is told."""
    user = me(request)
    if request.method == "GET":
        stored = services.settings_of(user)
        ways = {
            way: {
                "on": True, "from": "00:00", "to": "00:00", "days": list(chosen.DAYS),
                **(stored.notices.get(way) or {}),
            }
            for way in chosen.WAYS
        }  # fmt: skip
        digest = stored.notices.get("digest", True)
        return _notices(request, ways, chosen.wanted(stored.wants), bool(digest))
    ways = {
        way: {
            "on": request.POST.get(f"{way}-on") == "on",
            "from": request.POST.get(f"{way}-from", "")[:5],
            "to": request.POST.get(f"{way}-to", "")[:5],
            "days": [int(d) for d in request.POST.getlist(f"{way}-days") if d in "0123456" and d],
        }
        for way in chosen.WAYS
    }
    kinds, digest = set(request.POST.getlist("wants")), request.POST.get("digest") == "on"
    try:
        services.save_notices(user, ways, kinds, digest=digest)
    except Wrong as wrong:
        return _notices(request, ways, kinds, digest, wrong.errors, 422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-notices")


def _notices(
    request: HttpRequest, ways: dict[str, dict[str, Any]], kinds: set[str], digest: bool,
    errors: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    errors = errors or {}
    named = {
        "push": (
            _("On this phone or computer"),
            _("A notice even when the inbox is closed."),
            "bell",
        ),
        "email": (_("By email"), _("To the address you sign in with."), "mail"),
        "sms": (_("By text"), _("To your own phone, once it said yes."), "message-square"),
    }
    short = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    rows = [
        {
            "way": way,
            "label": named[way][0],
            "why": named[way][1],
            "icon": named[way][2],
            **ways[way],
            "start": ways[way]["from"],
            "end": ways[way]["to"],
            "errors": [
                errors[f"{way}-{e}"] for e in ("from", "to", "days") if f"{way}-{e}" in errors
            ],
            "week": [(day, short[day], day in ways[way]["days"]) for day in chosen.DAYS],
        }
        for way in chosen.WAYS
    ]
    wants = [
        ("mine", _("What is given to me")),
        ("team", _("What is given to my teams")),
        ("unassigned", _("What nobody has taken yet")),
        ("mentions", _("Notes that name me")),
    ]
    return show(
        request, "notices", "notices", status, errors=errors, rows=rows, digest=digest,
        wants=[(kind, label, kind in kinds) for kind, label in wants],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def protection(request: HttpRequest) -> HttpResponse:
    """Second step, passkeys, recovery codes, and where one is signed in."""
    user = me(request)
    if request.method == "POST":
        security.end_others(request, user)
        return redirect("mfa_index")
    return show(
        request, "security", "security",
        factors=security.factors(user), places=security.places(request, user),
    )  # fmt: skip


@require_http_methods(["GET"])
@login_required
@never_cache
def welcome(request: HttpRequest) -> HttpResponse:
    """The first page after an invitation: the second step is offered, not asked."""
    return show(request, "", "welcome", factors=security.factors(me(request)))
