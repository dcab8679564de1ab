"""What a person's page shows beside consent: how things stand in words, figures, tags, numbers, own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from inbox.models import CustomField, Merge, Tag
from inbox.people import fields, profile
from inbox.search.asking import like
from inbox.thread import panel
from messaging.models import Contact
from messaging.numbers import national

_MOST_ALIKE = 5
_MOST_TAGS = 500
_HISTORY = """
    SELECT called.all, called.missed, texts.received, texts.sent,
        (SELECT min(created_at) FROM messaging_contact WHERE id = ANY(%(ids)s)),
        (SELECT max(last_at) FROM messaging_conversation WHERE contact_id = ANY(%(ids)s))
    FROM (
        SELECT count(*) AS all, count(*) FILTER (WHERE outcome IN ('missed', 'voicemail')) AS missed
        FROM calls_call
        WHERE contact_id = ANY(%(ids)s) AND same_as_id IS NULL AND outcome <> 'ignored'
    ) called, (
        SELECT count(*) FILTER (WHERE m.direction = 'in') AS received,
               count(*) FILTER (WHERE m.direction = 'out' AND m.sent_at IS NOT NULL) AS sent
        FROM messaging_message m JOIN messaging_conversation v ON v.id = m.conversation_id
        WHERE v.contact_id = ANY(%(ids)s)
    ) texts
"""


@dataclass(frozen=True, slots=True)
class History:
    """How often a person and the business met, over all his numbers. Moments are aware, None for never."""

    calls: int
    missed: int
    texts_in: int
    texts_out: int
    first: datetime
    last: datetime | None


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field of the business's own as the form shows it. value: as it is typed or stands."""

    key: str
    label: str
    kind: str
    options: list[str]
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """One of a person's numbers, with how it stands: each has its own consent. merge: the Merge row's id."""

    contact: Contact
    number: str
    standing: dict[str, str]
    merge: int | None = None
    by: str = ""
    at: datetime | None = None


def about(person: Contact) -> dict[str, Any]:
    """Return what the page shows of a person who was not erased."""
    numbers = numbers_of(person)
    ids = [each.contact.pk for each in numbers]
    tags = list(Tag.objects.order_by("name").values_list("name", "colour")[:_MOST_TAGS])
    return {
        "standing": panel.standing(person),
        "history": history(person, ids),
        "numbers": numbers,
        "closed_numbers": [each for each in numbers[1:] if each.contact.opted_out_at is not None],
        "kept": person.merged_into,
        "alike": alike(person) if person.merged_into_id is None else [],
        "tags": _coloured(person.tags, dict(tags)),
        "offered_tags": profile.suggestions(person, [name for name, _colour in tags]),
        "languages": [("", _("Your business's")), ("en", _("English")), ("es", _("Spanish"))],
    }


def history(person: Contact, ids: list[int]) -> History:
    """Return the figures of a person's numbers (contacts' ids)."""
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"ids": ids})
        calls, missed, received, sent, first, last = cursor.fetchone()
    return History(calls, missed, received, sent, first or person.created_at, last)


def numbers_of(person: Contact) -> list[Number]:
    """Return a person's numbers, his own first."""
    others = list(Contact.objects.filter(merged_into=person).order_by("pk"))
    merges = {}
    if others:
        merges = {
            each.folded_id: each for each in Merge.objects.filter(kept=person, undone_at=None)
        }
    found = [Number(person, national(person.phone), panel.standing(person))]
    for folded in others:
        merge = merges.get(folded.pk)
        number = _("An erased number") if folded.erased_at else national(folded.phone)
        found.append(
            Number(
                folded, number, panel.standing(folded), merge.pk if merge else None,
                merge.by_name if merge else "", merge.at if merge else None,
            )
        )  # fmt: skip
    return found


def alike(person: Contact) -> list[tuple[Contact, str]]:
    """Return who may be the same person under another number, and why it seems so."""
    same: list[str] = []
    values: dict[str, Any] = {"id": person.pk, "most": _MOST_ALIKE}
    if person.email:
        same.append("c.email ILIKE %(email)s")
        values["email"] = _exactly(person.email)
    if person.name and person.company:
        same.append("(c.name ILIKE %(name)s AND c.company ILIKE %(company)s)")
        values |= {"name": _exactly(person.name), "company": _exactly(person.company)}
    if not same:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # By the parts that are kept for searching, whatever the statistics say just now.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"SELECT c.id FROM messaging_contact c WHERE ({' OR '.join(same)}) "
            "AND c.id <> %(id)s AND c.erased_at IS NULL AND c.merged_into_id IS NULL AND NOT EXISTS "
            "(SELECT FROM messaging_contact f WHERE f.merged_into_id = c.id) LIMIT %(most)s",
            values,
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return []
    email = person.email.casefold()
    return [
        (
            each,
            _("Same e-mail address")
            if email and each.email.casefold() == email
            else _("Same name and firm"),
        )
        for each in Contact.objects.filter(pk__in=ids).order_by("pk")
    ]


def _exactly(text: str) -> str:
    """Return a pattern that finds a text alone, whatever its case."""
    return like(text)[1:-1]


def own_fields(
    person: Contact, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[OwnField]:
    """Return the business's own fields as they stand, or as they were typed with what is wrong."""
    return [
        OwnField(
            each.key, each.label, each.kind, list(each.options),
            typed.get(f"own-{each.key}", "") if typed is not None
            else fields.typed(each.kind, person.fields.get(each.key)),
            (errors or {}).get(f"own-{each.key}", ""),
        )
        for each in CustomField.objects.filter(archived_at=None)
    ]  # fmt: skip


def _coloured(tags: list[str], known: Mapping[str, str]) -> list[tuple[str, str]]:
    colours = {name.casefold(): colour for name, colour in known.items()}
    return [(tag, colours.get(tag.casefold(), "grey")) for tag in tags]
