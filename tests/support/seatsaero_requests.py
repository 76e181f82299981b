"""Requests to the simulated seats.aero of the sandbox."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.sandbox_server import Sandbox

HOST, API = "seats.aero", "/partnerapi"
CLOCK = "2026-11-22T12:00Z"
LETTERS = {"Y": "economy", "W": "premium_economy", "J": "business", "F": "first"}
MARCH = {"start_date": "2027-03-01", "end_date": "2027-03-31"}
Json = dict[str, Any]


def call_api(server: Sandbox, path: str, key: str | None = "pro_test", **query: Any) -> requests.Response:
    headers = {"Accept": "application/json"} | ({"Partner-Authorization": key} if key is not None else {})
    return server.client.get(f"{server.url}/{HOST}{API}{path}", params=query, headers=headers)


def search(server: Sandbox, origin: str, destination: str, **query: Any) -> Json:
    response = call_api(server, "/search", origin_airport=origin, destination_airport=destination, **query)
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def rows(server: Sandbox, origin: str, destination: str, **query: Any) -> list[Json]:
    found: list[Json] = search(server, origin, destination, take=1000, **query)["data"]
    return found
