"""A phone system of the plumber's, and one of the dentist's, at their real doors."""

from __future__ import annotations

import base64
import copy
import functools
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from calls.intake import sources
from calls.intake.signing import sign
from calls.models import Call
from tenants.models import CallSource
from tests.support.hooks import a_caller
from tests.support.world import Biz

PAYLOADS = Path(__file__).resolve().parents[1] / "payloads"
_IDS = itertools.count(1)


def payload(system: str, name: str) -> dict[str, Any]:
    """Return one example, as tests/payloads has it."""
    return json.loads((PAYLOADS / system / f"{name}.json").read_text())


@dataclass(slots=True)
class Pbx:
    """Posts events of one source, proven as its system does, over HTTP."""

    biz: Biz
    source: CallSource
    base_url: str
    secret: str
    client: httpx.Client = field(default_factory=httpx.Client)

    @property
    def path(self) -> str:
        """The source's own address."""
        return f"/api/v1/call-events/{self.source.token}/"

    def send(
        self, body: Any, *, secret: str | None = None, host: str = "localhost", path: str = "",
        kind: str = "application/json", headers: dict[str, str] | None = None, late: float = 0,
    ) -> httpx.Response:  # fmt: skip
        """Post a body with its proof."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = self.secret if secret is None else secret
        given: dict[str, str] = {"host": host, "content-type": kind}
        system = self.source.mapping
        if system in ("generic", "quo"):
            stamp = str(int(timezone.now().timestamp() - late))
            given |= {"webhook-id": f"msg_{next(_IDS)}", "webhook-timestamp": stamp}
            given["webhook-signature"] = sign(secret, given["webhook-id"], stamp, raw)
        elif system == "ringcentral":
            given["verification-token"] = secret
        elif system == "3cx":
            given["authorization"] = f"Basic {base64.b64encode(f'{secret}:x'.encode()).decode()}"
        elif system == "dialpad":
            raw = a_token(raw, secret)
        return self.client.post(
            self.base_url + (path or self.path),
            content=raw,
            headers=given | (headers or {}),
            timeout=30,
        )

    def event(
        self,
        caller: str,
        outcome: str = "no_answer",
        *,
        ago: float = 30,
        lasts: float = 20,
        **more: Any,
    ) -> dict[str, Any]:
        """Return an event in our own shape, of a call that began `ago` seconds ago."""
        number = next(_IDS)
        began = timezone.now() - timedelta(seconds=ago)
        return {
            "event_id": f"evt-{number}",
            "call_id": f"call-{number}",
            "type": "call.ended",
            "from": caller,
            "outcome": outcome,
            "started_at": began.isoformat(),
            "ended_at": (began + timedelta(seconds=lasts)).isoformat(),
            **more,
        }


def a_token(claims: bytes, secret: str) -> bytes:
    """Return claims as a JWT of HS256."""

    def part(raw: bytes) -> bytes:
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(claims)
    return signed + b"." + part(hmac.new(secret.encode(), signed, hashlib.sha256).digest())


def connect(biz: Biz, base_url: str, mapping: str = "generic", name: str = "Office PBX") -> Pbx:
    """Connect a phone system to a business, as its page does."""
    with biz.scope():
        source = sources.add(
            biz.business, name=name, mapping=mapping, line=biz.number, by="test", at=timezone.now()
        )
        secret = source.secret
        if mapping == "aircall":
            secret = "aircall-makes-this-token"
            sources.paste(source, secret, by="test", at=timezone.now())
    return Pbx(biz, source, base_url, secret)


@pytest.fixture
def pbx(plumber, web_url, stand_in) -> Pbx:
    """The plumber's phone system, in our own shape."""
    return connect(plumber, web_url)


@pytest.fixture
def other_pbx(dentist, web_url) -> Pbx:
    """The dentist's."""
    return connect(dentist, web_url)


@pytest.fixture
def system(plumber, web_url, stand_in) -> Callable[[str], Pbx]:
    """Connect another system to the plumber."""
    return lambda mapping: connect(plumber, web_url, mapping, f"Our {mapping}")


@functools.cache
def _started(caller: str, ago: float) -> datetime:
    return timezone.now().replace(microsecond=0) - timedelta(seconds=ago)


def told_now(body: dict[str, Any], caller: str, *, ago: float = 60) -> dict[str, Any]:
    """Return an example moved so that its call began `ago` seconds ago, and made another caller's.

    What is told of one caller is told of one call: its start stays the same to the second, because
    some systems know a call by nothing else.
    """
    began = datetime(2026, 11, 21, 16, 4, 2, tzinfo=UTC)
    moved = _started(caller, ago) - began

    def shifted(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: shifted(v) for k, v in value.items()}
        if isinstance(value, list):
            return [shifted(v) for v in value]
        if isinstance(value, str):
            if value.startswith("2026-11-21T"):
                at = datetime.fromisoformat(value) + moved
                return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
            if value in ("+13125550142", "3125550142", "+1 312-555-0142"):
                return caller
        if isinstance(value, int) and not isinstance(value, bool):
            seconds = int(began.timestamp())
            if seconds - 60 <= value <= seconds + 600:
                return int(value + moved.total_seconds())
            if (seconds - 60) * 1000 <= value <= (seconds + 600) * 1000:
                return int(value + moved.total_seconds() * 1000)
        return value

    return shifted(copy.deepcopy(body))


def calls_of(biz: Biz) -> list[Call]:
    """Return a business's calls in the order they began."""
    with biz.scope():
        return list(Call.objects.order_by("started_at", "pk"))


def nobody_else(dentist: Biz) -> None:
    """Assert that the other business saw nothing."""
    assert calls_of(dentist) == []


__all__ = ["a_caller"]
