"""A row of the list as HTML, drawn by hand: a page holds fifty, and a template costs ten times as much each.

The same for whoever looks: what is open or ticked is the screen's (queue.js). The data-attributes say
which folder a row stands in, and where. Whatever people typed goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inbox.queue.reading import Row, rows_of
from inbox.templatetags.icons import lucide
from inbox.templatetags.queue import (
    line_words,
    micros,
    reason_icon,
    reason_label,
    reason_tone,
    tag_words,
    waited,
)
from inbox.templatetags.ringback import exact_time, initials, moment_words, short_time

_TAGS = 3  # shown; of the others their number
_WAYS = {"miss": "phone-missed", "call": "phone", "out": "corner-up-left"}


def row_html(row: Row) -> SafeString:
    """Return a row in the language and the time zone that are on."""
    words = _words(get_language() or "en")
    unread = " data-unread" if row.unread else ""
    here = ' aria-current="page"' if row.selected else ""
    title, url = escape(row.title), escape(row.url)
    return mark_safe(
        f'<li class="queue-item" data-key="c{row.id}" data-id="{row.id}" '
        f'data-state="{escape(row.state)}" data-at="{micros(row.last_at)}" '
        f'data-waiting="{micros(row.actionable_at)}" data-until="{micros(row.snoozed_until)}" '
        f'data-assignee="{row.assignee or ""}" data-team="{row.team or ""}" '
        f'data-tags="{escape(tag_words(row))}"{unread}>'
        f'<label class="queue-row__pick"><input type="checkbox" name="id" value="{row.id}" '
        f'form="bulk" data-key-act="select"><span class="visually-hidden">'
        f'{escape(row.select_words)}</span><span class="avatar" aria-hidden="true">'
        f"{escape(row.letters) if row.letters else _icon('user-round', 18)}</span></label>"
        f'<a class="queue-row queue-row--{escape(row.last_direction)}" href="{url}" '
        f'hx-get="{url}" hx-target="#thread" hx-select="#thread" hx-swap="outerHTML" '
        f'hx-push-url="true" hx-sync="closest .inbox:replace"'
        f"{here}{unread}>"
        f'<span class="queue-row__top"><span class="queue-row__title">{title}</span> '
        f"{_moment(row, words)}</span>"
        f'<span class="queue-row__bottom">{_way(row, words)}'
        f'<span class="queue-row__line">{escape(line_words(row))}</span>'
        f"{_dot(words) if row.unread else ''}</span>{_marks(row, words)}</a></li>\n"
    )


def drawn(rows: Iterable[Row]) -> SafeString:
    """Return rows, one after the other."""
    return mark_safe("".join(map(row_html, rows)))


def rows_html(ids: Iterable[int], language: str, zone: ZoneInfo | str) -> str:
    """Return rows as screens of one language and zone show them, whoever looks; '' for none.

    What a screen asked for and does not get (hidden, unknown) is gone from its list.
    """
    with translation.override(language), timezone.override(zone):
        return drawn(rows_of(ids))


@lru_cache(maxsize=16)
def _words(language: str) -> dict[str, str]:
    """Return the words that stand in every row, escaped. language: that which is on."""
    return {
        "until": escape(_("Snoozed until")),
        "waits": escape(_("Waits")),
        "wrote": escape(_("We wrote:")),
        "unread": escape(_("Unread")),
        "out": escape(_("Opted out")),
        "team": escape(_("Team")),
    }


def _hidden(words: str) -> str:
    return f'<span class="visually-hidden">{words}</span>'


@lru_cache(maxsize=64)
def _icon(name: str, size: int, *, silent: bool = False) -> str:
    return str(lucide(name, size=size, aria_hidden="true") if silent else lucide(name, size=size))


def _moment(row: Row, words: dict[str, str]) -> str:
    if row.snoozed_until:
        until = row.snoozed_until
        return (
            f'<time class="queue-row__at" datetime="{_iso(until)}" title="{escape(exact_time(until))}">'
            f"{_icon('alarm-clock', 12, silent=True)}{_hidden(words['until'] + ' ')}"
            f"{escape(moment_words(until))}</time>"
        )
    if row.actionable_at:
        at = row.actionable_at
        return (
            f'<time class="queue-row__at queue-row__at--waits" datetime="{_iso(at)}" '
            f'title="{escape(row.waits_words)}">{_hidden(words["waits"] + " ")}'
            f'<span data-since="{micros(at)}">{escape(waited(at))}</span></time>'
        )
    at = row.last_at
    return (
        f'<time class="queue-row__at" datetime="{_iso(at)}" title="{escape(exact_time(at))}">'
        f"{escape(short_time(at))}</time>"
    )


def _iso(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat()


def _way(row: Row, words: dict[str, str]) -> str:
    name = _WAYS.get(row.last_direction)
    if name is None:
        return ""
    said = _hidden(words["wrote"]) if row.last_direction == "out" else ""
    return _icon(name, 14, silent=True) + said


def _dot(words: dict[str, str]) -> str:
    return f' <span class="queue-row__dot"></span>{_hidden(words["unread"])}'


def _marks(row: Row, words: dict[str, str]) -> str:
    marks = [
        f'<span class="badge badge--{reason_tone(kind)}">'
        f"{_icon(reason_icon(kind), 12, silent=True)}{escape(reason_label(row, kind))}</span>"
        for kind, _since in row.reasons
    ]
    if row.opted_out:
        marks.append(f'<span class="badge">{words["out"]}</span>')
    marks += [
        f'<span class="tag tag--{escape(colour)}">{escape(name)}</span>'
        for name, colour in row.tags[:_TAGS]
    ]
    if len(row.tags) > _TAGS:
        marks.append(f'<span class="tag">+{len(row.tags) - _TAGS}</span>')
    if row.team_name:
        marks.append(
            f'<span class="queue-row__team">{_icon("users", 12, silent=True)}'
            f"{_hidden(words['team'] + ' ')}{escape(row.team_name)}</span>"
        )
    if owner := row.owner_words:
        marks.append(
            f'<span class="queue-row__owner" title="{escape(owner)}">'
            f'<span class="avatar avatar--mini" aria-hidden="true">'
            f"{escape(initials(row.assignee_name))}</span>{_hidden(escape(owner))}</span>"
        )
    return f'<span class="queue-row__marks">{" ".join(marks)}</span>' if marks else ""
