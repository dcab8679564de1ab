"""Carriers and their codes: every one has its sources and a way back, and the code is exact."""

from __future__ import annotations

import pytest

from calls.forwarding.carriers import FILE, RulesetError, current, load
from calls.forwarding.codes import CodeError, compose, tel

LINE = "+13125550142"
WAYS = [(carrier.id, way.id) for carrier in current().carriers for way in carrier.ways]


@pytest.mark.parametrize(("carrier_id", "way_id"), WAYS)
def test_every_way_has_sources_and_can_be_undone(carrier_id, way_id):
    carrier = current().carrier(carrier_id)
    way = next(way for way in carrier.ways if way.id == way_id)
    assert way.sources and all(source.startswith("http") for source in way.sources)
    assert way.confidence in "HML" and way.covers
    assert all(code.off for code in way.codes) and (way.codes or way.off_steps)


@pytest.mark.parametrize(("carrier_id", "way_id"), WAYS)
def test_what_is_composed_names_the_line_and_never_forwards_everything(carrier_id, way_id):
    told = compose(current(), carrier_id, LINE, way_id=way_id)
    assert told.dials or told.steps
    for dial in told.dials:
        assert "3125550142" in dial.code and "{" not in dial.code + dial.off + dial.check
        assert not dial.code.startswith(("*72", "*21*", "**21*", "*002*", "**002*"))
        assert dial.code != told.everything
    if told.steps:
        assert any("3125550142" in step for step in told.steps) and told.off_steps
    assert told.everything and told.carrier.name
    assert {way.id for way in told.others} | {way_id} == {w for c, w in WAYS if c == carrier_id}


@pytest.mark.parametrize(
    ("carrier", "condition", "seconds", "way", "codes", "off"),
    [
        ("verizon", "no_answer", None, "", ["*713125550142"], ["*73"]),
        ("verizon", "busy", None, "", ["*713125550142"], ["*73"]),
        ("att", "no_answer", None, "", ["**61*+13125550142**20#"], ["##61#"]),
        ("att", "no_answer", 25, "", ["**61*+13125550142**25#"], ["##61#"]),
        ("att", "no_answer", None, "one-star", ["*61*+13125550142#"], ["##61#"]),
        ("att", "no_answer", None, "star-92", ["*923125550142#"], ["*93#"]),
        ("tmobile", "busy", None, "", ["**67*+13125550142#"], ["##67#"]),
        ("tmobile", "no_answer", 15, "voice-only", ["**61*+13125550142*11*15#"], ["##61#"]),
        ("tmobile", "missed", None, "all-at-once", ["**004*+13125550142#"], ["##004#"]),
        ("telus", "unreachable", None, "", ["*62*3125550142#"], ["#62#"]),
        ("landline", "no_answer", None, "", ["*923125550142"], ["*93"]),
        (
            "gsm", "missed", None, "",
            ["**61*+13125550142**20#", "**67*+13125550142#", "**62*+13125550142#"],
            ["##61#", "##67#", "##62#"],
        ),
    ],
)  # fmt: skip
def test_the_code_is_exact(carrier, condition, seconds, way, codes, off):
    told = compose(current(), carrier, LINE, condition, seconds, way)
    assert [dial.code for dial in told.dials] == codes
    assert [dial.off for dial in told.dials] == off


def test_what_a_way_does_not_forward_is_said():
    told = compose(current(), "verizon", LINE)
    assert told.not_covered == ("unreachable",) and "off or out of reach" in told.missing_words
    assert told.seconds is None and told.everything == "*723125550142"
    assert compose(current(), "att", LINE).not_covered == ()


def test_a_dial_tone_in_between_is_said():
    (dial, _) = compose(current(), "frontier", LINE).dials
    assert (dial.tone, dial.after_tone) == ("*92", "43125550142")


def test_a_pound_key_survives_in_a_link():
    assert tel("**61*+13125550142**20#") == "tel:**61*+13125550142**20%23"
    assert compose(current(), "att", LINE).dials[0].off_link == "tel:%23%2361%23"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"carrier_id": "nobody"}, "carrier"),
        ({"number": "+442071234567"}, "number"),
        ({"number": "+18005550142"}, "number"),
        ({"number": "+19005550142"}, "number"),
        ({"number": "3125550142"}, "number"),
        ({"number": "+11125550142"}, "number"),
        ({"condition": "always"}, "condition"),
        ({"seconds": 7}, "seconds"),
        ({"way_id": "nothing"}, "way"),
    ],
)
def test_what_cannot_be_composed_names_its_field(arguments, field):
    with pytest.raises(CodeError) as wrong:
        compose(current(), **({"carrier_id": "att", "number": LINE} | arguments))
    assert wrong.value.field == field and wrong.value.sentence


def test_traps_are_told_where_they_bite():
    mobile = {trap.id for trap in compose(current(), "att", LINE).traps}
    fixed = {trap.id for trap in compose(current(), "landline", LINE).traps}
    assert {"live-voicemail", "silence-unknown", "settings-toggle"} <= mobile
    assert "live-voicemail" not in fixed and "voicemail-first" in fixed


@pytest.mark.parametrize(
    ("stands", "instead", "said"),
    [
        ('off: "##61#"', "off: 'press ##61#'", "no keypad has"),
        ('on: "**61*{e164}#"', 'on: "**21*{e164}#"', "forwards every call"),
        ('on: "*71{ten}"', 'on: "*72{ten}"', "forwards every call"),
        ('on: "*71{ten}"', 'on: "*71{tne}"', "unknown placeholder {tne}"),
        ('on: "*71{ten}"', 'on: "*71"', "leaves a number out"),
        (', off: "*73" }', " }", "off is missing"),
        ("confidence: M", "confidence: X", "expected H, M, L"),
        ("sources: adaptlocal, phonenews", "sources: hearsay", "unknown source hearsay"),
        ("kind: landline", "kind: teapot", "expected mobile, landline, voip"),
        ("covers: no_answer, on", "covers: always, on", "expected no_answer"),
        ("id: verizon\n", "id: att\n", "att stands twice"),
        ("  apple: https", "  apple: hptts", "expected an address"),
        ("seconds: 5, 10, 15, 20, 25, 30", "seconds: 5, 3", "expected seconds"),
    ],
)
def test_a_file_that_cannot_be_used_names_file_and_line(tmp_path, stands, instead, said):
    text = FILE.read_text()
    assert stands in text
    spoilt = tmp_path / "carriers.yaml"
    spoilt.write_text(text.replace(stands, instead, 1))
    with pytest.raises(RulesetError, match=r"^carriers\.yaml:\d+: ") as wrong:
        load(spoilt)
    assert said in str(wrong.value)
