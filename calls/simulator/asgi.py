"""The simulator's doors: the carrier's REST API, what people do on the page, and the live story.

Bare ASGI, before Django: calls are tasks of this process's event loop, and an open event stream
holds no thread. Reached only where SIMULATOR_ENABLED, on the public host (config/asgi.py).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from redis import RedisError
from redis import asyncio as aioredis

from calls.simulator import insight, media, texts
from calls.simulator.api import Api
from calls.simulator.counter import Counter
from calls.simulator.dialect import Place, new_sid
from calls.simulator.http import (
    MAX_BODY,
    Receive,
    Refusal,
    Send,
    answer,
    headers_of,
    read_body,
    send_event,
    start_events,
)
from calls.simulator.inputs import BadInput, number_of, read_call, read_instruction, read_reply
from calls.simulator.network import Network
from calls.simulator.outbound import Outbound
from calls.simulator.voice import Plan, VoiceCall
from calls.simulator.wire import Wire
from messaging.attachments import sniffing
from messaging.providers.signature import parse_form, readable
from tenants.door import Hub
from tenants.fields import decrypt

log = structlog.get_logger(__name__)

PATHS = ("/simulator/api/", "/simulator/do/", "/simulator/events/")
_MOST_CALLS = 500  # of one process at a time
_HEARTBEAT = 15.0  # seconds; a stream that says nothing is cut by proxies
_PLACE_SQL = """
    SELECT n.e164, b.name, b.schema_name, a.account_sid, a.auth_token, n.staff_numbers
    FROM public.tenants_phonenumber n
    JOIN public.tenants_business b ON b.id = n.business_id
    JOIN public.tenants_provideraccount a ON a.id = n.account_id
    WHERE {} = %s AND n.is_active AND a.provider = 'simulator'
    ORDER BY n.id LIMIT 1
"""


class SimulatorDoor:
    """ASGI application for /simulator/api/, /simulator/do/ and /simulator/events/."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._tasks: set[asyncio.Task[Any]] = set()
        self._calls = 0
        self._ready = False

    def _open(self) -> None:
        if not self._ready:
            # Made in the event loop that uses them. Reads of a stream block longer than a command.
            self.redis = aioredis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=_HEARTBEAT + 5
            )
            self.network = Network(self.redis)
            self.wire = Wire(self.network)
            self.texts = texts.Texts(self.network, self.wire, self.spawn)
            placing = Outbound(self.network, self.wire, self.spawn, self._reach, self._begin)
            counter = Counter(self.redis, self.hub.fetch)
            self.api = Api(self.hub, self.texts, placing, self._place, counter)
            self._ready = True

    async def stop(self) -> None:
        """End calls in progress and whatever else is under way; returns when nothing is."""
        under_way = list(self._tasks)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def close(self) -> None:
        """End calls in progress and close what was opened."""
        await self.stop()
        if self._ready:
            await self.wire.close()
            await self.redis.aclose()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run work beside the requests; what goes wrong in it is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("simulator_task_failed", exc_info=error)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        self._open()
        path = scope["path"]
        try:
            if path.startswith("/simulator/api/"):
                await self.api(scope, receive, send)
            elif path == "/simulator/do/media" and scope["method"] == "GET":
                await self._picture(scope, send)
            elif path.startswith("/simulator/do/"):
                status, body = await self._do(scope, receive)
                await answer(send, status, body)
            else:
                await self._events(scope, receive, send)
        except Refusal as refusal:
            await answer(send, refusal.status, refusal.body)
        except texts.ApiError as error:
            await answer(send, error.status, error.as_json())
        except BadInput as bad:
            await answer(send, 422, {"detail": str(bad), "fields": bad.problems})
        except RedisError as error:
            log.warning("simulator_memory_away", error=type(error).__name__)
            await answer(
                send,
                503,
                {
                    "detail": "The simulator's memory (Redis) does not answer.",
                    "code": 20503,
                    "status": 503,
                },
            )

    # --- what people do on the page --------------------------------------------------------------

    async def _do(self, scope: Mapping[str, Any], receive: Receive) -> tuple[int, Any]:
        what = scope["path"].removeprefix("/simulator/do/").strip("/")
        query = readable(parse_form(scope.get("query_string", b"")))
        if scope["method"] == "GET" and what == "phone":
            return 200, await self._phone(query)
        if scope["method"] == "GET" and what == "call":
            call = await self.network.call(query.get("sid", ""))
            return (200, call) if call else (404, {"detail": "There is no such call."})
        if scope["method"] != "POST" or what not in ("call", "reply", "instruct"):
            raise Refusal(404, {"detail": "There is nothing at this address."})
        data = await self._own_json(scope, receive, media.MAX_BODY if what == "reply" else MAX_BODY)
        if what == "call":
            return 201, await self._place_call(data)
        if what == "reply":
            sample, upload = media.read(data)
            business, caller, body = read_reply(data, has_picture=bool(sample or upload))
            place = await self._place(business)
            picture = await media.keep(self.redis, sample, upload)
            sid = await self.texts.reply(place, caller, body, picture)
            self.spawn(self._follow_text(place, caller, sid))
            return 201, {"text": sid}
        sid, word = read_instruction(data)
        call = await self.network.call(sid)
        if call is None or call["state"] == "ended":
            raise Refusal(409, {"detail": "That call is over."})
        await self.network.instruct(sid, word)
        return 202, {"call": sid}

    async def _picture(self, scope: Mapping[str, Any], send: Send) -> None:
        """Show a caller's own picture on his phone."""
        query = readable(parse_form(scope.get("query_string", b"")))
        found = await media.content_of(self.redis, query.get("sid", ""))
        kind = sniffing.kind_of(found[0]) if found else None
        if found is None or kind not in sniffing.PICTURES:
            raise Refusal(404, {"detail": "There is no such picture."})
        assert kind is not None
        safe = {"content-security-policy": "default-src 'none'; sandbox"}
        await answer(send, 200, found[0], content_type=kind.content_type, headers=safe)

    @staticmethod
    async def _own_json(scope: Mapping[str, Any], receive: Receive, at_most: int) -> dict[str, Any]:
        """Return the JSON of a request that no foreign page can have caused. Raises Refusal."""
        headers = headers_of(scope)
        origin, host = headers.get("origin", ""), headers.get("host", "")
        foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if foreign or (origin and urlsplit(origin).netloc != host):
            raise Refusal(403, {"detail": "Only the simulator's own page may do this."})
        # A page elsewhere cannot send this type without asking first, and is never allowed.
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(415, {"detail": "Content-Type: expected application/json."})
        try:
            data = json.loads(await read_body(receive, at_most))
        except (ValueError, RecursionError):  # the latter when nested too deeply
            raise Refusal(400, {"detail": "Body: expected JSON."}) from None
        if not isinstance(data, dict):
            raise Refusal(400, {"detail": "Body: expected a JSON object."})
        return data

    async def _place_call(self, data: dict[str, Any]) -> dict[str, str]:
        business, plan = read_call(data)
        place = await self._place(business)
        return {"call": (await self._begin(place, plan)).sid}

    async def _begin(self, place: Place, plan: Plan) -> VoiceCall:
        """Let a call come in. Raises Refusal where too many are under way."""
        if self._calls >= _MOST_CALLS:
            raise Refusal(
                503, {"detail": f"{_MOST_CALLS} calls are in progress; try again shortly."}
            )
        await self.network.ready()
        call = VoiceCall(self.network, self.wire, place, plan, new_sid("CA"))
        await call.show("calling")
        self.spawn(self._run(call))
        self.spawn(self._follow_call(call))
        return call

    async def _run(self, call: VoiceCall) -> None:
        self._calls += 1
        try:
            await call.run()
        finally:
            self._calls -= 1

    async def _follow_call(self, call: VoiceCall) -> None:
        def is_over(told: set[str]) -> bool:
            return call.state["state"] == "ended" and time.time() - call.state["ended_at"] > 6

        await insight.follow(
            self.network,
            self.redis,
            call.place,
            call.plan.caller,
            call.sid,
            insight.look_at_call,
            is_over,
            at_most=900,
        )

    async def _follow_text(self, place: Place, caller: str, sid: str) -> None:
        await insight.follow(
            self.network,
            self.redis,
            place,
            caller,
            sid,
            insight.look_at_text,
            lambda told: "received" in told,
            at_most=10,
        )

    async def _phone(self, query: Mapping[str, str]) -> dict[str, Any]:
        problems: dict[str, str] = {}
        caller = number_of(query, "caller", problems, withheld=True)
        business = number_of(query, "business", problems)
        if problems:
            raise BadInput(problems)
        story = await self.network.latest(caller, 300)
        call = await self.network.last_call(caller, business)
        return {
            "now": time.time(),
            "opted_out": await self.network.has_opted_out(caller, business),
            "texts": texts.bubbles(await self.network.thread(caller, business)),
            "call": call,
            "story": [line for line in story if line.get("business", business) == business],
            "last_id": story[-1]["id"] if story else "0-0",
        }

    async def _place(self, number: str) -> Place:
        place = await self._place_where("n.e164", number)
        if place is None:
            raise BadInput({"business": "expected a business's number on the simulated network"})
        return place

    async def _reach(self, number: str) -> tuple[Place | None, bool]:
        """Return the line a call to this number comes to, and whether by forwarding."""
        own = await self._place_where("n.e164", number)
        if own is not None:
            return own, False
        line = await self._place_where("n.forwards_from", number)
        return line, line is not None

    async def _place_where(self, column: str, number: str) -> Place | None:
        row = await self.hub.fetch(_PLACE_SQL.format(column), (number,))
        if row is None:
            return None
        return Place(row[0], row[1], row[2], row[3], decrypt(row[4]), tuple(row[5]))

    # --- the live story ----------------------------------------------------------------------------

    async def _events(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        query = readable(parse_form(scope.get("query_string", b"")))
        problems: dict[str, str] = {}
        caller = number_of(query, "caller", problems, withheld=True)
        after = headers_of(scope).get("last-event-id") or query.get("after", "0-0")
        left, _, right = after.partition("-")
        if not (
            left.isascii()
            and left.isdigit()
            and right.isascii()
            and right.isdigit()
            and len(after) < 40
        ):
            problems["after"] = "expected the id of an event, such as 0-0"
        if problems:
            raise BadInput(problems)
        if query.get("poll"):
            await answer(send, 200, await self.network.story(caller, after))
            return
        await start_events(send)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while not gone.done():
                reading = asyncio.ensure_future(
                    self.network.story(caller, after, wait_seconds=_HEARTBEAT)
                )
                await asyncio.wait({gone, reading}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    reading.cancel()
                    return
                for line in (lines := reading.result()):
                    after = line["id"]
                    await send_event(send, after, line)
                if not lines:
                    await send(
                        {
                            "type": "http.response.body",
                            "body": b": still here\n\n",
                            "more_body": True,
                        }
                    )
        except RedisError:
            # The stream ends; the page asks again, and polls meanwhile.
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
