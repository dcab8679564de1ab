"""Conversations, notes, tags, replies, teams, fields, members, waits and alerts over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from inbox.models import Activity, CustomField, Note, QuickReply, Tag, Team, Wait
from messaging import alerts
from messaging.models import Alert, AuditEntry, Contact, Conversation
from messaging.people import lock_contact, touch_conversation
from tenants.models import Invitation, Membership, Role
from tests.api.conftest import refused
from tests.support.hooks import a_caller

BY = "API key First key"


@pytest.fixture(autouse=True)
def _others(dentist):
    with dentist.scope():
        before = QuickReply.objects.count(), Tag.objects.count(), AuditEntry.objects.count()
    yield
    with dentist.scope():
        assert not Conversation.objects.exists() and not Note.objects.exists()
        assert not Team.objects.exists() and not CustomField.objects.exists()
        after = QuickReply.objects.count(), Tag.objects.count(), AuditEntry.objects.count()
        assert after == before


def wrote(biz, **more):
    """Somebody wrote and waits."""
    now = timezone.now()
    with biz.scope(), transaction.atomic():
        contact = lock_contact(a_caller(), now, more.get("name", ""))
        return touch_conversation(contact.pk, at=now, line="Hello?", direction="in", unread=1)


def ids(api, path, **query):
    answer = api.get(f"{path}/", **query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_conversation_is_handled_and_stands_in_its_folder(api, other, plumber):
    one, two = wrote(plumber), wrote(plumber)
    path = f"conversations/{one}"
    assert ids(api, "conversations", folder="actionable") == [one, two]
    assert ids(api, "conversations", folder="unassigned") == [two, one]
    given = api.send("POST", f"{path}/assign/", {"assignee": plumber.owner.pk})
    assert given.json()["assignee"] == plumber.owner.pk, given.content
    assert ids(api, "conversations", folder="unassigned") == [two]
    assert ids(api, "conversations", assignee=plumber.owner.pk) == [one]
    assert ids(api, "conversations", folder="all", assignee="none") == [two]
    until = (timezone.now() + timedelta(days=1)).isoformat()
    assert api.send("POST", f"{path}/snooze/", {"until": until}).json()["state"] == "snoozed"
    assert ids(api, "conversations", folder="snoozed") == [one]
    assert api.send("POST", f"{path}/reopen/").json()["state"] == "open"
    assert api.send("POST", f"{path}/read/").json()["unread"] == 0
    assert ids(api, "conversations", unread="true") == [two]
    assert api.send("POST", f"{path}/unread/").json()["unread"] == 1
    assert api.send("POST", f"{path}/tag/", {"tag": "Estimate"}).json()["tags"] == ["estimate"]
    assert ids(api, "conversations", folder="all", tag="estimate") == [one]
    assert api.send("POST", f"{path}/untag/", {"tag": "estimate"}).json()["tags"] == []
    closed = api.send("POST", f"{path}/close/").json()
    assert (closed["state"], closed["waiting_since"]) == ("closed", None)
    assert ids(api, "conversations", folder="closed") == [one]
    with plumber.scope():
        assert set(Activity.objects.values_list("actor_name", flat=True)) == {BY}
    for act, data in (("close", None), ("assign", {"assignee": None})):
        refused(other.send("POST", f"{path}/{act}/", data), 404)


def test_what_cannot_be_done_with_a_conversation_is_named(api, plumber, dentist):
    path = f"conversations/{wrote(plumber)}"
    refused(api.send("POST", f"{path}/assign/", {}), 422, "assignee")
    refused(api.send("POST", f"{path}/assign/", {"assignee": dentist.owner.pk}), 422, "assignee")
    refused(api.send("POST", f"{path}/assign/", {"team": 99}), 422, "team")
    refused(api.send("POST", f"{path}/snooze/", {"until": "2001-01-01T00:00:00Z"}), 422, "until")
    refused(api.send("POST", f"{path}/tag/", {"tag": "a,b"}), 422, "tag")
    for field, value in (
        ("folder", "mine"), ("folder", "gone"), ("assignee", "0"), ("team", "x"), ("unread", "no"),
        ("tag", ","),
    ):  # fmt: skip
        refused(api.get("conversations/", **{field: value}), 422, field)
    refused(api.get("conversations/", folder="team"), 422, "team")


def test_a_program_writes_notes_and_changes_its_own_alone(api, other, plumber):
    thread = wrote(plumber)
    wanted = {
        "conversation": thread,
        "body": f"Booked. @{plumber.owner} look",
        "client_token": "n1",
    }
    note = api.send("POST", "notes/", wanted)
    assert note.status_code == 201, note.content
    row = note.json()
    assert (row["author"], row["author_name"]) == (None, BY)
    assert row["mentions"] == [plumber.owner.pk]
    assert api.send("POST", "notes/", wanted).json()["id"] == row["id"]
    changed = api.send("PATCH", f"notes/{row['id']}/", {"body": "Booked for two"}).json()
    assert (changed["body"], bool(changed["edited_at"])) == ("Booked for two", True)
    with plumber.scope():
        theirs = Note.objects.create(
            conversation_id=thread, author=plumber.owner.pk, author_name="Pat", body="Mine",
            created_at=timezone.now(),
        )  # fmt: skip
    assert set(ids(api, "notes", conversation=thread)) == {row["id"], theirs.pk}
    refused(api.send("PATCH", f"notes/{theirs.pk}/", {"body": "x"}), 404)
    refused(api.send("DELETE", f"notes/{theirs.pk}/"), 404)
    refused(other.get(f"notes/{row['id']}/"), 404)
    refused(other.send("POST", "notes/", wanted), 422, "conversation")
    refused(api.send("POST", "notes/", {"conversation": thread, "body": " "}), 422, "body")
    assert api.send("DELETE", f"notes/{row['id']}/").status_code == 204
    assert ids(api, "notes", conversation=thread) == [theirs.pk]


def test_tags_are_made_renamed_merged_and_removed(api, other, plumber):
    one = api.send("POST", "tags/", {"name": "hot", "colour": "red"})
    assert one.status_code == 201, one.content
    number = one.json()["id"]
    refused(api.send("POST", "tags/", {"name": "HOT"}), 422, "name")
    refused(api.send("POST", "tags/", {"name": "x", "colour": "pink"}), 422, "colour")
    thread = wrote(plumber)
    api.send("POST", f"conversations/{thread}/tag/", {"tag": "hot"})
    renamed = api.send("PATCH", f"tags/{number}/", {"name": "urgent", "colour": "blue"}).json()
    assert (renamed["name"], renamed["colour"]) == ("urgent", "blue")
    assert api.get(f"conversations/{thread}/").json()["tags"] == ["urgent"]
    other_tag = api.send("POST", "tags/", {"name": "now"}).json()["id"]
    assert api.send("POST", f"tags/{number}/merge/", {"into": other_tag}).json()["name"] == "now"
    assert api.get(f"conversations/{thread}/").json()["tags"] == ["now"]
    refused(other.send("DELETE", f"tags/{other_tag}/"), 404)
    assert api.send("DELETE", f"tags/{other_tag}/").status_code == 204
    assert api.get(f"conversations/{thread}/").json()["tags"] == []
    with plumber.scope():
        assert not Tag.objects.filter(name__in=["hot", "urgent", "now"]).exists()
        assert AuditEntry.objects.filter(door="api", action="tag.merge", actor=BY).exists()


def test_quick_replies_of_everybody(api, other, plumber):
    wanted = {"shortcut": "late", "title": "Late", "body": "Hi {first_name}, we are late."}
    made = api.send("POST", "quick-replies/", wanted)
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    with plumber.scope():
        own = QuickReply.objects.create(
            shortcut="mine", title="Mine", body="x", owner=plumber.owner.pk
        )
    assert own.pk not in ids(api, "quick-replies") and number in ids(api, "quick-replies")
    refused(api.send("PUT", f"quick-replies/{own.pk}/", wanted), 404)
    refused(api.send("POST", "quick-replies/", wanted), 422, "shortcut")
    refused(
        api.send("PUT", f"quick-replies/{number}/", wanted | {"body": "Hi {boiler}"}), 422, "body"
    )
    changed = api.send("PUT", f"quick-replies/{number}/", wanted | {"title": "Running late"})
    assert changed.json()["title"] == "Running late"
    refused(other.send("DELETE", f"quick-replies/{number}/"), 404)
    assert api.send("DELETE", f"quick-replies/{number}/").status_code == 204


def test_teams_and_fields(api, other, plumber, dentist):
    wanted = {"name": "Dispatch", "members": [plumber.owner.pk, dentist.owner.pk]}
    team = api.send("POST", "teams/", wanted)
    assert team.status_code == 201 and team.json()["members"] == [plumber.owner.pk], team.content
    number = team.json()["id"]
    thread = wrote(plumber)
    assert (
        api.send("POST", f"conversations/{thread}/assign/", {"team": number}).json()["team"]
        == number
    )
    assert ids(api, "conversations", folder="team", team=number) == [thread]
    refused(api.send("POST", "teams/", {"name": ""}), 422, "name")
    assert api.send("PUT", f"teams/{number}/", {"name": "Day"}).json()["members"] == []
    refused(other.send("PUT", f"teams/{number}/", {"name": "Day"}), 404)
    assert api.send("DELETE", f"teams/{number}/").status_code == 204
    assert api.get(f"conversations/{thread}/").json()["team"] is None
    made = api.send(
        "POST", "fields/", {"label": "Boiler", "kind": "choice", "options": ["Vitodens", "Buderus"]}
    )
    assert made.status_code == 201 and made.json()["key"] == "boiler", made.content
    refused(api.send("POST", "fields/", {"label": "One", "kind": "choice"}), 422, "options")
    away = api.send("PATCH", f"fields/{made.json()['id']}/", {"archived": True}).json()
    assert away["archived_at"] and away["options"] == ["Vitodens", "Buderus"]
    refused(other.send("PATCH", f"fields/{made.json()['id']}/", {"archived": False}), 404)


def test_members_are_invited_changed_and_let_go_as_a_manager_may(
    api, other, plumber, dentist, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        asked = api.send("POST", "invitations/", {"email": "New@Lakeside.example", "role": "agent"})
    assert asked.status_code == 201, asked.content
    assert asked.json()["email"] == "new@lakeside.example"
    letter = mail.outbox[-1]
    assert letter.to == ["new@lakeside.example"] and f"//{plumber.host}" in letter.body
    assert "token" not in asked.json() and "/join/" in letter.body
    number = asked.json()["id"]
    assert ids(api, "invitations") == [number]
    refused(
        api.send("POST", "invitations/", {"email": "x@y.example", "role": "owner"}), 422, "role"
    )
    refused(api.send("POST", "invitations/", {"email": "nobody", "role": "agent"}), 422, "email")
    refused(other.send("POST", f"invitations/{number}/resend/"), 404)
    assert api.send("POST", f"invitations/{number}/resend/").status_code == 200
    assert api.send("DELETE", f"invitations/{number}/").status_code == 204
    with plumber.scope():
        assert Invitation.objects.get(pk=number).invited_by is None
    owner = Membership.objects.get(user=plumber.owner, business=plumber.business)
    refused(api.send("PATCH", f"members/{owner.pk}/", {"role": "agent"}), 422, "member")
    refused(api.send("POST", f"members/{owner.pk}/remove/"), 422, "member")
    from tests.inbox.conftest import a_member

    ada = a_member(plumber, Role.AGENT, "Ada")
    member = Membership.objects.get(user=ada, business=plumber.business)
    assert (
        api.send("PATCH", f"members/{member.pk}/", {"role": "manager"}).json()["role"] == "manager"
    )
    thread = wrote(plumber)
    api.send("POST", f"conversations/{thread}/assign/", {"assignee": ada.pk})
    refused(other.send("POST", f"members/{member.pk}/remove/"), 404)
    assert not api.send("POST", f"members/{member.pk}/remove/").json()["is_active"]
    assert api.get(f"conversations/{thread}/").json()["assignee"] is None
    assert ada.pk not in [row["user"] for row in api.get("colleagues/").json()["results"]]
    assert api.send("POST", f"members/{member.pk}/return/").json()["is_active"]
    assert ada.pk not in [row["user"] for row in other.get("members/").json()["results"]]


def test_who_waits_is_seen_to_and_alerts_are_settled(api, other, plumber):
    thread, now = wrote(plumber), timezone.now()
    with plumber.scope():
        contact = Contact.objects.get(conversation=thread)
        wait = Wait.objects.create(
            conversation_id=thread, kind="reply", began_at=now, target_seconds=900,
            due_at=now + timedelta(minutes=15),
        )  # fmt: skip
        alerts.raise_alert("VOICEMAIL", "A voicemail.", at=now, subject="s", contact=contact)
        alert = Alert.objects.get()
    assert ids(api, "waits", open="true") == [wait.pk] and ids(api, "waits", open="false") == []
    seen = api.send("POST", f"waits/{wait.pk}/see-to/").json()
    assert seen["acknowledged_by"] == BY and seen["ended_at"] is None
    refused(other.send("POST", f"waits/{wait.pk}/see-to/"), 404)
    assert ids(api, "alerts", open="true", contact=contact.pk) == [alert.pk]
    refused(other.send("POST", f"alerts/{alert.pk}/resolve/"), 404)
    for _ in range(2):
        assert api.send("POST", f"alerts/{alert.pk}/resolve/").json()["resolved_by"] == BY
    assert ids(api, "alerts", open="true") == []
    with plumber.scope():
        assert AuditEntry.objects.filter(action="alert.resolve", door="api").count() == 1
