"""`python -m bench.api CONVERSATIONS MESSAGES`: a big business, keys for it and its agency, and every list; prints JSON.

Which lists there are is read from the URL table, so a new one is measured by itself; what an agency's
key lists is asked with one. Each is asked once here, with every statement explained: none may read a
big table from end to end. `python -m bench.api empty` takes away again what machines left behind.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from bench.plans import BIG, watched


def lists(of_agency: bool) -> Iterator[str]:
    """Yield the path of every list that a business's key, or an agency's own, can ask for, below /api/v1/."""
    from config.api_urls import router

    for pattern in router.urls:
        view = pattern.callback
        actions, cls = getattr(view, "actions", {}), getattr(view, "cls", None)
        path = str(pattern.pattern).lstrip("^").removesuffix("$").removesuffix("\\Z")
        level = getattr(cls, "level", "business")
        others = "business" if of_agency else "agency"
        if actions.get("get") == "list" and "(" not in path and level != others:
            yield path


def cursor(at: datetime) -> str:
    """Return the cursor of a page that begins after a moment."""
    return quote(base64.b64encode(urlencode({"p": str(at)}).encode()))


def cases(endpoint: Any) -> dict[str, str]:
    """Return what is asked of the current business, by name: each list, deep pages, and its filters.

    endpoint: the id of a webhook endpoint that was told of much.
    """
    from calls.models import Call
    from messaging.models import Contact, Conversation, Message

    found = {path.strip("/"): path for path in lists(of_agency=False)}
    deep: tuple[tuple[str, Any, str], ...] = (
        ("contacts", Contact, "created_at"), ("conversations", Conversation, "last_at"),
        ("messages", Message, "created_at"), ("calls", Call, "started_at"),
    )  # fmt: skip
    for name, model, field in deep:
        rows = model.objects.order_by(f"-{field}").values_list(field, flat=True)
        found[f"{name}, deep"] = f"{name}/?cursor={cursor(rows[int(rows.count() * 0.9)])}"
    some = Conversation.objects.order_by("pk").values_list("pk", "contact", "contact__phone")[77]
    thread, contact, phone = some
    since = (Message.objects.latest("created_at").created_at - timedelta(days=30)).isoformat()
    narrowed = [
        f"contacts/?phone={quote(phone)}", "contacts/?tag=vip", "contacts/?opted_out=true",
        "contacts/?q=reyes", "contacts/?q=dan%20wh", f"contacts/?q={quote(phone[-5:])}",
        f"conversations/?contact={contact}", "conversations/?tag=vip", "conversations/?unread=true",
        *(f"conversations/?folder={name}"
          for name in ("actionable", "unassigned", "all", "snoozed", "closed")),
        f"messages/?conversation={thread}", f"messages/?contact={contact}", "messages/?direction=in",
        "messages/?status=failed", "messages/?status=delivered", f"messages/?until={quote(since)}",
        f"calls/?contact={contact}", "calls/?outcome=missed", "calls/?decision=skip",
        f"calls/?until={quote(since)}", f"consent-events/?contact={contact}",
        f"notes/?conversation={thread}", "waits/?open=true", "promises/?state=open",
        "alerts/?open=true", f"messages/?limit=200&conversation={thread}",
        f"webhook-deliveries/?endpoint={endpoint}", "webhook-deliveries/?state=gave_up",
        "events/?type=reply.received", "requests/?status=429", "requests/?code=throttled",
        "requests/?request_id=none",
    ]  # fmt: skip
    return found | {path: path for path in narrowed}


def agency_cases() -> dict[str, str]:
    """Return what is asked with the agency's own key, by name."""
    narrowed = ["businesses/?stage=live", "businesses/?external_id=none", "requests/?status=429"]
    paths = [*lists(of_agency=True), *narrowed]
    return {f"agency: {path.strip('/')}": path for path in paths}


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from bench import api_rows
    from messaging.models import Conversation
    from tenants.models import ApiKey, Domain
    from tenants.scope import business_scope

    if sys.argv[1] == "empty":
        api_rows.empty()
        return
    conversations, messages = (int(word) for word in sys.argv[1:3])
    domains = Domain.objects.exclude(tenant__schema_name="public").select_related("tenant__agency")
    domain = domains.order_by("pk")[0]
    business = domain.tenant
    schema = str(business.schema_name)
    with business_scope(schema):
        is_there = Conversation.objects.count() >= conversations
    if not is_there:
        call_command("generate_inbox", business=schema, conversations=conversations,
                     messages=messages, seed=7, stdout=sys.stderr)  # fmt: skip
    own, key = ApiKey.issue(business, "Bench", per_minute=1_000_000)
    office, agency_key = ApiKey.issue(business.agency, "Bench", per_minute=1_000_000)
    endpoint = api_rows.fill(
        business, business.agency, (own.pk, office.pk), min(200_000, messages // 5)
    )
    with business_scope(schema):
        asked = {name: (path, domain.domain, key) for name, path in cases(endpoint.pk).items()}
    asked |= {
        name: (path, settings.BASE_DOMAIN, agency_key) for name, path in agency_cases().items()
    }
    whole, failed, most = [], [], (0, "")
    for name, (path, host, by) in asked.items():
        headers = {"host": host, "authorization": f"Bearer {by}"}
        with watched(BIG | api_rows.TABLES) as seen:
            status = Client().get(f"/api/v1/{path}", headers=headers).status_code
        if status != 200:
            failed.append(f"{name}: {status}")
        most = max(most, (len(seen.statements), name))
        whole += [f"{name}: {each}" for each in seen.whole]
    json.dump({"cases": asked, "whole": whole, "failed": failed, "most": most}, sys.stdout)


if __name__ == "__main__":
    main()
