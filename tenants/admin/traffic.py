"""What arrived from providers, and what waits on the agenda."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from config.admin_sites import ReadOnlyAdmin, has_right, support_site
from tenants import support, support_record
from tenants.events import process_again
from tenants.models import AgendaItem, AgendaState, EventState, ProviderEvent, User

LATE = timedelta(seconds=30)


def as_json(value: Any) -> SafeString:
    """Return a value as indented JSON fit to read on a page."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return format_html(
        '<pre class="font-mono text-xs whitespace-pre-wrap break-all">{}</pre>', text
    )


def masked(value: Any) -> Any:
    """Return a stored value with people's numbers and words hidden: a room above knows how."""
    return import_string(settings.SUPPORT_MASK)(value)


@admin.register(ProviderEvent, site=support_site)
class ProviderEventAdmin(ReadOnlyAdmin):
    """Webhooks as they arrived."""

    list_display = ("received_at", "kind", "subject", "business", "state_shown", "note_short")
    list_filter = ("state", "kind", "provider")
    list_select_related = ("business",)
    search_fields = ("=subject",)
    search_help_text = "The provider's id of a call or message, such as CA… or SM…"
    ordering = ("-received_at",)
    date_hierarchy = None
    fields = (
        "kind",
        "provider",
        "account",
        "business",
        "subject",
        "state",
        "note",
        "received_at",
        "processed_at",
        "params_shown",
    )
    readonly_fields = ("params_shown", "params_full")
    actions = ("again",)
    actions_detail = ("this_again",)

    @display(
        description="State",
        label={
            EventState.STORED: "info",
            EventState.PROCESSED: "success",
            EventState.UNROUTABLE: "warning",
            EventState.REFUSED: "warning",
            EventState.FAILED: "danger",
        },
    )
    def state_shown(self, event: ProviderEvent) -> tuple[str, str]:
        """Show the state in its colour."""
        return event.state, EventState(event.state).label

    @display(description="Note")
    def note_short(self, event: ProviderEvent) -> str:
        """Show how the note begins."""
        return str(masked(event.note))[:80]

    @display(description="What it said")
    def params_shown(self, event: ProviderEvent) -> SafeString:
        """Show every field of the webhook, people's numbers and words hidden."""
        return as_json(masked(event.params))

    @display(description="What it said, in full")
    def params_full(self, event: ProviderEvent) -> SafeString:
        """Show every field of the webhook as it came."""
        return as_json(event.params)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show what it said in full to who has the right."""
        last = "params_full" if has_right(request, "see_numbers") else "params_shown"
        return [*self.fields[:-1], last]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **options: Any
    ) -> HttpResponse:
        """Show one webhook; in full to who has the right, which is recorded."""
        if has_right(request, "see_numbers") and object_id.isdecimal():
            assert isinstance(request.user, User)
            support_record.note(
                request.user, "webhook.full", at=timezone.now(), subject=object_id[:20]
            )
        return super().change_view(request, object_id, *args, **options)

    def has_replay_permission(self, request: HttpRequest, *_: object) -> bool:
        """Whether this person may process webhooks again."""
        return has_right(request, "replay_webhooks")

    def _again(self, request: HttpRequest, event: ProviderEvent) -> bool:
        try:
            process_again(event)
        except ValueError as error:
            self.message_user(request, f"{event}: {error}", messages.ERROR)
            return False
        self.log_change(request, event, "Put on the agenda again.")
        return True

    @action(description="Process again", permissions=["replay"])
    def again(self, request: HttpRequest, events: QuerySet[ProviderEvent]) -> None:
        """Put the chosen webhooks on the agenda once more."""
        count = sum([self._again(request, event) for event in events])
        if count:
            self.message_user(request, f"{count} on the agenda again.", messages.SUCCESS)

    @action(
        description="Process again",
        icon="replay",
        permissions=["replay"],
        dialog={
            "title": "Process this webhook again?",
            "form_class": None,
            "form_submit_text": "Process again",
            "description": "What it already did is not done twice: no text is sent a second time.",
        },
    )
    def this_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Put this webhook on the agenda once more."""
        if not self.has_replay_permission(request):
            raise PermissionDenied
        if self._again(request, ProviderEvent.objects.get(pk=object_id)):
            self.message_user(request, "On the agenda again.", messages.SUCCESS)
        return self.back_to(object_id)


class WhenFilter(admin.SimpleListFilter):
    """How a row stands: due, late, waiting for its time, held by a worker, or dead."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("due", "Due"),
            ("late", f"Late: due for over {LATE.seconds} s"),
            ("waiting", "Waiting for its time"),
            ("held", "Held by a worker"),
            ("dead", "Dead"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AgendaItem]
    ) -> QuerySet[AgendaItem]:
        """Return the rows that stand so."""
        now = timezone.now()
        waiting = queryset.filter(state=AgendaState.WAITING)
        chosen = {
            "due": waiting.filter(due_at__lte=now),
            "late": waiting.filter(due_at__lte=now - LATE),
            "waiting": waiting.filter(due_at__gt=now, claimed_by=""),
            "held": waiting.filter(due_at__gt=now).exclude(claimed_by=""),
            "dead": queryset.filter(state=AgendaState.DEAD),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(AgendaItem, site=support_site)
class AgendaItemAdmin(ReadOnlyAdmin):
    """What waits. A finished row is gone; a dead one waits for a person."""

    list_display = (
        "due_at",
        "standing",
        "kind",
        "subject",
        "business",
        "lane",
        "attempts",
        "error",
    )
    list_filter = (WhenFilter, "lane", "kind", ("business", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("business",)
    search_fields = ("=subject", "=unique_key")
    search_help_text = "Number of a stored webhook, or id of a message"
    ordering = ("due_at",)
    fields = (
        "kind",
        "subject",
        "business",
        "lane",
        "state",
        "due_at",
        "expires_at",
        "attempts",
        "claimed_by",
        "error_shown",
        "unique_key",
        "created_at",
    )
    readonly_fields = ("error_shown",)
    actions = ("ask_again",)

    @display(
        description="Standing",
        label={"dead": "danger", "late": "danger", "due": "warning", "held": "info", "waiting": ""},
    )
    def standing(self, item: AgendaItem) -> tuple[str, str]:
        """Say how the row stands now."""
        now = timezone.now()
        if item.state == AgendaState.DEAD:
            return "dead", "Dead"
        if item.due_at > now:
            return ("held", "Held by a worker") if item.claimed_by else ("waiting", "Waiting")
        return ("late", "Late") if now - item.due_at > LATE else ("due", "Due")

    @display(description="Last error")
    def error(self, item: AgendaItem) -> str:
        """Show how the last error begins."""
        return str(masked(item.last_error))[:80]

    @display(description="Last error, in full")
    def error_shown(self, item: AgendaItem) -> str:
        """Show the whole last error."""
        return str(masked(item.last_error))

    def has_settle_permission(self, request: HttpRequest, *_: object) -> bool:
        """Whether this person may ask work again."""
        return has_right(request, "settle_agenda")

    @action(description="Ask again now", permissions=["settle"])
    def ask_again(self, request: HttpRequest, items: QuerySet[AgendaItem]) -> None:
        """Make the chosen rows due now."""
        chosen = list(items)
        asked = support.ask_again([item.pk for item in chosen])
        for item in chosen:
            if item.pk in asked:
                self.log_change(request, item, "Asked again.")
        held = len(chosen) - len(asked)
        left = f" {held} left to the worker that holds them." if held else ""
        self.message_user(request, f"{len(asked)} due now.{left}", messages.SUCCESS)
