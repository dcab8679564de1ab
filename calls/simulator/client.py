"""The simulator from a program: place calls, write texts, look at phones. For tests and commands."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx


class SimulatorRefused(Exception):
    """The simulator did not do what was asked; the text says why, naming the field."""


class Simulator:
    """The phones of a running platform. base_url: its public address, such as http://localhost:8000."""

    def __init__(self, base_url: str, *, timeout: float = 15) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.Client(base_url=self.base_url, timeout=timeout, trust_env=False)

    def place_call(
        self,
        business_number: str,
        caller: str,
        staff: str = "no_answer",
        *,
        ring_seconds: float = 1,
        **plan: Any,
    ) -> str:
        """Start a call and return its id at once.

        staff: no_answer, caller_hangs_up, busy, decline, voicemail, answers, by_hand; further plan
        fields: talk_seconds, message_seconds, afterwards (hangs_up, leaves_message, listens,
        presses_1), faster.
        Raises SimulatorRefused.
        """
        asked = {
            "business": business_number,
            "caller": caller,
            "staff": staff,
            "ring_seconds": ring_seconds,
            **plan,
        }
        return str(self._post("call", asked)["call"])

    def call(self, sid: str) -> dict[str, Any]:
        """Return a call's state (state: calling, ringing, greeting, recording, talking, ended)."""
        return self._read(self._client.get("/simulator/do/call", params={"sid": sid}))

    def await_end(self, sid: str, seconds: float = 60) -> dict[str, Any]:
        """Return a call's state once it has ended. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while (state := self.call(sid))["state"] != "ended":
            if time.monotonic() > until:
                raise TimeoutError(f"the call is still {state['state']} after {seconds:g} s")
            time.sleep(0.05)
        return state

    def instruct(self, sid: str, what: str) -> None:
        """Do something in a call: hang_up, answer, decline, press_1, staff_hang_up, caller_press_1."""
        self._post("instruct", {"call": sid, "what": what})

    def reply(
        self, business_number: str, caller: str, body: str, *, sample: str = "", upload: bytes = b""
    ) -> str:
        """Send a text from a caller's phone and return its id, once the platform has taken it.

        sample: a picture of calls.simulator.media.SAMPLES; upload: one of one's own.
        """
        asked = {"business": business_number, "caller": caller, "body": body, "sample": sample}
        if upload:
            asked["upload"] = base64.b64encode(upload).decode()
        return str(self._post("reply", asked)["text"])

    def phone(self, caller: str, business_number: str) -> dict[str, Any]:
        """Return what a caller's phone shows: texts, the latest call, the story so far."""
        where = {"caller": caller, "business": business_number}
        return self._read(self._client.get("/simulator/do/phone", params=where))

    def await_text(
        self, caller: str, business_number: str, *, count: int = 1, seconds: float = 15
    ) -> list[dict[str, Any]]:
        """Return the texts the phone has got from the platform once there are `count`. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while True:
            got = [t for t in self.phone(caller, business_number)["texts"] if t["by"] == "platform"]
            if len(got) >= count:
                return got
            if time.monotonic() > until:
                raise TimeoutError(f"{len(got)} of {count} texts came within {seconds:g} s")
            time.sleep(0.05)

    def _post(self, what: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._read(self._client.post(f"/simulator/do/{what}", json=data))

    @staticmethod
    def _read(answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise SimulatorRefused(f"HTTP {answer.status_code}: {answer.text[:400]}")
        return answer.json()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
