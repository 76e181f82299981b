"""The price history that crawls write, on both engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from awardspider.items import Cabin
from awardspider.outcomes import InvalidSetting
from awardspider.search.change_rates import lead_time
from awardspider.search.judgments import BaselineScope
from awardspider.search.price_history import DayPrice, DaySample, PriceKey, PriceRecord, wider_keys
from awardspider.storage import schema
from awardspider.storage.price_history import (
    days_of_place,
    last_day_as_low,
)
from awardspider.storage.price_samples import PriceHistoryWriter, parse_history_days, prune_price_history
from awardspider.storage.store import Store
from tests.support.stored_prices import month_rows, price_record, route_days

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
KEY = PriceKey("united", BaselineScope.ROUTE, "LAX", "AUS", Cabin.ECONOMY, False)
OTHER = KEY._replace(origin="SAN")  # in the same region pair and distance band
TABLES = (schema.price_samples, schema.open_prices, schema.price_records, schema.month_prices)


def sample(*found: tuple[int, int], flights: bool = False, day: date = TODAY, searches: int = 1) -> DaySample:
    """Return a sample of departures, given as days ahead and miles."""
    made = DaySample(searches=searches)
    for ahead, miles in found:
        made.add(day + timedelta(days=ahead), DayPrice(miles, flights))
    return made


def write(store: Store, day: date = TODAY, now: datetime | None = None, **by_key: DaySample) -> None:
    """Write the sample `own` of KEY and the sample `other` of OTHER, as one crawl."""
    samples = {{"own": KEY, "other": OTHER}[name]: {day: found} for name, found in by_key.items()}
    PriceHistoryWriter(store).write(samples, now or datetime.combine(day, NOW.timetz()))


def prices_of(store: Store, key: PriceKey, day: date = TODAY) -> tuple[dict[int, dict[int, int]], int]:
    """Return the prices and the number of searches of one day."""
    [found] = route_days(store, key, day, day)
    return found.prices, found.searches


def count(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


# ---- one day ----


def test_a_second_crawl_of_a_day_replaces_prices_instead_of_counting_twice(store: Store) -> None:
    write(store, own=sample((30, 9_000), (31, 9_000)))
    write(store, own=sample((30, 9_000), (31, 8_000), (40, 9_000), searches=2))
    assert prices_of(store, KEY) == ({lead_time(30): {9_000: 2, 8_000: 1}}, 3)
    assert price_record(store, KEY) == PriceRecord(8_000, TODAY, TODAY, TODAY, 1, 3)


def test_flights_of_a_later_crawl_replace_the_prices_of_a_calendar(store: Store) -> None:
    write(store, own=sample((30, 9_000), (31, 9_500)))
    write(store, own=sample((30, 12_000), flights=True))
    write(store, own=sample((30, 8_000)))
    assert prices_of(store, KEY) == ({lead_time(30): {12_000: 1, 9_500: 1}}, 3)
    for key in wider_keys(KEY):
        assert prices_of(store, key) == ({lead_time(30): {12_000: 1, 9_500: 1}}, 3)
    assert [row["lowest"] for row in month_rows(store)] == [9_500]


def test_wider_scopes_add_up_their_routes(store: Store) -> None:
    write(store, own=sample((30, 9_000)), other=sample((30, 9_000), (200, 7_000)))
    write(store, other=sample((30, 6_000)))
    for key in wider_keys(KEY):
        assert key in wider_keys(OTHER)
        assert prices_of(store, key) == ({lead_time(30): {9_000: 1, 6_000: 1}, lead_time(200): {7_000: 1}}, 3)
        assert price_record(store, key) == PriceRecord(6_000, TODAY, TODAY, TODAY, 1, 3)


def test_cabins_and_mixed_cabins_are_separate(store: Store) -> None:
    writer = PriceHistoryWriter(store)
    keys = [KEY, KEY._replace(cabin=Cabin.BUSINESS), KEY._replace(mixed_cabin=True), KEY._replace(program="delta")]
    writer.write({key: {TODAY: sample((30, 1_000 * number))} for number, key in enumerate(keys, 1)}, NOW)
    for number, key in enumerate(keys, 1):
        assert prices_of(store, key) == ({lead_time(30): {1_000 * number: 1}}, 1)


def test_yesterday_can_still_change_but_no_earlier_day(store: Store) -> None:
    """A crawl can end after midnight."""
    before = YESTERDAY - timedelta(days=1)
    for day in (before, YESTERDAY):
        write(store, day, own=sample((30, 9_000), day=day))
    write(store, YESTERDAY, NOW, own=sample((30, 8_000), day=YESTERDAY))
    write(store, before, NOW, own=sample((30, 8_000), day=before))
    assert prices_of(store, KEY, YESTERDAY) == ({lead_time(30): {8_000: 1}}, 2)
    assert prices_of(store, KEY, before) == ({lead_time(30): {9_000: 1}}, 1)
    assert count(store, schema.open_prices) == 1


def test_nothing_is_written_without_prices(store: Store) -> None:
    PriceHistoryWriter(store).write({}, NOW)
    PriceHistoryWriter(store).write({KEY: {TODAY: DaySample(searches=1)}}, NOW)
    assert [count(store, table) for table in TABLES] == [0, 0, 0, 0]


def test_an_airport_that_is_not_known_has_only_its_route(store: Store) -> None:
    PriceHistoryWriter(store).write({KEY._replace(origin="QQQ"): {TODAY: sample((30, 9_000))}}, NOW)
    assert count(store, schema.price_samples) == 1


# ---- before the crawl ----


def test_a_writer_knows_the_rows_before_its_first_change(store: Store) -> None:
    write(store, own=sample((30, 9_000)))
    writer = PriceHistoryWriter(store)
    for miles in (8_000, 7_000):
        writer.write({KEY: {TODAY: sample((30, miles))}, OTHER: {TODAY: sample((30, miles))}}, NOW)
    before = writer.days_before[KEY][TODAY]
    assert before is not None
    assert before.prices == {lead_time(30): {9_000: 1}}
    assert writer.days_before[OTHER] == {TODAY: None}
    assert writer.records_before[KEY] == PriceRecord(9_000, TODAY, TODAY, TODAY, 1, 1)
    assert writer.records_before[OTHER] is None
    [wider, _] = wider_keys(KEY)
    assert (writer.days_before[wider][TODAY] or before).prices == {lead_time(30): {9_000: 1}}


# ---- from scratch ----

crawls = st.lists(
    st.tuples(
        st.integers(0, 1),  # days since the last crawl
        st.lists(
            st.tuples(
                st.sampled_from([KEY, OTHER, KEY._replace(mixed_cabin=True)]),
                st.integers(0, 70),
                st.integers(1, 5).map(lambda number: number * 4_000),
                st.booleans(),
            ),
            min_size=1,
            max_size=12,
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crawls)
def test_any_crawls_equal_a_computation_from_scratch(
    store: Store, found: list[tuple[int, list[tuple[PriceKey, int, int, bool]]]]
) -> None:
    with store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    day = TODAY
    merged: dict[tuple[PriceKey, date], dict[date, DayPrice]] = defaultdict(dict)
    searches: Counter[tuple[PriceKey, date]] = Counter()
    lowest: dict[PriceKey, dict[date, int]] = defaultdict(dict)
    for passed, prices in found:
        day += timedelta(days=passed)
        samples: dict[PriceKey, dict[date, DaySample]] = {}
        for key, ahead, miles, flights in prices:
            departure, price = day + timedelta(days=ahead), DayPrice(miles, flights)
            samples.setdefault(key, {}).setdefault(day, DaySample(searches=1)).add(departure, price)
            merged[key, day][departure] = price.merged(merged[key, day].get(departure))
            for each in (key, *wider_keys(key)):
                lowest[each][day] = min(miles, lowest[each].get(day, miles))
        searches.update((each, day) for key in samples for each in (key, *wider_keys(key)))
        PriceHistoryWriter(store).write(samples, datetime.combine(day, NOW.timetz()))
    expected = expected_prices(merged)
    stored = {key: route_days(store, key, TODAY, day) for key in {key for key, _ in expected}}
    assert {(key, row.search_day): row.prices for key, rows in stored.items() for row in rows} == expected
    assert {(key, row.search_day): row.searches for key, rows in stored.items() for row in rows} == searches
    assert {key: price_record(store, key) for key in lowest} == {
        key: expected_record(by_day, {day: searches[key, day] for day in by_day}) for key, by_day in lowest.items()
    }
    assert stored_months(store) == expected_months(merged)


def expected_prices(
    merged: Mapping[tuple[PriceKey, date], Mapping[date, DayPrice]],
) -> dict[tuple[PriceKey, date], dict[int, dict[int, int]]]:
    counts: dict[tuple[PriceKey, date], dict[int, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for (key, day), prices in merged.items():
        for departure, price in prices.items():
            for each in (key, *wider_keys(key)):
                counts[each, day][lead_time((departure - day).days)][price.miles] += 1
    return {each: {lead: dict(found) for lead, found in by_lead.items()} for each, by_lead in counts.items()}


def expected_record(lowest: Mapping[date, int], searches: Mapping[date, int]) -> PriceRecord:
    earlier = {day: miles for day, miles in lowest.items() if day < max(lowest)}
    return PriceRecord(
        *lowest_of(lowest),
        min(lowest),
        max(lowest),
        len(lowest),
        sum(searches.values()),
        *(lowest_of(earlier) if earlier else (None, None)),
    )


def lowest_of(lowest: Mapping[date, int]) -> tuple[int, date]:
    """Return the lowest price and the last day that had it."""
    miles = min(lowest.values())
    return miles, max(day for day, each in lowest.items() if each == miles)


def expected_months(
    merged: Mapping[tuple[PriceKey, date], Mapping[date, DayPrice]],
) -> set[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[tuple[int, date]]] = defaultdict(list)
    for (key, day), prices in merged.items():
        for departure, price in prices.items():
            found[key.origin, key.mixed_cabin, departure.replace(day=1), day].append((price.miles, departure))
    return {(*each, *min(prices), len(prices)) for each, prices in found.items()}


def stored_months(store: Store) -> set[tuple[Any, ...]]:
    names = ("origin", "mixed_cabin", "departure_month", "search_day", "lowest", "departure_date", "days")
    return {tuple(row[name] for name in names) for row in month_rows(store)}


# ---- cost ----


def test_queries_read_only_the_rows_of_their_days(sqlite_store: Store) -> None:
    """The cost of a crawl must not grow with the history, so each query has all columns of the table's key."""
    statements: list[tuple[str, Any]] = []
    event.listen(
        sqlite_store.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, parameters, context, many: statements.append((statement, parameters)),
    )
    write(sqlite_store, own=sample((30, 9_000)), other=sample((30, 9_000)))
    with sqlite_store.reading() as connection:
        last_day_as_low(connection, KEY, 9_000, TODAY)
        queries = [each for each in statements if each[0].startswith("SELECT")]
        plans = [
            row[3]
            for statement, parameters in queries
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    tables = ("price_samples", "open_prices", "price_records")
    used = {table: [plan for plan in plans if f" {table} " in f"{plan} "] for table in tables}
    assert all(used.values())
    assert not [plan for plan in plans if plan.startswith("SCAN")]
    assert all("mixed_cabin=? AND search_day" in plan for plan in used["price_samples"])


# ---- reading and pruning ----


def write_days(store: Store, miles: Sequence[int]) -> None:
    """Write one price per day; the last one is today's."""
    for ago, price in enumerate(reversed(miles)):
        day = TODAY - timedelta(days=ago)
        write(store, day, own=sample((30, price), day=day))


def test_the_last_day_with_a_price_as_low(store: Store) -> None:
    write_days(store, [7_000, 8_000, 9_000, 5_000])
    with store.reading() as connection:
        found = [last_day_as_low(connection, KEY, miles, TODAY) for miles in (9_000, 8_000, 7_000, 6_000)]
        other = last_day_as_low(connection, OTHER, 9_000, TODAY)
    ago = [TODAY - timedelta(days=days) for days in (1, 2, 3)]
    assert found == [*ago, None]
    assert other is None


def test_only_days_of_the_window_are_read(store: Store) -> None:
    write_days(store, [1_000, 2_000, 3_000])
    with store.reading() as connection:
        found = days_of_place(connection, KEY, YESTERDAY, TODAY)
    assert [row.search_day for row in found[KEY]] == [YESTERDAY, TODAY]


def test_pruning_keeps_the_lowest_prices_ever_found(store: Store) -> None:
    write_days(store, [5_000, *[9_000] * 9])
    prune_price_history(store, NOW, days=3)
    assert next(row.search_day for row in route_days(store, KEY, date.min, date.max)) == TODAY - timedelta(days=3)
    assert len(month_rows(store)) == 4
    assert (price_record(store, KEY) or PriceRecord(0, TODAY, TODAY, TODAY, 0, 0)).lowest == 5_000


@pytest.mark.parametrize("text", ["0", 0, "89", "-1", "x", "1e3", "100000", "٩٩٩"])
def test_an_invalid_length_of_the_history_is_rejected(text: str | int) -> None:
    with pytest.raises(InvalidSetting, match="AWARD_PRICE_HISTORY_DAYS"):
        parse_history_days({"AWARD_PRICE_HISTORY_DAYS": text})


def test_the_history_has_more_than_a_year_by_default() -> None:
    assert parse_history_days({}) == 400
    assert parse_history_days({"AWARD_PRICE_HISTORY_DAYS": "90"}) == 90
