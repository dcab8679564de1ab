"""Celery's settings, read from the same environment as Django's."""

from kombu.entity import Queue

from config import env

LANES = ("realtime", "bulk", "housekeeping", "hooks")

broker_url = env.redis_url("REDIS_URL")
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_transport_options = {"socket_connect_timeout": 2, "socket_keepalive": True}
task_ignore_result = True
task_default_queue = "housekeeping"
task_queues = [Queue(lane, routing_key=lane) for lane in LANES]  # type: ignore[no-untyped-call]
task_create_missing_queues = False
worker_prefetch_multiplier = 1
# A drain stays in its thread for good, one for each lane; the thread beyond them takes the wake-ups
# that find their lane being drained, which would otherwise pile up in the queue.
worker_pool = "threads"
worker_concurrency = len(LANES) + 1
worker_hijack_root_logger = False
worker_send_task_events = False
# The safety net: a drain that ended or never began is started again within a second.
beat_schedule = {
    f"drain-{lane}": {
        "task": "tenants.drain",
        "schedule": 1.0 if lane == "realtime" else 2.0,
        "args": [lane],
        "options": {"queue": lane, "expires": 2},
    }
    for lane in LANES
}
beat_max_loop_interval = 1
timezone = "UTC"
