"""What every page of a section stands in: who looks, what he may do, its tabs, the numbers in the rail."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from inbox import queries
from tenants.models import Business, Membership, Role, User

# Who may change what the business sends and keeps, and who may erase a person for good.
GOVERNING = frozenset({Role.OWNER, Role.MANAGER, Role.AGENCY_OWNER, Role.AGENCY_MEMBER})
OWNING = frozenset({Role.OWNER, Role.AGENCY_OWNER})
TITLES = {
    "compliance": "Compliance",
    "rules": "Rules",
    "lines": "Lines",
    "audits": "Call audit",
    "settings": "Settings",
}
# The rooms of a section: page, what its tab says, the name of its URL.
TABS: dict[str, list[tuple[str, str, str]]] = {
    "inbox": [],
    "compliance": [
        ("overview", "Overview", "compliance"),
        ("policy", "Policy", "compliance-policy"),
        ("texts", "Held & blocked", "compliance-texts"),
        ("ledger", "Ledger", "compliance-ledger"),
        ("privacy", "Privacy & audit", "compliance-privacy"),
    ],
    "rules": [
        ("list", "Rules", "rules"),
        ("what-if", "What if", "rules-what-if"),
        ("pinned", "Pinned calls", "rules-pinned"),
        ("versions", "Versions", "rules-versions"),
        ("backtest", "Back-test", "rules-backtest"),
        ("callers", "Callers", "callers"),
        ("limits", "Limits", "limits"),
    ],
    "lines": [
        ("lines", "Lines", "lines"),
        ("hours", "Opening hours", "lines-hours"),
        ("forwarding", "Forwarding", "forwarding"),
        ("tests", "Test calls", "test-calls"),
        ("systems", "Phone systems", "sources"),
    ],
    "notices": [
        ("list", "Notices", "notices"),
        ("ways", "How I am told", "notices-ways"),
    ],
    "audits": [
        ("list", "Audits", "audits"),
        ("new", "Bring in a log", "audit-new"),
    ],
    "settings": [
        ("profile", "My profile", "settings"),
        ("notices", "My notices", "settings-notices"),
        ("security", "Security", "settings-security"),
        ("members", "Members", "settings-members"),
        ("teams", "Teams", "settings-teams"),
        ("replies", "Quick replies", "settings-replies"),
        ("tags", "Tags", "settings-tags"),
        ("views", "Saved views", "settings-views"),
        ("fields", "Fields", "settings-fields"),
    ],
}

RAIL = (
    ("rules", "Rules", "list-checks"),
    ("lines", "Lines", "phone"),
    ("audits", "Audit", "chart-column"),
)


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
        "section_title": TITLES.get(section, ""),
        "tabs": _tabs(section),
        "governs": governs(request),
        "owns": owns(request),
        "rail_sections": rail_sections(),
        "unread_total": queries.unread_total(),
        "open_alerts": queries.open_alerts(),
        **more,
    }


def rail_sections() -> list[tuple[str, str, str, str]]:
    """Return what stands in the rail beside inbox and compliance: section, label, icon, URL."""
    return [
        (name, label, icon, reverse(f"inbox:{TABS[name][0][2]}"))
        for name, label, icon in RAIL
        if TABS[name]
    ]


def not_yours(request: HttpRequest, sentence: str, section: str = "compliance") -> HttpResponse:
    """Answer 403 with a page that says who may do this."""
    context = frame(request, section, "", sentence=sentence)
    return render(request, "inbox/not_yours.html", context, status=403)


def _tabs(section: str) -> list[tuple[str, str, str]]:
    return [(page, label, reverse(f"inbox:{name}")) for page, label, name in TABS[section]]


def _role(request: HttpRequest) -> str:
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    return membership.role if membership is not None else ""
