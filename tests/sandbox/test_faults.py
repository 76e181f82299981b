"""Faults of the sandbox, over real HTTP: each does what its name says, to what it should, for as long as asked."""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from scrapy.settings import Settings

from awardspider.commands.sandbox import Command
from awardspider.sandbox.faults import FAULTS, VARIANTS
from tests.support.sandbox_server import ROOT, Sandbox, sandbox

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


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox(clock=CLOCK) as server:
        yield server


@pytest.fixture
def server(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def ask(server: Sandbox, path: str = FLIGHTS, **options: Any) -> requests.Response:
    return server.client.post(f"{server.site}{path}", data=BODY, allow_redirects=False, **options)


def page(server: Sandbox, path: str = SEARCH_PAGE) -> requests.Response:
    return server.client.get(f"{server.site}{path}", allow_redirects=False)


def found(answer: requests.Response) -> bool:
    """Whether the answer is United's own and has something in it."""
    if answer.status_code != 200 or "json" not in answer.headers["Content-Type"]:
        return False
    try:
        data = answer.json()["data"]
        days = [day for month in data["Calendar"]["Months"] for week in month["Weeks"] for day in week["Days"]]
        return any(day["Solutions"] for day in days) or bool(data["Trips"][0]["Flights"])
    except (ValueError, KeyError, RecursionError):
        return False


# ---- every fault ---------------------------------------------------------------------------------------------------


# `slow` only delays, and United has no way of its own to refuse.
SPOILING = [name for name in FAULTS if not name.startswith("robots") and name not in ("slow", "refused")]


@pytest.mark.parametrize("path", [CALENDAR, FLIGHTS])
@pytest.mark.parametrize("fault", SPOILING)
def test_each_spoils_the_data_and_is_gone_after_the_reset(server: Sandbox, fault: str, path: str) -> None:
    server.fault(HOST, fault)
    try:
        assert not _whole(ask(server, path))
    except requests.ConnectionError:
        assert fault == "reset"
    server.reset()
    assert _whole(ask(server, path))


def test_a_sites_own_refusals_are_served_by_name(server: Sandbox) -> None:
    url = f"{server.url}/www.aa.com/booking/api/search/itinerary"
    server.fault("www.aa.com", "refused", variant="309")
    assert server.client.post(url, json={}).json()["error"] == "309"
    for host, variant in (("www.aa.com", "310"), (HOST, "309"), ("*", "309")):
        order = {"host": host, "fault": "refused", "variant": variant}
        refused = server.client.post(f"{server.url}/_control", json=order)
        assert refused.status_code == 400
        assert ("must be one of" in refused.text) or ("ways of its own" in refused.text)


def _whole(answer: requests.Response) -> bool:
    """Found, in an answer of the usual size and shape."""
    return found(answer) and len(answer.content) < 1_000_000


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
    for answer in (ask(server), page(server)):
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        assert sign in answer.text or sign in answer.headers


def test_akamais_reference_has_four_parts_and_the_time(server: Sandbox) -> None:
    server.fault(HOST, "blocked")
    reference = re.search(r"Reference (\w+)\.(\w+)\.(\d+)\.(\w+)", ask(server).text)
    assert reference is not None
    assert int(reference[3]) == UNIX_TIME


def test_rate_limited_after_so_many(server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=2, retry_after=7)
    answers = [ask(server) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[2].headers["Retry-After"] == "7"


def test_rate_limited_for_so_many(server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=1, retry_after=None, **{"for": 2})
    answers = [ask(server) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200, 200]
    assert "Retry-After" not in answers[1].headers


def test_expired_and_sent_to_sign_in(server: Sandbox) -> None:
    server.fault(HOST, "expired")
    assert ask(server).status_code == 401
    assert page(server).status_code == 200
    server.fault(HOST, "redirect_sign_in")
    assert (ask(server).status_code, ask(server).headers["Location"]) == (302, SIGN_IN)
    assert page(server).headers["Location"] == SIGN_IN
    server.fault(HOST, "redirect_sign_in", variant="absolute")
    assert ask(server).headers["Location"] == f"https://www.united.com{SIGN_IN}"
    assert page(server, SIGN_IN).status_code == 200


def test_html_where_json_is_due(server: Sandbox) -> None:
    server.fault(HOST, "html")
    for answer in (ask(server), page(server)):
        assert answer.status_code == 200
        assert answer.text.startswith("<!DOCTYPE html>")
        assert "choose-flights.js" not in answer.text
    server.fault(HOST, "html", variant="sign_in")
    assert "Sign in" in ask(server).text


def test_a_changed_shape_is_good_json_with_other_names(server: Sandbox) -> None:
    whole = ask(server, CALENDAR).json()
    server.fault(HOST, "changed_shape")
    assert "CalendarNew" in ask(server, CALENDAR).json()["data"]
    server.fault(HOST, "changed_shape", keys=["Solutions"])
    changed = ask(server, CALENDAR)
    assert json.loads(changed.text.replace('"SolutionsNew"', '"Solutions"')) == whole
    assert "Solutions" not in changed.json()["data"]["Calendar"]["Months"][0]["Weeks"][0]["Days"][0]


def test_broken_bodies(server: Sandbox) -> None:
    for fault in BROKEN_BODIES:
        server.fault(HOST, fault)
        with pytest.raises((ValueError, RecursionError)):
            json.loads(ask(server).content.decode("utf-8"))
    server.fault(HOST, "huge")
    answer = ask(server)
    assert len(answer.content) > 20 * 1024 * 1024
    assert answer.json()["data"]["Trips"]


def test_empty_is_uniteds_own_none(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    data = ask(server).json()["data"]
    assert data["Trips"][0]["Flights"] == []
    assert data["Warnings"][0]["MinorCode"] == "10051"


def test_slow_and_broken_off(server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=0.3)
    begun = time.monotonic()
    assert found(ask(server))
    assert time.monotonic() - begun > 0.3
    with pytest.raises(requests.Timeout):
        ask(server, timeout=0.1)
    server.fault(HOST, "reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        ask(server)


def test_the_server_goes_on_while_one_answer_is_slow(server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=1, path=CALENDAR)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(requests.post, f"{server.site}{CALENDAR}", data=BODY, timeout=30)
        server.wait_for_requests(1)
        assert found(ask(server))
        assert not slow.done()
        assert found(slow.result())


# ---- whom they touch -----------------------------------------------------------------------------------------------


def test_data_faults_leave_pages_and_robots_alone(server: Sandbox) -> None:
    for fault in ("500", "rate_limited", "bad_json", "empty", "changed_shape", "reset"):
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
def test_robots_faults_touch_robots_alone(server: Sandbox, fault: str, status: int, text: str) -> None:
    server.fault(HOST, fault, seconds=0.01)
    answer = page(server, "/robots.txt")
    assert (answer.status_code, text in answer.text) == (status, True)
    assert found(ask(server))
    assert page(server).status_code == 200


def test_one_of_each_kind_at_a_time(server: Sandbox) -> None:
    server.fault(HOST, "robots_500")
    server.fault(HOST, "empty")
    server.fault(HOST, "expired")
    assert page(server, "/robots.txt").status_code == 500
    assert ask(server).status_code == 401
    server.fault(HOST, "ok")
    assert page(server, "/robots.txt").status_code == 200
    assert found(ask(server))


def test_every_host_and_one_host(server: Sandbox) -> None:
    server.fault("*", "500")
    assert ask(server).status_code == 500
    server.fault(HOST, "expired")
    assert ask(server).status_code == 401
    server.fault(HOST, "ok")
    assert ask(server).status_code == 500


def test_a_part_of_the_paths(server: Sandbox) -> None:
    server.fault(HOST, "blocked", path="FetchFlights")
    assert found(ask(server, CALENDAR))
    assert ask(server, FLIGHTS).status_code == 403
    assert page(server).status_code == 200


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"fault": "flood"}, "fault is 'flood'"),
        ({"host": "www.example.com", "fault": "500"}, "host is 'www.example.com'"),
        ({"fault": "blocked", "variant": "kindly"}, "variant is 'kindly'"),
        ({"fault": "500", "variant": "akamai_403"}, "variant is 'akamai_403'"),
        ({"fault": "500", "after": "two"}, "whole numbers"),
        ({"fault": "500", "until": 3}, "until: no such option"),
        (["500"], "must be a JSON object"),
    ],
)
def test_an_order_that_cannot_be(server: Sandbox, order: object, sentence: str) -> None:
    answer = server.client.post(f"{server.url}/_control", json=order)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True)
    assert server.client.get(f"{server.url}/_control").json()["faults"] == {}


@pytest.mark.parametrize(("fault", "variant"), [(name, one) for name, every in VARIANTS.items() for one in every])
def test_every_variant_is_taken_and_shown(server: Sandbox, fault: str, variant: str) -> None:
    server.fault(HOST, fault, variant=variant, after=3)
    ask(server)
    (shown,) = server.client.get(f"{server.url}/_control").json()["faults"][HOST]
    assert (shown["fault"], shown["variant"], shown["after"], shown["for"], shown["seen"]) == (
        fault,
        variant,
        3,
        None,
        1,
    )


# ---- what was asked ------------------------------------------------------------------------------------------------


def test_requests_are_counted_and_remembered(server: Sandbox) -> None:
    ask(server, CALENDAR, headers={"User-Agent": "a test", "X-Secret": "hush"}, cookies={"session": "hush"})
    server.fault(HOST, "expired")
    ask(server)
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


def test_the_latest_five_hundred(server: Sandbox) -> None:
    for _ in range(510):
        page(server, "/robots.txt")
    assert len(server.requests()) == 500
    assert server.counts() == {"/robots.txt": 510}


# ---- the command ---------------------------------------------------------------------------------------------------


def test_the_command_says_where_it_listens_and_ends_on_an_interrupt() -> None:
    command = [sys.executable, "-m", "scrapy", "sandbox", "--port", "0", "--seed", "8", "--clock", CLOCK]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        told = re.fullmatch(r"The sandbox listens at (\S+) \(.*2026-11-22 12:00 UTC, seed 8\)\.\n", line)
        assert told is not None, line + process.stderr.read()
        health = requests.get(f"{told[1]}/_health", timeout=10).json()
        assert (health["status"], health["seed"]) == ("ok", 8)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def run_command(*options: str) -> int:
    command = Command()
    command.settings = Settings()
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    command.run([], parser.parse_args(options))
    return command.exitcode


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--clock", "tomorrow"], "--clock is 'tomorrow', but must look like 2026-11-22T12:00Z."),
        (["--port", "eighty"], "--port is 'eighty', but must be a whole number from 0 to 65535."),
        (["--seed", "1.5"], "--seed is '1.5', but must be a whole number."),
        (["--speed=-1"], "--speed is '-1', but must be a number from 0 to 1000000."),
        (["--host", "192.0.2.1"], "The sandbox cannot listen at 192.0.2.1:8800: Cannot assign requested address."),
    ],
)
def test_a_wrong_option_is_one_sentence(options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(*options) == 2
    assert capsys.readouterr() == ("", f"{sentence}\n")


def test_a_port_in_use_is_one_sentence(server: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    port = server.url.rpartition(":")[2]
    assert run_command("--port", port) == 2
    assert capsys.readouterr() == ("", f"Port {port} of 127.0.0.1 is in use: choose another with --port.\n")
