"""Pages of what several endpoints were told: the newest of each, and of these the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request

from config.api import Page

# Of more endpoints than this the newest are not looked for one by one.
_ONE_BY_ONE = 50


class NewestOfEach(Page):
    """Reads no more of an endpoint than a page, where the index of each gives its newest first.

    The view names the endpoints by `endpoint_ids`.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return a page. Raises Unusable naming `cursor` or `limit`."""
        ids: Sequence[UUID] = view.endpoint_ids
        if len(ids) == 1:
            queryset = queryset.filter(endpoint=ids[0])
        elif len(ids) <= _ONE_BY_ONE:
            queryset = self._newest(queryset, ids, request, view)
        else:
            queryset = queryset.filter(endpoint__in=ids)
        found: list[Any] | None = super().paginate_queryset(queryset, request, view)
        return found

    def _newest(
        self, rows: QuerySet[Any], ids: Sequence[UUID], request: Request, view: Any
    ) -> QuerySet[Any]:
        if not ids:
            return rows.none()
        at, most = self.decode_cursor(request), self.get_page_size(request) + 1
        order = self.get_ordering(request, rows, view)
        if at is not None:
            most += at.offset
            if at.reverse:
                order = tuple(name[1:] for name in order)
            if at.position is not None:
                side = "gt" if at.reverse else "lt"
                rows = rows.filter(**{f"created_at__{side}": at.position})
        plain = rows.select_related(None)
        first, *others = (
            plain.filter(endpoint=pk).order_by(*order).values("pk")[:most] for pk in ids
        )
        return rows.filter(pk__in=first.union(*others, all=True))
