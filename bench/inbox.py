"""`python -m bench.inbox CONVERSATIONS MESSAGES ROUNDS [SCHEMA]`: a big business's inbox, page by page; prints JSON.

Server time is that of the whole request (middleware, page, database) without the network, in a process
that has settled as a web process does. `python -m bench.inbox empty [SCHEMA]` empties the business again.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plans import BIG, watched

_STATIC = re.compile(r'(?:src|href)="/static/([^"?]+)')
_IMPORTS = re.compile(r"""(?:@import url\(|from |import )["']([^"']+\.(?:css|js))["']""")


@dataclass(frozen=True, slots=True)
class Case:
    """One page that is measured: the group its time counts in, and its path."""

    group: str
    name: str
    path: str
    headers: dict[str, str]


def cases(me: int) -> list[Case]:
    """Return the pages of the current business, deep ones included."""
    from inbox.models import SearchEntry, Team
    from inbox.queue.folders import Sort, cursor_of
    from messaging.models import Contact, Conversation, Message

    htmx = {"hx-request": "true"}
    team = Team.objects.order_by("pk").values_list("pk", flat=True).first()
    found = [
        Case("list", name, path, {})
        for name, path in (
            ("to do", "/"), ("to do, newest", "/?sort=newest"), ("mine", "/?folder=mine"),
            ("mine, waiting", "/?folder=mine&sort=waiting"), ("unassigned", "/?folder=unassigned"),
            ("team", f"/?folder=team&team={team}"), ("all open", "/?folder=all"),
            ("snoozed", "/?folder=snoozed"), ("closed", "/?folder=closed"),
            ("a tag", "/?folder=closed&tag=vip"), ("unread", "/?folder=all&unread=1"),
            ("of somebody", f"/?folder=all&who={me}"), ("words", "/?folder=all&words=furnace"),
            ("a rare word", "/?folder=closed&words=zzyzx"),
        )
    ]  # fmt: skip
    for name, query, at, sort, order in (
        ("to do", "", "actionable_at", Sort.WAITING, ("actionable_at", "pk")),
        ("all open", "folder=all&", "last_at", Sort.NEWEST, ("-last_at", "-pk")),
        ("closed", "folder=closed&", "last_at", Sort.NEWEST, ("-last_at", "-pk")),
    ):
        rows = Conversation.objects.filter(hidden="", **{f"{at}__isnull": False})
        if "all" in query or "closed" in query:
            rows = rows.filter(state="open" if "all" in query else "closed")
        row = rows.order_by(*order)[int(rows.count() * 0.9)]
        cursor = cursor_of(sort, getattr(row, at), row.pk)
        found.append(Case("list", f"{name}, deep", f"/inbox/list/?{query}after={cursor}", htmx))
    from django.db.models import Count

    longest = (
        Message.objects.values("conversation")
        .annotate(n=Count("pk"))
        .order_by("-n")[0]["conversation"]
    )
    first = Conversation.objects.filter(hidden="").order_by("pk").values_list("pk", flat=True)[0]
    some = [first + step * 997 for step in range(12)]
    threads = Conversation.objects.filter(pk__in=[*some, longest], hidden="")
    only = {**htmx, "hx-target": "thread"}
    found += [Case("thread", f"thread {c.pk}", f"/c/{c.pk}/", only) for c in threads]
    found.append(Case("thread page", "thread, whole page", f"/c/{longest}/", {}))
    hit = SearchEntry.objects.filter(kind="text").order_by("at")[5]
    found.append(
        Case("thread", "around a moment", f"/c/{hit.conversation}/?at=text-{hit.ref}", only)
    )
    person = Contact.objects.exclude(name="").order_by("pk")[77]
    found += [
        Case("search", name, f"/search/?q={words}", htmx)
        for name, words in (
            ("common word", "thanks"), ("common words", "the+water+heater"), ("a beginning", "th"),
            ("rare word", _rare()), ("no such word", "zzyzx"), ("a word and a beginning", "invoice+ra"),
            ("name", person.name.replace(" ", "+")), ("part of a name", "mar"), ("two letters", "an"),
            ("number", person.phone[-10:]), ("last four", person.phone[-4:]), ("three digits", "555"),
            ("an address", "mail.example"),
        )
    ]  # fmt: skip
    found.append(Case("counts", "counts", "/inbox/counts/", htmx))
    return found


def _rare() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM ts_stat('SELECT words FROM inbox_searchentry LIMIT 50000') "
            "WHERE ndoc BETWEEN 1 AND 3 AND length(word) > 4 LIMIT 1"
        )
        row = cursor.fetchone()
    return str(row[0]) if row else "zebra"


def measure(get: Any, found: list[Case], rounds: int) -> dict[str, Any]:
    """Return milliseconds by group, the slowest pages, the most statements, and what read a table whole."""
    times: dict[str, list[float]] = {}
    by_case: list[tuple[float, str]] = []
    most, whole, failed = (0, ""), [], []
    for case in found:
        with watched(BIG) as asked:
            status = get(case)
        if status != 200:
            failed.append(f"{case.name}: {status}")
        most = max(most, (len(asked.statements), case.name))
        whole += [f"{case.name}: {each}" for each in asked.whole]
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            get(case)
            taken.append((time.perf_counter() - began) * 1000)
        times.setdefault(case.group, []).extend(taken)
        by_case.append((sorted(taken)[int(len(taken) * 0.95)], case.name))
    return {"times": times, "slowest": sorted(by_case)[::-1][:8], "most": most, "whole": whole, "failed": failed}  # fmt: skip


def weight(html: bytes) -> dict[str, int]:
    """Return the bytes of a first visit, compressed: the page, and every style and script it names."""
    from django.contrib.staticfiles import finders

    wanted, seen, total = _STATIC.findall(html.decode()), set(), 0
    while wanted:
        name = wanted.pop()
        path = finders.find(name)
        if name in seen or path is None:
            continue
        seen.add(name)
        content = Path(path).read_bytes()
        total += len(gzip.compress(content, 6))
        if name.endswith((".css", ".js")):
            around = Path(name).parent
            for each in _IMPORTS.findall(content.decode(errors="ignore")):
                wanted.append(os.path.normpath(around / each))
    return {"page": len(gzip.compress(html, 6)), "files": total, "plain": len(html)}


def empty(schema: str) -> None:
    """Take all of a business's people and texts away again."""
    from django.db import connection

    from tenants.scope import business_scope

    with business_scope(schema), connection.cursor() as cursor:
        # The ledger refuses to be emptied, and rightly; these people never existed.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(sorted(BIG))} CASCADE")


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from config.settled import settle
    from messaging.models import Conversation
    from tenants.models import Domain, User
    from tenants.scope import business_scope

    empties = sys.argv[1] == "empty"
    wanted = sys.argv[2 if empties else 4 :]
    domains = Domain.objects.exclude(tenant__schema_name="public").select_related("tenant")
    domain = (domains.filter(tenant__schema_name__in=wanted) if wanted else domains.order_by("pk"))[
        0
    ]
    schema = domain.tenant.schema_name
    if empties:
        return empty(schema)
    conversations, messages, rounds = (int(word) for word in sys.argv[1:4])
    with business_scope(schema):
        is_there = Conversation.objects.count() >= conversations
    if not is_there:
        call_command("generate_inbox", business=schema, conversations=conversations,
                     messages=messages, seed=7, stdout=sys.stderr)  # fmt: skip
    user = User.objects.filter(memberships__business=domain.tenant_id, is_active=True).order_by(
        "pk"
    )[0]
    client = Client()
    client.force_login(user)

    def get(case: Case) -> int:
        answer = client.get(case.path, headers={"host": domain.domain, **case.headers})
        return answer.status_code

    with business_scope(schema):
        found = cases(user.pk)
    settle()
    result = measure(get, found, rounds)
    page = client.get("/", headers={"host": domain.domain})
    result["weight"] = weight(page.content)
    json.dump(result, sys.stdout)
    return None


if __name__ == "__main__":
    main()
