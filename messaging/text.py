"""Templates with merge fields: which fields exist, what a template lacks, how one is filled. Pure."""

from __future__ import annotations

import re

FIELDS = {
    "business": "The business's name",
    "caller_name": "The caller's name, or nothing when unknown",
    "next_open": "When the business opens next, such as “Monday at 8:00 AM”",
    "phone": "The business's number",
}
MAX_LENGTH = 1600  # a provider's limit (telephony.md 2.4, error 21617)
_FIELD = re.compile(r"\{\s*(\w*)\s*\}")


def problems(template: str) -> list[str]:
    """Return what is wrong with a template, one sentence each; empty means usable."""
    found = []
    for name in _FIELD.findall(template):
        if name not in FIELDS:
            found.append(f"There is no field {{{name}}}. Known: {', '.join(sorted(FIELDS))}.")
    if not template.strip():
        found.append("The text is empty.")
    if len(template) > MAX_LENGTH:
        found.append(
            f"The text is {len(template)} characters long, at most {MAX_LENGTH} can be sent."
        )
    return found


def render(template: str, values: dict[str, str]) -> str:
    """Fill a template. Unknown and missing fields become nothing; the values are never read as templates."""
    filled = _FIELD.sub(lambda m: clean(values.get(m.group(1), "")), template)
    # A missing name leaves "Hi , sorry": close the gap it stood in.
    return re.sub(r" +([,.!?])", r"\1", re.sub(r"[ \t]{2,}", " ", filled)).strip()[:MAX_LENGTH]


def clean(value: str) -> str:
    """Return a value fit to stand inside a text: one line, no control characters."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()
