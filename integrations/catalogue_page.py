"""The event catalogue as a page of docs/webhooks.md, which a test holds to it. Pure."""

from __future__ import annotations

import json
from typing import Any

from integrations import catalogue

BEGIN = "<!-- events: made by `manage.py webhook_docs` -->"
END = "<!-- end of events -->"


def page() -> str:
    """Return the events, each with its fields and an example, in Markdown."""
    parts = [BEGIN, "", "| event | version | told when |", "|---|---|---|"]
    for kind in catalogue.TYPES.values():
        parts.append(f"| [`{kind.name}`](#{_anchor(kind.name)}) | {kind.version} | {kind.when} |")
    for kind in catalogue.TYPES.values():
        example = json.dumps(catalogue.example_of(kind.name), indent=2, ensure_ascii=False)
        parts += ["", f"### {kind.name}", "", kind.when, "", "| field of `data` | type | meaning |"]
        parts += ["|---|---|---|", *_rows(kind.data), "", "```json", example, "```"]
    return "\n".join([*parts, "", END])


def put_into(text: str) -> str:
    """Return a document with the events in the place that is marked for them. Raises ValueError."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no place for the events")
    return f"{before}{page()}{after}"


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _rows(schema: dict[str, Any], path: str = "") -> list[str]:
    rows = []
    for name, field in schema["properties"].items():
        kind = field["type"] if isinstance(field["type"], list) else [field["type"]]
        words = " or ".join(kind)
        if "format" in field:
            words = words.replace("string", field["format"], 1)
        rows.append(f"| `{path}{name}` | {words} | {field.get('description', '')} |")
        if "properties" in field:
            rows += _rows(field, f"{path}{name}.")
    return rows
