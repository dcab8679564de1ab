"""What ledger rows, gate codes and audit entries are called on the pages. Pure."""

from __future__ import annotations

CONSENT = {
    2: "Heard that we may text, and stayed on the line",
    3: "Pressed 1 for a text",
    4: "Agreed to texts by writing to us",
    5: "Agreed in writing to marketing texts",
}
# Channels by which a consent reaches us that was given elsewhere (messaging/stated.py).
STATED = frozenset({"web", "email", "paper", "in_person", "phone"})
STATED_CONSENT = {
    3: "Agreed to texts, as was recorded",
    5: "Agreed in writing to marketing texts",
}
KINDS = {
    "consent": "Consented",
    "opt_out": "Opted out",
    "opt_in": "Opted in",
    "pause": "Paused",
    "resume": "Resumed",
    "invalid": "Gets no texts",
    "refusal": "Refused by voice",
    "help": "Asked for help",
    "erasure": "Erased",
}
CHANNELS = {
    "call": "Call",
    "ivr": "Key pressed in a call",
    "sms": "Text",
    "web": "Web form",
    "email": "E-mail",
    "voicemail": "Voicemail",
    "staff": "Told the staff",
    "provider": "Carrier",
    "phone": "By phone",
    "paper": "On paper",
    "in_person": "In person",
}
MATCHED_BY = {
    "per_se": "A keyword",
    "provider": "The carrier",
    "human": "A member",
    "call": "The call",
    "text": "Their text",
    "answer": "Their next text",
}
# What kept a text back or called it off, in a few words; the sentence stands with each text.
CODES = {
    "COUNTRY_NOT_ENABLED": "Country not enabled",
    "TENANT_BLOCKED": "Sending is suspended",
    "NOT_LIVE": "Not live yet",
    "BILLING": "Billing: not paid for",
    "NOT_TEXTABLE": "Number cannot be texted",
    "SPOOF_SUSPECTED": "Caller's number looked forged",
    "SPOOF_VELOCITY": "Number called many businesses",
    "SENDER_NOT_REGISTERED": "Our number is not registered",
    "PROVIDER_CONFIRMED": "The carrier confirmed already",
    "CONFIRM_WINDOW_MISSED": "Too late to confirm",
    "HELPED_ALREADY": "HELP was answered already",
    "CLARIFIED_ALREADY": "Asked already what they meant",
    "OPTOUT_NEW_CALL_NO_TEXT": "Opted out, then called",
    "SUPPRESSED_OPTOUT": "Opted out",
    "SOFT_PAUSED": "Could mean stop",
    "NUMBER_INVALID": "Number gets no texts",
    "VERBAL_REFUSAL": "Said by voice: no texts",
    "CAMPAIGN_SCOPE": "Registration does not cover it",
    "CONTENT_BLOCKED": "Words that must not be sent",
    "AI_DISCLOSURE_MISSING": "Machine not disclosed",
    "LOOP_GUARD": "Two machines in a loop",
    "THROUGHPUT": "Carrier's limit",
    "DAY_LIMIT": "Your day's limit",
    "MONTH_LIMIT": "Your month's limit",
    "PLATFORM_LIMIT": "The platform's own limit",
    "RANGE_VELOCITY": "Numbers that call like a machine",
    "NOT_VOUCHED": "Carrier does not vouch for them",
    "NOT_A_MISSED_CALL": "Not a missed call",
    "ALREADY_ANSWERED": "Somebody has answered already",
    "OVERTAKEN": "They have changed their mind",
    "DUPLICATE_SUPPRESSED": "Texted within a day already",
    "CONSENT_LEVEL_TOO_LOW": "Less consent than your policy wants",
    "QUIET_HOURS": "Quiet hours",
    "QUIET_HOURS_STRICT": "Quiet hours",
    "STALE_INQUIRY": "Too late to help",
    "PROMO_WITHOUT_PEWC": "An offer nobody asked for",
    "WA_CEMA": "An offer to Washington",
    "NO_REPLY_NUDGE": "They did not answer",
    "MARKETING_OFF": "Marketing is switched off",
    "NO_PEWC": "No written consent to marketing",
    "RND_REASSIGNED": "Number has a new owner",
    "DNC_STALE": "Do-not-call lists not looked at",
    "STATE_HOURS": "Outside the state's hours",
    "STATE_DAY_BANNED": "A day without marketing texts",
    "UNKNOWN_STATE_STRICT": "State not known",
    "STATE_EMERGENCY_BAN": "Declared emergency",
    "FREQ_CAP": "One marketing text a day",
    "AI_VOICE_NO_CONSENT": "No consent to a machine's call",
    "STAFF_ONLY": "Only the system alerts staff",
    "STAFF_NOT_JOINED": "This phone has not said JOIN",
    "FAIL_CLOSED": "The check failed",
    "CALLED_OFF": "Called off before it left",
}
# Each with what was done, as the audit log tells it: "Dana searched the ledger".
ACTIONS = {
    "line.change": "changed how a line answers",
    "hours.change": "changed the opening hours",
    "holidays.add": "added days off",
    "holidays.remove": "took days off away",
    "policy.change": "changed the policy",
    "source.add": "connected a phone system",
    "source.line": "changed the line of a phone system",
    "source.rotate": "made a new secret for a phone system",
    "source.paste": "kept a phone system's own secret",
    "source.retire": "gave a phone system's old secret up",
    "source.pause": "paused a phone system",
    "source.resume": "let a phone system go on",
    "source.remove": "removed a phone system",
    "ledger.search": "searched the ledger",
    "ledger.read": "read in the ledger",
    "refusals.read": "looked at texts kept back",
    "audit.read": "looked at the audit log",
    "ledger.check": "checked the ledger",
    "ledger.roots": "downloaded the daily roots",
    "ledger.view": "looked at a person's consent",
    "evidence.export": "exported evidence",
    "hold.place": "placed a legal hold",
    "hold.lift": "lifted a legal hold",
    "person.erase": "erased a person",
    "person.erase_asked": "asked to be erased",
    "contact.place": "set where a person is",
    "people.mark": "marked a person",
    "people.import": "brought in a list of people",
    "people.import_undo": "took a list of people back",
    "people.export": "took the marked people out",
    "list.export": "took a list out as a file",
    "limits.change": "changed the limits",
    "line.check": "called a line to see whether calls arrive",
    "limits.let_go": "let texts go that a limit held",
    "alert.resolve": "marked an alert as done",
    "member.invite": "invited a member",
    "member.resend": "sent an invitation again",
    "member.withdraw": "withdrew an invitation",
    "member.join": "joined by invitation",
    "member.role": "changed a member's role",
    "member.remove": "removed a member",
    "member.return": "let a member back in",
    "team.save": "changed a team",
    "team.remove": "put a team away",
    "reply.save": "changed a quick reply",
    "reply.remove": "deleted a quick reply",
    "tag.save": "changed a tag",
    "tag.remove": "removed a tag",
    "field.save": "changed a field of people",
    "view.change": "changed a saved view",
    "rules.publish": "published rules",
    "rules.pin": "pinned a call",
    "rules.unpin": "unpinned a call",
    "template.save": "changed a ready text",
    "template.remove": "removed a ready text",
    "app.allow": "let an app in",
    "app.disconnect": "ended an app's connection",
    "support.enter": "looked in as support",
    "support.leave": "left, as support",
    "support.repair": "set a number right at its provider, as support",
    "support.tables": "saw tables with people in full, as support",
    "support.trace": "saw a call or text in full, as support",
    "retention.plan": "announced what will be deleted",
    "retention.purge": "deleted what is kept no longer",
}
_QUOTED = 40


def matched_words(matched_by: str, matched: str) -> str:
    """Return who or what read an event, and by which words: "The opt-out reader (leave me be)"."""
    if not matched_by:
        return matched
    # Whatever else the reader names is one of its own ways to read.
    who = MATCHED_BY.get(matched_by, "The opt-out reader")
    return f"{who} ({matched})" if matched else who


def code_words(code: str) -> str:
    """Return a gate's code in a few words; one we do not know reads as it is written."""
    return CODES.get(code) or code.replace("_", " ").capitalize()


# What the lists are called that members take out as files (inbox/exports).
LISTS = {
    "contacts": "the list of contacts",
    "conversations": "the list of conversations",
    "calls": "the list of calls",
    "waits": "the list of waits",
    "promises": "the list of promises",
    "answers-by-days": "answers day by day",
    "answers-by-hours": "answers by weekday and hour",
    "answers-by-members": "answers by member",
    "texts": "the texts held and kept back",
    "ledger": "what the ledger has of a number",
    "audit": "this list",
    "deliveries": "the deliveries of a webhook",
    "requests": "the requests of API keys",
    "usage": "use by day",
    "invoices": "the invoices",
    "missed-by-hour": "missed calls by hour",
}


def action_words(action: str) -> str:
    """Return what an audit entry says was done."""
    return ACTIONS.get(action) or action.replace(".", ": ").replace("_", " ")


def consent_line(
    kind: str, *, level: int | None = None, channel: str = "", matched_by: str = "",
    matched: str = "", raw_text: str = "", actor: str = "",
) -> str:  # fmt: skip
    """Return a ledger row as one line of a timeline: "Opted out: replied “STOP”"."""
    said = f"“{_short(raw_text)}”" if raw_text.strip() else ""
    if kind == "consent":
        if channel in STATED:
            return STATED_CONSENT.get(level or 0, "Agreed to texts")
        return CONSENT.get(level or 0, "Called, which allows one answer")
    if kind == "opt_out":
        return f"Opted out{_how(channel, said, matched, actor)}"
    if kind == "opt_in":
        return f"Opted in again{_how(channel, said, matched, actor)}"
    if kind == "pause":
        return f"Texts paused: {said or 'their reply'} could mean stop"
    if kind == "resume":
        if matched_by == "answer":
            return "Texts go on: they wrote again"
        return f"Texts go on: {actor} decided" if actor else "Texts go on"
    if kind == "refusal":
        return f"Said by voice that they want no texts{f': {said}' if said else ''}"
    if kind == "erasure":
        return f"Erased on request by {actor}" if actor else "Erased on request"
    if kind == "invalid":
        return "The carrier says: this number gets no texts"
    if kind == "help":
        return f"Asked for help{f': replied {said}' if said else ''}"
    return KINDS.get(kind, kind)


def _how(channel: str, said: str, matched: str, actor: str) -> str:
    if channel == "staff":
        return f": told {actor} by phone" if actor else ": told us by phone"
    if channel == "provider":
        return ": the carrier told us"
    if said:
        return f": replied {said}"
    return f": {matched}" if matched else ""


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _QUOTED else f"{flat[: _QUOTED - 1]}…"
