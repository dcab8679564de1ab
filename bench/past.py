"""`python -m bench.past CALLS`: a business with that many calls in ninety days; back-tests them, prints JSON.

The calls are made by a seeded generator, written by COPY, and look like those of a busy business:
people call again, a third is missed, staff writes to some. The business is removed again.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NAME = "Timed past"
DAYS = 90
_BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
_AREAS = ("312", "773", "708", "219", "602", "206", "808", "907")
_BECAUSE = ("no_answer", "no_answer", "caller_hung_up", "busy", "unreachable", "not_accepted")
# Rules that differ from those in force on many calls: the harder case.
PROPOSED: list[dict[str, Any]] = [
    {"id": "vip", "name": "VIPs", "when": {"callers": ["vip"]}, "then": {"action": "skip"}},
    {
        "id": "again", "name": "Third call in an hour",
        "when": {"nth_from": 3, "nth_within": 3600}, "then": {"action": "skip", "notify": True},
    },
    {
        "id": "night", "name": "While closed", "when": {"states": ["closed", "holiday"]},
        "then": {"template": "missed-closed", "delay": 600, "cool_down": 86400},
    },
    {
        "id": "day", "name": "While open", "when": {"ring_at_least": 8},
        "then": {"template": "missed-open", "cool_down": 3600},
    },
]  # fmt: skip


def _calls(count: int, contacts: list[int]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of calls in no order of time, as a table that grew for long holds them."""
    dice = random.Random(20260105)
    for number in range(count):
        # Calls come by day; a fifth at night.
        hour = dice.choice(range(13, 24)) if dice.random() < 0.8 else dice.randrange(24)
        at = _BEGAN + timedelta(days=dice.randrange(DAYS), hours=hour, seconds=dice.random() * 3600)
        kind = dice.choices(("answered", "missed", "voicemail"), (62, 28, 10))[0]
        rang = dice.randrange(2, 25)
        talked = dice.randrange(3, 600) if kind == "answered" else None
        ends = at + timedelta(seconds=rang + (talked or 0))
        facts = {"direction": "inbound", "posture": "implied", "first_at": at.isoformat()}
        if kind != "answered":
            facts |= {
                "first_ring_end_at": ends.isoformat(), "dial_status": "no-answer",
                "stir": dice.choice(("TN-Validation-Passed-A", "TN-Validation-Passed-B", "")),
            }  # fmt: skip
        yield (
            "twilio", f"CA{number:032x}", dice.choice(contacts), "+16462999998", "+13125550142",
            json.dumps(facts), kind, "" if kind == "answered" else dice.choice(_BECAUSE), at, ends,
            rang, talked, "", "", "", "", "",
        )  # fmt: skip


_COLUMNS = (
    "provider", "provider_id", "contact_id", "our_number", "caller", "facts", "outcome",
    "missed_because", "started_at", "ended_at", "ring_seconds", "talk_seconds", "voicemail_url",
    "decision", "decision_reason", "recording", "transcript",
)  # fmt: skip


def write(count: int) -> None:
    """Fill the current business with callers, calls and a few texts of its staff."""
    from django.db import connection

    from messaging.models import Contact, Conversation, Message

    people = max(10, count // 3)
    contacts = Contact.objects.bulk_create(
        Contact(
            phone=f"+1{_AREAS[n % len(_AREAS)]}{2_000_000 + n}",
            created_at=_BEGAN - timedelta(days=n % 60 - 30),
            vip_at=_BEGAN if n % 200 == 0 else None,
        )
        for n in range(people)
    )
    with connection.cursor() as cursor:
        words = f"COPY calls_call ({', '.join(_COLUMNS)}) FROM STDIN"
        with cursor.copy(words) as copy:
            for row in _calls(count, [contact.pk for contact in contacts]):
                copy.write_row(row)
    threads = Conversation.objects.bulk_create(
        Conversation(contact=contact, last_at=_BEGAN, created_at=_BEGAN)
        for contact in contacts[::7]
    )
    Message.objects.bulk_create(
        Message(
            conversation=thread, direction="out", status="sent", author="person", body="We're on it.",
            our_number="+16462999998", their_number="+13125550142", provider="twilio",
            created_at=_BEGAN + timedelta(days=n % DAYS, hours=15),
        )
        for n, thread in enumerate(threads)
    )  # fmt: skip
    with connection.cursor() as cursor:
        for table in ("calls_call", "messaging_contact", "messaging_message"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def measure(count: int) -> dict[str, Any]:
    """Onboard a business with such a past and run the very command people run, in a process of its own."""
    from bench.traffic import line
    from tenants.onboarding import Request, onboard
    from tenants.scope import business_scope

    ours = line(0)
    request = Request(
        agency="Bench agency 0", name=NAME, timezone="America/Chicago", number="+16462999998",
        provider="twilio", account_sid=ours.account_sid, auth_token=ours.token,
        owner_email="timed-past@bench.example", forward_to=("+13125550143",),
    )  # fmt: skip
    business = onboard(request).business
    with business_scope(str(business.schema_name)):
        write(count)
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.json"
        rules.write_text(json.dumps(PROPOSED), "utf-8")
        until = _BEGAN + timedelta(days=DAYS)
        words = [
            sys.executable, "manage.py", "backtest", "--business", str(business.schema_name),
            "--from", f"{_BEGAN.date() - timedelta(days=1)}", "--to", f"{until.date()}",
            "--rules", str(rules), "--json",
        ]  # fmt: skip
        began = time.perf_counter()
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout)
    if found["calls"] != count:
        raise SystemExit(f"{found['calls']} calls were asked about, not {count}")
    return {**{k: found[k] for k in ("calls", "seconds", "peak_mb", "differences")},
            "command_seconds": time.perf_counter() - began}  # fmt: skip


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.onboarding import remove

    remove(NAME)  # of a run that was killed
    try:
        print(json.dumps(measure(int(sys.argv[1]))))
    finally:
        remove(NAME)


if __name__ == "__main__":
    main()
