"""Tests of the home page: the list of deals, its filters, its CSV file, and why it is empty."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from lxml.html import HtmlElement, fromstring
from starlette.testclient import TestClient

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged
from tests.support.panel import Panel
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_segment

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def client(panel: Panel) -> TestClient:
    panel.now = NOW + HOUR
    return panel.anonymous()


def flight(**fields: Any) -> AwardOfferItem:
    return make_itinerary(**{"on_sale": None, "regular_miles": None} | fields)


def page(client: TestClient, address: str = "/", **options: Any) -> HtmlElement:
    response = client.get(address, **options)
    assert response.status_code == 200, response.text
    found: HtmlElement = fromstring(response.text)
    return found


def words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def deals(tree: HtmlElement) -> list[str]:
    return [words(row) for row in tree.cssselect("tbody.deal")]


def routes(tree: HtmlElement) -> list[str]:
    return [words(cell) for cell in tree.cssselect(".deal-route .second")]


def empty_state(tree: HtmlElement) -> str:
    return words(tree.cssselect(".empty-state")[0])


# ---- a deal ----------------------------------------------------------------------------------------------------------


def test_a_deal_has_everything_that_is_known_of_it(client: TestClient, sqlite_store: Store) -> None:
    offer = flight()
    store_judged(sqlite_store, DealClass.GOOD, offer)
    tree = page(client)
    (deal,) = deals(tree)
    for text in (
        "Good", "Los Angeles", "Austin", "LAX–AUS", "Wed, Mar 10, 2027", "Economy", "12,500", "$5.60", "1.47", "4",
        "08:05 – 13:10", "UA1297", "nonstop, 3 h 5 min", "United MileagePlus", "Seen 1 hour ago",
        "50% below the 90-day median of 25,000 miles (122 searches)",
    ):  # fmt: skip
        assert text in deal
    assert tree.cssselect(".deal-route a")[0].get("href") == f"/offers/{offer.offer_id}"


def test_the_links_of_a_deal_are_safe(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, flight())
    watch, book = page(client).cssselect(".deal-actions a")
    assert book.get("href") == "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS"
    assert (book.get("rel"), book.get("target")) == ("noopener noreferrer", "_blank")
    assert watch.get("href") == (
        "/watches/new?from=LAX&to=AUS&date=2027-03-10&cabin=economy&max_miles=12500&program=united"
    )


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", None])
def test_a_link_that_is_not_http_is_left_out(client: TestClient, sqlite_store: Store, link: str | None) -> None:
    store_judged(sqlite_store, DealClass.GOOD, flight(booking_link=link))
    assert len(page(client).cssselect(".deal-actions a")) == 1


def test_text_of_an_airline_is_escaped(client: TestClient, sqlite_store: Store) -> None:
    segment = make_segment("<img src=x>", marketing_carrier="<b>")
    store_judged(sqlite_store, DealClass.GOOD, flight(segments=(segment,)))
    tree = page(client)
    assert not tree.cssselect("tbody img, tbody b b")
    assert "<b><img src=x>" in deals(tree)[0]


def test_unknown_values_are_shown_as_unknown(client: TestClient, sqlite_store: Store) -> None:
    day = make_offer(taxes=None, seats=None)
    store_judged(sqlite_store, DealClass.GOOD, day, cents_per_point=None, cash_fare=None)
    tree = page(client)
    assert "Flights unknown lowest price of the day" in deals(tree)[0]
    for name in ("taxes", "cents"):
        assert words(tree.cssselect(f".deal-{name} .soft")[0]) == "– unknown"
    assert "Seats unknown" in words(tree.cssselect(".deal-seats")[0])


def test_nine_seats_mean_nine_or_more_and_a_mixed_cabin_is_marked(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, flight(seats=9, mixed_cabin=True))
    (deal,) = deals(page(client))
    assert "9+" in deal
    assert "mixed cabin" in deal


def test_consecutive_dates_of_the_same_flights_and_price_are_one_deal(client: TestClient, sqlite_store: Store) -> None:
    offers = [flight(departure_date=DAY + day * ONE_DAY, seats=4 - day) for day in range(3)]
    store_judged(sqlite_store, DealClass.GOOD, *offers)
    tree = page(client)
    (deal,) = deals(tree)
    assert "Mar 10, 11, and 12, 2027" in deal
    assert "3 dates" in deal
    assert words(tree.cssselect(".deal-seats .on-desktop")[0]) == "2"
    assert "date=2027-03-10..2027-03-12" in tree.cssselect(".deal-actions a")[0].get("href", "")


# ---- views, order and pages ------------------------------------------------------------------------------------------


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    """Return a store with 24 routes of one deal, 30 deals on one route, and usual fares."""
    for number, origin in enumerate(_ORIGINS):
        store_judged(sqlite_store, DealClass.GOOD, flight(origin=origin, miles=10_000 + number))
    many = [flight(departure_date=DAY + 2 * day * ONE_DAY, miles=9_000 + day) for day in range(30)]
    store_judged(sqlite_store, DealClass.RECORD_LOW, *many)
    store_judged(sqlite_store, DealClass.USUAL, flight(origin="YVR", miles=5_000))
    return sqlite_store


_ORIGINS = (
    *("SFO", "SEA", "PDX", "DEN", "PHX", "DFW", "IAH", "ORD", "MSP", "DTW", "ATL", "MIA"),
    *("MCO", "CLT", "PHL", "BOS", "IAD", "JFK", "YYZ", "MEX", "GRU", "LHR", "CDG", "FRA"),
)


def test_the_best_deals_are_few_of_each_route(client: TestClient, filled: Store) -> None:
    tree = page(client)
    assert routes(tree)[:3] == ["LAX–AUS", "LAX–AUS", "SFO–AUS"]
    assert len(routes(tree)) == 20
    assert words(tree.cssselect(".list-count")[0]) == "The best 20 of 54 deals"
    assert "Show all" in words(tree.cssselect(".list-end")[0])


def test_all_deals_and_all_fares_are_longer_lists(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?view=deals")
    assert words(tree.cssselect(".list-count")[0]) == "54 deals"
    assert routes(tree)[:20] == ["LAX–AUS"] * 20
    tree = page(client, "/?view=fares&sort=miles")
    assert (routes(tree)[0], words(tree.cssselect(".list-count")[0])) == ("YVR–AUS", "55 offers")


def test_a_filter_that_leaves_few_routes_shows_more_of_each(client: TestClient, filled: Store) -> None:
    assert len(routes(page(client, "/?from=LAX,SFO"))) == 9


def test_the_next_page_begins_after_the_last_deal(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?view=deals")
    listed = [routes(tree)]
    while links := tree.cssselect(".pager a[rel=next]"):
        tree = page(client, links[0].get("href", ""))
        listed.append(routes(tree))
    assert [len(each) for each in listed] == [20, 20, 14]
    assert listed[-1][-4:] == ["GRU–AUS", "LHR–AUS", "CDG–AUS", "FRA–AUS"]


def test_a_header_sorts_and_says_the_order(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?sort=miles&view=deals")
    (header,) = tree.cssselect("th[aria-sort]")
    assert (words(header), header.get("aria-sort")) == ("Miles", "ascending")
    miles = [int(words(cell).replace(",", "")) for cell in tree.cssselect(".deal-miles b")]
    assert miles == sorted(miles)


def test_the_best_deals_are_sorted_too(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?sort=date")
    assert len(routes(tree)) == 20
    assert page(client, "/?sort=miles").cssselect(".deal-miles")[0].text_content().strip() == "9,000 miles"


def test_a_cursor_of_another_list_is_an_error(client: TestClient, filled: Store) -> None:
    response = client.get("/?view=deals&after=abc", headers={"accept": "text/html"})
    assert response.status_code == 400
    assert "open the first page again" in response.text


# ---- filters ---------------------------------------------------------------------------------------------------------


def test_active_filters_can_be_removed(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?from=JFK&max_stops=0&cabin=economy&sort=miles")
    chips = {words(chip): chip.get("href") for chip in tree.cssselect(".filter-chip")}
    assert chips == {
        "From New York (JFK)": "/?cabin=economy&max_stops=0&sort=miles",
        "Economy": "/?from=JFK&max_stops=0&sort=miles",
        "Nonstop": "/?from=JFK&cabin=economy&sort=miles",
    }
    assert routes(tree) == ["JFK–AUS"]


def test_the_form_has_the_values_of_the_filter(client: TestClient, filled: Store) -> None:
    form = page(client, "/?from=JFK&first=2027-03&max_miles=90k&cabin=economy&program=united&confirmed=1").forms[-1]
    fields = dict(form.form_values())
    assert (fields["from"], fields["first"], fields["max_miles"]) == ("JFK", "2027-03-01", "90000")
    assert (fields["cabin"], fields["program"], fields["confirmed"]) == ("economy", "united", "1")


def test_an_invalid_filter_is_explained_and_nothing_is_listed(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?from=Narnia")
    assert not deals(tree)
    assert 'unknown place "Narnia"' in words(tree.cssselect(".notice-bad")[0])
    assert tree.cssselect("#from-places")[0].get("value") == "Narnia"
    assert tree.cssselect("#from-places")[0].get("aria-describedby") == "from-error"


def test_a_script_gets_only_the_list_and_its_address(client: TestClient, filled: Store) -> None:
    response = client.get("/?from=JFK&to=&cabin=&currency=USD&max_miles=", headers=PART)
    assert "<html" not in response.text
    assert response.headers["HX-Push-Url"] == "/?from=JFK"
    tree = fromstring(f"<div>{response.text}</div>")
    assert words(tree.cssselect("#result-count[hx-swap-oob]")[0]) == "1 deal"
    assert routes(tree) == ["JFK–AUS"]


def test_the_page_loads_no_charts(client: TestClient, filled: Store) -> None:
    assert "echarts" not in client.get("/").text


def test_the_class_of_a_deal_is_a_chip_and_not_repeated(client: TestClient, filled: Store) -> None:
    (deal,) = page(client, "/?from=JFK").cssselect(".deal")
    assert words(deal.cssselect(".deal-class")[0]) == "Good"
    assert words(deal.cssselect(".deal-evidence")[0])[0].isdigit()


# ---- CSV -------------------------------------------------------------------------------------------------------------


def records(client: TestClient, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.headers["content-type"].startswith("text/csv")
    assert re.search(r'filename="deals-2026-11-22\.csv"', response.headers["content-disposition"])
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_file_has_the_rows_of_the_view(client: TestClient, filled: Store) -> None:
    assert [row["origin"] for row in records(client, "/deals.csv")][:3] == ["LAX", "LAX", "SFO"]
    assert len(records(client, "/deals.csv?view=deals")) == 54
    (row,) = records(client, "/deals.csv?from=JFK")
    assert (row["deal_class"], row["origin_city"], row["miles"]) == ("good", "New York", "10017")
    assert row["evidence"].startswith("Good price: ")


def test_a_cell_of_the_file_cannot_be_a_formula(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, flight(fare_name='=HYPERLINK("http://evil.example")'))
    (row,) = records(client, "/deals.csv")
    assert row["fare_name"] == '\'=HYPERLINK("http://evil.example")'


def test_a_file_of_an_invalid_filter_is_an_error(client: TestClient) -> None:
    response = client.get("/deals.csv?max_miles=many")
    assert response.status_code == 400
    assert "max_miles" in response.text


# ---- empty lists -----------------------------------------------------------------------------------------------------


def test_without_data_the_page_says_how_to_get_some(client: TestClient) -> None:
    text = empty_state(page(client))
    assert "make demo" in text
    assert "scrapy crawl united" in text


def test_the_filters_that_leave_out_the_most_are_named(client: TestClient, filled: Store) -> None:
    tree = page(client, "/?view=deals&from=LAX&max_miles=100&cabin=economy")
    text = empty_state(tree)
    assert "No deal matches all filters" in text
    assert "Without Up to 100 miles: 30 offers" in text
    assert tree.cssselect(".wider a")[0].get("href") == "/?view=deals&from=LAX&cabin=economy"


def test_usual_prices_are_counted_and_can_be_shown(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.USUAL, flight(), flight(cabin=Cabin.BUSINESS))
    tree = page(client)
    assert "No price is a deal now Current offers: 2 usual." in empty_state(tree)
    assert tree.cssselect(".empty-state a.button")[0].get("href") == "/?view=fares"


def test_too_little_history_is_explained(client: TestClient, sqlite_store: Store) -> None:
    write_batch(sqlite_store, make_batch(flight()))
    text = empty_state(page(client))
    assert "There is too little history to know what is a deal" in text
    assert "Show 1 offer" in text


def test_outdated_fares_are_counted(client: TestClient, panel: Panel, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, flight())
    panel.now = NOW + timedelta(hours=49)
    text = empty_state(page(client))
    assert text.startswith("All offers are outdated 1 matching offer was last seen more than 48 hours ago.")


# ---- places ----------------------------------------------------------------------------------------------------------


def test_places_are_suggested_in_the_language_of_the_visitor(client: TestClient) -> None:
    response = client.get("/places?q=londres", headers={"accept-language": "pt-BR"})
    first = response.json()["places"][0]
    assert first == {"value": "LON", "name": "Londres", "detail": "Reino Unido", "code": "LON", "kind": "city"}


def test_every_language_has_the_page(client: TestClient, filled: Store) -> None:
    for language, text in (
        ("pt-BR", "As 20 melhores de 54 boas ofertas"),
        ("es", "Las 20 mejores de 54 buenas ofertas"),
    ):
        tree = page(client, headers={"accept-language": language})
        assert words(tree.cssselect(".list-count")[0]) == text
