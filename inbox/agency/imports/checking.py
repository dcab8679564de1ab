"""What is wrong with each row of a file of businesses, field by field, before anything is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from calls.line_rules import not_rung
from inbox.agency.imports import week
from messaging.people_files import number_of
from tenants import business_facts

_MAIL = re.compile(r"[^@\s]{1,64}@([a-z0-9-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_MOST_PHONES = 10
# What people write for a zone (telephony has no names of its own for them).
_ZONES = {
    "eastern": "America/New_York", "et": "America/New_York", "est": "America/New_York",
    "edt": "America/New_York", "central": "America/Chicago", "ct": "America/Chicago",
    "cst": "America/Chicago", "cdt": "America/Chicago", "mountain": "America/Denver",
    "mt": "America/Denver", "mst": "America/Denver", "mdt": "America/Denver",
    "arizona": "America/Phoenix", "pacific": "America/Los_Angeles", "pt": "America/Los_Angeles",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
}  # fmt: skip
# Words for a kind of business, and the ready pack for it.
_PACKS = {
    "plumbing": "plumbing", "plumber": "plumbing", "plumbers": "plumbing", "hvac": "plumbing",
    "heating": "plumbing", "electrician": "plumbing", "roofing": "plumbing", "home services": "plumbing",
    "dental": "dental", "dentist": "dental", "orthodontist": "dental", "legal": "legal",
    "law": "legal", "lawyer": "legal", "attorney": "legal", "law firm": "legal",
    "accounting": "accounting", "accountant": "accounting", "cpa": "accounting", "tax": "accounting",
    "auto": "auto", "auto repair": "auto", "mechanic": "auto", "salon": "salon", "spa": "salon",
    "hair salon": "salon", "barber": "salon", "general": "general",
}  # fmt: skip
_FACTS = ("legal_name", "ein", "street", "city", "region", "postcode", "country", "website")


@dataclass(frozen=True, slots=True)
class Known:
    """What there is already, and what holds for all rows.

    names: (name, number) of businesses; ids: their own ids; numbers: those somebody has; packs:
    ready packs; books: the agency's playbooks, by small name; zone: for rows that name none;
    has_account: whether numbers can be taken.
    """

    zones: Collection[str]
    packs: Mapping[str, str]
    books: Mapping[str, int] = field(default_factory=dict)
    ids: Collection[str] = ()
    numbers: Collection[str] = ()
    names: Collection[str] = ()
    zone: str = ""
    book: str = ""
    has_account: bool = False


def check(rows: Sequence[tuple[int, Mapping[str, str]]], known: Known) -> dict[int, dict[str, str]]:
    """Return what is wrong with each row, by line and field; a row that can be made is not there."""
    found: dict[int, dict[str, str]] = {}
    seen: dict[tuple[str, str], int] = {}
    for line, cells in rows:
        wrong = row_problems(cells, known)
        for name, key in _keys(cells):
            first = seen.setdefault((name, key), line)
            if first != line and name not in wrong:
                wrong[name] = f"The same stands in line {first}."
        if wrong:
            found[line] = wrong
    return found


def unanswered(times: int) -> str:
    """Return what is wrong with a row whose number the provider was asked for in vain."""
    return (
        f"The provider was asked {times} times whether the account holds this number, and did not "
        "answer. Bring this line in again later."
    )


def row_problems(cells: Mapping[str, str], known: Known) -> dict[str, str]:
    """Return what is wrong with one row, by field."""
    wrong: dict[str, str] = {}
    name = cells["name"]
    if not 0 < len(name) <= 120 or not name.isprintable():
        wrong["name"] = "Give the name as its customers know it, at most 120 characters."
    if len(cells["external_id"]) > 80:
        wrong["external_id"] = "At most 80 characters."
    elif cells["external_id"] and cells["external_id"] in known.ids:
        wrong["external_id"] = "A business with this id is there already."
    elif name.casefold() in known.names and not cells["external_id"]:
        wrong["name"] = "A business of this name is there already. Give it an id of your own."
    if not zone_of(cells, known):
        wrong["timezone"] = "Write a time zone such as America/Chicago."
    if cells["hours"]:
        try:
            week.read(cells["hours"])
        except week.BadWeek as bad:
            wrong["hours"] = str(bad)
    wrong |= _numbers(cells, known)
    mail = cells["owner_email"]
    if mail and (len(mail) > 254 or not _MAIL.fullmatch(mail)):
        wrong["owner_email"] = "This is no e-mail address."
    if cells["playbook"] and not pack_of(cells, known) and not book_of(cells, known):
        wrong["playbook"] = f"There is no playbook “{cells['playbook'][:40]}”."
    _facts, bad_facts = business_facts.read(facts_of(cells))
    bad_mail = bad_facts.pop("contact_email", "")
    if bad_mail:
        wrong.setdefault("owner_email", bad_mail)
    return wrong | bad_facts


def facts_of(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the facts a row has, as tenants.business_facts reads them."""
    given = {name: cells[name] for name in _FACTS if cells[name]}
    if cells["country"].casefold() in ("usa", "united states", "u.s.", "us"):
        given["country"] = "US"
    elif cells["country"].casefold() in ("canada", "ca", "can"):
        given["country"] = "CA"
    if cells["owner_email"]:
        given["contact_email"] = cells["owner_email"]
    return given


def zone_of(cells: Mapping[str, str], known: Known) -> str:
    """Return a row's time zone, the one for all where it names none, '' where there is none."""
    said = cells["timezone"] or known.zone
    short = re.sub(r"\s*(standard |daylight )?time$", "", said.casefold()).strip()
    zone = _ZONES.get(short, said)
    return zone if zone in known.zones else ""


def pack_of(cells: Mapping[str, str], known: Known) -> str:
    """Return the key of the ready pack a row names, '' where it names another playbook or nothing known."""
    said = (cells["playbook"] or known.book).casefold()
    by_name = {name.casefold(): key for key, name in known.packs.items()}
    if said:
        return said if said in known.packs else by_name.get(said) or _known_pack(said, known)
    return vertical_pack(cells, known) or "general"


def vertical_pack(cells: Mapping[str, str], known: Known) -> str:
    """Return the key of the ready pack for a row's kind of business, '' for none."""
    said = cells["vertical"].casefold()
    return said if said in known.packs else _known_pack(said, known)


def _known_pack(said: str, known: Known) -> str:
    pack = _PACKS.get(said, "")
    return pack if pack in known.packs else ""


def book_of(cells: Mapping[str, str], known: Known) -> int | None:
    """Return the id of the agency's own playbook a row names; it comes before a pack of that name."""
    return known.books.get((cells["playbook"] or known.book).casefold())


def e164(written: str) -> str:
    """Return a number as it was written in E.164, '' where it is none."""
    return number_of(written, "US")


def phones_of(cells: Mapping[str, str]) -> list[str]:
    """Return the phones a row's line rings first."""
    parts = [part for part in re.split(r"[,;|/]", cells["forward_to"]) if part.strip()]
    return list(dict.fromkeys(e164(part) for part in parts))


def _numbers(cells: Mapping[str, str], known: Known) -> dict[str, str]:
    wrong: dict[str, str] = {}
    number, phones = "", phones_of(cells)
    if cells["number"]:
        number = e164(cells["number"])
        if not number:
            wrong["number"] = "This is no phone number. Write it such as +13125550142."
        elif number in known.numbers:
            wrong["number"] = "This number belongs to a business already."
        elif not known.has_account:
            wrong["number"] = "Choose the provider's account below, or leave the column out."
    if cells["forward_to"] and not cells["number"]:
        wrong["forward_to"] = "Phones to ring need a number that is called."
    elif "" in phones:
        wrong["forward_to"] = "One of them is no phone number."
    elif len(phones) > _MOST_PHONES:
        wrong["forward_to"] = f"At most {_MOST_PHONES} phones can be rung."
    elif number and number in phones:
        wrong["forward_to"] = "A number cannot ring itself."
    elif number and (why := next(filter(None, (not_rung(phone, number) for phone in phones)), "")):
        wrong["forward_to"] = why
    return wrong


def _keys(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what may stand once in a file: an id, a number, a name without either."""
    number = e164(cells["number"]) if cells["number"] else ""
    keys = [("external_id", cells["external_id"]), ("number", number)]
    if not cells["external_id"]:
        keys.append(("name", cells["name"].casefold()))
    return [(name, key) for name, key in keys if key]
