"""Measure the server time of every page of the panel with a large database while a crawl writes.

The database has 500,000 current offers, 10 million price points and 5 million searches, on SQLite and on PostgreSQL;
`--scale` makes it smaller. It is kept in `--folder` for the next time. Ten sessions open one page a second each.
`p95_ms` is the 95th percentile of all pages and of the slower engine, `page_kb` the size of the home page with all that
it loads, compressed, and `loop_ms` the time of a fixed loop, by which results of different machines can be compared.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from timeit import repeat

from rich.console import Console
from rich.table import Table

from awardspider.storage.store import open_store
from benchmarks.panel.filling import fill
from benchmarks.panel.load import measure
from benchmarks.panel.postgresql import postgresql

ENGINES = ("sqlite", "postgresql")


def main(arguments: list[str]) -> None:
    """Fill the databases that are missing, put a load on the panel of each, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks panel", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the database; 1: 500,000 current offers")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="default: both")
    parser.add_argument("--seconds", type=int, default=120, help="duration of the load")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "awardspider-panel-benchmark",
                        help="where databases are kept (default: %(default)s)")  # fmt: skip
    options = parser.parse_args(arguments)
    results = {}
    for engine in options.engine or ENGINES:
        folder = options.folder / f"{engine}-{options.scale:g}"
        with _filled(engine, folder, options.scale) as url:
            results[engine] = measure(url, folder, options.seconds)
    for engine, result in results.items():
        table = Table("page", "median ms", "p95 ms", title=f"{engine}: p95 {result['p95_ms']} ms")
        for name, times in result["pages"].items():
            table.add_row(name, f"{times['p50_ms']}", f"{times['p95_ms']}")
        Console().print(table)
        for name, count in result["failed"].items():
            print(f"failed {count} times: {name}")
    if options.json:
        slowest = max(results.values(), key=lambda result: result["p95_ms"])
        figures = {name: slowest[name] for name in ("p95_ms", "page_kb", "pages")}
        print(json.dumps(figures | {"loop_ms": _loop_ms(), "engines": results}))


def _loop_ms() -> float:
    """Return the time of a loop in Python, in milliseconds."""
    return round(min(repeat(lambda: sum(number * number for number in range(200_000)), number=1)) * 1_000, 1)


@contextmanager
def _filled(engine: str, folder: Path, scale: float) -> Iterator[str]:
    """Yield the URL of a filled database."""
    folder.mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'awardspider.db'}"
        _fill_once(url, folder, scale)
        yield url
        return
    folder.chmod(0o777)
    with postgresql(folder) as url:
        _fill_once(url, folder, scale)
        yield url


def _fill_once(url: str, folder: Path, scale: float) -> None:
    done = folder / "filled"
    if done.exists():
        return
    print(f"Filling {folder}; the complete size takes about half an hour.", flush=True)
    store = open_store(url, folder)
    fill(store, scale, datetime.now(UTC))
    store.close()
    done.touch()
