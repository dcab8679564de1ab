"""`manage.py apply_retention`, `erase_person` and `export_evidence`: what they do when something is wrong."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from messaging.models import AuditEntry, Contact
from messaging.people import lock_contact
from tests.support.hooks import a_caller


@pytest.fixture
def known(plumber, dentist) -> str:
    """Return a number that both businesses know somebody of."""
    phone = a_caller()
    for biz in (plumber, dentist):
        with biz.scope(), transaction.atomic():
            lock_contact(phone, timezone.now(), "Dana")
    return phone


# --- who answers for it ---------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["", "  ", "x" * 121, "Pat\x00", "Pat\nroot"])
@pytest.mark.parametrize("command", ["erase_person", "export_evidence", "apply_retention"])
def test_nobody_answers_for_nothing(command, by, known, plumber, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = [] if command == "apply_retention" else [known]
    with pytest.raises(CommandError, match=r"^--by: "):
        call_command(command, *number, business=plumber.schema, by=by)
    assert list(tmp_path.iterdir()) == []
    with plumber.scope():
        assert Contact.objects.get(phone=known).name == "Dana"
        assert not AuditEntry.objects.exists()
