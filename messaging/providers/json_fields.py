"""A JSON webhook as the flat list of fields that forms are. Pure.

{"data": {"to": [{"status": "sent"}]}} is data.to.0.status=sent: what is stored, shown and told
apart afterwards is the same, whichever way a provider writes.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from messaging.providers.signature import MAX_FIELDS

MAX_DEPTH = 12


def parse_json(body: bytes, *, without: tuple[str, ...] = ()) -> list[tuple[bytes, bytes]]:
    """Return the fields of a JSON object, in its order; nulls and empty lists leave none.

    without: names at the top that are left out. Raises ValueError saying what was expected.
    """
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ValueError("expected JSON in UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("expected JSON") from None
    if not isinstance(data, dict):
        raise ValueError("expected a JSON object")
    fields: list[tuple[bytes, bytes]] = []
    _flatten("", {k: v for k, v in data.items() if k not in without}, 0, fields)
    return fields


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _flatten(name: str, value: Any, depth: int, fields: list[tuple[bytes, bytes]]) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            _flatten(f"{name}.{key}" if name else str(key), inner, depth + 1, fields)
        return
    if value is None:
        return
    if len(fields) >= MAX_FIELDS:
        raise ValueError(f"it has more than {MAX_FIELDS} fields")
    text = value if isinstance(value, str) else json.dumps(value)
    # A lone surrogate is possible in JSON; it becomes U+FFFD like any other text that is none.
    fields.append((name.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")))
