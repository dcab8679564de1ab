"""A question for TXT records as bytes, and what the answer's bytes say (RFC 1035 4). Pure.

Only what proving a domain needs. The answer comes over UDP from whoever claims to be the resolver,
so every length in it is checked before it is believed.
"""

from __future__ import annotations

import struct

_TXT, _IN = 16, 1
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_RECURSE, _IS_ANSWER, _IS_CUT = 0x0100, 0x8000, 0x0200
_CODE = 0x000F
_NO_SUCH_NAME = 3


class BadAnswer(ValueError):
    """The bytes are no answer to our question."""


def question(number: int, name: str) -> bytes:
    """Return the question for the TXT records of a name; number: 0 to 65535, to know the answer by.

    Raises ValueError for a name that cannot be asked for.
    """
    labels = name.rstrip(".").encode("ascii").split(b".")
    if not all(0 < len(label) < 64 for label in labels) or sum(map(len, labels)) > 240:
        raise ValueError("name")
    asked = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return _HEADER.pack(number, _RECURSE, 1, 0, 0, 0) + asked + struct.pack("!HH", _TXT, _IN)


def texts(answer: bytes, asked: bytes) -> list[str]:
    """Return the TXT records in the answer to a question; none where the name does not exist.

    Raises BadAnswer for anything that is not the whole answer to it.
    """
    try:
        number, flags, questions, records, _, _ = _HEADER.unpack_from(answer)
        if number != _HEADER.unpack_from(asked)[0] or not flags & _IS_ANSWER or questions != 1:
            raise BadAnswer("another question's")
        at = len(asked)
        if answer[_HEADER.size : at].lower() != asked[_HEADER.size :].lower():
            raise BadAnswer("another question's")
        if flags & _CODE == _NO_SUCH_NAME:
            return []
        if flags & _CODE or flags & _IS_CUT:
            raise BadAnswer("an error, or cut off")
        found = []
        for _ in range(records):
            at = _past_name(answer, at)
            kind, _, _, length = _RECORD.unpack_from(answer, at)
            at += _RECORD.size
            if at + length > len(answer):
                raise BadAnswer("shorter than it says")
            if kind == _TXT:
                found.append(_joined(answer[at : at + length]))
            at += length
        return found
    except (struct.error, IndexError):
        raise BadAnswer("shorter than it says") from None


def _past_name(answer: bytes, at: int) -> int:
    for _ in range(128):
        length = answer[at]
        if length >= 0xC0:  # the rest stands elsewhere, and nobody asks what it is
            return at + 2
        at += 1 + length
        if length == 0:
            return at
    raise BadAnswer("a name without an end")


def _joined(content: bytes) -> str:
    parts, at = [], 0
    while at < len(content):
        length = content[at]
        parts.append(content[at + 1 : at + 1 + length])
        at += 1 + length
    return b"".join(parts).decode("ascii", "replace")
