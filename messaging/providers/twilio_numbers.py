"""Twilio's numbers: AvailablePhoneNumbers and IncomingPhoneNumbers (telephony.md 2.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

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
from messaging.providers.twilio_client import client

T = TypeVar("T")

# Somebody else bought it between the search and the click.
_GONE = frozenset({"21422", "21404"})


class TwilioNumbers:
    """The part of Twilio's adapter that sells numbers."""

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def search_numbers(self, account: Credentials, wanted: NumberSearch) -> list[OfferedNumber]:
        """Ask for numbers that call and text and want no address of their holder."""
        asked: dict[str, Any] = {
            "sms_enabled": True,
            "voice_enabled": True,
            "exclude_all_address_required": True,
        }
        if wanted.area_code:
            asked["area_code"] = int(wanted.area_code)
        for name, value in (
            ("contains", wanted.contains),
            ("in_locality", wanted.locality),
            ("in_region", wanted.region),
        ):
            if value:
                asked[name] = value

        def ask() -> list[OfferedNumber]:
            country = self._sdk(account).available_phone_numbers(wanted.country)
            shelf: Any = country.toll_free if wanted.toll_free else country.local
            found = shelf.list(limit=OFFERED_AT_MOST, page_size=OFFERED_AT_MOST, **asked)
            return [_offered(each) for each in found if each.phone_number]

        return or_failed("The provider could not be asked for numbers", ask)

    def find_number(self, account: Credentials, e164: str) -> HeldNumber | None:
        """Look among IncomingPhoneNumbers."""

        def ask() -> HeldNumber | None:
            # The filter takes parts of numbers too: we look ourselves.
            numbers = self._sdk(account).incoming_phone_numbers.list(phone_number=e164, limit=20)
            for each in numbers:
                if each.phone_number == e164 and each.sid:
                    return HeldNumber(each.sid, e164, str(each.friendly_name or ""))
            return None

        return or_failed("The provider's numbers could not be read", ask)

    def buy_number(
        self, account: Credentials, e164: str, mark: str, urls: Mapping[str, str]
    ) -> BuyResult:
        """Create an IncomingPhoneNumber."""
        from twilio.base.exceptions import TwilioRestException

        try:
            made = self._sdk(account).incoming_phone_numbers.create(
                phone_number=e164, friendly_name=mark[:MARK_LENGTH], **_webhooks(urls)
            )
        except TwilioRestException as error:
            return _not_bought(error)
        except NEVER_LEFT as error:
            return BuyResult("retry", detail=type(error).__name__)
        except Exception as error:
            return BuyResult("unknown", detail=type(error).__name__)
        if not made.sid:
            return BuyResult("unknown", detail="the answer carried no id")
        return BuyResult("bought", number_id=made.sid)

    def configure_number(
        self, account: Credentials, number_id: str, urls: Mapping[str, str]
    ) -> None:
        """Update an IncomingPhoneNumber."""
        or_failed(
            "The number's addresses could not be set at the provider",
            lambda: self._sdk(account).incoming_phone_numbers(number_id).update(**_webhooks(urls)),
        )

    def release_number(self, account: Credentials, number_id: str) -> None:
        """Delete an IncomingPhoneNumber."""

        def ask() -> None:
            from twilio.base.exceptions import TwilioRestException

            try:
                self._sdk(account).incoming_phone_numbers(number_id).delete()
            except TwilioRestException as error:
                if error.status != 404:
                    raise

        or_failed("The provider did not take the number back", ask)

    def _sdk(self, account: Credentials) -> Any:
        return client(self.api_base_url, account.account_sid, account.token)


def _webhooks(urls: Mapping[str, str]) -> dict[str, str]:
    return {
        "voice_url": urls["voice"],
        "voice_method": "POST",
        "voice_fallback_url": urls["voice_fallback"],
        "voice_fallback_method": "POST",
        "status_callback": urls["voice_status"],
        "status_callback_method": "POST",
        "sms_url": urls["messaging"],
        "sms_method": "POST",
        "sms_fallback_url": urls["messaging_fallback"],
        "sms_fallback_method": "POST",
    }


def _offered(found: Any) -> OfferedNumber:
    can = found.capabilities
    able = can if isinstance(can, Mapping) else vars(can) if can is not None else {}
    flags = {str(name).lower().lstrip("_"): bool(value) for name, value in able.items()}
    return OfferedNumber(
        e164=str(found.phone_number)[:16],
        locality=str(found.locality or "")[:80],
        region=str(found.region or "")[:3],
        texts=flags.get("sms", False),
        pictures=flags.get("mms", False),
    )


def _not_bought(error: Any) -> BuyResult:
    status, code = int(error.status or 0), str(error.code or "")
    detail = str(error.msg or "")[:200]
    if status == 429:
        return BuyResult("retry", code=code or "20429")
    if status >= 500 or status < 400:
        return BuyResult("unknown", code=code, detail=f"HTTP {status}")
    return BuyResult("gone" if code in _GONE else "refused", code=code, detail=detail)


def or_failed(sentence: str, ask: Callable[[], T]) -> T:
    """Return what `ask` does; whatever goes wrong is ProviderFailed with that sentence and a code."""
    try:
        return ask()
    except Exception as error:  # the network, a refusal, or an answer that is not what was asked
        code = str(getattr(error, "code", None) or "")
        # A list that was refused has no status of its own, only the answer it came with.
        answer = next((each for each in error.args if hasattr(each, "status_code")), None)
        status = getattr(error, "status", None) or getattr(answer, "status_code", None)
        said = f"error {code or status}" if code or status else type(error).__name__
        raise ProviderFailed(
            f"{sentence} ({said}).",
            code=code,
            http_status=status if isinstance(status, int) else None,
        ) from None
