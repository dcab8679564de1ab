"""The playbooks of docs/support/, read for the admin. A little of Markdown: what they are written in.

Headings, paragraphs, lists, quotes, **strong**, *stressed*, `code` and [links](/admin/…). Our own files, yet
everything is escaped on its way to the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

FOLDER = "docs/support"
_INLINE = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*]+)\*|`(?P<code>[^`]+)`|\[(?P<label>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
_ITEM = re.compile(r"(?:(?P<bullet>- )|(?P<number>[0-9]+\. ))(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Book:
    """One playbook: its name in the address, its title, what the customer sees, and its page."""

    name: str
    title: str
    symptom: str
    text: str

    @property
    def html(self) -> SafeString:
        """The page, without its title."""
        return rendered(self.text.partition("\n")[2])


def books() -> list[Book]:
    """Return every playbook in the order of the shelf."""
    return [_read(path) for path in sorted(_folder().glob("[0-9]*.md"))]


def book(name: str) -> Book | None:
    """Return a playbook by its name, None for one there is not."""
    return next((found for found in books() if found.name == name), None)


def rendered(text: str) -> SafeString:
    """Return Markdown as HTML."""
    made: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        made.append(_block([line.rstrip() for line in block.splitlines()]))
    return mark_safe("\n".join(made))


def _folder() -> Path:
    return Path(settings.BASE_DIR) / FOLDER


def _read(path: Path) -> Book:
    text = path.read_text()
    title = text.partition("\n")[0].removeprefix("# ").strip()
    symptom = re.search(r"## Symptom\s+(.+?)(?:\n\n|\Z)", text, re.DOTALL)
    said = " ".join(symptom[1].split()) if symptom else ""
    return Book(path.stem.partition("-")[2], title, said, text)


def _block(lines: list[str]) -> str:
    if lines[0].startswith("#"):
        level = min(4, len(lines[0]) - len(lines[0].lstrip("#")))
        head = f"<h{level}>{_words(lines[0].lstrip('# '))}</h{level}>"
        return head + (_block(lines[1:]) if lines[1:] else "")
    if lines[0].startswith(">"):
        return f"<blockquote><p>{_words(' '.join(line.lstrip('> ') for line in lines))}</p></blockquote>"
    if _ITEM.match(lines[0]):
        return _list(lines)
    return f"<p>{_words(' '.join(line.strip() for line in lines))}</p>"


def _list(lines: list[str]) -> str:
    first = _ITEM.match(lines[0])
    tag = "ul" if first and first["bullet"] else "ol"
    items: list[str] = []
    for line in lines:
        item = _ITEM.match(line)
        if item:
            items.append(item["text"])
        else:
            items[-1] += f" {line.strip()}"
    return f"<{tag}>{''.join(f'<li>{_words(item)}</li>' for item in items)}</{tag}>"


def _words(said: str) -> str:
    made: list[str] = []
    at = 0
    for found in _INLINE.finditer(said):
        made.append(escape(said[at : found.start()]))
        at = found.end()
        if found["strong"]:
            made.append(f"<strong>{escape(found['strong'])}</strong>")
        elif found["em"]:
            made.append(f"<em>{escape(found['em'])}</em>")
        elif found["code"]:
            made.append(f"<code>{escape(found['code'])}</code>")
        else:
            made.append(f'<a href="{escape(found["url"])}">{escape(found["label"])}</a>')
    made.append(escape(said[at:]))
    return "".join(made)
