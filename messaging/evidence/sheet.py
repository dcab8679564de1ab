"""The ledger as a sheet for people: CSV that no spreadsheet takes for formulas. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from tenants.cells import harmless

COLUMNS = (
    "seq", "occurred_at", "recorded_at", "kind", "level", "scope", "channel", "matched_by",
    "matched", "phone", "our_number", "raw_text", "provider", "provider_id", "actor",
    "ruleset_version", "detail", "row_hash",
)  # fmt: skip


def cell(value: Any) -> str:
    """Return a value as a cell, '' for None."""
    return "" if value is None else harmless(str(value))


def sheet(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return ledger rows (messaging.ledger.as_row with row_hash, and detail where it is kept) as CSV.

    With a byte order mark, without which spreadsheets take UTF-8 for something else.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        detail = row.get("detail") or {}
        shown = {**row, **detail, "detail": "kept" if detail else "erased, its hash is kept"}
        writer.writerow([cell(shown.get(name)) for name in COLUMNS])
    return "\ufeff" + out.getvalue()
