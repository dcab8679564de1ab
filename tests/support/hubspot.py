"""HubSpot as a stand-in on this machine: contacts, notes and properties as its API answers them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "pat-na1-of-a-private-app"
PROPERTY = "caller_phone"


@dataclass(slots=True)
class HubSpotStandIn:
    """What it holds. fail: statuses that come first, in their order; lose: answers that never arrive."""

    url: str = ""
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    fail: list[int] = field(default_factory=list)
    retry_after: str = ""
    lose_notes: int = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Do what a request says; returns status and JSON."""
        objects = "/crm/objects/2026-03"
        if (method, path) == ("GET", "/account-info/v3/details"):
            return 200, {"portalId": 4711}
        if (method, path) == ("POST", "/crm/properties/2026-03/contacts"):
            if body["name"] in self.properties:
                return 409, {"category": "OBJECT_ALREADY_EXISTS"}
            self.properties[body["name"]] = body
            return 201, body
        if PROPERTY not in self.properties:
            return 400, {"category": "VALIDATION_ERROR"}
        if (method, path) == ("POST", f"{objects}/contacts/batch/read"):
            return 200, {"results": self._by(body["idProperty"], [i["id"] for i in body["inputs"]])}
        if (method, path) == ("POST", f"{objects}/contacts/search"):
            found = [
                row
                for group in body["filterGroups"]
                for row in self._by(group["filters"][0]["propertyName"], [group["filters"][0]["value"]])
            ]  # fmt: skip
            return 200, {"total": len(found), "results": found[: body["limit"]]}
        if (method, path) == ("POST", f"{objects}/contacts/batch/upsert"):
            [wanted] = body["inputs"]
            properties = wanted["properties"]
            if not {"email", "firstname", "lastname"} & properties.keys():
                return 400, {"category": "VALIDATION_ERROR"}
            there = self._by(wanted["idProperty"], [wanted["id"]])
            pk = there[0]["id"] if there else str(len(self.contacts) + 1)
            self.contacts.setdefault(pk, {}).update(properties)
            return 200, {"results": [{"id": pk}]}
        if method == "PATCH" and path.startswith(f"{objects}/contacts/"):
            self.contacts[path.rsplit("/", 1)[1]].update(body["properties"])
            return 200, {"id": path.rsplit("/", 1)[1]}
        if (method, path) == ("POST", f"{objects}/notes"):
            pk = str(len(self.notes) + 1)
            [link] = body["associations"]
            assert link["types"][0]["associationTypeId"] == 202
            self.notes[pk] = {**body["properties"], "contact": link["to"]["id"]}
            return 201, {"id": pk}
        if (method, path) == ("POST", f"{objects}/notes/search"):
            wanted = {f["propertyName"]: f["value"] for f in body["filterGroups"][0]["filters"]}
            found = [
                {"id": pk, "properties": note}
                for pk, note in self.notes.items()
                if note["hs_timestamp"] == wanted["hs_timestamp"]
                and note["contact"] == wanted["associations.contact"]
            ]
            return 200, {"results": found}
        return 404, {"category": "OBJECT_NOT_FOUND"}

    def _by(self, name: str, values: list[str]) -> list[dict[str, Any]]:
        return [{"id": pk} for pk, row in self.contacts.items() if row.get(name) in values]


@contextmanager
def hubspot() -> Iterator[HubSpotStandIn]:
    """Serve a stand-in on a free port of 127.0.0.1."""
    there = HubSpotStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            there.asked.append((self.command, self.path))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, told = 401, {"category": "INVALID_AUTHENTICATION"}
            elif there.fail:
                status, told = there.fail.pop(0), {"category": "RATE_LIMITS"}
            else:
                status, told = there.answer(self.command, self.path, json.loads(raw or b"null"))
            if self.path.endswith("/notes") and there.lose_notes:
                there.lose_notes -= 1
                self.close_connection = True
                return
            content = json.dumps(told).encode()
            self.send_response(status)
            if there.retry_after:
                self.send_header("Retry-After", there.retry_after)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _do

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    there.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
