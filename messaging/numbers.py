"""Numbers as people and providers write them: normalising, and whether one may be texted. Pure.

Sources: telephony.md 1.7 (odd callers), compliance.md section 8 rows 1 and 3, R-TZ-5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

# Words on the keypad that networks put where a withheld number would stand.
WITHHELD = {
    "+266696687": "anonymous",
    "+7378742833": "restricted",
    "+2562533": "blocked",
    "+8656696": "unknown",
    "+86282452253": "unavailable",
}
_WITHHELD_WORDS = frozenset(
    {"", "anonymous", "unavailable", "restricted", "unknown", "private", "blocked"}
)
# [0-9], not \d: digits of other scripts would make a second identity of one person.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
# Area codes in service or planned that the library's tables do not know yet (R-TZ-5): an
# unknown area code is not a reason to drop a caller.
_NEW_AREA_CODES = frozenset(["729", "837", "357", "436", "457", "471", "483", "624", "679"])
_NANP = re.compile(r"\+1([2-9][0-9]{2})[2-9][0-9]{6}\Z")
_NANP_PREMIUM = re.compile(r"\+1[0-9]{3}976[0-9]{4}\Z")  # pay-per-call exchange (telephony.md 1.7)

_NEVER = {
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "premium",
    PhoneNumberType.UAN: "company_number",
    PhoneNumberType.VOICEMAIL: "voicemail_number",
    PhoneNumberType.PAGER: "pager",
}


@dataclass(frozen=True, slots=True)
class Textable:
    """Whether a number may be texted at all.

    e164: the number, '' when there is none; region: 'US', 'CA', … or ''; problem: '' or one of
    withheld, not_a_number, invalid, toll_free, premium, company_number, voicemail_number, pager.
    """

    e164: str
    region: str
    problem: str


def normalise(raw: str) -> str:
    """Return the E.164 number a provider sent, or '' when it is no number (withheld, SIP, junk)."""
    value = raw.strip()
    if value.casefold() in _WITHHELD_WORDS or value in WITHHELD:
        return ""
    if value and value[0] != "+":
        digits = re.sub(r"[\s().-]", "", value)
        if not digits.isascii() or not digits.isdigit():
            return ""
        # A bare national number, as some carriers deliver it.
        value = f"+1{digits}" if len(digits) == 10 else f"+{digits}"
    else:
        value = re.sub(r"[\s().-]", "", value)
    return value if _E164.match(value) else ""


@lru_cache(maxsize=20_000)
def textable(raw: str) -> Textable:
    """Say whether a text to this number can be right at all, with its region."""
    if raw.strip() in WITHHELD or raw.strip().casefold() in _WITHHELD_WORDS:
        return Textable("", "", "withheld")
    e164 = normalise(raw)
    if not e164:
        return Textable("", "", "not_a_number")
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return Textable(e164, "", "invalid")
    # The type is unknown just of the numbers that are not valid; it is the dearer question.
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        nanp = _NANP.match(e164)
        if nanp and nanp.group(1) in _NEW_AREA_CODES:
            return Textable(e164, "US", "")
        return Textable(e164, "", "invalid")
    region = phonenumbers.region_code_for_number(parsed) or ""
    if _NANP_PREMIUM.match(e164):
        return Textable(e164, region, "premium")
    return Textable(e164, region, _NEVER.get(kind, ""))


def national(e164: str) -> str:
    """Return the number as people write it in its country; unparsable input comes back as it is."""
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    style = phonenumbers.PhoneNumberFormat
    form = style.NATIONAL if parsed.country_code == 1 else style.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)
