"""Posting to an address that somebody outside gave us: only to public machines, and to what was checked.

Whoever subscribes a browser or enters a webhook chooses where we connect to. The name is resolved
once, every address it has must be public, and the connection goes to the one that was looked at: a
name that answers otherwise a moment later leads nowhere else. No redirect is followed, no proxy of
the environment is used, little is read, and the whole of it takes no longer than was said: a
machine that answers a byte now and then holds nobody.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

MOST_READ = 4096
LONGEST = 1000  # characters of an address
CONNECT_SECONDS = 4.0
LOOKUP_SECONDS = 4.0
# The system's resolver has no deadline of its own: whoever gave up leaves a thread behind for a while.
MOST_LOOKUPS = 256
LONGEST_PAUSE = 3600.0


class Refused(ValueError):
    """An address that is not posted to; the text says why, and holds no address."""


class NoAnswer(OSError):
    """Nothing that counts came back; the text says why, for people, without addresses.

    insecure: the other side could not show that it is whom the address names.
    """

    def __init__(self, sentence: str, *, insecure: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.insecure = sentence, insecure


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address, and the machine it was found to lead to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. retry_after: seconds the other side asks for, at most an hour; 0 for none.

    location: where a redirect leads, as it was said; followed by nobody here.
    """

    status: int
    body: bytes
    retry_after: float
    location: str = ""


def checked(
    url: str, *, allow_private: bool = False, allow_plain: bool = False
) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address that may be posted to, by its form alone.

    allow_plain: http:// will do, for what is only read. Raises Refused.
    """
    if len(url) > LONGEST or any(ord(character) <= 32 or ord(character) > 126 for character in url):
        raise Refused("The address is too long, or has characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise Refused("That is no address.") from None
    plain = (allow_private or allow_plain) and parts.scheme == "http"
    if parts.scheme != "https" and not plain:
        raise Refused("The address must begin with https://.")
    if not host or parts.username is not None or parts.password is not None:
        raise Refused("That is no address.")
    if not allow_private and port not in (None, 80 if plain else 443):
        raise Refused("The address must not name a port.")
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def found(url: str, *, allow_private: bool = False, allow_plain: bool = False) -> Target:
    """Return where an address leads, all machines of its name being public. Raises Refused, NoAnswer.

    Asks the resolver, so never in a transaction. allow_private: tests and the demo.
    """
    scheme, host, port, path = checked(url, allow_private=allow_private, allow_plain=allow_plain)
    addresses = _looked_up(host, port)
    if not addresses:
        raise NoAnswer("The address was not found.")
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise Refused("The address leads into a private network.")
    return Target(scheme, host, port, path, addresses[0])


_lookups = threading.BoundedSemaphore(MOST_LOOKUPS)


def _looked_up(host: str, port: int) -> list[str]:
    """Return all addresses of a name, none where it has none, within LOOKUP_SECONDS. Raises NoAnswer."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    lookups = _lookups
    if not lookups.acquire(blocking=False):
        raise NoAnswer("Too many addresses are being looked up.")

    def ask() -> None:
        found: list[str] = []
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [str(info[4][0]) for info in infos]
        except (OSError, UnicodeError):
            pass  # there is none
        finally:
            lookups.release()
            answers.put(found)

    try:
        threading.Thread(target=ask, name="lookup", daemon=True).start()
    except RuntimeError:
        lookups.release()
        raise NoAnswer("Too many addresses are being looked up.") from None
    try:
        return answers.get(timeout=LOOKUP_SECONDS)
    except queue.Empty:
        raise NoAnswer(f"The address was not found within {LOOKUP_SECONDS:g} s.") from None


class Line:
    """A connection to one target, opened when needed and kept for the next question. For one thread."""

    def __init__(self, target: Target, *, seconds: float) -> None:
        self._target, self._seconds = target, seconds
        self._socket: _Timed | None = None

    def post(self, content: bytes, headers: dict[str, str]) -> Answer:
        """Post and return what came back, within `seconds` altogether. Raises NoAnswer."""
        return self._asked("POST", content, headers, MOST_READ)

    def get(self, headers: dict[str, str], most: int) -> Answer:
        """Ask for what stands there; at most `most` bytes are read. Raises NoAnswer."""
        return self._asked("GET", None, headers, most)

    def _asked(
        self, method: str, content: bytes | None, headers: dict[str, str], most: int
    ) -> Answer:
        deadline = time.monotonic() + self._seconds
        try:
            if self._socket is not None:
                try:
                    return self._exchange(method, content, headers, deadline, most)
                except (http.client.RemoteDisconnected, ConnectionError):
                    self.close()  # it had gone while we did not speak; the same is said once more
            return self._exchange(method, content, headers, deadline, most)
        except NoAnswer:
            raise
        except ssl.SSLError as problem:
            if isinstance(problem, TimeoutError):
                raise NoAnswer(f"No answer within {self._seconds:g} s.") from None
            raise NoAnswer("The connection is not secure.", insecure=True) from None
        except TimeoutError:
            raise NoAnswer(f"No answer within {self._seconds:g} s.") from None
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswer(f"No answer ({type(problem).__name__}).") from None

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.hang_up()
            self._socket = None

    def _exchange(
        self,
        method: str,
        content: bytes | None,
        headers: dict[str, str],
        deadline: float,
        most: int,
    ) -> Answer:
        target = self._target
        if self._socket is None:
            self._socket = _Timed(_connected(target, deadline))
        self._socket.deadline = deadline
        wire = http.client.HTTPConnection(target.host, target.port)
        wire.sock = self._socket
        is_kept = False
        try:
            wire.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
            host = {"Host": _netloc(target.scheme, target.host, target.port)}
            sent = {**headers, **host}
            if content is not None:
                sent["Content-Length"] = str(len(content))
            for name, value in sent.items():
                wire.putheader(name, value)
            wire.endheaders(content)
            answer = wire.getresponse()
            body = answer.read(most)
            is_kept = not answer.will_close and answer.isclosed()
            pause = answer.headers.get("Retry-After", "")
            seconds = float(pause[:9]) if pause.isascii() and pause.isdigit() else 0.0
            where = answer.headers.get("Location", "")[:LONGEST]
            return Answer(answer.status, body, min(seconds, LONGEST_PAUSE), where)
        finally:
            if not is_kept:
                self.close()


class _Timed:
    """A socket as http.client uses one, each of whose waits ends at one deadline."""

    def __init__(self, of: socket.socket) -> None:
        self.socket, self.deadline = of, 0.0

    def begin(self) -> None:
        """Let the next wait last no longer than is left. Raises TimeoutError."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self.begin()
        self.socket.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """http.client closes before it has read all; the line hangs up itself."""

    def hang_up(self) -> None:
        self.socket.close()


class _Reader(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._timed.begin()
        return self._timed.socket.recv_into(buffer)


def _connected(target: Target, deadline: float) -> socket.socket:
    patience = min(CONNECT_SECONDS, deadline - time.monotonic())
    wire = socket.create_connection((target.address, target.port), timeout=max(0.01, patience))
    try:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.scheme == "https":
            return _context().wrap_socket(wire, server_hostname=target.host)
        return wire
    except BaseException:
        wire.close()
        raise


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _is_public(address: str) -> bool:
    """Whether an address is a machine of the open internet; what wraps another is judged by that."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return _is_public(str(inner))
        if ip in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.is_site_local or any(ip in net for net in _INNER):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Old ways to write an IPv4 address, and a network's own translator: nobody on the internet has one.
_INNER = tuple(map(ipaddress.ip_network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48")))


def _netloc(scheme: str, host: str, port: int) -> str:
    usual = 443 if scheme == "https" else 80
    name = f"[{host}]" if ":" in host else host
    return name if port == usual else f"{name}:{port}"


def private_allowed() -> bool:
    """Whether machines that are not public may be posted to: a test's and the demo's own."""
    return bool(settings.NOTICES_MAY_BE_PRIVATE)
