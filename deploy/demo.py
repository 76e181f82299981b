"""`make demo`: crawl the sandbox for the example watches, show the best offer of each and a message about it.

Data is kept in data/demo; another run adds to the history there.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from awardspider.commands._listing import print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.delivery.messages.events import offer_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.render import Form, render
from awardspider.items import Detail, EventType
from awardspider.programs import program_currency
from awardspider.search.matching import match, may_alert
from awardspider.search.watch_file import load_watches
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers
from awardspider.storage.store import open_store
from awardspider.storage.watches import find_watches

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "demo"
WATCHES = ROOT / "deploy" / "watches.example.yaml"
STARTS_WITHIN_SECONDS = 30
SHEET = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"  # the sandbox's own spreadsheet, which every account may edit


def price(offer: OfferRow) -> str:
    """Return the price for one traveler, with the name of the currency."""
    language = get_language("en")
    miles = "unknown" if offer.miles is None else language.price(offer.miles, program_currency(offer.program))
    return f"{miles} + {language.money(*offer.taxes)}" if offer.taxes else miles


COLUMNS: list[Column[tuple[str, OfferRow]]] = [
    Column(title="watch", rank=0, text=lambda row: row[0], min_width=18),
    Column(title="route", rank=1, text=lambda row: f"{row[1].origin}-{row[1].destination}"),
    Column(title="date", rank=2, text=lambda row: f"{row[1].departure_date:%a %Y-%m-%d}"),
    Column(title="cabin", rank=4, text=lambda row: row[1].cabin.replace("_", " ")),
    Column(title="price", rank=3, text=lambda row: price(row[1]), right=True),
    Column(title="seats", rank=5, text=lambda row: "" if row[1].seats is None else str(row[1].seats), right=True),
    Column(title="flights", rank=6, text=lambda row: row[1].flights or "", optional=True),
]


def main() -> int:
    """Run every step with its output visible; return the exit code."""
    started = time.monotonic()
    DATA.mkdir(parents=True, exist_ok=True)
    again = (DATA / "awardspider.db").exists()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "AWARD_DATA_DIR": str(DATA),
        "AWARD_DATABASE_URL": "",
        "AWARD_SANDBOX_URL": address,
        "AWARD_SEATSAERO_KEY": "pro_demo",  # the sandbox accepts any key
        "AWARD_SMILES_KEY": "demo",
        "AWARD_GOOGLE_SHEET": SHEET,
        "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo",
        "AWARD_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        "AWARD_DELIVERY_SECONDS": "0",  # delivered below, where the output is visible
    }
    say("Starting the sandbox: simulated sites of all programs, so that no airline gets a request")
    with sandbox(port, environment):
        say("Importing the example watches from deploy/watches.example.yaml, with what each costs")
        scrapy(environment, "watches", "import", str(WATCHES.relative_to(ROOT)))
        say("Crawling all programs for the watches: calendars first, then the itineraries of days that could match")
        scrapy(environment, "crawlall")
        say("All programs with their state")
        scrapy(environment, "programs")
        say("Sending: a synced spreadsheet, and a webhook as Make would receive it")
        scrapy(environment, "sheets", "setup")
        if again:
            print("This is not the first run: webhooks that were sent before are not sent again. The sandbox's")
            print("spreadsheet is new and is filled again. Remove data/demo to start over.", flush=True)
            scrapy(environment, "sheets", "fill")
        scrapy(environment, "deliver")
        scrapy(environment, "outbox", "list", "--channel", "make", "--status", "sent", "--limit", "5")
        show_results(environment, started, address)
        if sys.stdin.isatty() and sys.stdout.isatty():
            with contextlib.suppress(EOFError, KeyboardInterrupt):
                input("  The sandbox is still running, so you can open its pages. Press Enter to end it. ")
    return 0


def show_results(environment: dict[str, str], started: float, address: str) -> None:
    """Show the results, and where to find more."""
    sheet = f"{address}/sheets/{SHEET}"
    if tab := re.search(r'href="(\?tab=\d+)"[^>]*>Offers<', fetched(sheet)):
        sheet += tab[1]
    pages = {"sheet": sheet, "webhooks": f"{address}/hooks"}
    for name, page in pages.items():
        (DATA / f"{name}.html").write_text(fetched(page), encoding="utf-8")
    best = best_offers(datetime.now(UTC))
    say("The best offer for each watch; `scrapy offers` lists all")
    print_table(FittedTable(best, COLUMNS, [] if best else ["no offer matches a watch; try another day"]))
    if best:
        name, offer = best[0]
        say(f"The message about the first one, as the recipient sees it ({name})")
        print(textwrap.indent(message(name, offer, datetime.now(UTC)), "  "))
    say("The outcomes of the searches")
    scrapy(environment, "searches", "--limit", "8")
    print()
    for name, page in pages.items():
        print(f"  {name:<11} {page}")
        print(f"              saved as {(DATA / name).relative_to(ROOT)}.html")
    print(f"  database    {DATA / 'awardspider.db'}")
    print(f"  responses   {DATA / 'responses'}")
    print()
    print(f"  Try next:  AWARD_DATA_DIR={DATA.relative_to(ROOT)} .venv/bin/scrapy offers --cabin business")
    print(f"  The demo took {time.monotonic() - started:.0f} seconds.")


def best_offers(now: datetime) -> list[tuple[str, OfferRow]]:
    """Return each watch's name with the cheapest flights that match it, in the order of the watch file."""
    best = []
    store = open_store("", DATA)
    try:
        watches = {stored.watch.name: stored.watch for stored in find_watches(store, now=now)}
        for name in [watch.name for watch in load_watches(WATCHES)]:
            watch = watches[name]
            criteria = OfferFilter(
                origins=watch.origins,
                destinations=watch.destinations,
                cabins=watch.cabins,
                details=[Detail.ITINERARY],
                max_miles=watch.max_miles,
                first=now.date(),
            )
            offers = find_offers(store, criteria)
            found = next((offer for offer in offers if may_alert(match(watch, offer, now=now), offer)), None)
            if found is not None:
                best.append((name, found))
    finally:
        store.close()
    return best


def message(watch: str, offer: OfferRow, now: datetime) -> str:
    """Return the message about an offer: the subject of a mail, and its text."""
    event = offer_event(EventType.OFFER_MATCHED, "demo", offer, now, watches=[watch])
    rendered = render(event, form=Form.LONG, locale="en", now=now)
    return f"{rendered.title}\n\n{rendered.body}"


def fetched(address: str) -> str:
    """Return a page of the sandbox."""
    with urllib.request.urlopen(address, timeout=60) as page:
        text: str = page.read().decode()
        return text


def say(text: str) -> None:
    """Print the heading of the next step."""
    print(f"\n\033[1m▸ {text}\033[0m" if sys.stdout.isatty() else f"\n> {text}", flush=True)


def scrapy(environment: dict[str, str], *arguments: str) -> None:
    """Run a command; a failure ends the demo with its exit code."""
    result = subprocess.run([sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, env=environment, check=False)
    if result.returncode:
        sys.exit(result.returncode)


@contextlib.contextmanager
def sandbox(port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run the sandbox in a process of its own."""
    command = [sys.executable, "-m", "scrapy", "sandbox", "--port", str(port), "--seed", "7"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/_health", process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the sandbox responds; end the demo if it has ended or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("The sandbox did not start, see the message above.")
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    sys.exit(f"The sandbox did not respond within {STARTS_WITHIN_SECONDS} seconds.")


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
