"""Checks the consent ledger of the current business where it lies, by the offline verifier's rules.

A million rows are read in one pass. A row that follows on the one before is only hashed, its
canonical text written straight from the columns; whatever is in doubt is handed, as the object an
export would carry, to the verifier, which alone says what is wrong (messaging/evidence).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any

from django.db import connection, transaction

from messaging.evidence.verify_ledger import MOST, Walk, as_json, chained, root_problems
from messaging.ledger import FIELDS, TIME_SQL
from messaging.ledger_roots import roots
from tenants.scope import current_schema

# How many rows are fetched at a time.
_BATCH = 2_000
_SPECIAL = {
    "contact": "e.contact_id",
    "evidence": "e.evidence::text",
    "occurred_at": TIME_SQL.format("e.occurred_at"),
    "recorded_at": TIME_SQL.format("e.recorded_at"),
}
_NAMES = tuple(sorted(FIELDS))
_READ = f"""
    SELECT e.prev_hash, e.row_hash, {", ".join(_SPECIAL.get(name, f"e.{name}") for name in _NAMES)},
           d.ip, d.phone, d.raw_text, d.salt, d.user_agent
    FROM messaging_consentevent e LEFT JOIN messaging_consentdetail d ON d.event_id = e.id
    ORDER BY e.seq, e.id
"""
_STRAY_DETAILS = f"""
    SELECT d.event_id FROM messaging_consentdetail d WHERE NOT EXISTS
        (SELECT 1 FROM messaging_consentevent e WHERE e.id = d.event_id)
    ORDER BY d.event_id LIMIT {MOST}
"""
Columns = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    rows: how many there are; erased: of how many the detail is gone; roots: how many daily roots
    were held against it; last_hash: of the last row; problems: sentences, at most a thousand or so;
    total: how many problems there are.
    """

    schema: str
    rows: int
    erased: int
    roots: int
    last_hash: str
    problems: list[str]
    total: int

    @property
    def intact(self) -> bool:
        """Whether everything stands as it was written."""
        return not self.total

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        names = ("rows", "erased", "roots", "last_hash", "total", "problems")
        found = {name: getattr(self, name) for name in names}
        return {"business": self.schema, "intact": self.intact, **found}


def check(business_id: int) -> Checked:
    """Check the whole ledger of the business whose schema this thread works in.

    Sees one moment of it, however much is appended meanwhile; inside a transaction of the caller's
    that holds only if it is REPEATABLE READ.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _check(business_id)


def _check(business_id: int) -> Checked:
    anchored = roots(business_id)
    wanted, hashes = {root["seq"] for root in anchored}, {}
    walk, erased, last = Walk(), 0, 0
    for columns in _columns():
        prev, told, seq = columns[0], columns[1], columns[_SEQ]
        if (
            walk.follows(seq, prev)
            and chained(prev, text_of(columns)) == told
            and (columns[-2] is None or chained("", detail_text_of(columns)) == columns[_DETAIL])
        ):
            walk.step(seq, told)
        else:
            walk.take(row_of(columns))
        erased += columns[-2] is None
        last = seq
        if seq in wanted:
            hashes[seq] = told
    found = walk.problems()
    found += _at_the_head(last, walk.hash)
    found += root_problems(hashes, anchored)
    with connection.cursor() as cursor:
        cursor.execute(_STRAY_DETAILS)
        found += [f"detail {event}: its row was removed" for (event,) in cursor.fetchall()]
    total = len(found) + (
        walk.more and walk.more - 1
    )  # the sentence that counts them is no problem
    return Checked(
        current_schema(), walk.count, erased, len(anchored), walk.hash, found, total
    )  # fmt: skip


def _columns() -> Iterator[Columns]:
    """Yield every row; the next batch is fetched while this one is hashed."""
    with connection.chunked_cursor() as cursor, ThreadPoolExecutor(1) as reader:
        cursor.execute(_READ)
        ahead = reader.submit(cursor.fetchmany, _BATCH)
        while batch := ahead.result():
            ahead = reader.submit(cursor.fetchmany, _BATCH)
            yield from batch


_SEQ, _DETAIL = 2 + _NAMES.index("seq"), 2 + _NAMES.index("detail_hash")


def text_of(columns: Columns) -> str:
    """Return the canonical JSON of a row from its columns: what the verifier's `canonical` returns."""
    (
        _, _, actor, brand_id, campaign_id, channel, classifier, contact, detail_hash, evidence,
        kind, legal_entity, level, matched, matched_by, occurred_at, our_number, phone_mark,
        provider, provider_id, recorded_at, ruleset_version, scope, seq, *_,
    ) = columns  # fmt: skip
    q = encode_basestring_ascii
    return (
        f'{{"actor":{q(actor)},"brand_id":{q(brand_id)},"campaign_id":{q(campaign_id)},'
        f'"channel":{q(channel)},"classifier":{q(classifier)},"contact":{contact},'
        f'"detail_hash":{q(detail_hash)},"evidence":{_evidence(evidence)},"kind":{q(kind)},'
        f'"legal_entity":{q(legal_entity)},"level":{"null" if level is None else level},'
        f'"matched":{q(matched)},"matched_by":{q(matched_by)},"occurred_at":"{occurred_at}",'
        f'"our_number":{q(our_number)},"phone_mark":{q(phone_mark)},"provider":{q(provider)},'
        f'"provider_id":{q(provider_id)},"recorded_at":"{recorded_at}",'
        f'"ruleset_version":{q(ruleset_version)},"scope":{q(scope)},"seq":{seq}}}'
    )


def detail_text_of(columns: Columns) -> str:
    """Return the canonical JSON of a row's detail from its columns."""
    ip, phone, raw_text, salt, user_agent = columns[-5:]
    q = encode_basestring_ascii
    return (
        f'{{"ip":{q(ip)},"phone":{q(phone)},"raw_text":{q(raw_text)},'
        f'"salt":{q(salt)},"user_agent":{q(user_agent)}}}'
    )


def row_of(columns: Columns) -> dict[str, Any]:
    """Return a row as an export carries it: every field, both hashes, and its detail if it has one."""
    row = dict(zip(_NAMES, columns[2:], strict=False))
    row["evidence"] = _parsed(row["evidence"])
    row["prev_hash"], row["row_hash"] = columns[:2]
    if columns[-2] is not None:
        names = ("ip", "phone", "raw_text", "salt", "user_agent")
        row["detail"] = dict(zip(names, columns[-5:], strict=True))
    return row


def _evidence(text: str) -> str:
    return text if text == "{}" else as_json(_parsed(text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # nothing we would write: its hash will not fit


def _at_the_head(last: int, last_hash: str) -> list[str]:
    """Return what speaks against the last row being the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, row_hash FROM messaging_ledgerhead WHERE id = 1")
        head = cursor.fetchone()
    if head is None:
        return ["the ledger's head: removed: what its last row should be cannot be told"]
    seq, row_hash = head
    if seq > last:
        name = f"row {seq}" if seq == last + 1 else f"rows {last + 1} to {seq}"
        return [f"{name}: removed: the ledger's head is at row {seq}"]
    if seq < last:
        name = f"row {last}" if last == seq + 1 else f"rows {seq + 1} to {last}"
        return [f"{name}: inserted: the ledger's head is at row {seq}"]
    if row_hash != last_hash:
        return [f"row {last}: changed: the ledger's head has another hash for it"]
    return []
