"""Call logs: made from a file or an account, read in turns by the agenda, deleted when they expire.

They live on the public floor, for a prospect is no business yet. Every verb here works in any
schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from calls.audit import columns, copies, files, layouts, sheet
from calls.audit.hours import spans_of, week_of
from calls.audit.moments import DAY_FIRST, MONTH_FIRST
from calls.audit.shapes import Logged
from calls.audit.value import ASKS_AGAIN, Assumptions, assumed
from messaging import zones
from tenants import agenda
from tenants.models import Agency, Business, CallLog, LoggedCall, ProviderAccount

KEPT = timedelta(days=90)
# A file that was uploaded and never read is of no use to anybody.
KEPT_UNREAD = timedelta(days=1)
LONGEST_PERIOD = timedelta(days=400)
IMPORT, EXAMINE, EXPIRE = "calls.import_log", "calls.examine_log", "calls.expire_log"


class LogError(ValueError):
    """A log that cannot be made or read so; `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def receive(
    upload: BinaryIO, file_name: str, *, agency: Agency, business: Business | None, name: str,
    timezone: str, hours: list[list[Any]], by: str, now: datetime,
) -> CallLog:  # fmt: skip
    """Keep an uploaded file as plain text, and say how it seems to be laid out. Nothing is read yet.

    Raises LogError (name, timezone, hours) or FileRefused.
    """
    values = _checked(name, timezone, hours)
    limits = files.Limits(settings.CALL_LOG_MAX_BYTES)
    with TemporaryFile() as plain:
        for text in files.text_of(upload, limits):
            plain.write(text.encode("utf-8", "replace"))
        found = sheet.look(_pieces(plain))
        survey = sheet.survey(_pieces(plain), found)
        plain.seek(0)
        path = default_storage.save("call-logs/log.csv", File(plain))
    guess = columns.guess(found.headings)
    mapping = {
        "sheet": found.as_dict(),
        "survey": survey.as_dict(),
        "columns": dict(guess.columns),
        "order": "",
        "system": columns.system_of(found.headings),
    }
    try:
        with transaction.atomic():
            log = CallLog.objects.create(
                agency=agency, business=business, source="csv", file=path,
                file_name=plain_name(file_name), mapping=mapping, created_by=by[:120],
                created_at=now, expires_at=now + KEPT_UNREAD,
                assumptions=Assumptions().as_dict(), **values,
            )  # fmt: skip
            _expire_at(log)
    except BaseException:
        default_storage.delete(path)
        raise
    return log


def from_account(
    account: ProviderAccount, since: datetime, until: datetime, *, agency: Agency,
    business: Business | None, name: str, timezone: str, hours: list[list[Any]], by: str,
    now: datetime,
) -> CallLog:  # fmt: skip
    """Begin to read an account's calls that began in [since, until), day by day. Times are aware.

    Whoever may use the account is the caller's to ask. Raises LogError.
    """
    values = _checked(name, timezone, hours)
    if not since < until:
        raise LogError("until", "expected a day after the first one")
    if until - since > LONGEST_PERIOD:
        raise LogError("since", "at most 400 days are read at once")
    with transaction.atomic():
        log = CallLog.objects.create(
            agency=agency, business=business, source=account.provider[:12], created_by=by[:120],
            mapping={"account": account.pk, "since": since.isoformat(), "until": until.isoformat()},
            created_at=now, expires_at=now + KEPT, state=CallLog.State.IMPORTING,
            assumptions=Assumptions().as_dict(), **values,
        )  # fmt: skip
        _expire_at(log)
        work(IMPORT, log, now)
    return log


def begin(log: CallLog, now: datetime) -> None:
    """Read an uploaded log from its first row on; whatever was read of it before goes.

    Raises LogError or MappingError when the mapping does not say what is needed.
    """
    order = layouts.columns_of(log)[1]
    if not order:
        raise LogError("order", "choose whether the month or the day comes first")
    with transaction.atomic():
        locked = CallLog.objects.select_for_update().get(pk=log.pk)
        if not locked.file:
            raise LogError("file", "the file is gone; bring it in again")
        if locked.state == CallLog.State.IMPORTING:
            return
        _drop_calls(log.pk)
        locked.state, locked.done, locked.error = CallLog.State.IMPORTING, 0.0, ""
        locked.rows, locked.bad_rows, locked.result = 0, 0, {}
        locked.expires_at = now + KEPT
        locked.save()
        work(IMPORT, log, now)


def choose(
    log: CallLog, raw: dict[str, Any], order: str, *, name: str, timezone: str, hours: list[list[Any]]
) -> None:  # fmt: skip
    """Save how an uploaded log is to be read. Raises LogError or MappingError, and saves nothing."""
    values = _checked(name, timezone, hours)
    chosen = columns.read_mapping(raw, layouts.sheet_of(log).headings)
    if order not in ("", MONTH_FIRST, DAY_FIRST):
        raise LogError("order", "expected month or day")
    mapping = {**log.mapping, "columns": dict(chosen.columns), "order": order}
    changed = CallLog.objects.filter(
        pk=log.pk, state__in=[CallLog.State.UPLOADED, CallLog.State.FAILED]
    ).update(mapping=mapping, **values)
    if not changed:
        raise LogError("file", "this log is being read, or was read already")
    log.refresh_from_db()


def assume(log: CallLog, raw: dict[str, Any], hours: list[list[Any]] | None, now: datetime) -> None:
    """Save other assumptions, and count again where they change what is counted.

    Raises value.AssumptionError or LogError (hours).
    """
    found = assumed(raw).as_dict()
    spans = log.hours if hours is None else spans_of(hours)
    if spans is None:
        raise LogError("hours", "expected days with times such as 9:00 and 17:00")
    again = spans != log.hours or any(
        found[name] != log.assumptions.get(name, found[name]) for name in ASKS_AGAIN
    )
    with transaction.atomic():
        CallLog.objects.filter(pk=log.pk).update(assumptions=found, hours=spans)
        if again and log.state == CallLog.State.READY:
            CallLog.objects.filter(pk=log.pk).update(result={**log.result, "counting": True})
            work(EXAMINE, log, now)


def attach(log: CallLog, business: Business) -> None:
    """Give a prospect's log to the business the prospect has become. Raises LogError.

    Only a file's: an account's calls may be those of every client of the agency.
    """
    changed = CallLog.objects.filter(
        pk=log.pk, source="csv", business=None, agency=business.agency_id, state=CallLog.State.READY
    ).update(business=business)
    if not changed:
        raise LogError("log", "this audit is no prospect’s file of your agency, or is not finished")


def delete(log_id: int) -> bool:
    """Delete a log with its calls and files, also in mid-import. Returns whether there was one."""
    with transaction.atomic():
        log = CallLog.objects.select_for_update().filter(pk=log_id).first()
        if log is None:
            return False
        _drop_calls(log.pk)
        paths = [path for path in (log.file, log.bad_file) if path]
        log.delete()
        for kind in (IMPORT, EXAMINE, EXPIRE):
            agenda.drop(kind, str(log_id), None)
        transaction.on_commit(lambda: drop_files(paths))
    return True


def drop_files(paths: list[str]) -> None:
    """Delete files of the file storage; one that is gone is no error."""
    for path in paths:
        copies.forget(path)
        default_storage.delete(path)


def calls_of(log_id: int) -> Iterator[Logged]:
    """Yield a log's calls in the order of started_at, in constant memory."""
    found = LoggedCall.objects.filter(log=log_id).order_by("started_at", "row")
    rows = found.values_list(
        "row", "started_at", "caller", "line", "outcome", "because", "ring_seconds",
        "talk_seconds", "is_inbound",
    )  # fmt: skip
    for row in rows.iterator(chunk_size=2_000):
        yield Logged(*row)


def store(log_id: int, calls: Sequence[Logged]) -> int:
    """Append calls to a log by COPY, in the caller's transaction; returns how many."""
    # COPY's own text is quicker than value by value; numbers and words of ours have nothing to escape.
    lines = [
        f"{log_id}\t{call.row}\t{call.started_at.isoformat()}\t{call.caller}\t{call.line}\t"
        f"{call.outcome}\t{call.because}\t{_whole(call.ring_seconds)}\t"
        f"{_whole(call.talk_seconds)}\t{call.is_inbound}\n"
        for call in calls
    ]
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write("".join(lines))
    return len(lines)


def _whole(seconds: int | None) -> str:
    return "\\N" if seconds is None else str(min(seconds, 2**31 - 1))


_COPY = (
    "COPY public.tenants_loggedcall (log_id, row, started_at, caller, line, outcome, because, "
    "ring_seconds, talk_seconds, is_inbound) FROM STDIN"
)


def _drop_calls(log_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.tenants_loggedcall WHERE log_id = %s", [log_id])


def _pieces(file: Any) -> Iterator[str]:
    return files.text_of(file, files.Limits())


def plain_name(name: str) -> str:
    """Return a file's name without its path and without what is no letter of a name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "call-log.csv"


def _checked(name: str, timezone: str, hours: list[list[Any]]) -> dict[str, Any]:
    name = " ".join("".join(c for c in name if c.isprintable()).split())
    if not name:
        raise LogError("name", "write whose calls these are")
    if len(name) > 120:
        raise LogError("name", "expected a name of at most 120 characters")
    if timezone not in zones.names():
        raise LogError("timezone", "expected a time zone such as America/Chicago")
    spans = spans_of(hours)
    if spans is None:
        raise LogError("hours", "expected days with times such as 9:00 and 17:00")
    week_of(timezone, spans)
    return {"name": name, "timezone": timezone, "hours": spans}


def work(kind: str, log: CallLog, now: datetime) -> None:
    """Put work on a log on the agenda, in the caller's transaction."""
    agenda.put(kind, str(log.pk), lane="housekeeping", business_id=None, due_at=now)


def _expire_at(log: CallLog) -> None:
    agenda.put(EXPIRE, str(log.pk), lane="housekeeping", business_id=None, due_at=log.expires_at)
