"""A process that works a departure's row and is killed before its n-th statement: `python -m tests.lifecycle.killed N`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["RINGBACK_ROLE"] = "worker"


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from tenants import agenda

    left = int(sys.argv[1])

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        agenda.run_due("housekeeping", limit=1)


if __name__ == "__main__":
    main()
