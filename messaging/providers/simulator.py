"""The phone simulator as a provider: it speaks Twilio's dialect from an address of its own."""

from __future__ import annotations

from django.conf import settings

from messaging.providers import twilio_calls
from messaging.providers.base import Credentials, PlacedCall, PlaceResult
from messaging.providers.twilio import Twilio


class Simulator(Twilio):
    """Same webhooks, same signature, same API; only the name and the address differ."""

    name = "simulator"
    recording_suffix = ""

    @property
    def api_base_url(self) -> str:
        """Where the simulator answers our API calls."""
        return str(settings.SIMULATOR_API_BASE_URL)

    def place_call(self, account: Credentials, call: PlacedCall) -> PlaceResult:
        """Place a call on the simulated network, which is told how the other end behaves."""
        twiml = self.render(call.steps).decode() if call.steps else ""
        return twilio_calls.create_call(
            self.api_base_url, account, call, twiml, reason=call.rehearse
        )
