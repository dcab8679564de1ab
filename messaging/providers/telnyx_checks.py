"""How a number of Telnyx's stands, and setting it right. Not tried on a live account yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.checking import Setting, Standing
from messaging.providers.telnyx_numbers import TelnyxNumbers


class TelnyxChecks(TelnyxNumbers):
    """The part of Telnyx's adapter that compares and repairs: application and messaging profile."""

    def number_standing(
        self, account: Credentials, e164: str, urls: Mapping[str, str]
    ) -> Standing | None:
        """Read the phone number, and which profile posts to us."""
        query = {"filter[phone_number]": e164, "page[size]": "20"}
        rows = self._list(account, "/v2/phone_numbers", query)
        row: Mapping[str, Any] | None = next(
            (row for row in rows if row.get("phone_number") == e164 and row.get("id")), None
        )
        if row is None:
            return None
        wanted, problems = {"connection_id": account.application_id, "messaging_profile_id": ""}, ()
        try:
            wanted = self._routing(account, urls)
        except ProviderFailed as failed:
            problems = (str(failed),)  # type: ignore[assignment]
        settings = (
            Setting("Calls go to the application", wanted["connection_id"],
                    str(row.get("connection_id") or ""), "calls do not reach us"),
            Setting("Texts go to the profile", wanted["messaging_profile_id"],
                    str(row.get("messaging_profile_id") or ""), "texts do not reach us"),
        )  # fmt: skip
        return Standing(str(row["id"])[:80], settings, problems)

    def repair_number(self, account: Credentials, number_id: str, urls: Mapping[str, str]) -> None:
        """Join the number to the account's application and messaging profile."""
        self.configure_number(account, number_id, urls)
