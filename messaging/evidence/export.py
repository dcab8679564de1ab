"""The evidence export: one zip that defends every text to one number in a period (R-EV-1).

Everything is read in one read-only transaction that sees one moment. The zip is written to a
temporary file as it is read, so that its size is no matter. It leaves only once the audit log has it.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from messaging import audit, zones
from messaging.evidence import consents, pdf, records, sheet, texts, transcript, verify_ledger
from messaging.evidence.decisions import Reader, Seen
from messaging.evidence.entries import About, Entry, Record, Source, in_utc, stamp
from messaging.evidence.glossary import rule
from messaging.evidence.manifest import Bundle
from messaging.evidence.period import EvidenceError, Period, read
from messaging.evidence.readme import FILES, Made, custodian, readme
from messaging.evidence.webhooks import webhooks_of
from messaging.jurisdictions import current as current_rules
from messaging.ledger_check import Checked, check
from messaging.ledger_roots import roots
from messaging.marks import mark_here
from messaging.numbers import national, normalise
from messaging.places import of_number
from tenants import brands
from tenants.models import Business, PhoneNumber
from tenants.scope import current_business

__all__ = ["EvidenceError", "Export", "gather", "refused"]

ACTION = "evidence.export"
FORMAT = "1"  # of the files; raised when what they mean changes
_NOTHING = "Nothing is stored about this number in this period."
_DOORS = {"page": "on the web page", "api": "over the API", "command": "on the command line"}


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export. file: the zip, open at its beginning; whoever takes it closes it."""

    file: IO[bytes]
    name: str
    size: int
    sha256: str
    period: Period
    counts: dict[str, int]
    found: bool
    chain: Checked


def gather(
    number: str, first: date | str | None, last: date | str | None, *, actor: str, door: str,
    at: datetime,
) -> Export:  # fmt: skip
    """Export what the current business holds about a number and period; `at` (aware) is now.

    number: as people write it; first, last: days of UTC, both included, None or '' for all; actor
    and door as in messaging.audit.note. Raises EvidenceError (a ValueError) naming number, from or
    to. Must not run inside a transaction. The audit log gets an entry whatever comes of it.
    """
    phone = normalise(number)
    mark = mark_here(phone) if phone else ""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller
    try:
        if not phone:
            raise EvidenceError("number", "expected a phone number such as +13125550142")
        period = read(first, last, at)
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            made = _Making(phone, mark, period, actor, door, at)
            made.write(out)
        size, digest = out.tell(), _sha256(out)
        audit.note(
            ACTION, actor=actor, door=door, at=at, subject=mark,
            detail={
                "from": stamp(period.start), "to": stamp(period.end), "sha256": digest,
                "bytes": size, "files": sorted(made.bundle.digests), "counts": made.counts,
            },
        )  # fmt: skip
    except BaseException as error:
        out.close()
        sentence = str(error) if isinstance(error, EvidenceError) else type(error).__name__
        refused(sentence, actor=actor, door=door, at=at, subject=mark)
        raise
    name = f"evidence-{phone[1:]}-{at:%Y%m%dT%H%M%SZ}.zip"
    return Export(out, name, size, digest, period, made.counts, made.found, made.chain)


def refused(sentence: str, *, actor: str, door: str, at: datetime, subject: str = "") -> None:
    """Write an export that was asked for and not made into the audit log, if it can be reached."""
    with contextlib.suppress(DatabaseError):
        audit.note(
            ACTION, actor=actor, door=door, at=at, subject=subject, detail={"failed": sentence}
        )


class _Making:
    """One export while it is made. Runs within the read-only transaction."""

    def __init__(
        self, phone: str, mark: str, period: Period, actor: str, door: str, at: datetime
    ) -> None:
        self.business: Business = current_business()
        self.actor, self.door, self.at = actor, door, at
        ours = PhoneNumber.objects.filter(business=self.business).values_list("e164", flat=True)
        self.about = About(
            phone, mark, records.contacts_of(phone, mark), period, of_number(phone).zones,
            frozenset(ours),
        )  # fmt: skip
        self.ledger = consents.rows_of(mark)
        self.rules, self.seen = current_rules(), Seen()
        self.reader = Reader(
            self.rules,
            {pk: row.consent for pk, row in self.ledger.items()},
            self.about.zones,
            self.seen,
            at.date(),
        )
        self.sources: dict[str, Source] = {
            name: import_string(path) for name, path in settings.EVIDENCE_SOURCES.items()
        }
        self.subjects: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.chain = check(self.business.pk)

    @property
    def found(self) -> bool:
        """Whether anything was stored about the number in the period."""
        return any(self.counts.values())

    def write(self, out: IO[bytes]) -> None:
        """Write the zip, the files that say what is in it last."""
        self.bundle = bundle = Bundle(out, self.at)
        self._records("decisions.jsonl", self._decisions)
        self._records("received.jsonl", lambda: texts.received_of(self.about))
        for name, source in self.sources.items():
            self._records(name, lambda source=source: source(self.about))  # type: ignore[misc]
        known = self.about.ours | {self.about.number}
        reports = webhooks_of(self.subjects, self.business.pk, known)
        self.counts["provider reports"] = bundle.put_lines("receipts.jsonl", reports)
        self._ledger()
        bundle.put_json("templates.json", records.templates(self.seen.templates))
        bundle.put_json(
            "policy.json",
            {
                "versions": records.policies(self.about, self.seen.policies),
                "agency_floor": self.business.agency.posture_floor,
                "numbers": records.our_numbers(self.about, self.business.pk),
            },
        )
        bundle.put_json("rules.json", records.rules(self.about, self.seen, self.rules))
        self._transcripts()
        bundle.put("verify_ledger.py", Path(verify_ledger.__file__).read_bytes())
        self._words()
        bundle.finish()

    def _decisions(self) -> Iterator[Record]:
        yield from heapq.merge(
            texts.sent_of(self.about, self.reader),
            texts.kept_back_of(self.about, self.reader),
            key=lambda record: record.entry.at,
        )

    def _records(self, file: str, source: Callable[[], Iterator[Record]]) -> None:
        with self.bundle.member(file) as member:
            for record in source():
                member.line(record.line)
                self.subjects += record.subjects
                kind = str(record.line.get("kind", file))
                name = texts.counted(record.line) or f"{kind}s"
                self.counts[name] = self.counts.get(name, 0) + 1

    def _ledger(self) -> None:
        bundle = self.bundle
        with bundle.member("ledger.jsonl") as member:
            for line in consents.links(self.ledger):
                member.line(line, ascii_only=True)
        bundle.put_json("roots.json", roots(self.business.pk))
        state = {name: v for name, v in self.chain.as_dict().items() if name != "business"}
        own = {"checked_at": stamp(self.at), "rows_of_this_number": len(self.ledger)}
        bundle.put_json("chain.json", own | state)
        bundle.put("ledger.csv", sheet.sheet(row.line for row in self.ledger.values()))
        self.counts["ledger rows"] = len(self.ledger)

    def _transcripts(self) -> None:
        front = self._front()
        with self.bundle.member("transcript.html") as member:
            for piece in transcript.page(front, self._entries()):
                member.text(piece)
        with self.bundle.member("transcript.pdf") as member:
            pdf.write(member.write, front, self._entries(), self.at)

    def _entries(self) -> Iterator[Entry]:
        """Yield everything that happened, in order; what comes first of one moment is its cause."""
        above = [
            (record.entry for record in source(self.about)) for source in self.sources.values()
        ]
        received = (record.entry for record in texts.received_of(self.about))
        decided = (record.entry for record in self._decisions())
        told = consents.entries_of(self.about, self.ledger)
        for entry in heapq.merge(*above, received, told, decided, key=lambda entry: entry.at):
            yield entry if entry.zones else _with_zones(entry, self.about.zones)

    def _front(self) -> transcript.Front:
        made = self._made()
        facts = [
            ("Number", f"{made.number}"),
            ("Period", made.period),
            ("Made", f"{made.at} by {made.by}, {made.door}"),
            ("Software", made.software),
            ("The person", records.standing(self.about)),
            *(("Legal hold", each) for each in made.holds),
            *((name.capitalize(), f"{count:,}") for name, count in made.counts.items()),
        ]
        named = [rule(each, self.rules, on) for each, on in sorted(self.seen.rules.items())]
        return transcript.Front(
            self.business.name, f"Texts and calls with {national(self.about.number)}",
            tuple(facts), made.intact, made.verdict, made.nothing or _NOTHING,
            tuple((each.id, each.says, each.source) for each in named),
        )  # fmt: skip

    def _words(self) -> None:
        made, gone = self._made(), records.erased(self.about.mark)
        summary: dict[str, Any] = asdict(made) | {
            "format": FORMAT,
            "number": self.about.number,
            "period": {
                "from": stamp(self.about.period.start), "before": stamp(self.about.period.end)
            },
            "at": stamp(self.at),
            "person": records.person(self.about),
            "erased": stamp(gone.erased_at) if gone else None,
            "holds": [records.hold_as_dict(each) for each in records.holds(self.about.mark)],
        }  # fmt: skip
        self.bundle.put_json("summary.json", summary)
        self.bundle.put("custodian.txt", custodian(made))
        above = {
            name: (source.__doc__ or "").strip().partition("\n\n")[0]
            for name, source in self.sources.items()
        }
        self.bundle.put("README.txt", readme(made, FILES | above))

    def _made(self) -> Made:
        gone = records.erased(self.about.mark)
        held = tuple(records.hold_in_words(each) for each in records.holds(self.about.mark))
        return Made(
            business=self.business.name,
            number=f"{national(self.about.number)} ({self.about.number})",
            period=self.about.period.words,
            at=in_utc(self.at),
            by=self.actor,
            door=_DOORS.get(self.door, self.door),
            software=f"{brands.name()}, export format {FORMAT}, rules {self.rules.version}, "
            f"zone database {zones.VERSION}",
            intact=self.chain.intact,
            verdict=self._verdict(),
            nothing=self._nothing(),
            erased=in_utc(gone.erased_at) if gone else "",
            holds=held or ("No legal hold covers this number.",),
            counts=self.counts,
        )

    def _verdict(self) -> str:
        found = self.chain
        if not found.intact:
            return (
                f"BROKEN: the consent ledger does not hold: {found.total} problems in "
                f"{found.rows:,} rows. chain.json names them."
            )
        return (
            f"INTACT: all {found.rows:,} rows of the consent ledger hold, {len(self.ledger):,} of "
            f"them of this number; {found.roots} daily roots stand; last hash {found.last_hash}."
        )

    def _nothing(self) -> str:
        if any(count for name, count in self.counts.items() if name != "ledger rows"):
            return ""
        if not self.ledger:
            return _NOTHING
        rows = f"{len(self.ledger)} rows of the consent ledger from any time are in ledger.jsonl."
        return f"{_NOTHING} {rows}"


def _with_zones(entry: Entry, zone_names: tuple[str, ...]) -> Entry:
    return Entry(entry.at, entry.look, entry.title, entry.who, entry.words, entry.lines, zone_names)


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return digest
