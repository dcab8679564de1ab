"""What every page of support stands in: who may open it, its right, its reason, its menu."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.admin_sites import has_right, support_site
from tenants.models import Business, SupportEntry, User

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
# What somebody of support may be allowed beyond looking: codename, in words.
RIGHTS = {name: words for name, words in SupportEntry._meta.permissions}


def support_page(right: str = "") -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """Let platform support in, and only those with the right where one is named.

    Strangers and members are led to the sign-in as everywhere in the admin; support without the
    right reads on a page which one is missing.
    """

    def around(view: Page[P]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if right and not may(request, right):
                return show(
                    request, "not_yours", "You may not do this", status=403, right=RIGHTS[right]
                )
            return view(request, *args, **kwargs)

        guarded: Callable[..., HttpResponse] = support_site.admin_view(inner)
        return guarded

    return around


def may(request: HttpRequest, right: str) -> bool:
    """Whether this person of support has a right, by himself, by a group or as a superuser."""
    return has_right(request, right)


def person(request: HttpRequest) -> User:
    """Return who of support asks."""
    user = request.user
    assert isinstance(user, User)
    return user


def show(
    request: HttpRequest, template: str, title: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Render one of support's pages in the admin's frame."""
    rights = {name: may(request, name) for name in RIGHTS}
    context = {**support_site.each_context(request), "title": title, "may": rights, **more}
    return render(request, f"admin/support/{template}.html", context, status=status)


def business_named(typed: str) -> Business | None:
    """Return the business of an id as forms send it, None for none or nonsense."""
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 12:
        return None
    return Business.objects.select_related("agency").filter(pk=int(typed)).first()
