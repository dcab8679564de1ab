"""A new encryption key in front, every token written with it, the old key taken away."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from tenants.fields import Undecryptable
from tenants.models import ProviderAccount
from tenants.onboarding import rotate_token


def stored() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT auth_token, previous_auth_token FROM public.tenants_provideraccount ORDER BY id"
        )
        return cursor.fetchall()


def test_every_token_is_written_with_the_newest_key(plumber, dentist, settings, capsys):
    old, new = settings.FIELD_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    rotate_token(ProviderAccount.objects.get(account_sid=plumber.account_sid), "token-of-today")
    before = stored()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith("3 tokens")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    account = ProviderAccount.objects.get(account_sid=plumber.account_sid)
    assert (account.auth_token, account.previous_auth_token) == ("token-of-today", plumber.token)
    assert ProviderAccount.objects.get(account_sid=dentist.account_sid).auth_token == dentist.token
    assert not set(before) & set(stored())
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(Undecryptable):
        list(ProviderAccount.objects.all())
    settings.FIELD_ENCRYPTION_KEYS = [*old, new]
    call_command("rotate_keys")  # and back, so that what tests share stays readable


def test_a_token_nobody_can_read_stops_it_and_changes_nothing(plumber, settings):
    before = stored()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_keys")
    assert stored() == before
