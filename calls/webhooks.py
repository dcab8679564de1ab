"""What a caller hears next: the answers to voice webhooks, from the public row alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.entitlements import allowed
from billing.standing import standing_from
from calls import flow
from calls.greeting_files import public_url
from calls.hours import Span, Week, in_words, is_open, next_opening
from calls.line_rules import not_rung
from calls.timetable import as_stored
from messaging.numbers import normalise
from messaging.plan import Hangup, Reject, Step
from tenants.routing import Route


def line_of(route: Route, now: datetime) -> flow.Line:
    """Compile a public row for `now` (aware): it is open or closed, and opens next at a known time."""
    week = _week(route.timezone, route.spans, route.closed)
    is_closed = not is_open(week, now)
    recording = route.greeting_recording
    return flow.Line(
        route.e164,
        route.business_name,
        route.answering,
        # A phone that may not be named any more is not rung either.
        tuple(phone for phone in route.staff_numbers if not not_rung(phone, route.e164)),
        route.ring_seconds,
        route.press_one,
        route.greeting,
        route.voicemail,
        route.posture,
        in_order=route.ring_order == "in_order",
        recording_url=public_url(recording) if recording else "",
        consent_digit=route.consent_digit,
        consent_prompt=route.consent_prompt,
        emergency_digit=route.emergency_digit,
        emergency_number=""
        if route.emergency_number and not_rung(route.emergency_number, route.e164)
        else route.emergency_number,
        is_open=not is_closed,
        # Only spoken where somebody asks for it, and looked up only then.
        next_open=in_words(next_opening(week, now), now.astimezone(week.zone))
        if "next_open" in route.greeting
        else "soon",
        # A suspended business's callers, and a draft's, still reach its staff, for an unpaid bill must not silence a
        # phone somebody calls in an emergency; only a text that will not be sent is not promised.
        offers_texts=not route.texts_nobody
        and allowed(standing_from(route.standing), now).text_backs,
        transcribe=settings.VOICEMAIL_TRANSCRIPTS,
    )


@lru_cache(maxsize=2_000)
def _week(zone: str, spans: tuple[tuple[int, str, str], ...], closed: tuple[str, ...]) -> Week:
    opening = tuple(
        Span(day, time.fromisoformat(opens), as_stored(time.fromisoformat(closes)))
        for day, opens, closes in spans
    )
    return Week(ZoneInfo(zone), opening, frozenset(date.fromisoformat(day) for day in closed))


def _line(route: Route) -> flow.Line:
    return line_of(route, datetime.now(UTC))


def _was_bridged(params: Mapping[str, str]) -> bool:
    """A bridge is the only proof of an answer (telephony.md 1.4)."""
    bridged = params.get("DialBridged", "").lower()
    talked = params.get("DialCallStatus") in ("completed", "answered")
    return bridged == "true" or (not bridged and talked)


def answer_call(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The call arrives. One of ours that only looks whether it does rings nobody and costs nothing."""
    caller = normalise(params.get("From", "") or params.get("Caller", ""))
    if caller and caller == settings.WATCH_NUMBER:
        return [Reject()]
    return flow.answer(_line(route), caller, normalise(params.get("ForwardedFrom", "")))


def answer_dial(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The ringing of the staff ended."""
    return flow.after_dial(_line(route), _was_bridged(params))


def answer_screen(route: Route, params: Mapping[str, str]) -> list[Step]:
    """A staff phone picked up, or pressed something."""
    return flow.screen(_line(route), params.get("Digits"))


def answer_key(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The caller pressed a key in the greeting."""
    return flow.after_key(_line(route), params.get("Digits", ""))


def answer_consent(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The caller pressed a key after the offer of a text."""
    return flow.after_offer(_line(route), params.get("Digits", ""))


def answer_on_call(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The ringing of the one on call ended."""
    return flow.after_on_call(_line(route), _was_bridged(params))


def answer_on_call_screen(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The on-call phone picked up, or pressed something."""
    return flow.screen(_line(route), params.get("Digits"), on_call=True)


def answer_recording(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The voicemail is over."""
    return flow.after_recording()


def answer_placed(route: Route, params: Mapping[str, str]) -> list[Step]:
    """A call a member placed: the person's leg ended, or the member's own did."""
    return [Hangup()]


def answer_fallback(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The provider could not reach or read our first answer."""
    return [] if params.get("MessageSid") else flow.fallback(_line(route))
