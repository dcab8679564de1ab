"""One's own settings: profile, notices, security. Thin."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inbox.settings import chosen, services
from inbox.settings.chosen import Wrong
from inbox.settings.common import me, show
from tenants.entry import security

_PROFILE = ("name", "language", "timezone", "signature", "undo_seconds")
# Where our members are; everything else stands below them in the list.
_NEAR = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
    "America/Halifax", "America/Toronto", "America/Winnipeg", "America/Edmonton",
    "America/Vancouver",
)  # fmt: skip


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
        return _profile(request, typed, {wrong.field: wrong.sentence}, 422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings")


def _profile(
    request: HttpRequest, values: dict[str, str], errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    far = sorted(zoneinfo.available_timezones() - set(_NEAR))
    languages = (("", _("The browser's")), ("en", "English"), ("es", "Español"))
    times = [
        (str(s), _("Send at once") if s == 0 else _("%(count)s seconds") % {"count": s})
        for s in chosen.UNDO_SECONDS
    ]
    return show(
        request, "profile", "profile", status,
        values=values, errors=errors or {}, languages=languages, times=times,
        near=[(zone, _zone_words(zone)) for zone in _NEAR],
        far=[(zone, _zone_words(zone)) for zone in far if "/" in zone],
    )  # fmt: skip


def _zone_words(zone: str) -> str:
    region, _slash, city = zone.partition("/")
    return f"{city.replace('_', ' ')} ({region})"


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
        return _notices(request, ways, kinds, digest, {wrong.field: wrong.sentence}, 422)
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
            _("A notice even when Ringback is closed."),
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
