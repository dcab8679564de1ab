"""What every page of a section stands in: who looks, what he may do, its tabs, the numbers in the rail."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inbox import queries
from inbox.billing.owing import Owing, owing
from tenants import permissions
from tenants.models import Business, Membership, Role, User

# Who may change what the business sends and keeps, and who may erase a person for good.
GOVERNING = permissions.GOVERNING
OWNING = frozenset({Role.OWNER, Role.AGENCY_OWNER})
TITLES = {
    "compliance": _("Compliance"),
    "rules": _("Rules"),
    "lines": _("Lines"),
    "audits": _("Call audit"),
    "contacts": _("Contacts"),
    "settings": _("Settings"),
    "notices": _("Notices"),
    "answers": _("Answers"),
}
# The rooms of a section: page, what its tab says, the name of its URL.
TABS: dict[str, list[tuple[str, Any, str]]] = {
    "inbox": [],
    "contacts": [],
    "compliance": [
        ("overview", _("Overview"), "compliance"),
        ("policy", _("Policy"), "compliance-policy"),
        ("texts", _("Held & blocked"), "compliance-texts"),
        ("ledger", _("Ledger"), "compliance-ledger"),
        ("privacy", _("Privacy & audit"), "compliance-privacy"),
    ],
    "rules": [
        ("list", _("Rules"), "rules"),
        ("what-if", _("What if"), "rules-what-if"),
        ("pinned", _("Pinned calls"), "rules-pinned"),
        ("versions", _("Versions"), "rules-versions"),
        ("backtest", _("Back-test"), "rules-backtest"),
        ("callers", _("Callers"), "callers"),
        ("limits", _("Limits"), "limits"),
    ],
    "lines": [
        ("lines", _("Lines"), "lines"),
        ("hours", _("Opening hours"), "lines-hours"),
        ("forwarding", _("Forwarding"), "forwarding"),
        ("tests", _("Test calls"), "test-calls"),
        ("systems", _("Phone systems"), "sources"),
    ],
    "answers": [
        ("waiting", _("Who waits"), "answers"),
        ("promises", _("Promises"), "answers-promises"),
        ("figures", _("Figures"), "answers-figures"),
        ("settings", _("Settings"), "answers-settings"),
    ],
    "notices": [
        ("list", _("Notices"), "notices"),
        ("ways", _("How I am told"), "notices-ways"),
        ("hours", _("When and of what"), "settings-notices"),
    ],
    "audits": [
        ("list", _("Audits"), "audits"),
        ("new", _("Bring in a log"), "audit-new"),
    ],
    "settings": [
        ("profile", _("My profile"), "settings"),
        ("notices", _("My notices"), "settings-notices"),
        ("security", _("Security"), "settings-security"),
        ("answering", _("Answering"), "answers-settings"),
        ("members", _("Members"), "settings-members"),
        ("teams", _("Teams"), "settings-teams"),
        ("replies", _("Quick replies"), "settings-replies"),
        ("tags", _("Tags"), "settings-tags"),
        ("views", _("Saved views"), "settings-views"),
        ("fields", _("Fields"), "settings-fields"),
        ("integrations", _("Integrations"), "settings-integrations"),
        ("billing", _("Billing"), "settings-billing"),
    ],
}

# What stands in the rail: section, what it says, its picture, the name of its URL. Each is shown once
# it has a page; on a phone the first four stand under the thumb and the others behind "More".
RAIL = (
    ("inbox", _("Inbox"), "inbox", "home"),
    ("contacts", _("Contacts"), "contact-round", "contacts"),
    ("answers", _("Answers"), "timer", "answers"),
    ("compliance", _("Compliance"), "shield-check", "compliance"),
    ("rules", _("Rules"), "list-checks", "rules"),
    ("lines", _("Lines"), "phone", "lines"),
    ("audits", _("Audit"), "chart-column", "audits"),
    ("settings", _("Settings"), "settings", "settings"),
)
THUMB = 4


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the rail."""

    section: str
    label: str
    icon: str
    url: str
    is_far: bool  # behind "More" on a phone


def business_of(request: HttpRequest) -> Business:
    """Return the business this request is for."""
    business: Business = request.business  # type: ignore[attr-defined]
    return business


def governs(request: HttpRequest) -> bool:
    """Whether the member may change the policy, place holds and take evidence out."""
    return _role(request) in GOVERNING


def owns(request: HttpRequest) -> bool:
    """Whether the member may erase a person."""
    return _role(request) in OWNING


def actor(request: HttpRequest) -> str:
    """Return the member as the ledger and the audit log name him."""
    user = request.user
    assert isinstance(user, User)
    return str(user)


def frame(request: HttpRequest, section: str, page: str, **more: Any) -> dict[str, Any]:
    """Return the context of a page: its section in the rail, and the tab it is named for."""
    return {
        "business": business_of(request),
        "member": request.membership,  # type: ignore[attr-defined]
        "section": section,
        "page": page,
        "section_title": str(TITLES.get(section, "")),
        "tabs": _tabs(section),
        "governs": governs(request),
        "owns": owns(request),
        "rail_sections": rail_sections(),
        "owing": _owing(request, page),
        **({} if "todo_total" in more else queries.rail(request.user.pk)),
        **more,
    }


def _owing(request: HttpRequest, page: str) -> Owing | None:
    """Return the line above the page; the page of the money says it itself."""
    if page == "billing":
        return None
    return owing(business_of(request).pk, owns=owns(request), now=timezone.now())


@cache
def _existing() -> tuple[tuple[str, Any, str, str], ...]:
    found = []
    for section, label, icon, name in RAIL:
        with contextlib.suppress(NoReverseMatch):
            found.append((section, label, icon, reverse(f"inbox:{name}")))
    return tuple(found)


def rail_sections() -> list[Place]:
    """Return what stands in the rail, in the reader's language."""
    return [
        Place(section, str(label), icon, url, at >= THUMB)
        for at, (section, label, icon, url) in enumerate(_existing())
    ]


def not_yours(request: HttpRequest, sentence: str, section: str = "compliance") -> HttpResponse:
    """Answer 403 with a page that says who may do this."""
    context = frame(request, section, "", sentence=sentence)
    return render(request, "inbox/not_yours.html", context, status=403)


def _tabs(section: str) -> list[tuple[str, str, str]]:
    return [(page, str(label), reverse(f"inbox:{name}")) for page, label, name in TABS[section]]


def _role(request: HttpRequest) -> str:
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    return membership.role if membership is not None else ""
