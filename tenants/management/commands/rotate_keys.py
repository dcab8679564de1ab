"""`manage.py rotate_keys`: write every stored provider token with the newest encryption key."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from tenants.fields import cipher


class Command(BaseCommand):
    """All tokens or none. Afterwards the older keys may leave FIELD_ENCRYPTION_KEYS."""

    help = "Re-encrypt every stored provider token with the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-encrypt, and say how many. Raises CommandError naming an account nobody can read."""
        count = 0
        with transaction.atomic(), connection.cursor() as cursor:
            # Read as stored: the model's field would decrypt.
            cursor.execute(
                "SELECT id, provider, account_sid, auth_token, previous_auth_token "
                "FROM public.tenants_provideraccount ORDER BY id FOR UPDATE"
            )
            for pk, provider, account_sid, *stored in cursor.fetchall():
                try:
                    fresh = [
                        cipher().rotate(token.encode()).decode() if token else ""
                        for token in stored
                    ]
                except InvalidToken:
                    raise CommandError(
                        f"{provider} {account_sid}: its token was written with a key that is not "
                        "in FIELD_ENCRYPTION_KEYS. Nothing was changed."
                    ) from None
                cursor.execute(
                    "UPDATE public.tenants_provideraccount "
                    "SET auth_token = %s, previous_auth_token = %s WHERE id = %s",
                    [*fresh, pk],
                )
                count += sum(map(bool, fresh))
        self.stdout.write(f"{count} tokens written with the newest key")
