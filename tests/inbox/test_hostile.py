"""What strangers to these pages may send them: never an error of ours, never a change."""

from __future__ import annotations

import pytest

from messaging import policies
from messaging.models import Contact, LegalHold

JUNK = [
    "\x00",
    "\x00" * 50,
    "'; DROP TABLE x; --",
    "\ud83d\ude00" * 100,
    "9" * 400,
    "+1" * 60,
    "<img src=x>",
    " \n ",
]


@pytest.mark.parametrize(
    "junk", [j.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for j in JUNK]
)
def test_no_form_falls_over(owner, person, plumber, junk):
    forms = {
        "/compliance/policy/": ("posture", "message_months", "recording_days", "countries"),
        "/compliance/ledger/": ("number",),
        "/compliance/privacy/holds/": ("who", "number", "reason"),
        "/compliance/privacy/find/": ("number",),
        f"/contacts/{person.pk}/": ("name", "state", "zone", "source"),
        f"/contacts/{person.pk}/erase/": ("sure",),
    }
    for path, fields in forms.items():
        answer = owner.sent(path, dict.fromkeys(fields, junk))
        assert answer.status_code in (302, 422), (path, junk, answer.status_code)
        assert b"<img src=x>" not in answer.content
    for path in ("/compliance/privacy/", "/compliance/", "/compliance/texts/"):
        owner.get(path, before=junk)
    with plumber.scope():
        assert policies.latest().changed_by != str(owner.user)
        assert not LegalHold.objects.filter(phone="").exists()
        assert Contact.objects.get(pk=person.pk).state == ""


def test_nothing_is_done_without_the_form_s_token(plumber, person):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(plumber.owner)
    for path in (
        "/compliance/policy/", "/compliance/privacy/holds/", f"/contacts/{person.pk}/opt-out/",
        f"/contacts/{person.pk}/resume/", f"/contacts/{person.pk}/erase/", "/compliance/ledger/check/",
    ):  # fmt: skip
        assert client.post(path, {"sure": "yes"}, headers={"host": plumber.host}).status_code == 403
    with plumber.scope():
        stored = Contact.objects.get(pk=person.pk)
        assert stored.opted_out_at is None and stored.erased_at is None
