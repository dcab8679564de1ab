"""What an order of a port must say: the form's fields, its bill, and which lines are ordered at all. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import phonenumbers

from messaging.attachments.sniffing import JPEG, PDF, PNG, kind_of

FIELDS = (
    "holder", "holder_kind", "account_number", "pin", "signer", "signer_email", "street", "city",
    "region", "postal_code",
)  # fmt: skip
BILL_AT_MOST = 10_000_000  # bytes
_LONGEST = 120
TOO_LARGE = "At most 10 MB."
_ASKED = {
    "holder": "Write the name the old carrier has.",
    "street": "Write the street the old carrier has.",
    "city": "Write the city.",
}
_SECRET = re.compile(r"[0-9A-Za-z -]{0,40}")
_FORMS = (
    ("signer_email", re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]{2,}"),
     "Write an email address, such as dana@example.com."),
    ("region", re.compile(r"[A-Z]{2}"), "Write the two letters of the state, such as IL."),
    ("postal_code", re.compile(r"[0-9]{5}(-[0-9]{4})?"), "Write a ZIP code, such as 60601."),
    ("account_number", _SECRET, "Letters and digits only."),
    ("pin", _SECRET, "Letters and digits only."),
)  # fmt: skip


class Wrong(ValueError):
    """What was typed cannot be sent. problems: field -> what is wrong with it, in a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def goes_by_order(e164: str) -> bool:
    """Whether lines of this kind are ordered by an API at all: toll-free and foreign ones go by the portal."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    is_free = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE
    return phonenumbers.region_code_for_number(parsed) == "US" and not is_free


def read(typed: Mapping[str, str], bill: bytes) -> dict[str, str]:
    """Return what was typed, tidied, by the names of FIELDS. Raises Wrong naming every field that is wrong."""
    said = {name: " ".join(str(typed.get(name, "")).split()) for name in FIELDS}
    said["region"] = said["region"].upper()
    wrong = {name: sentence for name, sentence in _ASKED.items() if not said[name]}
    if " " not in said["signer"]:
        wrong["signer"] = "Write first and last name."
    for name, form, sentence in _FORMS:
        if not form.fullmatch(said[name]):
            wrong[name] = sentence
    for name, written in said.items():
        if len(written) > _LONGEST or "\x00" in written:
            wrong[name] = f"At most {_LONGEST} characters."
    if not bill:
        wrong["bill"] = "Choose a bill of the last thirty days."
    elif len(bill) > BILL_AT_MOST:
        wrong["bill"] = TOO_LARGE
    elif kind_of(bill) not in (PDF, JPEG, PNG):
        wrong["bill"] = "Expected a PDF, a JPEG or a PNG."
    if wrong:
        raise Wrong(wrong)
    return said
