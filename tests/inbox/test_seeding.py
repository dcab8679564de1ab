"""The demo's seeding: what it invents is no news."""

from __future__ import annotations

from datetime import UTC, datetime

from inbox.management.commands.seed_demo import quiet_alerts
from messaging.alerts import raise_alert
from messaging.models import Alert

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_alerts_of_an_invented_history_are_kept_and_not_logged(plumber, dentist, caplog):
    with plumber.scope():
        with quiet_alerts():
            raise_alert("CONSENT_LEVEL_TOO_LOW", "They called.", at=AT, subject="invented")
        assert "invented" not in caplog.text
        raise_alert("CONSENT_LEVEL_TOO_LOW", "They called.", at=AT, subject="of today")
        assert "of today" in caplog.text
        assert set(Alert.objects.values_list("subject", flat=True)) == {"invented", "of today"}
    with dentist.scope():
        assert not Alert.objects.exists()
