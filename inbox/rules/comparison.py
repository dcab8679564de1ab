"""A back-test's result as a page shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.backtest.printed import CHANGES, ROWS, money, reasons, signed_money
from tenants.cells import harmless

HEADINGS = (
    "call", "began (UTC)", "caller", "line", "what happened", "rules in force", "because",
    "proposed rules", "because", "leaves at (UTC)",
)  # fmt: skip
_ACTIONS = {"text": "Texted", "hold": "Held", "skip": "No text"}


def read(result: Mapping[str, Any], zone: ZoneInfo, shift: int, count: int) -> dict[str, Any]:
    """Return what the page shows of Tally.as_dict: figures side by side, changes, `count` differences."""
    current, proposed = result["current"], result["proposed"]
    shown = result["shown"][shift : shift + count]
    return {
        "result": result,
        "rows": [
            (label, current[name], proposed[name], proposed[name] - current[name])
            for name, label in ROWS
        ],
        "money": (
            money(current["cents"]), money(proposed["cents"]),
            signed_money(proposed["cents"] - current["cents"]),
        ),
        "changes": _bars(result),
        "shown": [_difference(row, zone) for row in shown],
        "next_from": shift + count if shift + count < len(result["shown"]) else None,
        "kept": len(result["shown"]),
        "seconds": f"{result['seconds']:.1f}",
        "because": reasons(current, proposed),
    }  # fmt: skip


def cells(row: Mapping[str, Any]) -> list[str]:
    """Return one difference as cells of a table, none of which a spreadsheet takes for a formula."""
    one, other = row["current"], row["proposed"]
    return [
        harmless(str(cell))
        for cell in (
            row["call"], row["at"], row["caller"], row["line"], row["what"],
            _ACTIONS[one["action"]], one["sentence"], _ACTIONS[other["action"]],
            other["sentence"], other["at"] or "",
        )
    ]  # fmt: skip


def _bars(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    most = max(result["changes"].values(), default=1)
    return [
        {"label": CHANGES.get(change, change), "count": count, "share": round(100 * count / most)}
        for change, count in result["changes"].items()
    ]


def _difference(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    change = f"{row['current']['action']} to {row['proposed']['action']}"
    return {
        **row,
        "at": datetime.fromisoformat(row["at"]).astimezone(zone),
        "change": CHANGES.get(change, change),
        "sides": [
            {**side, "name": name, "word": _ACTIONS[side["action"]],
             "at": datetime.fromisoformat(side["at"]).astimezone(zone) if side["at"] else None}
            for name, side in (("In force", row["current"]), ("Proposed", row["proposed"]))
        ],
    }  # fmt: skip
