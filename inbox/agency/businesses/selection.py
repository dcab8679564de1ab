"""Which businesses a list shows and in what order, as its address says it. Pure.

What an address says wrongly is left out: an old link still opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

SHOWS = ("all", "trouble", "live", "draft", "suspended", "leaving")
# What a list may be ordered by, and whether its first click shows the largest first.
SORTS = {
    "trouble": True, "name": False, "calls": True, "missed": True, "texts": True, "rate": False,
    "speed": True, "waiting": True, "spend": True, "margin": True,
}  # fmt: skip
LONGEST = 80
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """words: of a name, a number or the agency's own id; sort: of SORTS; down: largest first."""

    show: str = "all"
    words: str = ""
    sort: str = "trouble"
    down: bool = True
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether it shows less than there is."""
        return self.show != "all" or bool(self.words)

    @property
    def said_order(self) -> str:
        """The order as an address says it, '' for the list's own: trouble first."""
        if (self.sort, self.down) == ("trouble", True):
            return ""
        return self.sort if self.down == SORTS[self.sort] else f"-{self.sort}"

    @property
    def digits(self) -> str:
        """The digits looked for, '' where the words are no number: 312-555 0100 is found as it is dialled."""
        rest = self.words.translate(str.maketrans("", "", " ()-.+"))
        return rest if len(rest) >= 3 and rest.isascii() and rest.isdigit() else ""


def from_query(query: Mapping[str, str]) -> Selection:
    """Return what an address asks for."""
    show, sort = query.get("show", "all"), query.get("sort", "trouble")
    sort, turned = sort.removeprefix("-"), sort.startswith("-")
    if sort not in SORTS:
        sort, turned = "trouble", False
    page = query.get("page", "1")
    return Selection(
        show=show if show in SHOWS else "all",
        words=" ".join(query.get("q", "").split())[:LONGEST],
        sort=sort,
        down=SORTS[sort] != turned,
        page=min(MOST_PAGES, max(1, int(page)))
        if page.isascii() and page.isdigit() and len(page) < 9
        else 1,
    )


def to_query(selection: Selection) -> str:
    """Return the query of an address, '' of the whole list in its own order."""
    parts: list[tuple[str, str]] = []
    if selection.show != "all":
        parts.append(("show", selection.show))
    if selection.words:
        parts.append(("q", selection.words))
    if selection.said_order:
        parts.append(("sort", selection.said_order))
    if selection.page > 1:
        parts.append(("page", str(selection.page)))
    return urlencode(parts)


def sorted_by(selection: Selection, sort: str) -> Selection:
    """Return the same from its first page, by another column; by its own, the other way round."""
    down = not selection.down if sort == selection.sort else SORTS[sort]
    return replace(selection, sort=sort, down=down, page=1)
