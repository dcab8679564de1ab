"""How what was filed with carriers stands at Twilio, and whether a number is in its campaign (telephony.md 2.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from messaging.providers.base import Credentials, ProviderFailed
from messaging.providers.checking import Setting
from messaging.providers.registering import FiledStanding
from messaging.providers.twilio_client import client
from messaging.providers.twilio_numbers import or_failed
from messaging.senders.dossier import TOLL_FREE

_BLOCKED = "carriers refuse its texts (30034)"
_GONE = "not there"
_IN, _OUT = "joined", "not joined"


class TwilioFiled:
    """The part of Twilio's adapter that reads how a registration stands."""

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def end_campaigns(self, account: Credentials, service_id: str) -> None:
        """Delete the Usa2p of a messaging service."""

        def ask() -> None:
            from twilio.base.exceptions import TwilioRestException

            sdk: Any = client(self.api_base_url, account.account_sid, account.token)
            shelf = sdk.messaging.v1.services(service_id).us_app_to_person
            try:
                for campaign in shelf.list(limit=20):
                    shelf(campaign.sid).delete()
            except TwilioRestException as error:
                if error.status != 404:
                    raise

        or_failed("The provider did not end the campaign", ask)

    def filed_standing(
        self, account: Credentials, e164: str, ids: Mapping[str, str]
    ) -> FiledStanding:
        """Read brand, campaign and the numbers of the messaging service, or a toll-free verification."""
        sdk: Any = client(self.api_base_url, account.account_sid, account.token)
        messaging = sdk.messaging.v1
        if verification := ids.get(TOLL_FREE + e164, ""):
            said = _said(lambda: messaging.tollfree_verifications(verification).fetch().status)
            return FiledStanding((
                Setting("Toll-free verification", "TWILIO_APPROVED", said, "carriers refuse its texts (30032)"),
            ))  # fmt: skip
        settings = []
        service, campaign = ids.get("a2p.service", ""), ids.get("a2p.campaign", "")
        if brand := ids.get("a2p.brand", ""):
            said = _said(lambda: messaging.brand_registrations(brand).fetch().status)
            settings.append(Setting("Brand", "APPROVED", said, _BLOCKED))
        if not (service and campaign):
            return FiledStanding(tuple(settings))
        one = messaging.services(service)
        said = _said(lambda: one.us_app_to_person(campaign).fetch().campaign_status)
        settings.append(Setting("Campaign", "VERIFIED", said, _BLOCKED))
        there = _said(lambda: _joined(one, e164))
        settings.append(
            Setting("The number in the campaign's messaging service", _IN, there, _BLOCKED)
        )
        return FiledStanding(tuple(settings), is_joined=None if there == _GONE else there == _IN)


def _joined(service: Any, e164: str) -> str:
    rows = service.phone_numbers.stream(page_size=100)
    return _IN if any(row.phone_number == e164 for row in rows) else _OUT


def _said(ask: Callable[[], Any]) -> str:
    """Return what the provider says, "not there" for what it does not know. Raises ProviderFailed."""
    try:
        return str(ask() or "")
    except Exception as error:  # the network, a refusal, or an answer that is not what was asked
        status, code = getattr(error, "status", None), str(getattr(error, "code", None) or "")
        if status == 404:
            return _GONE
        said = f"error {code}" if code else type(error).__name__
        raise ProviderFailed(
            f"The registration could not be read ({said}).", code=code,
            http_status=status if isinstance(status, int) else None,
        ) from None  # fmt: skip
