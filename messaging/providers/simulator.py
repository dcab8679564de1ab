"""The phone simulator as a provider: it speaks Twilio's dialect from an address of its own."""

from __future__ import annotations

from django.conf import settings

from messaging.providers.twilio import Twilio


class Simulator(Twilio):
    """Same webhooks, same signature, same API; only the name and the address differ."""

    name = "simulator"

    @property
    def api_base_url(self) -> str:
        """Where the simulator answers our API calls."""
        return str(settings.SIMULATOR_API_BASE_URL)
