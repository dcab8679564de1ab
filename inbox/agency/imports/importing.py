"""Bringing in businesses from a file: kept row by row, looked at, made one at a time by the agenda.

A row's business and the row's new state are one transaction: a worker that dies leaves neither, and
one that comes second finds the row made. What one row lacks stops no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import opening
from inbox.agency.imports import checking, columns, sheet, week
from inbox.agency.imports.checking import Known
from inbox.agency.imports.inviting import INVITE
from inbox.agency.playbooks import looking, pieces, putting
from inbox.agency.playbooks.putting import By, Unfit
from messaging.people_files import written
from messaging.senders import held
from messaging.senders.steps import SenderError
from tenants import agencies, agenda, drafts
from tenants.making import OnboardingError, zones
from tenants.models import (
    Agency,
    AgencyPlaybook,
    Business,
    BusinessImport,
    BusinessImportRow,
    PhoneNumber,
    PlaybookUse,
    ProviderAccount,
)
from tenants.playbooks import PLAYBOOKS
from tenants.scope import business_scope

MAKE, END = "imports.make", "imports.end"
_LANE = "housekeeping"
_EACH = timedelta(seconds=5)
# How long until a provider that did not answer is asked again whether it holds a row's number.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 900))
# What a draft's verbs call a field, and our column for it.
_COLUMN_OF = {
    "external-id": "external_id", "forward-to": "forward_to", "account": "number",
    "contact_email": "owner_email",
}  # fmt: skip


class ImportRefused(ValueError):
    """What cannot be done with a file; the text says why, fit for a person."""


def bring(
    agency: Agency, content: bytes, file_name: str, *, settled: Mapping[str, Any], by: str, door: str,
    at: datetime,
) -> BusinessImport:  # fmt: skip
    """Keep a file's rows, each with what is wrong with it; nothing is made yet.

    settled: what holds for rows that say nothing: timezone, playbook (a name), account (id of one of
    the agency's). Raises sheet.BadFile.
    """
    read = sheet.read(content)
    mapping = columns.guess(read.header)
    if "name" not in mapping:
        # A file without heads we know: its columns are chosen on the next page.
        mapping = mapping or {"name": 0}
    with transaction.atomic():
        brought = BusinessImport.objects.create(
            agency=agency, file_name=_line(file_name, 120) or "businesses.csv", made_by=by[:120],
            header=[_line(cell, 80) for cell in read.header], mapping=mapping,
            settled=_settled(agency, settled),
        )  # fmt: skip
        BusinessImportRow.objects.bulk_create(
            [BusinessImportRow(of=brought, line=line, cells=row) for line, row in read.rows],
            batch_size=500,
        )
        look_again(brought)
        agencies.note(
            agency, "import.bring", actor=by, door=door, at=at, file=brought.file_name,
            rows=len(read.rows),
        )  # fmt: skip
    return brought


def settle(brought: BusinessImport, mapping: Mapping[str, int], settled: Mapping[str, Any]) -> None:
    """Choose other columns and other words for all rows; everything is looked at again.

    Raises ImportRefused once rows are being made.
    """
    with transaction.atomic():
        kept = _locked(brought)
        if kept.state != "preview":
            raise ImportRefused(_("This file is being brought in already."))
        width = len(kept.header)
        kept.mapping = {
            field: place for field, place in mapping.items()
            if field in columns.FIELDS and 0 <= place < width
        }  # fmt: skip
        kept.settled = _settled(kept.agency, settled)
        kept.save(update_fields=["mapping", "settled"])
        look_again(kept)


def look_again(brought: BusinessImport) -> None:
    """Keep what is wrong with each row that is not made yet."""
    rows = list(brought.rows.filter(state__in=("waiting", "failed")))
    known = known_to(brought)
    cells = [(row.line, columns.cells(brought.mapping, row.cells)) for row in rows]
    wrong = checking.check(cells, known)
    changed = [row for row in rows if row.problems != wrong.get(row.line, {})]
    for row in changed:
        row.problems = wrong.get(row.line, {})
    BusinessImportRow.objects.bulk_update(changed, ["problems"], batch_size=500)


def start(brought: BusinessImport, *, by: str, door: str, at: datetime) -> int:
    """Make every row that can be made; returns how many. Raises ImportRefused."""
    with transaction.atomic():
        kept = _locked(brought)
        if kept.state != "preview":
            raise ImportRefused(_("This file is being brought in already."))
        look_again(kept)
        rows = list(kept.rows.filter(state="waiting", problems={}).values_list("pk", flat=True))
        if not rows:
            raise ImportRefused(_("No row can be made yet."))
        kept.state, kept.started_at, kept.finished_at = "running", at, None
        kept.save(update_fields=["state", "started_at", "finished_at"])
        for row in rows:
            agenda.put(MAKE, str(row), lane=_LANE, business_id=None, due_at=at)
        agenda.put(END, str(kept.pk), lane=_LANE, business_id=None, due_at=at)
        agencies.note(
            kept.agency, "import.start", actor=by, door=door, at=at, file=kept.file_name,
            rows=len(rows),
        )  # fmt: skip
    return len(rows)


def cancel(brought: BusinessImport, *, by: str, door: str, at: datetime) -> int:
    """Make no further row; what is made stays. Returns how many are left undone. Raises ImportRefused."""
    with transaction.atomic():
        kept = _locked(brought)
        if kept.state not in ("preview", "running"):
            raise ImportRefused(_("There is nothing to call off."))
        left = kept.rows.filter(state="waiting").update(state="cancelled")
        kept.state, kept.finished_at = "cancelled", at
        kept.save(update_fields=["state", "finished_at"])
        agencies.note(
            kept.agency, "import.cancel", actor=by, door=door, at=at, file=kept.file_name, left=left
        )
    return left


def counts(brought: BusinessImport) -> Counter[str]:
    """Return how many rows are ready, wrong, made, failed and cancelled."""
    waiting = Q(state="waiting")
    found = Counter(
        brought.rows.aggregate(
            ready=Count("pk", filter=waiting & Q(problems={})),
            wrong=Count("pk", filter=waiting & ~Q(problems={})),
            **{each: Count("pk", filter=Q(state=each)) for each in ("made", "failed", "cancelled")},
        )
    )
    return found


def result(brought: BusinessImport, *, only_open: bool = False) -> str:
    """Return the file again as CSV with what became of each row; only_open: those that are not made."""
    rows = brought.rows.select_related("business")
    if only_open:
        rows = rows.exclude(state="made")
    head = [*brought.header, "Result", "What is wrong"]
    said = [
        [*_as_wide(row.cells, len(brought.header)), row.state if not row.problems or row.state != "waiting" else "wrong",
         "; ".join(f"{columns.FIELDS[name].head if name in columns.FIELDS else name}: {what}"
                   for name, what in row.problems.items())]
        for row in rows.order_by("line")
    ]  # fmt: skip
    return written([head, *said])


def known_to(brought: BusinessImport) -> Known:
    """Return what a row is held against."""
    agency = brought.agency
    there = Business.objects.filter(agency=agency)
    cells = [
        columns.cells(brought.mapping, row) for row in brought.rows.values_list("cells", flat=True)
    ]
    numbers = {
        number for each in cells if each["number"] and (number := checking.e164(each["number"]))
    }
    books = AgencyPlaybook.objects.filter(agency=agency, archived_at=None)
    return Known(
        zones=zones(),
        packs={key: pack.name for key, pack in PLAYBOOKS.items()},
        books={name.casefold(): pk for pk, name in books.values_list("pk", "name")},
        ids=set(there.exclude(external_id="").values_list("external_id", flat=True)),
        numbers=set(PhoneNumber.objects.filter(e164__in=numbers).values_list("e164", flat=True)),
        names={name.casefold() for name in there.values_list("name", flat=True)},
        zone=brought.settled.get("timezone", ""),
        book=brought.settled.get("playbook", ""),
        has_account=bool(brought.settled.get("account")),
    )


# --- rows ------------------------------------------------------------------------------------------


def make(item: agenda.Item) -> agenda.Answer:
    """Agenda: make the business of one row, once its provider said that it holds the row's number."""
    row = BusinessImportRow.objects.select_related("of").filter(pk=item.subject).first()
    if row is None or row.state != "waiting" or row.of.state != "running":
        return None
    e164 = checking.e164(columns.cells(row.of.mapping, row.cells)["number"])
    account = ProviderAccount.objects.filter(pk=row.of.settled.get("account") or 0).first()
    if account is None or not held.is_to_be_asked(account, e164):
        _make_once(item)
        return None
    return agenda.Outside(act=lambda: _wrong_with(account, e164), settle=partial(_told, item))


def _wrong_with(account: ProviderAccount, e164: str) -> SenderError | None:
    """Return why a number cannot be the account's, None where it is. Asks the provider."""
    try:
        held.check(account, e164)
    except SenderError as wrong:
        return wrong
    return None


def _told(item: agenda.Item, wrong: SenderError | None) -> agenda.Later | None:
    """Go on with a row once its provider was asked; one that did not answer is asked a few times more."""
    if wrong is None:
        _make_once(item)
    elif not isinstance(wrong, held.NotAnswered):
        _fail(item, {"number": wrong.sentence})
    else:
        with transaction.atomic():
            row = _going_on(item)
            if row is None:
                return None
            row.unanswered += 1
            row.save(update_fields=["unanswered"])
        if row.unanswered <= len(_PAUSES):
            return agenda.Later(timezone.now() + _PAUSES[row.unanswered - 1])
        _fail(item, {"number": checking.unanswered(row.unanswered)})
    return None


def _going_on(item: agenda.Item) -> BusinessImportRow | None:
    """Return a row that is still to be made, held until the transaction ends."""
    rows = BusinessImportRow.objects.select_for_update(of=("self",)).select_related("of__agency")
    return rows.filter(pk=item.subject, state="waiting", of__state="running").first()


def _make_once(item: agenda.Item) -> None:
    """Make a row's business, whoever dies on the way."""
    try:
        with transaction.atomic():
            row = _going_on(item)
            if row is None:
                return
            row.business = _make(row, timezone.now())
            row.state, row.done_at = "made", timezone.now()
            row.save(update_fields=["business", "state", "done_at"])
    except OnboardingError as wrong:
        _fail(item, {_COLUMN_OF.get(wrong.field, wrong.field): wrong.sentence})
    except drafts.FactsError as wrong:
        _fail(item, {_COLUMN_OF.get(name, name): what for name, what in wrong.problems.items()})
    except Unfit as unfit:
        _fail(item, {"playbook": "; ".join(what for _piece, what in unfit.problems)[:500]})


def _make(row: BusinessImportRow, at: datetime) -> Business:
    brought = row.of
    cells, known = columns.cells(brought.mapping, row.cells), _light(brought)
    said: dict[str, Any] = {"by": brought.made_by, "door": "agenda", "at": at}
    book = checking.book_of(cells, known)
    pack = checking.pack_of(cells, known) if book is None else checking.vertical_pack(cells, known)
    business, is_new = drafts.make_draft(
        brought.agency, name=cells["name"], zone=checking.zone_of(cells, known),
        playbook=pack or "general", external_id=cells["external_id"], **said,
    )  # fmt: skip
    if not is_new:
        raise OnboardingError("external-id", "A business with this id is there already.")
    drafts.save_facts(business, checking.facts_of(cells), **said)
    if cells["hours"]:
        with business_scope(str(business.schema_name)):
            opening.save_week(week.read(cells["hours"]), **said)
    if cells["number"]:
        account = ProviderAccount.objects.get(pk=brought.settled["account"], agency=brought.agency)
        drafts.take_number(
            business,
            account,
            checking.e164(cells["number"]),
            staff=checking.phones_of(cells),
            **said,
        )
    if cells["owner_email"]:
        agenda.put(INVITE, "owner", lane=_LANE, business_id=business.pk, due_at=at)
    if book is not None:
        _put_book(business, book, brought.made_by, at)
    return business


def _put_book(business: Business, playbook_id: int, by: str, at: datetime) -> None:
    """Put an agency's own playbook at a business that was just made; what the file says of hours stays."""
    playbook = AgencyPlaybook.objects.get(pk=playbook_id, agency=business.agency)
    version = playbook.versions.order_by("-number")[:1].get()
    note = _("From the playbook “%(name)s”, version %(version)s.")
    noted = (note % {"name": playbook.name, "version": version.number})[:200]
    with business_scope(str(business.schema_name)):
        plan, found = looking.plan_for(
            business, version, list(version.content["sections"]), at, replaces_own=False
        )
        putting.put(business, plan.wanted, By(by, at, noted))
        after = pieces.read(business)
    PlaybookUse.objects.create(
        business=business, version=version, asked_by=by, state="applied", applied_at=at,
        before={piece: found.get(piece) for piece in plan.changes},
        after={piece: after.get(piece) for piece in sorted(plan.covered)},
    )  # fmt: skip


def end(item: agenda.Item) -> agenda.Answer:
    """Agenda: a file is done once none of its rows is being made."""
    with transaction.atomic():
        brought = BusinessImport.objects.select_for_update().filter(pk=item.subject).first()
        if brought is None or brought.state != "running":
            return None
        now = timezone.now()
        if brought.rows.filter(state="waiting", problems={}).exists():
            return agenda.Later(now + _EACH)
        brought.state, brought.finished_at = "done", now
        brought.save(update_fields=["state", "finished_at"])
    return None


def died(item: agenda.Item, _words: str) -> None:
    """A row was given up (settings.AGENDA_DEAD_HANDLERS): nothing of it was made."""
    _fail(item, {"": _("It failed on our side; nothing of it was made.")})


def _fail(item: agenda.Item, problems: dict[str, str]) -> None:
    BusinessImportRow.objects.filter(pk=item.subject, state="waiting").update(
        state="failed", problems=problems, done_at=timezone.now()
    )


def _light(brought: BusinessImport) -> Known:
    """What reading one row needs; whether it may be made is asked of the database by the draft's verbs."""
    books = AgencyPlaybook.objects.filter(agency=brought.agency, archived_at=None)
    return Known(
        zones=zones(),
        packs={key: pack.name for key, pack in PLAYBOOKS.items()},
        books={name.casefold(): pk for pk, name in books.values_list("pk", "name")},
        zone=brought.settled.get("timezone", ""),
        book=brought.settled.get("playbook", ""),
    )


def _settled(agency: Agency, given: Mapping[str, Any]) -> dict[str, Any]:
    account = ProviderAccount.objects.filter(agency=agency, pk=given.get("account") or 0).first()
    zone = str(given.get("timezone", ""))
    return {
        "timezone": zone if zone in zones() else "",
        "playbook": _line(str(given.get("playbook", "")), 80),
        "account": account.pk if account is not None else None,
    }


def _locked(brought: BusinessImport) -> BusinessImport:
    rows = BusinessImport.objects.select_for_update(of=("self",)).select_related("agency")
    return rows.get(pk=brought.pk)


def _as_wide(row: list[str], width: int) -> list[str]:
    return [*row[:width], *([""] * (width - len(row)))]


def _line(words: str, longest: int) -> str:
    return " ".join(words.replace("\x00", "").split())[:longest]
