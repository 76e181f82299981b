"""Tests of the calendar: what each day shows, and the flights of a day."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from awardspider.items import Cabin
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.batches import write_batch
from tests.support.panel import Panel
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_report, make_search

ADDRESS = "/calendar?from=LAX&to=AUS&cabin=economy&month=2027-03"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
FAILED = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}


@pytest.fixture
def client(panel: Panel) -> TestClient:
    panel.now = NOW
    return panel.client()


def cell(page: str, day: date = DAY) -> str:
    """Return the link of a day."""
    found = re.search(rf'<a id="d-{day}".*?</a>', page)
    assert found, day
    return found[0]


def words(page: str, day: date = DAY) -> str:
    return re.sub(r".*cell-words\">(.*?)</span>.*", r"\1", cell(page, day))


def test_without_places_the_page_says_what_to_do(client: TestClient) -> None:
    page = client.get("/calendar").text
    assert "Choose where the trip begins and ends" in page
    assert "data-calendar" not in page


def test_an_unknown_place_is_explained_and_kept(client: TestClient) -> None:
    page = client.get("/calendar?from=Atlantis&to=AUS").text
    assert "unknown place" in page
    assert 'value="Atlantis"' in page


def test_too_many_routes_are_refused(client: TestClient, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    write_batch(panel.store, make_batch(make_offer(), make_offer(origin="SFO")))
    monkeypatch.setattr("awardspider.panel.pages.calendar.MAX_PAIRS", 1)
    assert "Too many routes" in client.get("/calendar?from=US&to=Texas").text


def test_large_places_are_narrowed_to_what_was_searched(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer(), make_offer(origin="SFO", miles=9_000)))
    page = client.get(ADDRESS.replace("from=LAX&to=AUS", "from=US&to=Texas,Europe")).text
    assert "9,000 miles, SFO–AUS" in words(page)


def test_a_day_shows_its_lowest_price_program_and_age(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_itinerary(miles=43_000, seen_at=NOW - timedelta(hours=2))))
    page = client.get(ADDRESS).text
    assert ">43K<" in cell(page)
    assert "heat-1" in cell(page)
    assert words(page) == "Wed, Mar 10: 43,000 miles, MileagePlus, seen 2 hours ago"


def test_a_day_price_says_that_its_flights_are_unknown(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer()))
    assert words(client.get(ADDRESS).text).endswith("flights unknown")


def test_steps_of_color_are_fifths_of_the_prices(client: TestClient, panel: Panel) -> None:
    offers = [
        make_offer(miles=10_000 + number * 1_000, departure_date=DAY + timedelta(days=number)) for number in range(10)
    ]
    write_batch(panel.store, make_batch(*offers))
    page = client.get(ADDRESS).text
    steps = [re.search(r"heat-(\d)", cell(page, offer.departure_date)) for offer in offers]
    assert [step and step[1] for step in steps] == ["1", "1", "2", "2", "3", "3", "4", "4", "5", "5"]
    assert "≤ 11K" in page


def test_empty_failed_and_unsearched_days_differ_by_sign_and_words(client: TestClient, panel: Panel) -> None:
    reports = [
        make_report("a", outcome=Outcome.EMPTY, search=make_search(last=date(2027, 3, 9))),
        make_report("b", search=make_search(first=DAY), **FAILED),
    ]
    write_batch(panel.store, make_batch(reports=reports))
    page = client.get(ADDRESS).text
    empty, later = date(2027, 3, 9), date(2027, 4, 1)
    assert "cell-empty" in cell(page, empty)
    assert ">–<" in cell(page, empty)
    assert words(page, empty) == "Tue, Mar 9: no seats, searched 1 minute ago"
    assert "cell-failed" in cell(page)
    assert ">×<" in cell(page)
    assert words(page) == "Wed, Mar 10: search of MileagePlus failed 1 minute ago: Blocked by the site"
    assert "cell-not_searched" in cell(page, later)
    assert words(page, later) == "Thu, Apr 1: not searched"
    assert "the searches of 22 days failed, so it is unknown if there are seats" in page


def test_no_seats_have_the_age_of_the_oldest_search(client: TestClient, panel: Panel) -> None:
    reports = [
        make_report("a", outcome=Outcome.EMPTY, requested_at=NOW - timedelta(hours=20)),
        make_report("b", outcome=Outcome.EMPTY, search=make_search(program="delta")),
    ]
    write_batch(panel.store, make_batch(reports=reports))
    assert words(client.get(ADDRESS).text) == "Wed, Mar 10: no seats, searched 20 hours ago"


def test_a_price_stays_with_its_age_if_a_later_search_failed(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer(seen_at=NOW - timedelta(hours=5))))
    write_batch(panel.store, make_batch(reports=[make_report("b", **FAILED)]))
    page = client.get(ADDRESS).text
    assert "has-failure" in cell(page)
    assert ">12.5K<" in cell(page)
    assert "seen 5 hours ago" in words(page)
    assert "failed 1 minute ago: Blocked by the site" in words(page)


def test_an_outdated_price_is_marked_and_has_no_color(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer(seen_at=NOW - timedelta(days=9))))
    page = client.get(ADDRESS).text
    assert "cell-stale" in cell(page)
    assert ">~12.5K<" in cell(page)
    assert "too old to rely on" in words(page)


def test_days_that_are_over_are_no_links(client: TestClient) -> None:
    page = client.get(ADDRESS.replace("2027-03", "2026-11")).text
    assert 'id="d-2026-11-21"' not in page
    assert 'id="d-2026-11-22"' in page


def test_cabins_show_their_lowest_price(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer(), make_offer(cabin=Cabin.BUSINESS, miles=61_000)))
    page = client.get(ADDRESS).text
    assert "from 12,500" in page
    assert "from 61,000" in page


def test_the_week_begins_as_in_the_visitors_language(client: TestClient) -> None:
    def first(language: str) -> str:
        page = client.get(ADDRESS, headers={"accept-language": language}).text
        found = re.search(r'<th scope="col" abbr="(\w+)"', page)
        assert found
        return found[1]

    assert [first(language) for language in ("en", "pt", "es")] == ["Sunday", "domingo", "lunes"]


def test_a_day_lists_its_flights_and_what_is_known_of_every_cabin(client: TestClient, panel: Panel) -> None:
    write_batch(
        panel.store, make_batch(make_itinerary(), make_itinerary(departure_date=DAY + timedelta(days=1), miles=77))
    )
    for page in (
        client.get(f"{ADDRESS}&day={DAY}").text,
        client.get(f"{ADDRESS}&day={DAY}", headers=PART).text,
    ):
        assert "Wed, Mar 10, 2027" in page
        assert "08:05 – 13:10" in page
        assert "/offers/" in page
        assert page.count("<dt>") == len(Cabin)


def test_a_script_gets_only_the_flights_of_the_day(client: TestClient) -> None:
    response = client.get(f"{ADDRESS}&day={DAY}", headers=PART)
    assert "<html" not in response.text
    assert "HX-Request-Type" in response.headers["vary"]


def test_many_routes_show_which_one_is_cheapest(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_offer(), make_offer(origin="SFO", miles=9_000)))
    page = client.get(ADDRESS.replace("from=LAX", "from=LAX,SFO")).text
    assert "9,000 miles, SFO–AUS" in words(page)


def test_months_after_the_last_searched_one_are_closed(client: TestClient, panel: Panel) -> None:
    assert "<details" not in calendar_of(client), "the first calendar has no month that says more than another one"
    write_batch(panel.store, make_batch(make_itinerary(departure_date=date(2027, 4, 2))))
    shown, closed = calendar_of(client).split('<details class="months-later">')
    assert ("m-2027-04" in shown, "m-2027-05" in shown) == (True, False)
    assert "10 months were not searched: May 2027 to February 2028" in closed
    assert '<details class="months-later" open>' in calendar_of(client, "&day=2027-06-01")


def test_the_browser_tab_names_the_route(client: TestClient) -> None:
    assert "<title>LAX → AUS, Calendar · awardspider</title>" in client.get(ADDRESS).text


def calendar_of(client: TestClient, more: str = "") -> str:
    """Return the months of the page."""
    return client.get(ADDRESS + more).text.partition("data-calendar")[2].partition('class="calendar-side"')[0]
