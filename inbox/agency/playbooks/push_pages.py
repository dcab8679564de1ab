"""Putting a playbook at many businesses: whom, how it goes, what became of each, and what differs since. Thin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.agency.frame import Office, address, office_page, show
from inbox.agency.playbooks import applying, drift, pushing, words
from inbox.agency.playbooks.moving import ASK
from inbox.agency.playbooks.pages import number_in, playbook_of, sections_of
from inbox.agency.playbooks.pushing import PushError, State
from tenants.models import PlaybookPush, PlaybookUse, Stage
from tenants.playbooks import PLAYBOOKS

_A_PAGE = 25
_LOOKED_AT_ONCE = 8  # businesses of a push that are looked at while its page is asked for
_MOVING = (State.CHECKING, State.RUNNING, State.TAKING_BACK)
STATES = {
    "checking": (gettext_lazy("Being looked at"), ""),
    "ready": (gettext_lazy("Ready"), "accent"),
    "unfit": (gettext_lazy("Does not fit"), "bad"),
    "waiting": (gettext_lazy("Waits its turn"), ""),
    "applied": (gettext_lazy("Done"), "good"),
    "failed": (gettext_lazy("Failed"), "bad"),
    "stopped": (gettext_lazy("Not done"), ""),
    "taking": (gettext_lazy("Being taken back"), ""),
    "taken_back": (gettext_lazy("Taken back"), "warn"),
    "kept": (gettext_lazy("Changed since"), "warn"),
}
PUSH_STATES = {
    State.CHECKING: gettext_lazy("Looking at each business"),
    State.READY: gettext_lazy("Nothing has been changed yet"),
    State.RUNNING: gettext_lazy("Under way"),
    State.WAITING: gettext_lazy("The first are done"),
    State.PAUSED: gettext_lazy("Paused"),
    State.STOPPED: gettext_lazy("Stopped"),
    State.DONE: gettext_lazy("Done"),
    State.TAKING_BACK: gettext_lazy("Being taken back"),
    State.TAKEN_BACK: gettext_lazy("Taken back"),
}


def push_of(office: Office, push_id: UUID) -> PlaybookPush:
    """Return one of the agency's pushes. Raises Http404."""
    rows = PlaybookPush.objects.select_related("version__playbook")
    found = rows.filter(agency=office.agency, pk=push_id).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@office_page
def prepare(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """Choose businesses and sections; what would change is shown before anything is."""
    playbook = playbook_of(office, playbook_id)
    version = playbook.versions.order_by("-number").first()
    if version is None:
        raise Http404
    if request.method == "GET":
        return _chosen(request, office, version)
    post = request.POST
    # A page with scripts sends a thousand ticks as one field.
    given = [*post.getlist("businesses"), *post.get("chosen", "").split(",")]
    ids = [int(each) for each in dict.fromkeys(given) if each.isascii() and each.isdigit()]
    mine = {
        each.pk: each for each in office.agency.businesses.filter(pk__in=ids[: pushing.MOST + 1])
    }
    businesses = [mine[each] for each in ids if each in mine]
    try:
        made = pushing.make(
            version, businesses, sections=post.getlist("sections"),
            first=_first(request, len(businesses)),
            wait_hours=number_in(request, "hours") if post.get("then") == "hours" else None,
            replaces_own="replaces_own" in post, by=office.who, door="page", at=timezone.now(),
        )  # fmt: skip
    except PushError as wrong:
        return _chosen(request, office, version, {wrong.field: wrong.sentence}, 422)
    if len(businesses) <= _LOOKED_AT_ONCE:
        for use in PlaybookUse.objects.filter(push=made.pk):
            applying.look_at(use)
        pushing.move_on(made.pk)
    return redirect(address("push", office, made.pk))


def _first(request: HttpRequest, count: int) -> int:
    """How many go first: of the form's number, or of its percentage."""
    if request.POST.get("stage") != "some":
        return 0
    given = number_in(request, "first")
    if request.POST.get("unit") == "percent":
        return max(1, count * min(given, 100) // 100)
    return max(1, given)


def _chosen(
    request: HttpRequest, office: Office, version: Any, errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    post = request.POST if request.method == "POST" else None
    held = version.content["sections"]
    businesses = office.agency.businesses.filter(stage__in=(Stage.DRAFT, Stage.LIVE)).order_by(
        "name"
    )
    only = {each for each in request.GET.get("for", "").split(",") if each.isdigit()}
    ticked = only
    if post is not None:
        ticked = {*post.getlist("businesses"), *post.get("chosen", "").split(",")}
    packs = {key: pack.name for key, pack in PLAYBOOKS.items()}
    return show(
        request, office, "agency/playbooks/apply.html", "playbooks", status=status, version=version,
        playbook=version.playbook, errors=errors or {},
        sections=sections_of(held, set(post.getlist("sections")) if post is not None else set(held)),
        businesses=[
            (each, packs.get(each.playbook, ""), str(each.pk) in ticked) for each in businesses
        ],
        typed=post or {"stage": "all" if only else "some", "first": "3", "unit": "number", "then": "click", "hours": "24"},
    )  # fmt: skip


@require_GET
@office_page
def push(request: HttpRequest, office: Office, push_id: UUID) -> HttpResponse:
    """One push: how far it is, and what became of each business."""
    return show(
        request, office, "agency/playbooks/push.html", "playbooks",
        **_progress(request, push_of(office, push_id)),
    )  # fmt: skip


@require_GET
@office_page
def progress(request: HttpRequest, office: Office, push_id: UUID) -> HttpResponse:
    """The part of a push's page that moves."""
    return show(
        request, office, "agency/playbooks/_progress.html", "playbooks",
        **_progress(request, push_of(office, push_id)),
    )  # fmt: skip


def _progress(request: HttpRequest, push: PlaybookPush) -> dict[str, Any]:
    counts = pushing.counts(push)
    total = sum(counts.values())
    through = total - counts["checking"] - counts["waiting"] - counts["taking"]
    if push.state in (State.RUNNING, State.WAITING, State.PAUSED):
        through -= counts["ready"]
    wanted = request.GET.get("show", "")
    uses = PlaybookUse.objects.filter(push=push.pk).select_related("business")
    if wanted in STATES:
        uses = uses.filter(state=wanted)
    page = Paginator(uses.order_by("wave", "pk"), _A_PAGE).get_page(request.GET.get("page"))
    first = pushing.counts(push, wave=1)
    return {
        "push": push, "state": PUSH_STATES[State(push.state)], "moves": push.state in _MOVING,
        "total": total, "through": through, "share": 100 * through // total if total else 0,
        "counts": [(key, *STATES[key], counts[key]) for key in STATES if counts[key]],
        "page_of": page, "wanted": wanted if wanted in STATES else "",
        "rows": [(use, *STATES.get(use.state, (use.state, "")), _in_short(use)) for use in page],
        "sections": [words.SECTION_NAMES[key] for key in push.sections],
        "ready": counts["ready"], "failed": counts["failed"],
        "put": counts["applied"] + counts["kept"], "first_count": sum(first.values()),
        "has_rest": sum(first.values()) < total,
    }  # fmt: skip


def _in_short(use: PlaybookUse) -> str:
    if use.problem:
        return use.problem
    if "changes" not in use.plan:
        return ""
    changes, stays = len(use.plan["changes"]), len(use.plan["stays"])
    told = ngettext("%(n)s change", "%(n)s changes", changes) % {"n": changes}
    if not changes:
        told = _("Nothing to change")
    if stays:
        told += ", " + ngettext("%(n)s stays", "%(n)s stay", stays) % {"n": stays}
    return told


@require_GET
@office_page
def use(request: HttpRequest, office: Office, push_id: UUID, use_id: int) -> HttpResponse:
    """What a push would change, or changed, at one business, in words."""
    made = push_of(office, push_id)
    found = PlaybookUse.objects.select_related("business").filter(push=made.pk, pk=use_id).first()
    if found is None:
        raise Http404
    plan = found.plan
    names = plan.get("names", {})
    return show(
        request, office, "agency/playbooks/_use.html", "playbooks", use=found, push=made,
        changes=[
            sentence
            for piece, old, new in plan.get("changes", [])
            for sentence in words.change(piece, old, new, names)
        ],
        stays=[words.stay(piece, why, names) for piece, why in plan.get("stays", [])],
        problems=[(words.label(piece, names), what) for piece, what in plan.get("problems", [])],
        changed=[words.label(piece, names) for piece in plan.get("changed", [])],
        left=[words.label(piece, names) for piece in plan.get("left", [])],
        may_take_back=made.state in (State.DONE, State.STOPPED, State.WAITING, State.PAUSED, State.TAKEN_BACK),
    )  # fmt: skip


@require_POST
@office_page
def act(request: HttpRequest, office: Office, push_id: UUID) -> HttpResponse:
    """Start a push, let it go on, hold it, end it, try again, or take it back."""
    made, post = push_of(office, push_id), request.POST
    said: dict[str, Any] = {"by": office.who, "door": "page", "at": timezone.now()}
    deeds = {
        "start": pushing.start, "go_on": pushing.go_on, "pause": pushing.pause,
        "stop": pushing.stop, "again": pushing.again,
    }  # fmt: skip
    try:
        if post.get("do") == "take_back":
            one = number_in(request, "use")
            pushing.take_back(made, uses=[one] if one else None, mode=post.get("mode", ASK), **said)
        elif post.get("do") in deeds:
            deeds[post["do"]](made, **said)
        else:
            raise Http404
    except PushError as wrong:
        messages.error(request, wrong.sentence)
    return redirect(address("push", office, made.pk))


@require_GET
@office_page
def drifts(request: HttpRequest, office: Office, playbook_id: int) -> HttpResponse:
    """Which businesses run which version, and what differs from it since."""
    playbook = playbook_of(office, playbook_id)
    latest = playbook.versions.order_by("-number").first()
    page = Paginator(drift.runs(playbook), _A_PAGE).get_page(request.GET.get("page"))
    found = drift.of(list(page.object_list))
    return show(
        request, office, "agency/playbooks/drift.html", "playbooks", playbook=playbook, latest=latest,
        page_of=page,
        rows=[
            {
                "use": each.use, "business": each.business,
                "is_latest": latest is not None and each.use.version_id == latest.pk,
                "differs": words.drifted(each.differs, each.names),
            }
            for each in found
        ],
        behind=[
            each.business_id for each in page.paginator.object_list
            if latest is not None and each.version_id != latest.pk
        ],
    )  # fmt: skip


@require_POST
@office_page
def accept(request: HttpRequest, office: Office, playbook_id: int, use_id: int) -> HttpResponse:
    """Leave what differs at one business as it is."""
    playbook = playbook_of(office, playbook_id)
    found = PlaybookUse.objects.filter(version__playbook=playbook, pk=use_id).first()
    if found is None:
        raise Http404
    drift.accept(found, by=office.who, door="page", at=timezone.now())
    messages.success(request, _("It stays as it is there, and is no longer told."))
    return redirect(address("playbook-drift", office, playbook.pk))
