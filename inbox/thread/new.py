"""A new text to anyone: whom, whether it may be sent, and the text."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox import clock, views
from inbox.frame import frame
from inbox.search import asking, reading
from inbox.thread import context, hours, pages, panel
from inbox.thread.reading import their_zone
from messaging import foretelling
from messaging.models import Contact, Conversation
from messaging.numbers import national, normalise, textable

_MOST = 8
_FEWEST_DIGITS = 3


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """The page, and the sending. What is wrong comes back with 422 and everything that was typed."""
    zone = views.member_zone(request)
    to = request.GET.get("to", "")[:60]
    if request.method == "GET":
        return _page(request, to, context.composer(request), zone)
    to = request.POST.get("to", "")[:60]
    typed = pages.Typed.of(request)
    contact = whom(to)
    if contact is None:
        box = context.composer(request, **typed.kept(), seen="0")
        return _page(request, to, box, zone, wrong=what_is_wrong(to), status=422)
    failed = pages.send_typed(request, contact, typed, zone, is_new=True)
    if failed is not None:
        box = context.composer(request, **typed.kept() | failed)
        return _page(request, to, box, zone, status=422)
    return pages.redirected(Conversation.objects.get(contact__phone=contact.phone))


@require_POST
@login_required
@never_cache
def look(request: HttpRequest) -> HttpResponse:
    """Who that is, what is known of their consent, and what the gate would say to the text."""
    zone = views.member_zone(request)
    to = request.POST.get("to", "")[:60]
    contact = whom(to)
    if contact is None:
        found: dict[str, Any] = {"wrong": what_is_wrong(to) if _is_number(to) else "", "to": to}
        return render(request, "inbox/thread/_who.html", found)
    told = pages.told_of(request, contact, zone)
    return render(request, "inbox/thread/_who.html", _known(contact) | {"told": told, "to": to})


@require_GET
@login_required
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """The people whose name, firm or number fits what is being typed."""
    asked = request.GET.get("to", "")[:60].strip()
    return render(request, "inbox/thread/_people.html", {"people": people(asked), "asked": asked})


def people(asked: str) -> list[dict[str, str]]:
    """Return contacts that fit a part of a name or a number in any format, at most eight."""
    return [
        {"phone": phone, "name": name or national(phone), "number": national(phone),
         "out": "1" if opted_out else ""}
        for phone, name, opted_out in reading.contacts(asking.asked(asked), _MOST)
    ]  # fmt: skip


def whom(to: str) -> Contact | None:
    """Return whom a text is to: somebody known by his number or his one name, or a stranger not stored."""
    phone = normalise(to) if _is_number(to) else ""
    if phone:
        if textable(phone).problem in ("not_a_number", "invalid"):
            return None
        known = Contact.objects.filter(phone=phone).first()
        return known or foretelling.stranger(phone, timezone.now())
    if not to.strip():
        return None
    named = Contact.objects.filter(name__iexact=to.strip(), erased_at=None, merged_into=None)
    found = list(named.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def what_is_wrong(to: str) -> str:
    """Return why nobody can be texted by what was typed."""
    if not to.strip():
        return _("To: type a number or a name.")
    if _is_number(to):
        return _("To: that is no phone number. Expected one such as (312) 555-0142.")
    named = Contact.objects.filter(name__iexact=to.strip(), erased_at=None, merged_into=None)
    if named.count() > 1:
        return _("To: several people have that name. Choose one from the list.")
    return _("To: nobody has that name. Type a number, or choose from the list.")


def _is_number(to: str) -> bool:
    return sum(letter.isdigit() for letter in to) >= _FEWEST_DIGITS


def _known(contact: Contact) -> dict[str, Any]:
    thread = None
    if contact.pk:
        thread = (
            Conversation.objects.filter(contact=contact.pk).values_list("pk", flat=True).first()
        )
    return {
        "person": contact,
        "title": contact.name or national(contact.phone),
        "number": national(contact.phone),
        "is_known": bool(contact.pk),
        "thread_id": thread,
        "standing": _standing(contact),
        "night": night_words(contact, timezone.now()),
        "no_texts": bool(contact.opted_out_at or contact.untextable_at),
    }


def _standing(contact: Contact) -> dict[str, str]:
    """Return what may be sent, as one line. Without lasting consent a member may write by hand
    (compliance.md 8, row 47)."""
    found = panel.standing(contact)
    if found["tone"] != "plain":
        return found
    return found | {
        "sentence": _("No lasting consent: only what you write to them yourself, no offers")
    }


def night_words(contact: Contact, now: datetime) -> str:
    """Return that it is night where somebody is, '' by day or where nobody knows; no rule forbids it."""
    theirs = their_zone(contact)
    if theirs is None or hours.EARLIEST <= now.astimezone(theirs).hour < hours.LATE:
        return ""
    return _("It is %(time)s there. They may be asleep.") % {
        "time": clock.of_day(now.astimezone(theirs))
    }


def _page(
    request: HttpRequest, to: str, box: dict[str, Any], zone: ZoneInfo, *, wrong: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    known = whom(to) if to else None
    found = frame(
        request, "inbox", "new", to=to, composer=box, wrong=wrong,
        who=_known(known) if known is not None else None,
    )  # fmt: skip
    return render(request, "inbox/thread/new.html", found, status=status)
