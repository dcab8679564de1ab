"""What carriers would likely reject in a registration, field by field, and what to change. Pure.

Sources: compliance.md 3.1 (R-CTIA-8), 3.2 (R-CAR-1, R-CAR-2), 3.3 (who registers, use case, decline
codes 710 and 711); telephony.md 2.7 (lengths). What blocks is not filed: it costs a fee and weeks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from messaging.senders.dossier import Dossier

SHORTENERS = (
    "bit.ly", "tinyurl.com", "goo.gl", "is.gd", "tiny.cc", "budurl.com", "soo.gd", "s2r.co",
    "bc.vc", "clicky.me", "lc.chat", "t.co", "ow.ly", "rb.gy",
)  # fmt: skip
FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "msn.com",
        "aol.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "proton.me",
        "protonmail.com",
        "gmx.com",
        "mail.com",
        "zoho.com",
        "comcast.net",
        "att.net",
        "verizon.net",
        "sbcglobal.net",
    ]
)
_SOCIAL = ("facebook.com", "instagram.com", "linkedin.com", "yelp.com", "google.com", "linktr.ee", "x.com", "tiktok.com")  # fmt: skip
_BOX = re.compile(r"\bp\.?\s*o\.?\s*(box|b\.?)\b|\bpost\s+office\s+box\b|\bpmb\s*#?\d", re.I)
_SUFFIX = re.compile(r"\b(l\.?l\.?c|inc|incorporated|corp|corporation|co|company|ltd|limited|p\.?c|p\.?l\.?l\.?c|pa|llp|lp)\b\.?", re.I)  # fmt: skip
_OFFER = re.compile(r"\d\s?%\s?off|\bdiscounts?\b|\bcoupons?\b|\bpromo|\bspecial offers?\b|\bsales?\b|\bdeals?\b|\bbuy now\b", re.I)  # fmt: skip
_BANNED = re.compile(r"\b(cbd|cannabis|marijuana|vape|vaping|tobacco|firearms?|ammo|casino|gambling|betting|payday|debt relief|crypto|bitcoin|escorts?)\b", re.I)  # fmt: skip
_OUT = re.compile(r"\b(stop|opt[ -]?out|unsubscribe)\b", re.I)
_NOT_WORDS = frozenset(["the", "and", "of", "for", "llc", "inc", "co", "corp", "company", "ltd"])
_FLOW = (40, 2048)
_SAMPLE = (20, 1024)


@dataclass(frozen=True, slots=True)
class Finding:
    """One likely rejection. blocks: it is not filed so; field: a fact's name, or samples,
    message_flow, description, numbers.
    """

    code: str
    field: str
    blocks: bool
    sentence: str
    fix: str


def lint(dossier: Dossier) -> tuple[Finding, ...]:
    """Return everything that would likely be rejected, what blocks first."""
    found = [
        *_who(dossier),
        *_where(dossier),
        *_contact(dossier),
        *_site(dossier),
        *_texts(dossier),
        *_flow(dossier),
    ]
    return tuple(sorted(found, key=lambda each: not each.blocks))


def _who(dossier: Dossier) -> Iterator[Finding]:
    name, brand = dossier.legal_name.strip(), dossier.brand
    if not name:
        yield Finding(
            "NO_LEGAL_NAME", "legal_name", True, "The legal name is missing.",
            "Write it as in the letter CP 575 of the IRS, to the comma.",
        )  # fmt: skip
    elif dossier.kind in ("llc", "corporation") and not _SUFFIX.search(name):
        yield Finding(
            "NO_SUFFIX", "legal_name", False,
            "The legal name has no LLC, Inc. or the like, though the business is one.",
            "Compare it with the letter CP 575: carriers compare every word.",
        )  # fmt: skip
    if name and not _words(name) & _words(brand):
        yield Finding(
            "OTHER_NAME", "legal_name", False,
            f"Its texts say “{brand}”, its papers “{name}”: nothing shows that these are one.",
            f"Say on the website that {brand} is a name of {name}, in the footer for example.",
        )  # fmt: skip
    if not dossier.kind:
        yield Finding(
            "NO_KIND", "legal_kind", True, "What kind of business it is, is missing.",
            "Choose what its papers say.",
        )  # fmt: skip
    yield from _ein(dossier)


def _ein(dossier: Dossier) -> Iterator[Finding]:
    ein = dossier.ein
    if not ein and dossier.kind == "sole_proprietor":
        yield Finding(
            "SOLE_PROPRIETOR", "ein", True,
            "Without an EIN carriers know a sole proprietor only: one number, 1,000 texts a day, and a "
            "filing by hand.",
            "Get an EIN from the IRS (free, the same day) and file as a sole proprietorship with it.",
        )  # fmt: skip
    elif not ein:
        yield Finding(
            "NO_EIN", "ein", True,
            "The EIN is missing: local and toll-free numbers alike are registered by it.",
            "It stands on the letter CP 575 and on every tax return of the business.",
        )  # fmt: skip
    elif dossier.country == "US" and not re.fullmatch(r"[0-9]{9}", ein):
        yield Finding(
            "EIN_FORM", "ein", True, "An EIN has nine digits.", "Write it such as 12-3456789."
        )
    elif len(set(ein)) == 1 or ein in ("123456789", "987654321"):
        yield Finding(
            "EIN_MADE_UP", "ein", True, "This is no EIN that the IRS ever gave out.",
            "Copy it from the letter CP 575.",
        )  # fmt: skip


def _where(dossier: Dossier) -> Iterator[Finding]:
    for name, what in (
        ("street", "The street"), ("city", "The city"), ("region", "The state"),
        ("postcode", "The ZIP code"),
    ):  # fmt: skip
        if not getattr(dossier, name):
            yield Finding(
                "NO_ADDRESS", name, True, f"{what} of the business is missing.",
                "Write the address that the business is registered under.",
            )  # fmt: skip
    if _BOX.search(dossier.street):
        yield Finding(
            "PO_BOX", "street", True, "A P.O. box is no address of a business to carriers.",
            "Write the street address that the business is registered under.",
        )  # fmt: skip
    if dossier.country not in ("US", "CA"):
        yield Finding(
            "COUNTRY", "country", True, "Businesses of other countries are filed by hand.",
            "File it in the provider's console.",
        )  # fmt: skip


def _contact(dossier: Dossier) -> Iterator[Finding]:
    if len(dossier.contact_name.split()) < 2:
        yield Finding(
            "CONTACT_NAME", "contact_name", True,
            "First and last name of somebody who answers for the business are missing.",
            "Name an owner or a manager.",
        )  # fmt: skip
    if not dossier.contact_phone:
        yield Finding(
            "CONTACT_PHONE", "contact_phone", True, "That person's phone number is missing.",
            "Carriers may call it.",
        )  # fmt: skip
    host = dossier.contact_email.rpartition("@")[2].lower()
    if not host:
        yield Finding(
            "CONTACT_EMAIL", "contact_email", True, "That person's e-mail address is missing.",
            "Use one of the business's own domain.",
        )  # fmt: skip
    elif host in FREE_MAIL:
        yield Finding(
            "FREE_MAIL", "contact_email", False,
            f"An address at {host} could be anybody's; reviewers turn such filings down.",
            "Use an address of the website's domain.",
        )  # fmt: skip
    elif dossier.website and not _same_site(host, _host(dossier.website)):
        yield Finding(
            "OTHER_MAIL", "contact_email", False,
            f"The e-mail address is of {host}, the website of {_host(dossier.website)}.",
            "Use an address of the website's domain.",
        )  # fmt: skip
    if not dossier.contact_title:
        yield Finding(
            "CONTACT_TITLE", "contact_title", False, "What that person is in the business is missing.",
            "Write it, such as Owner.",
        )  # fmt: skip


def _site(dossier: Dossier) -> Iterator[Finding]:
    host = _host(dossier.website)
    if not host:
        yield Finding(
            "NO_SITE", "website", True, "The website is missing: reviewers look at it first.",
            "Write its address; a single page with name, address and phone is enough.",
        )  # fmt: skip
    elif any(_same_site(host, social) for social in _SOCIAL):
        yield Finding(
            "SOCIAL_SITE", "website", False,
            "A page in a network is often not taken as a website.",
            "A single page of its own with name, address and phone is enough.",
        )  # fmt: skip
    elif any(_same_site(host, short) for short in SHORTENERS):
        yield Finding(
            "SHORT_SITE", "website", True, "A shortened link is no website.",
            "Write the address it leads to.",
        )  # fmt: skip


def lint_site(dossier: Dossier, words: str | None, *, guarded: bool = False) -> tuple[Finding, ...]:
    """Return what a reviewer misses on the website. words: what it says; None when it did not answer.

    guarded: it answered, and keeps programs out.
    """
    if words is None and guarded:
        return (
            Finding(
                "SITE_GUARDED", "website", False, "The website does not let our check in.",
                "See that it opens for everybody, without a password: reviewers look at it.",
            ),
        )  # fmt: skip
    if words is None:
        return (
            Finding(
                "SITE_SILENT", "website", True, "The website does not answer.",
                "It must be public, without a password, before anything is filed.",
            ),
        )  # fmt: skip
    found = []
    said = _words(words)
    if not _words(dossier.brand) <= said and not _words(dossier.legal_name) <= said:
        found.append(
            Finding(
                "SITE_NAMELESS", "website", False,
                f"The website names neither “{dossier.brand}” nor “{dossier.legal_name}”.",
                "Name both in its footer.",
            )
        )  # fmt: skip
    if "privacy" not in words.lower():
        found.append(
            Finding(
                "SITE_NO_PRIVACY", "website", False, "The website links no privacy policy.",
                f"Link this page, which is made for it: {dossier.privacy_url}",
            )
        )  # fmt: skip
    return tuple(found)


def _texts(dossier: Dossier) -> Iterator[Finding]:
    if len(dossier.samples) < 2:
        yield Finding(
            "FEW_SAMPLES", "samples", True, "At least two sample texts are filed.",
            "Write another ready text.",
        )  # fmt: skip
    for sample in dossier.samples:
        shown = f"“{sample[:40]}{'…' if len(sample) > 40 else ''}”"
        low = sample.lower()
        if not _SAMPLE[0] <= len(sample) <= _SAMPLE[1]:
            yield Finding(
                "SAMPLE_LENGTH", "samples", True, f"{shown} has {len(sample)} characters.",
                f"A sample has {_SAMPLE[0]} to {_SAMPLE[1]}.",
            )  # fmt: skip
        if dossier.brand.lower() not in low:
            yield Finding(
                "SAMPLE_BRAND", "samples", True, f"{shown} does not name the business.",
                "Begin it with the name of the business.",
            )  # fmt: skip
        for short in SHORTENERS:
            if re.search(rf"(?<![\w.-]){re.escape(short)}\b", low):
                yield Finding(
                    "SHORTENER", "samples", True, f"{shown} has a shortened link ({short}).",
                    "Use a link of the business's own domain, or none.",
                )  # fmt: skip
        if banned := _BANNED.search(sample):
            yield Finding(
                "BANNED", "samples", True, f"{shown} says “{banned[0]}”: carriers block it.",
                "Leave it out of texts.",
            )  # fmt: skip
        if offer := _OFFER.search(sample):
            yield Finding(
                "OFFER", "samples", True,
                f"{shown} says “{offer[0]}”: that is marketing, and this is filed as answers to calls.",
                "Leave offers out of these texts.",
            )  # fmt: skip
    if dossier.samples and not any(_OUT.search(sample) for sample in dossier.samples):
        yield Finding(
            "NO_WAY_OUT", "samples", True, "No sample text says how to get no more texts.",
            "Let the first text end with the word STOP and what it does.",
        )  # fmt: skip


def _flow(dossier: Dossier) -> Iterator[Finding]:
    flow = dossier.message_flow
    if not _FLOW[0] <= len(flow) <= _FLOW[1]:
        yield Finding(
            "FLOW_LENGTH", "message_flow", True,
            f"How people come to be texted has {len(flow)} characters.",
            f"Describe it in {_FLOW[0]} to {_FLOW[1]}.",
        )  # fmt: skip
    missing = [
        what for what, pattern in (
            ("that rates may apply", r"rates may apply"), ("STOP", r"\bSTOP\b"),
            ("how often", r"frequency"), ("the privacy policy", re.escape(dossier.privacy_url or "\0")),
            ("the terms", re.escape(dossier.terms_url or "\0")),
        ) if not re.search(pattern, flow)
    ]  # fmt: skip
    if missing:
        yield Finding(
            "FLOW_LACKS", "message_flow", True,
            f"How people come to be texted does not name: {', '.join(missing)}.",
            "Reviewers look for each of these.",
        )  # fmt: skip
    if len(dossier.description) < _FLOW[0]:
        yield Finding(
            "DESCRIPTION", "description", True, "The description is too short.",
            "Say who texts whom, and why, in a sentence or two.",
        )  # fmt: skip
    if not dossier.numbers:
        yield Finding(
            "NO_NUMBER", "numbers", False, "There is no number to register yet.",
            "Choose a number; a toll-free one is checked in days where a local one takes weeks.",
        )  # fmt: skip


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w']{2,}", text.lower())) - _NOT_WORDS


def _host(url: str) -> str:
    try:
        return (urlsplit(url if "://" in url else f"https://{url}").hostname or "").lower()
    except ValueError:
        return ""


def _same_site(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
