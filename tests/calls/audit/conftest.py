"""Logs of both businesses, made from text."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from calls.audit import logs
from calls.audit.hours import USUAL
from tenants.models import CallLog
from tests.support.world import Biz

HEADING = "Start,From,To,Direction,Result,Talk\n"


def lines(count: int, *, start: int = 0) -> str:
    """Return so many rows, a minute apart, every third missed; callers repeat every fifty."""
    base = datetime(2026, 1, 5, 15, tzinfo=UTC).timestamp()
    return "".join(
        f"{datetime.fromtimestamp(base + n * 60, UTC):%Y-%m-%d %H:%M:%S}Z,+1312555{n % 50:04d},"
        f"+13125550100,in,{'Missed' if n % 3 == 0 else 'Answered'},{0 if n % 3 == 0 else 40}\n"
        for n in range(start, start + count)
    )


def received(biz: Biz, text: str | bytes, **more: Any) -> CallLog:
    """Bring a file in for a business; business=None makes it a prospect's of its agency."""
    content = text.encode() if isinstance(text, str) else text
    values: dict[str, Any] = {
        "agency": biz.business.agency, "business": biz.business, "name": "January",
        "timezone": "America/Chicago", "hours": USUAL, "by": "Dana", "now": timezone.now(),
    }  # fmt: skip
    return logs.receive(io.BytesIO(content), "log.csv", **{**values, **more})


@pytest.fixture(autouse=True)
def files_here(settings, tmp_path):
    """Uploaded files go where the test's other files go."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path
