"""A process that does one thing and is killed on the way: `python -m tests.support.killed STEP WHAT ...`.

STEP: a pattern; the process dies before the first statement it fits. "done": once all is done, before
anybody hears of it. WHAT: `agenda LANE` works what is due; `post KEY PATH BODY [ONCE]` asks the API,
with this Idempotency-Key; `life VERB ID` lets a business leave or stay (a verb of tenants.lifecycle);
`checkout BUSINESS PLAN PAYER` opens the checkout of a business. STEP "never" kills nowhere here: a provider's
stand-in does it (tests/support/stripe_stand_in.py).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROOT = Path(__file__).resolve().parents[2]


def killed(step: str, *what: str, born: Callable[[int], None] = lambda pid: None) -> None:
    """Run a process that is to die at a step. Raises AssertionError where it did not.

    It asks the same provider's stand-ins as the test. born: told its process id at once.
    """
    from django.conf import settings

    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed", step, *what],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={
            **os.environ, "TWILIO_API_BASE_URL": settings.TWILIO_API_BASE_URL,
            "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
            "STRIPE_WEBHOOK_SECRET": settings.STRIPE_WEBHOOK_SECRET,
            "STRIPE_API_BASE": settings.STRIPE_API_BASE,
            "RINGBACK_ROLE": "worker" if what[0] == "agenda" else "command",
        },
    )  # fmt: skip
    born(child.pid)
    try:
        said, complained = child.communicate(timeout=120)
    finally:
        child.kill()
    assert child.returncode == -signal.SIGKILL, (step, said[-9000:], complained[-3000:])


def main() -> None:
    """Do it, and die."""
    import django

    django.setup()
    from django.db import connection

    step, what, *more = sys.argv[1:]
    passed: list[str] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if step != "done" and re.search(step, str(sql)):
            os.kill(os.getpid(), signal.SIGKILL)
        passed.append(" ".join(str(sql).split())[:90])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        does = {"agenda": _work, "post": _post, "life": _live, "checkout": _checkout}
        does[what](*more)
    if step == "done":
        os.kill(os.getpid(), signal.SIGKILL)
    print("\n".join(passed))


def _work(lane: str) -> None:
    from tenants import agenda

    agenda.run_due(lane, limit=1)


def _live(verb: str, business_id: str) -> None:
    from django.utils import timezone

    from tenants import lifecycle
    from tenants.models import Business

    business = Business.objects.get(pk=business_id)
    getattr(lifecycle, verb)(business, actor="Ann", door="page", now=timezone.now())


def _checkout(business: str, plan: str, payer: str) -> None:
    from django.utils import timezone

    from billing.checkout import open_checkout
    from billing.models import Plan
    from tenants.models import Business

    open_checkout(
        Business.objects.get(pk=business), Plan.objects.get(key=plan), payer,
        back_to="https://lakeside.localhost/settings/billing/", now=timezone.now(),
    )  # fmt: skip


def _post(key: str, path: str, body: str, once: str = "") -> None:
    from django.test import Client

    headers = {"host": "localhost", "authorization": f"Bearer {key}"}
    headers |= {"idempotency-key": once} if once else {}
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    assert answer.status_code < 300, answer.content


if __name__ == "__main__":
    main()
