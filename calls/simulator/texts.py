"""Texts on the simulated network: the REST API the platform calls, delivery, and what callers write.

Sources: telephony.md 2.1 to 2.5 and the provider's published API contract.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from calls.simulator import dialect
from calls.simulator.dialect import Place
from calls.simulator.network import Network
from calls.simulator.wire import Wire, is_ours
from messaging.numbers import normalise

MAX_BODY = 1600
MAX_MEDIA = 10
_MORE_INFO = "https://www.twilio.com/docs/errors/"
Spawn = Callable[[Coroutine[Any, Any, Any]], None]


class ApiError(Exception):
    """An error answer of the API: HTTP status, the provider's code, a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def as_json(self) -> dict[str, Any]:
        """Return it as the provider writes it."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"{_MORE_INFO}{self.code}",
            "status": self.status,
        }


def check(form: Mapping[str, str], media: Sequence[str] = ()) -> None:
    """Refuse a form the provider would refuse. Raises ApiError with the provider's code.

    media: every MediaUrl of the form; the network fetches from this platform alone.
    """
    if len(media) > MAX_MEDIA:
        raise ApiError(400, 21623, f"Number of media files exceeds allowed limit ({MAX_MEDIA}).")
    if not all(is_ours(url) and "/media/" in url for url in media):
        raise ApiError(400, 21620, "Invalid media URL(s)")
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        raise ApiError(400, 21604, "A 'To' phone number is required.")
    if normalise(to) != to:
        raise ApiError(400, 21211, f"Invalid 'To' Phone Number: {to[:40]}")
    if not sender:
        raise ApiError(400, 21603, "A 'From' phone number is required.")
    if normalise(sender) != sender:
        raise ApiError(400, 21212, f"Invalid 'From' Phone Number: {sender[:40]}")
    if not body and not media:
        raise ApiError(400, 21602, "Message body is required.")
    if len(body) > MAX_BODY:
        raise ApiError(
            400, 21617, "The concatenated message body exceeds the 1600 character limit."
        )
    validity = form.get("ValidityPeriod", "36000")
    if not validity.isascii() or not validity.isdigit() or not 1 <= int(validity[:9]) <= 36_000:
        raise ApiError(400, 20422, "ValidityPeriod: expected a whole number from 1 to 36000.")
    callback = form.get("StatusCallback", "")
    if callback and not is_ours(callback):
        raise ApiError(400, 21609, "The 'StatusCallback' URL is not a valid URL of this platform.")
    if to == sender:
        raise ApiError(400, 21266, "'To' and 'From' number cannot be the same.")


def as_json(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text as the provider's Message resource."""
    uri = f"/{dialect.API_VERSION}/Accounts/{text['account']}/Messages/{text['sid']}"
    created = dialect.timestamp(datetime.fromtimestamp(text["at"], UTC))
    taken = text["status"] not in ("queued", "accepted")
    return {
        "account_sid": text["account"],
        "api_version": dialect.API_VERSION,
        "body": text["body"],
        "date_created": created,
        "date_sent": created if taken else None,
        "date_updated": created,
        "direction": "inbound" if text["direction"] == "inbound" else "outbound-api",
        "error_code": int(text["error"]) if text.get("error") else None,
        "error_message": None,
        "from": text["from"],
        "to": text["to"],
        "messaging_service_sid": None,
        "num_media": str(len(text.get("media", ()))),
        "num_segments": str(dialect.segments(text["body"])),
        "price": None,
        "price_unit": "USD",
        "sid": text["sid"],
        "status": text["status"],
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


class Texts:
    """Takes texts from the platform and from callers' thumbs."""

    def __init__(self, network: Network, wire: Wire, spawn: Spawn) -> None:
        self.network, self.wire, self.spawn = network, wire, spawn

    async def create(
        self, place: Place, form: Mapping[str, str], media: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Take a text for delivery and return its resource. Raises ApiError."""
        to, sender, body = form["To"], form["From"], form.get("Body", "")
        about: dict[str, Any] = {"business": place.number, "body": body}
        try:
            if refused := dialect.undeliverable(to):
                raise ApiError(400, *refused)
            if await self.network.has_opted_out(to, sender):
                raise ApiError(400, 21610, "Attempt to send to unsubscribed recipient")
        except ApiError as error:
            await self.network.tell(to, "refused", title=error.message, code=error.code, **about)
            raise
        text: dict[str, Any] = {
            "sid": dialect.new_sid("SM"),
            "account": place.account_sid,
            "from": sender,
            "to": to,
            "body": body,
            "status": "queued",
            "direction": "outbound",
            "by": "platform",
            "at": time.time(),
            "callback": form.get("StatusCallback", ""),
            # As paths: the phone shows them from the address its page is open at.
            "media": [urlsplit(url).path for url in media],
        }
        await self.network.keep_text(text)
        await self.network.tell(
            to,
            "api",
            at=text["at"],
            title="The provider is asked to send it",
            text=text["sid"],
            **about,
        )
        await self.network.tell(to, "text", at=text["at"], **_bubble(text))
        self.spawn(self._deliver(place, text))
        return as_json(text)

    async def _deliver(self, place: Place, text: dict[str, Any]) -> None:
        started = time.monotonic()
        for seconds, status, error in dialect.fate(text["to"]):
            await asyncio.sleep(max(0.0, started + seconds - time.monotonic()))
            await self.network.change_text(text["sid"], status=status, error=error)
            await self.network.tell(
                text["to"],
                "text_status",
                text=text["sid"],
                status=status,
                error=error,
                business=text["from"],
            )
            if text["callback"]:
                await self.wire.report(
                    place,
                    text["to"],
                    text["callback"],
                    dialect.receipt_fields(text, status, error),
                    f"Receipt: {status}",
                    text=text["sid"],
                )

    async def list(self, account_sid: str, query: Mapping[str, str], path: str) -> dict[str, Any]:
        """Return the newest texts of an account, filtered by To and From, one page."""
        size = query.get("PageSize", "50")
        limit = (
            max(1, min(1000, int(size)))
            if size.isascii() and size.isdigit() and len(size) < 6
            else 50
        )
        found = [
            as_json(text)
            for text in await self.network.texts_of(account_sid)
            if query.get("To", text["to"]) == text["to"]
            and query.get("From", text["from"]) == text["from"]
            and text.get("by") != "carrier"
        ][:limit]
        here = f"{path}?{urlencode({**query, 'PageSize': str(limit), 'Page': '0'})}"
        return {
            "messages": found,
            "page": 0,
            "page_size": limit,
            "start": 0,
            "end": max(0, len(found) - 1),
            "uri": here,
            "first_page_uri": here,
            "next_page_uri": None,
            "previous_page_uri": None,
        }

    async def reply(
        self, place: Place, caller: str, body: str, picture: tuple[str, str] | None = None
    ) -> str:
        """Send a caller's text to the platform and return its id. picture: its id and type."""
        text: dict[str, Any] = {
            "sid": dialect.new_sid("SM"),
            "account": place.account_sid,
            "from": caller,
            "to": place.number,
            "body": body,
            "status": "received",
            "direction": "inbound",
            "by": "caller",
            "at": time.time(),
            "callback": "",
            "media": [f"/simulator/do/media?sid={picture[0]}"] if picture else [],
        }
        where = f"{dialect.API_VERSION}/Accounts/{place.account_sid}/Messages/{text['sid']}/Media"
        media = (
            [(f"{settings.SIMULATOR_API_BASE_URL}/{where}/{picture[0]}", picture[1])]
            if picture
            else []
        )
        await self.network.keep_text(text)
        await self.network.tell(caller, "text", at=text["at"], **_bubble(text))
        answer = dialect.carrier_reply(body, await self.network.has_opted_out(caller, place.number))
        if answer is not None:
            await self.network.set_opted_out(caller, place.number, answer.opted_out)
            self.spawn(self._carrier_says(place, caller, answer.body))
        await self.wire.report(
            place,
            caller,
            "/webhooks/simulator/messaging",
            dialect.text_fields(place, text["sid"], caller, body, media),
            "The caller's text comes in",
            text=text["sid"],
        )
        return str(text["sid"])

    async def _carrier_says(self, place: Place, caller: str, body: str) -> None:
        await asyncio.sleep(0.4)
        text: dict[str, Any] = {
            "sid": dialect.new_sid("SM"),
            "account": place.account_sid,
            "from": place.number,
            "to": caller,
            "body": body,
            "status": "delivered",
            "direction": "outbound",
            "by": "carrier",
            "at": time.time(),
            "callback": "",
        }
        await self.network.keep_text(text)
        await self.network.tell(caller, "text", at=text["at"], **_bubble(text))


def _bubble(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the phone shows of a text."""
    business = text["to"] if text["direction"] == "inbound" else text["from"]
    return {
        "text": text["sid"],
        "business": business,
        "body": text["body"],
        "by": text["by"],
        "direction": text["direction"],
        "status": text["status"],
        "error": text.get("error", ""),
        "media": text.get("media", []),
    }


def bubbles(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a thread as the phone shows it."""
    return [{**_bubble(text), "at": text["at"]} for text in texts]
