"""Reads the environment; a missing or nonsensical value stops the start with its name.

Every variable read here stands in `.env.example` (held by tests/operating/test_environment.py).
"""

from __future__ import annotations

import base64
import os
import re
from urllib.parse import unquote, urlsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\Z")


class BadEnvironment(Exception):
    """An environment variable is missing or cannot be used; the text names it and what was expected."""


def _raw(name: str, default: str | None) -> str:
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise BadEnvironment(f"{name} is not set. {_EXPECTED.get(name, 'A value is needed.')}")
    return default


_EXPECTED = {
    "SECRET_KEY": "Expected a random string of at least 32 characters.",
    "FIELD_ENCRYPTION_KEYS": "Expected one or more Fernet keys, comma separated, newest first.",
    "DATABASE_URL": "Expected postgresql://user:password@host:port/name.",
    "REDIS_URL": "Expected redis://[:password@]host:port/number.",
    "PUBLIC_BASE_URL": "Expected the address providers call, such as https://app.example.com; "
    "in production https alone.",
    "BASE_DOMAIN": "Expected a host name without scheme or port, such as example.com.",
    "ALLOWED_HOSTS": "Expected host names without scheme or port, such as example.com,.example.com.",
    "SENTRY_DSN": "Expected the DSN that Sentry shows: https://key@host/number.",
    "EMAIL_URL": "Expected smtp://user:password@host:587 (STARTTLS), smtps://…:465 (TLS from the "
    "first byte), or smtp+plain://host:25 for a server on this machine.",
}


def text(name: str, default: str | None = None, *, min_length: int = 0) -> str:
    """Return a string. Raises BadEnvironment when missing without default, or shorter than min_length."""
    value = _raw(name, default)
    if len(value) < min_length:
        raise BadEnvironment(
            f"{name} is {len(value)} characters long, expected at least {min_length}."
        )
    return value


def number(name: str, default: int, *, low: int, high: int) -> int:
    """Return an integer within low..high. Raises BadEnvironment naming the range."""
    value = _raw(name, str(default))
    try:
        parsed = int(value)
    except ValueError:
        parsed = low - 1
    if not low <= parsed <= high:
        raise BadEnvironment(f"{name} is {value!r}, expected a whole number from {low} to {high}.")
    return parsed


def flag(name: str, default: bool = False) -> bool:
    """Return a boolean written as 1/0, true/false, yes/no. Raises BadEnvironment otherwise."""
    value = _raw(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadEnvironment(f"{name} is {value!r}, expected 1 or 0.")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of `allowed`. Raises BadEnvironment listing them."""
    value = _raw(name, default)
    if value not in allowed:
        raise BadEnvironment(f"{name} is {value!r}, expected one of: {', '.join(allowed)}.")
    return value


def names(name: str, default: str) -> list[str]:
    """Return a comma separated list, blanks dropped."""
    return [part.strip() for part in _raw(name, default).split(",") if part.strip()]


def url(name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
    """Return an absolute URL without a trailing slash. Raises BadEnvironment when it is not one."""
    value = _raw(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        # The value itself may carry a password, so it is not repeated.
        expected = _EXPECTED.get(name, f"Expected a URL starting with {schemes[0]}://.")
        raise BadEnvironment(f"{name} is not a usable URL. {expected}")
    return value


def database_url(name: str) -> str:
    """Return a PostgreSQL URL that names a database; its query holds libpq's options, if any."""
    value = url(name, schemes=("postgresql", "postgres"))
    try:
        usable = bool(urlsplit(value).path.strip("/")) and bool(conninfo_to_dict(value))
    except (psycopg.Error, UnicodeDecodeError):
        usable = False
    if not usable:
        raise BadEnvironment(f"{name} names no database or an unknown option. {_EXPECTED[name]}")
    return value


def redis_url(name: str) -> str:
    """Return a Redis URL; its path is the number of a database, or nothing (0)."""
    value = url(name, schemes=("redis", "rediss"))
    if not re.fullmatch(r"(/[0-9]{1,4})?", urlsplit(value).path):
        raise BadEnvironment(f"{name} ends in no database number. {_EXPECTED[name]}")
    return value


def host(name: str, default: str | None = None) -> str:
    """Return a host name in lower case. Raises BadEnvironment when it is none."""
    value = _raw(name, default).lower()
    if not _HOST.match(value):
        raise BadEnvironment(f"{name} is {value!r}. {_EXPECTED[name]}")
    return value


def hosts(name: str, default: str) -> list[str]:
    """Return comma separated host names; one with a dot in front stands for all below it."""
    found = [part.lower() for part in names(name, default)]
    for part in found:
        if part not in {"*", "[::1]"} and not _HOST.match(part.removeprefix(".")):
            raise BadEnvironment(f"{name} has {part!r}. {_EXPECTED[name]}")
    if not found:
        raise BadEnvironment(f"{name} has no host. {_EXPECTED[name]}")
    return found


def sentry_dsn(name: str) -> str:
    """Return a Sentry DSN, or '' when there is none."""
    value = _raw(name, "")
    if value:
        from sentry_sdk.utils import BadDsn, Dsn  # not loaded by every command for nothing

        try:
            Dsn(value)
        except (BadDsn, ValueError):
            raise BadEnvironment(f"{name} is not usable. {_EXPECTED[name]}") from None
    return value


def fernet_keys(name: str) -> list[str]:
    """Return the field encryption keys, newest first. Raises BadEnvironment when one is no Fernet key."""
    keys = names(name, _raw(name, None))
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise BadEnvironment(
                f"{name}: key {position} is not a Fernet key. {_EXPECTED[name]}"
            ) from None
    return keys


def platform_number(name: str) -> tuple[str, str, str]:
    """Return provider, account and E.164 number of provider/account/number; three '' when not set.

    Raises BadEnvironment.
    """
    value = _raw(name, "")
    if not value:
        return "", "", ""
    found = re.fullmatch(r"([a-z]+)/([A-Za-z0-9_-]{2,64})/(\+[1-9][0-9]{6,14})", value)
    if found is None:
        raise BadEnvironment(
            f"{name}: expected provider/account/number, as twilio/AC0123/+13125550142."
        )
    return found[1], found[2], found[3]


def mail_server(name: str) -> dict[str, str | int | bool]:
    """Return Django's settings for a mail server, empty when there is none. Raises BadEnvironment."""
    value = _raw(name, "")
    if not value:
        return {}
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    url(name, schemes=tuple(ports))
    parts = urlsplit(value)
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def vapid_key(name: str, size: int) -> str:
    """Return a key of web push as `manage.py make_vapid_keys` writes it, '' when there is none.

    size: of the key in bytes, 32 for the private one and 65 for the public. Raises BadEnvironment.
    """
    value = _raw(name, "")
    try:
        length = len(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except ValueError:
        length = -1
    if value and length != size:
        raise BadEnvironment(f"{name} is no such key. Expected what make_vapid_keys prints.")
    return value
