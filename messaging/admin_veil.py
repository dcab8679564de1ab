"""What support sees of people in a business's tables: masked, unless it has the right for more.

Everything somebody with the right saw stands in support's record and in the business's own audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ChangeList
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from config.admin_sites import SupportAdmin, has_right
from messaging import audit
from tenants import support_record
from tenants.models import User
from tenants.scope import current_business

_RIGHT = "see_numbers"
_MARK = "_is_veiled"
# Numbers of the business's own are no secret.
_OURS = frozenset(("our_number", "line"))


class VeiledAdmin(SupportAdmin):
    """A table in which people stand.

    words: fields with what people said or are called, shown as how long they are; in all others numbers
    are masked. about: related rows that are shown by their words, as in select_related; people: the
    words of those rows.
    """

    words: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    people: tuple[str, ...] = ("name", "raw_text", "last_line")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return what reads a page of the list: masked, for whoever has not the right."""
        plain: type[ChangeList] = super().get_changelist(request, **kwargs)
        if has_right(request, _RIGHT):
            return plain
        veil = self._veil

        class Veiled(plain):  # type: ignore[misc, valid-type]
            def get_results(self, request: HttpRequest) -> None:
                super().get_results(request)
                shown: Any = self
                shown.result_list = [veil(row) for row in shown.result_list]

        return Veiled

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return one row, masked for whoever has not the right."""
        found = super().get_object(request, object_id, from_field)
        return found if found is None or has_right(request, _RIGHT) else self._veil(found)

    def as_shown(self, request: HttpRequest, row: Any) -> Any:
        """Return a row of a file, masked for whoever has not the right."""
        return row if has_right(request, _RIGHT) else self._veil(row)

    def with_near(self, chosen: QuerySet[Any]) -> QuerySet[Any]:
        """Return rows with the people they are about: all are masked, one by one."""
        found: QuerySet[Any] = super().with_near(chosen)
        return found.select_related(*self.about) if self.about else found

    def note_taken(self, request: HttpRequest, rows: int) -> None:
        """Write down on both floors what was seen in full, and that it left the house."""
        super().note_taken(request, rows)
        self._recorded(request, rows=rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """Nobody changes what he does not see."""
        shown = tuple(super().get_readonly_fields(request, obj))
        return shown if has_right(request, _RIGHT) else (*shown, *self.words)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Who has not the right finds only what he knows whole: part by part a number would be told."""
        fields: Sequence[str] = super().get_search_fields(request)
        if has_right(request, _RIGHT):
            return fields
        return [f"={name.lstrip('=')}" for name in fields]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Return what is found; what is found whole is asked for as a whole, spaces and all."""
        whole = search_term.replace('"', "").strip()
        if whole and not has_right(request, _RIGHT):
            search_term = f'"{whole}"'
        found: tuple[Any, bool] = super().get_search_results(request, queryset, search_term)
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nor does an address ask about a field that no filter is for."""
        allowed = bool(super().lookup_allowed(lookup, value, request))
        if has_right(request, _RIGHT):
            return allowed
        filters = {each if isinstance(each, str) else each[0] for each in self.list_filter}
        return allowed and lookup.partition("__")[0] in filters

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        page: HttpResponse = super().changelist_view(request, extra_context)
        listed = getattr(page, "context_data", {}).get("cl")
        if listed is not None:
            self._recorded(request, rows=len(listed.result_list))
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """Show one row."""
        page: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        row = getattr(page, "context_data", {}).get("original")
        if row is not None:
            self._recorded(request, rows=1, row=str(row.pk))
        return page

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show who changed a row by hand; its title says who the row is about."""
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        row = getattr(page, "context_data", {}).get("object")
        if row is not None:
            self._recorded(request, rows=1, row=str(row.pk))
        return page

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Note a change with the id of its row: this log is shown to all of support, and outlives people."""
        entry: LogEntry = super().log_change(request, obj, message)
        entry.object_repr = f"{self.opts.verbose_name} {obj.pk}"
        entry.save(update_fields=["object_repr"])
        return entry

    def _recorded(self, request: HttpRequest, *, rows: int, row: str = "") -> None:
        """Write a full look down on both floors, in one transaction."""
        user = request.user
        if not rows or not has_right(request, _RIGHT) or not isinstance(user, User):
            return
        now, table = timezone.now(), f"{self.opts.app_label}.{self.opts.model_name}"
        subject = f"{table} {row}".strip()
        with transaction.atomic():
            support_record.note(
                user, "tables.full", at=now, business=current_business(), subject=subject, rows=rows
            )
            audit.note(
                "support.tables", actor=support_record.who(user), door="admin", at=now,
                subject=subject, detail={"rows": rows},
            )  # fmt: skip

    def _veil(self, row: Any) -> Any:
        for path in self.about:
            near: Any = row
            for name in path.split("__"):
                near = getattr(near, name, None)
                if near is None:
                    break
                _mask(near, self.people)
        return _mask(row, self.words)


def _mask(row: Any, words: Sequence[str]) -> Any:
    """Hide in a row that is only shown what it says of people; once."""
    if row.__dict__.get(_MARK):
        return row
    setattr(row, _MARK, True)
    masked = import_string(settings.SUPPORT_MASK)
    for field in row._meta.concrete_fields:
        name = field.attname
        if name not in row.__dict__ or name in _OURS or field.choices or field.primary_key:
            continue
        if name in words:
            setattr(row, name, masked({"text": str(getattr(row, name) or "")})["text"])
        elif isinstance(field, (models.CharField, models.TextField, models.JSONField)):
            setattr(row, name, masked(getattr(row, name)))
    return row
