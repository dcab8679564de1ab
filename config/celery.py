"""Celery: lanes, the beat that wakes them, and nothing else."""

from __future__ import annotations

import os

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


@signals.worker_ready.connect
def _start_draining(sender: object, **_: object) -> None:
    """Begin with what is due at once, without waiting for beat."""
    from messaging.providers import warm
    from tenants.tasks import drain

    warm()
    consumer_queues = getattr(sender, "task_consumer", None)
    for queue in getattr(consumer_queues, "queues", []):
        drain.apply_async([queue.name], queue=queue.name, expires=10)
