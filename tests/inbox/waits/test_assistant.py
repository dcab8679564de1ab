"""What an assistant writes is ours: it answers, it promises, and it says whose it is; appointments in the timeline."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pypdf
import pytest
from django.db import transaction
from django.utils import timezone, translation

from inbox import activity
from inbox.activity import Actor
from inbox.compliance.reading import _author
from inbox.models import Activity, Promise, Wait
from inbox.templatetags.icons import lucide
from inbox.thread.sending import AnsweredMeanwhile, Member, send
from messaging.evidence.export import gather
from messaging.models import Conversation, Message
from tests.inbox.waits.conftest import answer


def test_an_assistants_text_is_an_answer_of_ours_and_says_so(
    writes, owner, other_owner, plumber, dentist
):
    thread = writes()
    text = answer(
        plumber, thread.contact.phone, "Our automated assistant here. We will call you back within 30 minutes.",
        author="assistant", author_name="", author_user=None,
    )  # fmt: skip
    with plumber.scope():
        assert Message.objects.get(pk=text.pk).author == "assistant"
        wait = Wait.objects.get()
        assert (wait.ended_how, wait.answered_by) == ("answered", None)
        assert Conversation.objects.get().waiting_since is None
        assert "within 30 minutes" in Promise.objects.get().words  # ours, and kept account of
        # A member who had not seen it is shown it before he answers too.
        with pytest.raises(AnsweredMeanwhile) as met:
            send(thread.contact.phone, "On our way", Member(7, "Ana"), token=None, seen="0")
        assert met.value.text.pk == text.pk
    page = owner.get(f"/c/{thread.pk}/")
    bubble = page.partition(f'data-key="text-{text.pk}"')[2].partition("</li>")[0]
    assert (
        "bubble--auto" in bubble
        and lucide("bot", size=12, aria_hidden="true") + "Assistant</span>" in bubble
    )
    assert "We will call you back within 30 minutes" in owner.get("/?folder=all")
    assert "Assistant" not in other_owner.get("/?folder=all")
    with translation.override("es"):
        assert activity._("Assistant") == "Asistente"
    assert _author("assistant", "") == "The assistant"


def test_the_evidence_names_the_assistant(writes, plumber, dentist):
    thread = writes()
    answer(plumber, thread.contact.phone, "Our automated assistant here.", author="assistant",
           author_name="", author_user=None)  # fmt: skip
    with plumber.scope():
        now = timezone.now()
        made = gather(thread.contact.phone, None, None, actor="Dana", door="console", at=now)
        with made.file, zipfile.ZipFile(made.file) as zipped:
            pages = pypdf.PdfReader(io.BytesIO(zipped.read("transcript.pdf"))).pages
            told = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Automated assistant" in told
    with dentist.scope():
        assert not Message.objects.filter(author="assistant").exists()


def test_appointments_have_their_lines_in_the_timeline(writes, owner, plumber, dentist):
    thread, now = writes(), timezone.now()
    at = datetime(2027, 1, 13, 20, 30, tzinfo=UTC).isoformat()  # half past two in Chicago
    dana = Actor(owner.user.pk, "Dana")
    with plumber.scope(), transaction.atomic():
        for kind in (activity.BOOKED, activity.BOOKING_MOVED, activity.BOOKING_CANCELLED):
            activity.record([thread.pk], kind, dana, now, {"at": at})
    page = owner.get(f"/c/{thread.pk}/")
    for words, icon in (
        ("Dana booked an appointment for ", "calendar-plus"),
        ("Dana moved the appointment to ", "calendar-clock"),
        ("Dana cancelled the appointment of ", "calendar-x"),
    ):
        line = page.partition(words)
        assert line[1] and "2:30" in line[2][:60]
        assert line[0].endswith(f"{lucide(icon, size=14, aria_hidden='true')}<span>")
    with translation.override("es"):
        assert activity._("%(actor)s booked an appointment for %(when)s") != (
            "%(actor)s booked an appointment for %(when)s"
        )
    with dentist.scope():
        assert not Activity.objects.exists()
