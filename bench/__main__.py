"""`python3 run.py bench [name …] [--json] [--businesses 1,1000] [--quick]`: see docs/bench.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from bench import database, figures
from bench.figures import Figure
from bench.rig import Plan
from bench.scenarios import ON_REQUEST, SCENARIOS
from bench.traffic import Callers


def counts(text: str) -> list[int]:
    """Return the numbers of businesses asked for, ascending. Raises ArgumentTypeError."""
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] < 1 or found[-1] > 20_000:
        raise argparse.ArgumentTypeError("expected numbers from 1 to 20000, such as 1,1000")
    return found


def main(arguments: list[str]) -> int:
    """Measure and print. Returns 0 even where a target is missed: that is a finding, not a failure."""
    parser = argparse.ArgumentParser(prog="run.py bench", description="How fast it is.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SCENARIOS))
    parser.add_argument("--json", action="store_true", help="a JSON list on standard output")
    parser.add_argument("--businesses", type=counts, default=[1, 1000], help="1,1000")
    parser.add_argument("--quick", action="store_true", help="shorter, less certain")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(SCENARIOS):
        parser.error(
            f"no such name: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}"
        )
    if not os.environ.get("DATABASE_URL"):
        parser.error("no servers: start it by `python3 run.py bench`")
    found: list[Figure] = []

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def show(figure: Figure) -> None:
        found.append(figure)
        out = sys.stderr if options.json else sys.stdout
        print(figures.line(figures.row(figure)), file=out, flush=True)
        if more := figures.cpu_line(figure):
            print(f"    {more}", file=out, flush=True)

    if not options.json:
        print(figures.line(figures.COLUMNS), flush=True)
    callers = Callers()
    for businesses in options.businesses:
        database.prepare(businesses)
        plan = Plan(businesses, options.quick, callers, show, say)
        for name in SCENARIOS:
            if name in (options.names or SCENARIOS.keys() - ON_REQUEST):
                database.wipe(businesses)
                run(name, plan)
    if options.json:
        print(figures.to_json(found))
    return 0


def run(name: str, plan: Plan) -> None:
    """Run one scenario in an event loop of its own, the fast one where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(SCENARIOS[name](plan))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(SCENARIOS[name](plan))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
