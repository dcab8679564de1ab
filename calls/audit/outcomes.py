"""What the words of many systems say about a call: its direction, its outcome and why. Pure.

Outcomes are telephony.md 1.4's, in our words. Words of the systems' public documentation; nothing
here decides what a text is sent for, only how a log is counted.
"""

from __future__ import annotations

import re

from calls.audit.shapes import ANSWERED, MISSED, VOICEMAIL

INBOUND, OUTBOUND, INTERNAL, LEG, NO_CALL = "in", "out", "internal", "leg", "none"
_SIMPLE = re.compile(r"[^a-z0-9]+")

_DIRECTIONS = {
    INBOUND: "in inbound incoming received inboundcall incomingcall i callin trunktouser external externalline "
    "line provider missed missedcall terminating mt inboundanswered inboundvoicemail inboundmissed inboundabandoned "
    "inboundoutofbusinesshours voicemail incomi incomicl incomingcl queue ivr inboundpstn",
    OUTBOUND: "out outbound outgoing placed dialed dialled made outboundcall outgoingcall o callout outboundapi "
    "usertotrunk originating mo extension clicktocall trunkingoriginating outboundpstn",
    INTERNAL: "internal intercom usertouser extensiontoextension internalcall local2local onnet",
    LEG: "outbounddial clientdial",
    NO_CALL: "fax sms text mms message messages textmessage data faxin faxout",
}  # fmt: skip
_DIRECTION = {word: way for way, words in _DIRECTIONS.items() for word in words.split()}

_OUTCOMES = {
    (ANSWERED, ""): "answered completed accepted callconnected connected answer pickedup success successful "
    "ok yes true 1 handled callaccepted received normal done ended complete inboundanswered incoming inbound "
    "answeredbyuser answeredcall ok200 talked aicall handledbyai normalclearing live transferred transfer",
    (MISSED, "no_answer"): "missed noanswer unanswered notanswered missedcall na no false 0 timeout "
    "norepsonse noresponse inboundmissed noavailableagent agentsdidnotanswer outofopeninghours "
    "outofbusinesshours inboundoutofbusinesshours closed norecord ringing nouserresponse missedcalls unavailable "
    "didnotanswer noreply expired",
    (MISSED, "caller_hung_up"): "abandoned hangup hungup canceled cancelled cancel callerhungup shortabandoned "
    "abandonedinivr abandonedinclassic abandonedinqueue inboundabandoned originatorcancel terminatedbysrc "
    "disconnected abandon callercancelled lost dropped stopped",
    (MISSED, "busy"): "busy userbusy linebusy busyline allbusy toomanycalls nolinesavailable",
    (MISSED, "unreachable"): "failed unreachable congestion chanunavail callfailed failure error notregistered "
    "ipphoneoffline offline networkerror internalerror subscriberabsent notallowed unallocatednumber "
    "noroutedestination destinationoutoforder temporaryfailure wrongnumber receiveerror",
    (MISSED, "declined"): "declined rejected refused blocked reject callrejected decline deniedbyuser spam",
    (VOICEMAIL, "no_answer"): "voicemail voicemailleft leftvoicemail vm wentovoicemail wenttovoicemail "
    "messageleft senttovoicemail inboundvoicemail voicemaildrop answeredbyvoicemail tovoicemail vmail",
}  # fmt: skip
_OUTCOME = {word: meaning for meaning, words in _OUTCOMES.items() for word in words.split()}
# Where no whole word is known, the first of these that stands in it decides.
_PARTS = (
    ("voicemail", (VOICEMAIL, "no_answer")),
    ("unanswered", (MISSED, "no_answer")),
    ("notanswered", (MISSED, "no_answer")),
    ("noanswer", (MISSED, "no_answer")),
    ("abandon", (MISSED, "caller_hung_up")),
    ("missed", (MISSED, "no_answer")),
    ("busy", (MISSED, "busy")),
    ("reject", (MISSED, "declined")),
    ("decline", (MISSED, "declined")),
    ("cancel", (MISSED, "caller_hung_up")),
    ("hangup", (MISSED, "caller_hung_up")),
    ("fail", (MISSED, "unreachable")),
    ("answered", (ANSWERED, "")),
    ("connected", (ANSWERED, "")),
    ("completed", (ANSWERED, "")),
)


def simple(text: str) -> str:
    """Return a word as it is looked up: small letters and digits alone."""
    return _SIMPLE.sub("", text.lower())


def direction_of(text: str) -> str:
    """Return INBOUND, OUTBOUND, INTERNAL, LEG or NO_CALL; '' for words that say none of it."""
    word = simple(text)
    found = _DIRECTION.get(word)
    if found is None and word:
        for part, way in (("inbound", INBOUND), ("incom", INBOUND), ("outbound", OUTBOUND), ("outgo", OUTBOUND)):  # fmt: skip
            if part in word:
                return way
    return found or ""


def outcome_of(text: str) -> tuple[str, str] | None:
    """Return (outcome, because) of a result's words, None for words that say neither."""
    word = simple(text)
    if not word:
        return None
    found = _OUTCOME.get(word)
    if found is None:
        found = next((meaning for part, meaning in _PARTS if part in word), None)
    return found
