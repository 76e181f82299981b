"""Run a benchmark by name."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = (
    "throughput",
    "parsers",
    "fuzz",
    "export",
    "sheets",
    "outbox",
    "planner",
    "wishes",
    "deals",
    "baselines",
    "prune",
    "promotions",
    "panel",
)


def main() -> None:
    """Run the benchmark named by the first argument, passing it the other arguments."""
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        sys.exit(f"usage: python -m benchmarks {{{','.join(BENCHMARKS)}}} [--json]")
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])


main()
