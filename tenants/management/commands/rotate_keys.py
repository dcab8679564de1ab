"""`manage.py rotate_keys`: write every stored secret with the newest encryption key."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from tenants.fields import EncryptedTextField, cipher
from tenants.models import Business, Stage

# What is read for each row: its id, what to call it in an error, and the secrets as stored (the
# model's field would decrypt them). NO KEY: traffic that merely refers to a row goes on meanwhile.
_ACCOUNTS = """
    SELECT id, provider || ' ' || account_sid, auth_token, previous_auth_token
    FROM public.tenants_provideraccount ORDER BY id FOR NO KEY UPDATE
"""
_BUSINESSES = """
    SELECT id, schema_name, mark_key FROM public.tenants_business ORDER BY id FOR NO KEY UPDATE
"""

# A second factor keeps its secret inside a JSON column: an app's key, or the seed of the codes.
_FACTORS = """
    SELECT id, type || ' of user ' || user_id, data ->> '{name}' FROM public.mfa_authenticator
    WHERE jsonb_exists(data, '{name}') ORDER BY id FOR NO KEY UPDATE
"""


# Tables whose secrets are read by a statement of their own, above.
_BY_NAME = {"tenants_provideraccount", "tenants_business"}

Secrets = list[tuple[str, str, tuple[str, ...]]]


def own_secrets() -> Secrets:
    """Return the tables of a business's schema that keep secrets: name, key, their columns."""
    return _secrets(own=True)


def public_secrets() -> Secrets:
    """Return the like of the public floor, without the tables read by name."""
    return [row for row in _secrets(own=False) if row[0] not in _BY_NAME]


def _secrets(*, own: bool) -> Secrets:
    """Read off the models, so that a new one cannot be forgotten here."""
    labels = {
        config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS
    }
    found = []
    for model in apps.get_models():
        columns = tuple(
            str(field.column) for field in model._meta.local_fields
            if isinstance(field, EncryptedTextField)
        )  # fmt: skip
        if columns and (model._meta.app_label in labels) is own:
            found.append((model._meta.db_table, str(model._meta.pk.column), columns))
    return found


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
            tokens += self._rewrite_schema("public", public_secrets())
            tokens += sum(
                self._rewrite(
                    _FACTORS.replace("{name}", name), "mfa_authenticator", (name,), "secret",
                    assigned=f"data = jsonb_set(data, '{{{name}}}', to_jsonb(%s::text))",
                )
                for name in ("secret", "seed")
            )  # fmt: skip
            for schema in (
                Business.objects.exclude(stage=Stage.GONE)
                .order_by("pk")
                .values_list("schema_name", flat=True)
            ):
                tokens += self._rewrite_schema(schema, own_secrets())
            marks = self._rewrite(_BUSINESSES, "tenants_business", ("mark_key",), "mark key")
        self.stdout.write(f"{tokens} tokens and {marks} mark keys written with the newest key")

    def _rewrite_schema(self, schema: str, secrets: Secrets) -> int:
        """Write anew what these tables of one schema keep encrypted; returns how many secrets."""
        count = 0
        for table, key, columns in secrets:
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s) IS NULL", [f'"{schema}"."{table}"'])
                if cursor.fetchone() == (True,):
                    continue  # the schema is away
            listed = ", ".join(f'"{column}"' for column in columns)
            kept = " OR ".join(f"\"{column}\" <> ''" for column in columns)
            count += self._rewrite(
                f"SELECT {key}, '{schema}: {table} ' || {key}, {listed} "
                f'FROM "{schema}"."{table}" WHERE {kept} ORDER BY {key} FOR NO KEY UPDATE',
                table, columns, "secret", schema=schema, key=key,
            )  # fmt: skip
        return count

    @staticmethod
    def _rewrite(
        read: str, table: str, columns: tuple[str, ...], what: str, assigned: str = "",
        schema: str = "public", key: str = "id",
    ) -> int:  # fmt: skip
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
                cursor.execute(
                    f'UPDATE "{schema}"."{table}" SET {assigned} WHERE {key} = %s', [*fresh, pk]
                )
                count += sum(map(bool, fresh))
        return count
