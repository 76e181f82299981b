"""`make demo`: crawl the sandbox at past dates and today, show deals and messages, and serve the panel.

Data is kept in data/demo; another run adds to the history there. With AWARD_SIMULATED_TIME, today is another date.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from awardspider import clock
from awardspider.environment import is_yes
from awardspider.storage.store import open_store
from deploy.demo_results import show_message, show_promotion, show_repriced, show_watches
from deploy.past_crawls import DAYS_AGO, PROMOTIONS

ROOT = Path(__file__).resolve().parent.parent
#: DEMO_DATA_DIR is another folder, for tests.
DATA = Path(os.environ.get("DEMO_DATA_DIR") or ROOT / "data" / "demo")
WATCHES = ROOT / "deploy" / "watches.example.yaml"
STARTS_WITHIN_SECONDS = 30
PANEL_PORT = 8787
SEED = 7  # of the simulated world
COLUMNS = 100  # the widest output
POINTS = "amex=80k,chase=120k"  # of the demo's profile
SHEET = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"  # the sandbox's own spreadsheet, which every account may edit


def main() -> int:
    """Run every step with its output visible; return the exit code."""
    started = time.monotonic()
    os.environ["COLUMNS"] = str(min(COLUMNS, shutil.get_terminal_size((COLUMNS, 24)).columns))
    DATA.mkdir(parents=True, exist_ok=True)
    again = (DATA / "awardspider.db").exists()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    now = clock.now()  # before the environment is copied: it sets the clock of all commands
    environment = os.environ | {
        "AWARD_DATA_DIR": str(DATA),
        "AWARD_DATABASE_URL": "",
        "AWARD_SANDBOX_URL": address,
        "AWARD_PANEL_HOST": "127.0.0.1",  # these three so that the panel needs no account
        "AWARD_PANEL_TRUSTED_PROXIES": "",
        "AWARD_PUBLIC_URL": "",
        "AWARD_SEATSAERO_KEY": "pro_demo",  # the sandbox accepts any key
        "AWARD_SMILES_KEY": "demo",
        "AWARD_GOOGLE_SHEET": SHEET,
        "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo",
        "AWARD_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        "AWARD_DELIVERY_SECONDS": "0",  # delivered below, where the output is visible
    }
    say("Starting the sandbox: simulated sites of all programs, so that no airline gets a request")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with server(f"{address}/_health", environment, "sandbox", "--port", str(port), "--seed", str(SEED)):
        if not again:
            say(f"Crawling calendars as of {len(DAYS_AGO)} past dates, so that there is a price history")
            print(
                f"At the last one, feeds and a table of promotions are read, too: {DAYS_AGO[-1]} days ago.", flush=True
            )
            run(environment, "-m", "deploy.past_crawls", address, f"{now:%Y-%m-%dT%H:%MZ}")
        say("Setting up a profile with points: watches can have a limit in the points that you have")
        scrapy(environment, "profile", "set", "--points", POINTS)
        say("Importing the example watches from deploy/watches.example.yaml, with what each costs")
        scrapy(environment, "watches", "import", str(WATCHES.relative_to(ROOT)))
        say("Crawling all programs today: calendars first, then the flights of days that could match")
        scrapy(environment, "crawlall")
        say("Reading the promotions of today: a table of transfer bonuses, and the feeds of blogs and forums")
        for name in PROMOTIONS:
            crawl_promotions(environment, name)
        say("Sending: a synced spreadsheet, and a webhook as Make would receive it")
        scrapy(environment, "sheets", "setup")
        if again:
            print("This is not the first run: webhooks that were sent before are not sent again. The sandbox's")
            print("spreadsheet is new and is filled again. Remove data/demo to start over.", flush=True)
            scrapy(environment, "sheets", "fill")
        scrapy(environment, "deliver")
        show_results(environment, started, address)
        if not is_yes(os.environ.get("ONCE", "")):
            serve_panel(environment)
    return 0


def serve_panel(environment: dict[str, str]) -> None:
    """Serve the panel, and print its address, until Ctrl-C or SIGTERM."""
    port = PANEL_PORT if is_free(PANEL_PORT) else free_port()
    address = f"http://127.0.0.1:{port}"
    with server(f"{address}/healthz", environment, "panel", "--port", str(port), "-L", "WARNING") as process:
        say(f"The panel is at {address}")
        print("  It shows all of this: deals, a calendar of each route, promotions, watches and messages.")
        print("  Panel and sandbox run until you press Ctrl-C. `make demo ONCE=1` ends by itself.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            if process.wait() > 0:
                sys.exit("The panel has ended, see the message above.")


def show_results(environment: dict[str, str], started: float, address: str) -> None:
    """Show the results, and where to find more."""
    sheet = f"{address}/sheets/{SHEET}"
    pages = {"sheet": f"{sheet}{tab(sheet, 'Best')}", "promotions": f"{sheet}{tab(sheet, 'Promotions')}"}
    pages |= {"webhooks": f"{address}/hooks"}
    for name, page in pages.items():
        (DATA / f"{name}.html").write_text(fetched(page), encoding="utf-8")
    now = clock.now()
    say("Ten deals, with the reason for each; `scrapy deals` lists them")
    scrapy(environment, "deals", "--limit", "10")
    say("Ten promotions, the most useful ones first; `scrapy promotions` lists them")
    scrapy(environment, "promotions", "--limit", "10")
    store = open_store("", DATA)
    try:
        say("One message about a watch, as the recipient sees it")
        show_message(store, now)
        say("One message about a promotion, as the recipient sees it")
        show_promotion(store, now)
        say("One message about a stored flight that a new transfer bonus brings below a limit in points")
        show_repriced(store, now)
        say("Each watch: flights that match, the best price, and what was sent")
        show_watches(store, WATCHES, now)
    finally:
        store.close()
    print()
    for name, page in pages.items():
        print(f"  {name:<11} {page}")
        print(f"              saved as {shown(DATA / name)}.html")
    print(f"  database    {DATA / 'awardspider.db'}")
    print(f"  responses   {DATA / 'responses'}")
    print()
    print(f"  Try next:  export AWARD_DATA_DIR={shown(DATA)}")
    print("             .venv/bin/scrapy history --route SFO-NRT --cabin business")
    print(f"  The demo took {time.monotonic() - started:.0f} seconds.")


def crawl_promotions(environment: dict[str, str], spider: str) -> None:
    """Run a spider of promotions, and show the last line of its log that sums it up; a failure ends the demo."""
    log = DATA / f"{spider}.log"
    log.unlink(missing_ok=True)
    scrapy(environment, "crawl", spider, "-s", f"LOG_FILE={log}")
    summaries = re.findall(rf"INFO: ({spider}: .*)", log.read_text(encoding="utf-8"))
    print(*summaries[-1:], flush=True)


def shown(path: Path) -> Path:
    """Return a path to print: relative to the project if it is in there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def tab(sheet: str, title: str) -> str:
    """Return the query of a tab of a spreadsheet's page, or "" without such a tab."""
    found = re.search(rf'href="(\?tab=\d+)"[^>]*>{title}<', fetched(sheet))
    return found[1] if found else ""


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
    run(environment, "-m", "scrapy", *arguments)


def run(environment: dict[str, str], *arguments: str) -> None:
    """Run Python with arguments; a failure ends the demo with its exit code."""
    result = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False)
    if result.returncode:
        sys.exit(result.returncode)


@contextlib.contextmanager
def server(health: str, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that serves, in a process of its own, which is ready as soon as the address `health` responds."""
    command = [sys.executable, "-m", "scrapy", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(arguments[0], health, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_ready(name: str, address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server responds; end the demo if it has ended or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"The {name} did not start, see the message above.")
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    sys.exit(f"The {name} did not respond within {STARTS_WITHIN_SECONDS} seconds.")


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
