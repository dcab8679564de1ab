"""The gate's answer before sending, in words. Reads the clock it is given; asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.proof import clock as clock_words
from inbox.proof import their_time, waits
from messaging.foretelling import Foretold


@dataclass(frozen=True, slots=True)
class Told:
    """tone: good, wait or bad; sentence and fix for people; added: what leaves beside what was typed.

    segments: of the text with what is added, 0 where nothing was typed.
    """

    tone: str
    sentence: str
    fix: str = ""
    added: str = ""
    segments: int = 0


def in_words(answer: Foretold, typed: str, zone: ZoneInfo, now: datetime) -> Told:
    """Return what will happen to a text, on their clock and on the member's (`zone`)."""
    clearance = answer.clearance
    added = _added(answer, typed)
    segments = answer.size.segments if answer.body else 0
    if clearance.result == "never":
        sentence = clearance.sentence.removeprefix("No text: ")
        fix = str(needs().get(clearance.code, ""))
        return Told("bad", _("Not possible: %(why)s") % {"why": sentence}, fix)
    if clearance.result == "hold":
        words = waits(clearance.code, clearance.until, answer.entry, zone, now)
        return Told("wait", words, added=added, segments=segments)
    if answer.at > now:
        theirs = their_time(answer.at, answer.entry, now)
        yours = clock_words(answer.at.astimezone(zone), now)
        when = _("%(time)s their time") % {"time": theirs} if theirs else yours
        if theirs and theirs != yours:
            when = _("%(when)s (%(time)s yours)") % {"when": when, "time": yours}
        return Told("good", _("Goes out %(when)s") % {"when": when}, added=added, segments=segments)
    return Told("good", _("Goes out at once"), added=added, segments=segments)


def needs() -> dict[str, str]:
    """Return what a person can do about a refusal, by its code."""
    start = _("Only they can undo it, by texting START to your number. You can call.")
    number = _("Check the number, or call them.")
    return {
        "SUPPRESSED_OPTOUT": start,
        "OPTOUT_NEW_CALL_NO_TEXT": start,
        "VERBAL_REFUSAL": start,
        "NOT_TEXTABLE": number,
        "NUMBER_INVALID": number,
        "CONTENT_BLOCKED": _("Change the words and it can go."),
        "CONSENT_LEVEL_TOO_LOW": _(
            "They must write to you or call first, or agree to texts. You can call."
        ),
        "PROMO_WITHOUT_PEWC": _(
            "An offer needs their written consent. Leave the offer out, and it can go."
        ),
        "NO_PEWC": _("Marketing needs their written consent first."),
        "COUNTRY_NOT_ENABLED": _("Your policy names the countries you text: see Compliance."),
        "TENANT_BLOCKED": _("Sending is suspended for this business. Ask support."),
        "NOT_LIVE": _("It texts nobody before it is live. Your agency publishes it."),
        "BILLING": _("The subscription does not allow it now. Look under Settings, Billing."),
    }


def price_words(segments: int, price: int) -> str:
    """Return what a text costs: "2 segments, about 2.4 ¢". price: hundredths of a cent a segment."""
    cents = f"{segments * price / 100:.1f}".rstrip("0").rstrip(".")
    return ngettext(
        "%(count)s segment, about %(cents)s ¢", "%(count)s segments, about %(cents)s ¢", segments
    ) % {"count": segments, "cents": cents}


def _added(answer: Foretold, typed: str) -> str:
    """Return what is added to a first text, '' when nothing is."""
    if not answer.body or answer.body == typed.strip():
        return ""
    before, _found, after = answer.body.partition(typed.strip())
    return " … ".join(part.strip() for part in (before, after) if part.strip())
