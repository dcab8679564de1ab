"""Signed posts to the platform, as a provider makes them: over real HTTP, timed, and told to the page."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from django.conf import settings

from calls.simulator.dialect import Place
from calls.simulator.network import Network
from messaging.providers.signature import sign

log = structlog.get_logger(__name__)
ANSWER_WITHIN_SECONDS = 15.0  # a provider's budget for an answer (telephony.md 1.6)


class NoAnswer(Exception):
    """The platform did not answer a webhook, or with an error; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said: body, status, and how long it took in milliseconds."""

    body: bytes
    status: int
    milliseconds: float
    posted_at: float


def is_ours(url: str) -> bool:
    """Whether a URL is an address of this platform, the only one the simulator ever calls."""
    ours, given = urlsplit(settings.PUBLIC_BASE_URL), urlsplit(url)
    return (ours.scheme, ours.netloc) == (given.scheme, given.netloc)


class Wire:
    """The line from the network to the platform; one per event loop."""

    def __init__(self, network: Network) -> None:
        self.network = network
        # No proxy from the environment: the platform is on this machine or named explicitly.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_WITHIN_SECONDS, connect=5),
            trust_env=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )

    async def post(self, place: Place, url: str, fields: Mapping[str, str]) -> Answer:
        """Post a signed form and return the answer. Raises NoAnswer.

        url: absolute, or a path on the platform. A connection that fails is tried once more, an
        error answer is not (telephony.md 1.6).
        """
        target = url if "://" in url else f"{settings.PUBLIC_BASE_URL}{url}"
        if not is_ours(target):
            raise NoAnswer(f"{target[:100]} is not an address of this platform")
        pairs: Sequence[tuple[bytes, bytes]] = [(k.encode(), v.encode()) for k, v in fields.items()]
        headers = {
            "X-Twilio-Signature": sign(target, pairs, place.token),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "RingbackSimulator/1.0",
        }
        body = urlencode(dict(fields)).encode()
        posted_at, started = time.time(), time.perf_counter()
        for is_last in (False, True):
            try:
                answer = await self._client.post(target, content=body, headers=headers)
                break
            except httpx.ConnectError:
                if is_last:
                    raise NoAnswer("nobody listens at the platform's address") from None
            except httpx.HTTPError as error:
                raise NoAnswer(f"no answer ({type(error).__name__})") from None
        milliseconds = (time.perf_counter() - started) * 1000
        if answer.status_code >= 400:
            raise NoAnswer(f"HTTP {answer.status_code}: {answer.text[:120].strip()}")
        return Answer(answer.content, answer.status_code, round(milliseconds, 1), posted_at)

    async def report(
        self,
        place: Place,
        caller: str,
        url: str,
        fields: Mapping[str, str],
        title: str,
        **extra: object,
    ) -> Answer | None:
        """Post, tell the page how it went, and return the answer; None when there was none."""
        path = urlsplit(url).path
        about = {"business": place.number, "title": title, "path": path, **extra}
        started = time.time()
        try:
            answer = await self.post(place, url, fields)
        except NoAnswer as error:
            log.warning("simulator_webhook_failed", path=path, error=str(error))
            await self.network.tell(caller, "webhook", at=started, **about, failed=str(error))
            return None
        await self.network.tell(
            caller,
            "webhook",
            at=answer.posted_at,
            **about,
            milliseconds=answer.milliseconds,
            status=answer.status,
        )
        return answer

    async def close(self) -> None:
        """Close the kept-alive connections."""
        await self._client.aclose()
