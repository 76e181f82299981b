"""Promotions over HTTP: hosts, conditional requests, ground truth and faults of a running sandbox."""

from __future__ import annotations

import pytest

from awardspider.sandbox.promotions.tables import TABLE_PATH
from tests.support.sandbox_server import Sandbox

CLOCK = "2026-11-29T12:00Z"
FEED = "/frequentmiler.com/feed/"


def test_feeds_are_found_by_host_only(server: Sandbox) -> None:
    assert server.client.get(f"{server.url}{FEED}").headers["Content-Type"].startswith("application/rss+xml")
    assert server.client.get(f"{server.url}/feed/", headers={"Host": "loyaltylobby.com"}).status_code == 200
    assert server.client.get(f"{server.url}/feed/").status_code == 404
    assert server.client.get(f"{server.url}/passageirodeprimeira.com/feed").status_code == 200


def test_not_modified(server: Sandbox) -> None:
    first = server.client.get(f"{server.url}{FEED}")
    headers = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
    second = server.client.get(f"{server.url}{FEED}", headers=headers)
    assert (second.status_code, second.content) == (304, b"")
    server.set_clock("2026-12-03T12:00Z")
    try:
        assert server.client.get(f"{server.url}{FEED}", headers=headers).status_code == 200
    finally:
        server.set_clock(CLOCK)
    assert server.client.get(f"{server.url}{FEED}").content == first.content


def test_the_ground_truth_can_be_filtered(server: Sandbox) -> None:
    def truth(**query: str) -> dict[str, list[dict[str, object]]]:
        found: dict[str, list[dict[str, object]]] = server.client.get(
            f"{server.url}/_truth/promotions", params=query
        ).json()
        return found

    assert {found["kind"] for found in truth(kind="buy_miles")["promotions"]} == {"buy_miles"}
    assert {found["host"] for found in truth(host="loyaltylobby.com")["announcements"]} == {"loyaltylobby.com"}
    assert all("amex" in str(found["banks"]) for found in truth(bank="amex")["promotions"])
    assert all("flyingblue" in str(found["programs"]) for found in truth(program="flyingblue")["promotions"])


@pytest.mark.parametrize("query", [{"host": "blog.example"}, {"when": "today"}])
def test_invalid_questions_are_rejected(server: Sandbox, query: dict[str, str]) -> None:
    response = server.client.get(f"{server.url}/_truth/promotions", params=query)
    assert response.status_code == 400
    assert "expected" in response.json()["error"]


def test_faults_of_a_blog(server: Sandbox) -> None:
    server.fault("frequentmiler.com", "refused", variant="challenge_403")
    assert server.client.get(f"{server.url}{FEED}").status_code == 403
    assert server.client.get(f"{server.url}/loyaltylobby.com/feed/").status_code == 200
    server.fault("frequentmiler.com", "500", path=TABLE_PATH)
    assert server.client.get(f"{server.url}{FEED}").status_code == 200
    assert server.client.get(f"{server.url}/frequentmiler.com{TABLE_PATH}").status_code == 500
    server.fault("frequentmiler.com", "robots")
    assert "Disallow: /feed/\n" in server.client.get(f"{server.url}/frequentmiler.com/robots.txt").text


def test_the_start_page_links_to_promotions(server: Sandbox) -> None:
    text = server.client.get(server.url).text
    assert f'href="{FEED}"' in text
    assert 'href="/_truth/promotions"' in text
