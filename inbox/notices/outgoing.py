"""Posting to an address that somebody outside gave us: only to public machines, and to what was checked.

Whoever subscribes a browser or enters a webhook chooses where we connect to. The name is resolved
once, every address it has must be public, and the connection goes to the one that was looked at: a
name that answers otherwise a moment later leads nowhere else. No redirect is followed, no proxy of
the environment is used, little is read and nothing of the answer is kept.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

TIMEOUT = urllib3.Timeout(connect=4, read=8)
MOST_READ = 4096
LONGEST = 1000  # characters of an address


class Refused(ValueError):
    """An address that is not posted to; the text says why, and holds no address."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of telling somebody by one way.

    kind: sent; refused: it will never work as it is; gone: the place is no more; retry: try again
    later, after `retry_seconds` at least. reason: for people, without addresses or secrets.
    """

    kind: Literal["sent", "refused", "gone", "retry"]
    reason: str = ""
    retry_seconds: float = 0.0


def checked(url: str, *, allow_private: bool = False) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of an address that may be posted to, by its form alone.

    Raises Refused.
    """
    if len(url) > LONGEST or any(ord(character) <= 32 or ord(character) > 126 for character in url):
        raise Refused("The address is too long, or has characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise Refused("That is no address.") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise Refused("The address must begin with https://.")
    if not host or parts.username is not None or parts.password is not None:
        raise Refused("That is no address.")
    if not allow_private and port not in (None, 443):
        raise Refused("The address must not name a port.")
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def post(url: str, content: bytes, headers: dict[str, str], *, allow_private: bool = False) -> Sent:
    """Post to a checked address in no transaction; never raises for what may be expected.

    allow_private: whether a machine that is not public may be meant (tests and the demo).
    """
    try:
        scheme, host, port, path = checked(url, allow_private=allow_private)
        address = _public_address(host, port, allow_private)
    except Refused as refused:
        return Sent("refused", str(refused))
    except OSError:
        return Sent("retry", "The address was not found.")
    pool = _pool(scheme, host, address, port)
    try:
        answer = pool.request(
            "POST", path, body=content, headers={**headers, "Host": _netloc(scheme, host, port)},
            redirect=False, retries=False, preload_content=False, timeout=TIMEOUT,
        )  # fmt: skip
        try:
            answer.read(MOST_READ)
            return _judged(answer.status, answer.headers.get("Retry-After", ""))
        finally:
            answer.close()
    except urllib3.exceptions.SSLError:
        return Sent("refused", "The connection is not secure.")
    except (urllib3.exceptions.HTTPError, OSError) as problem:
        return Sent("retry", f"No answer ({type(problem).__name__}).")
    finally:
        pool.close()


def _public_address(host: str, port: int, allow_private: bool) -> str:
    """Return one address of a host, all of which are public. Raises Refused, OSError."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found:
        raise OSError("no address")
    if not allow_private and not all(_is_public(address) for address in found):
        raise Refused("The address leads into a private network.")
    return found[0]


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


def _pool(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(
            address, port, maxsize=1, cert_reqs="CERT_REQUIRED", server_hostname=host,
            assert_hostname=host,
        )  # fmt: skip
    return urllib3.HTTPConnectionPool(address, port, maxsize=1)


def _netloc(scheme: str, host: str, port: int) -> str:
    usual = 443 if scheme == "https" else 80
    name = f"[{host}]" if ":" in host else host
    return name if port == usual else f"{name}:{port}"


def _judged(status: int, retry_after: str) -> Sent:
    if 200 <= status < 300:
        return Sent("sent")
    if status in (404, 410):
        return Sent("gone", f"The address is no more (HTTP {status}).")
    if status in (408, 425, 429) or status >= 500:
        pause = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return Sent("retry", f"Not just now (HTTP {status}).", min(pause, 3600.0))
    return Sent("refused", f"Refused (HTTP {status}).")


def private_allowed() -> bool:
    """Whether machines that are not public may be posted to: a test's and the demo's own."""
    return bool(settings.NOTICES_MAY_BE_PRIVATE)
