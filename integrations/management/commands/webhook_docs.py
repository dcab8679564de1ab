"""Write the event catalogue into docs/webhooks.md."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from integrations.catalogue_page import put_into


class Command(BaseCommand):
    """Brings docs/webhooks.md up to date with integrations/catalogue.py."""

    help = "Write the event catalogue into docs/webhooks.md."

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the page."""
        page = settings.BASE_DIR / "docs" / "webhooks.md"
        page.write_text(put_into(page.read_text()))
