"""What stood around a number's texts: the person, holds, policy, our numbers, templates and rules."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import Q

from messaging import zones
from messaging.evidence.decisions import Seen
from messaging.evidence.entries import About, in_utc, stamp
from messaging.evidence.glossary import as_dict, rule
from messaging.jurisdictions import DEFAULT, FEDERAL, UNKNOWN, Jurisdiction, Ruleset
from messaging.models import (
    ConsentEvent,
    Contact,
    ErasedPerson,
    LegalHold,
    Message,
    Policy,
    TemplateVersion,
)
from messaging.places import of_number
from tenants.models import PhoneNumber, RulesetSeen


def contacts_of(number: str, mark: str) -> tuple[int, ...]:
    """Return the ids of every contact a number ever was: by the number, or erased, by its mark."""
    by_number = Contact.objects.filter(phone=number).values_list("pk", flat=True)
    by_mark = ConsentEvent.objects.filter(phone_mark=mark).values_list("contact_id", flat=True)
    return tuple(sorted({*by_number, *by_mark}))


def erased(mark: str) -> ErasedPerson | None:
    """Return what is kept of a number that was erased, None where it never was."""
    return ErasedPerson.objects.filter(phone_mark=mark).first()


def person(about: About) -> dict[str, Any]:
    """Return who is behind the number and how he stands, at the moment of the export."""
    contact = Contact.objects.filter(phone=about.number).first()
    gone = erased(about.mark)
    return {
        "name": contact.name if contact else "",
        "first_seen": stamp(contact.created_at) if contact else None,
        "opted_out_at": stamp(contact.opted_out_at) if contact else None,
        "paused_until": stamp(contact.paused_until) if contact else None,
        "gets_no_texts_since": stamp(contact.untextable_at) if contact else None,
        "consent_level": contact.consent_level if contact else None,
        "stated_place": f"{contact.state} {contact.zone}".strip() if contact else "",
        "stated_place_from": contact.place_source if contact else "",
        "area_code_states": list(of_number(about.number).states),
        "area_code_zones": list(about.zones),
        "erased_at": stamp(gone.erased_at) if gone else None,
        "erased_opted_out_at": stamp(gone.opted_out_at) if gone else None,
    }


def standing(about: About) -> str:
    """Return how the person stands, in a sentence."""
    contact = Contact.objects.filter(phone=about.number).first()
    gone = erased(about.mark)
    told = []
    if contact is not None:
        since = contact.opted_out_at
        told.append(f"Opted out since {in_utc(since)}." if since else "Has not opted out.")
    if gone is not None:
        out = f", opted out since {in_utc(gone.opted_out_at)}" if gone.opted_out_at else ""
        told.append(f"Erased on {in_utc(gone.erased_at)}{out}.")
    return " ".join(told) or "Not known to the business."


def holds(mark: str) -> list[LegalHold]:
    """Return every hold that covers or covered the number, open ones first."""
    found = LegalHold.objects.filter(phone_mark__in=["", mark])
    return sorted(found, key=lambda hold: (hold.lifted_at is not None, hold.placed_at, hold.pk))


def hold_in_words(hold: LegalHold) -> str:
    """Return a hold in a sentence; why everybody is held may name somebody else and is left out."""
    whom = f"on this number ({hold.reason})" if hold.phone_mark else "on the records of everybody"
    until = f"lifted {in_utc(hold.lifted_at)} by {hold.lifted_by}" if hold.lifted_at else "open"
    return f"Legal hold {whom}: placed {in_utc(hold.placed_at)} by {hold.placed_by}, {until}."


def hold_as_dict(hold: LegalHold) -> dict[str, Any]:
    """Return a hold for JSON."""
    return {
        "covers": "this number" if hold.phone_mark else "everybody",
        "reason": hold.reason if hold.phone_mark else "",
        "placed_at": stamp(hold.placed_at),
        "placed_by": hold.placed_by,
        "lifted_at": stamp(hold.lifted_at),
        "lifted_by": hold.lifted_by,
        "open": hold.lifted_at is None,
    }


def policies(about: About, named: set[int]) -> list[dict[str, Any]]:
    """Return the policy versions in force in the period, and those a decision names, oldest first."""
    versions = list(Policy.objects.order_by("pk"))
    shown = []
    for place, policy in enumerate(versions):
        follower = versions[place + 1] if place + 1 < len(versions) else None
        begins = policy.changed_at < about.period.end
        ended = follower is not None and (
            about.period.start is not None and follower.changed_at <= about.period.start
        )
        if not (begins and not ended) and policy.pk not in named:
            continue
        values = {
            field.name: getattr(policy, field.name)
            for field in Policy._meta.concrete_fields
            if field.name not in ("id", "changed_at")
        }
        shown.append({
            "version": policy.pk,
            "in_force_from": stamp(policy.changed_at),
            "in_force_until": stamp(follower.changed_at) if follower else None,
            **values,
        })  # fmt: skip
    return shown


def our_numbers(about: About, business_id: int) -> list[dict[str, Any]]:
    """Return the business's numbers these texts left from or came to, with their registration."""
    used = set(
        Message.objects.filter(conversation__contact__in=about.contacts).values_list(
            "our_number", flat=True
        )
    )
    numbers = PhoneNumber.objects.filter(business=business_id, e164__in=used).order_by("e164")
    return [
        {
            "number": number.e164,
            "kind": number.sender_kind,
            "registration": number.registration,
            "brand_id": number.brand_id,
            "campaign_id": number.campaign_id,
            "use_case": number.use_case,
            "registration_changes": [
                {
                    "at": stamp(change.at),
                    "before": change.before,
                    "after": change.after,
                    "reason": change.reason,
                }
                for change in number.registration_changes.order_by("at", "pk")
            ],
        }
        for number in numbers.prefetch_related("registration_changes")
    ]


def templates(named: set[str]) -> list[dict[str, Any]]:
    """Return the templates of these names (key@version), with those whose version is not kept."""
    wanted = Q(pk=None)
    for name in named:
        key, _, version = name.partition("@")
        if version.isdecimal() and len(version) < 9:
            wanted |= Q(key=key, version=int(version))
    kept = {str(each): each for each in TemplateVersion.objects.filter(wanted)}
    return [
        {
            "template": name,
            "body": kept[name].body if name in kept else None,
            "recorded_at": stamp(kept[name].recorded_at) if name in kept else None,
        }
        for name in sorted(named)
    ]


def rules(about: About, seen: Seen, ruleset: Ruleset) -> dict[str, Any]:
    """Return the rules named by the decisions, and the law of every place the person may be in."""
    states = seen.states | set(of_number(about.number).states)
    countries = {code.partition("-")[0] for code in states}
    codes = states | countries | {FEDERAL, DEFAULT, UNKNOWN}
    return {
        "ruleset": ruleset.version,
        "decided_under": sorted(seen.rulesets),
        "installed": [
            {"ruleset": each.version, "since": stamp(each.first_at)}
            for each in RulesetSeen.objects.order_by("first_at", "pk")
        ],
        "zone_database": zones.VERSION,
        "rules": [as_dict(rule(each, ruleset, on)) for each, on in sorted(seen.rules.items())],
        "jurisdictions": [_jurisdiction(row) for row in ruleset.rows if row.code in codes],
    }


def _jurisdiction(row: Jurisdiction) -> dict[str, Any]:
    values = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(row).items()
    }
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    values["hours"] = {
        day: f"{_clock(span[0])}-{_clock(span[1])}" if span else "banned for marketing"
        for day, span in zip(days, row.hours, strict=True)
    }
    return values


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
