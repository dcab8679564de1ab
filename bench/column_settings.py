"""The settings with one migration more (bench/column/)."""

from config.settings import *  # noqa: F403

MIGRATION_MODULES = {"messaging": "bench.column"}
