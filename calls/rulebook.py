"""The rules in versions: publishing, restoring, drafts, and the calls whose decision must not change.

Whoever changes the rules comes through `publish`: the page, the API, an audit's draft. Two at once
are ordered by the lock of the latest version's row; the second learns what the first has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from calls import facts as call_facts
from calls import rules as shape
from calls.decision import Decision, decide
from calls.facts import Facts
from calls.models import PinnedCall, RuleDraft, RuleSet
from calls.rule_words import Names
from calls.rules import Rule, Rules, RulesError
from messaging import audit
from messaging.models import MessageTemplate
from tenants.models import Business, PhoneNumber

MAX_PINS = 200


@dataclass(frozen=True, slots=True)
class PinResult:
    """A pinned call asked again. `decision` is None where its facts can no longer be read."""

    pin: PinnedCall
    decision: Decision | None

    @property
    def holds(self) -> bool:
        """Whether it is decided as it must be."""
        now = self.decision
        return now is not None and (now.action, now.code, now.rule.id if now.rule else "") == (
            self.pin.action, self.pin.code, self.pin.rule
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` did. is_new: False where nothing had changed, and `ruleset` is the one in force."""

    ruleset: RuleSet
    pins: tuple[PinResult, ...]
    is_new: bool


class Conflict(Exception):
    """Somebody else has published since: `latest` is in force, not what the change was based on."""

    def __init__(self, latest: RuleSet) -> None:
        super().__init__(f"based_on: version {latest.version} by {latest.author} is in force")
        self.latest = latest


class PinsBroken(Exception):
    """Pinned calls would be decided otherwise; `pins` are those."""

    def __init__(self, pins: Sequence[PinResult]) -> None:
        names = ", ".join(result.pin.name for result in pins)
        super().__init__(f"pinned calls would be decided otherwise: {names}")
        self.pins = tuple(pins)


class PinError(ValueError):
    """A call that cannot be pinned; the sentence is for people."""


def latest() -> RuleSet | None:
    """Return the version in force; None before the first."""
    return RuleSet.objects.order_by("-version").first()


def rules_of(ruleset: RuleSet | None) -> Rules:
    """Return a stored version as rules."""
    return Rules(ruleset.version, shape.load(ruleset.rules)) if ruleset else Rules()


def names(business_id: int) -> Names:
    """Return what the business calls its lines and texts."""
    lines = PhoneNumber.objects.filter(business=business_id).exclude(label="")
    return Names(
        dict(lines.values_list("e164", "label")),
        dict(MessageTemplate.objects.values_list("key", "name")),
    )


def checked(business_id: int, raw: Any) -> tuple[Rule, ...]:
    """Return rules that could be published for this business. Raises RulesError naming fields."""
    lines = PhoneNumber.objects.filter(business=business_id).values_list("e164", flat=True)
    templates = MessageTemplate.objects.values_list("key", flat=True)
    return shape.load(raw, lines=frozenset(lines), templates=frozenset(templates))


def publish(
    business: Business,
    rules_raw: Any,
    *,
    by: str,
    user_id: int | None,
    origin: str,
    note: str = "",
    based_on: int,
    at: datetime,
    door: str = "page",
    accept_broken_pins: bool = False,
    restored_from: int | None = None,
    draft: RuleDraft | None = None,
) -> Published:
    """Put rules in force as a new version; rules that changed nothing make none.

    based_on: the version they were made from; origin, restored_from: as RuleSet has them; draft:
    is deleted with it. settings.RULES_PUBLISHED_HANDLERS are told in the same transaction. Raises
    RulesError, Conflict, and PinsBroken unless accept_broken_pins is said.
    """
    try:
        with transaction.atomic():
            return _publish(
                business, rules_raw, by, user_id, origin, note, based_on, at, door,
                accept_broken_pins, restored_from, draft,
            )  # fmt: skip
    except IntegrityError:
        # Two wrote the very first version at once: the other one did.
        now = latest()
        if now is None or now.version == based_on:
            raise
        raise Conflict(now) from None


def _publish(
    business: Business, raw: Any, by: str, user_id: int | None, origin: str, note: str,
    based_on: int, at: datetime, door: str, accept: bool, restored_from: int | None,
    draft: RuleDraft | None,
) -> Published:  # fmt: skip
    current = _locked()
    if current is not None and current.version != based_on:
        raise Conflict(current)
    rules = checked(business.pk, raw)
    stored = shape.dump(rules)
    version = based_on + 1
    pins = run_pins(Rules(version, rules))
    if draft is not None:
        RuleDraft.objects.filter(pk=draft.pk).delete()
    if current is not None and current.rules == stored:
        return Published(current, pins, False)
    broken = [result for result in pins if not result.holds]
    if broken:
        if not accept:
            raise PinsBroken(broken)
        listed = ", ".join(result.pin.name for result in broken)
        note = f"{note.rstrip('.')}{'. ' if note else ''}Decided otherwise now: {listed}"
    ruleset = RuleSet.objects.create(
        version=version, rules=stored, author=by[:120], author_user=user_id, origin=origin,
        note=note[:200], restored_from=restored_from, created_at=at,
    )  # fmt: skip
    detail: dict[str, Any] = {"version": version, "origin": origin}
    if restored_from:
        detail["restored_from"] = restored_from
    if broken:
        detail["pins_broken"] = [result.pin.pk for result in broken]
    audit.note("rules.publish", actor=by, door=door, at=at, detail=detail)
    for path in settings.RULES_PUBLISHED_HANDLERS:
        import_string(path)(business, ruleset)
    return Published(ruleset, pins, True)


def _locked() -> RuleSet | None:
    """Lock the row of the latest version; whoever waited for it looks again which one that is."""
    while (found := latest()) is not None:
        RuleSet.objects.select_for_update().get(pk=found.pk)
        again = latest()
        if again is not None and again.pk == found.pk:
            return found
    return None


def restore(
    business: Business, version: int, *, by: str, user_id: int | None, based_on: int, at: datetime,
    accept_broken_pins: bool = False, door: str = "page",
) -> Published:  # fmt: skip
    """Put an old version in force again, as a new one.

    Raises RuleSet.DoesNotExist, and what `publish` raises: a line or a text may be gone since.
    """
    old = RuleSet.objects.get(version=version)
    return publish(
        business, old.rules, by=by, user_id=user_id, origin="restored",
        note=f"Version {version} again.", based_on=based_on, at=at, restored_from=version,
        accept_broken_pins=accept_broken_pins, door=door,
    )  # fmt: skip


# --- drafts ---------------------------------------------------------------------------------------


def draft_of(user_id: int) -> RuleDraft | None:
    """Return what a member works on; None when he has begun nothing."""
    return RuleDraft.objects.filter(source="page", author_user=user_id).first()


def save_draft(
    user_id: int, rules: Sequence[Rule], *, by: str, at: datetime, based_on: int | None = None
) -> RuleDraft | None:
    """Keep a member's work; one that equals what is in force is no draft, and None is returned.

    based_on: the version it was begun from, the one in force where it begins now.
    """
    stored, current = shape.dump(rules), latest()
    begun = draft_of(user_id)
    base = based_on if based_on is not None else begun.based_on if begun else None
    if base is None:
        base = current.version if current else 0
    if current is not None and current.version == base and current.rules == stored:
        discard_draft(user_id)
        return None
    draft, _ = RuleDraft.objects.update_or_create(
        source="page",
        author_user=user_id,
        defaults={"rules": stored, "based_on": base, "author": by[:120], "updated_at": at},
        create_defaults={
            "name": f"Draft of {by}"[:80], "rules": stored, "based_on": base, "author": by[:120],
            "created_at": at, "updated_at": at,
        },
    )  # fmt: skip
    return draft


def discard_draft(user_id: int) -> bool:
    """Throw a member's work away; False when there was none."""
    return bool(RuleDraft.objects.filter(source="page", author_user=user_id).delete()[0])


# --- pinned calls ---------------------------------------------------------------------------------


def run_pins(rules: Rules) -> tuple[PinResult, ...]:
    """Ask every pinned call again under these rules."""
    return tuple(PinResult(pin, _again(pin, rules)) for pin in PinnedCall.objects.order_by("name"))


def _again(pin: PinnedCall, rules: Rules) -> Decision | None:
    try:
        return decide(call_facts.load(pin.facts), rules, pin.asked_at)
    except (KeyError, ValueError, TypeError):
        return None  # written by a version that knew other facts: it holds no more, and says so


def pin_facts(
    facts: Facts, name: str, rules: Rules, *, by: str, at: datetime, now: datetime
) -> PinnedCall:
    """Pin a call by its facts, with what the rules in force decide about it at `at` (aware).

    now: when it is pinned. Raises PinError for a name that is taken or empty, or too many.
    """
    name = " ".join(name.split())[:120]
    if not name or "\x00" in name:
        raise PinError("Give the pinned call a name.")
    if PinnedCall.objects.count() >= MAX_PINS:
        raise PinError(f"At most {MAX_PINS} calls can be pinned. Unpin one first.")
    facts = _without_number(facts)
    decision = decide(facts, rules, at)
    pin, is_new = PinnedCall.objects.get_or_create(
        name=name,
        defaults={
            "facts": call_facts.dump(facts), "asked_at": at, "action": decision.action,
            "code": decision.code, "rule": decision.rule.id if decision.rule else "",
            "author": by[:120], "created_at": now,
        },
    )  # fmt: skip
    if not is_new:
        raise PinError(f"There is a pinned call named “{name}” already. Choose another name.")
    audit.note("rules.pin", actor=by, door="page", at=now, detail={"pin": pin.pk})
    return pin


def _without_number(facts: Facts) -> Facts:
    """A pin outlives the person's data, so only the area code of the number is kept."""
    return replace(facts, caller=f"+1{facts.area_code}0000000" if facts.area_code else "")


def unpin(pin: PinnedCall, *, by: str, at: datetime) -> None:
    """Let the rules decide this call as they like."""
    with transaction.atomic():
        audit.note("rules.unpin", actor=by, door="page", at=at, detail={"pin": pin.pk})
        pin.delete()


__all__ = [
    "Conflict", "PinError", "PinResult", "PinsBroken", "Published", "RulesError", "checked",
    "discard_draft", "draft_of", "latest", "names", "pin_facts", "publish", "restore", "rules_of",
    "run_pins", "save_draft", "unpin",
]  # fmt: skip
