"""Model fields that more than one room needs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """Return the cipher over FIELD_ENCRYPTION_KEYS; the first key encrypts, every key decrypts."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class Undecryptable(Exception):
    """A stored secret was written with a key that is no longer configured."""


def decrypt(stored: str) -> str:
    """Return the plain text of a stored secret. Raises Undecryptable."""
    return _decrypt(stored, tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4000)
def _decrypt(stored: str, keys: tuple[str, ...]) -> str:
    try:
        return _cipher(keys).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Undecryptable(
            "A stored secret cannot be read with the configured FIELD_ENCRYPTION_KEYS."
        ) from None


class EncryptedTextField(models.TextField):
    """Text that is encrypted at rest with rotating Fernet keys; empty stays empty."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt on read. Raises Undecryptable when no configured key fits."""
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on write."""
        value = super().get_prep_value(value)
        return cipher().encrypt(value.encode()).decode() if value else value
