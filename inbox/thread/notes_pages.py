"""Notes in a thread: written, changed, removed; and whom one can name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox import staff, views
from inbox.frame import business_of
from inbox.models import Note
from inbox.staff import Colleague
from inbox.thread import context, notes, pages
from inbox.thread.notes import NoteError
from tenants.models import User


@require_POST
@login_required
def write(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Keep a note. What is wrong comes back with 422, and the words in the box."""
    views.member_zone(request)
    conversation = context.conversation_of(conversation_id)
    body, token = _body(request), request.POST.get("client_token", "")[:64]
    try:
        notes.write(
            conversation, _me(request), body, _ids(request), staff.colleagues(business_of(request)),
            token=f"inbox:{request.user.pk}:{token}" if token else None,
        )  # fmt: skip
    except NoteError as problem:
        box = {"body": body, "error": words_of(problem), "client_token": token}
        found = {"selected": conversation, "note_box": box}
        return render(request, "inbox/thread/_note_form.html", found, status=422)
    if not request.headers.get("HX-Request"):
        return pages.redirected(conversation)
    fresh = context.composer(request)
    found = {"selected": conversation, "note_box": {"client_token": fresh["client_token"]}}
    return render(request, "inbox/thread/_note_form.html", found)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def note(request: HttpRequest, note_id: int) -> HttpResponse:
    """One's own note as a form, and the change of it; 403 for another's."""
    views.member_zone(request)
    kept = get_object_or_404(Note, pk=note_id, removed_at=None)
    if kept.author != request.user.pk:
        return HttpResponse(_("Only its author can change a note."), status=403)
    found = {"note": kept, "body": kept.body, "error": ""}
    if request.method == "POST":
        found["body"] = _body(request)
        try:
            notes.edit(
                kept, kept.author, str(found["body"]), _ids(request),
                staff.colleagues(business_of(request)),
            )  # fmt: skip
        except NoteError as problem:
            found["error"] = words_of(problem)
            return render(request, "inbox/thread/_note_edit.html", found, status=422)
        return HttpResponse(status=204)
    return render(request, "inbox/thread/_note_edit.html", found)


@require_POST
@login_required
def remove(request: HttpRequest, note_id: int) -> HttpResponse:
    """Take one's own note out of the thread."""
    kept = get_object_or_404(Note, pk=note_id)
    try:
        notes.remove(kept, request.user.pk or 0)
    except NoteError as problem:
        return HttpResponse(words_of(problem), status=403)
    return HttpResponse(status=204)


@require_GET
@login_required
@never_cache
def members(request: HttpRequest) -> JsonResponse:
    """Whom a note can name."""
    found = staff.colleagues(business_of(request))
    others = [{"id": each.id, "name": each.name} for each in found if each.id != request.user.pk]
    return JsonResponse({"members": others})


def words_of(problem: NoteError) -> str:
    """Return what is wrong with a note."""
    return {
        "empty": _("The note is empty."),
        "long": _("A note holds at most %(most)s characters. Shorten it.")
        % {"most": f"{notes.LONGEST:,}"},
        "not_yours": _("Only its author can change a note."),
    }[problem.code]


def _body(request: HttpRequest) -> str:
    return request.POST.get("body", "").replace("\r\n", "\n")


def _ids(request: HttpRequest) -> list[int]:
    named = request.POST.get("named", "")[:400].split(",")
    return [int(each) for each in named if each.isascii() and each.isdigit() and len(each) < 19]


def _me(request: HttpRequest) -> Colleague:
    user = request.user
    assert isinstance(user, User)
    return Colleague(user.pk, str(user), "")
