"""A voicemail's way: fetched from the network, kept, played by members alone, written out, forgotten."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.utils import timezone

from calls import refusing, voicemails
from calls.models import Call
from calls.retained import Recordings
from messaging.erasure import erase
from messaging.keeping import Limits
from messaging.models import Alert, ConsentEvent, Contact
from tenants import agenda
from tenants.models import AgendaItem, PhoneNumber, ProviderEvent
from tests.inbox.conftest import Member
from tests.simulator.test_flow import call_of, place
from tests.support.hooks import Provider, a_caller, a_sid


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


def stored(files) -> list[str]:
    return sorted(str(path.relative_to(files)) for path in files.rglob("*") if path.is_file())


@pytest.fixture
def left(simulator, plumber, work) -> Call:
    """A voicemail of four seconds, fetched."""
    from config.asgi import hub

    hub.directory._nobody_until.clear()  # a late receipt of the test before knew no such account
    _, sid = place(
        simulator, work, plumber, "no_answer", afterwards="leaves_message", message_seconds=4
    )
    return call_of(plumber, sid)


def test_a_voicemail_is_fetched_and_kept_under_a_name_nobody_guesses(left, plumber, files, work):
    assert left.recording == voicemails.path_of(plumber.schema, left.pk, "wav")
    assert len(left.recording.rpartition("/")[2].partition(".")[0]) == 48
    assert stored(files) == [left.recording]
    with default_storage.open(left.recording) as file:
        assert file.read(4) == b"RIFF"
    # Told of twice, it is fetched once.
    with plumber.scope(), transaction.atomic():
        voicemails.want(left, plumber.business.pk, timezone.now())
    work()
    assert stored(files) == [left.recording]
    assert not AgendaItem.objects.filter(kind="calls.fetch_recording").exists()


def test_members_hear_it_in_ranges_and_nobody_else_does(left, plumber, dentist):
    owner = Member(plumber.owner, plumber.host)
    path = f"/calls/{left.pk}/voicemail/"

    def ask(**headers: str):
        answer = owner.client.get(path, headers={"host": owner.host, **headers})
        return answer, b"".join(answer.streaming_content) if answer.streaming else b""

    whole, content = ask()
    assert whole.status_code == 200 and content[:4] == b"RIFF"
    assert whole["Content-Type"] == "audio/wav" and whole["Accept-Ranges"] == "bytes"
    assert whole["X-Content-Type-Options"] == "nosniff" and "private" in whole["Cache-Control"]
    assert whole["Content-Disposition"] == f'inline; filename="voicemail-{left.pk}.wav"'
    assert int(whole["Content-Length"]) == len(content)
    for asked, piece, said in (
        ("bytes=0-99", content[:100], f"bytes 0-99/{len(content)}"),
        ("bytes=100-", content[100:], f"bytes 100-{len(content) - 1}/{len(content)}"),
        (
            "bytes=-10",
            content[-10:],
            f"bytes {len(content) - 10}-{len(content) - 1}/{len(content)}",
        ),
        (f"bytes=5-{10**14}", content[5:], f"bytes 5-{len(content) - 1}/{len(content)}"),
    ):
        answer, got = ask(range=asked)
        assert (answer.status_code, answer["Content-Range"]) == (206, said) and got == piece
    assert ask(range=f"bytes={len(content)}-")[0].status_code == 416
    for nonsense in ("bytes=-", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5"):
        assert ask(range=nonsense)[1] == content
    # A stranger is sent to sign in; a member of another business finds nothing, at either host.
    assert Client().get(path, headers={"host": plumber.host}).status_code == 302
    Member(dentist.owner, dentist.host).get(path, 404)
    Member(dentist.owner, plumber.host).get(path, 404)
    owner.get("/calls/999999/voicemail/", 404)


def test_the_timeline_plays_it_and_playing_marks_it_heard(left, plumber, dentist):
    owner = Member(plumber.owner, plumber.host)
    with plumber.scope():
        conversation = Contact.objects.get(pk=left.contact_id).conversation.pk
    page = owner.get(f"/c/{conversation}/")
    assert f'src="/calls/{left.pk}/voicemail/"' in page and "not heard yet" in page
    assert owner.sent(f"/calls/{left.pk}/heard/").status_code == 204
    first = call_heard(plumber, left)
    assert first is not None and owner.sent(f"/calls/{left.pk}/heard/").status_code == 204
    assert call_heard(plumber, left) == first
    assert "not heard yet" not in owner.get(f"/c/{conversation}/")
    assert Member(dentist.owner, dentist.host).sent(f"/calls/{left.pk}/heard/").status_code == 404


def call_heard(biz, call: Call):
    with biz.scope():
        return Call.objects.get(pk=call.pk).heard_at


def test_its_words_are_kept_once_however_late_or_often(
    left, plumber, web_url, work, pass_time, dentist
):
    provider = Provider(plumber, web_url, path_prefix="/webhooks/simulator")

    def writes(words: str, call_sid: str, **more: str):
        fields = {
            "AccountSid": plumber.account_sid, "CallSid": call_sid, "TranscriptionSid": a_sid("TR"),
            "TranscriptionStatus": "completed", "TranscriptionText": words, **more,
        }  # fmt: skip
        return provider.post("voice/transcript", fields)

    assert writes("Please call me\n back. <b>Sam</b>", left.provider_id).status_code == 200
    writes("Something else", left.provider_id)
    writes("", left.provider_id, TranscriptionStatus="failed")
    work()
    words = "Please call me back. <b>Sam</b>"
    with plumber.scope():
        assert Call.objects.get(pk=left.pk).transcript == words
        conversation = Contact.objects.get(pk=left.contact_id).conversation.pk
    page = Member(plumber.owner, plumber.host).get(f"/c/{conversation}/")
    assert "Please call me back. &lt;b&gt;Sam" in page and "Written by a machine" in page
    # Sooner than the call itself is worked on, it waits for it.
    early = provider.call()
    early.arrives()
    writes("Am I early?", early.sid)
    agenda.run_due("bulk")
    assert AgendaItem.objects.filter(kind="calls.transcript").count() == 1
    agenda.run_due("realtime")
    pass_time(10)
    work()
    assert call_of(plumber, early.sid).transcript == "Am I early?"
    assert provider.post("voice/transcript", {"CallSid": "CA1"}, signature="x").status_code == 403
    with dentist.scope():
        assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("words", "is_out"),
    [
        ("Hi, call me back please, and don't text me any more.", True),
        ("This is Sam. Stop texting me. I only want a phone call.", True),
        ("Hi, could you stop by tomorrow? The sink leaks again.", False),
        ("Text me when you are on your way.", False),
        ("Hi, this is Joe, the sink is leaking. End of message.", False),
    ],
)
def test_whoever_asks_for_no_texts_in_a_voicemail_gets_none(
    left, plumber, dentist, web_url, work, words, is_out
):
    provider = Provider(plumber, web_url, path_prefix="/webhooks/simulator")
    fields = {
        "AccountSid": plumber.account_sid, "CallSid": left.provider_id,
        "TranscriptionStatus": "completed", "TranscriptionText": words,
    }  # fmt: skip
    provider.post("voice/transcript", fields)
    work()
    with plumber.scope():
        contact = Contact.objects.get(pk=left.contact_id)
        assert (contact.opted_out_at is not None) is is_out
        events = ConsentEvent.objects.filter(contact=contact, channel="voicemail")
        assert [event.kind for event in events] == (["opt_out"] if is_out else [])
        assert Alert.objects.filter(code="VOICEMAIL_SAYS_STOP").count() == is_out
        assert contact.paused_until is None
    with dentist.scope():
        assert not ConsentEvent.objects.exists() and not Alert.objects.exists()


def test_a_voicemail_that_may_mean_no_texts_pauses_until_somebody_decides(
    left, plumber, dentist, web_url, work
):
    words = "Hi, please remove me from the list for tomorrow's visit."
    provider = Provider(plumber, web_url, path_prefix="/webhooks/simulator")
    fields = {
        "AccountSid": plumber.account_sid, "CallSid": left.provider_id,
        "TranscriptionStatus": "completed", "TranscriptionText": words,
    }  # fmt: skip
    provider.post("voice/transcript", fields)
    work()
    with plumber.scope():
        contact = Contact.objects.get(pk=left.contact_id)
        assert contact.opted_out_at is None and contact.paused_until > timezone.now()
        event = ConsentEvent.objects.get(contact=contact, channel="voicemail")
        assert (event.kind, event.provider_id) == ("pause", left.provider_id)
        alert = Alert.objects.get(code="COULD_MEAN_STOP", contact=contact)
        assert words in alert.sentence and alert.subject == str(contact.pk)
    # We asked them nothing: their yes is an answer to somebody else, and they go on by it.
    provider.text(left.caller, "Yes")
    work()
    with plumber.scope():
        contact = Contact.objects.get(pk=left.contact_id)
        assert contact.opted_out_at is None and contact.paused_until is None
        assert Alert.objects.get(code="COULD_MEAN_STOP").resolved_by == "their own answer"
    with dentist.scope():
        assert not ConsentEvent.objects.exists() and not Alert.objects.exists()


PLAIN = (
    "Don't text me.", "stop texting", "Take me off your texting list.", "Please no more texts.",
    "Don't call or text me again.", "Please stop sending me messages.", "Don't send me any texts.",
    "This is the wrong number, stop calling and texting me.",
    "Unsubscribe me from these messages please.", "Remove me from your text list.",
)  # fmt: skip
DOUBTFUL = (
    "Please remove me from the list for tomorrow's visit.", "Take my name off the list.",
    "I'd like to unsubscribe from your maintenance plan.", "Stop calling me.",
    "Do not contact me again.", "Stop.", "Call me back, and don't send texts to my wife.",
    "I can't get text messages on this phone, so please call.", "Deje de mandarme mensajes.",
)  # fmt: skip
INNOCENT = (
    "Hi, it's Ann, call me when you can.", "The pump will not stop, it keeps going.",
    "Could you stop by tomorrow? End of message.", "Please cancel my appointment on Monday.",
    "Don't call me back, I found somebody else.", "No thanks.", "You can text me back here.",
)  # fmt: skip


@pytest.mark.parametrize(
    ("label", "words"),
    [
        *(("opt_out", words) for words in PLAIN),
        *(("ambiguous", words) for words in DOUBTFUL),
        *(("not_opt_out", words) for words in INNOCENT),
    ],
)
def test_only_words_that_name_texts_opt_out_by_voice(label, words):
    assert refusing.read(words).label == label


def test_the_demo_s_network_writes_it_out_where_that_is_wanted(simulator, plumber, work, settings):
    settings.VOICEMAIL_TRANSCRIPTS = True
    _, sid = place(simulator, work, plumber, "no_answer", afterwards="leaves_message")
    assert "leak" in call_of(plumber, sid).transcript


def test_what_does_not_come_is_asked_for_ever_more_seldom_and_given_up(
    simulator, plumber, work, pass_time, settings, files
):
    settings.SIMULATOR_API_BASE_URL = "http://127.0.0.1:9"
    _, sid = place(simulator, work, plumber, "no_answer", afterwards="leaves_message")
    call = call_of(plumber, sid)
    with plumber.scope():
        # Its address is the network's; only the network does not answer.
        call.voicemail_url = "http://127.0.0.1:9/2010-04-01/Accounts/AC1/Recordings/RE1-4"
        call.save(update_fields=["voicemail_url"])
        with transaction.atomic():
            voicemails.want(call, plumber.business.pk, timezone.now())
    work()
    item = AgendaItem.objects.get(kind="calls.fetch_recording")
    assert item.state == "waiting" and item.due_at > timezone.now() + timedelta(seconds=3)
    assert call_of(plumber, sid).recording == "" and stored(files) == []
    AgendaItem.objects.filter(pk=item.pk).update(expires_at=timezone.now(), due_at=timezone.now())
    work()
    assert not AgendaItem.objects.filter(kind="calls.fetch_recording").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://evil.example/RE1.mp3",
        "http://user:pass@127.0.0.1/x",
    ],
)
def test_an_address_that_is_not_the_network_s_is_never_asked(
    simulator, plumber, work, files, url, left
):
    with plumber.scope():
        Call.objects.filter(pk=left.pk).update(voicemail_url=url, recording="")
        before = stored(files)
        with transaction.atomic():
            voicemails.want(Call.objects.get(pk=left.pk), plumber.business.pk, timezone.now())
    work()
    with plumber.scope():
        assert Call.objects.get(pk=left.pk).recording == ""
    assert stored(files) == before
    assert not AgendaItem.objects.filter(kind="calls.fetch_recording").exists()


def test_erasing_the_person_takes_the_sound_and_its_words(left, plumber, work, files, dentist):
    with plumber.scope():
        Call.objects.filter(pk=left.pk).update(transcript="I am Sam")
        contact = Contact.objects.get(pk=left.contact_id)
        erase(contact.pk, actor="owner", door="page", at=timezone.now())
    work()
    with plumber.scope():
        call = Call.objects.get(pk=left.pk)
    assert (call.recording, call.transcript, call.voicemail_url) == ("", "", "")
    assert stored(files) == [] and call.voicemail_seconds == 4
    assert not AgendaItem.objects.filter(kind="calls.forget_recording").exists()


def test_what_comes_after_the_erasing_is_not_kept(left, plumber, work, files):
    from calls.voicemails import _keep
    from tenants.agenda import Item

    with plumber.scope():
        url = left.voicemail_url
        Call.objects.filter(pk=left.pk).update(voicemail_url="", recording="")
        now = timezone.now()
        item = Item(
            1, "bulk", "calls.fetch_recording", plumber.business.pk, plumber.schema, str(left.pk),
            now, None, 1,
        )  # fmt: skip
        assert _keep(item, url, left.recording) is None
    work()
    assert stored(files) == []


def test_retention_takes_it_unless_a_hold_keeps_it(left, plumber, work, files):
    later = timezone.now() + timedelta(days=1)
    limits = Limits(later, 60, 1)
    before = limits.recordings_before
    with plumber.scope(), transaction.atomic():
        Call.objects.filter(pk=left.pk).update(started_at=before - timedelta(days=1))
        held = frozenset({left.contact_id})
        assert Recordings().count(limits, held).held == 1
        assert Recordings().purge(limits, held, 10) == 0
    work()
    assert stored(files) == [left.recording]
    with plumber.scope(), transaction.atomic():
        assert Recordings().purge(limits, frozenset(), 10) == 1
    work()
    with plumber.scope():
        call = Call.objects.get(pk=left.pk)
    assert (call.recording, call.voicemail_url, stored(files)) == ("", "", [])
    assert Counter(
        bool(event.params.get("RecordingUrl"))
        for event in ProviderEvent.objects.filter(subject=left.provider_id)
    ) == Counter({False: ProviderEvent.objects.filter(subject=left.provider_id).count()})


def test_a_line_that_was_moved_away_leaves_the_recording_alone(left, plumber, work, files):
    with plumber.scope(), transaction.atomic():
        Call.objects.filter(pk=left.pk).update(recording="", our_number="+13125559999")
        voicemails.want(Call.objects.get(pk=left.pk), plumber.business.pk, timezone.now())
    work()
    assert PhoneNumber.objects.filter(e164="+13125559999").exists() is False
    with plumber.scope():
        assert Call.objects.get(pk=left.pk).recording == ""
    assert a_caller() and not AgendaItem.objects.filter(kind="calls.fetch_recording").exists()
