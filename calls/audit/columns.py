"""Which column of an export means what. Pure.

Headings are those of the systems' public documentation: Twilio console, Telnyx detail records,
RingCentral, Aircall, Quo, Dialpad, 3CX, Vonage, Asterisk and what is built on it, and phone bills.
A guess is only a beginning: the mapping is shown and may be changed before anything is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# What a column may mean: name, what the page calls it, what it is for.
ROLES: dict[str, tuple[str, str]] = {
    "started": ("Date and time", "When the call began, in one column."),
    "date": ("Date", "Where date and time have a column each."),
    "time": ("Time", "Where date and time have a column each."),
    "caller": ("Caller (from)", "The number that called."),
    "called": ("Called number (to)", "The number that was called."),
    "number": ("The other party’s number", "For bills, which name one number whoever called."),
    "direction": ("Direction", "Incoming or outgoing. Without it all calls count as incoming."),
    "outcome": ("Result", "Answered, missed, voicemail, busy."),
    "reason": ("Reason", "A second column that says more about the result."),
    "answered": ("Answered at", "A time or a yes; empty for a missed call."),
    "talk": ("Talk time", "How long they talked."),
    "ring": ("Ring or wait time", "How long it rang."),
    "duration": ("Duration", "The whole call, ringing included or not."),
    "call": ("Call ID", "Rows with the same ID are one call."),
    "parent": ("Parent call ID", "The call this row is a leg of."),
    "kind": ("Kind", "Rows that are texts or faxes are left out."),
}
_HEADINGS: dict[str, str] = {
    "started": "start time,started,started at,start,starttime,call start,call start time,date time,datetime,"
    "date and time,date/time,call time,call date/time,call datetime,time start,time-start,date started,"
    "date_started,created at,createdat,created_at,calldate,call date time,timestamp,started (utc),"
    "date/time start (utc),datetime (utc),datetime utc,date (utc),start_time,start timestamp,"
    "initiated at,call placed,call initiated,start_stamp,start time (utc),starttimeutc,call began,begin time,"
    "datetimestart,call start date,time started,call received,when,started_at,startedat",
    "date": "date,call date,day,calldate only,start date,date of call,calls date",
    "time": "time,call time only,start time of day,time of day,hour,time of call,tod",
    "caller": "from,from number,caller,caller number,calling number,caller id,callerid,caller id number,src,"
    "source,source number,ani,cli,origination number,from-no,from no,from_number,calling party,"
    "caller phone number,originating number,external number from,from phone number,caller_id_number,callingnumber,"
    "source_number,calling party number,customer number,cld from,incoming number,from caller id,call from",
    "called": "to,to number,called,called number,called party,dst,destination,destination number,dnis,did,"
    "to-no,to no,to_number,dialed number,dialled number,dial-no,number dialed,called phone number,"
    "did number,didnumber,termination number,calledto,destination_number,tracking number,line number,"
    "destination did,called_number,number called,dialed,number dialled,call to",
    "number": "number,phone number,phone,other party,contact number,external number,external_number,phone no,"
    "telephone number,other number,customer phone,contact phone,number called/received,contact_phone_number",
    "direction": "direction,call direction,type of call direction,inbound/outbound,in/out,from-type,calltype,call type direction,"
    "direction of call,io,call_direction",
    "outcome": "status,result,call result,outcome,disposition,call status,action result,call outcome,"
    "answer status,call disposition,answered/missed,state,final status,"
    "call_status,call state,categories,end state,callstatus,call_outcome",
    "reason": "reason,reason-terminated,reason terminated,hangup cause,missed call reason,missed_call_reason,"
    "unanswered call reason,lastapp,hangup source,hangup reason,end reason,termination reason,"
    "sip hangup cause,hangup_cause,disconnect reason,call legs result,reason_terminated",
    "answered": "answered,answered at,answeredat,time-answered,time answered,date connected,date_connected,"
    "answer time,answer,answered_at,connected at,is answered,answer_stamp,date/time connect (utc),"
    "answertime,connect time",
    "talk": "talk,talked,talk time,talk duration,talktime,billsec,talk_duration,conversation duration,in call duration,"
    "duration (in call),call duration (answered),talk seconds,billable seconds,bill_sec,talking,conversation time,"
    "bill duration,in-call duration,answered duration",
    "ring": "ring time,ring duration,ringing,wait time,time to answer,waiting time,ringing time,ring seconds,"
    "time_in_system,wait duration,ringtime,speed to answer,ring_duration,queue time,hold time before answer",
    "duration": "duration,call duration,length,call length,duration (seconds),duration seconds,minutes,min,mins,"
    "total duration,duration_ms,call duration (sec),duration (s),duration (sec),duration (minutes),"
    "duration in seconds,call seconds,duration (mm:ss),duration (hh:mm:ss),total time,call_duration,"
    "billed duration,call sec,elapsed time,duration_seconds,durationseconds,call_sec",
    "call": "call sid,sid,call id,callid,call_id,uniqueid,unique id,linkedid,historyid,session id,call uuid,"
    "uuid,call session id,sessionid,call_session_id,id,call control id,callsid,call id (internal),master_call_id,"
    "telephonysessionid,call_leg_id,call id (uuid)",
    "parent": "parent call sid,parentcallsid,parent_call_sid,parent call id,entry_point_call_id,parent id",
    "kind": "type,call type,record type,kind,activity type,event type,record_type,media type,channel type",
}  # fmt: skip
_BY_HEADING = {
    heading: role for role, headings in _HEADINGS.items() for heading in headings.split(",")
}
# One column may be wanted by several roles: the earlier name in this list takes it.
_STRONGER = {
    "call": ("linkedid", "call sid", "callid", "call id", "historyid", "uniqueid"),
    "called": ("did", "called number", "to", "to number", "dst", "destination"),
    "started": ("start time", "started at", "date started"),
}
# What a system's own export is known by: all of these headings stand in it.
SYSTEMS: tuple[tuple[str, frozenset[str]], ...] = (
    ("3CX", frozenset({"historyid", "time-start", "from-no"})),
    ("Asterisk", frozenset({"src", "dst", "disposition"})),
    ("RingCentral", frozenset({"action", "action result"})),
    ("Twilio", frozenset({"call sid", "direction"})),
    ("Telnyx", frozenset({"call_session_id"})),
    ("Dialpad", frozenset({"date_started", "categories"})),
    ("Dialpad", frozenset({"date_started", "external_number"})),
    ("Quo", frozenset({"createdat", "answeredat"})),
    ("Aircall", frozenset({"missed_call_reason"})),
    ("Aircall", frozenset({"missed call reason"})),
    ("Aircall", frozenset({"call id (uuid)"})),
    ("Vonage", frozenset({"in/out", "from", "to"})),
    ("DIDWW", frozenset({"date/time start (utc)", "destination did"})),
    ("a phone bill", frozenset({"minutes", "number"})),
    ("a phone bill", frozenset({"min", "number"})),
    ("a phone bill", frozenset({"number called/received"})),
)
_MINUTES = re.compile(r"\bmin(?:ute)?s?\b", re.IGNORECASE)
_LOOK_FOR_HEADINGS = 25  # a bill has its title and address above them


class MappingError(ValueError):
    """A mapping that cannot be used; `field` is the role, `sentence` what is wrong."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.field, self.sentence = name, sentence


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is read as what: role to column number (from 0). units: "s", "min" or "ms"."""

    columns: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    is_utc: bool = False  # the heading says so

    def as_dict(self, headings: Sequence[str]) -> dict[str, str]:
        """Return the mapping by headings, as a mapping file has it."""
        return {role: headings[column] for role, column in self.columns.items()}


def simple(heading: str) -> str:
    """Return a heading as it is looked up: small letters, single spaces, no byte order mark."""
    return " ".join(heading.replace("\ufeff", "").replace("*", "").split()).strip(' ":').lower()


def heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Return which of the first rows holds the headings: the one with most headings we know."""
    known = [
        len({_BY_HEADING[simple(cell)] for cell in row if simple(cell) in _BY_HEADING})
        for row in rows[:_LOOK_FOR_HEADINGS]
    ]
    best = max(known, default=0)
    return known.index(best) if best >= 2 else 0


def guess(headings: Sequence[str]) -> Columns:
    """Return what each column probably means, by its heading."""
    found: dict[str, list[int]] = {}
    for column, heading in enumerate(headings):
        name = simple(re.sub(r" \(\d+\)$", "", heading))
        role = _BY_HEADING.get(name) or _BY_HEADING.get(name.replace("_", " "))
        if role:
            found.setdefault(role, []).append(column)
    columns = {role: _strongest(role, taken, headings) for role, taken in found.items()}
    if "started" in columns:
        columns.pop("date", None)
        columns.pop("time", None)
    elif "date" in columns and "time" not in columns:
        columns["started"] = columns.pop("date")
    elif "time" in columns and "date" not in columns:
        columns["started"] = columns.pop("time")
    _settle(columns, headings)
    return with_units(columns, headings)


def _settle(columns: dict[str, int], headings: Sequence[str]) -> None:
    """Take back guesses that another column makes wrong."""
    names = {simple(heading) for heading in headings}
    if "caller" in columns and "called" in columns:
        columns.pop("number", None)
    if {"action", "action result"} <= names and "type" in names and "direction" not in columns:
        columns["direction"] = next(i for i, h in enumerate(headings) if simple(h) == "type")
        columns.pop("kind", None)
    if "kind" in columns and "direction" not in columns:
        # "Type" alone says Missed, Incoming or Outgoing far more often than Voice or Fax.
        columns["direction"] = columns.pop("kind")


def _strongest(role: str, taken: list[int], headings: Sequence[str]) -> int:
    order = _STRONGER.get(role, ())
    by_name = {simple(headings[column]): column for column in reversed(taken)}
    return next((by_name[name] for name in order if name in by_name), taken[0])


def with_units(columns: Mapping[str, int], headings: Sequence[str]) -> Columns:
    """Return the mapping with what the headings say about units and zones."""
    units = {}
    for role in ("talk", "ring", "duration"):
        if role in columns:
            name = simple(headings[columns[role]])
            if name.endswith("_ms") or "(ms)" in name:
                units[role] = "ms"
            elif _MINUTES.search(name) and "mm" not in name and "sec" not in name:
                units[role] = "min"
            elif "categories" in map(simple, headings) and name in ("talk_duration", "ringing"):
                units[role] = "min"  # Dialpad counts in minutes
    moments = [columns[role] for role in ("started", "time", "date") if role in columns]
    is_utc = any("utc" in simple(headings[column]) for column in moments)
    return Columns(dict(columns), units, is_utc)


def system_of(headings: Sequence[str]) -> str:
    """Return whose export it looks like, '' when it is none we know by name."""
    names = {simple(heading) for heading in headings}
    return next((name for name, wanted in SYSTEMS if wanted <= names), "")


def read_mapping(raw: Any, headings: Sequence[str]) -> Columns:
    """Return a mapping given as {role: heading or column number from 0}; '' leaves a role out.

    Raises MappingError for an unknown role or column, or a mapping that has no time or no number.
    """
    if not isinstance(raw, Mapping):
        raise MappingError("mapping", 'expected an object such as {"started": "Start time"}')
    by_name = {simple(heading): column for column, heading in reversed(list(enumerate(headings)))}
    columns: dict[str, int] = {}
    for role, wanted in raw.items():
        if role not in ROLES:
            raise MappingError(str(role)[:40], f"unknown; expected one of: {', '.join(ROLES)}")
        if wanted is None or wanted == "":
            continue
        column = wanted if isinstance(wanted, int) else by_name.get(simple(str(wanted)))
        if column is None and str(wanted).isascii() and str(wanted).isdigit():
            column = int(str(wanted)[:6])
        if column is None or isinstance(wanted, bool) or not 0 <= column < len(headings):
            raise MappingError(role, f"the file has no column “{str(wanted)[:60]}”")
        columns[role] = column
    check(columns)
    return with_units(columns, headings)


def check(columns: Mapping[str, int]) -> None:
    """Raise MappingError unless calls can be read with these columns."""
    if "started" not in columns and not {"date", "time"} <= set(columns):
        raise MappingError("started", "choose the column that says when a call began")
    if not {"caller", "number"} & set(columns):
        raise MappingError("caller", "choose the column with the caller’s number")
    if not {"outcome", "answered", "talk", "duration", "direction", "reason"} & set(columns):
        raise MappingError("outcome", "choose a column that tells answered calls from missed ones")
