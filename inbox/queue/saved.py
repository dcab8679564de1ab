"""Saved views: a selection under a name, one's own or everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from inbox.models import SavedView
from inbox.queue.folders import Selection, from_filters, to_filters, to_query

MOST = 30


class ViewError(ValueError):
    """A view that cannot be saved; `field` names what is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field, self.sentence = field, sentence


def save(name: str, selection: Selection, *, user_id: int, shared: bool, at: datetime) -> SavedView:
    """Save a selection under a name; one of that name is replaced. `at` is aware. Raises ViewError.

    shared: everybody's, which is for whoever governs to choose (the page asks).
    """
    name = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(name) <= 60:
        raise ViewError("name", "give it a name of at most 60 letters")
    owner = None if shared else user_id
    views = SavedView.objects.filter(owner=owner)
    try:
        with transaction.atomic():
            if not views.filter(name=name).exists() and views.count() >= MOST:
                raise ViewError("name", f"there are {MOST} already; delete one first")
            return SavedView.objects.update_or_create(
                name=name,
                owner=owner,
                defaults={"filters": to_filters(selection)},
                create_defaults={"filters": to_filters(selection), "created_at": at},
            )[0]
    except IntegrityError:
        raise ViewError("name", "somebody has just saved one of this name") from None


def delete(view_id: int, *, user_id: int, governs: bool) -> bool:
    """Delete a view: one's own, or everybody's by whoever governs; False when there is none such."""
    whose = Q(owner=user_id) | Q(owner=None) if governs else Q(owner=user_id)
    return bool(SavedView.objects.filter(whose, pk=view_id).delete()[0])


def views_of(user_id: int) -> list[SavedView]:
    """Return a member's own views and everybody's, in their order."""
    return list(SavedView.objects.filter(Q(owner=user_id) | Q(owner=None)))


def as_links(views: Sequence[SavedView]) -> list[tuple[SavedView, str]]:
    """Return views with the query of their address; one no folder fits any more is left out."""
    links = []
    for view in views:
        try:
            links.append((view, to_query(from_filters(view.filters, strict=False))))
        except ValueError:
            continue
    return links
