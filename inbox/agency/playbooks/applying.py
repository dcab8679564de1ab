"""One business's part of a push, by rows of the agenda: looked at, applied, taken back. Each exactly once.

What is done and the use's new state are one transaction, under the use's row and the business's: a
worker that dies leaves neither, and one that comes second finds the state changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.agency.playbooks import looking, pieces, putting
from inbox.agency.playbooks.moving import (
    APPLY,
    ASK,
    CHECK,
    REST,
    TAKE_BACK,
    move_on,
)
from inbox.agency.playbooks.putting import By, Unfit
from tenants import agencies, agenda
from tenants.models import Business, PlaybookPush, PlaybookUse, Stage
from tenants.scope import business_scope


def check(item: agenda.Item) -> agenda.Answer:
    """Agenda: look at what a push would do at one business."""
    use = _use(item)
    if use is not None and use.state == "checking":
        look_at(use)
        move_on(use.push)
    return None


def look_at(use: PlaybookUse) -> None:
    """Keep what a use would change, and whether it can be put; nothing is changed at the business."""
    push = PlaybookPush.objects.select_related("version__playbook").get(pk=str(use.push))
    business = Business.objects.select_related("agency").get(pk=use.business_id)
    if business.stage == Stage.GONE:
        PlaybookUse.objects.filter(pk=use.pk, state="checking").update(
            state="unfit", problem=_("The business is leaving.")
        )
        return
    with business_scope(str(business.schema_name)):
        found = looking.look(
            business, push.version, push.sections, _by(push, timezone.now()),
            replaces_own=push.replaces_own,
        )  # fmt: skip
    # Only while nobody has stopped it meanwhile.
    PlaybookUse.objects.filter(pk=use.pk, state="checking").update(
        plan=found,
        state="unfit" if found["problems"] else "ready",
        problem=_first(found["problems"]),
    )


def apply(item: agenda.Item) -> agenda.Answer:
    """Agenda: put a playbook in place at one business. Once, whoever dies on the way."""
    push_id = None
    with transaction.atomic():
        use = _use(item, lock=True)
        if use is None or use.state != "waiting" or use.push is None:
            return None
        push = PlaybookPush.objects.select_related("version__playbook__agency").get(pk=use.push)
        if push.state != PlaybookPush.State.RUNNING:
            return None  # going on asks for every row anew
        push_id = push.pk
        _apply(use, push, timezone.now())
    move_on(push_id)
    return None


def _apply(use: PlaybookUse, push: PlaybookPush, now: datetime) -> None:
    business = _locked(use.business_id)
    if business.stage in (Stage.LEAVING, Stage.GONE):
        return _failed(use, _("The business is leaving."))
    try:
        plan, found = looking.plan_for(
            business, push.version, push.sections, now, replaces_own=push.replaces_own
        )
        putting.put(business, plan.wanted, _by(push, now))
    except Unfit as wrong:
        use.plan = use.plan | {"problems": [list(each) for each in wrong.problems]}
        return _failed(use, _first(wrong.problems))
    after = pieces.read(business)
    use.plan = {
        "changes": [[piece, old, new] for piece, (old, new) in plan.changes.items()],
        "stays": [list(each) for each in plan.stays],
        "problems": [],
        "names": looking.names_of(business, found, plan),
    }
    use.before = {piece: found.get(piece) for piece in plan.changes}
    use.after = {piece: after.get(piece) for piece in sorted(plan.covered)}
    use.state, use.applied_at, use.problem = "applied", now, ""
    use.save(update_fields=["plan", "before", "after", "state", "applied_at", "problem"])
    agencies.note(
        push.agency, "playbook.apply", actor=push.asked_by, door="agenda", at=now,
        business=business, playbook=push.version.playbook.name, version=push.version.number,
        changed=len(plan.changes),
    )  # fmt: skip
    return None


def take_back(item: agenda.Item) -> agenda.Answer:
    """Agenda: put back at one business what stood there before. Once."""
    with transaction.atomic():
        use = _use(item, lock=True)
        if use is None or use.state != "taking":
            return None
        push_id = use.push
        _take_back(use, timezone.now())
    move_on(push_id)
    return None


def _take_back(use: PlaybookUse, now: datetime) -> None:
    business = _locked(use.business_id)
    if business.stage == Stage.GONE:
        return _kept(use, _("The business is leaving."))
    found = pieces.read(business)
    mode = use.plan.get("mode", ASK)
    changed = [piece for piece in use.before if found.get(piece) != use.after.get(piece)]
    if changed and mode == ASK:
        use.plan = use.plan | {"changed": changed}
        return _kept(use, _("Somebody changed it since. Choose what is taken back."))
    skipped = set(changed) if mode == REST else set()
    wanted = {
        piece: value
        for piece, value in use.before.items()
        if piece not in skipped and found.get(piece) != value
    }
    version = use.version
    note = _("Playbook “%(name)s” taken back.") % {"name": version.playbook.name}
    try:
        putting.put(business, wanted, By(use.asked_by, now, note[:200], origin="restored"))
    except Unfit as wrong:
        use.plan = use.plan | {"problems": [list(each) for each in wrong.problems]}
        return _kept(use, _first(wrong.problems))
    use.state, use.taken_back_at, use.problem = "taken_back", now, ""
    use.plan = use.plan | {"left": sorted(skipped)}
    use.save(update_fields=["state", "taken_back_at", "problem", "plan"])
    agencies.note(
        business.agency, "playbook.take_back", actor=use.asked_by, door="agenda", at=now,
        business=business, playbook=version.playbook.name, version=version.number,
        changed=len(wanted), left=len(skipped),
    )  # fmt: skip
    return None


def died(item: agenda.Item, _words: str) -> None:
    """A row was given up (settings.AGENDA_DEAD_HANDLERS): the business is as it was, and its use says so."""
    gave_up = _("It failed on our side. The business is as it was; try again.")
    becomes = {
        CHECK: ("checking", "unfit"),
        APPLY: ("waiting", "failed"),
        TAKE_BACK: ("taking", "kept"),
    }
    was, state = becomes[item.kind]
    PlaybookUse.objects.filter(pk=item.subject, state=was).update(state=state, problem=gave_up)
    use = _use(item)
    if use is not None:
        move_on(use.push)


def _use(item: agenda.Item, *, lock: bool = False) -> PlaybookUse | None:
    rows: Any = PlaybookUse.objects.select_related("version__playbook")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: PlaybookUse | None = rows.filter(pk=item.subject, business=item.business_id).first()
    return found


def _locked(business_id: int) -> Business:
    """Lock the business: of two playbooks for it the second sees what the first did."""
    rows = Business.objects.select_for_update(of=("self",), no_key=True).select_related("agency")
    return rows.get(pk=business_id)


def _by(push: PlaybookPush, at: datetime) -> By:
    name = push.version.playbook.name
    note = _("From the playbook “%(name)s”, version %(version)s.")
    return By(push.asked_by, at, (note % {"name": name, "version": push.version.number})[:200])


def _failed(use: PlaybookUse, sentence: str) -> None:
    use.state, use.problem = "failed", sentence[:300]
    use.save(update_fields=["state", "problem", "plan"])


def _kept(use: PlaybookUse, sentence: str) -> None:
    use.state, use.problem = "kept", sentence[:300]
    use.save(update_fields=["state", "problem", "plan"])


def _first(problems: Iterable[Any]) -> str:
    return next((str(what) for _piece, what in problems), "")[:300]
