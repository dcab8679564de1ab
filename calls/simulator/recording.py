"""The sound of a simulated voicemail: a soft tone as long as the message was. Pure."""

from __future__ import annotations

import io
import math
import wave

_RATE = 8000
_PATTERN = bytes(
    # 440 Hz, fading in and out once a second, so that one hears it move.
    128 + round(40 * math.sin(2 * math.pi * 440 * n / _RATE) * math.sin(math.pi * n / _RATE))
    for n in range(_RATE)
)


def tone(name: str) -> bytes:
    """Return a WAV file for a recording's name, which ends in its seconds ("RE…-5"; at most 120)."""
    tail = name.removesuffix(".wav").removesuffix(".mp3").rpartition("-")[2]
    seconds = min(120, int(tail)) if tail.isascii() and tail.isdigit() and len(tail) < 5 else 1
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(_RATE)
        file.writeframes(_PATTERN * max(1, seconds))
    return out.getvalue()
