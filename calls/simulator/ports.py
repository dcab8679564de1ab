"""The carrier's office, third desk: numbers brought from other carriers. Pure.

An order is looked over, waits for its signature, is on its way, and then its number is held, each after
some seconds (Books.seconds). Magic: a number that ends in 0198 cannot be brought, and the old carrier
refuses a PIN of 0000.
"""

from __future__ import annotations

from typing import Any

from calls.simulator.office import Asked, Books, Reply, add_known, refusal

_BASE = "/v1/Porting/PortIn"
_PORTABLE = "/v1/Porting/Portability/PhoneNumber/"
_REQUESTS = f"{_BASE}/PortInRequests"
_DOCUMENTS = "/v1/Documents"
_STUCK, _WRONG_PIN = "0198", "0000"


def answer(books: Books, asked: Asked) -> Reply | None:
    """Answer what concerns numbers that are brought; None for a path that is not this desk's."""
    if asked.path == _DOCUMENTS and asked.method == "POST":
        return Reply(201, {"sid": books.new_id("RD"), "document_type": "utility_bill"})
    if asked.path.startswith(_PORTABLE):
        return _portable(asked.path.removeprefix(_PORTABLE))
    if asked.path == _BASE and asked.method == "POST":
        return _order(books, asked)
    if not asked.path.startswith(f"{_BASE}/"):
        return None
    mine = [
        _moved(books, order, asked.now) for order in books.papers.values()
        if order["kind"] == "PortIn" and order["account_sid"] == asked.account
    ]  # fmt: skip
    if asked.path == _REQUESTS:
        meta = {"key": "port_in_requests", "next_page_url": None, "page": 0, "page_size": 50}
        return Reply(200, {"port_in_requests": mine, "meta": meta})
    named = asked.path.removeprefix(f"{_BASE}/")
    order = next((each for each in mine if each["port_in_request_sid"] == named), None)
    if order is None:
        return refusal(404, 20404, "The requested resource was not found")
    if asked.method == "DELETE":
        books.papers[named]["is_off"] = True
        return Reply(204)
    return Reply(200, order)


def _portable(e164: str) -> Reply:
    stuck = e164.endswith(_STUCK)
    return Reply(200, {
        "phone_number": e164, "portable": not stuck, "pin_and_account_number_required": False,
        "not_portable_reason": "Its carrier does not let it go" if stuck else None,
        "not_portable_reason_code": 22131 if stuck else None, "number_type": "LOCAL",
        "country": "US", "account_sid": None,
    })  # fmt: skip


def _order(books: Books, asked: Asked) -> Reply:
    said = asked.said if isinstance(asked.said, dict) else {}
    known, lines = said.get("losing_carrier_information") or {}, said.get("phone_numbers") or []
    for name in ("customer_name", "customer_type", "authorized_representative",
                 "authorized_representative_email", "address"):  # fmt: skip
        if not known.get(name):
            return refusal(400, 20001, f"losing_carrier_information.{name} is required")
    if not said.get("documents"):
        return refusal(400, 20001, "documents: a utility bill is required")
    if not lines or any(line["phone_number"].endswith(_STUCK) for line in lines):
        return refusal(400, 22131, "phone_numbers: cannot be ported")
    sid = books.new_id("KW")
    books.papers[sid] = {
        "sid": sid, "kind": "PortIn", "owner": "", "account_sid": asked.account, "at": asked.now,
        "numbers": [line["phone_number"] for line in lines], "is_off": False,
        "is_wrong": any(line.get("pin") == _WRONG_PIN for line in lines),
    }  # fmt: skip
    return Reply(201, _moved(books, books.papers[sid], asked.now))


def _moved(books: Books, order: dict[str, Any], now: float) -> dict[str, Any]:
    """Return an order as it stands now; one that is done has its numbers held."""
    step = books.seconds.get("port", 5.0)
    since = now - order["at"]
    status = ("In Review", "Waiting for Signature", "In Progress")[min(2, int(since // step))]
    if since >= 3 * step:
        status = "Action Required" if order["is_wrong"] else "Completed"
    if order["is_off"]:
        status = "Canceled"
    if status == "Completed":
        add_known(books, [(e164, order["account_sid"]) for e164 in order["numbers"]])
    wrong = "The PIN is not the one the carrier has." if status == "Action Required" else None
    return {
        "port_in_request_sid": order["sid"], "port_in_request_status": status,
        "account_sid": order["account_sid"], "documents": [], "signature_request_url": None,
        "order_cancellation_reason": None, "date_created": None, "phone_numbers_requested": 1,
        "phone_numbers": [
            {"phone_number": e164, "rejection_reason": wrong} for e164 in order["numbers"]
        ],
    }  # fmt: skip
