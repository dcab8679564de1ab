"""A back-test somebody waits for: asked on a page, run by a worker, told as it goes.

Nothing of it is a row of the business: question and answer stand in the cache for an hour, so that a
try leaves no trace. Where the cache is emptied meanwhile, the page says to run it again.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.cache import cache

from calls.backtest.asking import Progress
from calls.backtest.services import backtest
from calls.rules import RulesError
from tenants import agenda

log = structlog.get_logger(__name__)
KEPT = 3600  # seconds
GIVES_UP_AFTER = timedelta(minutes=10)


def start(
    business_id: int, schema: str, since: datetime, until: datetime, proposed: Any | None, *,
    label: str, now: datetime, log_id: int | None = None, total: int = 0,
) -> str:  # fmt: skip
    """Ask for a back-test of [since, until) (aware); return the token its state is found by.

    label: what is proposed, in words; total: how many calls to expect, for the progress. Must run in
    a transaction, as every wish on the agenda.
    """
    token = secrets.token_urlsafe(16)
    question = {
        "schema": schema,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "proposed": proposed,
        "log": log_id,
        "label": label,
        "total": total,
        "asked_at": now.isoformat(),
        "state": "waiting",
        "calls": 0,
    }
    cache.set(_key(schema, token), question, KEPT)
    agenda.put(
        "calls.backtest", token, lane="housekeeping", business_id=business_id, due_at=now,
        expires_at=now + GIVES_UP_AFTER,
    )  # fmt: skip
    return token


def found(schema: str, token: str, now: datetime) -> dict[str, Any] | None:
    """Return what is known of a back-test of this business at `now`, None when it is forgotten.

    state: waiting, running, done (with `result`) or failed (with `sentence`); calls, total: progress.
    """
    kept: dict[str, Any] | None = cache.get(_key(schema, token))
    if kept is None or kept["state"] in ("done", "failed"):
        return kept
    if now - datetime.fromisoformat(kept["asked_at"]) < GIVES_UP_AFTER:
        return kept
    sentence = "This took too long and was given up. Ask about a shorter period, or try again."
    return kept | {"state": "failed", "sentence": sentence}


def run(item: agenda.Item) -> agenda.Answer:
    """Agenda: answer one question. Idempotent; who asks again gets the same answer."""
    key = _key(item.schema, item.subject)
    job = cache.get(key)
    if job is None or job["state"] in ("done", "failed"):
        return None

    def tell(progress: Progress) -> None:
        cache.set(key, job | {"state": "running", "calls": progress.calls}, KEPT)

    since, until = (datetime.fromisoformat(job[name]) for name in ("since", "until"))
    try:
        result = backtest(item.schema, since, until, job["proposed"], log_id=job["log"], told=tell)
    except RulesError as error:
        sentence = "These rules cannot be used: " + "; ".join(what for _, what in error.problems)
        cache.set(key, job | {"state": "failed", "sentence": sentence}, KEPT)
        return None
    cache.set(key, job | {"state": "done", "calls": result["calls"], "result": result}, KEPT)
    log.info("backtested", calls=result["calls"], seconds=result["seconds"])
    return None


def _key(schema: str, token: str) -> str:
    return f"backtest:{schema}:{token}"
