"""Every operation of the API, from the URL table itself: what is added is in every test at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. view: the class; action: the viewset's name for it, or None."""

    method: str
    path: str
    view: Any
    action: str | None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def at(self, **values: Any) -> str:
        """Return an address with these ids; others are ones that fit and name nothing."""
        return re.sub(
            r"\{(\w+)\}", lambda hole: str(values.get(hole[1], self._nothing())), self.path
        )

    def _nothing(self) -> str:
        pattern = getattr(self.view, "lookup_value_regex", "")
        return "00000000-0000-4000-8000-000000000000" if "{4}" in pattern else "999999999"


def operations() -> list[Operation]:
    """Return them all, without the catch-all and the document's own pages."""
    from config.api_urls import urlpatterns

    return sorted(_walk(urlpatterns, "/api/"), key=str)


def _walk(patterns: list[Any], prefix: str) -> Iterator[Operation]:
    for entry in patterns:
        path = prefix + re.sub(
            r"\(\?P<(\w+)>.*?\)(?=/|\\|$)|<(?:\w+:)?(\w+)>",
            # As the document calls it.
            lambda hole: "{" + (hole[1] or hole[2]).replace("pk", "id") + "}",
            str(entry.pattern).lstrip("^").removesuffix("$").removesuffix("\\Z"),
        )
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith("/api/v1/"):
            view = getattr(entry.callback, "cls", None)
            actions = getattr(entry.callback, "actions", None)
            if view is None:
                continue
            for method in METHODS:
                if actions is not None and method in actions:
                    yield Operation(method, path, view, actions[method])
                elif actions is None and hasattr(view, method):
                    yield Operation(method, path, view, None)
