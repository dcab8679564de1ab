"""Setting how a line answers: checked, kept, and noted with who did it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from billing import services as billing
from calls import flow, greeting_files, line_rules
from calls.webhooks import line_of
from messaging import audit
from tenants import postures
from tenants.models import Answering, Business, CompiledHours, PhoneNumber
from tenants.routing import Route

_STEPS = 6  # of a way from line to line; nobody forwards farther
FIELDS = (
    "label", "answering", "staff_numbers", "ring_order", "ring_seconds", "press_one", "greeting",
    "voicemail", "posture", "consent_digit", "consent_prompt", "emergency_digit",
    "emergency_number",
)  # fmt: skip


class LineError(ValueError):
    """Settings that cannot be kept; `problems` has a sentence for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in problems.items()))
        self.problems = dict(problems)


def as_line(number: PhoneNumber, values: Mapping[str, Any], now: datetime) -> flow.Line:
    """Return a line as it would answer at `now` (aware) with these settings, for showing it."""
    hours = CompiledHours.objects.filter(business=number.business_id).first()
    may_text = billing.allowance(number.business_id, now).text_backs
    spans = hours.spans if hours is not None else []
    route = Route(
        number.business_id,
        str(number.business.schema_name),
        number.account_id,
        number.business.texts_nobody or not may_text,
        number.e164,
        number.business.name,
        values["answering"],
        tuple(values["staff_numbers"]),
        values["ring_seconds"],
        values["press_one"],
        values["greeting"],
        values["voicemail"],
        postures.strictest(number.business.effective_posture, values["posture"]),
        ring_order=values["ring_order"],
        greeting_recording=values.get("greeting_recording", ""),
        consent_digit=values["consent_digit"],
        consent_prompt=values["consent_prompt"],
        emergency_digit=values["emergency_digit"],
        emergency_number=values["emergency_number"],
        timezone=number.business.timezone,
        spans=tuple((day, opens, closes) for day, opens, closes in spans),
        closed=tuple(hours.closed) if hours is not None else (),
    )
    return line_of(route, now)


def values_of(number: PhoneNumber) -> dict[str, Any]:
    """Return a line's settings as they are kept."""
    return {name: getattr(number, name) for name in (*FIELDS, "greeting_recording")}


def check(number: PhoneNumber, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with settings for a line, field by field (calls.line_rules)."""
    return problems(
        values,
        e164=number.e164,
        business_id=number.business_id,
        forwards_from=number.forwards_from,
        floor=number.business.effective_posture,
    )


def problems(
    values: Mapping[str, Any], *, e164: str, business_id: int | None, forwards_from: str, floor: str
) -> dict[str, str]:
    """Return what is wrong with settings for a line, as `check`; also of one that is not made yet.

    Whatever is a line with us, of this business or another, is rung by none of them.
    """
    phones = line_rules.callable_phones(values)
    lines = PhoneNumber.objects.filter(e164__in=phones, is_active=True).exclude(e164=e164)
    found = dict(lines.values_list("e164", "business_id"))
    return line_rules.problems(
        values,
        e164=e164,
        ours={line for line, owner in found.items() if owner == business_id},
        others={line for line, owner in found.items() if owner != business_id},
        forwards_from=forwards_from,
        circles=line_rules.coming_back(e164, phones, _ways(phones)),
        floor=floor,
    )


def _ways(phones: set[str]) -> list[tuple[str, str, list[str]]]:
    """Return the lines that a call to one of these phones may come to, some steps far."""
    ways: list[tuple[str, str, list[str]]] = []
    known: set[str] = set()
    for _ in range(_STEPS):
        reached = PhoneNumber.objects.filter(
            Q(e164__in=phones) | Q(forwards_from__in=phones), is_active=True
        ).exclude(e164__in=known)
        new = list(reached.values_list("e164", "forwards_from", "answering", "staff_numbers"))
        if not new:
            break
        known |= {line for line, *_ in new}
        step = [
            (line, public, [] if answering == Answering.GREETING else staff)
            for line, public, answering, staff in new
        ]
        ways += step
        phones = {phone for _, _, rings in step for phone in rings}
    return ways


def save(
    number_id: int,
    business: Business,
    values: Mapping[str, Any],
    *,
    upload: bytes | None = None,
    drop_recording: bool = False,
    by: str,
    door: str,
    at: datetime,
) -> list[str]:
    """Keep how a line answers; returns the names of the fields that changed.

    values: FIELDS; upload: a new recorded greeting, whose words are `greeting`; drop_recording: the
    greeting is spoken again. Raises LineError, PhoneNumber.DoesNotExist for another's line.
    """
    path = ""
    line = PhoneNumber.objects.select_related("business__agency").get(
        pk=number_id, business=business
    )
    problems = check(line, values)
    stays = bool(line.greeting_recording) and not drop_recording
    if (upload is not None or stays) and not values["greeting"].strip():
        problems["greeting"] = (
            "Type what the recording says: it is kept as proof of what was heard."
        )
    if upload is not None and not problems:
        try:
            # Before the row is locked: a file store may be far away.
            path = greeting_files.keep(upload, str(business.schema_name))
        except greeting_files.BadSound as error:
            problems["recording"] = str(error)
    if problems:
        raise LineError(problems)
    with transaction.atomic():
        kept = PhoneNumber.objects.select_for_update(no_key=True).get(pk=number_id)
        before = {name: getattr(kept, name) for name in (*FIELDS, "greeting_recording")}
        after = {name: values[name] for name in FIELDS}
        after["greeting_recording"] = path or ("" if drop_recording else kept.greeting_recording)
        changed = [name for name, value in after.items() if value != before[name]]
        if not changed:
            return []
        for name in changed:
            setattr(kept, name, after[name])
        kept.save(update_fields=changed)
        if before["greeting_recording"] and "greeting_recording" in changed:
            greeting_files.let_go(before["greeting_recording"], business.pk, at)
        audit.note(
            "line.change", actor=by, door=door, at=at,
            detail={"line": kept.pk, "fields": changed, "posture": kept.posture},
        )  # fmt: skip
    return changed
