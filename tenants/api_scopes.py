"""What an API key may do: scopes by name, and which of them an operation needs.

A key without scopes may do everything, as keys of old. A view says its needs in plain attributes,
which the document, the permission and the tests read alike:

    area = "contacts"                       reading needs contacts:read, anything else contacts:write
    scopes = {"create": "messages:send"}    an action or method (lower case) that needs another
    level = "business"                      or "agency", or "either": whose keys it takes
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# An operation that every living key may do.
ANY = "any"
BUSINESS, AGENCY, EITHER = "business", "agency", "either"
LEVELS = (BUSINESS, AGENCY, EITHER)
_SAFE = ("GET", "HEAD", "OPTIONS")

SCOPES = {
    "calls:read": "Read calls and why each was texted or not",
    "calls:write": "Report calls of other phone systems and call people back",
    "contacts:read": "Read people, their numbers and fields",
    "contacts:write": "Add and change people",
    "conversations:read": "Read conversations and notes",
    "conversations:write": "Assign, snooze, close and tag conversations, and write notes",
    "messages:read": "Read texts",
    "messages:send": "Send texts",
    "templates:read": "Read ready texts",
    "templates:write": "Change ready texts",
    "rules:read": "Read, check and try rules",
    "rules:write": "Publish rules",
    "hours:read": "Read opening hours",
    "hours:write": "Change opening hours",
    "settings:read": "Read what may be texted, limits and how soon people are answered",
    "settings:write": "Change what may be texted and how soon people are answered, and lower limits",
    "consent:read": "Read the consent ledger and ask whether a number may be texted",
    "consent:write": "Record consent and opt-outs",
    "exports:read": "Export evidence and data",
    "members:read": "Read members",
    "members:write": "Invite, change and remove members",
    "numbers:read": "Read numbers and their registration",
    "numbers:write": "Buy, change and release numbers",
    "usage:read": "Read use and costs",
    "webhooks:read": "Read webhook endpoints, deliveries and events",
    "webhooks:write": "Add, change and remove webhook endpoints",
    "keys:read": "Read API keys and the request log",
    "keys:write": "Make, replace and revoke API keys",
    "businesses:read": "Read the agency's businesses",
    "businesses:write": "Create, configure and suspend businesses",
    "playbooks:read": "Read playbooks",
    "playbooks:write": "Change playbooks and apply them",
}
# What only an agency's key can use.
OF_AGENCIES = frozenset(name for name in SCOPES if name.startswith(("businesses:", "playbooks:")))
# What no app of somebody else is given: whoever makes keys or members outlives every consent, and what
# may be texted at all is chosen by whoever answers for it.
NOT_FOR_APPS = frozenset({"keys:write", "members:write", "settings:write"}) | OF_AGENCIES


class ScopeError(ValueError):
    """A scope that cannot be given; the text is a sentence for people."""


def offered(level: str) -> dict[str, str]:
    """Return the scopes that a key of a business or of an agency can have."""
    return {
        name: words for name, words in SCOPES.items() if level == AGENCY or name not in OF_AGENCIES
    }


def checked(names: Iterable[Any], level: str, giver: Iterable[str] = ()) -> list[str]:
    """Return scopes in the list's order, each once.

    level: whose key it will be; giver: the scopes of the key that makes it (none: it has all), for
    nobody gives what he has not. Raises ScopeError.
    """
    wanted, own, held = list(names), offered(level), frozenset(giver)
    for name in wanted:
        if not isinstance(name, str) or name not in own:
            raise ScopeError(f"There is no scope {str(name)[:60]!r} for this key.")
        if held and name not in held:
            raise ScopeError(f"Your own key has no scope {name!r} to give.")
    if held and not wanted:
        raise ScopeError("Name the scopes: your own key has not all of them to give.")
    return [name for name in SCOPES if name in wanted]


def needed(view: Any, action: str | None, method: str) -> str:
    """Return the scope an operation of a view (class or instance) needs, ANY, or '' where none is declared.

    action: the viewset's, or None; method: HTTP's, in capitals.
    """
    by_name: dict[str, str] = getattr(view, "scopes", {})
    own = by_name.get(action or "") or by_name.get(method.lower(), "")
    area: str = getattr(view, "area", "")
    if own or not area:
        return own
    return f"{area}:{'read' if method in _SAFE else 'write'}"


def allows(granted: Iterable[str], scope: str) -> bool:
    """Whether a key with these scopes may do what needs `scope`; what declares none takes full keys only."""
    held = list(granted)
    return not held or scope == ANY or scope in held
