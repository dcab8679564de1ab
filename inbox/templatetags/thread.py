"""Parts of a thread for templates, as inbox/thread/drawing.py draws them."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from inbox.proof import Proof
from inbox.thread import drawing
from inbox.timeline import Entry

register = template.Library()


@register.simple_tag
def entries(entries: Iterable[Entry], contact_id: int) -> SafeString:
    """Return a timeline's entries, in order."""
    return drawing.entries_html(entries, contact_id)


@register.simple_tag
def proof(proof: Proof, contact_id: int | str | None = None) -> SafeString:
    """Return the gate's answer about one text; contact_id where its ledger row may be linked."""
    return drawing.proof_html(proof, contact_id)
