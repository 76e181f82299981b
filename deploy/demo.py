"""`make demo`: a sandbox, the example watches, real crawls, the best of what they found, and what was told whom.

Everything it keeps stands under data/demo; doing it again adds to the history there.
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
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "demo"
STARTS_WITHIN_SECONDS = 30
SHEET = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"  # the sandbox's own, which everybody may write


def main() -> int:
    """Run every step with its output visible; 0 when all went well."""
    started = time.monotonic()
    DATA.mkdir(parents=True, exist_ok=True)
    again = (DATA / "awardspider.db").exists()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "AWARD_DATA_DIR": str(DATA),
        "AWARD_DATABASE_URL": "",
        "AWARD_SANDBOX_URL": address,
        "AWARD_SEATSAERO_KEY": "pro_demo",  # any key will do in the sandbox
        "AWARD_SMILES_KEY": "demo",
        "AWARD_GOOGLE_SHEET": SHEET,
        "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo",
        "AWARD_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        "AWARD_DELIVERY_SECONDS": "0",  # afterwards, where it can be seen
    }
    say("Starting the sandbox: pretended sites of every program, so that no airline is asked")
    with sandbox(port, environment):
        say("Importing the example watches from deploy/watches.example.yaml")
        scrapy(environment, "watches", "import", "deploy/watches.example.yaml")
        say("Sweeping all programs for them: calendars first, then the flights of the days that could fit")
        scrapy(environment, "crawlall")
        say("Every program, and how it stands")
        scrapy(environment, "programs")
        say("Telling it: a spreadsheet that is kept true, and a webhook as Make would get it")
        scrapy(environment, "sheets", "setup")
        if again:
            print("Not the first time here: no webhook is told again what it was told before, and the sheet,")
            print("which is a new one, is filled anew. Remove data/demo to begin from nothing.", flush=True)
            scrapy(environment, "sheets", "fill")
        scrapy(environment, "deliver")
        scrapy(environment, "outbox", "list", "--channel", "make", "--limit", "5")
        show_results(environment, started, address)
        if sys.stdin.isatty() and sys.stdout.isatty():
            with contextlib.suppress(EOFError, KeyboardInterrupt):
                input("  The sandbox is still there to look at. Enter ends it. ")
    return 0


def show_results(environment: dict[str, str], started: float, address: str) -> None:
    """What was found, and where to look."""
    sheet = f"{address}/sheets/{SHEET}"
    if tab := re.search(r'href="(\?tab=\d+)"[^>]*>Offers<', fetched(sheet)):
        sheet += tab[1]
    pages = {"sheet": sheet, "webhooks": f"{address}/hooks"}
    for name, page in pages.items():
        (DATA / f"{name}.html").write_text(fetched(page), encoding="utf-8")
    say("The best offers for each watch's route and cabin")
    scrapy(environment, "offers", "--detail", "itinerary", "--best", "--from", "+0", "--limit", "25")
    say("What became of the looks")
    scrapy(environment, "searches", "--limit", "8")
    print()
    for name, page in pages.items():
        print(f"  {name:<11} {page}")
        print(f"              as it is now, also when the sandbox has ended: {(DATA / name).relative_to(ROOT)}.html")
    print(f"  database    {DATA / 'awardspider.db'}")
    print(f"  raw answers {DATA / 'answers'}")
    print()
    print(f"  Look further:  AWARD_DATA_DIR={DATA.relative_to(ROOT)} .venv/bin/scrapy offers --cabin business")
    print(f"  All of it took {time.monotonic() - started:.0f} seconds.")


def fetched(address: str) -> str:
    """A page of the sandbox as it is now."""
    with urllib.request.urlopen(address, timeout=60) as page:
        text: str = page.read().decode()
        return text


def say(text: str) -> None:
    """A heading for the next step."""
    print(f"\n\033[1m▸ {text}\033[0m" if sys.stdout.isatty() else f"\n> {text}", flush=True)


def scrapy(environment: dict[str, str], *arguments: str) -> None:
    """Run one command; a failure ends the demo with its exit code."""
    result = subprocess.run([sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, env=environment, check=False)
    if result.returncode:
        sys.exit(result.returncode)


@contextlib.contextmanager
def sandbox(port: int, environment: dict[str, str]) -> Iterator[None]:
    """The sandbox as a process of its own, ready when this yields and ended after."""
    command = [sys.executable, "-m", "scrapy", "sandbox", "--port", str(port), "--seed", "7"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}/_health", process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    """Ask until there is an answer; the demo ends where the process has ended or nothing answers in time."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("The sandbox did not start; its message stands above.")
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.1)
    sys.exit(f"The sandbox did not answer within {STARTS_WITHIN_SECONDS} seconds.")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
