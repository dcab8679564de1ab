"""A row of the consent ledger as it is hashed, exported and verified. Pure.

The format is the offline verifier's (messaging/evidence/verify_ledger.py): what opposing counsel
runs and what we run is one code. compliance.md section 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.evidence.verify_ledger import GENESIS, as_json, detail_hash, row_hash

__all__ = [
    "DETAIL", "FIELDS", "GENESIS", "TIME_SQL", "around", "as_json", "as_row", "detail_hash", "moment",
    "row_hash",
]  # fmt: skip

# Every column the hash covers; `contact` is the contact's id.
FIELDS = (
    "seq", "contact", "phone_mark", "kind", "level", "scope", "channel", "matched_by", "matched",
    "classifier", "provider", "provider_id", "our_number", "evidence", "actor", "legal_entity",
    "brand_id", "campaign_id", "ruleset_version", "detail_hash", "occurred_at", "recorded_at",
)  # fmt: skip
# What is known only behind the lock of the ledger's head; `seq` is the last key of all.
_BEFORE_TIME = tuple(name for name in sorted(FIELDS) if name < "recorded_at")
_BEHIND_TIME = tuple(name for name in sorted(FIELDS) if "recorded_at" < name < "seq")
# `moment` in SQL, of a column or an expression put in for {}.
TIME_SQL = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
# What may be erased; the ledger keeps its hash.
DETAIL = ("ip", "phone", "raw_text", "salt", "user_agent")


def moment(at: datetime) -> str:
    """Return an aware time as the ledger writes it: UTC, ISO 8601, microseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hashed part of a row from its columns; times may be datetimes or already text."""
    row = {name: values[name] for name in FIELDS}
    for name in ("occurred_at", "recorded_at"):
        if isinstance(row[name], datetime):
            row[name] = moment(row[name])
    return row


def around(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the canonical text of a row but for `recorded_at` and `seq`, in two parts.

    The canonical text is the first part, the time (`moment`), the second part, the number and "}".
    """
    row = {**values, "occurred_at": moment(values["occurred_at"])}
    first = as_json({name: row[name] for name in _BEFORE_TIME})[:-1]
    second = as_json({name: row[name] for name in _BEHIND_TIME})[1:-1]
    return f'{first},"recorded_at":"', f'",{second},"seq":'
