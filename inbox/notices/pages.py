"""What a member was told, newest first. Thin: what is told is written by inbox/notices/services.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from inbox.frame import frame
from inbox.models import Notice
from inbox.notices import plain, services
from inbox.views import member_zone
from tenants.models import User

LENGTH = 50
ICONS = {
    "waiting": "clock", "alert": "triangle-alert", "mention": "at-sign", "assigned": "user-check",
    "promise": "calendar-clock", "answer": "triangle-alert", "digest": "sunrise", "test": "bell",
}  # fmt: skip
_CHANNELS = {
    "push": _("Push"), "email": _("E-mail"), "sms": _("Text"), "hook": _("Chat"),
}  # fmt: skip
_STATES = {
    "waiting": _("waits"), "sent": _("sent"), "failed": _("failed"), "skipped": _("not sent"),
}  # fmt: skip
# What the rules say of a notice that was not sent (inbox/notices/rules.py), for the translation.
_REASONS = (
    _("No longer a member."), _("The member does not want to be told of this."),
    _("The member switched this way off."), _("The member is away."),
    _("The member has no hours for this way."), _("The conversation stands in no queue."),
    _("Seen already."), _("A later notice says it."),
    _("Nobody waits any more, or somebody sees to it."), _("It is settled."),
    _("The promise is settled."), _("It is somebody else's by now."),
    _("It would have come too late."), _("The phone gets no alerts any more."),
    _("Something of ours failed."),
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """One thing that was told, with the ways it went besides the bell."""

    notice: Notice
    icon: str
    others: list[Notice] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its first line, as it was typed."""
        return plain.shown(self.notice.title)

    @property
    def body(self) -> str:
        """What follows, as it was typed."""
        return plain.shown(self.notice.body)

    @property
    def ways(self) -> list[tuple[str, str, str]]:
        """What became of it by the other ways: "Push, e-mail: not sent", its state, and why."""
        said: dict[tuple[str, str], dict[str, None]] = {}
        for other in self.others:
            channels = said.setdefault((other.state, other.reason), {})
            channels[str(_CHANNELS.get(other.channel, other.channel))] = None
        return [
            (f"{', '.join(channels)}: {_STATES[state]}", state, gettext(reason) if reason else "")
            for (state, reason), channels in said.items()
        ]


@require_GET
@login_required
@never_cache
def notices(request: HttpRequest) -> HttpResponse:
    """The member's bell."""
    member_zone(request)
    user = _user(request)
    new = unseen(user.pk)
    context = frame(
        request, "notices", "list", rows=rows(user.pk), unseen=new, notices_unseen=new
    )  # fmt: skip
    return render(request, "notices/list.html", context)


@require_POST
@login_required
def seen(request: HttpRequest) -> HttpResponse:
    """The member has seen them all."""
    user = _user(request)
    if Notice.objects.filter(user=user.pk, seen_at=None).update(seen_at=timezone.now()):
        services.seen(user.pk)
    return redirect("inbox:notices")


@require_GET
@login_required
@never_cache
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Go to what a notice is about; it is seen by that."""
    user = _user(request)
    notice = get_object_or_404(Notice, pk=notice_id, user=user.pk)
    stem = notice.key.rsplit(":", 2)[0]
    same = Notice.objects.filter(user=user.pk, key__startswith=f"{stem}:", seen_at=None)
    if same.update(seen_at=timezone.now()):
        services.seen(user.pk)
    is_ours = notice.url.startswith("/") and url_has_allowed_host_and_scheme(notice.url, None)
    return redirect(notice.url if is_ours else "inbox:notices")


@require_GET
@login_required
@never_cache
def unseen_count(request: HttpRequest) -> JsonResponse:
    """How much is new, for a rail that was told something."""
    return JsonResponse({"unseen": unseen(_user(request).pk)})


def unseen(user_id: int) -> int:
    """Return how many things a member was told that he has not seen."""
    return Notice.objects.filter(user=user_id, channel="live", seen_at=None, state="sent").count()


def rows(user_id: int) -> list[Row]:
    """Return what a member was told, newest first; of one wait only the last step."""
    mine = Notice.objects.filter(user=user_id).order_by("-created_at", "-pk")
    found = list(mine.filter(channel="live", state="sent")[: LENGTH * 2])
    told: dict[str, Row] = {}
    waits: set[tuple[str, int | None]] = set()
    for notice in found:
        if notice.wait_id is not None:
            if (notice.kind, notice.wait_id) in waits:
                continue
            waits.add((notice.kind, notice.wait_id))
        told[_stem(notice)] = Row(notice, ICONS.get(notice.kind, "bell"))
        if len(told) == LENGTH:
            break
    if not told:
        return []
    oldest = min(row.notice.created_at for row in told.values())
    for other in mine.filter(created_at__gte=oldest).exclude(channel="live")[: LENGTH * 8]:
        row = told.get(_stem(other))
        if row is not None:
            row.others.append(other)
    return list(told.values())


def _stem(notice: Notice) -> str:
    return notice.key.rsplit(":", 2)[0]


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user
