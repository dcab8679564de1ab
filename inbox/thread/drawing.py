"""A thread's entries as HTML. Texts and lines are drawn by hand: a page holds sixty, and a template costs ten
times as much each; calls, receipts, notes and pictures are few, and have templates.

The same for whoever looks: thread.js shows each member what he may do. Each entry carries a key, so
that a refresh touches only what changed. Whatever people wrote goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from inbox.proof import Proof
from inbox.said import said
from inbox.templatetags.icons import lucide
from inbox.templatetags.ringback import by_itself, clock_time, day_label, exact_time
from inbox.timeline import Entry

_ALOUD = 160  # characters of a text that are said aloud when it comes in
_TICKS = {
    "delivered": "check-check", "sent": "check", "held": "moon", "failed": "circle-alert",
    "undelivered": "circle-alert", "cancelled": "ban",
}  # fmt: skip
# Beside the author of what nobody of the business wrote by hand.
_MARKS = {"assistant": "bot"}


def entries_html(entries: Iterable[Entry], contact_id: int) -> SafeString:
    """Return entries in the language and the time zone that are on; contact_id: whose ledger they name."""
    return mark_safe("".join(_entry(entry, contact_id) for entry in entries))


def _entry(entry: Entry, contact_id: int) -> str:
    kind, key = entry.kind, escape(entry.id)
    if kind == "text":
        return _text(entry, contact_id)
    if kind == "activity":
        return (
            f'<li class="done-line" data-key="{key}"><p>{_icon(entry.icon)}'
            f"<span>{_said(entry.sentence)}</span> {_time(entry.at)}</p></li>\n"
        )
    if kind == "day":
        day = timezone.localtime(entry.at)
        return (
            f'<li class="day-mark" data-key="day-{day:%Y-%m-%d}">'
            f"<span>{escape(day_label(entry.at))}</span></li>\n"
        )
    context = {"entry": entry, "contact_id": contact_id}
    if kind == "call":
        inner = render_to_string("components/call.html", context)
        return f'<li data-key="call-{key}" data-says="{_said(entry.headline)}">{inner}</li>\n'
    if kind == "note":
        aloud = escape(_("Note by %(author)s") % {"author": entry.author})
        inner = render_to_string("inbox/thread/_note.html", context)
        return f'<li data-key="note-{key}" data-says="{aloud}">{inner}</li>\n'
    if kind == "decision":
        inner = render_to_string("components/receipt.html", context | {"pins": True})
        return f'<li data-key="decision-{key}">{inner}</li>\n'
    return _event(entry, contact_id)


def _event(entry: Entry, contact_id: int) -> str:
    said_words = _said(entry.sentence)
    number = f" ({escape(entry.number)})" if entry.number else ""
    body = shown = ""
    if entry.body and entry.refused:
        label = _words(get_language() or "en")["refused"]
        shown = (
            f'<blockquote class="why__body event-line__words"><span class="visually-hidden">{label} '
            f"</span>{escape(entry.body)}</blockquote>"
        )
    elif entry.body:
        body = f'<blockquote class="why__body">{escape(entry.body)}</blockquote>'
    why = _why(entry.proof, contact_id, body, " why--event") if entry.proof else ""
    return (
        f'<li class="event-line" data-key="event-{escape(entry.id)}" data-says="{said_words}">'
        f"<div><span>{said_words}{number}</span> {_time(entry.at)}</div>{shown}{why}</li>\n"
    )


def _text(entry: Entry, contact_id: int) -> str:
    """One text: who wrote it, what, when, and how far it got."""
    words = _words(get_language() or "en")
    auto, out = by_itself(entry), entry.direction == "out"
    look = f"bubble bubble--{escape(entry.direction)}"
    if out:
        look += " bubble--auto" if auto else ""
        if entry.error_sentence:
            look += " bubble--failed"
        elif entry.status in ("held", "queued"):
            look += " bubble--waiting"
    aloud = entry.body if len(entry.body) <= _ALOUD else Truncator(entry.body).chars(_ALOUD)
    picture = words["picture"] if entry.files and not entry.body else ""
    number = f'<span class="bubble__number">{escape(entry.number)}</span> ' if entry.number else ""
    return (
        f'<li data-key="text-{escape(entry.id)}" data-at="{escape(entry.place)}" '
        f'data-way="{escape(entry.direction)}" '
        f'data-says="{escape(entry.author)}: {picture}{escape(aloud)}">'
        f'<article class="{look}">{_files(entry)}'
        f"{_paragraph('bubble__body', escape(entry.body))}"
        f'<p class="bubble__meta"><span class="bubble__author">{_icon(_MARKS.get(entry.author_kind, "zap"), 12) if auto else ""}'
        f"{escape(entry.author)}</span> {number}{_time(entry.at)}"
        f"{_tick(entry) if out else ''}{_segments(entry.segments)}</p>"
        f"{_undo(entry, words)}{_waits(entry)}{_error(entry)}"
        f"{_why(entry.proof, contact_id) if entry.proof else ''}</article></li>\n"
    )


def _paragraph(look: str, inner: str) -> str:
    return f'<p class="{look}">{inner}</p>' if inner else ""


def _files(entry: Entry) -> str:
    if not entry.files:
        return ""
    context = {"files": entry.files, "direction": entry.direction, "author": entry.author}
    return render_to_string("inbox/thread/_attachments.html", context)


def _tick(entry: Entry) -> str:
    """How far a text of ours got: a mark and its words."""
    mark = _icon(_TICKS.get(entry.status, "clock"))
    status = _said(entry.status_words) or escape(entry.status)
    return f' <span class="tick tick--{escape(entry.status)}">{mark}{status}</span>'


def _segments(count: int) -> str:
    if count < 2:
        return ""
    words = ngettext("%(n)s segment", "%(n)s segments", count) % {"n": count}
    return f" <span>{escape(words)}</span>"


def _undo(entry: Entry, words: dict[str, str]) -> str:
    if not entry.undoable:
        return ""
    until = f' data-undo-until="{_iso(entry.undo_until)}"' if entry.undo_until else ""
    return (
        f'<p class="bubble__undo"{until}><button class="button" type="button" '
        f'data-undo="{reverse("inbox:text-undo", args=[entry.id])}">{_icon("undo-2", 16)}'
        f'{words["undo"]} <span class="number" data-undo-left></span></button></p>'
    )


def _waits(entry: Entry) -> str:
    waits = f"{_icon('moon')}<span>{_said(entry.waits)}</span>" if entry.waits else ""
    return _paragraph("bubble__waits", waits)


def _error(entry: Entry) -> str:
    if not entry.error_sentence:
        return ""
    fix = f" <span>{_said(entry.error_fix)}</span>" if entry.error_fix else ""
    code = f" <code>{escape(entry.error_code)}</code>" if entry.error_code else ""
    return _paragraph("bubble__error", f"<strong>{_said(entry.error_sentence)}</strong>{fix}{code}")


def _why(proof: Proof, contact_id: int, before: str = "", more: str = "") -> str:
    return (
        f'<details class="why{more}"><summary class="why__line">{_said(proof.heading)}'
        f'<span class="why__chevron">{_icon("chevron-down")}</span></summary>'
        f"{before}{proof_html(proof, contact_id)}</details>"
    )


def proof_html(proof: Proof, contact_id: int | str | None) -> SafeString:
    """Return the gate's answer: sentence, rules, consent, places, clocks, versions.

    contact_id: whose ledger the row that was relied on stands in; None where it is not to be linked.
    """
    words = _words(get_language() or "en")
    facts = []
    if proof.rules:
        facts.append(("rules", " ".join(f"<code>{escape(rule)}</code>" for rule in proof.rules)))
    facts += [
        ("consent", _said(proof.consent) + _ledger_row(proof, contact_id)),
        ("places", _said(proof.places)),
    ]
    if proof.clocks:
        told = (
            f'<span class="number">{escape(shown)}</span> {_said(zones)}'
            for zones, shown in proof.clocks
        )
        facts.append(("clocks", "<br>".join(told)))
    if at := proof.decided_at:
        when = f'<time datetime="{_iso(at)}">{escape(exact_time(at))}</time>'
        facts.append(("checked", when))
    if proof.ruleset:
        facts.append(("ruleset", f"<code>{escape(proof.ruleset)}</code>"))
    facts.append(("policy", _said(proof.policy)))
    rows = "".join(f"<div><dt>{words[name]}</dt><dd>{value}</dd></div>" for name, value in facts)
    return mark_safe(
        f'<div class="proof"><p class="proof__sentence">{_said(proof.sentence)} '
        f'<code>{escape(proof.code)}</code></p><dl class="proof__facts">{rows}</dl></div>'
    )


def _ledger_row(proof: Proof, contact_id: int | str | None) -> str:
    if not proof.seq or not contact_id:
        return ""
    row = escape(_("ledger row %(n)s") % {"n": proof.seq})
    page = reverse("inbox:contact", args=[contact_id])
    return f', <a class="link" href="{page}#row-{proof.seq}">{row}</a>'


@lru_cache(maxsize=16)
def _words(language: str) -> dict[str, str]:
    """Return the words that stand in many entries, escaped. language: that which is on."""
    return {
        "picture": escape(_("Picture")),
        "undo": escape(_("Undo")),
        "refused": escape(_("What was not sent:")),
        "rules": escape(_("Rules")),
        "consent": escape(_("Consent")),
        "places": escape(_("Where they may be")),
        "clocks": escape(_("Time there")),
        "checked": escape(_("Checked")),
        "ruleset": escape(_("Rulebook")),
        "policy": escape(_("Your policy")),
    }


def _icon(name: str, size: int = 14) -> str:
    return lucide(name, size=size, aria_hidden="true")


def _said(sentence: str) -> str:
    return escape(said(sentence))


def _iso(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat()


def _time(at: datetime) -> str:
    local = timezone.localtime(at)
    return (
        f'<time datetime="{local.isoformat()}" title="{escape(exact_time(local))}">'
        f"{escape(clock_time(local))}</time>"
    )
