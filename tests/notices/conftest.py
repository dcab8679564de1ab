"""Members who are told, and the places they are told at."""

from __future__ import annotations

import pytest

from tests.support.receivers import receiving


@pytest.fixture
def receiver(settings):
    """Browsers' push service and the chats' webhooks, on this machine."""
    settings.NOTICES_MAY_BE_PRIVATE = True
    with receiving() as served:
        settings.CHAT_WEBHOOK_BASE_URL = served.url
        yield served
