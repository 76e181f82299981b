"""The index of watches decides the same as a comparison with each watch, and as a literal reading of the manual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.airports import airport_zone, airports
from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.programs import programs
from awardspider.search import watch_index
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.matching import MatchResult, match
from awardspider.search.watch_fields import Nights, UnknownSeats
from awardspider.search.watch_index import WatchIndex
from awardspider.search.watches import Watch
from tests.support.random_matching import (
    CRITERIA,
    DAY,
    HOLDINGS,
    NOW,
    POINTS,
    RATES,
    Choose,
    random_judgment,
    random_offer,
    random_watch,
)
from tests.support.watch_examples import make_watch

SAME_AIRCRAFT = {"77W": {"77W", "Boeing 777-300ER"}, "320": {"320", "Airbus A320"}}


def drawn(data: st.DataObject) -> Choose:
    return lambda values: data.draw(st.sampled_from(values))


def compared(
    watches: list[Watch], offer: AwardOfferItem, judgment: Judgment | None = None
) -> tuple[list[str], list[str]]:
    """Return what the index must find, by comparing an offer with each watch."""
    results = {
        watch.key: match(watch, offer, now=NOW, rates=RATES, judgment=judgment, points=POINTS).result
        for watch in watches
        if watch.active
    }
    return (
        [key for key, result in results.items() if result is MatchResult.MATCH],
        [key for key, result in results.items() if result is MatchResult.POSSIBLE],
    )


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_the_index_finds_the_same_as_a_comparison_with_each_watch(data: st.DataObject) -> None:
    choose = drawn(data)
    watches = [random_watch(choose, f"watch {number}") for number in range(choose((1, 2, 5)))]
    index = WatchIndex(watches)
    for offer in [random_offer(choose) for _ in range(2)]:
        judgment = random_judgment(choose, offer)
        found = index.matching(offer, now=NOW, rates=RATES, judgment=judgment, points=POINTS)
        assert tuple(found) == compared(watches, offer, judgment)


@pytest.mark.parametrize("seed", range(3))
def test_a_large_index_finds_the_same_as_a_comparison_with_each_watch(seed: int) -> None:
    choose = Random(seed).choice
    watches = [random_watch(choose, f"watch {number}") for number in range(300)]
    index = WatchIndex(watches)
    found = 0
    for offer in [random_offer(choose) for _ in range(60)]:
        judgment = random_judgment(choose, offer)
        expected = compared(watches, offer, judgment)
        assert tuple(index.matching(offer, now=NOW, rates=RATES, judgment=judgment, points=POINTS)) == expected
        found += len(expected[0]) + len(expected[1])
    assert found > 300


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_watches_can_be_added_and_removed(data: st.DataObject) -> None:
    choose = drawn(data)
    watches = [random_watch(choose, f"watch {number}") for number in range(6)]
    seen = [random_offer(choose) for _ in range(2)]
    removed = data.draw(st.sets(st.sampled_from([watch.key for watch in watches])))

    def check(expected: list[Watch]) -> None:
        for offer in seen:
            assert tuple(index.matching(offer, now=NOW, rates=RATES, points=POINTS)) == compared(expected, offer)

    first = choose(range(7))
    index = WatchIndex(watches[:first])
    check(watches[:first])
    for watch in watches[first:]:
        index.add(watch)
    check(watches)
    for key in [*sorted(removed), "no such watch"]:
        index.remove(key)
    kept = [watch for watch in watches if watch.key not in removed]
    check(kept)
    again = [watch for watch in watches if watch.key in removed]
    for watch in again:
        index.add(watch)
    check([*kept, *again])


def offer_to_austin(**fields: Any) -> AwardOfferItem:
    values: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.DAY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": DAY,
        "cabin": Cabin.ECONOMY,
        "miles": 15_000,
        "seats": 4,
        "seen_at": NOW,
    }
    return AwardOfferItem(**values | fields)


def test_watches_are_found_in_the_order_added() -> None:
    watches = [
        make_watch(name="dear", max_miles=90_000),
        make_watch(name="cheap", max_miles=10_000),
        make_watch(name="all"),
        make_watch(name="paused", active=False),
        make_watch(name="elsewhere", destination="ORD"),
        make_watch(name="nonstop", max_stops=0),
        make_watch(name="several", origin="SFO,LAX", destination="ORD,AUS,texas"),
    ]
    assert tuple(WatchIndex(watches).matching(offer_to_austin())) == (["dear", "all", "several"], ["nonstop"])
    assert len(WatchIndex(watches)) == 6


def test_an_offer_of_an_unwatched_route_matches_nothing() -> None:
    assert tuple(WatchIndex([make_watch()]).matching(offer_to_austin(origin="JFK"))) == ([], [])
    assert tuple(WatchIndex([]).matching(offer_to_austin())) == ([], [])
    assert tuple(WatchIndex([make_watch()]).matching(offer_to_austin(origin="QQQ"))) == ([], [])


@pytest.mark.parametrize("route", [("LAX", "QQQ"), ("QQQ", "LAX"), ("TYO", "NYC")])
def test_an_unknown_airport_is_in_no_place(route: tuple[str, str]) -> None:
    offer = offer_to_austin(origin=route[0], destination=route[1])
    watches = [make_watch(name=name, origin="anywhere", destination=name, dates="any") for name in ("anywhere", "LAX")]
    assert tuple(WatchIndex(watches).matching(offer)) == ([], [])
    assert {match(watch, offer).result for watch in watches} == {MatchResult.NO_MATCH}


def test_both_legs_of_a_round_trip_count_once() -> None:
    watch = make_watch(origin="US", destination="north_america", nights=Nights(0, 5))
    assert WatchIndex([watch]).matching(offer_to_austin()).certain == ["one"]


def test_a_watch_of_many_airports_on_both_ends_is_found() -> None:
    near = make_watch(origin="within 400 km of LAX", destination="within 400 km of AUS")
    assert len(near.origin.airports) * len(near.destination.airports) > 256
    index = WatchIndex([near])
    assert index.matching(offer_to_austin()).certain == ["one"]
    assert index.matching(offer_to_austin(origin="JFK")).certain == []


def test_decisions_and_bitmaps_that_are_dropped_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (0, 1, 2):
        monkeypatch.setattr(watch_index, "_MOST_BITMAPS", limit)
        monkeypatch.setattr(watch_index, "_MOST_ROUTES", limit)
        monkeypatch.setattr("awardspider.search.index_decisions._MOST_DECISIONS", limit)
        index = WatchIndex([make_watch(), make_watch(name="two", origin="SFO", max_stops=1)])
        for day in (9, 10, 11) * 2:
            for stops in (0, 2):
                seen = offer_to_austin(departure_date=date(2027, 3, day), stops=stops)
                assert index.matching(seen).certain == ["one"]
                assert index.matching(replace(seen, origin="SFO")).certain == ["two"] * (stops == 0)


# ---- a literal reading of docs/matching.md -------------------------------------------------------------------------


def literal_result(watch: Watch, offer: AwardOfferItem, judgment: Judgment | None) -> str:
    """Return the result as docs/matching.md describes it, without the code under test and without its speed.

    Each criterion is True (met), False (missed) or None (unknown).
    """
    verdicts = [
        _route_and_days(watch, offer),
        _program(watch, offer),
        *(rule(watch, offer) for rule in (_cabins, _price, _marks, _party, _flights, _shares)),
        _deal(watch, offer, judgment),
        _points(watch, offer),
    ]
    flat = [verdict for each in verdicts for verdict in (each if isinstance(each, list) else [each])]
    if any(verdict is False for verdict in flat):
        return "no_match"
    return "possible" if any(verdict is None for verdict in flat) else "match"


def _route_and_days(watch: Watch, offer: AwardOfferItem) -> bool:
    today = offer.seen_at.astimezone(airport_zone(offer.origin)).date()
    out = offer.origin in watch.origin.airports and offer.destination in watch.destination.airports
    back = offer.destination in watch.origin.airports and offer.origin in watch.destination.airports
    if out and watch.dates.covers(offer.departure_date, today):
        return True
    if watch.nights is None or not back:
        return False
    nights = range(watch.nights.least, watch.nights.most + 1)
    return any(watch.dates.covers(offer.departure_date - timedelta(days=night), today) for night in nights)


def _program(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    keys = {offer.source, f"{offer.source}/{offer.program}"}
    if offer.program not in programs():
        keys.add(offer.program)
    alliance = {"united": "star_alliance", "delta": "skyteam", "qatar": "oneworld"}[offer.program]
    reachable = None if watch.reachable is None else offer.program in watch.reachable
    return [
        not watch.programs or not keys.isdisjoint(watch.programs),
        not watch.alliances or alliance in watch.alliances,
        not watch.reachable_only or reachable,
    ]


def _cabins(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    mixed = None if offer.mixed_cabin is None else not offer.mixed_cabin
    return [not watch.cabins or offer.cabin in watch.cabins, watch.allow_mixed_cabin or mixed]


def _price(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    limits = [limit for limit in (watch.max_miles, watch.max_trip_miles) if limit is not None]
    found = [None if offer.miles is None else offer.miles <= limit for limit in limits]
    for amount in (watch.max_taxes, watch.max_trip_taxes):
        if amount is not None:
            taxes = offer.taxes
            if taxes is not None and taxes.currency != amount.currency:
                euros = {"USD": Decimal("1.25"), "BRL": Decimal(5), "XPF": None}
                rate, target = euros[taxes.currency], euros[amount.currency]
                taxes = Money(taxes.amount / rate * target, amount.currency) if rate and target else None
            found.append(None if taxes is None else taxes.amount <= amount.amount)
    return found


def _points(watch: Watch, offer: AwardOfferItem) -> bool | None:
    """Compare the example owner's own United miles, Chase points for United, and Amex points with a bonus for Qatar."""
    if watch.max_points is None:
        return True
    if watch.reachable is not None and offer.program not in watch.reachable:
        return False
    if offer.miles is None:
        return None
    miles = offer.miles * watch.travelers
    percent = 130 if offer.program == "qatar" else 100
    blocks = -(-miles * 100 // (percent * 1000)) * 1000
    ways = {"united": {"united": miles, "chase": blocks}, "delta": {"amex": blocks}, "qatar": {"amex": blocks}}
    costs = ways[offer.program].items()
    return any(points <= HOLDINGS[key] and points <= watch.max_points * watch.travelers for key, points in costs)


def _marks(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    never = {"united": set(), "seatsaero": {"on_sale", "saver"}}[offer.source]
    sale = False if offer.on_sale is None and "on_sale" in never else offer.on_sale
    saver = False if offer.saver is None and "saver" in never else offer.saver
    return [not watch.sale_only or sale, not watch.saver_only or saver]


def _deal(watch: Watch, offer: AwardOfferItem, judgment: Judgment | None) -> list[bool | None]:
    found: list[bool | None] = []
    current = judgment if judgment and judgment.miles == offer.miles else None
    if watch.deal is not None:
        better = {
            DealClass.GOOD: {"good", "exceptional", "record_low"},
            DealClass.EXCEPTIONAL: {"exceptional", "record_low"},
            DealClass.RECORD_LOW: {"record_low"},
        }[watch.deal]
        is_known = current and current.deal_class != "unknown"
        found.append(current.deal_class in better if current and is_known else None)
    if watch.min_cpp is not None:
        cents = current and current.cents_per_point
        found.append(None if cents is None else cents >= watch.min_cpp)
    return found


def _party(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    if offer.source == "seatsaero":
        party = offer.travelers >= watch.travelers or offer.seats is not None
    else:
        party = offer.travelers == watch.travelers
    if offer.seats is None:
        return [party, watch.unknown_seats is UnknownSeats.ACCEPT]
    return [party, offer.seats >= (watch.min_seats or watch.travelers)]


def _flights(watch: Watch, offer: AwardOfferItem) -> list[bool | None]:
    flights = offer.segments
    rules: list[bool | None] = []
    if watch.max_stops is not None:
        rules.append(None if offer.stops is None else offer.stops <= watch.max_stops)
    if watch.max_duration is not None:
        minutes: float | None = offer.duration_minutes
        if minutes is None and flights:
            minutes = (flights[-1].arrives_at.astimezone(UTC) - flights[0].departs_at.astimezone(UTC)).seconds / 60
        rules.append(None if minutes is None else minutes <= watch.max_duration.minutes)
    for hours, clock in (
        (watch.departure_hours, flights[0].departs_at.time() if flights else None),
        (watch.arrival_hours, flights[-1].arrives_at.time() if flights else None),
    ):
        if hours is not None:
            around = hours.start > hours.end
            rules.append(
                None
                if clock is None
                else (clock >= hours.start or clock <= hours.end)
                if around
                else hours.start <= clock <= hours.end
            )
    changes = {code for one, other in pairwise(flights) for code in (one.destination, other.origin)}
    lands = any(flight.stops for flight in flights)
    nonstop = offer.stops == 0
    if watch.via is not None:
        unknown = not flights and not nonstop
        rules.append(True if changes & watch.via.airports else None if unknown or lands else False)
    if watch.not_via is not None and not nonstop:
        rules.append(False if changes & watch.not_via.airports else None if not flights or lands else True)
    star = {"UA", "NH"}
    listed = {"star_alliance": star}
    for codes, wished, carriers in (
        (watch.carriers, True, [flight.marketing_carrier for flight in flights]),
        (watch.not_carriers, False, [flight.marketing_carrier for flight in flights]),
        (watch.operated_by, True, [flight.operating_carrier for flight in flights]),
        (watch.not_operated_by, False, [flight.operating_carrier for flight in flights]),
    ):
        if codes:
            known = set().union(*(listed.get(code, {code}) for code in codes))
            met = [None if carrier is None else (carrier in known) is wished for carrier in carriers] or [None]
            rules.append(False if False in met else None if None in met else True)
    if watch.aircraft:
        rules.append(_any(_same_aircraft, watch.aircraft, [flight.aircraft for flight in flights]))
    if watch.flights:
        rules.append(_any(lambda one, other: one == other, watch.flights, [flight.flight for flight in flights]))
    if watch.expires is not None:
        rules.append(NOW.astimezone(ZoneInfo(watch.owner_timezone)).date() <= watch.expires)
    return rules


def _any(same: Callable[[str, str], bool | None], wished: tuple[str, ...], written: list[str | None]) -> bool | None:
    found = [None if other is None else same(one, other) for one in wished for other in written] or [None]
    return True if True in found else None if None in found else False


def _same_aircraft(code: str, written: str) -> bool | None:
    if code == "77W" and written == "777":
        return None
    return written in {code} | SAME_AIRCRAFT.get(code, set())


def _shares(watch: Watch, offer: AwardOfferItem) -> bool | None:
    if watch.min_cabin_share is None:
        return True
    chosen = watch.cabins or (offer.cabin,)
    if offer.mixed_cabin is False and offer.cabin in chosen:
        return True
    order = list(Cabin)
    least = total = most = 0.0
    for flight in offer.segments:
        minutes = (flight.arrives_at.astimezone(UTC) - flight.departs_at.astimezone(UTC)).seconds / 60
        high = flight.cabin is not None and order.index(flight.cabin) >= min(order.index(each) for each in chosen)
        total += minutes
        least += minutes * high
        most += minutes * (high or flight.cabin is None)
    if not total:
        return None
    return (
        True
        if least / total * 100 >= watch.min_cabin_share
        else None
        if most / total * 100 >= watch.min_cabin_share
        else False
    )


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_matching_is_what_the_manual_says(data: st.DataObject) -> None:
    watch, offer = random_watch(drawn(data), "one"), random_offer(drawn(data))
    judgment = random_judgment(drawn(data), offer)
    found = match(watch, offer, now=NOW, rates=RATES, judgment=judgment, points=POINTS)
    assert str(found.result) == literal_result(watch, offer, judgment)


#: Fields without which a criterion has no effect, or is always unknown.
NEEDED: dict[str, dict[str, Any]] = {
    "reachable": {"reachable_only": True},
    "reachable_only": {"reachable": frozenset({"united"})},
}


@pytest.mark.parametrize("field", CRITERIA)
def test_each_criterion_is_what_the_manual_says(field: str) -> None:
    """The examples of each criterion reach every result that it can have."""
    choose = Random(field).choice
    base = {"origin": "anywhere", "destination": "anywhere", "dates": "2026-11..2027-05"}
    results = set()
    for value in [*CRITERIA[field]] * 60:
        watch, offer = make_watch(**base, **{field: value}, **NEEDED.get(field, {})), random_offer(choose)
        judgment = random_judgment(choose, offer)
        expected = literal_result(watch, offer, judgment)
        found = match(watch, offer, now=NOW, rates=RATES, judgment=judgment, points=POINTS)
        assert str(found.result) == expected, (value, offer)
        results.add(expected)
    assert results >= {"match"} | ({"no_match"} if field not in ("active", "owner_timezone", "nights") else set())


def test_airports_of_the_examples_exist() -> None:
    assert {"LAX", "SFO", "AUS", "HND", "OAK", "NRT", "ORD", "MDW"} <= airports().keys()
