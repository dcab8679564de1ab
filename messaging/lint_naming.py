"""Whether a text names the business and the way out. Pure."""

from __future__ import annotations

import re

from messaging import lint_reading as reading
from messaging import text

_COMPANY = frozenset(
    re.findall(r"\w+", "llc inc ltd co corp pllc pc pa plc llp lp dds dmd md company")
)

_VERB = (
    r"(?:reply|respond|answer|text|txt|send|type|responda|responde|envi[ae]|conteste|mande|escriba|"
    r"repondez|envoyez)"
)
_BETWEEN = r"(?:\s+(?:with|back|the|word|con|la|palabra|le|mot))*[\s:]*[\"'“”‘(*]*"
_PURPOSE = (
    r"[\"'“”’)*.]*\s*(?:=|(?:to|2|for|and|if|or|para|y|pour|et)\s+)\s*"
    r"(?:(?:we|you|u|will|want|to|no|ya|si|any|be)\s+)*"
    r"(?:opt|end|quit|unsub|cancel|stop|out|remove|darse|dejar|desuscri|terminar|salir|recibir|quiere|vous|arreter)"
)
_NOT = r"(?<!not )(?<!n't )(?<!never )"
# STOP in capitals after a verb is an instruction; in small letters it must say what for.
_WAYS_OUT = (
    re.compile(rf"{_NOT}\b(?i:{_VERB}{_BETWEEN})(?<!\w)STOP\b(?! by\b)"),
    re.compile(rf"{_NOT}\b{_VERB}{_BETWEEN}(?<!\w)stop\b{_PURPOSE}", re.IGNORECASE),
    re.compile(rf"{_NOT}\bSTOP\b(?i:{_PURPOSE})"),
    re.compile(r"\b(?i:opt[ -]?out|unsubscribe|darse de baja)\b[^.!?\n]{0,20}\bSTOP\b"),
)
_STOP = re.compile("STOP|[Ss]top")
_NEAR = 60  # characters around STOP that may make it an instruction
_UNACCENTED = str.maketrans("áéíóúèêÁÉÍÓÚ’", "aeioueeAEIOU'")


def has_opt_out_line(body: str) -> bool:
    """Whether a text names STOP as the way out, in any usual wording, in English, Spanish or French."""
    if "Reply STOP to " in body:
        return True  # ours; the rest is for the wordings of others
    for match in _STOP.finditer(body):
        near = body[max(0, match.start() - _NEAR) : match.end() + _NEAR].translate(_UNACCENTED)
        if any(way.search(near) for way in _WAYS_OUT):
            return True
    return False


def has_brand(body: str, brand: str) -> bool:
    """Whether a text names the business anywhere, whatever its capitals, punctuation and legal form."""
    brand = text.clean(brand)
    name = name_of(brand)
    if not name:
        return bool(brand) and brand in body
    if body.startswith(f"{brand}:"):
        return True
    return place_of(name, reading.tokens(reading.fold(body))) is not None


def name_of(brand: str) -> list[str]:
    """Return the words a business is known by, without LLC and its like."""
    found = [word for word in reading.tokens(reading.fold(text.clean(brand))) if word != "."]
    kept = [word for word in found if word not in _COMPANY]
    return kept or found


def place_of(name: list[str], spoken: list[str], after: int = 0) -> tuple[int, int] | None:
    """Return where a name stands in a text's words from `after` on; "Flow-Rite" is "FlowRite" too."""
    wanted = "".join(name)
    for start in range(after, len(spoken)):
        if not wanted.startswith(spoken[start]):
            continue
        length, end = 0, start
        while end < len(spoken) and wanted.startswith(spoken[end], length):
            length += len(spoken[end])
            end += 1
            if length == len(wanted):
                return start, end
    return None
