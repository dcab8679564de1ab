#!/usr/bin/env python3
"""Django's command door; `run.py manage` calls it with the right environment."""

import os
import sys


def main() -> None:
    """Run one management command with config.settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.env import BadEnvironment

    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except BadEnvironment as error:
        sys.exit(f"ringback cannot start: {error}")


if __name__ == "__main__":
    main()
