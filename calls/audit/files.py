"""A file as it was uploaded becomes plain text, piece by piece. Pure (the standard library alone).

Anything may come: a spreadsheet's own format, another encoding, an archive made to burst. Nothing
is ever held whole, and what is refused is refused with a sentence somebody can act on.
"""

from __future__ import annotations

import codecs
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol, cast

PIECE = 256 * 1024
_MAGIC = (
    (b"%PDF", "This is a PDF. Export the call log as CSV and bring that file in."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook. Open it, choose Save as, CSV, and bring in that file."),
    (b"\x89PNG", "This is a picture. Export the call log as CSV and bring that file in."),
    (b"\xff\xd8\xff", "This is a picture. Export the call log as CSV and bring that file in."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive. Bring in the CSV file itself, or zip it."),
    (b"Rar!", "This is a RAR archive. Bring in the CSV file itself, or zip it."),
    (b"SQLite format 3", "This is a database. Export the call log as CSV and bring that file in."),
)  # fmt: skip
_NO_TEXT = "This is not a text file. Export the call log as CSV and bring that file in."
_EMPTY = "The file is empty. Export the call log again and bring in the new file."
_BOMB = "The archive unpacks to far more than a call log would. Bring in the CSV file itself."
_BROKEN = "The archive is damaged. Bring in the CSV file itself."


class Binary(Protocol):
    """A seekable file of bytes, whoever keeps it."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most so many bytes, b"" at the end."""

    def seek(self, offset: int, /) -> int | None:
        """Go to an offset from the beginning."""

    def tell(self) -> int:
        """Return the offset."""


class FileRefused(ValueError):
    """A file that cannot be read as a call log; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"file: {sentence}")
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come out of a file: bytes in all (None: any), and times its size when packed."""

    total: int | None = None
    ratio: int = 200


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows writes it: names with accents in an otherwise plain file."""
    assert isinstance(error, UnicodeDecodeError)
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("ringback.windows", _windows)


def text_of(file: Binary, limits: Limits) -> Iterator[str]:
    """Yield the text of a CSV, or of the one CSV in a zip or gz, in pieces.

    Raises FileRefused: empty, no text, too large, an archive that bursts. `file` must be seekable.
    """
    decode: codecs.IncrementalDecoder | None = None
    total = 0
    for piece in _bytes_of(file, limits):
        total += len(piece)
        if limits.total is not None and total > limits.total:
            raise FileRefused(too_large(limits.total))
        if decode is None:
            decode = _decoder(piece)
        text = decode.decode(piece)
        if "\x00" in text:
            raise FileRefused(_NO_TEXT)
        if text:
            yield text
    if decode is None:
        raise FileRefused(_EMPTY)
    if rest := decode.decode(b"", True):
        yield rest


def too_large(limit: int) -> str:
    """Return the sentence about a file of more than `limit` bytes."""
    return (
        f"The file is larger than {limit // 1_000_000:,} MB. Export a shorter period, or ask "
        "support to bring it in: they can read files of any size."
    )


def _decoder(first: bytes) -> codecs.IncrementalDecoder:
    """Return the decoder for a text that begins so. Raises FileRefused for what is no text."""
    for magic, sentence in _MAGIC:
        if first.startswith(magic):
            raise FileRefused(sentence)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    head = first[:4096]
    zeros = head.count(0)
    if zeros:
        # Half of all bytes of English text in UTF-16 are zero, and always the same half.
        odd, even = head[1::2].count(0), head[::2].count(0)
        if odd > 0.4 * len(head) / 2 and not even:
            return codecs.getincrementaldecoder("utf-16-le")("replace")
        if even > 0.4 * len(head) / 2 and not odd:
            return codecs.getincrementaldecoder("utf-16-be")("replace")
        raise FileRefused(_NO_TEXT)
    if sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) // 50:
        raise FileRefused(_NO_TEXT)
    return codecs.getincrementaldecoder("utf-8-sig")("ringback.windows")


def _bytes_of(file: Binary, limits: Limits) -> Iterator[bytes]:
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        yield from _checked(_unzipped_gz(file), file, limits)
    elif head == b"PK\x03\x04":
        yield from _checked(_unzipped(file), file, limits)
    elif head == b"PK\x05\x06":
        raise FileRefused(_EMPTY)
    else:
        while piece := file.read(PIECE):
            yield piece


def _checked(pieces: Iterator[bytes], file: Binary, limits: Limits) -> Iterator[bytes]:
    """Pass on what an archive gives, unless it gives more than any call log would."""
    came = 0
    try:
        for piece in pieces:
            came += len(piece)
            if came > 1_000_000 and came > limits.ratio * max(1, file.tell()):
                raise FileRefused(_BOMB)
            yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise FileRefused(_BROKEN) from error


def _unzipped_gz(file: Binary) -> Iterator[bytes]:
    """Unpack with a limit on every step: a few bytes may stand for a thousand times as many."""
    unpack, ended = zlib.decompressobj(wbits=31), False
    while packed := file.read(16 * 1024):
        piece = b""
        # A full piece may have more behind it, though all that was packed has been taken.
        while packed or len(piece) == PIECE:
            if ended:
                if not packed.startswith(b"\x1f\x8b"):
                    return  # what follows the last member is padding
                unpack, ended = zlib.decompressobj(wbits=31), False
            piece = unpack.decompress(packed, PIECE)
            if piece:
                yield piece
            ended = unpack.eof
            packed = unpack.unused_data if ended else unpack.unconsumed_tail
    if not ended:
        raise EOFError


def _unzipped(file: Binary) -> Iterator[bytes]:
    with zipfile.ZipFile(cast(IO[bytes], file)) as archive:
        inside = [
            info for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith(("__MACOSX/", "."))
        ]  # fmt: skip
        names = [info.filename for info in inside]
        if any(name.startswith("xl/") for name in names):
            raise FileRefused(
                "This is an Excel workbook. Open it, choose Save as, CSV, and bring in that file."
            )
        texts = [i for i in inside if i.filename.lower().endswith((".csv", ".txt", ".tsv", ".log"))]
        if len(texts) != 1:
            raise FileRefused(
                f"The archive holds {len(texts)} CSV files. Bring in one file, with one call log."
            )
        if texts[0].flag_bits & 1:
            raise FileRefused("The archive has a password. Unpack it and bring in the CSV file.")
        with archive.open(texts[0]) as packed:
            while piece := packed.read(PIECE):
                yield piece
