"""Measure the cost of the pipelines: crawl the same sandbox with empty pipelines, then with ours.

A run has three crawls, each in a separate process: `bare` (empty pipelines, the cost of Scrapy), `first` (every offer
is new) and `again` (no offer has changed). Only the ratios to `bare` matter; absolute figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.support.sandbox_server import sandbox

# Only calendars are crawled: with about 130 offers per response, processing offers costs more than sending requests.
# A year of offers on the routes between CITIES is about 280,000.
MORE_CITIES = "PHX,SAN,PDX,CDG,AMS,MUC,ZRH,HNL,MCO,ICN"
CITIES = "LAX,SFO,EWR,ORD,DEN,IAH,IAD,SEA,BOS,JFK,LHR,FRA,NRT,HND,YYZ,MEX,GRU,AUS,LAS,MIA"


def main(arguments: list[str]) -> None:
    """Crawl three times and print the items per second, the ratios to `bare` and the peak memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks throughput")
    parser.add_argument("--offers", type=int, default=20_000, help="approximate number of offers per crawl")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server, tempfile.TemporaryDirectory() as folder:
        runs = {
            name: crawl(server.url, Path(folder), options.offers, bare=name == "bare")
            for name in ("bare", "first", "again")
        }
    bare = runs["bare"]["items_per_second"]
    table = Table("crawl", "items", "items per second", "ratio to bare", "peak MB", title="Throughput")
    for name, run in runs.items():
        rate = run["items_per_second"]
        table.add_row(name, f"{run['items']:,}", f"{rate:,.0f}", f"{rate / bare:.2f}", f"{run['peak_mb']:,.0f}")
    Console().print(table)
    if options.json:
        figures = {
            "ratio_first": round(runs["first"]["items_per_second"] / bare, 3),
            "ratio": round(runs["again"]["items_per_second"] / bare, 3),
            "items_per_second": round(runs["first"]["items_per_second"]),
            "items_per_second_again": round(runs["again"]["items_per_second"]),
            "bare_items_per_second": round(bare),
            "items": runs["first"]["items"],
            "peak_mb": round(max(runs["first"]["peak_mb"], runs["again"]["peak_mb"]), 1),
            "bare_peak_mb": round(runs["bare"]["peak_mb"], 1),
        }
        print(json.dumps(figures))


def crawl(sandbox_url: str, folder: Path, offers: int, *, bare: bool) -> dict[str, Any]:
    """Run one crawl in a new process and return its figures."""
    environment = os.environ | {"AWARD_SANDBOX_URL": sandbox_url, "AWARD_DATA_DIR": str(folder)}
    environment |= {"AWARD_PROGRESS": "off", "AWARD_DATABASE_URL": "", "SCRAPY_SETTINGS_MODULE": "awardspider.settings"}
    cities = CITIES if offers <= 250_000 else f"{CITIES},{MORE_CITIES}"
    command = [sys.executable, "-m", "benchmarks.one_crawl", cities, str(offers)] + ["bare"] * bare
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures
