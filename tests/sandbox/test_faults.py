"""Faults of the sandbox over HTTP: their effect, the requests that they affect, and their duration."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from awardspider.sandbox.faults import FAULTS, VARIANTS
from tests.support.sandbox_server import Sandbox

HOST = "www.united.com"
CLOCK = "2026-11-22T12:00Z"
CALENDAR, FLIGHTS = "/api/flight/FetchAwardCalendar", "/api/flight/FetchFlights"
SEARCH_PAGE = "/en/us/fsr/choose-flights"
SIGN_IN = "/en/us/account/signin"
BODY = json.dumps(
    {
        "Trips": [{"Origin": "LAX", "Destination": "AUS", "DepartDate": "2027-03-10"}],
        "PaxInfoList": [{"PaxType": 1}],
        "AwardTravel": True,
    }
)
UNIX_TIME = 1795348800  # of CLOCK
BROKEN_BODIES = ("bad_json", "deep", "wrong_encoding")


def search(server: Sandbox, path: str = FLIGHTS, **options: Any) -> requests.Response:
    return server.client.post(f"{server.site}{path}", data=BODY, allow_redirects=False, **options)


def page(server: Sandbox, path: str = SEARCH_PAGE) -> requests.Response:
    return server.client.get(f"{server.site}{path}", allow_redirects=False)


def has_offers(response: requests.Response) -> bool:
    """Return whether the response is in United's format and contains offers."""
    if response.status_code != 200 or "json" not in response.headers["Content-Type"]:
        return False
    try:
        data = response.json()["data"]
        days = [day for month in data["Calendar"]["Months"] for week in month["Weeks"] for day in week["Days"]]
        return any(day["Solutions"] for day in days) or bool(data["Trips"][0]["Flights"])
    except (ValueError, KeyError, RecursionError):
        return False


# ---- every fault ---------------------------------------------------------------------------------------------------


# `slow` only delays, and United's site has no refusals.
DAMAGING = [name for name in FAULTS if not name.startswith("robots") and name not in ("slow", "refused")]


@pytest.mark.parametrize("path", [CALENDAR, FLIGHTS])
@pytest.mark.parametrize("fault", DAMAGING)
def test_each_fault_affects_data_until_the_reset(server: Sandbox, fault: str, path: str) -> None:
    server.fault(HOST, fault)
    try:
        assert not is_intact(search(server, path))
    except requests.ConnectionError:
        assert fault in ("reset", "endless_headers")
    server.reset()
    assert is_intact(search(server, path))


def test_refusals_of_a_site_are_sent_by_name(server: Sandbox) -> None:
    url = f"{server.url}/www.aa.com/booking/api/search/itinerary"
    server.fault("www.aa.com", "refused", variant="309")
    assert server.client.post(url, json={}).json()["error"] == "309"
    for host, variant in (("www.aa.com", "310"), (HOST, "309"), ("*", "309")):
        options = {"host": host, "fault": "refused", "variant": variant}
        response = server.client.post(f"{server.url}/_control", json=options)
        assert response.status_code == 400
        assert ("expected one of" in response.text) or ("a site that has refusals" in response.text)


def is_intact(response: requests.Response) -> bool:
    """Return whether the response contains offers and has a usual size."""
    return has_offers(response) and len(response.content) < 1_000_000


@pytest.mark.parametrize(
    ("variant", "status", "sign"),
    [
        ("", 403, "Access Denied"),
        ("akamai_403", 403, "Access Denied"),
        ("akamai_428", 428, "Access Denied"),
        ("cloudflare_403", 403, "cf-ray"),
        ("challenge_200", 200, "Challenge Validation"),
    ],
)
def test_blocked(server: Sandbox, variant: str, status: int, sign: str) -> None:
    server.fault(HOST, "blocked", variant=variant)
    for response in (search(server), page(server)):
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith("text/html")
        assert sign in response.text or sign in response.headers


def test_reference_of_akamai_has_four_parts_with_the_time(server: Sandbox) -> None:
    server.fault(HOST, "blocked")
    reference = re.search(r"Reference (\w+)\.(\w+)\.(\d+)\.(\w+)", search(server).text)
    assert reference is not None
    assert int(reference[3]) == UNIX_TIME


def test_rate_limit_starts_after_a_number_of_requests(server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=2, retry_after=7)
    responses = [search(server) for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 429, 429]
    assert responses[2].headers["Retry-After"] == "7"


def test_rate_limit_ends_after_a_number_of_requests(server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=1, retry_after=None, **{"for": 2})
    responses = [search(server) for _ in range(5)]
    assert [response.status_code for response in responses] == [200, 429, 429, 200, 200]
    assert "Retry-After" not in responses[1].headers


def test_expired_and_redirect_to_sign_in(server: Sandbox) -> None:
    server.fault(HOST, "expired")
    assert search(server).status_code == 401
    assert page(server).status_code == 200
    server.fault(HOST, "redirect_sign_in")
    assert (search(server).status_code, search(server).headers["Location"]) == (302, SIGN_IN)
    assert page(server).headers["Location"] == SIGN_IN
    server.fault(HOST, "redirect_sign_in", variant="absolute")
    assert search(server).headers["Location"] == f"https://www.united.com{SIGN_IN}"
    assert page(server, SIGN_IN).status_code == 200


def test_html_in_place_of_json(server: Sandbox) -> None:
    server.fault(HOST, "html")
    for response in (search(server), page(server)):
        assert response.status_code == 200
        assert response.text.startswith("<!DOCTYPE html>")
        assert "choose-flights.js" not in response.text
    server.fault(HOST, "html", variant="sign_in")
    assert "Sign in" in search(server).text


def test_renamed_keys_are_valid_json(server: Sandbox) -> None:
    intact = search(server, CALENDAR).json()
    server.fault(HOST, "renamed_keys")
    assert "CalendarNew" in search(server, CALENDAR).json()["data"]
    server.fault(HOST, "renamed_keys", keys=["Solutions"])
    renamed = search(server, CALENDAR)
    assert json.loads(renamed.text.replace('"SolutionsNew"', '"Solutions"')) == intact
    assert "Solutions" not in renamed.json()["data"]["Calendar"]["Months"][0]["Weeks"][0]["Days"][0]


def test_broken_bodies(server: Sandbox) -> None:
    for fault in BROKEN_BODIES:
        server.fault(HOST, fault)
        with pytest.raises((ValueError, RecursionError)):
            json.loads(search(server).content.decode("utf-8"))
    server.fault(HOST, "huge")
    response = search(server)
    assert len(response.content) > 20 * 1024 * 1024
    assert response.json()["data"]["Trips"]


def test_empty_response_is_in_uniteds_format(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    data = search(server).json()["data"]
    assert data["Trips"][0]["Flights"] == []
    assert data["Warnings"][0]["MinorCode"] == "10051"


def test_slow_response_and_reset_connection(server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=0.3)
    start = time.monotonic()
    assert has_offers(search(server))
    assert time.monotonic() - start > 0.3
    with pytest.raises(requests.Timeout):
        search(server, timeout=0.1)
    server.fault(HOST, "reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        search(server)


def test_slow_response_does_not_block_others(server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=1, path=CALENDAR)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(requests.post, f"{server.site}{CALENDAR}", data=BODY, timeout=30)
        server.wait_for_requests(1)
        assert has_offers(search(server))
        assert not slow.done()
        assert has_offers(slow.result())


# ---- affected requests ---------------------------------------------------------------------------------------------


def test_data_faults_do_not_affect_pages_and_robots(server: Sandbox) -> None:
    for fault in ("500", "rate_limited", "bad_json", "empty", "renamed_keys", "reset"):
        server.fault(HOST, fault)
        assert page(server).status_code == 200
        assert page(server, "/robots.txt").text.startswith("User-agent")
        assert page(server, "/api/svc/token/anonymous").json()["data"]["token"]


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("robots", 200, "Disallow: /api/flight/\n"),
        ("robots_html", 200, "<!DOCTYPE html>"),
        ("robots_500", 500, "Internal Server Error"),
        ("robots_blocked", 403, "Access Denied"),
        ("robots_slow", 200, "Disallow: /en/us/account/\n"),
    ],
)
def test_robots_faults_affect_only_robots(server: Sandbox, fault: str, status: int, text: str) -> None:
    server.fault(HOST, fault, seconds=0.01)
    response = page(server, "/robots.txt")
    assert (response.status_code, text in response.text) == (status, True)
    assert has_offers(search(server))
    assert page(server).status_code == 200


def test_host_has_one_fault_and_one_of_its_robots(server: Sandbox) -> None:
    server.fault(HOST, "robots_500")
    server.fault(HOST, "empty")
    server.fault(HOST, "expired")
    assert page(server, "/robots.txt").status_code == 500
    assert search(server).status_code == 401
    server.fault(HOST, "ok")
    assert page(server, "/robots.txt").status_code == 200
    assert has_offers(search(server))


def test_fault_of_a_host_precedes_that_of_all_hosts(server: Sandbox) -> None:
    server.fault("*", "500")
    assert search(server).status_code == 500
    server.fault(HOST, "expired")
    assert search(server).status_code == 401
    server.fault(HOST, "ok")
    assert search(server).status_code == 500


def test_fault_of_some_paths(server: Sandbox) -> None:
    server.fault(HOST, "blocked", path="FetchFlights")
    assert has_offers(search(server, CALENDAR))
    assert search(server, FLIGHTS).status_code == 403
    assert page(server).status_code == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fault": "flood"}, "got 'flood'"),
        ({"host": "www.example.com", "fault": "500"}, "got 'www.example.com'"),
        ({"fault": "blocked", "variant": "kindly"}, "variant: expected one of akamai_403"),
        ({"fault": "500", "variant": "akamai_403"}, "variant: expected none, got 'akamai_403'"),
        ({"fault": "500", "after": "two"}, "must be integers"),
        ({"fault": "500", "until": 3}, "unknown option until"),
        ({"host": HOST, "fault": "timeout_after"}, "timeout_after is for services that receive messages"),
        (["500"], "must be a JSON object"),
    ],
)
def test_invalid_faults_are_rejected(server: Sandbox, options: object, message: str) -> None:
    response = server.client.post(f"{server.url}/_control", json=options)
    assert (response.status_code, message in response.json()["error"]) == (400, True)
    assert server.client.get(f"{server.url}/_control").json()["faults"] == {}


@pytest.mark.parametrize(
    ("fault", "variant"), [(name, variant) for name, variants in VARIANTS.items() for variant in variants]
)
def test_every_variant_is_accepted_and_shown(server: Sandbox, fault: str, variant: str) -> None:
    server.fault(HOST, fault, variant=variant, after=3)
    search(server)
    (state,) = server.client.get(f"{server.url}/_control").json()["faults"][HOST]
    expected = {"fault": fault, "variant": variant, "after": 3, "for": None, "seen": 1}
    assert {name: state[name] for name in expected} == expected


# ---- recorded requests ---------------------------------------------------------------------------------------------


def test_requests_are_counted_and_recorded(server: Sandbox) -> None:
    search(server, CALENDAR, headers={"User-Agent": "a test", "X-Secret": "hush"}, cookies={"session": "hush"})
    server.fault(HOST, "expired")
    search(server)
    page(server)
    assert server.counts() == {CALENDAR: 1, FLIGHTS: 1, SEARCH_PAGE: 1}
    first, second, _ = server.requests()
    assert (first["method"], first["host"], first["path"], first["status"]) == ("POST", HOST, CALENDAR, 200)
    assert first["headers"]["User-Agent"] == "a test"
    assert first["cookies"] == ["session"]
    assert "hush" not in json.dumps(first)
    assert second["status"] == 401
    assert len(server.requests("/api/flight/")) == 2
    server.reset()
    assert (server.counts(), server.requests()) == ({}, [])


def test_latest_500_requests_are_recorded(server: Sandbox) -> None:
    for _ in range(510):
        page(server, "/robots.txt")
    assert len(server.requests()) == 500
    assert server.counts() == {"/robots.txt": 510}
