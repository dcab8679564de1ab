"""What watches us reads these: /healthz, /readyz and /metrics.

They answer before sign-in, and within two seconds when PostgreSQL or Redis are away: the checks run
aside with their own short-lived connections, so a hanging server costs a probe its verdict, never
its answer.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from concurrent.futures import wait as wait_for
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config import probes
from config.probes import Check
from tenants import metrics as gauges

ANSWER_WITHIN_SECONDS = 1.6
_NO_ANSWER = Check(False, f"no answer within {ANSWER_WITHIN_SECONDS:g} s")

# Two threads a server: probes that hang must not gather threads while others keep asking, nor
# stand in the way of what is asked of the other server.
_aside = {name: ThreadPoolExecutor(2, f"probe-{name}") for name in ("database", "redis")}


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers. Looks at nothing else."""
    return HttpResponse("ok\n", "text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether a missed call posted now would be texted: 200 or 503, with every check by name."""
    database, redis = _ask(
        ("database", probes.ask_database, ("database", "migrations", "agenda")),
        ("redis", probes.ask_redis, ("redis", *(f"worker_{lane}" for lane in probes.NEEDED_LANES))),
    )
    checks = {**database, **redis}
    ready = all(check.ok for check in checks.values())
    body = {
        "ready": ready,
        "checks": {name: {"ok": c.ok, "detail": c.detail} for name, c in checks.items()},
    }
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(body, status=200 if ready else 503, headers=headers)


def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus this process's counters, and the agenda as it stands now."""
    if not _may_scrape(request):
        return HttpResponse(
            "Metrics are read from inside, or with METRICS_TOKEN as a bearer token.\n",
            "text/plain; charset=utf-8",
            status=403,
        )
    lanes, alive = _ask(("database", probes.count_agenda, ()), ("redis", probes.living_lanes, ()))
    # Without an answer there is no figure: an old one would look like a quiet agenda.
    gauges.AGENDA.clear()
    gauges.AGENDA_LAG.clear()
    gauges.WORKER_ALIVE.clear()
    if isinstance(lanes, probes.AgendaCount):
        for (lane, state), count in lanes.rows.items():
            gauges.AGENDA.labels(lane, state).set(count)
        for lane, seconds in lanes.lag.items():
            gauges.AGENDA_LAG.labels(lane).set(seconds)
    if isinstance(alive, set):
        for lane in settings.LANES:
            gauges.WORKER_ALIVE.labels(lane).set(lane in alive)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


class HealthMiddleware:
    """Answers /healthz and /readyz before anything asks the database or looks at the host.

    Choosing a business by its host needs PostgreSQL, which is what a probe wants to hear about; and
    probes come by whatever address they have, so ALLOWED_HOSTS is not asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe; pass everything else on."""
        if request.path in ("/healthz", "/readyz"):
            return healthz(request) if request.path == "/healthz" else readyz(request)
        return self.get_response(request)


def _ask(*questions: tuple[str, Callable[[], Any], tuple[str, ...]]) -> list[Any]:
    """Run probes side by side; one that fails or hangs counts against each name it stands for."""
    asked = [_aside[server].submit(probe) for server, probe, _ in questions]
    wait_for(asked, timeout=ANSWER_WITHIN_SECONDS)
    answers: list[Any] = []
    for future, (_, _, names) in zip(asked, questions, strict=True):
        try:
            answers.append(future.result(timeout=0))
        except TimeoutError:
            future.cancel()
            answers.append(dict.fromkeys(names, _NO_ANSWER))
        except Exception as error:
            # The text of a connection error names hosts and users; its kind is enough out here.
            answers.append(dict.fromkeys(names, Check(False, f"{type(error).__name__}")))
    return answers


def _may_scrape(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    # A proxy of ours has a private address too, so whom it speaks for must be private as well.
    spoken_for = request.headers.get("X-Forwarded-For", "")
    addresses = [request.META.get("REMOTE_ADDR", ""), *filter(None, spoken_for.split(","))]
    return all(_is_inside(address.strip()) for address in addresses)


def _is_inside(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
