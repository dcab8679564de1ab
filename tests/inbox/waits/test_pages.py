"""The pages of answers over HTTP: who waits, promises, figures, settings; each business its own."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from django.utils import timezone

from inbox.models import InboxPolicy, Promise, Wait
from inbox.waits import policy
from messaging.models import AuditEntry, Conversation
from tests.inbox.conftest import Member, a_member, agent, other_owner, owner  # noqa: F401
from tests.inbox.waits.conftest import answer

PAGES = ["/answers/", "/answers/promises/", "/answers/figures/", "/answers/settings/"]
FORM = {
    "target": "30", "unit": "minutes", "in_open_hours": "on", "digest_on": "on",
    "digest_at": "7:30", "percent-0": "0", "channels-0": ["live", "push"],
    "whom-0": "owner_or_all", "percent-1": "100", "channels-1": ["email"], "whom-1": "owners",
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_there_without_anything_to_show(owner, path):  # noqa: F811
    assert "Answers" in owner.get(path)


def test_who_waits_is_listed_and_somebody_sees_to_it(owner, other_owner, writes, plumber):  # noqa: F811
    thread = writes("<b>Water</b> everywhere")
    page = owner.get("/answers/")
    assert (f'href="/c/{thread.pk}/"' in page and "15 min left" in page) or "14 min left" in page
    assert "&lt;b&gt;Water" in page and "<b>Water" not in page
    assert "Nobody waits" in other_owner.get("/answers/")
    with plumber.scope():
        wait = Wait.objects.get()
    assert "You see to it" in owner.post(f"/answers/waits/{wait.pk}/see-to/")
    assert "sees to it" in owner.get("/answers/")
    owner.post(f"/answers/waits/{wait.pk}/see-to/")
    other_owner.post(f"/answers/waits/{wait.pk}/see-to/", status=404)
    owner.post("/answers/waits/987654/see-to/", status=404)
    answer(plumber, thread.contact.phone)
    assert "Nobody waits" in owner.get("/answers/")


def test_a_late_one_stands_out(owner, writes, plumber):  # noqa: F811
    writes()
    with plumber.scope():
        gone = timedelta(minutes=40)
        Wait.objects.update(began_at=timezone.now() - gone, due_at=timezone.now() - gone / 2)
    page = owner.get("/answers/")
    assert "25 min too long" in page and "wait--late" in page


def test_what_else_calls_for_somebody_since_earlier_is_said(owner, other_owner, writes, plumber):  # noqa: F811
    """The list of conversations counts from the earliest thing; who waits, from what he waits for."""
    writes()
    page = owner.get("/answers/")
    assert "unheard" not in page and "in open hours" not in page
    with plumber.scope():
        friday = timezone.now() - timedelta(hours=37)
        Conversation.objects.update(voicemail_at=friday)
    page = owner.get("/answers/")
    assert "A voicemail is unheard since" in page and " s ago" in page
    assert "unheard" not in other_owner.get("/answers/")


def test_a_target_in_open_hours_says_so(owner, writes, plumber):  # noqa: F811
    from calls.models import OpeningHours

    writes()
    with plumber.scope():
        # Open on another day alone: nothing of the hour has counted.
        weekday = (timezone.now().weekday() + 3) % 7
        OpeningHours.objects.create(weekday=weekday, opens=time(9), closes=time(17))
        gone = timezone.now() - timedelta(hours=1)
        Wait.objects.update(began_at=gone)
        policy.forget()
    assert "in open hours" in owner.get("/answers/")


def test_promises_are_listed_and_settled(owner, other_owner, writes, plumber):  # noqa: F811
    thread = writes()
    answer(plumber, thread.contact.phone, "Ray will be there within 3 hours.")
    assert "within 3 hours" in owner.get("/answers/promises/")
    assert "within 3 hours" not in other_owner.get("/answers/promises/")
    with plumber.scope():
        promise = Promise.objects.get()
    owner.post(f"/answers/promises/{promise.pk}/", {"state": "broken"})
    other_owner.post(f"/answers/promises/{promise.pk}/", {"state": "kept"}, status=404)
    owner.post(f"/answers/promises/{promise.pk}/", {"state": "kept"})
    with plumber.scope():
        assert Promise.objects.get().state == "kept"
    assert "100" in owner.get("/answers/promises/")


def test_figures_are_told_in_a_picture_and_in_a_table(owner, other_owner, writes, plumber):  # noqa: F811
    for _ in range(3):
        answer(plumber, writes().contact.phone)
    for days in (7, 30, 90):
        page = owner.get("/answers/figures/", days=days)
        assert 'role="img"' in page and "As a table" in page and "Dana" in page
        assert not re.search(r'(?:x|y|width|height)="[\d]+,[\d]+"', page)
    assert "Nobody waited" in other_owner.get("/answers/figures/", days="x")


def test_settings_are_kept_and_noted(owner, plumber, dentist):  # noqa: F811
    page = owner.post("/answers/settings/", FORM)
    assert "Saved." in page and 'value="30"' in page
    with plumber.scope():
        row = InboxPolicy.objects.get()
        assert (row.target_minutes, row.digest_at.strftime("%H:%M")) == (30, "07:30")
        assert row.ladder[1] == {"at_percent": 100, "channels": ["email"], "whom": "owners"}
        assert AuditEntry.objects.filter(action="answers.change").count() == 1
    with dentist.scope():
        assert not InboxPolicy.objects.exists()
    assert "Nothing was changed" in owner.post("/answers/settings/", FORM)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"target": "soon"}, "whole number"),
        ({"target": "0"}, "1 minute to 7 days"),
        ({"target": "9999"}, "Not saved"),
        ({"digest_at": "later"}, "Write a time"),
        ({"percent-1": "-5"}, "0 to 1000 percent"),
        ({"channels-1": []}, "at least one way"),
        ({"whom-1": "x"}, "Choose whom"),
    ],
)
def test_a_wrong_entry_is_named_and_what_was_typed_kept(owner, plumber, typed, sentence):  # noqa: F811
    form = {**FORM, **typed}
    if typed == {"target": "9999"}:
        form["unit"] = "hours"
    page = owner.post("/answers/settings/", form, status=422)
    assert sentence in page
    for value in typed.values():
        assert not isinstance(value, str) or f'value="{value}"' in page or value == "x"
    with plumber.scope():
        assert not InboxPolicy.objects.exists()


def test_wrong_entries_are_all_named_at_once(owner, plumber):  # noqa: F811
    wrong = {"target": "abc", "percent-1": "900%", "digest_at": "later", "channels-0": []}
    page = owner.post("/answers/settings/", {**FORM, **wrong}, status=422)
    for sentence in ("whole number", "0 to 1000 percent", "Write a time", "at least one way"):
        assert sentence in page, sentence
    with plumber.scope():
        assert not InboxPolicy.objects.exists()


def test_the_story_is_told_for_what_is_typed(owner, plumber):  # noqa: F811
    page = owner.post("/answers/settings/", {**FORM, "act": "look"}, status=200)
    assert "If somebody writes on Friday" in page and "The answer is due" in page
    page = owner.post("/answers/settings/", {**FORM, "act": "add"}, status=200)
    assert 'name="percent-2"' in page
    page = owner.post("/answers/settings/", {**FORM, "remove": "0"}, status=200)
    assert 'name="percent-1"' not in page and 'value="100"' in page
    with plumber.scope():
        assert not InboxPolicy.objects.exists()


def test_a_receptionist_reads_and_does_not_set(agent, plumber):  # noqa: F811
    assert "An owner or a manager changes them" in agent.get("/answers/settings/")
    agent.post("/answers/settings/", FORM, status=403)
    with plumber.scope():
        assert not InboxPolicy.objects.exists()


def test_a_ready_text_that_promises_too_much_is_warned_of(owner):  # noqa: F811
    page = owner.post(
        "/rules/texts/new/",
        {
            "act": "look",
            "name": "Night",
            "body": "{business}: We'll call you back within 30 minutes.",
        },
        status=200,
    )
    assert "A promise nobody may be there to keep" in page


@pytest.mark.parametrize("path", PAGES)
def test_nobody_reads_them_unsigned(plumber, path):
    assert Member(None, plumber.host).sent(path).status_code in (302, 405)
