"""Telnyx's numbers: available numbers, orders and phone numbers. Not tried on a live account yet.

An order is placed with our mark as its customer reference, by which the number is known again. Calls
go by the account's TeXML application; texts by the messaging profile that posts to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.numbering import (
    MARK_LENGTH,
    OFFERED_AT_MOST,
    BuyResult,
    HeldNumber,
    NumberSearch,
    OfferedNumber,
)
from messaging.providers.pool import NEVER_LEFT
from messaging.providers.telnyx_api import Answer, ask

# The number is reserved by, or was sold to, somebody else.
_GONE = frozenset({"85001", "85006", "10027"})


class TelnyxNumbers:
    """The part of Telnyx's adapter that sells numbers."""

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def search_numbers(self, account: Credentials, wanted: NumberSearch) -> list[OfferedNumber]:
        """Ask for numbers that call and text."""
        query = {
            "filter[country_code]": wanted.country,
            "filter[phone_number_type]": "toll_free" if wanted.toll_free else "local",
            "filter[features][]": "sms",
            "filter[limit]": str(OFFERED_AT_MOST),
        }
        for name, value in (
            ("filter[national_destination_code]", wanted.area_code),
            ("filter[phone_number][contains]", wanted.contains.replace("*", "")),
            ("filter[locality]", wanted.locality),
            ("filter[administrative_area]", wanted.region),
        ):
            if value:
                query[name] = value
        rows = self._list(account, "/v2/available_phone_numbers", query)
        return [_offered(row) for row in rows if row.get("phone_number")][:OFFERED_AT_MOST]

    def find_number(self, account: Credentials, e164: str) -> HeldNumber | None:
        """Look among the account's phone numbers."""
        query = {"filter[phone_number]": e164, "page[size]": "20"}
        for row in self._list(account, "/v2/phone_numbers", query):
            if row.get("phone_number") == e164 and row.get("id"):
                return HeldNumber(
                    str(row["id"])[:80], e164, str(row.get("customer_reference") or "")
                )
        return None

    def buy_number(
        self, account: Credentials, e164: str, mark: str, urls: Mapping[str, str]
    ) -> BuyResult:
        """Place an order for one number."""
        try:
            wanted: dict[str, Any] = {
                "phone_numbers": [{"phone_number": e164}],
                "customer_reference": mark[:MARK_LENGTH],
            } | self._routing(account, urls)
        except ProviderFailed as failed:
            return BuyResult("refused", code=failed.code, detail=str(failed))
        try:
            answer = ask(self.api_base_url, account, "POST", "/v2/number_orders", body=wanted)
        except NEVER_LEFT as error:
            return BuyResult("retry", detail=type(error).__name__)
        except Exception as error:
            return BuyResult("unknown", detail=type(error).__name__)
        if answer.status >= 300:
            return _not_bought(answer)
        # The order names no id of the number itself, and may take a moment: it is looked for.
        return BuyResult("unknown", detail="ordered")

    def configure_number(
        self, account: Credentials, number_id: str, urls: Mapping[str, str]
    ) -> None:
        """Join the number to the account's application and messaging profile."""
        wanted = self._routing(account, urls)
        for path, name in (("", "connection_id"), ("/messaging", "messaging_profile_id")):
            self._ask(
                account, "PATCH", f"/v2/phone_numbers/{number_id}{path}", {name: wanted[name]}
            )

    def release_number(self, account: Credentials, number_id: str) -> None:
        """Delete a phone number."""
        try:
            self._ask(account, "DELETE", f"/v2/phone_numbers/{number_id}")
        except ProviderFailed as failed:
            if failed.http_status != 404:
                raise

    def _routing(self, account: Credentials, urls: Mapping[str, str]) -> dict[str, str]:
        """Return application and messaging profile that post to us. Raises ProviderFailed."""
        if not account.application_id:
            raise ProviderFailed("The account has no voice application; enter the TeXML app's id.")
        for row in self._list(account, "/v2/messaging_profiles", {"page[size]": "250"}):
            if row.get("webhook_url") == urls["messaging"] and row.get("id"):
                return {
                    "connection_id": account.application_id,
                    "messaging_profile_id": str(row["id"]),
                }
        raise ProviderFailed(
            f"No messaging profile of the account posts to {urls['messaging']}; make one in the portal."
        )

    def _list(
        self, account: Credentials, path: str, query: Mapping[str, str]
    ) -> list[Mapping[str, Any]]:
        rows = self._ask(account, "GET", path, query=query).data.get("data")
        if not isinstance(rows, list):
            raise ProviderFailed("The provider's answer is no list.")
        return [row for row in rows if isinstance(row, Mapping)]

    def _ask(
        self,
        account: Credentials,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            answer = ask(self.api_base_url, account, method, path, query=query, body=body)
        except Exception as error:
            raise ProviderFailed(f"The provider did not answer ({type(error).__name__}).") from None
        if answer.status >= 300:
            raise ProviderFailed(
                f"The provider refused (error {answer.code or answer.status}).",
                code=answer.code,
                http_status=answer.status,
            )
        return answer


def _offered(row: Mapping[str, Any]) -> OfferedNumber:
    regions = {
        str(each.get("region_type")): str(each.get("region_name") or "")
        for each in row.get("region_information") or []
        if isinstance(each, Mapping)
    }
    features = {
        str(each.get("name")) for each in row.get("features") or [] if isinstance(each, Mapping)
    }
    return OfferedNumber(
        e164=str(row["phone_number"])[:16],
        locality=(regions.get("locality") or regions.get("rate_center") or "").title()[:80],
        region=regions.get("state", "")[:3],
        texts="sms" in features,
        pictures="mms" in features,
    )


def _not_bought(answer: Answer) -> BuyResult:
    status, code = answer.status, answer.code
    if status == 429:
        return BuyResult("retry", code=code or "10011")
    if status >= 500 or status < 400:
        return BuyResult("unknown", code=code, detail=f"HTTP {status}")
    return BuyResult("gone" if code in _GONE else "refused", code=code, detail=answer.sentence)
