"""Who the business knows: marks on people, and lists of people brought in."""

from __future__ import annotations

from tenants import agenda


def forget_preview(item: agenda.Item) -> None:
    """Agenda: a list nobody took over within a day is forgotten."""
