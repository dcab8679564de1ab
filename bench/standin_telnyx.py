"""The stand-in's second tongue: texts as Telnyx's API v2 takes, lists and refuses them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def as_form(data: Mapping[str, Any]) -> dict[str, str]:
    """Return a text that was posted as the form the stand-in remembers."""
    pictures = {"MediaUrl": " ".join(data["media_urls"])} if "media_urls" in data else {}
    return pictures | {
        "To": str(data.get("to", "")),
        "From": str(data.get("from", "")),
        "Body": str(data.get("text", "")),
        "StatusCallback": str(data.get("webhook_url", "")),
    }


def message(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text that was taken as the API answers it."""
    return {
        "data": {
            "record_type": "message",
            "direction": "outbound",
            "id": record["sid"],
            "type": "SMS",
            "from": {"phone_number": record["from"], "carrier": "Telnyx", "line_type": "Wireless"},
            "to": [{"phone_number": record["to"], "status": "queued", "carrier": ""}],
            "text": record["body"],
            "errors": [],
            "parts": 1,
            "tags": [],
        }
    }


def problem(status: int, code: str) -> dict[str, Any]:
    """Return a refusal."""
    codes = {429: "10011", 500: "10007"}
    return {"errors": [{"code": codes.get(status, code), "title": "no", "detail": "refused"}]}


def detail_records(found: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the texts between two numbers, as the books have them."""
    now = datetime.now(UTC).isoformat()
    rows = [
        {
            "record_type": "message_detail_record",
            "uuid": record["sid"],
            "cld": record["to"],
            "cli": record["from"],
            "direction": "outbound",
            "status": "delivered",
            "created_at": now,
            "errors": [],
        }
        for record in found
    ]
    return {"data": rows, "meta": {"page_number": 1, "page_size": 50, "total_results": len(rows)}}
