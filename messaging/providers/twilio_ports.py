"""Twilio's Porting API (numbers/v1, public beta): portability, documents, port-in requests.

Written after the SDK's own description of it and the public documentation of 2026; not tried on a live
account. US lines only, no toll-free ones. Twilio makes the letter of authorization and has it signed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import urllib3

from messaging.providers.base import Credentials
from messaging.providers.pool import NEVER_LEFT, patience, pool
from messaging.providers.porting import Bill, Ordered, Portable, PortOrder, PortStanding, PortState
from messaging.providers.twilio_client import client, origin
from messaging.providers.twilio_numbers import or_failed

_UPLOAD = "https://numbers-upload.twilio.com/v1/Documents"
_UPLOAD_SECONDS = 60.0
_STATES: dict[str, PortState] = {
    "in review": "review", "waiting for signature": "signature", "in progress": "under_way",
    "action required": "action", "completed": "done", "canceled": "ended", "expired": "ended",
}  # fmt: skip
_OVER = frozenset({"completed", "canceled", "expired"})
_A_PAGE = 100


class TwilioPorts:
    """The part of Twilio's adapter that brings numbers."""

    ports = True

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def can_port(self, account: Credentials, e164: str) -> Portable:
        """Fetch its Portability."""

        def ask() -> Portable:
            found = self._numbers(account).porting_portabilities(e164).fetch()
            return Portable(
                bool(found.portable), str(found.not_portable_reason or "")[:200],
                bool(found.pin_and_account_number_required),
            )  # fmt: skip

        return or_failed("The provider could not say whether the number can be ported", ask)

    def find_port(self, account: Credentials, e164: str) -> str:
        """Look through the PortIn requests that are not over."""

        def ask() -> str:
            numbers = self._numbers(account)
            for each in numbers.porting_all_port_ins.stream(page_size=_A_PAGE):
                if _word(each.port_in_request_status) in _OVER or not each.port_in_request_sid:
                    continue
                whole = numbers.porting_port_ins(each.port_in_request_sid).fetch()
                lines = [line for line in whole.phone_numbers or () if isinstance(line, dict)]
                if any(line.get("phone_number") == e164 for line in lines):
                    return str(each.port_in_request_sid)
            return ""

        return or_failed("The provider's orders could not be read", ask)

    def order_port(self, account: Credentials, order: PortOrder) -> Ordered:
        """Upload the bill, then create a PortIn request."""
        from twilio.base.exceptions import TwilioRestException
        from twilio.rest.numbers.v1.porting_port_in import PortingPortInList

        try:
            document = self._upload(account, order.bill)
            if isinstance(document, Ordered):
                return document
            wanted = PortingPortInList.NumbersV1PortingPortInCreate(
                _wanted(account.account_sid, order, document)
            )
            made = self._numbers(account).porting_port_ins.create(wanted)
        except TwilioRestException as error:
            return _not_ordered(error.status, str(error.code or ""), str(error.msg or ""))
        except NEVER_LEFT as error:
            return Ordered("retry", detail=type(error).__name__)
        except Exception as error:
            return Ordered("unknown", detail=type(error).__name__)
        if not made.port_in_request_sid:
            return Ordered("unknown", detail="the answer carried no id")
        return Ordered("ordered", port_id=made.port_in_request_sid)

    def port_standing(self, account: Credentials, port_id: str) -> PortStanding:
        """Fetch the PortIn request."""

        def ask() -> PortStanding:
            found = self._numbers(account).porting_port_ins(port_id).fetch()
            state = _STATES.get(_word(found.port_in_request_status), "review")
            lines = [line for line in found.phone_numbers or () if isinstance(line, dict)]
            reasons = [
                str(line[name]) for line in lines
                for name in ("rejection_reason", "not_portability_reason") if line.get(name)
            ]  # fmt: skip
            if state == "ended" and found.order_cancellation_reason:
                reasons.append(str(found.order_cancellation_reason))
            sign = str(found.signature_request_url or "")
            return PortStanding(
                state, "; ".join(reasons)[:300], sign[:600] if sign.startswith("https://") else ""
            )

        return or_failed("The provider could not say how the order stands", ask)

    def cancel_port(self, account: Credentials, port_id: str) -> None:
        """Delete the PortIn request."""

        def ask() -> None:
            from twilio.base.exceptions import TwilioRestException

            try:
                self._numbers(account).porting_port_ins(port_id).delete()
            except TwilioRestException as error:
                if error.status != 404:
                    raise

        or_failed("The provider did not take the order back", ask)

    def _numbers(self, account: Credentials) -> Any:
        return client(self.api_base_url, account.account_sid, account.token).numbers.v1

    def _upload(self, account: Credentials, bill: Bill) -> str | Ordered:
        """Return the document's id; an upload is a form with a file, which the SDK does not send."""
        parts = urlsplit(_UPLOAD)
        headers = urllib3.make_headers(basic_auth=f"{account.account_sid}:{account.token}")
        answer = pool(self.api_base_url).request(
            "POST", f"{origin(self.api_base_url, parts)}{parts.path}",
            fields={
                "document_type": "utility_bill", "friendly_name": bill.name[:60],
                "File": (bill.name, bill.content, bill.content_type),
            },
            headers={**headers, "X-Twilio-Host": parts.netloc, "Accept": "application/json"},
            redirect=False, timeout=patience(_UPLOAD_SECONDS),
        )  # fmt: skip
        try:
            told = json.loads(answer.data)
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        if answer.status not in (200, 201, 202):
            # Nothing is ordered yet, whatever became of the file.
            is_final = 400 <= answer.status < 500 and answer.status != 429
            return Ordered(
                "refused" if is_final else "retry", code=str(told.get("code") or ""),
                detail=str(told.get("message") or "")[:200],
            )  # fmt: skip
        document = str(told.get("sid") or told.get("document_sid") or "")
        return document or Ordered("retry", detail="the answer carried no id")


def _wanted(account_sid: str, order: PortOrder, document: str) -> dict[str, Any]:
    line = {"phone_number": order.e164} | ({"pin": order.pin} if order.pin else {})
    known: dict[str, Any] = {
        "customer_type": "Business" if order.is_business else "Individual",
        "customer_name": order.holder,
        "account_telephone_number": order.e164,
        "authorized_representative": order.signer,
        "authorized_representative_email": order.signer_email,
        "address": {
            "street": order.street, "city": order.city, "state": order.region,
            "zip": order.postal_code, "country": "USA",
        },
    }  # fmt: skip
    if order.account_number:
        known["account_number"] = order.account_number
    return {
        "account_sid": account_sid, "documents": [document], "phone_numbers": [line],
        "losing_carrier_information": known,
    }  # fmt: skip


def _not_ordered(status: int | None, code: str, detail: str) -> Ordered:
    if status == 429:
        return Ordered("retry", code=code or "20429")
    if status is None or status >= 500 or status < 400:
        return Ordered("unknown", code=code, detail=f"HTTP {status}")
    return Ordered("refused", code=code, detail=detail[:200])


def _word(status: Any) -> str:
    return str(status or "").replace("-", " ").replace("_", " ").strip().lower()
