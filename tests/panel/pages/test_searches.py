"""The page of searches: outcomes, filters, pages, and the CSV of the view."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from awardspider.items import SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.accounts import Role
from tests.support.panel import NOW, Panel
from tests.support.panel_operations import store_reports
from tests.support.storage_examples import make_report, make_search


@pytest.fixture
def searched(panel: Panel) -> Panel:
    """Return the panel with a search of each outcome."""
    search = make_search(program="united", origin="LAX", destination="AUS", kind=SearchKind.ITINERARY)
    store_reports(
        panel.store,
        [
            make_report("found", search=search, outcome=Outcome.FOUND, offers=7, requested_at=NOW),
            make_report("empty", search=search, outcome=Outcome.EMPTY, offers=0, requested_at=NOW - timedelta(days=2)),
            make_report(
                "failed",
                search=make_search(program="delta", origin="JFK", destination="LHR", kind=SearchKind.CALENDAR),
                outcome=Outcome.FAILED,
                reason=Reason.BLOCKED,
                note="=HYPERLINK(1) <b>HTTP 403</b>",
                offers=0,
                requested_at=NOW - timedelta(days=3),
            ),
        ],
        run_id="run-1",
    )
    return panel


def test_an_empty_database_says_what_to_do(panel: Panel) -> None:
    page = panel.anonymous().get("/searches").text
    assert "No searches yet" in page
    assert 'href="/watches"' in page


def test_each_search_shows_its_outcome_and_why_it_failed(searched: Panel) -> None:
    page = searched.anonymous().get("/searches").text
    assert page.index("LAX – AUS") < page.index("JFK – LHR")
    assert "Blocked by the site" in page
    assert "The program says that it has no awards." in page
    assert "&lt;b&gt;HTTP 403&lt;/b&gt;" in page
    assert "<b>HTTP 403" not in page


@pytest.mark.parametrize(
    ("query", "routes"),
    [
        ("program=delta", ["JFK – LHR"]),
        ("outcome=found", ["LAX – AUS"]),
        ("reason=blocked", ["JFK – LHR"]),
        ("kind=calendar", ["JFK – LHR"]),
        ("from=jfk,sfo", ["JFK – LHR"]),
        ("to=AUS", ["LAX – AUS", "LAX – AUS"]),
        ("run=run-2", []),
        (f"since={NOW:%Y-%m-%d}", ["LAX – AUS"]),
        (f"until={NOW - timedelta(days=3):%Y-%m-%d}", ["JFK – LHR"]),
    ],
)
def test_filters_are_in_the_address(searched: Panel, query: str, routes: list[str]) -> None:
    page = searched.anonymous().get(f"/searches?{query}").text
    assert [route for route in ("LAX – AUS", "JFK – LHR") for _ in range(page.count(route))] == routes


def test_an_invalid_filter_is_named_and_left_out(searched: Panel) -> None:
    page = searched.anonymous().get("/searches?outcome=lots&since=tomorrow").text
    assert "Outcome: choose found, empty, failed" in page
    assert "Searched from: write a day such as 2026-11-22" in page
    assert page.count("LAX – AUS") == 2
    assert searched.anonymous().get("/searches.csv?outcome=lots").status_code == 400


def test_no_match_is_not_shown_as_no_awards(searched: Panel) -> None:
    page = searched.anonymous().get("/searches?program=smiles").text
    assert "That says nothing about awards" in page


def test_the_csv_has_exactly_the_view_and_no_formulas(searched: Panel) -> None:
    response = searched.anonymous().get("/searches.csv?outcome=failed")
    (row,) = csv.DictReader(response.content.decode("utf-8-sig").splitlines())
    assert (row["program"], row["reason"], row["run_id"]) == ("delta", "blocked", "run-1")
    assert row["note"].startswith("'=HYPERLINK")
    assert "attachment" in response.headers["content-disposition"]


def test_long_lists_have_pages(panel: Panel) -> None:
    store_reports(
        panel.store,
        [make_report(f"s{number:03}", requested_at=NOW - timedelta(minutes=number)) for number in range(60)],
    )
    client = panel.anonymous()
    first = client.get("/searches").text
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert first.count("<tr>") == 51
    assert client.get(f"/searches{address}").text.count("<tr>") == 11
    assert client.get("/searches?after=nonsense").status_code == 400


def test_viewers_see_searches_without_links_to_runs(searched: Panel) -> None:
    page = searched.signed_in(Role.VIEWER).get("/searches").text
    assert "/runs/run-1" not in page
    assert "/searches?run=run-1" in page


def test_days_are_those_of_the_visitors_time_zone(panel: Panel) -> None:
    late = NOW.replace(hour=1)  # the day before in Los Angeles
    store_reports(panel.store, [make_report("late", requested_at=late)])
    client = panel.anonymous()
    client.cookies.set("zone", "America%2FLos_Angeles")
    day = date(late.year, late.month, late.day)
    assert "No search matches" in client.get(f"/searches?since={day}").text
    assert "No search matches" not in client.get(f"/searches?since={day - timedelta(days=1)}&until={day}").text
