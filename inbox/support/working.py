"""The pages of stored webhooks processed again, and of work that was given up. Thin."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inbox.support import masking, replaying
from inbox.support.frame import may, person, show, support_page
from inbox.support.replaying import ReplayError
from tenants import support, support_record
from tenants.models import AgendaItem, AgendaState, Business, EventState
from tenants.support_record import ReasonMissing

_FIELDS = ("event", "subject", "business", "since", "until", "state", "reason")
_SHOWN = 200


@require_http_methods(["GET", "POST"])
@support_page("replay_webhooks")
def replay(request: HttpRequest) -> HttpResponse:
    """Choose stored webhooks (GET), see what they are (POST act=preview), replay them (POST act=replay)."""
    asked = request.POST if request.method == "POST" else request.GET
    typed = {name: asked.get(name, "") for name in _FIELDS}
    problems: dict[str, str] = {}
    found, status = None, 200
    if request.method == "POST":
        try:
            choice = replaying.choice_of(typed)
            found = replaying.preview(choice)
            if request.POST.get("act") == "replay":
                done, left = replaying.replay(
                    choice, person(request), typed["reason"], timezone.now()
                )
                messages.success(request, f"{done} on the agenda again.")
                for sentence in left:
                    messages.warning(request, f"Left alone, {sentence}")
                return redirect("support-replay")
        except ReplayError as error:
            problems, status = {error.field: str(error)}, 422
        except ReasonMissing as missing:
            problems, status = {missing.field: str(missing)}, 422
    return show(
        request, "replay", "Process webhooks again", status=status, typed=typed, found=found,
        problems=problems, states=EventState.choices, most=replaying.MOST,
        businesses=Business.objects.order_by("name").values_list("pk", "name"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@support_page()
def dead(request: HttpRequest) -> HttpResponse:
    """Work that was given up. POST act=again or act=drop (row, reason): ask again, or give it up for good."""
    problem, status, reason = "", 200, request.POST.get("reason", "")
    chosen = [int(pk) for pk in request.POST.getlist("row") if pk.isascii() and pk.isdecimal()]
    if request.method == "POST":
        problem, status = _settle(request, chosen, reason)
        if not problem:
            return redirect("support-dead")
    rows = AgendaItem.objects.filter(state=AgendaState.DEAD).select_related("business")
    return show(
        request, "dead", "Work given up", status=status, reason=reason, problem=problem,
        chosen=chosen, count=rows.count(),
        rows=[(row, masking.text(row.last_error)) for row in rows.order_by("created_at")[:_SHOWN]],
    )  # fmt: skip


def _settle(request: HttpRequest, chosen: list[int], reason: str) -> tuple[str, int]:
    """Do what was asked for with the chosen rows; returns what stands against it, and the status."""
    if not may(request, "settle_agenda"):
        return "You have not the right to ask dead work again or to drop it.", 403
    act = request.POST.get("act", "")
    if act not in ("again", "drop") or not chosen:
        return "Choose at least one row.", 422
    try:
        why = support_record.reason_in(reason)
    except ReasonMissing as missing:
        return str(missing), 422
    now, who = timezone.now(), person(request)
    with transaction.atomic():
        dead_rows = AgendaItem.objects.filter(pk__in=chosen, state=AgendaState.DEAD)
        rows = {
            row.pk: row
            for row in dead_rows.select_for_update(of=("self",)).select_related("business")
        }
        done = support.ask_again(list(rows)) if act == "again" else support.drop_dead(list(rows))
        for pk in sorted(done):
            row = rows[pk]
            support_record.note(
                who, f"agenda.{act}", at=now, business=row.business, reason=why,
                subject=f"{row.kind} {row.subject}", row=pk, error=masking.text(row.last_error)[:200],
            )  # fmt: skip
    words = "due now" if act == "again" else "dropped"
    messages.success(request, f"{len(done)} {words}.")
    if left := len(chosen) - len(done):
        messages.warning(request, f"{left} had been settled by somebody else.")
    return "", 200
