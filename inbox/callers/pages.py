"""The callers a business marked, and lists of them brought in. Thin: messaging.callers does it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.callers import reading
from inbox.frame import actor, frame, governs, not_yours
from inbox.views import member_zone
from messaging import audit, callers
from messaging.callers import CallerError, Marks
from messaging.models import ContactImport
from messaging.people_files import MAX_BYTES, BadFile, Entry, written

_NOT_YOURS = "Callers are marked by an owner or a manager."
# What the people of a list become: value, label, what it means.
_BECOME = (
    ("ignored", "Never text them", "Family, suppliers, staff. No rule texts them."),
    ("customer", "Customers", "Your rules treat them as people you know."),
    ("vip", "VIPs", "You are told at once when one of them is missed."),
    ("tags", "Only the tags below", "For rules that ask for a tag."),
)
_SHOWN = 100


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """The people who bear a mark. A search is posted: addresses are kept by browsers and logs."""
    member_zone(request)
    find = request.POST.get("find", "").strip()[:80]
    return _page(request, find=find)


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    """Mark somebody by number. A wrong entry: 422, its field named and what was typed kept."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    typed = {name: request.POST.get(name, "").strip()[:200] for name in ("number", "name", "tags")}
    chosen = set(request.POST.getlist("marks")) & {"ignored", "vip", callers.CUSTOMER}
    typed["marks"] = " ".join(sorted(chosen))
    try:
        tags = callers.tags_of(typed["tags"])
        if callers.CUSTOMER in chosen:
            tags = tuple(dict.fromkeys((callers.CUSTOMER, *tags)))
        marks = Marks("ignored" in chosen, "vip" in chosen, tags)
        if marks == Marks():
            raise CallerError("marks", "choose what they are")
        _, is_new = callers.add(
            typed["number"], typed["name"], marks, actor=actor(request), door="page",
            at=timezone.now(),
        )  # fmt: skip
    except CallerError as wrong:
        return _page(request, typed=typed, errors={wrong.field: wrong.sentence}, status=422)
    told = "Added." if is_new else "They were known already; the marks were added."
    messages.success(request, told)
    return redirect("inbox:callers")


@require_POST
@login_required
def mark(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Say what one person is, from the person's own page."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    written = request.POST.get("tags")
    try:
        callers.set_marks(
            contact_id,
            ignored=request.POST.get("ignored") == "on",
            vip=request.POST.get("vip") == "on",
            tags=None if written is None else callers.tags_of(written),
            actor=actor(request), door="page", at=timezone.now(),
        )  # fmt: skip
    except CallerError as wrong:
        messages.error(request, f"Not saved. {wrong.field.capitalize()}: {wrong.sentence}.")
    else:
        messages.success(request, "Saved.")
    return redirect("inbox:contact", contact_id)


@require_POST
@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Read a list and show what it would do; nothing is taken over yet."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    chosen = {
        "become": request.POST.get("become", ""),
        "list_tags": request.POST.get("list_tags", "")[:200],
    }
    file = request.FILES.get("file")
    try:
        marks = _marks(chosen)
        if file is None:
            raise BadFile("Choose a file first.")
        if (file.size or 0) > MAX_BYTES:
            raise BadFile(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
        stored = callers.look_at(
            file.read(), str(file.name or ""), marks, actor=actor(request), at=timezone.now()
        )
    except BadFile as wrong:
        return _page(request, chosen=chosen, errors={"file": str(wrong)}, status=422)
    except CallerError as wrong:
        return _page(request, chosen=chosen, errors={wrong.field: wrong.sentence}, status=422)
    return redirect("inbox:callers-list", stored.pk)


def _marks(chosen: dict[str, str]) -> Marks:
    become, tags = chosen["become"], callers.tags_of(chosen["list_tags"])
    if become not in {value for value, *_ in _BECOME}:
        raise CallerError("become", "choose what they become")
    if become == "customer":
        tags = tuple(dict.fromkeys((callers.CUSTOMER, *tags)))
    if become == "tags" and not tags:
        raise CallerError("list_tags", "write at least one tag")
    return Marks(become == "ignored", become == "vip", tags)


@require_GET
@login_required
@never_cache
def look(request: HttpRequest, list_id: int) -> HttpResponse:
    """What taking a list over would do."""
    member_zone(request)
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    stored = get_object_or_404(ContactImport, pk=list_id)
    if stored.state != ContactImport.State.PREVIEW:
        return redirect("inbox:callers")
    preview = callers.preview_of(stored)
    context = frame(
        request, "rules", "callers",
        stored=stored,
        becomes=_words(stored),
        preview=preview,
        taken=len(preview.new) + len(preview.known),
        people=len({entry.line for entry in (*preview.new, *preview.known)}),
        opted_out=len(preview.opted_out),
        new=_by_person(preview.new[:_SHOWN]),
        shown=min(_SHOWN, len(preview.new)),
        unread=stored.unreadable[:_SHOWN],
    )  # fmt: skip
    return render(request, "inbox/callers/list.html", context)


@require_POST
@login_required
def take_over(request: HttpRequest, list_id: int) -> HttpResponse:
    """Make and mark the people of a list. Once more is no error."""
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    try:
        stored = callers.take_over(list_id, actor=actor(request), door="page", at=timezone.now())
    except CallerError as wrong:
        messages.error(request, f"Not taken over: {wrong.sentence}.")
    else:
        made = sum(each["made"] for each in stored.before)
        messages.success(
            request,
            f"{len(stored.before):,} number{'' if len(stored.before) == 1 else 's'} taken over, "
            f"{made:,} of them new.",
        )
    return redirect("inbox:callers")


@require_POST
@login_required
def undo(request: HttpRequest, list_id: int) -> HttpResponse:
    """Take the last list back. Once more says that it is not the last any more."""
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    try:
        count = callers.undo(list_id, actor=actor(request), door="page", at=timezone.now())
    except CallerError as wrong:
        messages.error(request, f"Not taken back: {wrong.sentence}.")
    else:
        messages.success(request, f"Taken back for {count:,} people.")
    return redirect("inbox:callers")


@require_POST
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Everybody who bears a mark, as CSV. It takes numbers out of the house, so it is written down."""
    if not governs(request):
        return not_yours(request, _NOT_YOURS, "rules")
    contacts = list(reading.marked().order_by("name", "phone"))
    detail = {"people": len(contacts)}
    audit.note("people.export", actor=actor(request), door="page", at=timezone.now(), detail=detail)
    answer = HttpResponse(written(reading.rows(contacts)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="callers.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _by_person(entries: Iterable[Entry]) -> list[tuple[str, list[str]]]:
    """Return people with their numbers: those of one line, or one card, are one person's."""
    return [
        (name, [entry.number for entry in group])
        for (_, name), group in groupby(entries, key=lambda entry: (entry.line, entry.name))
    ]


def _words(stored: ContactImport) -> str:
    marks = Marks.from_dict(stored.marks)
    parts = ["are never texted by a rule"] if marks.ignored else []
    parts += ["become VIPs"] if marks.vip else []
    parts += [f"are tagged {', '.join(marks.tags)}"] if marks.tags else []
    return " and ".join(parts)


def _page(request: HttpRequest, *, status: int = 200, find: str = "", **more: Any) -> HttpResponse:
    views = {value for value, _ in reading.VIEWS}
    view = request.GET.get("show", "all") if request.GET.get("show") in views else "all"
    wanted = request.GET.get("page", "1")
    page = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1
    page = max(1, page)
    shown, count = reading.people(view, find, page)
    context = frame(
        request, "rules", "callers",
        views=reading.VIEWS, view=view, find=find, people=shown, count=count,
        any_marked=bool(count) or reading.marked().exists(),
        number=page, more=count > page * reading.SHOWN,
        become=_BECOME, last=callers.last_done(), max_mb=MAX_BYTES // 1_000_000,
        **more,
    )  # fmt: skip
    context.setdefault("errors", {})
    context.setdefault("typed", {"marks": "ignored"})
    # None is chosen beforehand: whom a list silences is not to be decided by overlooking something.
    context.setdefault("chosen", {"become": ""})
    return render(request, "inbox/callers/people.html", context, status=status)
