"""Makes the pair of keys that web push needs, as lines for .env."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config import vapid


class Command(BaseCommand):
    """Prints a new pair; nothing is stored. A new pair makes every browser subscribe again."""

    help = "Print a new pair of keys for web push, as lines for .env."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the pair."""
        private, public = vapid.made()
        self.stdout.write(f"VAPID_PRIVATE_KEY={private}\nVAPID_PUBLIC_KEY={public}")
