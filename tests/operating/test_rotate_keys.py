"""A new encryption key in front, every secret written with it, the old key taken away."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from inbox.models import AlertHook, PushSubscription
from integrations.models import CrmConnection, Endpoint
from messaging import marks
from messaging.models import Attachment, Contact, Conversation
from tenants.accounts import rotate_token
from tenants.fields import EncryptedTextField, Undecryptable, cipher, decrypt
from tenants.management.commands.rotate_keys import own_secrets, public_secrets
from tenants.models import Business, BusinessFacts, CallSource, ProviderAccount
from tests.support.ledgers import append, checked


def stored() -> list[tuple[str, ...]]:
    """Return every secret as it lies in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT auth_token, previous_auth_token FROM public.tenants_provideraccount ORDER BY id"
        )
        tokens = cursor.fetchall()
        cursor.execute("SELECT mark_key FROM public.tenants_business ORDER BY id")
        return [*tokens, *cursor.fetchall()]


@pytest.fixture
def keys(settings):
    """Give the keys in force and a new one; afterwards what tests share is readable again."""
    old, new = settings.FIELD_ENCRYPTION_KEYS, Fernet.generate_key().decode()
    yield old, new
    settings.FIELD_ENCRYPTION_KEYS = [*old, new]
    marks._kept.clear()
    call_command("rotate_keys")


def test_every_secret_is_written_with_the_newest_key(plumber, dentist, settings, keys, capsys):
    old, new = keys
    rotate_token(ProviderAccount.objects.get(account_sid=plumber.account_sid), "token-of-today")
    before, businesses = stored(), Business.objects.count()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert said.startswith(f"3 tokens and {businesses} mark keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    account = ProviderAccount.objects.get(account_sid=plumber.account_sid)
    assert (account.auth_token, account.previous_auth_token) == ("token-of-today", plumber.token)
    assert ProviderAccount.objects.get(account_sid=dentist.account_sid).auth_token == dentist.token
    assert not {secret for row in before for secret in row if secret} & {
        secret for row in stored() for secret in row
    }
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(Undecryptable):
        list(ProviderAccount.objects.all())
    with pytest.raises(Undecryptable):
        list(Business.objects.all())


def test_second_factors_are_written_with_it_too(plumber, dentist, settings, keys):
    old, new = keys
    secret = cipher().encrypt(b"JBSWY3DPEHPK3PXP").decode()
    app = Authenticator.objects.create(
        user=plumber.owner, type=Authenticator.Type.TOTP, data={"secret": secret}
    )
    codes = RecoveryCodes.activate(dentist.owner)
    before = codes.generate_codes()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    app.refresh_from_db()
    assert decrypt(app.data["secret"]) == "JBSWY3DPEHPK3PXP" and app.data["secret"] != secret
    codes.instance.refresh_from_db()
    assert codes.generate_codes() == before


def test_what_a_business_keeps_in_its_own_schema_is_written_with_it_too(
    plumber, dentist, settings, keys
):
    """Browsers to tell, channels of the firm's chat, pictures at the provider: of every business."""
    old, new = keys
    now = timezone.now()
    for biz in (plumber, dentist):
        with biz.scope():
            PushSubscription.objects.create(
                user=biz.owner.pk, endpoint=f"https://push.example/{biz.schema}", created_at=now,
                endpoint_hash=biz.schema, keys='{"auth": "a", "p256dh": "p"}',
            )  # fmt: skip
            AlertHook.objects.create(
                kind="slack", name="Office", url="https://hooks.example/1", created_at=now
            )
            her = Contact.objects.create(phone="+13125556111", created_at=now)
            thread = Conversation.objects.create(contact=her, last_at=now, created_at=now)
            for address in ("https://media.example/1", ""):
                Attachment.objects.create(
                    conversation=thread, direction="in", state="waiting", created_at=now,
                    provider_url=address,
                )  # fmt: skip
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    for biz in (plumber, dentist):
        with biz.scope():
            pushed = PushSubscription.objects.get()
            assert pushed.endpoint == f"https://push.example/{biz.schema}"
            assert pushed.keys == '{"auth": "a", "p256dh": "p"}'
            assert AlertHook.objects.get().url == "https://hooks.example/1"
            addresses = Attachment.objects.values_list("provider_url", flat=True)
            assert set(addresses) == {"https://media.example/1", ""}


def test_what_stands_beside_the_businesses_is_written_with_it_too(plumber, dentist, settings, keys):
    """Who they are, whom they tell, their CRMs and phone systems: all of the public floor."""
    old, new = keys
    for biz in (plumber, dentist):
        BusinessFacts.objects.update_or_create(business=biz.business, defaults={"ein": "123456789"})
        Endpoint.objects.create(
            business=biz.business, url=f"https://hears.example/{biz.schema}", secret="whsec_a",
            previous_secret="whsec_b", shown_url="https://hears.example",
        )  # fmt: skip
        CrmConnection.objects.create(business=biz.business, kind="hubspot", token=biz.schema)
        CallSource.objects.create(
            business=biz.business, name="Exchange", token=f"t-{biz.schema}"[:40], secret="s",
            line=biz.business.numbers.first(),
        )  # fmt: skip
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    for biz in (plumber, dentist):
        assert BusinessFacts.objects.get(business=biz.business).ein == "123456789"
        endpoint = Endpoint.objects.get(business=biz.business)
        assert endpoint.url == f"https://hears.example/{biz.schema}"
        assert (endpoint.secret, endpoint.previous_secret) == ("whsec_a", "whsec_b")
        assert CrmConnection.objects.get(business=biz.business).token == biz.schema
        source = CallSource.objects.get(business=biz.business)
        assert (source.secret, source.previous_secret) == ("s", "")


def test_no_secret_of_any_model_is_forgotten():
    """A table with an encrypted column is one the command writes: public by name, or a business's own."""
    kept = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    }
    by_name = {"tenants_provideraccount", "tenants_business"}
    read_off = {table for table, *_ in [*public_secrets(), *own_secrets()]}
    assert kept == by_name | read_off and not by_name & read_off
    # That what is read off is also written is what the tests above see of one table of each kind.
    assert {"tenants_callsource", "tenants_businessfacts", "integrations_endpoint"} <= read_off
    assert {"integrations_crmconnection", "inbox_alerthook"} <= read_off


def test_a_secret_of_a_business_nobody_can_read_changes_nothing(plumber, settings, keys):
    old, new = keys
    with plumber.scope():
        AlertHook.objects.create(
            kind="slack", name="Office", url="https://hooks.example/1", created_at=timezone.now()
        )
        stranger = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inbox_alerthook SET url = %s", [stranger])
    before = stored()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    with pytest.raises(CommandError, match=rf"{plumber.schema}: inbox_alerthook .*Nothing"):
        call_command("rotate_keys")
    assert stored() == before
    with plumber.scope(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM inbox_alerthook")


def test_a_number_has_the_same_mark_afterwards(plumber, dentist, settings, keys):
    old, new = keys
    phone = "+13125560111"

    def marked():
        found = []
        for biz in (plumber, dentist):
            with biz.scope():
                found.append(marks.mark_here(phone))
        return found

    append(plumber, phone=phone)
    before = marked()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_keys")
    assert marked() == before  # a process that still remembers the secret as it was stored
    settings.FIELD_ENCRYPTION_KEYS = [new]
    marks._kept.clear()  # one that was started since
    assert marked() == before
    assert before[0] != before[1]
    append(plumber, phone=phone)
    assert checked(plumber).intact
    with plumber.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT phone_mark FROM messaging_consentevent")
        assert cursor.fetchall() == [(before[0],)]


def test_a_token_nobody_can_read_stops_it_and_changes_nothing(plumber, settings):
    before = stored()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"twilio AC1.*its token .*Nothing was changed"):
        call_command("rotate_keys")
    assert stored() == before


def test_a_mark_key_nobody_can_read_stops_it_and_changes_nothing(plumber, dentist, settings, keys):
    old, new = keys
    stranger = Fernet(Fernet.generate_key()).encrypt(b"ab" * 32).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mark_key FROM public.tenants_business WHERE id = %s", [dentist.business.pk]
        )
        (kept,) = cursor.fetchone()
        change = "UPDATE public.tenants_business SET mark_key = %s WHERE id = %s"
        cursor.execute(change, [stranger, dentist.business.pk])
        before = stored()
        settings.FIELD_ENCRYPTION_KEYS = [new, *old]
        try:
            with pytest.raises(CommandError, match=rf"{dentist.schema}: its mark key .*Nothing"):
                call_command("rotate_keys")
            assert stored() == before
        finally:
            cursor.execute(change, [kept, dentist.business.pk])
