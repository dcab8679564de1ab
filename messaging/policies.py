"""The business's compliance policy: read for the gate, saved as a new version, held texts asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from billing import limits
from billing.entitlements import UNBILLED, Standing
from billing.standing import STANDING_SQL, standing_from
from messaging import audit
from messaging.clearance import Policy as Choices
from messaging.jurisdictions import current as current_rules
from messaging.models import Policy
from tenants import agenda, postures
from tenants.models import Business, RegistrationChange, RulesetSeen, Stage
from tenants.scope import business_scope

# The switches a member may turn, in the order of the page: name, label, one line why, rule id.
SWITCHES = (
    (
        "washington_needs_notice",
        "Washington callers must have heard the notice",
        "Washington bans commercial texts without prior consent, and reaches whoever helps send them. "
        "While consent is only implied by the call, callers from there get no text.",
        "WA CEMA, RCW 19.190.060",
    ),
    (
        "strict_quiet_hours",
        "Hold even instant answers at night",
        "An answer within five minutes of their call may go at any hour. Switch this on to hold it "
        "until morning at the caller's.",
        "R-HRS-3",
    ),
    (
        "first_text_links",
        "Allow a link in the first text",
        "A link in the first text can make it marketing. Never used by health and law businesses.",
        "R-TCPA-11",
    ),
    (
        "nudges",
        "Follow up when nobody answers",
        "A second text without a reply is marketing: it goes only to people who agreed to that in "
        "writing.",
        "R-CON-1",
    ),
    (
        "only_vouched",
        "Text new callers only when the carrier vouches for their number",
        "Carriers sign a call: A means they know the caller and the number is theirs. With less, the "
        "number may be somebody else's. Most calls from mobiles are signed A; some honest ones are "
        "not.",
        "R-SPOOF-1",
    ),
    (
        "look_up_callers",
        "Ask what kind of line a new caller has",
        "A landline gets no texts: you are told to phone it back instead. It costs about a cent for "
        "each new caller, and the text waits two seconds at most.",
        "8.3",
    ),
    (
        "marketing",
        "Marketing texts",
        "Only to people who agreed in writing, in the allowed hours of every place they may be, once "
        "a day, from a number registered for it.",
        "R-CON-1",
    ),
)
_FIELDS = (
    "posture", *(name for name, *_ in SWITCHES), "countries", "message_months", "recording_days",
)  # fmt: skip
# What the gate needs, in one row of JSON: for calls.setup and for whoever asks by himself.
POLICY_SQL = "(SELECT row_to_json(p) FROM messaging_policy p ORDER BY p.id DESC LIMIT 1)"
_CURRENT = f"""
    SELECT {POLICY_SQL}, b.name, b.playbook, b.suspended_at IS NOT NULL, b.posture,
           (SELECT a.posture_floor FROM public.tenants_agency a WHERE a.id = b.agency_id),
           {STANDING_SQL}, b.stage
    FROM public.tenants_business b WHERE b.id = %s
"""
_kept: dict[int, tuple[int, Choices]] = {}
_KEEP_AT_MOST = 5_000


class PolicyError(ValueError):
    """A choice that cannot be made; `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def choices_from(
    row: Mapping[str, Any] | None, *, brand: str, vertical: str, suspended: bool, posture: str,
    floor: str, billing: Standing = UNBILLED, stage: str = "live",
) -> Choices:  # fmt: skip
    """Return a stored policy as the gate takes it; the stricter posture of business and agency rules.

    Without a row everything is at its strictest.
    """
    if row is None:
        return Choices(posture=postures.PRESS_ONE, strict_quiet_hours=True, only_vouched=True,
                       brand=brand, vertical=vertical, suspended=suspended, billing=billing,
                       stage=stage)  # fmt: skip
    return Choices(
        version=int(row["id"]),
        posture=postures.stricter(posture, floor),
        washington_needs_notice=bool(row["washington_needs_notice"]),
        strict_quiet_hours=bool(row["strict_quiet_hours"]),
        first_text_links=bool(row["first_text_links"]),
        marketing=bool(row["marketing"]),
        nudges=bool(row["nudges"]),
        only_vouched=bool(row["only_vouched"]),
        look_up_callers=bool(row["look_up_callers"]),
        countries=frozenset(row["countries"]),
        vertical=vertical,
        brand=brand,
        suspended=suspended,
        billing=billing,
        stage=stage,
    )


def current(business_id: int, setup_version: int | None = None) -> Choices:
    """Return the policy of a business, in whose schema this thread works.

    Kept for as long as `setup_version` (Business.setup_version) is the same; None reads it afresh.
    Raises LookupError for an unknown business.
    """
    kept = _kept.get(business_id)
    if kept is not None and setup_version is not None and kept[0] == setup_version:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, [business_id])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"there is no business {business_id}")
    choices = choices_from(
        row[0],
        brand=row[1],
        vertical=row[2],
        suspended=row[3],
        posture=row[4],
        floor=row[5],
        billing=standing_from(row[6]),
        stage=row[7],
    )
    if setup_version is not None:
        if len(_kept) >= _KEEP_AT_MOST:
            _kept.clear()
        _kept[business_id] = (setup_version, choices)
    return choices


def counted(policy: Choices, business_id: int, now: datetime) -> Choices:
    """Return a policy with use counted to `now` (aware) where a limit of it is near; else as it is."""
    billing = limits.counted(policy.billing, business_id, now)
    return policy if billing is policy.billing else replace(policy, billing=billing)


def latest() -> Policy:
    """Return the stored policy that rules now in the current business. Raises Policy.DoesNotExist."""
    return Policy.objects.order_by("-pk")[:1].get()


def save(
    business: Business, changes: Mapping[str, Any], *, by: str, door: str, at: datetime
) -> Policy:
    """Store a new version with some choices changed, and ask every held text again.

    Raises PolicyError naming the field: an unknown one, a posture milder than the agency's floor, a
    country that cannot be texted, messages kept less than 24 months.
    """
    with transaction.atomic():
        business = (
            Business.objects.select_for_update(of=("self",)).select_related("agency")
            .get(pk=business.pk)
        )  # fmt: skip
        before = latest()
        values = {name: getattr(before, name) for name in _FIELDS} | dict(changes)
        _check(values, business)
        if all(getattr(before, name) == values[name] for name in _FIELDS):
            return before
        policy = Policy.objects.create(**values, changed_by=by[:120], changed_at=at)
        if business.posture != policy.posture:
            business.posture = policy.posture
            business.save(update_fields=["posture"])
        changed = {name: values[name] for name in _FIELDS if getattr(before, name) != values[name]}
        audit.note("policy.change", actor=by, door=door, at=at, detail=changed)
        ask_held_again(business.pk)
        return policy


def _check(values: Mapping[str, Any], business: Business) -> None:
    for name in values:
        if name not in _FIELDS:
            raise PolicyError(name, "there is no such choice")
    posture, floor = values["posture"], business.agency.posture_floor
    if posture not in postures.POSTURES:
        raise PolicyError("posture", f"expected one of: {', '.join(postures.POSTURES)}")
    if postures.stricter(posture, floor) != posture:
        wanted = postures.POSTURES[floor].name
        raise PolicyError("posture", f"your agency requires at least “{wanted}”")
    for name, *_ in SWITCHES:
        if not isinstance(values[name], bool):
            raise PolicyError(name, "expected on or off")
    countries = values["countries"]
    if not isinstance(countries, list) or not set(countries) <= {"US", "CA"} or not countries:
        raise PolicyError("countries", "expected a list of US and CA, at least one")
    for name, least, most in (("message_months", 24, 240), ("recording_days", 1, 3650)):
        if isinstance(values[name], bool) or not isinstance(values[name], int):
            raise PolicyError(name, "expected a whole number")
        if not least <= values[name] <= most:
            raise PolicyError(name, f"expected {least} to {most}")


def ask_held_again(business_id: int, conversation_id: int | None = None) -> int:
    """Make the held texts of the business in whose schema we are (or of one thread) due now; returns how many.

    The gate is asked again, and holds again what must still wait. Texts that wait for their
    provider are left alone: asking about them sooner would send them twice. One that a worker is
    asking about this moment loses its claim, so that it is asked again afterwards. Wakes on commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_agendaitem SET due_at = now(), claimed_by = '' "
            "WHERE kind = 'messaging.deliver' AND business_id = %s AND state = 'waiting' "
            "AND subject IN (SELECT id::text FROM messaging_message WHERE status = 'held' "
            "AND (%s::bigint IS NULL OR conversation_id = %s)) RETURNING lane",
            [business_id, conversation_id, conversation_id],
        )
        lanes = [row[0] for row in cursor.fetchall()]
    for lane in set(lanes):
        transaction.on_commit(lambda lane=lane: agenda.wake(lane))  # type: ignore[misc]
    return len(lanes)


def registration_changed(change: RegistrationChange) -> None:
    """Ask the texts that waited for a number's registration again (settings.REGISTRATION_CHANGED_HANDLERS)."""
    ask_held_again(change.number.business_id)


def rules_prepared() -> bool:
    """After an update: where the rules are others than before, ask all held texts again; returns whether."""
    version = current_rules().version
    with transaction.atomic():
        _, is_new = RulesetSeen.objects.get_or_create(
            version=version, defaults={"first_at": timezone.now()}
        )
        if is_new:
            for business in Business.objects.exclude(stage=Stage.GONE).order_by("pk"):
                with business_scope(str(business.schema_name)):
                    ask_held_again(business.pk)
    return is_new
