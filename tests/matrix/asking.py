"""Who asks, what the addresses are, and how an answer is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tenants import scope
from tenants.models import User

# What an answer comes to. "in": the door let him through, whatever the page then said of an empty form.
IN, LOGIN, HIDDEN, REFUSED, UNKNOWN = "in", "login", "hidden", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the tables: its name, the way to it with places for arguments, their names."""

    name: str
    path: str
    arguments: tuple[tuple[str, str], ...]

    def at(self, things: dict[str, Any]) -> str:
        """Return the path to things that exist; KeyError names the argument nothing stands for."""
        path = self.path
        for kind, argument in self.arguments:
            value = things.get(f"{self.name}.{argument}", things.get(argument))
            if value is None:
                raise KeyError(f"{self.name}: {argument}")
            path = path.replace(f"<{kind}:{argument}>", str(value))
        return path


_ARGUMENT = re.compile(r"<(\w+):(\w+)>")


def addresses(urlconf: str) -> list[Address]:
    """Return every address of a host's table but the admin's and the API's operations, which have tests of their own."""
    found: list[Address] = []
    for name, path in _walk(get_resolver(urlconf).url_patterns, "", ""):
        path = "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", path).replace("^", "").replace(
            "$", ""
        )
        found.append(Address(name, path, tuple(_ARGUMENT.findall(path))))
    return found


def _walk(patterns: list[Any], root: str, space: str) -> Iterator[tuple[str, str]]:
    for each in patterns:
        path = root + str(each.pattern)
        if path.startswith(("admin/", "api/v1/")):
            continue
        if isinstance(each, URLResolver):
            inner = ":".join(filter(None, (space, each.namespace or "")))
            yield from _walk(each.url_patterns, path, inner)
        elif isinstance(each, URLPattern):
            yield ":".join(filter(None, (space, each.name or path))), path


@dataclass(slots=True)
class Asker:
    """Somebody at one host."""

    user: User | None
    host: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def __post_init__(self) -> None:
        if self.user is not None:
            self.client.force_login(self.user)

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> HttpResponse:
        """Ask, with an empty form or this JSON where something is sent, and leave nothing changed."""
        kind = "application/json" if body else "application/x-www-form-urlencoded"
        with transaction.atomic():
            cookies = self.client.cookies.copy()
            answer = self.client.generic(
                method, path, "" if method == "GET" else body, content_type=kind,
                headers={"host": self.host, **(headers or {})},
            )  # fmt: skip
            if getattr(answer, "streaming", False):
                answer.close()
            scope.leave()
            self.client.cookies = cookies
            transaction.set_rollback(True)
        return answer


def read(answer: HttpResponse) -> str:
    """Return what an answer comes to."""
    status = answer.status_code
    if status in (301, 302, 303) and "/login/" in answer.headers.get("Location", ""):
        return LOGIN
    if status == 404:
        return HIDDEN
    if status == 401:
        return UNKNOWN
    if status == 403:
        return REFUSED
    assert status in (501, 503) or status < 500, (answer.request["PATH_INFO"], status)
    return IN


def methods(asker: Asker, path: str) -> list[str]:
    """Return which of GET and POST an address takes, as it says itself to whoever may be there."""
    answer = asker.ask("PUT", path)
    allowed = answer.headers.get("Allow", "GET, POST") if answer.status_code == 405 else "GET, POST"
    return [method for method in ("GET", "POST") if method in allowed.replace(" ", "").split(",")]
