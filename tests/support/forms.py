"""What a stranger with a browser sees of the pages: every link, every form, every field; nothing left out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# What is typed into; the rest is chosen or hidden.
TYPED = {
    "text", "search", "tel", "email", "url", "number", "date", "time", "datetime-local", "textarea",
}  # fmt: skip


@dataclass(slots=True)
class Field:
    """One field of a form, with what stands in it."""

    name: str
    kind: str
    value: str = ""
    wrong: bool = False

    @property
    def is_typed(self) -> bool:
        """Whether anything can be written into it."""
        return self.kind in TYPED


@dataclass(slots=True)
class Form:
    """One form that is posted."""

    action: str
    fields: list[Field] = field(default_factory=list)
    is_pressed: bool = False

    @property
    def shape(self) -> tuple[str, ...]:
        """What makes two forms the same: where they go, and their names."""
        return (*_shape(self.action), *sorted({each.name for each in self.fields}))


def _shape(path: str) -> tuple[str, ...]:
    """What pages that differ by a number alone have in common: the path, and what is asked."""
    parts = urlsplit(path)
    place = "/".join("#" if part.isdigit() else part for part in parts.path.split("/"))
    return (place, *sorted({name for name, _ in parse_qsl(parts.query)}))


class Page(HTMLParser):
    """A page taken apart: its links, its posted forms, and every address it would go to or load."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._choosing: Field | None = None
        self._chosen = False
        self._writing: Field | None = None
        self._later: list[tuple[str, Field]] = []
        self.feed(html)
        for ident, each in self._later:
            if form := self._by_id.get(ident):
                form.fields.append(each)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.handlers += [name for name in given if name.startswith("on")]
        self.addresses += [given[n] for n in ("href", "src", "action", "formaction") if n in given]
        for name in ("href", "hx-get", "data-url"):
            if name in given and tag != "link":
                self.links.append(given[name])
        action = given.get("hx-post") or given.get("action") or self.path
        if tag == "form" and (given.get("method", "").lower() == "post" or "hx-post" in given):
            self._open = Form(action)
            self.forms.append(self._open)
            if given.get("id"):
                self._by_id[given["id"]] = self._open
        elif tag == "form":
            self._open = None
        elif tag in ("input", "textarea", "select") and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._choosing and ("selected" in given or not self._chosen):
            self._choosing.value, self._chosen = given.get("value", ""), True
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._press(given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind = tag if tag != "input" else given.get("type", "text").lower()
        if kind == "checkbox" and "checked" not in given:
            return
        if kind == "radio":
            self._choose(given)
            return
        one = Field(
            given["name"], kind, given.get("value", ""), given.get("aria-invalid") == "true"
        )
        if kind == "checkbox":
            one.value = given.get("value", "on")
        if "form" in given:
            self._later.append((given["form"], one))
        elif self._open is not None:
            self._open.fields.append(one)
        if tag == "select":
            self._choosing, self._chosen = one, False
        self._writing = one if tag == "textarea" else None

    def _choose(self, given: dict[str, str]) -> None:
        """One of several: what is chosen, or the first."""
        if self._open is None:
            return
        known = next((each for each in self._open.fields if each.name == given["name"]), None)
        if known is None:
            known = Field(given["name"], "radio", given.get("value", "on"))
            self._open.fields.append(known)
        if "checked" in given:
            known.value = given.get("value", "on")

    def _press(self, given: dict[str, str]) -> None:
        """A form is sent by its first button, but not by one that takes away or only shows."""
        form = self._by_id.get(given.get("form", "")) or self._open
        if form is None or form.is_pressed or given.get("name") in ("remove", "preview"):
            return
        form.is_pressed = True
        if given.get("name"):
            form.fields.append(Field(given["name"], "button", given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._choosing = None
        elif tag == "textarea":
            self._writing = None

    def handle_data(self, data: str) -> None:
        """What stands in a box is its value."""
        if self._writing is not None:
            self._writing.value += data


@dataclass(slots=True)
class Walk:
    """Goes wherever pages of one host lead; of pages that differ by a number alone, to a few."""

    client: Any
    host: str
    never: tuple[str, ...] = ()
    alike: int = 2
    most: int = 400
    seen: set[str] = field(default_factory=set)
    _shapes: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def pages(self, starts: Iterable[str]) -> Iterator[tuple[Page, str]]:
        """Yield every page and part of a page that links lead to, with its source."""
        waiting = [each for each in starts if not each.startswith(self.never)]
        while waiting and len(self.seen) < self.most:
            path = waiting.pop(0)
            if path in self.seen or self._shapes[shape := _shape(path)] >= self.alike:
                continue
            self._shapes[shape] += 1
            self.seen.add(path)
            answer = self.client.get(path, headers={"host": self.host})
            assert answer.status_code < 500, path
            if answer.status_code in (301, 302, 303):
                waiting += self._ours(path, [answer.headers["Location"]])
            kind = answer.headers.get("Content-Type", "")
            if answer.status_code != 200 or not kind.startswith("text/html"):
                continue
            source = answer.content.decode()
            page = Page(path, source)
            waiting += self._ours(path, page.links)
            yield page, source

    def _ours(self, path: str, links: Iterable[str]) -> Iterator[str]:
        for link in links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or "{" in link:
                continue
            there = parts.path or path.partition("?")[0]
            if there.startswith("/") and not there.startswith(self.never):
                yield there + (f"?{parts.query}" if parts.query else "")
