"""A real sandbox in a process of its own, for tests: `with sandbox() as server: client.get(server.url)`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from tests.support.paths import ROOT

START = """
import sys
from tests.support.paths import ROOT
from awardspider.sandbox.clock import parse_time
from awardspider.sandbox.server import run_sandbox
from tests.support.paths import ROOT

def announce(url):
    print(url, flush=True)

seed, clock, speed = sys.argv[1:]
run_sandbox(port=0, seed=int(seed), clock=parse_time(clock), speed=float(speed), announce=announce)
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that listens at `url`, with the questions that tests ask it. `site` is united.com there."""

    url: str
    client: requests.Session

    @property
    def site(self) -> str:
        return f"{self.url}/www.united.com"

    def fault(self, host: str, name: str, **options: Any) -> None:
        """Sets a fault, with the options of `POST /_control` (`for`, a word of Python, as `**{"for": 1}`)."""
        answer = self.client.post(f"{self.url}/_control", json={"host": host, "fault": name, **options})
        assert answer.status_code == 200, answer.text

    def reset(self) -> None:
        """Forgets faults, counts and requests."""
        self.client.delete(f"{self.url}/_control").raise_for_status()

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The latest requests since the last reset, oldest first, whose path has `path` in it."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}/_requests").json()
        return [request for request in found if path in request["path"]]

    def counts(self, host: str = "www.united.com") -> dict[str, int]:
        """How many requests each path of a host had since the last reset."""
        counts: dict[str, int] = self._state()["requests"].get(host, {}).get("paths", {})
        return counts

    def wait_for_requests(self, count: int, seconds: float = 30) -> None:
        """Returns once so many requests have come since the last reset; fails after `seconds`."""
        query = {"at_least": count, "seconds": seconds}
        self.client.get(f"{self.url}/_requests", params=query, timeout=seconds + 10).raise_for_status()
        come = sum(host["total"] for host in self._state()["requests"].values())
        assert come >= count, f"{come} requests in {seconds} seconds, not {count}"

    def truth(self, **query: Any) -> list[dict[str, Any]]:
        """The true offers, as `GET /_truth` gives them."""
        answer = self.client.get(f"{self.url}/_truth", params=query)
        assert answer.status_code == 200, answer.text
        offers: list[dict[str, Any]] = answer.json()["offers"]
        return offers

    def new_sheet(self, title: str = "Deals", **options: Any) -> str:
        """A new spreadsheet's id, with the options of `POST /_sheets`."""
        answer = self.client.post(f"{self.url}/_sheets", json={"title": title, **options})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def person(self, sheet: str, *requests: dict[str, Any]) -> None:
        """A person does something to a spreadsheet: requests of the API's batchUpdate, past token and quota."""
        answer = self.client.post(f"{self.url}/_sheets/{sheet}/batchUpdate", json={"requests": requests})
        assert answer.status_code == 200, answer.text

    def person_types(self, sheet: str, place: str, *rows: list[Any]) -> None:
        """A person types into cells from a place like `Offers!A5` on."""
        answer = self.client.post(f"{self.url}/_sheets/{sheet}/values", json={"range": place, "values": rows})
        assert answer.status_code == 200, answer.text

    def cells(self, sheet: str, place: str = "", **options: Any) -> list[list[Any]]:
        """What is in a range (without one in the first tab), with the options of `values.get`, past token and quota."""
        query = {**({"range": place} if place else {}), **options}
        answer = self.client.get(f"{self.url}/_sheets/{sheet}/values", params=query)
        assert answer.status_code == 200, answer.text
        rows: list[list[Any]] = answer.json().get("values", [])
        return rows

    def forget_sheets(self) -> None:
        """Spreadsheets, tokens and quota as at the start."""
        self.client.delete(f"{self.url}/_sheets").raise_for_status()

    def misbehave(self, path: str = "", **options: Any) -> None:
        """How receivers of webhooks behave whose `host/path` has `path` in it, with the options of `POST /_hooks`."""
        answer = self.client.post(f"{self.url}/_hooks", json={"path": path, **options})
        assert answer.status_code == 200, answer.text

    def hooks(self, **query: Any) -> list[dict[str, Any]]:
        """The messages caught, oldest first, of one `host` and to a `path` where these are given."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}/_hooks", params=query).json()["messages"]
        return found

    def hook_keys(self, **query: Any) -> dict[str, int]:
        """How often each `webhook-id` was taken."""
        found: dict[str, int] = self.client.get(f"{self.url}/_hooks", params={**query, "keys": 1}).json()
        return found

    def forget_hooks(self) -> None:
        self.client.delete(f"{self.url}/_hooks").raise_for_status()

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.client.get(f"{self.url}/_control").json()
        return state


@contextmanager
def sandbox(seed: int = 7, clock: str = "", speed: float = 0.0) -> Iterator[Sandbox]:
    """Starts the real server on a free port, waits until it answers, and ends it with SIGTERM.

    The world's clock starts at `clock`, or now, and stands still unless `speed` says otherwise: one test, one world.
    """
    clock = clock or f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(seed), clock, str(speed)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url), "the sandbox did not start"
        with requests.Session() as client:
            client.trust_env = False  # no proxy stands between us and our own machine
            client.get(f"{url}/_health").raise_for_status()
            yield Sandbox(url, client)
    finally:
        process.terminate()
        code = process.wait(timeout=10)
        process.stdout.close()
    assert code == 0, "the sandbox did not end cleanly"
