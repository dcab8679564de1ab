"""The database keeps it: a conversation is hidden as merged exactly where its contact is merged."""

from __future__ import annotations

import importlib

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inbox.people import merging
from messaging.models import Contact, Conversation
from messaging.people import lock_contact, touch_conversation
from tests.inbox.people.conftest import ADA
from tests.support.hooks import a_caller


def test_no_statement_parts_the_two(two, dentist):
    with two.biz.scope():
        with pytest.raises(IntegrityError, match="go together"):
            Conversation.objects.filter(pk=two.shown.pk).update(hidden="merged")
        with pytest.raises(IntegrityError, match="go together"):
            Contact.objects.filter(pk=two.folded.pk).update(merged_into=two.kept.pk)
        row = two.merge()
        for hidden in ("", "staff", "test"):
            with pytest.raises(IntegrityError, match="go together"):
                Conversation.objects.filter(pk=two.hidden.pk).update(hidden=hidden)
        with pytest.raises(IntegrityError, match="go together"):
            Contact.objects.filter(pk=two.folded.pk).update(merged_into=None)
        # Both in one transaction, in whichever order, is what taking apart does.
        with transaction.atomic():
            Contact.objects.filter(pk=two.folded.pk).update(merged_into=None)
            Conversation.objects.filter(pk=two.hidden.pk).update(hidden="")
        with transaction.atomic():
            Conversation.objects.filter(pk=two.hidden.pk).update(hidden="merged")
            Contact.objects.filter(pk=two.folded.pk).update(merged_into=two.kept.pk)
        merging.undo(row.pk, actor=ADA, at=timezone.now())
        assert (two.hidden.hidden, two.folded.merged_into_id) == ("", None)
        # What says nothing of it goes on as ever.
        Conversation.objects.filter(pk=two.hidden.pk).update(hidden="staff")
    with dentist.scope():
        assert not Conversation.objects.exclude(hidden="").exists()


def test_nobody_is_made_half_merged(two):
    with two.biz.scope():
        now = timezone.now()
        with pytest.raises(IntegrityError, match="go together"):
            Contact.objects.create(phone=a_caller("312"), created_at=now, merged_into=two.kept)
        with pytest.raises(IntegrityError, match="go together"), transaction.atomic():
            contact = lock_contact(a_caller("312"), now)
            touch_conversation(contact.pk, at=now, line="Missed call", direction="call")
            Conversation.objects.filter(contact=contact).update(hidden="merged")


def test_it_is_asked_of_the_schema_it_concerns(two, dentist):
    """The transaction may end when another schema is looked into already."""
    with pytest.raises(IntegrityError, match="go together"), transaction.atomic():
        with two.biz.scope():
            Conversation.objects.filter(pk=two.shown.pk).update(hidden="merged")
        with dentist.scope():
            assert not Contact.objects.exists()
    with two.biz.scope():
        assert two.shown.hidden == ""


def test_what_was_parted_before_is_mended(two):
    """Rows of before the rule: the contact's pointer stays, its conversation follows."""
    migration = importlib.import_module("messaging.migrations.0013_hidden_as_merged")
    with two.biz.scope(), transaction.atomic():
        two.merge()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE messaging_conversation DISABLE TRIGGER USER")
            cursor.execute("UPDATE messaging_conversation SET hidden = 'staff' WHERE id = %s",
                           [two.hidden.pk])  # fmt: skip
            cursor.execute("UPDATE messaging_conversation SET hidden = 'merged' WHERE id = %s",
                           [two.shown.pk])  # fmt: skip
            cursor.execute(migration._MEND)
            cursor.execute("ALTER TABLE messaging_conversation ENABLE TRIGGER USER")
        assert (two.hidden.hidden, two.shown.hidden) == ("merged", "")
