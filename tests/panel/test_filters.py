"""Tests of the filter of deals in query parameters."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from starlette.datastructures import QueryParams

from awardspider.items import Cabin, Money
from awardspider.outcomes import InvalidArgument
from awardspider.panel.filters import DealFilters, View, parse_filters
from awardspider.panel.rendering import query_string
from awardspider.search.judgments import DEAL_CLASSES, DealClass
from awardspider.storage.offer_sorts import OfferSort
from tests.support.storage_examples import NOW

EVERYTHING = (
    "from=JFK%3B+Tokyo&to=Brazil&first=2027-03-01&last=2027-03-31&cabin=business&cabin=first&program=united"
    "&max_miles=90000&max_taxes=100&currency=EUR&max_stops=1&min_seats=2&class=exceptional&confirmed=1&min_cpp=1.5"
    "&sort=miles&view=deals"
)


def parsed(query: str) -> DealFilters:
    return parse_filters(QueryParams(query), NOW.date())


def test_without_parameters_the_best_deals_are_listed() -> None:
    filters = parsed("")
    assert (filters.view, filters.sort, filters.classes) == (View.BEST, OfferSort.DEAL, DEAL_CLASSES)
    assert (filters.parameters(), filters.active()) == ({}, [])


def test_every_parameter_is_in_the_query() -> None:
    query = parsed(EVERYTHING).query(NOW, timedelta(hours=48))
    assert {"JFK", "HND", "NRT"} <= set(query.origins)
    assert "GRU" in query.destinations
    assert (query.first, query.last) == (date(2027, 3, 1), date(2027, 3, 31))
    assert (query.cabins, query.programs) == ((Cabin.BUSINESS, Cabin.FIRST), ("united",))
    assert (query.max_miles, query.max_taxes) == (90_000, Money(Decimal(100), "EUR"))
    assert (query.max_stops, query.min_seats, query.confirmed, query.min_cpp) == (1, 2, True, Decimal("1.5"))
    assert query.classes == (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL)


def test_the_parameters_of_a_filter_are_those_it_was_parsed_from() -> None:
    filters = parsed(EVERYTHING)
    assert parse_qs(query_string(filters.parameters())[1:]) == parse_qs(EVERYTHING)
    assert parsed(query_string(filters.parameters())[1:]) == filters


def test_empty_parameters_of_a_form_match_everything() -> None:
    assert parsed("from=&to=&first=&cabin=&max_miles=&max_taxes=&currency=USD&class=&sort=&view=") == parsed("")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("from=Narnia", "from"),
        ("to=San+Jose", "to"),
        ("first=soon", "first"),
        ("first=2027-03-10&last=2027-03-01", "last"),
        ("cabin=attic", "cabin"),
        ("program=nobody", "program"),
        ("max_miles=many", "max_miles"),
        ("max_taxes=1&currency=XXX", "max_taxes"),
        ("max_stops=-1", "max_stops"),
        ("min_seats=10", "min_seats"),
        ("class=cheap", "class"),
        ("min_cpp=0", "min_cpp"),
        ("sort=price", "sort"),
        ("view=all", "view"),
    ],
)
def test_an_invalid_parameter_is_an_error_and_not_part_of_the_filter(query: str, key: str) -> None:
    filters = parsed(query)
    assert list(filters.errors) == [key]
    assert filters.written[key]
    with pytest.raises(InvalidArgument, match=f"^{key}: "):
        filters.require_valid()


def test_all_fares_have_every_class() -> None:
    assert parsed("view=fares").classes == ()
    assert parsed("view=fares&class=good").classes == DEAL_CLASSES


@pytest.mark.parametrize("key", parsed(EVERYTHING).active())
def test_each_active_filter_can_be_removed(key: str) -> None:
    filters = parsed(EVERYTHING)
    assert filters.without(key).active() == [each for each in filters.active() if each != key]


def test_one_of_several_values_can_be_removed() -> None:
    assert parsed("cabin=business,first").without("cabin", "first").cabins == (Cabin.BUSINESS,)


def test_a_month_means_its_first_and_its_last_day() -> None:
    filters = parsed("first=2027-03&last=2027-03")
    assert (filters.first, filters.last) == (date(2027, 3, 1), date(2027, 3, 31))


def test_miles_and_taxes_are_read_as_people_write_them() -> None:
    filters = parsed("max_miles=90k&max_taxes=R$+200")
    assert (filters.max_miles, filters.max_taxes) == (90_000, Money(Decimal(200), "BRL"))
