"""Step: the ready pack, looked at before it is chosen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from calls.hours import Span
from calls.onboarding import first_rules
from calls.rule_words import Names, sentence
from calls.timetable import WEEKDAYS, shown, words
from inbox.agency.onboarding.desk import Desk
from inbox.agency.onboarding.words import kinds
from messaging import text
from messaging.onboarding import first_texts
from tenants import drafts
from tenants.making import OnboardingError
from tenants.playbooks import PLAYBOOKS, Playbook

_NAMES = Names(templates={key: name for key, name, _body in first_texts(PLAYBOOKS["general"])})


def page(desk: Desk) -> HttpResponse:
    """The packs, the one that is looked at in full."""
    wanted = desk.request.GET.get("look", "")
    return _page(desk, wanted if wanted in PLAYBOOKS else desk.business.playbook)


def save(desk: Desk) -> HttpResponse:
    """Choose a pack; what was changed by hand stays."""
    key = desk.request.POST.get("playbook", "")[:40]
    try:
        is_new = drafts.choose_playbook(desk.business, key, **desk.who)
    except OnboardingError:
        return _page(desk, desk.business.playbook, _("Choose what kind of business it is."), 422)
    if is_new:
        messages.success(
            desk.request, _("Its hours, rules, texts and quick replies are there now.")
        )
    return desk.next()


def _page(desk: Desk, looked_at: str, error: str = "", status: int = 200) -> HttpResponse:
    pack = PLAYBOOKS.get(looked_at, PLAYBOOKS["general"])
    return desk.page(
        status=status, kinds=kinds(), chosen=desk.business.playbook, looked_at=pack.key,
        pack=_shown(pack, desk.business.name), error=error,
    )  # fmt: skip


def _shown(pack: Playbook, name: str) -> dict[str, Any]:
    values = {"business": name, "next_open": _("tomorrow at 9:00 AM")}
    texts = [
        (_("Missed while open"), pack.text_open, pack.text_open_es),
        (_("Missed while closed"), pack.text_closed, pack.text_closed_es),
    ]
    return {
        "texts": [
            (label, text.render(english, values), text.render(spanish, values))
            for label, english, spanish in texts
        ],
        "replies": pack.replies,
        "rules": [sentence(rule, _NAMES) for rule in first_rules(pack)],
        "hours": _hours(pack),
        "target_minutes": pack.target_minutes,
        "target_always": pack.target_always,
    }


def _hours(pack: Playbook) -> list[tuple[str, str]]:
    week = shown([Span(day, opens, closes) for day, opens, closes in pack.hours])
    return [
        (WEEKDAYS[day], ", ".join(f"{words(o.opens)} – {words(o.closes)}" for o in openings))
        for day, openings in enumerate(week)
    ]
