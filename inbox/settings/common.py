"""What the pages of Settings share: who asks, by what role, and how a change is noted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.frame import actor, frame, not_yours
from inbox.views import member_zone
from messaging import audit
from tenants.models import Membership, User

SECTION = "settings"


def me(request: HttpRequest) -> User:
    """Return the signed-in member."""
    user = request.user
    assert isinstance(user, User)
    return user


def role(request: HttpRequest) -> str:
    """Return by what role the member is here."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    return membership.role if membership is not None else ""


def note(request: HttpRequest, action: str, **detail: Any) -> None:
    """Append to the audit log what was changed, in the caller's transaction."""
    audit.note(action, actor=actor(request), door="page", at=timezone.now(), detail=detail)


def show(
    request: HttpRequest, page: str, template: str, status: int = 200, **more: Any
) -> HttpResponse:
    """Return a page of Settings in its frame, times in the member's zone."""
    member_zone(request)
    context = frame(request, SECTION, page, **more)
    return render(request, f"inbox/settings/{template}.html", context, status=status)


def not_for_you(request: HttpRequest) -> HttpResponse:
    """Answer 403 where only an owner or a manager may change something."""
    return not_yours(request, _("This is changed by an owner or a manager."), SECTION)
