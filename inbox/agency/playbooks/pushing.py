"""A push: a version of a playbook goes to some businesses first, and to the rest after a click or some hours.

The push's row says how far it is, its uses say it of each business. What waits is on the agenda; one
row of the push itself looks every minute whether it must go on, so that no death between two
transactions leaves it standing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.agency.playbooks import moving
from inbox.agency.playbooks.content import SECTIONS
from inbox.agency.playbooks.moving import counts, look_at_it, move_on, want
from tenants import agencies, agenda
from tenants.models import (
    AgencyPlaybookVersion,
    Business,
    PlaybookPush,
    PlaybookUse,
    Stage,
)

State = PlaybookPush.State
MOST = 5_000  # businesses of one push
_EACH_MINUTE = timedelta(minutes=1)
_MOVES = (State.CHECKING, State.RUNNING, State.TAKING_BACK)


class PushError(ValueError):
    """What cannot be done with a push; `field` says what is wrong with what was asked."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def make(
    version: AgencyPlaybookVersion, businesses: Sequence[Business], *, sections: Collection[str],
    first: int = 0, wait_hours: int | None = None, replaces_own: bool = False, by: str, door: str,
    at: datetime,
) -> PlaybookPush:  # fmt: skip
    """Write a push and have every business looked at; nothing is changed before it is started.

    first: how many go first, 0 for all at once. Raises PushError naming businesses, sections, first
    or wait_hours.
    """
    agency = version.playbook.agency
    chosen = [name for name in SECTIONS if name in sections and name in version.content["sections"]]
    if not chosen:
        raise PushError("sections", _("Choose at least one section of the playbook."))
    if not businesses or len(businesses) > MOST:
        raise PushError("businesses", _("Choose from 1 to %(most)s businesses.") % {"most": MOST})
    if any(each.agency_id != agency.pk for each in businesses):
        raise PushError("businesses", _("Choose businesses of your own."))
    gone = [each.name for each in businesses if each.stage in (Stage.LEAVING, Stage.GONE)]
    if gone:
        raise PushError("businesses", _("“%(name)s” is leaving.") % {"name": gone[0]})
    if not 0 <= first <= MOST:
        raise PushError("first", _("Choose a number of businesses."))
    if wait_hours is not None and not 1 <= wait_hours <= 24 * 14:
        raise PushError("wait_hours", _("Choose from 1 hour to 14 days."))
    first = first if 0 < first < len(businesses) else len(businesses)
    with transaction.atomic():
        push = PlaybookPush.objects.create(
            agency=agency, version=version, sections=chosen, replaces_own=replaces_own, first=first,
            wait_hours=wait_hours, asked_by=by[:120],
        )  # fmt: skip
        uses = PlaybookUse.objects.bulk_create(
            PlaybookUse(
                business=business, version=version, push=push.pk, asked_by=by[:120],
                wave=1 if place < first else 2,
            )
            for place, business in enumerate(businesses)
        )  # fmt: skip
        want(moving.CHECK, uses, at)
        look_at_it(push, at + _EACH_MINUTE)
        agencies.note(
            agency, "playbook.push", actor=by, door=door, at=at, playbook=version.playbook.name,
            version=version.number, businesses=len(uses), sections=chosen, push=str(push.pk),
        )  # fmt: skip
    return push


def start(push: PlaybookPush, *, by: str, door: str, at: datetime) -> None:
    """Begin: the first ones are put. Businesses that something stands against are left out. Raises PushError."""
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.READY)
        if not PlaybookUse.objects.filter(push=push.pk, state="ready").exists():
            raise PushError("push", _("There is no business it could be put at."))
        push.started_at = at
        _begin_wave(push, 1, at)
        _note(push, "playbook.start", by, door, at)
    move_on(push.pk)


def go_on(push: PlaybookPush, *, by: str, door: str, at: datetime) -> None:
    """Go on after the first ones, or after a pause. Raises PushError."""
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.WAITING, State.PAUSED)
        if push.state == State.WAITING:
            _begin_wave(push, 2, at)
        else:
            push.state = State.RUNNING
            push.save(update_fields=["state"])
            want(moving.APPLY, _uses(push, "waiting"), at)
            look_at_it(push, at + _EACH_MINUTE)
        _note(push, "playbook.go_on", by, door, at)
    move_on(push.pk)


def pause(push: PlaybookPush, *, by: str, door: str, at: datetime) -> None:
    """Hold on: what is being put at this moment is finished, the rest waits. Raises PushError."""
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.RUNNING, State.WAITING)
        if push.state == State.WAITING:
            # Nothing is under way: it merely does not go on by itself.
            push.wait_hours = push.go_on_at = None
        else:
            push.state = State.PAUSED
        push.save(update_fields=["state", "wait_hours", "go_on_at"])
        _note(push, "playbook.pause", by, door, at)


def stop(push: PlaybookPush, *, by: str, door: str, at: datetime) -> None:
    """End it: what is put stays, the rest is not done. Raises PushError."""
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.CHECKING, State.READY, State.RUNNING, State.WAITING, State.PAUSED)
        push.state, push.finished_at, push.go_on_at = State.STOPPED, at, None
        push.save(update_fields=["state", "finished_at", "go_on_at"])
        PlaybookUse.objects.filter(
            push=push.pk, state__in=("checking", "ready", "waiting", "unfit")
        ).update(state="stopped")
        _note(push, "playbook.stop", by, door, at)


def take_back(
    push: PlaybookPush, *, uses: Collection[int] | None = None, mode: str = moving.ASK, by: str,
    door: str, at: datetime,
) -> int:  # fmt: skip
    """Put back what stood before, at some businesses of a push or at all; returns at how many.

    mode: what is done where somebody changed a piece since (moving.ASK, REST, ALL). Raises PushError.
    """
    if mode not in (moving.ASK, moving.REST, moving.ALL):
        raise PushError("mode", _("Choose what is taken back."))
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.DONE, State.STOPPED, State.WAITING, State.PAUSED, State.TAKEN_BACK)
        rows = _uses(push, "applied", "kept")
        found = [use for use in rows if uses is None or use.pk in uses]
        if not found:
            raise PushError("businesses", _("There is nothing to take back."))
        for use in found:
            use.state, use.problem, use.asked_by = "taking", "", by[:120]
            use.plan = {**use.plan, "mode": mode, "changed": [], "problems": []}
        PlaybookUse.objects.bulk_update(found, ["state", "problem", "plan", "asked_by"])
        want(moving.TAKE_BACK, found, at)
        if uses is None:
            # The rest of it will not be done any more.
            _uses(push, "checking", "ready", "waiting", "unfit").update(state="stopped")
            push.state, push.go_on_at = State.TAKING_BACK, None
            push.save(update_fields=["state", "go_on_at"])
            look_at_it(push, at + _EACH_MINUTE)
        _note(push, "playbook.roll_back", by, door, at, businesses=len(found), mode=mode)
    return len(found)


def again(push: PlaybookPush, *, by: str, door: str, at: datetime) -> int:
    """Try once more what failed; returns at how many businesses. Raises PushError."""
    with transaction.atomic():
        push = _locked(push)
        _need(push, State.RUNNING, State.WAITING, State.DONE, State.STOPPED)
        failed = list(_uses(push, "failed"))
        if not failed:
            raise PushError("businesses", _("Nothing failed."))
        _uses(push, "failed").update(state="waiting", problem="")
        push.state, push.finished_at = State.RUNNING, None
        push.save(update_fields=["state", "finished_at"])
        want(moving.APPLY, failed, at)
        look_at_it(push, at + _EACH_MINUTE)
        _note(push, "playbook.again", by, door, at, businesses=len(failed))
    return len(failed)


def watch(item: agenda.Item) -> agenda.Answer:
    """Agenda: look whether a push goes on by itself, or was left standing by a death."""
    push = PlaybookPush.objects.filter(pk=item.subject).first()
    if push is None:
        return None
    now = timezone.now()
    if push.state == State.WAITING and push.go_on_at is not None and push.go_on_at <= now:
        go_on(push, by=push.asked_by, door="agenda", at=now)
    move_on(push.pk)
    push.refresh_from_db()
    if push.state in _MOVES:
        return agenda.Later(now + _EACH_MINUTE)
    if push.state == State.WAITING and push.go_on_at is not None:
        return agenda.Later(push.go_on_at)
    return None


def _begin_wave(push: PlaybookPush, wave: int, at: datetime) -> None:
    push.state, push.wave, push.go_on_at = State.RUNNING, wave, None
    push.save(update_fields=["state", "wave", "go_on_at", "started_at"])
    going = list(_uses(push, "ready").filter(wave__lte=wave))
    _uses(push, "ready").filter(wave__lte=wave).update(state="waiting")
    want(moving.APPLY, going, at)
    look_at_it(push, at + _EACH_MINUTE)


def _uses(push: PlaybookPush, *states: str):  # type: ignore[no-untyped-def]
    return PlaybookUse.objects.filter(push=push.pk, state__in=states)


def _locked(push: PlaybookPush) -> PlaybookPush:
    rows = PlaybookPush.objects.select_for_update(of=("self",))
    return rows.select_related("agency", "version__playbook").get(pk=push.pk)


def _need(push: PlaybookPush, *states: str) -> None:
    if push.state not in states:
        raise PushError("push", _("This is not possible any more. Look at it again."))


def _note(push: PlaybookPush, action: str, by: str, door: str, at: datetime, **more: Any) -> None:
    agencies.note(push.agency, action, actor=by, door=door, at=at, push=str(push.pk), **more)


__all__ = [
    "MOST", "PushError", "State", "again", "counts", "go_on", "make", "move_on", "pause", "start",
    "stop", "take_back", "watch",
]  # fmt: skip
