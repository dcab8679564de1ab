"""The migrations of messaging with one more behind them, a column: for measuring and testing alone.

Settings name this package in MIGRATION_MODULES; the product's own migrations are found through it.
"""

from __future__ import annotations

from pathlib import Path

from messaging import migrations

LAST = sorted(path.stem for path in Path(migrations.__path__[0]).glob("[0-9]*.py"))[-1]
NAME = "9999_one_column"
COLUMN = "bench_note"
__path__ = [*__path__, *migrations.__path__, str(Path(__file__).parent / "more")]
