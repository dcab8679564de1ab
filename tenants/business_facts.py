"""The facts of a business as people type them: read, put into one shape, and what is wrong named. Pure.

What registrations ask for: telephony.md 3 (brands and campaigns), compliance.md 3.3. Nothing here is
required: a draft is filled in any order, and tenants/publish_rules.py says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import phonenumbers

from tenants.registration_facts import KINDS

# Field -> the longest that is kept of it.
FIELDS = {
    "legal_name": 160, "ein": 20, "legal_kind": 20, "street": 160, "city": 80, "region": 3,
    "postcode": 12, "country": 2, "website": 200, "contact_name": 120, "contact_title": 80,
    "contact_email": 254, "contact_phone": 24,
}  # fmt: skip
COUNTRIES = ("US", "CA")
STATES = frozenset({
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN",
    "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH",
    "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT",
    "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI",
})  # fmt: skip
PROVINCES = frozenset({
    "AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT",
})  # fmt: skip
# The first two digits of a number the IRS has given out (irs.gov, "How EINs are assigned and valid
# EIN prefixes"): these it never did.
_NO_EIN = frozenset({"00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97"})  # fmt: skip
_ZIP = re.compile(r"[0-9]{5}(-?[0-9]{4})?")
_POSTAL = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]")
_HOST = re.compile(r"(?=.{4,190}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@([a-z0-9-]+\.)+[a-z]{2,24}", re.IGNORECASE)


def read(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facts in one shape and what is wrong, field by field; a field that is not typed is not there.

    typed: any of FIELDS. ein: nine digits; website: with its scheme; contact_phone: E.164.
    """
    facts: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, longest in FIELDS.items():
        if name not in typed:
            continue
        value = " ".join(str(typed[name]).split())
        if not value.isprintable():
            wrong[name] = "There is a character that cannot be shown."
        elif len(value) > longest:
            wrong[name] = f"At most {longest} characters."
        facts[name] = value
    country = facts.get("country", "") or "US"
    if "country" in facts:
        facts["country"] = country.upper()
        if facts["country"] not in COUNTRIES:
            wrong["country"] = "Choose the United States or Canada."
    for name, check in _CHECKS.items():
        if facts.get(name) and name not in wrong:
            facts[name], problem = check(facts[name], facts.get("country", "US"))
            if problem:
                wrong[name] = problem
    return facts, wrong


def masked(ein: str) -> str:
    """Return an EIN as it is shown: its last four digits alone."""
    return f"••-•••{ein[-4:]}" if ein else ""


def _ein(value: str, country: str) -> tuple[str, str]:
    digits = re.sub(r"[\s-]", "", value)
    if country == "CA":
        fits = re.fullmatch(r"[0-9]{9}([A-Z]{2}[0-9]{4})?", digits.upper())
        return digits.upper(), "" if fits else "A Canadian business number has nine digits."
    if not re.fullmatch(r"[0-9]{9}", digits):
        return value, "An EIN has nine digits, such as 12-3456789."
    if digits[:2] in _NO_EIN:
        return value, "No EIN begins with these two digits. Look at the letter of the IRS (CP 575)."
    return digits, ""


def _kind(value: str, _country: str) -> tuple[str, str]:
    return value, "" if value in KINDS else "Choose one of the list."


def _region(value: str, country: str) -> tuple[str, str]:
    known = PROVINCES if country == "CA" else STATES
    code = value.upper()
    what = "province, such as ON" if country == "CA" else "state, such as IL"
    return code, "" if code in known else f"Expected the two letters of a {what}."


def _postcode(value: str, country: str) -> tuple[str, str]:
    code = value.upper()
    if country == "CA":
        fits = _POSTAL.fullmatch(code)
        return code, "" if fits else "Expected a postal code such as M5V 2T6."
    return code, "" if _ZIP.fullmatch(code) else "Expected a ZIP code such as 60614."


def _website(value: str, _country: str) -> tuple[str, str]:
    whole = value if "://" in value else f"https://{value}"
    try:
        parts = urlsplit(whole)
        host = (parts.hostname or "").encode("idna").decode()
        has_port = parts.port is not None
    except (ValueError, UnicodeError):
        host, has_port = "", False
    if not host or has_port or parts.scheme not in ("http", "https") or parts.username:
        return value, "Expected the address of a site, such as lakesideplumbing.com."
    fits = _HOST.fullmatch(host)
    return whole, "" if fits else "Expected the address of a site, such as lakesideplumbing.com."


def _email(value: str, _country: str) -> tuple[str, str]:
    return value, "" if _EMAIL.fullmatch(value) else "This is no email address."


def _phone(value: str, _country: str) -> tuple[str, str]:
    try:
        number = phonenumbers.parse(value, "US")
    except phonenumbers.NumberParseException:
        return value, "This is no phone number. Write it such as (312) 555-0142."
    if not phonenumbers.is_possible_number(number):
        return value, "This is no phone number. Write it such as (312) 555-0142."
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), ""


_CHECKS = {
    "ein": _ein,
    "legal_kind": _kind,
    "region": _region,
    "postcode": _postcode,
    "website": _website,
    "contact_email": _email,
    "contact_phone": _phone,
}
