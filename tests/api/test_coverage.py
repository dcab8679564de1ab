"""What a screen does, a program does: docs/api-coverage.md is held to the pages and to the API."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.urls import URLPattern

from tests.api.operations import operations

_ROW = re.compile(r"^\| ((?:agency:)?[a-z][a-z-]*) \| (.+) \|$", re.M)
_NAMED = re.compile(r"`([A-Z]+) (/[^`]+)`")
_ONLY = "screens only: "


def rows() -> list[tuple[str, str]]:
    text = (Path(__file__).parents[2] / "docs" / "api-coverage.md").read_text()
    return [row for row in _ROW.findall(text) if row[0] != "form"]


def posts(view: Callable[..., Any] | None) -> bool:
    """Whether a page takes a form; one that does not say what it takes might."""
    while view is not None:
        values = inspect.getclosurevars(view).nonlocals
        if "request_method_list" in values:
            return "POST" in values["request_method_list"]
        view = getattr(view, "__wrapped__", None)
    return True


def forms() -> Iterator[str]:
    from inbox import urls
    from inbox.agency import urls as agency_urls

    for space, patterns in (("", urls.urlpatterns), ("agency:", agency_urls.urlpatterns)):
        waiting: list[Any] = list(patterns)
        while waiting:
            entry = waiting.pop()
            if not isinstance(entry, URLPattern):
                waiting += entry.url_patterns
            elif posts(entry.callback):
                yield f"{space}{entry.name}"


def test_every_form_has_one_row():
    told = Counter(name for name, _ in rows())
    assert [name for name, count in told.items() if count > 1] == []
    assert set(told) == set(forms())


def test_every_row_names_operations_there_are_or_says_why_there_is_none():
    known = {f"{each.method.upper()} {each.path}" for each in operations()}
    for name, said in rows():
        named = [f"{method} /api/v1{path}" for method, path in _NAMED.findall(said)]
        assert set(named) <= known, (name, set(named) - known)
        if said.startswith(_ONLY):
            assert len(said) >= len(_ONLY + "as above"), name
        else:
            assert named, name
