"""The sandbox in a process of its own, for tests: `with sandbox() as server: client.get(server.url)`."""

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
from awardspider.sandbox.clock import parse_time
from awardspider.sandbox.server import run_sandbox

def announce(url):
    print(url, flush=True)

seed, clock, speed = sys.argv[1:]
run_sandbox(port=0, seed=int(seed), clock=parse_time(clock), speed=float(speed), announce=announce)
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox at `url`, with methods for its control endpoints."""

    url: str
    client: requests.Session

    @property
    def site(self) -> str:
        """The address of the simulated united.com."""
        return f"{self.url}/www.united.com"

    def fault(self, host: str, name: str, **options: Any) -> None:
        """Set a fault with the options of `POST /_control`; write the option `for` as `**{"for": 1}`."""
        self._post("/_control", {"host": host, "fault": name, **options})

    def set_clock(self, clock: str) -> None:
        """Set the world's time."""
        self._post("/_control", {"clock": clock})

    def reset(self) -> None:
        """Clear faults, counts and recorded requests."""
        self.client.delete(f"{self.url}/_control").raise_for_status()

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Return the latest requests since the last reset whose path contains `path`, oldest first."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}/_requests").json()
        return [request for request in found if path in request["path"]]

    def counts(self, host: str = "www.united.com") -> dict[str, int]:
        """Return the number of requests to each path of a host since the last reset."""
        counts: dict[str, int] = self._state()["requests"].get(host, {}).get("paths", {})
        return counts

    def wait_for_requests(self, count: int, seconds: float = 30) -> None:
        """Wait until a number of requests has been received since the last reset; fail after `seconds`."""
        query = {"at_least": count, "seconds": seconds}
        self.client.get(f"{self.url}/_requests", params=query, timeout=seconds + 10).raise_for_status()
        received = sum(host["total"] for host in self._state()["requests"].values())
        assert received >= count, f"expected {count} requests in {seconds} seconds, got {received}"

    def truth(self, **query: Any) -> list[dict[str, Any]]:
        """Return the offers of `GET /_truth`."""
        offers: list[dict[str, Any]] = self._get("/_truth", query)["offers"]
        return offers

    def create_spreadsheet(self, title: str = "Deals", **options: Any) -> str:
        """Create a spreadsheet with the options of `POST /_sheets`, and return its id."""
        return str(self._post("/_sheets", {"title": title, **options})["id"])

    def batch_update(self, spreadsheet: str, *requests: dict[str, Any]) -> None:
        """Edit a spreadsheet as a person does, with requests of batchUpdate; no token, no quota."""
        self._post(f"/_sheets/{spreadsheet}/batchUpdate", {"requests": requests})

    def enter_values(self, spreadsheet: str, start: str, *rows: list[Any]) -> None:
        """Enter rows of values as a person does, from a cell such as `Offers!A5` on."""
        self._post(f"/_sheets/{spreadsheet}/values", {"range": start, "values": rows})

    def cells(self, spreadsheet: str, area: str = "", **options: Any) -> list[list[Any]]:
        """Return the values of a range, by default of the first tab, with the options of `values.get`; no quota."""
        query = {**({"range": area} if area else {}), **options}
        rows: list[list[Any]] = self._get(f"/_sheets/{spreadsheet}/values", query).get("values", [])
        return rows

    def reset_sheets(self) -> None:
        """Restore the initial spreadsheets, tokens and quota."""
        self.client.delete(f"{self.url}/_sheets").raise_for_status()

    def set_hook_behavior(self, path: str = "", **options: Any) -> None:
        """Set the behavior of webhook addresses (`host/path`) that contain `path`, with options of `POST /_hooks`."""
        self._post("/_hooks", {"path": path, **options})

    def hook_messages(self, **query: Any) -> list[dict[str, Any]]:
        """Return the received webhooks, oldest first, optionally by `host` and `path`."""
        messages: list[dict[str, Any]] = self._get("/_hooks", query)["messages"]
        return messages

    def hook_keys(self, **query: Any) -> dict[str, int]:
        """Return the number of accepted webhooks by `webhook-id`."""
        counts: dict[str, int] = self._get("/_hooks", {**query, "keys": 1})
        return counts

    def reset_hooks(self) -> None:
        """Delete the received webhooks and the behaviors."""
        self.client.delete(f"{self.url}/_hooks").raise_for_status()

    def _state(self) -> dict[str, Any]:
        return self._get("/_control", {})

    def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        return _json(self.client.get(f"{self.url}{path}", params=query))

    def _post(self, path: str, options: dict[str, Any]) -> dict[str, Any]:
        return _json(self.client.post(f"{self.url}{path}", json=options))


def _json(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    value: dict[str, Any] = response.json()
    return value


@contextmanager
def sandbox(seed: int = 7, clock: str = "", speed: float = 0.0) -> Iterator[Sandbox]:
    """Start the server on a free port, wait until it responds, and end it with SIGTERM.

    The world's time is `clock`, by default now. It does not advance unless `speed` is set, so a test has one world.
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
            client.trust_env = False  # no proxy for requests to this machine
            client.get(f"{url}/_health").raise_for_status()
            yield Sandbox(url, client)
    finally:
        process.terminate()
        code = process.wait(timeout=10)
        process.stdout.close()
    assert code == 0, "the sandbox did not end cleanly"
