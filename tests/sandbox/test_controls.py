"""The control of the world's clock, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sandbox_server import Sandbox, sandbox

CLOCK = "2026-11-22T12:00Z"
ROUTE = {"program": "united", "origin": "LAX", "destination": "AUS", "month": "2027-02"}


@pytest.fixture(autouse=True)
def _restore_clock(server: Sandbox) -> None:
    server.set_clock(CLOCK)


def control(server: Sandbox, **options: Any) -> tuple[int, dict[str, Any]]:
    response = server.client.post(f"{server.url}/_control", json=options)
    return response.status_code, response.json()


def test_the_clock_is_set_without_a_restart(server: Sandbox) -> None:
    today = server.truth(**ROUTE)
    status, state = control(server, clock="2026-10-01T14:00+02:00")
    assert (status, state["clock"], state["speed"]) == (200, "2026-10-01T12:00:00+00:00", 0.0)
    past = server.truth(**ROUTE)
    server.set_clock(CLOCK)
    assert past != today == server.truth(**ROUTE)


def test_a_world_whose_clock_was_set_equals_one_that_started_then(server: Sandbox) -> None:
    server.set_clock("2026-10-01T12:00Z")
    with sandbox(clock="2026-10-01T12:00Z") as other:
        assert server.truth(**ROUTE) == other.truth(**ROUTE)


def test_faults_stay_when_the_clock_is_set(server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    _, state = control(server, clock="2026-10-01T12:00Z")
    assert list(state["faults"]) == ["www.united.com"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clock": "soon"}, "clock: expected a time such as 2026-10-01T12:00Z"),
        ({"clock": None}, "clock: expected a time such as 2026-10-01T12:00Z"),
        ({"clock": "0001-01-01T00:00+10:00"}, "clock: expected a time such as 2026-10-01T12:00Z"),
        ({"clock": CLOCK, "host": "*", "fault": "ok"}, "clock: cannot be set together with a fault"),
    ],
)
def test_an_invalid_time_changes_nothing(server: Sandbox, options: dict[str, Any], message: str) -> None:
    assert control(server, **options) == (400, {"error": message})
    assert server.client.get(f"{server.url}/_control").json()["clock"] == "2026-11-22T12:00:00+00:00"
