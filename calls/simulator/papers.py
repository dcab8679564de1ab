"""The carrier's office, second desk: profiles, brands, campaigns and toll-free verification. Pure.

Everything filed is approved after some seconds (Books.seconds). Magic: an EIN that ends in 0000 is
one the tax authorities do not know, and its brand fails; a sample text with “lottery” fails the
campaign; a P.O. box is not compliant; filed again after a change it is looked at anew.
Contract: telephony.md 2.7.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from calls.simulator.office import Asked, Books, Reply, refusal

_KINDS = {
    "CustomerProfiles": "BU", "TrustProducts": "BU", "EndUsers": "IT", "SupportingDocuments": "RD",
    "EntityAssignments": "BV", "Evaluations": "EL", "BrandRegistrations": "BN", "Services": "MG",
    "Usa2p": "QE", "PhoneNumbers": "PN", "Addresses": "AD", "Verifications": "HH",
}  # fmt: skip
_PRIMARY = "primary"
_LISTS = {"Usa2p": "compliance", "PhoneNumbers": "phone_numbers", "BrandRegistrations": "data",
          "Services": "services", "Verifications": "verifications", "Addresses": "addresses"}  # fmt: skip


def answer(books: Books, asked: Asked) -> Reply | None:
    """Answer what concerns registrations; None for a path that is not this desk's."""
    parts = [part for part in asked.path.removesuffix(".json").strip("/").split("/") if part]
    if len(parts) > 3 and parts[1] == "Accounts" and parts[3] == "Addresses":
        parts = ["v1", *parts[3:]]
    if not parts or parts[0] != "v1":
        return None
    names = [part for part in parts[1:] if part in _KINDS]
    if not names:
        return None
    kind, last = names[-1], parts[-1]
    owner = next((part for part in reversed(parts[1:-1]) if part in books.papers), "")
    mine = [
        paper for paper in books.papers.values()
        if paper["kind"] == kind and paper["account_sid"] == asked.account
    ]  # fmt: skip
    if last == kind:
        if asked.method == "POST":
            return _create(books, asked, kind, owner)
        return _list(books, asked, kind, [p for p in mine if p["owner"] in ("", owner)])
    paper = next((each for each in mine if each["sid"] == last), None)
    if paper is None:
        return refusal(404, 20404, "The requested resource was not found")
    if asked.method == "DELETE":
        del books.papers[paper["sid"]]
        return Reply(204)
    if asked.method == "POST":
        _change(books, asked, paper)
    return Reply(
        202 if kind == "BrandRegistrations" and asked.method == "POST" else 200,
        _shown(books, paper, asked.now),
    )


def _list(books: Books, asked: Asked, kind: str, rows: list[dict[str, Any]]) -> Reply:
    if kind == "CustomerProfiles" and not any(row["policy_sid"] == _PRIMARY for row in rows):
        rows = [_primary(books, asked), *rows]
    shown = [_shown(books, row, asked.now) for row in rows]
    for name, field in (
        ("FriendlyName", "friendly_name"), ("Status", "status"),
        ("TollfreePhoneNumberSid", "tollfree_phone_number_sid"),
    ):  # fmt: skip
        if asked.query.get(name):
            shown = [row for row in shown if row.get(field) == asked.query[name]]
    key = _LISTS.get(kind, "results")
    meta = {"key": key, "page": 0, "page_size": 50, "first_page_url": "", "next_page_url": None,
            "previous_page_url": None, "url": ""}  # fmt: skip
    return Reply(200, {key: shown, "meta": meta, "next_page_uri": None, "page": 0, "page_size": 50})


def _primary(books: Books, asked: Asked) -> dict[str, Any]:
    """Every account on this network has a profile of its own, approved long ago."""
    sid = books.new_id("BU")
    books.papers[sid] = {
        "sid": sid, "kind": "CustomerProfiles", "owner": "", "account_sid": asked.account,
        "policy_sid": _PRIMARY, "friendly_name": "Primary profile", "status": "twilio-approved",
        "email": "", "at": 0.0,
    }  # fmt: skip
    return books.papers[sid]


def _create(books: Books, asked: Asked, kind: str, owner: str) -> Reply:
    sid = books.new_id(_KINDS[kind])
    if kind == "PhoneNumbers":
        sid = asked.form.get("PhoneNumberSid", "")
        if sid not in books.held:
            return refusal(400, 21705, "PhoneNumberSid: this account holds no such number")
    paper: dict[str, Any] = {
        "sid": sid, "kind": kind, "owner": owner, "account_sid": asked.account, "at": asked.now,
        "status": "draft", **_fields(asked),
    }  # fmt: skip
    if kind == "PhoneNumbers":
        paper["phone_number"] = books.held[sid]["phone_number"]
    if kind == "Evaluations":
        paper |= _evaluated(books, owner)
    books.papers[f"{owner}{sid}" if kind == "PhoneNumbers" else sid] = paper
    return Reply(201, _shown(books, paper, asked.now))


def _change(books: Books, asked: Asked, paper: dict[str, Any]) -> None:
    paper |= _fields(asked)
    if paper["kind"] in ("BrandRegistrations", "Usa2p", "Verifications") or asked.form.get(
        "Status"
    ):
        paper["at"] = asked.now  # looked at anew


def _fields(asked: Asked) -> dict[str, Any]:
    """Return a form's fields by the names of the answer."""
    found: dict[str, Any] = {}
    for name, values in (asked.lists or {n: [v] for n, v in asked.form.items()}).items():
        key = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        many = name in ("MessageSamples", "UseCaseCategories", "OptInImageUrls") or name.endswith(
            "Keywords"
        )
        found[key] = values if many else values[-1]
    found.pop("phone_number", None)
    return found


def _evaluated(books: Books, owner: str) -> dict[str, Any]:
    street = " ".join(
        str(p.get("street", "")) for p in books.papers.values() if p["kind"] == "Addresses"
    )
    bad = "box" in street.lower() and books.papers[owner]["kind"] == "CustomerProfiles"
    wrong = {"friendly_name": "Address", "object_field": "street", "error_code": 22215,
             "failure_reason": "A P.O. box is not an address of a business."}  # fmt: skip
    return {
        "status": "noncompliant" if bad else "compliant",
        "results": [{"passed": not bad, "valid": [], "invalid": [wrong] if bad else []}],
    }


def _shown(books: Books, paper: dict[str, Any], now: float) -> dict[str, Any]:
    """Return a paper as it stands at `now`."""
    kind = paper["kind"]
    time = datetime.fromtimestamp(paper["at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = {**paper, "date_created": time, "date_updated": time, "url": "", "links": {}}
    shown.pop("kind"), shown.pop("owner"), shown.pop("at")
    if isinstance(shown.get("attributes"), str):
        shown["attributes"] = json.loads(shown["attributes"])
    if kind in ("CustomerProfiles", "TrustProducts") and paper["status"] == "pending-review":
        over = now - paper["at"] >= books.seconds["profile"]
        shown["status"] = "twilio-approved" if over else "in-review"
    if kind == "BrandRegistrations":
        shown |= _brand(books, paper, now)
    if kind == "Usa2p":
        shown |= _campaign(books, paper, now)
    if kind == "Verifications":
        over = now - paper["at"] >= books.seconds["toll_free"]
        shown["status"] = "TWILIO_APPROVED" if over else "IN_REVIEW"
    return shown


def _brand(books: Books, paper: dict[str, Any], now: float) -> dict[str, Any]:
    if now - paper["at"] < books.seconds["brand"]:
        return {"status": "PENDING", "errors": []}
    if "0000" in _eins(books, str(paper.get("customer_profile_bundle_sid", ""))):
        wrong = {
            "code": 30799,
            "fields": ["business_registration_number"],
            "description": "EIN not found",
        }
        return {"status": "FAILED", "failure_reason": "EIN not found", "errors": [wrong]}
    return {"status": "APPROVED", "tcr_id": "BSIMUL", "brand_score": 60, "errors": []}


def _eins(books: Books, profile: str) -> str:
    joined = {
        p.get("object_sid") for p in books.papers.values()
        if p["kind"] == "EntityAssignments" and p["owner"] == profile
    }  # fmt: skip
    held = [str(books.papers.get(sid, {}).get("attributes", "")) for sid in joined if sid]
    eins = [json.loads(text).get("business_registration_number", "") for text in held if text]
    return " ".join(ein[-4:] for ein in eins if ein)


def _campaign(books: Books, paper: dict[str, Any], now: float) -> dict[str, Any]:
    if now - paper["at"] < books.seconds["campaign"]:
        return {"campaign_status": "IN_PROGRESS", "errors": []}
    if any("lottery" in sample.lower() for sample in paper.get("message_samples", [])):
        wrong = {
            "error_code": 30893,
            "fields": ["MESSAGE_SAMPLES"],
            "description": "Sample does not fit",
        }
        return {"campaign_status": "FAILED", "errors": [wrong]}
    return {"campaign_status": "VERIFIED", "campaign_id": "CSIMUL", "errors": []}
