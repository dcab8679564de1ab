"""What may be set on a line: each wrong value is named by its field; and what a sound file is."""

from __future__ import annotations

import pytest

from calls import greetings, line_rules, sounds

E164 = "+13125550100"
FINE = {
    "label": "Main", "answering": "staff_first", "staff_numbers": ["+13125550190"],
    "ring_order": "at_once", "ring_seconds": 20, "press_one": True, "greeting": "",
    "voicemail": True, "posture": "", "consent_digit": "1", "consent_prompt": "",
    "emergency_digit": "", "emergency_number": "",
}  # fmt: skip


def wrong(floor: str = "implied", forwards_from: str = "", **values) -> dict[str, str]:
    return line_rules.problems(
        FINE | values, e164=E164, ours={"+13125550101"}, forwards_from=forwards_from, floor=floor
    )


def test_what_is_fine_is_fine():
    assert wrong() == {}
    assert wrong(answering="greeting", staff_numbers=[]) == {}
    assert wrong(emergency_digit="9", emergency_number="+13125550199") == {}
    assert wrong(posture="press_one", consent_digit="#") == {}
    assert wrong(greeting="{business} opens {next_open}, call { phone }") == {}


@pytest.mark.parametrize(
    ("field", "values", "says"),
    [
        ("label", {"label": "x" * 41}, "40"),
        ("label", {"label": "a\x00b"}, "cannot be shown"),
        ("answering", {"answering": "robot"}, "staff_first"),
        ("ring_order", {"ring_order": "random"}, "at_once"),
        ("ring_seconds", {"ring_seconds": 4}, "5 to 60"),
        ("ring_seconds", {"ring_seconds": 61}, "5 to 60"),
        ("ring_seconds", {"ring_seconds": None}, "5 to 60"),
        ("staff_numbers", {"staff_numbers": []}, "at least one"),
        ("staff_numbers", {"staff_numbers": [], "answering": "by_hours"}, "at least one"),
        ("staff_numbers", {"staff_numbers": [E164]}, "ring itself"),
        ("staff_numbers", {"staff_numbers": ["+13125550101"]}, "circle"),
        ("staff_numbers", {"staff_numbers": [f"+1312555{n:04d}" for n in range(11)]}, "10"),
        ("greeting", {"greeting": "Hi {caller_name}"}, "{caller_name}"),
        ("greeting", {"greeting": "Hi {}"}, "{}"),
        ("greeting", {"greeting": "Hi {busi-ness}"}, "belongs to no field"),
        ("greeting", {"greeting": "x" * 601}, "600"),
        ("greeting", {"greeting": "a\x00b"}, "cannot be spoken"),
        ("posture", {"posture": "none"}, "implied"),
        ("consent_digit", {"consent_digit": ""}, "0 to 9"),
        ("consent_digit", {"consent_digit": "12"}, "0 to 9"),
        ("consent_digit", {"consent_digit": "٣"}, "0 to 9"),
        ("consent_prompt", {"consent_prompt": "Reply STOP to a text."}, "{key}"),
        ("consent_prompt", {"consent_prompt": "Press 2 for a text. STOP."}, "{key}"),
        ("consent_prompt", {"consent_prompt": "Press 12 for a text. STOP."}, "{key}"),
        ("consent_prompt", {"consent_prompt": "Press {key} for news. STOP."}, "a text"),
        ("consent_prompt", {"consent_prompt": "Press {key} for a text."}, "opt out"),
        ("consent_prompt", {"consent_prompt": "{name}, press {key} for a text. STOP"}, "{name}"),
        ("emergency_digit", {"emergency_number": "+13125550199"}, "key"),
        ("emergency_number", {"emergency_digit": "9"}, "whose phone"),
        ("emergency_digit",
         {"emergency_digit": "1", "emergency_number": "+13125550199"}, "already asks"),
        ("emergency_number", {"emergency_digit": "9", "emergency_number": "911"}, "no phone"),
        ("emergency_number", {"emergency_digit": "9", "emergency_number": E164}, "itself"),
    ],
)  # fmt: skip
def test_each_wrong_value_is_named(field, values, says):
    found = wrong(**values)
    assert set(found) == {field} and says in found[field]


NEVER = (
    "+19005550123", "+19765550123", "+13129765555", "+15005550190", "+17005550100", "+12115550100",
    "+18765550123", "+18095550123", "+882161234567", "+881612345678", "+883510000000",
    "+870773111632", "+979123456789", "+80012345678", "+449098790000", "+442071838750",
    "+5355550142",
)  # fmt: skip


@pytest.mark.parametrize("number", NEVER)
def test_what_costs_extra_or_is_far_away_is_not_rung(number):
    assert "staff_numbers" in wrong(staff_numbers=[number])
    assert "emergency_number" in wrong(emergency_digit="9", emergency_number=number)


def test_phones_at_home_are_rung_whatever_the_tables_know_of_them():
    for number in ("+18005550199", "+17875550100", "+16045550142", "+17295550100"):
        assert wrong(staff_numbers=[number]) == {}
    # A line abroad rings the phones of its own country, and of no third.
    assert line_rules.not_rung("+442071838750", "+442071838751") == ""
    assert "abroad" in line_rules.not_rung("+442071838750", "+33142685300")
    assert line_rules.not_rung("nonsense", E164)


def test_no_line_with_us_is_rung_nor_what_leads_back():
    for name in ("others", "circles"):
        found = line_rules.problems(
            FINE,
            e164=E164,
            ours=(),
            forwards_from="",
            floor="implied",
            **{name: FINE["staff_numbers"]},
        )
        assert set(found) == {"staff_numbers"} and "circle" in found["staff_numbers"]


def test_a_way_back_is_found_over_other_lines():
    a, b, public_a, public_b, other = (f"+1312555020{n}" for n in range(5))
    ways = [(a, public_a, [public_b]), (b, public_b, [public_a, other])]
    assert line_rules.coming_back(a, [public_b, other], ways) == {public_b}
    assert line_rules.coming_back(a, [public_b], [(b, public_b, [other])]) == set()
    assert line_rules.coming_back(a, [], ways) == set()


def test_whatever_is_forwarded_here_is_not_rung_from_here():
    public = "+13125550177"
    values = {
        "staff_numbers": [public], "emergency_digit": "9", "emergency_number": public,
    }  # fmt: skip
    assert set(wrong(forwards_from=public, **values)) == {"staff_numbers", "emergency_number"}


def test_a_line_is_never_milder_than_the_policy():
    assert "Spoken notice" in wrong(floor="notice", posture="implied")["posture"]
    assert wrong(floor="notice", posture="notice") == wrong(floor="notice") == {}


def test_phones_are_read_as_people_write_them():
    typed = "(312) 555-0190\n312.555.0191, +1 312 555 0190;\n"
    assert line_rules.read_phones(typed) == (["+13125550190", "+13125550191"], "")
    for bad in ("555", "911", "call Sam", "+1900", "０１２"):
        _, problem = line_rules.read_phones(f"(312) 555-0190\n{bad}")
        assert f"“{bad}”" in problem


def test_a_number_is_spoken_digit_by_digit():
    assert greetings.spoken("+13125550142") == "3 1 2, 5 5 5, 0 1 4 2"
    assert greetings.spoken("+442071838750") == "4 4 2 0 7 1 8 3 8 7 5 0"


FRAME = b"\xff\xfb\x90\x64" + bytes(60)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "wav"),
        (FRAME, "mp3"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05hello" + FRAME, "mp3"),
        (b"OggS" + bytes(40), "ogg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05hello<script>alert(1)</script>", ""),
        (b"ID3", ""),
        (b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(40), ""),
        (b"RIFF\x24\x00\x00\x00WAVE", ""),
        (b"<html><body>x</body></html>", ""),
        (b"\xff\xff\xff\xff" + bytes(40), ""),
        (b"MZ\x90\x00", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_its_bytes_say(content, kind):
    assert sounds.kind_of(content) == kind
