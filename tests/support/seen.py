"""What a page says: every text and every word in its attributes, in the pieces a reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

# What does not end a sentence. Everything else does.
_INLINE = {
    "a", "abbr", "b", "bdi", "cite", "em", "i", "kbd", "mark", "q", "small", "span", "strong", "time", "wbr",
}  # fmt: skip
# What machines read, or what is another language on purpose.
_QUIET = {"script", "style", "code", "pre", "svg"}
_NO_WORDS = ("/", "{", "[", "http")
# Attributes that are read out or shown; those of our own (data-...) where they hold more than a word.
_SAID = {"aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "alt", "label", "placeholder", "title"}  # fmt: skip


class Seen(HTMLParser):
    """A page's pieces: `blocks` are sentences, `nodes` single texts, each with where it stood."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.nodes: list[str] = []
        self.language = ""
        self._quiet: list[str] = []
        self._text = ""
        self.feed(html)
        self.close()
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the attributes say, and where a sentence ends."""
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        for name, value in given.items():
            is_ours = name.startswith("data-") and " " in value and not value.startswith(_NO_WORDS)
            is_button = (
                name == "value"
                and tag == "input"
                and given.get("type") in ("submit", "button", "reset")
            )
            if (name in _SAID or is_ours or is_button) and not self._quiet:
                self._say(value)
        if tag not in _INLINE:
            self._flush()
        # Letters of a name are no words: "OF" is Omar Flores.
        if tag in _QUIET or "avatar" in given.get("class", "").split():
            self._quiet.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note where a sentence ends."""
        if self._quiet and self._quiet[-1] == tag:
            self._quiet.pop()
        if tag not in _INLINE:
            self._flush()

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._quiet:
            return
        self._text += data
        if words := " ".join(data.split()):
            self.nodes.append(words)

    def _flush(self) -> None:
        if words := " ".join(self._text.split()):
            self.blocks.append(words)
        self._text = ""

    def _say(self, value: str) -> None:
        words = " ".join(value.split())
        if any(letter.isalpha() for letter in words):
            self.blocks.append(words)
            self.nodes.append(words)


def pieces(html: str) -> Iterator[str]:
    """Yield everything a page says, texts and sentences, each once."""
    seen = Seen(html)
    yield from dict.fromkeys([*seen.blocks, *seen.nodes])
