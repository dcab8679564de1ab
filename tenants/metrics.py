"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter("ringback_webhooks_total", "Webhooks answered", ["kind", "result"])
WEBHOOKS_UNVERIFIED = Counter(
    "ringback_webhooks_unverified_total", "Webhooks whose signature did not fit", ["provider"]
)
WEBHOOK_SECONDS = Histogram(
    "ringback_webhook_seconds",
    "Seconds to answer a webhook",
    ["kind"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)
AGENDA = Gauge("ringback_agenda_rows", "Rows on the agenda", ["lane", "state"])
AGENDA_LAG = Gauge("ringback_agenda_lag_seconds", "Age of the oldest due, unclaimed row", ["lane"])
WORKER_ALIVE = Gauge("ringback_worker_alive", "Whether a worker drains the lane", ["lane"])
