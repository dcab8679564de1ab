"""The stand-in's office: numbers and registrations, answered by the simulator's own books.

    POST /office/control  {"faults": [{"method": "POST", "path": "IncomingPhoneNumbers", "mode":
                           "accept_then_timeout", "times": 1}], "seconds": {"brand": 0}}
    GET  /office          {"asked": [...], "held": {...}, "papers": {...}}

Modes of a fault: 401, 429, 500, timeout (nothing taken), accept_then_timeout (taken, never answered),
accept_then_500.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, unquote

from calls.simulator import office, papers, ports


class Office:
    """Its books, what it was asked, and the faults that are still to come."""

    def __init__(self) -> None:
        self.books = office.Books(mark=secrets.token_hex(8))
        self.asked: list[dict[str, Any]] = []
        self.said: list[bytes] = []  # bodies of JSON, as they came
        self.faults: list[dict[str, Any]] = []
        self.lag = 0.0

    def control(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Set the faults to come, how long each answer takes, and how long carriers take."""
        self.faults = [dict(fault) for fault in wanted.get("faults", [])]
        self.lag = float(wanted.get("lag", self.lag))
        self.books.seconds.update(wanted.get("seconds", {}))
        return {}

    def fault(self, method: str, path: str) -> str:
        """Return the mode of the first fault that fits, and count it; '' for none."""
        for fault in self.faults:
            fits = fault.get("method", method) == method and fault.get("path", "") in path
            if fits and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                return str(fault["mode"])
        return ""

    def answer(
        self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]
    ) -> office.Reply | None:
        """Answer a request; None for what is not the office's."""
        lists = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        is_json = headers.get("content-type") == "application/json"
        if is_json:
            self.said.append(body)
        asked = office.Asked(
            method, unquote(path), _account(headers),
            {name: values[-1] for name, values in parse_qs(query).items()},
            {name: values[-1] for name, values in lists.items()}, lists, time.time(),
            json.loads(body) if is_json else None,
        )  # fmt: skip
        desks = (office.answer, ports.answer, papers.answer)
        return next((reply for desk in desks if (reply := desk(self.books, asked))), None)

    def remember(self, method: str, path: str, body: bytes, mode: str) -> None:
        """Keep what was asked."""
        form = {
            name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()
        }
        self.asked.append(
            {"method": method, "path": path, "form": form, "mode": mode, "at": time.time()}
        )

    def shown(self) -> dict[str, Any]:
        """Return everything, for a test."""
        return {"asked": self.asked, **self.books.as_json()}


def _account(headers: dict[str, str]) -> str:
    encoded = headers.get("authorization", "").partition(" ")[2]
    try:
        return base64.b64decode(encoded).decode().partition(":")[0]
    except ValueError:
        return ""


def refused(mode: str) -> dict[str, Any]:
    """Return the body of a failure."""
    return dict(json.loads(json.dumps(office.refusal(int(mode), 20500, "no").body)))
