"""Celery: lanes, the beat that wakes them, and nothing else."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Workers serve no pages: loading every URL table at each start would only make starting slow.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("ringback")
app.config_from_object("config.celery_settings")
app.autodiscover_tasks(["tenants"])


@signals.setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery would replace the handlers that config.logs has set."""


@signals.celeryd_after_setup.connect
def _start_draining(instance: Any, **_: object) -> None:
    """Begin with what is due at once: neither beat nor the broker is needed for that."""
    from messaging.providers import warm
    from tenants.tasks import start_here

    warm()
    start_here(list(instance.app.amqp.queues.consume_from))
