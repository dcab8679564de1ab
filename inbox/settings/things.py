"""Teams, quick replies, tags, custom fields and saved views: lists one adds to. Thin."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inbox import staff
from inbox.activity import Actor
from inbox.frame import business_of, governs
from inbox.models import CustomField, SavedView, Tag, Team, TeamMember
from inbox.people import tags as people_tags
from inbox.people.tags import TagProblem
from inbox.queue import saved
from inbox.settings import services
from inbox.settings.chosen import Wrong
from inbox.settings.common import me, not_for_you, note, show
from inbox.thread import quick

_page = require_http_methods(["GET", "POST"])


def _said(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.POST.get(name, "")[:4000] for name in names}


def _gone(request: HttpRequest, wrong: Wrong, back: str) -> HttpResponse:
    messages.error(request, wrong.sentence)
    return redirect(back)


def _id(request: HttpRequest) -> int | None:
    given = request.POST.get("id", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


@_page
@login_required
@never_cache
def teams(request: HttpRequest) -> HttpResponse:
    """Several members who see to conversations together."""
    if request.method == "GET":
        return _teams(request)
    if not governs(request):
        return not_for_you(request)
    given = request.POST.getlist("members")
    chosen = [int(n) for n in given if n.isascii() and n.isdigit() and len(n) < 19]
    typed: dict[str, Any] = {**_said(request, "id", "name"), "members": chosen}
    number, now = _id(request), timezone.now()
    try:
        with transaction.atomic():
            if "remove" in request.POST:
                gone = services.put_team_away(
                    number or 0, by=Actor(me(request).pk, str(me(request))), at=now
                )
                note(request, "team.remove", name=gone.name)
            else:
                team = services.save_team(
                    number, typed["name"], chosen, business=business_of(request), at=now
                )
                note(request, "team.save", name=team.name, members=len(chosen))
    except Wrong as wrong:
        if not wrong.field:
            return _gone(request, wrong, "inbox:settings-teams")
        return _teams(request, typed, wrong.errors, 422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-teams")


def _teams(request: HttpRequest, typed: Any = None, errors: Any = None, status: int = 200) -> Any:
    inside = defaultdict(set)
    for team, user in TeamMember.objects.values_list("team", "user"):
        inside[team].add(user)
    people = staff.colleagues(business_of(request))
    return show(
        request, "teams", "teams", status, typed=typed or {}, errors=errors or {}, people=people,
        teams=[
            {
                "team": team,
                "people": [(p, p.id in inside[team.pk]) for p in people],
                "names": [p.name for p in people if p.id in inside[team.pk]],
            }
            for team in Team.objects.filter(archived_at=None).order_by("name")
        ],
    )  # fmt: skip


@_page
@login_required
@never_cache
def replies(request: HttpRequest) -> HttpResponse:
    """Texts that are said often: everybody's, and one's own."""
    if request.method == "GET":
        return _replies(request)
    typed = _said(request, "id", "shortcut", "title", "body", "language", "shared")
    number = _id(request)
    try:
        with transaction.atomic():
            if "remove" in request.POST:
                gone = services.delete_reply(
                    number or 0, user=me(request), governs=governs(request)
                )
                note(request, "reply.remove", title=gone.title)
            elif "preview" in request.POST:
                return _replies(
                    request, typed, {}, shown=quick.fill(typed["body"], _example(request))
                )
            else:
                reply = services.save_reply(
                    number, shortcut=typed["shortcut"], title=typed["title"], body=typed["body"],
                    language=typed["language"], user=me(request), shared=typed["shared"] == "on",
                    governs=governs(request),
                )  # fmt: skip
                note(request, "reply.save", title=reply.title)
    except Wrong as wrong:
        if not wrong.field:
            return _gone(request, wrong, "inbox:settings-replies")
        return _replies(request, typed, wrong.errors, status=422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-replies")


def _example(request: HttpRequest) -> dict[str, str]:
    business = business_of(request).name
    return quick.values(name="Maria Lopez", business=business, member=str(me(request)))


def _field_words() -> list[tuple[str, str]]:
    words = {
        "name": _("the person's name"),
        "first_name": _("their first name"),
        "business": _("your business"),
        "member": _("whoever sends it"),
    }
    return [(f"{{{name}}}", words[name]) for name in quick.FIELDS]


def _replies(
    request: HttpRequest, typed: Any = None, errors: Any = None, shown: str = "", status: int = 200
) -> HttpResponse:
    example, may = _example(request), governs(request)
    return show(
        request, "replies", "replies", status, typed=typed or {"shared": "on" if may else ""},
        errors=errors or {}, shown=shown, fields=_field_words(),
        replies=[
            {
                "reply": reply,
                "shown": quick.fill(reply.body, example),
                "shared": reply.owner is None,
                "mine_to_change": may or reply.owner is not None,
            }
            for reply in services.replies_of(me(request))
        ],
    )  # fmt: skip


@_page
@login_required
@never_cache
def tags(request: HttpRequest) -> HttpResponse:
    """The tags offered for people, each with its colour."""
    if request.method == "GET":
        return _tags(request)
    if not governs(request):
        return not_for_you(request)
    typed, number = _said(request, "name", "colour", "rename", "into"), _id(request)
    by: dict[str, Any] = {"actor": str(me(request)), "at": timezone.now()}
    into = typed["into"]
    try:
        with transaction.atomic():
            if "remove" in request.POST:
                note(request, "tag.remove", name=services.remove_tag(number or 0).name)
            elif "everybody" in request.POST:
                people_tags.remove(number or 0, **by)
            elif "becomes" in request.POST:
                people_tags.rename(number or 0, typed["rename"], **by)
            elif "merge" in request.POST:
                other = int(into) if into.isascii() and into.isdigit() and len(into) < 19 else 0
                people_tags.merge(number or 0, other, **by)
            else:
                tag = services.save_tag(number, typed["name"], typed["colour"], at=timezone.now())
                note(request, "tag.save", name=tag.name)
    except Wrong as wrong:
        if not wrong.field:
            return _gone(request, wrong, "inbox:settings-tags")
        return _tags(request, typed, wrong.errors, 422)
    except TagProblem as problem:
        return _tags(request, typed | {"id": str(number)}, {"tag": problem.sentence}, 422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-tags")


def _tags(request: HttpRequest, typed: Any = None, errors: Any = None, status: int = 200) -> Any:
    words = {
        "grey": _("Grey"), "blue": _("Blue"), "green": _("Green"),
        "amber": _("Amber"), "red": _("Red"), "purple": _("Purple"),
    }  # fmt: skip
    return show(
        request, "tags", "tags", status, tags=list(Tag.objects.order_by("name")),
        typed=typed or {"colour": "grey"}, errors=errors or {},
        colours=[(colour, words[colour]) for colour in services.COLOURS],
    )  # fmt: skip


@_page
@login_required
@never_cache
def fields(request: HttpRequest) -> HttpResponse:
    """What the business keeps of people beside name, number and e-mail."""
    if request.method == "GET":
        return _fields(request)
    if not governs(request):
        return not_for_you(request)
    typed, number = _said(request, "id", "label", "kind", "options"), _id(request)
    try:
        with transaction.atomic():
            if "remove" in request.POST or "restore" in request.POST:
                at = timezone.now() if "remove" in request.POST else None
                field = services.put_field_away(number or 0, at=at)
            else:
                field = services.save_field(number, typed["label"], typed["kind"], typed["options"])
            note(request, "field.save", label=field.label)
    except Wrong as wrong:
        if not wrong.field:
            return _gone(request, wrong, "inbox:settings-fields")
        return _fields(request, typed, wrong.errors, 422)
    messages.success(request, _("Saved."))
    return redirect("inbox:settings-fields")


def _fields(request: HttpRequest, typed: Any = None, errors: Any = None, status: int = 200) -> Any:
    words = {
        "text": _("Text"), "number": _("Number"), "date": _("Date"),
        "choice": _("One of a list"), "yes_no": _("Yes or no"),
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"field": f, "kind": words[f.kind]} for f in CustomField.objects.all()
    ]
    return show(
        request, "fields", "fields", status,
        typed=typed or {"kind": "text"}, errors=errors or {}, kinds=list(words.items()),
        fields=[row for row in rows if row["field"].archived_at is None],
        away=[row for row in rows if row["field"].archived_at is not None],
    )  # fmt: skip


@_page
@login_required
@never_cache
def views(request: HttpRequest) -> HttpResponse:
    """Saved views: they are made in the inbox, and put in order or deleted here."""
    mine, may = me(request).pk, governs(request)
    if request.method == "POST":
        whose = Q(owner=mine) | Q(owner=None) if may else Q(owner=mine)
        with transaction.atomic():
            if "remove" in request.POST:
                saved.delete(_id(request) or 0, user_id=mine, governs=may)
            else:
                given = _said(request, "position")["position"]
                at = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
                SavedView.objects.filter(whose, pk=_id(request) or 0).update(position=at)
            note(request, "view.change")
        messages.success(request, _("Saved."))
        return redirect("inbox:settings-views")
    links = [
        {"view": view, "query": query, "mine_to_change": may or view.owner == mine}
        for view, query in saved.as_links(saved.views_of(mine))
    ]
    return show(request, "views", "views", views=links)
