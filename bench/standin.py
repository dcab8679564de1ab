"""A stand-in for providers' Messages APIs over loopback HTTP, for the bench and the fault tests.

Answers like the real one, remembers every request with the moment it arrived, and misbehaves on
demand. `python -m bench.standin [PORT]` prints its port and serves until it is ended.

    POST /2010-04-01/Accounts/<sid>/Messages.json   takes a text
    GET  /2010-04-01/Accounts/<sid>/Messages.json   lists what it took (To, From)
    GET  /v2/PhoneNumbers/<number>                  says what kind of line it is
    POST /v2/messages   takes a text as Telnyx does, once for each Idempotency-Key
    GET  /v2/detail_records   lists what it took
    POST /control   {"mode": "...", "latency": seconds, "times": n}   how to answer the next texts
    GET  /requests  everything that came: {"at", "form", "mode", "sid"}
    POST /reset     forgets
    numbers and registrations: bench/standin_office.py

Modes: ok; 429; 500; accept_then_timeout (takes it, never answers); accept_then_close (takes it,
closes in mid-answer); timeout (takes nothing, never answers); refuse (400 with `code`).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bench import standin_telnyx as telnyx
from bench.standin_office import Office, refused

NEVER_SECONDS = 60.0


class StandIn:
    """The server's memory and manners."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.taken: dict[str, dict[str, str]] = {}
        self.by_key: dict[str, dict[str, Any]] = {}
        self.mode, self.latency, self.times, self.code = "ok", 0.05, -1, "21211"
        # What kind of line a number is, by number; any other is a mobile. Asked: the numbers, in order.
        self.lines: dict[str, str] = {}
        self.asked: list[str] = []
        self.office = Office()
        self._count = 0
        self._mark = secrets.token_hex(8)  # two stand-ins never give the same message id
        # Told of each text as it arrives: the request as it is remembered.
        self.on_text: Callable[[dict[str, Any]], None] = lambda seen: None
        # Told of each text that was taken and answered, by its record: posts receipts, say.
        self.on_taken: Callable[[dict[str, Any], dict[str, str]], None] = lambda record, form: None

    def control(self, wanted: dict[str, Any]) -> None:
        """Set how the next texts are answered; `times` -1 means from now on."""
        self.mode = wanted.get("mode", "ok")
        self.latency = float(wanted.get("latency", self.latency))
        self.times = int(wanted.get("times", -1))
        self.code = str(wanted.get("code", self.code))

    def _next_mode(self) -> str:
        if self.mode == "ok" or self.times == 0:
            return "ok"
        if self.times > 0:
            self.times -= 1
        return self.mode

    def take(self, account: str, form: dict[str, str]) -> dict[str, Any]:
        """Accept a text and return Twilio's answer for it."""
        self._count += 1
        sid = f"SM{self._mark}{self._count:016x}"
        record = {
            "sid": sid,
            "account_sid": account,
            "to": form.get("To", ""),
            "from": form.get("From", ""),
            "body": form.get("Body", ""),
            "status": "queued",
            "date_created": formatdate(usegmt=True),
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "direction": "outbound-api",
            "num_segments": "1",
            "num_media": "0",
            "api_version": "2010-04-01",
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
            "date_updated": formatdate(usegmt=True),
            "subresource_uris": {},
        }
        self.taken[sid] = record  # type: ignore[assignment]
        return record

    async def post_message(
        self,
        account: str,
        form: dict[str, str],
        writer: asyncio.StreamWriter,
        *,
        key: str | None = None,
    ) -> None:
        """Answer one text as the mode says; `key`: an Idempotency-Key, in Telnyx's tongue."""
        mode = self._next_mode()
        seen: dict[str, Any] = {"at": time.time(), "form": form, "mode": mode, "sid": ""}
        self.requests.append(seen)
        self.on_text(seen)
        if mode in ("429", "500"):
            problem = {
                "code": 20429 if mode == "429" else 20500,
                "message": "no",
                "status": int(mode),
                "more_info": "",
            }
            if key is not None:
                problem = telnyx.problem(int(mode), "")
            await _respond(writer, int(mode), problem)
            return
        if mode == "refuse":
            await asyncio.sleep(self.latency)
            refusal: dict[str, Any] = {
                "code": int(self.code),
                "message": "refused",
                "status": 400,
                "more_info": "",
            }
            if key is not None:
                refusal = telnyx.problem(400, self.code)
            await _respond(writer, 400, refusal)
            return
        if mode == "timeout":
            await asyncio.sleep(NEVER_SECONDS)
            return
        record = self.by_key.get(key or "") or self.take(account, form)
        if key:
            self.by_key[key] = record
        seen["sid"] = record["sid"]
        if mode == "accept_then_timeout":
            await asyncio.sleep(NEVER_SECONDS)
        elif mode == "accept_then_close":
            writer.write(b'HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n{"sid": "S')
            await writer.drain()
            writer.close()
        else:
            await asyncio.sleep(self.latency)
            await _respond(writer, 201, record if key is None else telnyx.message(record))
            self.on_taken(record, form)

    def list_messages(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """Return the texts taken between two numbers, newest first."""
        to, sender = query.get("To", [""])[0], query.get("From", [""])[0]
        found = [m for m in self.taken.values() if m["to"] == to and m["from"] == sender][::-1]
        return {
            "messages": found[:50],
            "end": 0,
            "first_page_uri": "",
            "next_page_uri": None,
            "page": 0,
            "page_size": 50,
            "previous_page_uri": None,
            "start": 0,
            "uri": "",
        }

    async def look_up(self, number: str, writer: asyncio.StreamWriter) -> None:
        """Say what kind of line a number is; 'silence' never answers, digits are an error's code."""
        self.asked.append(number)
        kind = self.lines.get(number, "mobile")
        if kind == "silence":
            await asyncio.sleep(NEVER_SECONDS)
            return
        code = int(kind) if kind.isdecimal() else None
        found = {"type": None if code else kind, "carrier_name": "", "error_code": code}
        answer = {"phone_number": number, "valid": True, "line_type_intelligence": found}
        await _respond(writer, 200, answer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one kept-alive connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request_line, *lines = head.split("\r\n")
                method, target, _ = request_line.split(" ", 2)
                headers = {
                    k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await self._dispatch(method, urlsplit(target), body, writer, headers)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ValueError):
            return
        finally:
            writer.close()

    async def _dispatch(
        self,
        method: str,
        target: Any,
        body: bytes,
        writer: asyncio.StreamWriter,
        headers: dict[str, str],
    ) -> None:
        plain: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "/requests"): lambda: self.requests,
            ("POST", "/control"): lambda: self.control(json.loads(body or b"{}")) or {},
            ("POST", "/reset"): lambda: self.__init__() or {},  # type: ignore[misc,func-returns-value]
            ("GET", "/office"): self.office.shown,
            ("POST", "/office/control"): lambda: self.office.control(json.loads(body or b"{}")),
        }
        if (method, target.path) in plain:
            await _respond(writer, 200, plain[(method, target.path)]())
        elif target.path.endswith("/Messages.json") and method == "POST":
            account = target.path.split("/")[3]
            fields = parse_qs(body.decode(), keep_blank_values=True)
            # A text may have several pictures: their addresses are remembered in one field.
            form = {k: " ".join(v) if k == "MediaUrl" else v[-1] for k, v in fields.items()}
            await self.post_message(account, form, writer)
        elif target.path.endswith("/Messages.json"):
            await _respond(writer, 200, self.list_messages(parse_qs(target.query)))
        elif target.path.startswith("/v2/PhoneNumbers/"):
            await self.look_up(unquote(target.path.rsplit("/", 1)[1]), writer)
        elif (method, target.path) == ("POST", "/v2/messages"):
            wanted = telnyx.as_form(json.loads(body))
            await self.post_message("", wanted, writer, key=headers.get("idempotency-key", ""))
        elif (method, target.path) == ("GET", "/v2/detail_records"):
            query = parse_qs(target.query)
            to, sender = query.get("filter[cld]", [""])[0], query.get("filter[cli]", [""])[0]
            found = [m for m in self.taken.values() if m["to"] == to and m["from"] == sender]
            await _respond(writer, 200, telnyx.detail_records(found[::-1]))  # type: ignore[arg-type]
        elif not await self._at_office(method, target, body, writer, headers):
            await _respond(
                writer, 404, {"code": 20404, "message": "not found", "status": 404, "more_info": ""}
            )

    async def _at_office(
        self,
        method: str,
        target: Any,
        body: bytes,
        writer: asyncio.StreamWriter,
        headers: dict[str, str],
    ) -> bool:
        """Answer what concerns numbers and registrations, as the faults say; False for anything else."""
        mode = self.office.fault(method, target.path)
        self.office.remember(method, target.path, body, mode)
        if mode == "timeout":
            await asyncio.sleep(NEVER_SECONDS)
        elif mode in ("401", "429", "500"):
            await _respond(writer, int(mode), refused(mode))
        else:
            reply = self.office.answer(method, target.path, target.query, body, headers)
            if reply is None:
                return False
            if mode == "accept_then_timeout":
                await asyncio.sleep(NEVER_SECONDS)
            elif mode == "accept_then_500":
                await _respond(writer, 500, refused("500"))
            else:
                await asyncio.sleep(self.office.lag)
                await _respond(writer, reply.status, reply.body)
        return True


async def _respond(writer: asyncio.StreamWriter, status: int, answer: Any) -> None:
    body = b"" if status == 204 else json.dumps(answer).encode()
    writer.write(
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await writer.drain()


async def listen(stand_in: StandIn, port: int) -> asyncio.Server:
    """Serve a stand-in on a loopback port (0: any free one) until the server is closed."""
    return await asyncio.start_server(
        stand_in.serve, "127.0.0.1", port, limit=1_000_000, backlog=1024
    )


async def run(port: int, ready: Callable[[int], Awaitable[None] | None]) -> None:
    """Serve on loopback until cancelled; `ready` is told the port."""
    server = await listen(StandIn(), port)
    ready(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    asyncio.run(run(wanted, lambda port: print(port, flush=True)))
