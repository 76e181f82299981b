"""The load on a panel: sessions that open pages while a crawl writes, and the server times of the pages."""

from __future__ import annotations

import gzip
import os
import re
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from threading import Event, Thread
from typing import Any
from urllib.parse import urljoin

import httpx

from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.store import Store, open_store
from benchmarks.panel.filling import generated_at
from benchmarks.panel.world import make_offer, make_routes
from tests.support.panel_pages import example_pages
from tests.support.storage_examples import make_report, make_search

SESSIONS = 10
_OFFERS_PER_RESPONSE = 130
_TIME = re.compile(r"app;dur=([\d.]+)")
_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')

#: List endpoints and views that are not the page of an example.
VIEWS = {
    "deals: sort by miles": "/?sort=miles",
    "deals: taxes": "/?sort=taxes",
    "deals: from a country": "/?from=US&to=JP",
    "deals: cabin": "/?cabin=first&stops=0",
    "searches: failed": "/searches?outcome=failed",
    "searches: reason": "/searches?reason=blocked",
    "deliveries: rejected": "/deliveries?status=rejected",
    "places": "/places?q=lon",
    "metrics": "/metrics",
    "readyz": "/readyz",
    "api: offers": "/api/v1/offers",
    "api: searches": "/api/v1/searches",
    "api: deliveries": "/api/v1/deliveries",
    "api: runs": "/api/v1/runs",
    "api: promotions": "/api/v1/promotions",
    "api: programs": "/api/v1/programs",
    "api: watches": "/api/v1/watches",
    "api: channels": "/api/v1/channels",
}


def measure(url: str, folder: Path, seconds: int) -> dict[str, Any]:
    """Return the server times of every page in milliseconds, and the size of the home page in kB."""
    store = open_store(url, folder)
    pages = example_pages(store) | VIEWS
    times: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    with _panel(url, folder, store) as address:
        _open_all(address, pages)  # fills the caches, and imports what a page needs
        kilobytes = _page_kb(address)
        stop = Event()
        threads = [
            Thread(target=_session, args=(address, pages, Random(number), stop, times, failed))
            for number in range(SESSIONS)
        ]
        crawl = ThreadPoolExecutor(max_workers=1)
        crawled = crawl.submit(_crawl, store, stop)
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        crawled.result()  # without a crawl that writes, the times mean nothing
        crawl.shutdown()
    store.close()
    every = [duration for durations in times.values() for duration in durations]
    return {
        "p95_ms": _percentile(every, 95),
        "page_kb": kilobytes,
        "requests": len(every),
        "failed": dict(failed),
        "pages": {
            name: {"p50_ms": _percentile(durations, 50), "p95_ms": _percentile(durations, 95)}
            for name, durations in sorted(times.items())
        },
    }


@contextmanager
def _panel(url: str, folder: Path, store: Store) -> Iterator[str]:
    """Run `scrapy panel` at the time of the generated data, and yield its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {
        "AWARD_DATABASE_URL": url,
        "AWARD_DATA_DIR": str(folder),
        "AWARD_SANDBOX_URL": "http://127.0.0.1:9",  # only a sandbox has a simulated time
        "AWARD_SIMULATED_TIME": f"{generated_at(store):%Y-%m-%dT%H:%M:%SZ}",
        "SCRAPY_SETTINGS_MODULE": "awardspider.settings",
    }
    command = [sys.executable, "-m", "scrapy", "panel", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with (folder / "panel.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            httpx.get(f"{address}/healthz")
            return
        except httpx.TransportError:
            if process.poll() is not None:
                raise SystemExit("the panel has ended; see panel.log in the folder of the database") from None
            time.sleep(0.1)
    raise SystemExit("the panel does not respond")


def _open_all(address: str, pages: Mapping[str, str]) -> None:
    with httpx.Client(timeout=120) as client:
        for path in pages.values():
            client.get(address + path)


def _session(
    address: str,
    pages: Mapping[str, str],
    random: Random,
    stop: Event,
    times: dict[str, list[float]],
    failed: dict[str, int],
) -> None:
    """Open one page a second, in a random order, each as frequently as the others."""
    names: list[str] = []
    due = time.monotonic() + random.random()
    with httpx.Client(timeout=60) as client:
        while not stop.wait(max(0.0, due - time.monotonic())):
            due += 1
            names = names or random.sample(sorted(pages), len(pages))
            name = names.pop()
            response = client.get(address + pages[name])
            found = _TIME.search(response.headers.get("server-timing", ""))
            if response.is_success and found:
                times[name].append(float(found[1]))
            else:
                failed[f"{name}: {response.status_code}"] += 1


def _crawl(store: Store, stop: Event) -> None:
    """Write a response a second, as a crawl does: new prices, unchanged offers, and the search."""
    random, routes = Random(9), make_routes(1)
    writer = BatchWriter(store)
    now, number = generated_at(store), 0
    while not stop.wait(1):
        number += 1
        route, now = random.choice(routes), now + timedelta(seconds=1)
        day = (now + timedelta(days=random.randrange(2, 300))).date()
        offers = [make_offer(random, route, day, now) for _ in range(_OFFERS_PER_RESPONSE)]
        search = make_search(program=route.programs[0], origin=route.origin, destination=route.destination,
                             first=day, last=day)  # fmt: skip
        report = make_report(f"load {time.time_ns():x}", search=search, requested_at=now)
        writer.write(Batch(offers={offer.offer_id: offer for offer in offers}, reports=[report]), "load")


def _page_kb(address: str) -> float:
    """Return the size of the home page with what it loads, compressed."""
    with httpx.Client(timeout=60, headers={"accept-encoding": "gzip"}) as client:
        page = client.get(address)
        paths = {urljoin("/", path.partition("#")[0]) for path in _ASSET.findall(page.text)}
        sizes = [_transferred(client.get(address + path)) for path in sorted(paths)]
    return round((_transferred(page) + sum(sizes)) / 1000, 1)


def _transferred(response: httpx.Response) -> int:
    if response.headers.get("content-encoding") == "gzip":
        return int(response.headers.get("content-length") or len(gzip.compress(response.content, 6)))
    return len(response.content)


def _percentile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return round(values[0], 1) if values else 0.0
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)
