"""The pages of the playbooks. Thin."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from inbox.support import books
from inbox.support.frame import show, support_page


@require_GET
@support_page()
def shelf(request: HttpRequest) -> HttpResponse:
    """List the playbooks."""
    return show(request, "playbooks", "Playbooks", books=books.books())


@require_GET
@support_page()
def book(request: HttpRequest, name: str) -> HttpResponse:
    """One playbook."""
    found = books.book(name)
    if found is None:
        raise Http404
    return show(request, "playbook", found.title, book=found)
