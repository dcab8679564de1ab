"""`manage.py rotate_keys`: write every stored secret with the newest encryption key."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from tenants.fields import cipher

# What is read for each row: its id, what to call it in an error, and the secrets as stored (the
# model's field would decrypt them). NO KEY: traffic that merely refers to a row goes on meanwhile.
_ACCOUNTS = """
    SELECT id, provider || ' ' || account_sid, auth_token, previous_auth_token
    FROM public.tenants_provideraccount ORDER BY id FOR NO KEY UPDATE
"""
_BUSINESSES = """
    SELECT id, schema_name, mark_key FROM public.tenants_business ORDER BY id FOR NO KEY UPDATE
"""

_SOURCES = """
    SELECT id, name, secret, previous_secret FROM public.tenants_callsource
    ORDER BY id FOR NO KEY UPDATE
"""

# A second factor keeps its secret inside a JSON column: an app's key, or the seed of the codes.
_FACTORS = """
    SELECT id, type || ' of user ' || user_id, data ->> '{name}' FROM public.mfa_authenticator
    WHERE jsonb_exists(data, '{name}') ORDER BY id FOR NO KEY UPDATE
"""


class Command(BaseCommand):
    """All secrets or none. Afterwards the older keys may leave FIELD_ENCRYPTION_KEYS.

    The marks in the ledgers stay what they are: a business's mark key is written anew, not changed.
    """

    help = "Re-encrypt every stored token and mark key with the first of FIELD_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-encrypt, and say how many. Raises CommandError naming a row nobody can read."""
        with transaction.atomic():
            tokens = self._rewrite(
                _ACCOUNTS, "tenants_provideraccount", ("auth_token", "previous_auth_token"), "token"
            )
            tokens += self._rewrite(
                _SOURCES, "tenants_callsource", ("secret", "previous_secret"), "secret"
            )
            tokens += sum(
                self._rewrite(
                    _FACTORS.replace("{name}", name), "mfa_authenticator", (name,), "secret",
                    assigned=f"data = jsonb_set(data, '{{{name}}}', to_jsonb(%s::text))",
                )
                for name in ("secret", "seed")
            )  # fmt: skip
            marks = self._rewrite(_BUSINESSES, "tenants_business", ("mark_key",), "mark key")
        self.stdout.write(f"{tokens} tokens and {marks} mark keys written with the newest key")

    @staticmethod
    def _rewrite(
        read: str, table: str, columns: tuple[str, ...], what: str, assigned: str = ""
    ) -> int:
        """Write a table's secrets anew; returns how many there were."""
        count = 0
        assigned = assigned or ", ".join(f"{column} = %s" for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(read)
            for pk, name, *stored in cursor.fetchall():
                try:
                    fresh = [
                        cipher().rotate(secret.encode()).decode() if secret else ""
                        for secret in stored
                    ]
                except InvalidToken:
                    raise CommandError(
                        f"{name}: its {what} was written with a key that is not in "
                        "FIELD_ENCRYPTION_KEYS. Nothing was changed."
                    ) from None
                cursor.execute(f"UPDATE public.{table} SET {assigned} WHERE id = %s", [*fresh, pk])
                count += sum(map(bool, fresh))
        return count
