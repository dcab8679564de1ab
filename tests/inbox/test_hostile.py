"""What strangers to these pages may send them: never an error of ours, never a change."""

from __future__ import annotations

import pytest

from messaging import policies
from messaging.models import Contact, Conversation, LegalHold

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


def test_no_page_falls_over_a_nul(owner, plumber):
    from calls.models import TestCall
    from tenants.models import PhoneNumber

    nul = "\x00"
    for path in ("/lines/forwarding/", "/lines/tests/", "/rules/callers/", "/lines/systems/"):
        assert plumber.business.name in owner.get(path, line=nul, run=nul, show=nul, page=nul)
    for path, form in {
        "/lines/forwarding/save/": {"line": nul, "own": nul, "carrier": nul},
        "/lines/forwarding/check/": {"line": nul, "caller": f"+1312{nul}"},
        "/lines/forwarding/watch/": {"line": nul, "watched": "on"},
        "/lines/tests/place/": {"line": nul, "condition": nul, "from": nul},
        "/lines/tests/saved/run/": {"scenario": nul},
        "/rules/callers/": {"find": nul},
        "/rules/callers/add/": {"number": f"+13125550177{nul}", "name": nul, "tags": nul},
        "/rules/limits/let-go/": {"code": nul},
        "/audits/new/": {"from": "account", "since": nul, "until": "9999-12-31"},
    }.items():
        answer = owner.sent(path, form)
        assert answer.status_code in (200, 302, 404, 422), (path, answer.status_code)
    with plumber.scope():
        assert not TestCall.objects.exists()
        assert not Contact.objects.filter(name__contains="\ufffd").exists()
    assert PhoneNumber.objects.get(e164=plumber.number).forwards_from == ""


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_day_at_the_end_of_the_calendar_is_a_wrong_entry(day):
    from datetime import UTC, datetime

    from calls.audit.logs import LogError
    from inbox.audits.forms import period

    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for zone in ("America/Chicago", "Asia/Tokyo"):
        if (day, zone) == ("0001-01-01", "America/Chicago"):
            continue  # there it is a moment like any other
        with pytest.raises(LogError, match=r"since|until"):
            period({"since": day, "until": day}, zone, now)


def test_no_address_or_choice_by_hand_falls_over(owner, person, plumber):
    """Cursors, ids and marks that no page of ours wrote."""
    with plumber.scope():
        thread = Conversation.objects.get(contact=person).pk
    for edited in ("'", "1", "0" * 40, "\x00"):
        owner.get(f"/c/{thread}/composer/", edit=edited)
    # A number, a list too short, a thing that is no pair: each is well-formed JSON.
    for cursor in ("MjAyNg", "WzFd", "e30", "bnVsbA", "é", "W1tdLDFd"):
        answer = owner.client.get(
            "/contacts/", {"after": cursor}, headers={"host": owner.host, "hx-request": "true"}
        )
        assert answer.status_code == 200, cursor
    answer = owner.sent("/settings/teams/", {"name": "Crew", "members": "9" * 5000})
    assert answer.status_code in (302, 422)
