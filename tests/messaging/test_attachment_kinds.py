"""What files are by their bytes, and what is left of a picture when it was made anew."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from messaging.attachments import pictures, sniffing
from messaging.attachments.pictures import NoPicture, made_anew, made_to_send
from tests.support import pictures as samples


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (samples.picture("JPEG"), sniffing.JPEG),
        (samples.picture("PNG"), sniffing.PNG),
        (samples.picture("GIF"), sniffing.GIF),
        (samples.picture("WEBP"), sniffing.WEBP),
        (samples.HEIC, sniffing.HEIC),
        (b"\x00\x00\x00\x1cftypavif" + b"\x00" * 20, sniffing.AVIF),
        (samples.MP4, sniffing.MP4),
        (b"\x00\x00\x00\x18ftyp3gp4" + b"\x00" * 20, sniffing.THREE_GP),
        (b"\x00\x00\x00\x14ftypqt  " + b"\x00" * 20, sniffing.MOV),
        (b"\x00\x00\x00\x14ftypM4A " + b"\x00" * 20, sniffing.M4A),
        (b"#!AMR\n" + b"\x00" * 20, sniffing.AMR),
        (b"ID3\x03" + b"\x00" * 20, sniffing.MP3),
        (b"\xff\xfb\x90\x64" + b"\x00" * 20, sniffing.MP3),
        (b"OggS" + b"\x00" * 20, sniffing.OGG),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", sniffing.WAV),
        (samples.PDF, sniffing.PDF),
        (samples.VCARD, sniffing.VCARD),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", sniffing.ICAL),
        ("Gate code is 4412, ¿sí?".encode(), sniffing.TEXT),
    ],
)
def test_bytes_say_what_a_file_is(content, kind):
    assert sniffing.kind_of(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"", samples.SVG, samples.PAGE, samples.ZIP, b"MZ\x90\x00", b"\x7fELF", b"RIFF1234AVI ",
        b"#!/bin/sh\nrm -rf /", b"  <ScRiPt>alert(1)</script>", b"<svg/onload=alert(1)>",
        b"hello\x00there", b"\xff\xfe<\x00s\x00c\x00", b"caf\xe9", b"a" * 300_000,
        "\ufeff<html>".encode(), b"BEGIN:VCARD\nNOTE:<script>x</script>\nEND:VCARD",
        b"\x00\x00\x00\x18ftypevil" + b"\x00" * 20, b"\xff\xe0\x00\x00",
    ],
)  # fmt: skip
def test_what_could_run_or_is_unknown_is_nothing_we_keep(content):
    assert sniffing.kind_of(content) is None


@given(st.binary(max_size=400))
def test_any_bytes_have_an_answer(content):
    kind = sniffing.kind_of(content)
    assert kind is None or kind in sniffing.KINDS.values()


def test_no_kind_a_browser_would_run_is_on_the_list():
    for kind in sniffing.KINDS.values():
        assert not {"html", "svg", "xml", "script"} & set(
            kind.content_type.replace("/", "+").split("+")
        )


def test_a_photograph_is_upright_and_says_nothing_of_where_it_was_taken():
    came = samples.photograph()
    assert b"Somebody's phone" in came and Image.open(io.BytesIO(came)).getexif()
    made = made_anew(came, sniffing.JPEG)
    assert (made.width, made.height) == (320, 640)
    for content in (made.content, made.preview):
        kept = Image.open(io.BytesIO(content))
        assert not kept.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & set(kept.info)
        assert b"phone" not in content and b"script" not in content
    assert Image.open(io.BytesIO(made.preview)).format == "WEBP"


def test_what_is_hidden_in_a_picture_is_gone():
    came = samples.png_with_page()
    assert came.count(b"<script>") == 2
    made = made_anew(came, sniffing.PNG)
    assert b"script" not in made.content and b"html" not in made.content + made.preview


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    made = made_anew(samples.picture(size=(4000, 3000)), sniffing.JPEG)
    assert (made.width, made.height) == (2560, 1920)
    assert max(Image.open(io.BytesIO(made.preview)).size) == pictures.PREVIEW_EDGE


def test_what_can_be_seen_through_stays_so_but_not_in_a_text():
    out = io.BytesIO()
    Image.new("RGBA", (90, 40), (200, 30, 30, 90)).save(out, "PNG")
    made = made_anew(out.getvalue(), sniffing.PNG)
    assert made.kind is sniffing.PNG
    assert Image.open(io.BytesIO(made.content)).mode == "RGBA"
    assert made_to_send(out.getvalue(), sniffing.PNG, 200_000).kind is sniffing.JPEG


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (samples.picture()[:4000], sniffing.JPEG, "no_picture"),
        (samples.picture("PNG")[:900], sniffing.PNG, "no_picture"),
        (samples.SCRIPT_AS_GIF, sniffing.GIF, "no_picture"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, sniffing.JPEG, "no_picture"),
        (samples.picture("PNG"), sniffing.JPEG, "no_picture"),
        (samples.huge_png(), sniffing.PNG, "too_many_pixels"),
        (samples.huge_png(60_000, 2), sniffing.PNG, "too_many_pixels"),
        # Read whole, unlike a JPEG: five kilobytes would take hundreds of megabytes of memory.
        (samples.huge_png(6_300, 6_300), sniffing.PNG, "too_many_pixels"),
    ],
)
def test_a_picture_that_is_none_is_refused_and_says_so(content, kind, code):
    with pytest.raises(NoPicture) as refused:
        made_anew(content, kind)
    assert refused.value.code == code


@given(st.integers(20, 3000), st.binary(min_size=1, max_size=40))
def test_no_broken_picture_does_more_than_refuse(at, noise):
    whole = _WHOLE
    broken = whole[: at % len(whole)] + noise + whole[at % len(whole) + len(noise) :]
    try:
        assert made_anew(broken, sniffing.JPEG).content
    except NoPicture as refused:
        assert refused.code


_WHOLE = samples.picture(size=(64, 48))


def test_a_picture_to_send_fits_into_a_text():
    noise = io.BytesIO()
    Image.effect_noise((3000, 2000), 120).convert("RGB").save(noise, "JPEG", quality=60)
    made = made_to_send(noise.getvalue(), sniffing.JPEG, 200_000)
    assert len(made.content) <= 200_000 and made.width >= 640
    with pytest.raises(NoPicture) as refused:
        made_to_send(noise.getvalue(), sniffing.JPEG, 2_000)
    assert refused.value.code == "too_detailed"
