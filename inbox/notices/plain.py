"""Words that somebody outside wrote, made harmless for a notice. Pure.

In a chat, an e-mail or a push they must mention nobody, link nowhere and look like nothing but words.
"""

from __future__ import annotations

import re
import unicodedata

LINK = "[link]"
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:)?//\S+", re.IGNORECASE)
# What a chat or a phone would make a link of: a name with a dot and letters behind it.
_DOMAIN = re.compile(r"\b(?:[\w-]+\.)+[a-z]{2,24}\b(?:/\S*)?", re.IGNORECASE)
_LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TURNED = {"@": "＠", "<": "‹", ">": "›", "`": "ˋ", "|": "¦"}
_BACK = str.maketrans({"＠": "@"})


def defanged(words: str) -> str:
    """Return somebody's words on one line, without links, mentions, markup or hidden characters."""
    words = _LINKED.sub(r"\1 " + LINK, words)
    words = "".join(
        " " if character.isspace() else character
        for character in words
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    words = _SCHEME.sub(LINK, words)
    words = _DOMAIN.sub(_unless_a_time, words)
    return " ".join("".join(_TURNED.get(character, character) for character in words).split())


def shown(words: str) -> str:
    """Return defanged words for a page of ours, where signs do nothing: @ as it is typed."""
    return words.translate(_BACK)


def shortened(words: str, most: int) -> str:
    """Return words cut to at most `most` characters, at a blank where there is one near."""
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > most // 2 else cut).rstrip(" ,.;:") + "…"


def _unless_a_time(found: re.Match[str]) -> str:
    """Two words that lack the blank between them ("today.Please") are no link where nothing follows."""
    whole = found.group()
    if "/" in whole:
        return LINK
    last = whole.rpartition(".")[2]
    return whole.replace(".", ". ") if last[:1].isupper() and last[1:].islower() else LINK
