"""An app of somebody else, and the people who let it in, as tests play them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client
from oauth2_provider.models import Application

from messaging.models import AuditEntry
from tenants.models import MarketplaceApp
from tests.api.conftest import PUBLIC

BACK = "https://crm.example/back"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"


def challenge(verifier: str) -> str:
    raw = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(slots=True)
class App:
    """An app as its maker runs it: it knows its id, its secret and its address."""

    row: Application
    secret: str = ""
    back: str = BACK
    more: dict[str, str] = field(default_factory=dict)

    def link(self, scope: str = "contacts:read messages:send", **more: str | None) -> str:
        asked: dict[str, str | None] = {
            "response_type": "code", "client_id": self.row.client_id, "redirect_uri": self.back,
            "scope": scope, "state": "abc", "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256", **more,
        }  # fmt: skip
        return "/oauth/authorize/?" + urlencode({k: v for k, v in asked.items() if v is not None})

    def token(self, **given: str) -> Any:
        mine = {"client_id": self.row.client_id} | (
            {"client_secret": self.secret} if self.secret else {}
        )
        return Client().post("/oauth/token/", {**mine, **given}, headers={"host": PUBLIC})

    def redeem(self, code: str, **more: str) -> Any:
        return self.token(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": self.back,
               "code_verifier": VERIFIER, **more},
        )  # fmt: skip

    def refresh(self, token: str, **more: str) -> Any:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def revoke(self, token: str, **more: str) -> Any:
        mine = {"client_id": self.row.client_id, "client_secret": self.secret, **more}
        return Client().post("/oauth/revoke/", {"token": token, **mine}, headers={"host": PUBLIC})


def an_app(name: str = "Acme CRM", *, public: bool = False, back: str = BACK) -> App:
    kind = Application.CLIENT_PUBLIC if public else Application.CLIENT_CONFIDENTIAL
    plain = "" if public else f"secret-of-{name}-{'x' * 60}"
    row = MarketplaceApp(name=name, redirect_uris=back, client_type=kind, client_secret=plain)
    row.clean()
    row.save()
    return App(Application.objects.get(pk=row.pk), plain, back)


def at(biz, user=None, host=None) -> Client:
    client = Client(headers={"host": host or biz.host})
    client.force_login(user or biz.owner)
    return client


def says_yes(app: App, biz, client: Client | None = None, **asked: Any) -> Any:
    client = client or at(biz)
    return client.post(app.link(**asked), {"for": str(biz.business.pk), "allow": "1"})


def answer(response: Any) -> dict[str, str]:
    assert response.status_code == 302, response.content[:800]
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def connect(app: App, biz, **asked: Any) -> dict[str, Any]:
    """Walk the whole way and return the tokens."""
    got = app.redeem(answer(says_yes(app, biz, **asked))["code"])
    assert got.status_code == 200, got.content
    return got.json()


def audit_of(biz) -> list[tuple[str, str, str]]:
    with biz.scope():
        found = AuditEntry.objects.filter(action__startswith="app.").order_by("pk")
        return [(e.action, e.door, e.detail.get("why", "")) for e in found]
