"""Tells open screens that something changed. Lost notices cost nothing: screens ask again anyway."""

from __future__ import annotations

import json

from django.db import transaction

from tenants.redis import client
from tenants.scope import current_schema


def channel(schema: str) -> str:
    """Return the pub/sub channel of a business."""
    return f"ringback:live:{schema}"


def changed(conversation_id: int) -> None:
    """Announce, after commit, that a conversation of the current business changed."""
    schema = current_schema()

    def publish() -> None:
        try:
            client().publish(channel(schema), json.dumps({"conversation": conversation_id}))
        except Exception:
            return  # the screen's own polling finds out

    transaction.on_commit(publish)
