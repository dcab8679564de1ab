"""What a sound file is, by its first bytes: nobody's word for it is taken. Pure."""

from __future__ import annotations

TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg"}
_LEAST_BYTES = 400  # a twentieth of a second at the lowest quality that is in use
_LAYERS = frozenset({0x02, 0x04, 0x06})  # the layer bits of an MPEG frame that are in use


def kind_of(content: bytes) -> str:
    """Return "mp3", "wav", "ogg", or '' for what is none of these."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE" and len(content) > 44:
        return "wav"
    if content[:3] == b"ID3" and len(content) > 10:
        # A tag, whose length stands in seven bits a byte; the sound comes after it.
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 0x7F
        return "mp3" if _is_frame(content[10 + size : 14 + size]) else ""
    if _is_frame(content[:4]):
        return "mp3"
    return "ogg" if content[:4] == b"OggS" else ""


def is_empty(content: bytes) -> bool:
    """Whether a WAV file holds less than the twentieth part of a second; False for other kinds."""
    if kind_of(content) != "wav":
        return False
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if content[at : at + 4] == b"data":
            return min(size, len(content) - at - 8) < _LEAST_BYTES
        at += 8 + size + size % 2  # chunks begin at even places
    return True


def _is_frame(head: bytes) -> bool:
    """Whether these four bytes begin an MPEG audio frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 0x03, head[1] & 0x06
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 0x03
    return version != 1 and layer in _LAYERS and bitrate not in (0, 15) and rate != 3
