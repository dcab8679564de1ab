"""The inbox: its folders and their lists, what is done with conversations, and saved views."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox import handling, staff
from inbox.activity import Actor
from inbox.frame import business_of, frame, governs
from inbox.handling import HandlingError
from inbox.queue import acting, drawing, folders, saved
from inbox.queue.around import Around, TeamHere, ViewHere, around
from inbox.queue.counts import Counts, counts
from inbox.queue.folders import Folder, Selection, Sort
from inbox.queue.reading import MOST, PAGE, Page, has_any, page
from inbox.said import said
from inbox.views import member_zone, thread_context
from tenants.models import User

# The folder somebody was in, so that a conversation's own address opens beside it.
_REMEMBERED = "folder"
_ICONS = {
    Folder.ACTIONABLE: "zap", Folder.MINE: "user-round-check", Folder.UNASSIGNED: "user-round-x",
    Folder.ALL: "messages-square", Folder.SNOOZED: "alarm-clock", Folder.CLOSED: "archive",
}  # fmt: skip


@require_GET
@login_required
@never_cache
def home(request: HttpRequest, conversation_id: int | None = None) -> HttpResponse:
    """The queue, and one conversation when the address names it. Looking at it reads it."""
    zone = member_zone(request)
    here = around(business_of(request), _me(request))
    thread = thread_context(request, conversation_id, zone, here.own)
    if request.headers.get("HX-Target") == "thread":
        # Only the thread is asked for, beside a list that stays.
        return render(request, "inbox/_thread.html", _acts(request, zone, here) | thread)
    query = _query(request, conversation_id)
    context = beside(request, query, conversation_id, here)
    response = render(request, "inbox/page.html", context | thread)
    if conversation_id is None:
        _remember(response, context["query"])
    return response


def beside(
    request: HttpRequest, query: QueryDict, selected: int | None, here: Around | None = None
) -> dict[str, Any]:
    """Return the context of the inbox's page: folders with their counts, a list, what can be done with it."""
    selection = folders.from_query(query)
    me, zone = _me(request), timezone.get_current_timezone()
    assert isinstance(zone, ZoneInfo)
    here = here or around(business_of(request), me)
    number = counts(me, [team.id for team in here.teams])
    found = _first(selection, me, query.get("after", ""), selected, here)
    return frame(
        request,
        "inbox",
        str(selection.folder),
        todo_total=number.folders[Folder.ACTIONABLE],
        open_alerts=number.alerts,
        notices_unseen=number.notices,
    ) | {
        **_acts(request, zone, here),
        **_list(found, selection),
        "folders": _folders(selection, number, here.teams),
        "views": _views(selection, here.views),
        "list_title": _list_title(selection, here.teams),
        "tags": list(here.tags),
        "house_alerts": number.house_alerts,
        "simulator_url": _simulator_url(),
        "selected": None,
    }


@require_GET
@login_required
@never_cache
def rows(request: HttpRequest) -> HttpResponse:
    """The rows of a list: its first ones, or those after a place. A place that is none: 422."""
    member_zone(request)
    selection = folders.from_query(request.GET)
    selected, upto = request.GET.get("selected", ""), request.GET.get("upto", "")
    size = int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 5 else PAGE
    try:
        found = page(
            selection, _me(request), cursor=request.GET.get("after", ""),
            selected=int(selected) if selected.isascii() and selected.isdigit() and len(selected) < 19 else None,
            size=max(PAGE, min(size, MOST)),
        )  # fmt: skip
    except ValueError as problem:
        return HttpResponse(str(problem), status=422, content_type="text/plain")
    context = _list(found, selection) | {"simulator_url": _simulator_url()}
    return render(request, "inbox/queue/_rows.html", context)


@require_GET
@login_required
@never_cache
def numbers(request: HttpRequest) -> JsonResponse:
    """How many conversations stand in each folder, for screens that ask."""
    teams = [team.pk for team in staff.teams()]
    return JsonResponse(counts(_me(request), teams).as_json())


@require_POST
@login_required
def handle(request: HttpRequest) -> HttpResponse:
    """Do something with the chosen conversations; says how many, and how to take it back. 422 says what is wrong."""
    zone = member_zone(request)
    ids = [
        int(each)
        for each in request.POST.getlist("id")
        if each.isascii() and each.isdigit() and len(each) < 19
    ]
    typed = {name: request.POST.get(name, "") for name in ("until", "tag")}
    actor = actor_of(request)
    try:
        done = acting.act(request.POST.get("do", ""), ids, typed, actor, zone, timezone.now())
    except HandlingError as problem:
        return _answer(request, said(problem.sentence.capitalize() + "."), status=422)
    token = acting.undo_token(done, _me(request))
    return _answer(request, acting.told(done, zone), token, list(done.before))


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was just done, where nobody changed it since."""
    zone = member_zone(request)
    try:
        done = acting.of_token(request.POST.get("token", ""), _me(request))
        taken = handling.take_back(done, actor_of(request), timezone.now())
    except HandlingError as problem:
        return _answer(request, problem.sentence, status=422)
    words = acting.told(taken, zone) if taken.count else _("Somebody has changed it since.")
    return _answer(request, words, "", list(taken.before))


@require_POST
@login_required
def save_view(request: HttpRequest) -> HttpResponse:
    """Save what the list shows under a name. 422 says what is wrong."""
    shared = request.POST.get("shared") == "1" and governs(request)
    selection = folders.from_query(dict(parse_qsl(request.POST.get("query", ""))))
    try:
        saved.save(
            request.POST.get("name", ""), selection, user_id=_me(request), shared=shared,
            at=timezone.now(),
        )  # fmt: skip
    except saved.ViewError as problem:
        return _answer(request, said(problem.sentence.capitalize() + "."), status=422)
    messages.success(request, _("Saved. You find it among the folders."))
    return HttpResponseRedirect(_at(selection))


@require_POST
@login_required
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a saved view: one's own, or everybody's by whoever governs."""
    saved.delete(view_id, user_id=_me(request), governs=governs(request))
    return HttpResponseRedirect(reverse("inbox:home"))


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts, as activities name him."""
    user = request.user
    assert isinstance(user, User)
    return Actor(user.pk, str(user))


def _me(request: HttpRequest) -> int:
    assert isinstance(request.user, User)
    return int(request.user.pk)


def _query(request: HttpRequest, conversation_id: int | None) -> QueryDict:
    """Return what the list beside shows: what the address says, else the folder one came from."""
    asked = {"folder", "view", "who", "tag", "team", "filter", "words", "unread", "sort"}
    if conversation_id is None or asked & set(request.GET):
        return request.GET
    return QueryDict(request.COOKIES.get(_REMEMBERED, "")[:400])


def _remember(response: HttpResponse, query: str) -> None:
    response.set_cookie(_REMEMBERED, query[:400], samesite="Lax", httponly=True)


def _at(selection: Selection) -> str:
    query = folders.to_query(selection)
    return reverse("inbox:home") + (f"?{query}" if query else "")


def _acts(request: HttpRequest, zone: ZoneInfo, here: Around) -> dict[str, Any]:
    """Return what can be done with conversations: whom they can go to, until when they can rest."""
    return {
        "colleagues": here.colleagues,
        "teams": here.teams,
        "snoozes": acting.offered(zone),
        "me": _me(request),
        "governs": governs(request),
    }


def _first(selection: Selection, me: int, after: str, selected: int | None, here: Around) -> Page:
    """Return a list's page as a link names it, from its beginning where the link names no place."""
    try:
        return page(selection, me, cursor=after, selected=selected, around=here)
    except ValueError:
        return page(selection, me, selected=selected, around=here)


def _list(found: Page, selection: Selection) -> dict[str, Any]:
    query = folders.to_query(selection)
    return {
        "rows": found.rows,
        "drawn": drawing.drawn(found.rows),
        "is_new": not found.rows and not found.after and not has_any(),
        "after": found.after,
        "selection": selection,
        "query": query,
        "more_query": f"{query}&after={found.after}" if query else f"after={found.after}",
        "sort_choices": _sort_choices(selection),
        "order_words": _order_words(selection),
    }


def _titles() -> dict[Folder, str]:
    return {
        Folder.ACTIONABLE: _("To do"),
        Folder.MINE: _("Mine"),
        Folder.UNASSIGNED: _("Unassigned"),
        Folder.TEAM: _("Team"),
        Folder.ALL: _("All open"),
        Folder.SNOOZED: _("Snoozed"),
        Folder.CLOSED: _("Closed"),
    }


def _list_title(selection: Selection, teams: list[TeamHere]) -> str:
    names = {team.id: team.name for team in teams}
    if selection.folder == Folder.TEAM:
        return names.get(selection.team or 0, "") or _titles()[Folder.TEAM]
    return _titles()[selection.folder]


def _folders(selection: Selection, number: Counts, teams: list[TeamHere]) -> list[dict[str, Any]]:
    """Return the folders of the column, one's own teams before the others."""
    titles = _titles()
    plain = [folder for folder in Folder if folder != Folder.TEAM]
    entries = [
        {
            "key": str(folder),
            "title": titles[folder],
            "icon": _ICONS[folder],
            "count": number.folders.get(str(folder), 0),
            "url": _at(folders.of_folder(folder)),
            "current": selection.folder == folder and not selection.is_filtered,
        }
        for folder in plain
    ]
    of_teams = [
        {
            "key": f"team-{team.id}",
            "title": team.name,
            "icon": "users",
            "count": number.teams.get(team.id, 0),
            "url": _at(folders.of_folder(Folder.TEAM, team.id)),
            "current": selection.folder == Folder.TEAM and selection.team == team.id,
        }
        for team in sorted(teams, key=lambda team: (not team.mine, team.name.casefold()))
    ]
    return entries[:3] + of_teams + entries[3:]


def _views(selection: Selection, views: list[ViewHere]) -> list[dict[str, Any]]:
    current = folders.to_query(selection)
    found = []
    for view in views:
        try:
            query = folders.to_query(folders.from_filters(view.filters, strict=False))
        except ValueError:
            continue  # no folder of today fits it
        found.append(
            {
                "id": view.id,
                "title": view.name,
                "shared": view.shared,
                "url": reverse("inbox:home") + (f"?{query}" if query else ""),
                "current": bool(query) and query == current,
            }
        )
    return found


def _sort_choices(selection: Selection) -> list[tuple[Sort, str]]:
    words = {
        Sort.WAITING: _("Waiting longest"), Sort.NEWEST: _("Newest"), Sort.SOONEST: _("Back soonest"),
    }  # fmt: skip
    return [(sort, words[sort]) for sort in folders.SORTS[selection.folder]]


def _order_words(selection: Selection) -> str:
    """Return in one line which conversations these are, in which order."""
    if selection.sort == Sort.SOONEST:
        return _("Back soonest first")
    if selection.folder == Folder.ACTIONABLE:
        if selection.sort == Sort.WAITING:
            return _("Waiting longest first")
        return _("Newest first")
    if selection.sort == Sort.WAITING:
        return _("Only who waits, longest first")
    return _("Newest first")


def _simulator_url() -> str:
    """Return where a call can be tried out; '' where it cannot. It is on the public host alone."""
    return f"{settings.PUBLIC_BASE_URL}/simulator/" if settings.SIMULATOR_ENABLED else ""


def _answer(
    request: HttpRequest,
    words: str,
    token: str = "",
    ids: list[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer an act: a line with its undo for scripts, the page one came from without them."""
    if request.headers.get("HX-Request"):
        context = {"words": words, "token": token, "bad": status != 200}
        response = render(request, "inbox/queue/_told.html", context, status=status)
        if ids is not None:
            response.headers["HX-Trigger"] = json.dumps({"app:handled": {"ids": ids}})
        return response
    if status != 200:
        messages.error(request, words)
        context = beside(request, _query(request, 0), None)
        return render(request, "inbox/page.html", context, status=status)
    messages.success(request, words)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("inbox:home")
    return HttpResponseRedirect(back)
