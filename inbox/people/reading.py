"""The list of people: a page by key-set, found by a part of name, number, firm or address.

Every statement costs the same whatever was asked. People who fit are first counted up to a
thousand: so few are put in order by themselves, more are found along the index that is in order.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from inbox.models import Tag
from inbox.search.asking import Asked, asked, like
from messaging.models import Contact
from messaging.numbers import national

PAGE = 50
COUNTED = 1_000  # beyond it is "more than"
ALL, OPTED_OUT, VIP, NEVER = "all", "opted-out", "vip", "never-texted"
SHOWS = (
    (ALL, _("Everybody")),
    (OPTED_OUT, _("Opted out")),
    (VIP, _("VIP")),
    (NEVER, _("Never texted by a rule")),
)
# Each as its index has it (messaging.models.Contact); nobody is in a list who was erased or is
# shown with somebody else.
_SHOWN = {
    ALL: "true",
    OPTED_OUT: "c.opted_out_at IS NOT NULL",
    VIP: "c.vip_at IS NOT NULL",
    NEVER: "c.ignored_at IS NOT NULL",
}
_THERE = "c.erased_at IS NULL AND c.merged_into_id IS NULL"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which people are wanted. show: one of SHOWS; tag: as people carry it, "" for any."""

    asked: Asked
    show: str = ALL
    tag: str = ""

    @property
    def is_all(self) -> bool:
        """Whether nothing narrows the list."""
        return self.show == ALL and not self.tag and not self.asked.text

    def query(self, **more: str) -> str:
        """Return it as the query of an address."""
        parts = {"q": self.asked.text, "show": "" if self.show == ALL else self.show}
        return urlencode({k: v for k, v in (parts | {"tag": self.tag} | more).items() if v})


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in the list."""

    contact: Contact
    title: str
    number: str
    last_at: Any
    also: int  # further numbers that are the same person
    also_opted_out: int
    tags: Sequence[tuple[str, str]] = field(default_factory=tuple)  # name, colour


@dataclass(frozen=True, slots=True)
class People:
    """A page of people. after: where the next begins, "" after the last; count: of all who fit, COUNTED + 1 for more."""

    rows: list[PersonRow]
    after: str
    count: int


def choice_of(given: Any) -> Choice:
    """Return which people a query of an address wants; what it does not know is everybody."""
    show = given.get("show", ALL)
    tag = str(given.get("tag", ""))[:40].replace("\x00", "").strip()
    return Choice(asked(str(given.get("q", ""))), show if show in _SHOWN else ALL, tag)


def page(choice: Choice, cursor: str = "", *, size: int = PAGE) -> People:
    """Return a page of people by name, whoever has none last. A cursor that is none begins anew."""
    place = _read(cursor)
    condition, values = _condition(choice)
    with transaction.atomic(), connection.cursor() as db:
        # Whatever the statistics say just now: never the whole table.
        db.execute("SET LOCAL enable_seqscan = off")
        # Whoever fits by a number that is shown with somebody else is that somebody.
        order = "" if choice.tag or choice.asked.text else "ORDER BY c.name, c.id"
        db.execute(
            "SELECT coalesce(c.merged_into_id, c.id) FROM messaging_contact c "
            f"WHERE {condition} AND c.erased_at IS NULL {order} LIMIT %(most)s",
            values | {"most": COUNTED + 1},
        )
        few = list(dict.fromkeys(pk for (pk,) in db.fetchall()))
        within, ids = condition, {}
        if len(few) <= COUNTED:
            within, ids = "c.id = ANY(%(few)s)", {"few": few}
        found: list[tuple[int, str]] = []
        # By name first, then those without one: the same index twice.
        for named in (True, False):
            if place is not None and named and not place[0]:
                continue
            at = place if place is not None and bool(place[0]) == named else None
            order = "c.name, c.id" if named else "c.id"
            after = "" if at is None else "AND (c.name, c.id) > (%(name)s, %(id)s)"
            db.execute(
                f"SELECT c.id, c.name FROM messaging_contact c WHERE {within} AND {_THERE} "
                f"AND c.name {'>' if named else '='} '' {after} ORDER BY {order} LIMIT %(n)s",
                values | ids | {"n": size + 1 - len(found)}
                | ({"name": at[0], "id": at[1]} if at is not None else {}),
            )  # fmt: skip
            found += db.fetchall()
            if len(found) > size:
                break
    shown = found[:size]
    after = _cursor(shown[-1][1], shown[-1][0]) if len(found) > size else ""
    return People(rows_of([pk for pk, _name in shown]), after, len(few))


def _condition(choice: Choice) -> tuple[str, dict[str, Any]]:
    parts, values = [_SHOWN[choice.show]], {}
    if choice.tag:
        parts.append("c.tags @> %(tag)s::jsonb")
        values["tag"] = json.dumps([choice.tag])
    looked = choice.asked
    if looked.digits:
        # A national number's first zero is not part of the international one.
        parts.append("c.phone LIKE %(has)s")
        values["has"] = f"%{looked.digits.lstrip('0') or looked.digits}%"
    elif looked.part:
        names, firms = [], []
        for position, word in enumerate(looked.words):
            key = f"w{position}"
            # Two letters have no three to be found by, but a beginning has.
            values[key] = like(word) if len(word) > 2 else like(word)[1:]
            names.append(f"c.name ILIKE %({key})s")
            firms.append(f"c.company ILIKE %({key})s")
        values["has"] = like(looked.part) if len(looked.part) > 2 else like(looked.part)[1:]
        parts.append(
            f"(({' AND '.join(names)}) OR ({' AND '.join(firms)}) OR c.email ILIKE %(has)s)"
        )
    elif looked.text:
        parts.append("false")  # what nobody can be found by
    return " AND ".join(parts), values


def fitting(rows: QuerySet[Contact], looked: Asked) -> QuerySet[Contact]:
    """Return those of some people who fit by name, firm, address or number, to be put in any order by an index.

    Few are asked for by their ids, which the indexes of parts gave; of many some soon come along the
    order, so their parts are looked at on the way. To be asked in a transaction that reads no table whole.
    """
    condition, named = _condition(Choice(looked))
    with connection.cursor() as db:
        db.execute(
            f"SELECT c.id FROM messaging_contact c WHERE {condition} LIMIT %(most)s",
            named | {"most": COUNTED + 1},
        )
        few = [pk for (pk,) in db.fetchall()]
    if len(few) <= COUNTED:
        return rows.filter(pk__in=few)
    values: list[Any] = []

    def place(match: re.Match[str]) -> str:
        values.append(named[match[1]])
        return "%s"

    within = re.sub(r"\bc\.", "messaging_contact.", condition)
    within = re.sub(r"%\((\w+)\)s", place, within)
    return rows.filter(RawSQL(f"({within})", values, output_field=BooleanField()))


def rows_of(ids: list[int]) -> list[PersonRow]:
    """Return people by their contacts' ids, in that order."""
    found = Contact.objects.select_related("conversation").in_bulk(ids)
    also: dict[int, list[bool]] = {}
    for kept, opted_out in Contact.objects.filter(merged_into__in=ids).values_list(
        "merged_into", "opted_out_at"
    ):
        also.setdefault(kept or 0, []).append(opted_out is not None)
    wanted = {tag for contact in found.values() for tag in contact.tags}
    colours = (
        dict(Tag.objects.filter(name__in=wanted).values_list("name", "colour")) if wanted else {}
    )
    rows = []
    for pk in ids:
        contact = found[pk]
        thread = getattr(contact, "conversation", None)
        rows.append(
            PersonRow(
                contact=contact,
                title=contact.name or national(contact.phone),
                number=national(contact.phone),
                last_at=thread.last_at if thread is not None else None,
                also=len(also.get(pk, ())),
                also_opted_out=sum(also.get(pk, ())),
                tags=tuple((tag, colours.get(tag, "grey")) for tag in contact.tags),
            )
        )
    return rows


def _cursor(name: str, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, pk]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, int] | None:
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(cursor[:2000] + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        return None
    if not isinstance(name, str) or not isinstance(pk, int) or not 0 <= pk < 2**63:
        return None
    return (name.replace("\x00", ""), pk)
