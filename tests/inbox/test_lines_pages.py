"""The pages of lines and hours: who sees and changes what, what is kept, and what wrong entries say."""

from __future__ import annotations

import io
import wave
from datetime import date, time

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from calls.models import Holiday, OpeningHours
from calls.timetable import DAYS_END
from messaging.models import AuditEntry
from tenants.models import Business, CompiledHours, PhoneNumber
from tests.inbox.conftest import Member

FORM = {
    "label": "Main", "answering": "staff_first", "staff_numbers": "(312) 555-0190\n(312) 555-0191",
    "ring_order": "in_order", "ring_seconds": "25", "press_one": "on",
    "greeting": "You have reached {business}. We open {next_open}.", "voicemail": "on",
    "posture": "", "consent_digit": "1", "consent_prompt": "", "emergency_digit": "9",
    "emergency_number": "(312) 555-0199",
}  # fmt: skip


def a_wav(seconds: float = 0.1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(int(8000 * seconds)))
    return out.getvalue()


def named(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


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


@pytest.fixture
def line(plumber) -> PhoneNumber:
    return PhoneNumber.objects.get(e164=plumber.number)


def fresh(line: PhoneNumber) -> PhoneNumber:
    return PhoneNumber.objects.get(pk=line.pk)


def test_every_page_opens_for_members_and_for_nobody_else(owner, agent, other_owner, line, dentist):
    for path in ("/lines/", f"/lines/{line.pk}/", "/lines/hours/"):
        assert "(312) 555-0100" in owner.get(path) or "hours" in path
        agent.get(path)
        Member(None, owner.host).get(path, 302)
        Member(dentist.owner, owner.host).get(path, 404)
    assert "(312) 555-0100" not in other_owner.get("/lines/")
    other_owner.get(f"/lines/{line.pk}/", 404)
    other_owner.post(f"/lines/{line.pk}/", FORM, 404)
    other_owner.post(f"/lines/{line.pk}/preview/", FORM, 404)
    assert fresh(line).label == ""


def test_a_card_says_in_one_sentence_how_the_line_answers(owner, other_owner):
    said = owner.get("/lines/")
    assert "Rings (312) 555-0190 and (312) 555-0191 for" in said
    assert "then greeting and voicemail." in said
    assert "Straight to greeting and voicemail." in other_owner.get("/lines/")


def test_a_line_is_set_and_noted(owner, line, plumber, dentist):
    said = owner.post(f"/lines/{line.pk}/", FORM)
    assert "The next call is answered this way." in said
    kept = fresh(line)
    assert (kept.label, kept.ring_order, kept.ring_seconds) == ("Main", "in_order", 25)
    assert kept.staff_numbers == ["+13125550190", "+13125550191"]
    assert (kept.emergency_digit, kept.emergency_number) == ("9", "+13125550199")
    with plumber.scope():
        (entry,) = AuditEntry.objects.filter(action="line.change")
    assert "label" in entry.detail["fields"] and "voicemail" not in entry.detail["fields"]
    assert "+1312" not in str(entry.detail)
    assert "changed how a line answers" in owner.get("/compliance/privacy/")
    assert "Nothing was changed." in owner.post(f"/lines/{line.pk}/", FORM)
    with plumber.scope():
        assert AuditEntry.objects.filter(action="line.change").count() == 1
    with dentist.scope():
        assert not AuditEntry.objects.filter(action="line.change").exists()
    assert PhoneNumber.objects.get(e164=dentist.number).label == ""


def test_who_does_not_govern_sees_it_and_changes_nothing(agent, manager, line):
    assert "An owner or a manager changes it" in agent.get(f"/lines/{line.pk}/")
    assert "owner or a manager" in agent.post(f"/lines/{line.pk}/", FORM, 403)
    assert "owner or a manager" in agent.post("/lines/hours/", {}, 403)
    agent.post("/lines/hours/holidays/", {"date": "2027-01-01", "name": "x"}, 403)
    agent.post("/lines/hours/holidays/1/remove/", {}, 403)
    assert fresh(line).label == ""
    manager.post(f"/lines/{line.pk}/", FORM)
    assert fresh(line).label == "Main"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("greeting", "Hello {first_name}", "There is no field {first_name}"),
        ("staff_numbers", "(312) 555-0190\nSam", "“Sam” is no phone number"),
        ("ring_seconds", "soon", "5 to 60"),
        ("ring_seconds", "999999999999", "5 to 60"),
        ("emergency_digit", "1", "already asks for a text"),
        ("emergency_number", "(312) 555-0100", "ring itself"),
        ("staff_numbers", "+16025550100", "line of this service"),
        ("emergency_number", "+16025550100", "line of this service"),
        ("staff_numbers", "+1 900 555 0123", "costs extra"),
        ("emergency_number", "+882161234567", "costs extra"),
        ("staff_numbers", "+18765550123", "abroad"),
        ("label", "Ma\x07in", "cannot be shown"),
        ("answering", "'; DROP TABLE", "staff_first"),
        ("posture", "everybody", "implied"),
        ("label", "<script>alert(1)</script>" * 3, "40 characters"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_typed_is_lost(owner, line, field, value, says):
    typed = {**FORM, "consent_prompt": "Press {key} for a text. STOP ends it.", field: value}
    page = owner.post(f"/lines/{line.pk}/", typed, 422)
    assert says.replace("'", "&#x27;") in page and "<script>alert" not in page
    assert ("STOP ends it." in page and "We open {next_open}." in page) or field == "greeting"
    assert fresh(line).label == ""


@pytest.mark.parametrize("field", FORM)
def test_a_nul_in_a_field_is_no_error_of_ours(owner, line, field):
    typed = {**FORM, field: "a\x00b"}
    for path in (f"/lines/{line.pk}/", f"/lines/{line.pk}/preview/"):
        answer = owner.client.post(path, typed, headers={"host": owner.host})
        assert answer.status_code in (200, 302, 422)
    assert "\x00" not in str(vars(fresh(line)))


def test_phones_that_forward_in_a_circle_are_named(owner, line, plumber, dentist):
    mine, theirs = "+13125550161", "+16025550162"
    PhoneNumber.objects.filter(pk=line.pk).update(forwards_from=mine)
    PhoneNumber.objects.filter(e164=dentist.number).update(
        forwards_from=theirs, answering="staff_first", staff_numbers=[mine]
    )
    page = owner.post(f"/lines/{line.pk}/", {**FORM, "staff_numbers": theirs}, 422)
    assert "come back here" in page
    PhoneNumber.objects.filter(e164=dentist.number).update(staff_numbers=["+16025550190"])
    owner.post(f"/lines/{line.pk}/", {**FORM, "staff_numbers": theirs}, 302)
    assert fresh(line).staff_numbers == [theirs]


def test_the_preview_follows_what_is_typed_and_keeps_nothing(agent, line):
    story = agent.post(f"/lines/{line.pk}/preview/", FORM, 200)
    assert "ring one after the other for up to 25 s each" in story
    assert "Key 9 rings the person on call, (312) 555-0199" in story
    assert "You have reached Lakeside Plumbing. We open" in story and "{next_open}" not in story
    # What is wrong is shown as it is kept, never as an error page.
    assert "for up to 20 s" in agent.post(
        f"/lines/{line.pk}/preview/", {**FORM, "ring_seconds": "x"}, 200
    )
    agent.post(f"/lines/{line.pk}/preview/", {}, 200)
    assert fresh(line).label == ""


def test_the_preview_escapes_what_is_typed(agent, line):
    nasty = {**FORM, "greeting": "<img src=x onerror=alert(1)>"}
    assert "<img src=x" not in agent.post(f"/lines/{line.pk}/preview/", nasty, 200)


def test_a_line_is_stricter_than_its_policy_or_as_it_is_never_milder(owner, line, plumber):
    Business.objects.filter(pk=plumber.business.pk).update(posture="notice")
    page = owner.get(f"/lines/{line.pk}/")
    assert 'value="press_one"' in page and 'value="implied"' not in page
    refused = owner.post(f"/lines/{line.pk}/", {**FORM, "posture": "implied"}, 422)
    assert "Your policy requires at least" in refused
    owner.post(f"/lines/{line.pk}/", {**FORM, "posture": "press_one"})
    assert fresh(line).posture == "press_one"


# --- a recorded greeting -----------------------------------------------------------------------


def test_a_recording_is_kept_played_and_taken_away_again(
    owner, other_owner, line, work, pass_time, plumber
):
    words = {**FORM, "greeting": "Hello, this is Sam."}
    owner.post(f"/lines/{line.pk}/", {**words, "recording": named("hi.wav", a_wav())})
    path = fresh(line).greeting_recording
    assert path.startswith(f"greetings/{plumber.schema}/") and path.endswith(".wav")
    assert "hi" not in path and default_storage.exists(path)
    assert "Your recording plays" in owner.get(f"/lines/{line.pk}/")
    sound = owner.client.get(f"/lines/{line.pk}/greeting/", headers={"host": owner.host})
    assert sound.status_code == 200 and sound["Content-Type"] == "audio/wav"
    assert b"".join(sound.streaming_content) == a_wav()
    other_owner.get(f"/lines/{line.pk}/greeting/", 404)
    # The provider's address needs no sign-in, only the signature.
    from calls.greeting_files import public_url

    url = public_url(path).removeprefix("http://").partition("/")[2]
    public = Client().get(f"/{url}", headers={"host": "ringback.test"})
    if public.status_code == 400:
        public = Client().get(f"/{url}", headers={"host": "localhost"})
    assert public.status_code == 200 and public["X-Content-Type-Options"] == "nosniff"
    assert Client().get(f"/{url}x", headers={"host": "localhost"}).status_code == 404
    owner.post(f"/lines/{line.pk}/", {**words, "drop_recording": "on"})
    assert fresh(line).greeting_recording == "" and default_storage.exists(path)
    pass_time(3700)  # a call in progress may have been playing it
    work()
    assert not default_storage.exists(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.mp3", b"<html><script>alert(1)</script></html>", "no MP3 or WAV"),
        ("a.wav", b"OggS" + bytes(100), "no MP3 or WAV"),
        ("a.mp3", b"", "no MP3 or WAV"),
        ("a.wav", a_wav(0) + bytes(40), "no sound in this file"),
        ("a.wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(80), "no sound in this file"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(5 * 1024 * 1024), "at most 5 MB"),
    ],
)
def test_what_is_no_sound_is_refused_whatever_it_is_called(owner, line, files, name, content, says):
    typed = {**FORM, "greeting": "Hello.", "recording": named(name, content)}
    assert says in owner.post(f"/lines/{line.pk}/", typed, 422)
    assert fresh(line).greeting_recording == "" and not list(files.rglob("*.*"))


def test_a_recording_without_its_words_is_refused(owner, line, files):
    typed = {**FORM, "greeting": " ", "recording": named("a.wav", a_wav())}
    assert "Type what the recording says" in owner.post(f"/lines/{line.pk}/", typed, 422)
    assert not list(files.rglob("*.*"))


# --- hours -------------------------------------------------------------------------------------


def week(**days) -> dict[str, object]:
    form: dict[str, object] = {}
    for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        spans = days.get(name)
        form[f"day-{number}"] = "always" if spans == "always" else "spans" if spans else "closed"
        if spans and spans != "always":
            form[f"opens-{number}"] = [opens for opens, _ in spans]
            form[f"closes-{number}"] = [closes for _, closes in spans]
    return form


def test_hours_are_kept_compiled_for_the_phone_and_noted(owner, plumber, dentist):
    theirs = CompiledHours.objects.get(business=dentist.business.pk).spans
    form = week(
        mon=[("08:00", "12:00"), ("13:00", "17:00")], fri=[("22:00", "02:00")], sun="always"
    )
    said = owner.post("/lines/hours/", form)
    assert "answered by these hours" in said and 'value="22:00"' in said and 'value="02:00"' in said
    with plumber.scope():
        kept = list(OpeningHours.objects.values_list("weekday", "opens", "closes"))
        (entry,) = AuditEntry.objects.filter(action="hours.change")
    assert kept == [
        (0, time(8), time(12)), (0, time(13), time(17)), (4, time(22), DAYS_END),
        (5, time(0), time(2)), (6, time(0), DAYS_END),
    ]  # fmt: skip
    assert "Friday 10:00 PM to 2:00 AM" in entry.detail["week"]
    compiled = CompiledHours.objects.get(business=plumber.business.pk)
    assert compiled.spans[3] == [5, "00:00", "02:00"]
    assert CompiledHours.objects.get(business=dentist.business.pk).spans == theirs
    assert "Nothing was changed." in owner.post("/lines/hours/", form)


def test_overlaps_are_named_at_their_day_and_what_was_typed_stays(owner, plumber):
    form = week(fri=[("22:00", "02:00")], sat=[("01:00", "05:00")], mon=[("nine", "17:00")])
    page = owner.post("/lines/hours/", form, 422)
    assert "Friday 10:00 PM to 2:00 AM and Saturday 1:00 AM to 5:00 AM overlap." in page
    assert "“nine” is no time." in page and 'value="nine"' in page and 'value="22:00"' in page
    with plumber.scope():
        assert not OpeningHours.objects.filter(opens=time(22)).exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"day-0": "spans", "opens-0": ["9:\x0000"], "closes-0": ["\x00"]},
        {"day-0": "spans"},
        {"day-0": "spans", "opens-0": ["9:00"] * 50},
        {"day-9": "always"},
    ],
)
def test_a_crooked_form_is_no_error_of_ours(owner, form):
    answer = owner.sent("/lines/hours/", form)
    assert answer.status_code in (302, 422)


def test_days_off_are_added_and_taken_away(owner, plumber, dentist):
    assert "None is listed yet" in owner.get("/lines/hours/")
    page = owner.get("/lines/hours/")
    first = page.partition('name="day" value="')[2].partition('"')[0]
    assert "Added 1 day." in owner.post(
        "/lines/hours/holidays/", {"which": "ready", "day": [first, "1999-01-01"]}
    )
    ahead = date.fromisoformat(first).replace(year=date.fromisoformat(first).year + 1)
    own = {"date": ahead.isoformat(), "name": "<b>Outing</b>"}
    said = owner.post("/lines/hours/holidays/", own)
    assert "&lt;b&gt;Outing" in said and "Already there." in owner.post(
        "/lines/hours/holidays/", own
    )
    assert first in CompiledHours.objects.get(business=plumber.business.pk).closed
    with plumber.scope():
        holiday = Holiday.objects.get(date=ahead)
    assert "Removed" in owner.post(f"/lines/hours/holidays/{holiday.pk}/remove/")
    owner.post(f"/lines/hours/holidays/{holiday.pk}/remove/")
    with plumber.scope():
        assert not Holiday.objects.filter(date=ahead).exists()
        actions = AuditEntry.objects.filter(action__startswith="holidays.")
        assert sorted(actions.values_list("action", flat=True)) == [
            "holidays.add", "holidays.add", "holidays.remove",
        ]  # fmt: skip
    with dentist.scope():
        assert not Holiday.objects.exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"date": "", "name": "Outing"}, "Choose a day."),
        ({"date": "2026-02-30", "name": "Outing"}, "Choose a day."),
        ({"date": "1999-01-01", "name": "Outing"}, "from today on"),
        ({"date": "9999-12-31", "name": "Outing"}, "within five years"),
        ({"date": "2027-05-05", "name": " "}, "Give the day a name"),
        ({"date": "2027-05-05", "name": "x" * 81}, "At most 80"),
        ({"date": "2027-05-05", "name": "Out\x07ing"}, "cannot be shown"),
        ({"date": "2027-\x0705-05", "name": "Outing"}, "Choose a day."),
        ({"which": "ready", "day": "\x00"}, "Tick at least one day."),
        ({"which": "ready"}, "Tick at least one day."),
    ],
)
def test_a_day_off_that_cannot_be_is_named(owner, plumber, typed, says):
    page = owner.post("/lines/hours/holidays/", typed, 422)
    assert says in page
    if typed.get("name", "").strip():
        assert f'value="{typed["name"]}"' in page
    with plumber.scope():
        assert not Holiday.objects.exists()
