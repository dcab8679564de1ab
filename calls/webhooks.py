"""What a caller hears next: the answers to voice webhooks, from the public row alone."""

from __future__ import annotations

from collections.abc import Mapping

from calls import flow
from messaging.plan import Step
from tenants.routing import Route


def _line(route: Route) -> flow.Line:
    return flow.Line(
        route.e164,
        route.business_name,
        route.answering,
        route.staff_numbers,
        route.ring_seconds,
        route.press_one,
        route.greeting,
        route.voicemail,
        route.posture,
    )


def answer_call(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The call arrives."""
    return flow.answer(_line(route))


def answer_dial(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The ringing ended. A bridge is the only proof of an answer (telephony.md 1.4)."""
    bridged = params.get("DialBridged", "").lower()
    talked = params.get("DialCallStatus") in ("completed", "answered")
    return flow.after_dial(_line(route), bridged == "true" or (not bridged and talked))


def answer_screen(route: Route, params: Mapping[str, str]) -> list[Step]:
    """A staff phone picked up, or pressed something."""
    return flow.screen(_line(route), params.get("Digits"))


def answer_consent(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The caller pressed a key after the offer of a text."""
    return flow.after_offer(_line(route), params.get("Digits", ""))


def answer_recording(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The voicemail is over."""
    return flow.after_recording()


def answer_fallback(route: Route, params: Mapping[str, str]) -> list[Step]:
    """The provider could not reach or read our first answer."""
    return [] if params.get("MessageSid") else flow.fallback(_line(route))
