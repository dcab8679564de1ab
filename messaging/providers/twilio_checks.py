"""How a number of Twilio's stands, and setting it right (telephony.md 1.1, 1.6, 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.checking import Setting, Standing
from messaging.providers.twilio_client import client

_NO_CALLS, _NO_TEXTS = "calls do not reach us", "texts do not reach us"
_LOST = "while we cannot be reached, callers hear an error"
# Attribute of the number, name of its address among ours, in words, what goes wrong.
_ADDRESSES = (
    ("voice", "voice_url", "voice_method", "Calls go to", _NO_CALLS),
    ("voice_fallback", "voice_fallback_url", "voice_fallback_method", "Calls in an emergency", _LOST),
    ("voice_status", "status_callback", "status_callback_method", "The call's end is told to",
     "calls are decided late"),
    ("messaging", "sms_url", "sms_method", "Texts go to", _NO_TEXTS),
    ("messaging_fallback", "sms_fallback_url", "sms_fallback_method", "Texts in an emergency",
     "while we cannot be reached, texts are lost"),
)  # fmt: skip
# While one of these is set, the address beside it is not asked (telephony.md 2.6).
_OVERRIDES = (
    ("trunk_sid", "SIP trunk", _NO_CALLS),
    ("voice_application_sid", "Voice application", _NO_CALLS),
    ("sms_application_sid", "Texting application", _NO_TEXTS),
)


class TwilioChecks:
    """The part of Twilio's adapter that compares and repairs."""

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def number_standing(
        self, account: Credentials, e164: str, urls: Mapping[str, str]
    ) -> Standing | None:
        """Read the IncomingPhoneNumber."""
        sdk = client(self.api_base_url, account.account_sid, account.token)
        try:
            numbers = sdk.incoming_phone_numbers.list(phone_number=e164, limit=20)
            found = next((n for n in numbers if n.phone_number == e164 and n.sid), None)
            return _standing(found, urls) if found is not None else None
        except (
            Exception
        ) as error:  # the network, a refusal, or an answer that is no list of numbers
            raise _failed("The provider's numbers could not be read", error) from None

    def repair_number(self, account: Credentials, number_id: str, urls: Mapping[str, str]) -> None:
        """Update the IncomingPhoneNumber."""
        wanted: dict[str, Any] = {attribute: "" for attribute, _, _ in _OVERRIDES}
        for name, address, method, _, _ in _ADDRESSES:
            wanted |= {address: urls[name], method: "POST"}
        sdk = client(self.api_base_url, account.account_sid, account.token)
        try:
            sdk.incoming_phone_numbers(number_id).update(**wanted)
        except Exception as error:
            raise _failed("The number could not be changed at the provider", error) from None


def _standing(found: Any, urls: Mapping[str, str]) -> Standing:
    settings = [
        Setting(words, f"POST {urls[name]}", _said(found, address, method), matters)
        for name, address, method, words, matters in _ADDRESSES
    ]
    settings += [
        Setting(words, "", str(getattr(found, attribute, None) or ""), matters)
        for attribute, words, matters in _OVERRIDES
    ]
    can = found.capabilities
    able = can if isinstance(can, Mapping) else vars(can) if can is not None else {}
    flags = {str(name).lower().lstrip("_"): bool(value) for name, value in able.items()}
    problems = [
        sentence
        for name, sentence in (
            ("voice", "The number takes no calls at the provider."),
            ("sms", "The number sends no texts at the provider."),
        )
        if flags and not flags.get(name, False)
    ]
    return Standing(str(found.sid), tuple(settings), tuple(problems))


def _said(found: Any, address: str, method: str) -> str:
    url = str(getattr(found, address, None) or "")
    return f"{str(getattr(found, method, None) or 'POST').upper()} {url}" if url else ""


def _failed(sentence: str, error: Exception) -> ProviderFailed:
    code, status = str(getattr(error, "code", None) or ""), getattr(error, "status", None)
    said = f"error {code}" if code else type(error).__name__
    return ProviderFailed(
        f"{sentence} ({said}).", code=code, http_status=status if isinstance(status, int) else None
    )
