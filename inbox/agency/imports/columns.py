"""The columns of a file of businesses: what each is called here and elsewhere, and which is which. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messaging.people_files import written


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a business. head: its name in our template; also: names other programs give it."""

    field: str
    head: str
    also: tuple[str, ...] = ()
    example: str = ""
    needed: bool = False


COLUMNS = (
    Column("name", "Name", ("business", "business name", "company", "company name", "account", "account name",
                            "client", "client name", "location name", "dba"), "Hilltop Plumbing", True),
    Column("external_id", "Your id", ("external id", "id", "crm id", "account id", "client id", "location id", "ref"), "CRM-1042"),
    Column("legal_name", "Legal name", ("legal business name", "legal entity", "registered name"), "Hilltop Plumbing LLC"),
    Column("ein", "EIN", ("tax id", "federal tax id", "tin", "employer identification number"), "12-3456789"),
    Column("street", "Street", ("address", "street address", "address 1", "address line 1", "address1"), "12 Main St"),
    Column("city", "City", ("town",), "Denver"),
    Column("region", "State", ("region", "province", "state code"), "CO"),
    Column("postcode", "ZIP", ("zip", "zip code", "postcode", "postal code"), "80202"),
    Column("country", "Country", ("country code",), "US"),
    Column("website", "Website", ("site", "url", "web", "web site", "domain"), "hilltopplumbing.com"),
    Column("vertical", "Kind of business", ("vertical", "industry", "category", "business type", "type"), "plumbing"),
    Column("timezone", "Time zone", ("timezone", "tz", "zone"), "America/Denver"),
    Column("hours", "Opening hours", ("hours", "business hours", "office hours"), "Mon-Fri 8:00-17:00; Sat 9:00-12:00"),
    Column("number", "Number", ("phone", "phone number", "main number", "business phone", "tracking number", "did"), "+13035550111"),
    Column("forward_to", "Rings these phones", ("forwarding", "forward to", "forwarding number", "staff phones", "ring to"), "+13035550190"),
    Column("owner_email", "Owner's e-mail", ("owner email", "email", "e-mail", "contact email", "owner's email"), "owner@hilltop.example"),
    Column("playbook", "Playbook", ("snapshot", "pack", "template"), "plumbing"),
)  # fmt: skip
FIELDS = {column.field: column for column in COLUMNS}


def guess(header: Sequence[str]) -> dict[str, int]:
    """Return which column of a file is which field, by its head; each column and each field once.

    An exact name comes before one that only holds it.
    """
    heads = [_plain(cell) for cell in header]
    found: dict[str, int] = {}
    for is_exact in (True, False):
        for column in COLUMNS:
            names = [_plain(name) for name in (column.head, column.field, *column.also)]
            if column.field in found:
                continue
            for place, head in enumerate(heads):
                fits = head in names if is_exact else any(_holds(head, name) for name in names)
                if head and fits and place not in found.values():
                    found[column.field] = place
                    break
    return found


def cells(mapping: Mapping[str, int], row: Sequence[str]) -> dict[str, str]:
    """Return a row's cells by field; a cell that a spreadsheet protected is what was meant."""
    found = {}
    for field in FIELDS:
        place = mapping.get(field, -1)
        cell = row[place].strip() if 0 <= place < len(row) else ""
        found[field] = cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell
    return found


def template() -> str:
    """Return the file to fill in: the heads, and one row as an example."""
    return written([[column.head for column in COLUMNS], [column.example for column in COLUMNS]])


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", words.casefold().replace("'", "")).split())


def _holds(head: str, name: str) -> bool:
    return len(name) > 4 and bool(re.search(rf"\b{re.escape(name)}\b", head))
