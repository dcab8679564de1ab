"""Hostile and clumsy files: what is read, what is refused, and with which words."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from calls.audit.files import FileRefused, Limits, text_of

CSV = "Start,From,Result\n2026-01-02 15:04:05,+13125550142,José\n"


def text(content: bytes, limits: Limits | None = None) -> str:
    return "".join(text_of(io.BytesIO(content), limits or Limits(10_000_000)))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_encodings_are_found_out(encoding):
    assert text(CSV.encode(encoding)).replace("\ufeff", "") == CSV


def test_a_long_utf_16_file_is_read_piece_by_piece():
    assert text((CSV * 20_000).encode("utf-16")) == CSV * 20_000


@pytest.mark.parametrize("pack", [gzip.compress, lambda c: zipped(log_csv=c)])
def test_archives_of_one_csv_are_read(pack):
    content = (CSV * 5_000).encode()
    assert text(pack(content), Limits(10_000_000, ratio=2_000)) == CSV * 5_000


def test_gz_of_several_members_is_read_whole():
    assert text(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")) == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 \x00\x01", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (zipped(**{"xl/workbook.xml": b"<x/>"}), "Excel workbook"),
        (zipped(a_csv=b"x", b_csv=b"y"), "2 CSV files"),
        (zipped(photo_jpg=b"x"), "0 CSV files"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"a,b\n" * 2000 + b"\x00", "not a text file"),
        (gzip.compress(b"a,b\n" * 100, mtime=0)[:-12], "damaged"),
        (zipped(a_csv=b"x" * 5000)[:60] + b"\x00" * 50, "damaged"),
        (b"PK\x05\x06" + bytes(18), "empty"),
    ],
)
def test_what_is_no_call_log_is_refused_with_a_sentence(content, says):
    with pytest.raises(FileRefused) as refused:
        text(content)
    assert says in refused.value.sentence


@pytest.mark.parametrize("pack", [gzip.compress, lambda c: zipped(bomb_csv=c)])
def test_an_archive_that_bursts_is_stopped_early(pack):
    came, bomb = 0, io.BytesIO(pack(b"0" * 200_000_000))
    with pytest.raises(FileRefused, match="unpacks to far more"):
        for piece in text_of(bomb, Limits()):
            came += len(piece)
    assert came < 60_000_000


def test_a_file_above_the_limit_says_the_limit():
    with pytest.raises(FileRefused) as refused:
        text(b"a,b\n" * 1_000_000, Limits(2_000_000))
    assert "larger than 2 MB" in refused.value.sentence
