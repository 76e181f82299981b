"""The world of the sandbox: the same for the same seed and clock, and near enough to life to prove a reader wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from awardspider.items import Cabin
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import STEP, Clock, parse_time
from awardspider.sandbox.fares import sales
from awardspider.sandbox.places import all_places, block_minutes, distance
from awardspider.sandbox.truth import BadQuestion, truth
from awardspider.sandbox.world import World

NOON = "2026-11-22T12:00Z"
AMERICAN = ["LAX-AUS", "LAX-JFK", "JFK-LAX", "SEA-SFO", "DEN-LAS"]
ABROAD = ["SFO-LHR", "EWR-LHR", "ORD-LHR", "SFO-NRT", "SFO-HND", "GRU-IAH"]
MUST_EXIST = [*AMERICAN, *ABROAD, "YYZ-LAX"]
DAYS = [date(2026, 11, 24) + timedelta(days=days) for days in range(0, 330, 30)]
# Nights on which clocks change: North America, Europe, Australia.
CHANGES = [date(2027, 3, 13), date(2027, 3, 14), date(2027, 3, 27), date(2027, 3, 28), date(2027, 4, 3)]


class Observer:
    """Asks one world for the truth."""

    def __init__(self, seed: int = 7, clock: str = NOON) -> None:
        self.world = World(seed, Clock(parse_time(clock), speed=0))
        self.sites = airline_sites(self.world)

    def at(self, clock: datetime) -> Observer:
        """The same world at another time."""
        self.world.clock = Clock(clock, speed=0)
        return self

    def ask(self, route: str, **query: Any) -> list[dict[str, Any]]:
        origin, destination = route.split("-")
        asked = {"program": "united", "origin": origin, "destination": destination}
        answer = truth(self.world, self.sites, asked | {name: str(value) for name, value in query.items()})
        offers: list[dict[str, Any]] = answer["offers"]
        return offers

    def flights(self, route: str, day: date, **query: Any) -> list[dict[str, Any]]:
        return self.build_request(route, date=day, detail="itinerary", **query)


@pytest.fixture(scope="module")
def observer() -> Observer:
    return Observer()


@pytest.fixture(scope="module")
def everything(observer: Observer) -> list[dict[str, Any]]:
    """The offers of many routes and days."""
    routes = [*MUST_EXIST, "HNL-GUM", "BOI-ZRH", "SFO-FRA", "MCO-FRA", "LAX-SYD"]
    return [offer for route in routes for day in DAYS for offer in observer.flights(route, day)]


# ---- one world -----------------------------------------------------------------------------------------------------


def test_the_same_seed_and_clock_make_the_same_world() -> None:
    one, two = Observer(), Observer()
    two.ask("SFO-LHR", month="2027-05")  # what was asked before changes nothing
    for route in ("LAX-AUS", "SFO-LHR"):
        assert one.flights(route, DAYS[3]) == two.flights(route, DAYS[3])
        assert one.ask(route, month="2027-03") == two.ask(route, month="2027-03")


def test_another_seed_makes_another_world() -> None:
    assert Observer(seed=7).ask("LAX-AUS", month="2027-03") != Observer(seed=8).ask("LAX-AUS", month="2027-03")


def test_nothing_moves_within_a_step_and_little_from_step_to_step() -> None:
    months = ["2027-01", "2027-02", "2027-03"]
    traveling = Observer()
    first, same, later = (
        [offer for month in months for offer in traveling.at(parse_time(clock)).ask("LAX-AUS", month=month)]
        for clock in (NOON, "2026-11-22T17:59Z", "2026-11-22T18:00Z")
    )
    assert first == same
    moved = {str(offer) for offer in first} ^ {str(offer) for offer in later}
    assert 0 < len(moved) < len(first) / 2


def test_saver_space_opens_and_closes() -> None:
    traveling = Observer()
    moments = [parse_time(NOON) + steps * STEP for steps in range(140)]
    seen = [traveling.at(moment).ask("SEA-SFO", date="2027-04-14", cabin="economy")[0]["saver"] for moment in moments]
    changes = [(before, after) for before, after in pairwise(seen) if before is not after]
    assert {(True, False), (False, True)} <= set(changes)
    assert len(changes) < len(seen) / 2  # it does not flicker


def test_the_clock_runs_at_its_speed() -> None:
    ticks = iter([100.0, 100.0, 110.0, 10_900.0])
    clock = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC), speed=2, ticks=lambda: next(ticks))
    assert clock.now() == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert clock.now() == datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)
    assert clock.step == int(datetime(2026, 11, 22, 18, tzinfo=UTC).timestamp()) // 21600


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00Z"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_time(text)


# ---- flights -------------------------------------------------------------------------------------------------------


def test_the_size_of_the_world(observer: Observer) -> None:
    assert 110 <= len(all_places()) <= 160
    flights = [flight for found in observer.world.schedule.flights.values() for flight in found]
    assert len({(flight.carrier, flight.number) for flight in flights}) == len(flights)


@pytest.mark.parametrize("route", MUST_EXIST)
def test_the_routes_that_must_exist(observer: Observer, route: str) -> None:
    for day in DAYS:
        assert observer.flights(route, day), f"nothing on {day}"


@pytest.mark.parametrize("route", [*AMERICAN, *ABROAD])
def test_united_flies_them_nonstop(observer: Observer, route: str) -> None:
    nonstop = [offer for day in DAYS for offer in observer.flights(route, day) if offer["stops"] == 0]
    assert any(offer["flights"].startswith("UA") for offer in nonstop)


@pytest.mark.parametrize(
    ("route", "least", "most"),
    [("LAX-AUS", 165, 195), ("LAX-JFK", 305, 340), ("JFK-LAX", 350, 390), ("SFO-LHR", 610, 660), ("LHR-SFO", 640, 720)],
)
def test_block_times_are_true_to_life(route: str, least: int, most: int) -> None:
    assert least <= block_minutes(*route.split("-")) <= most


def test_distances() -> None:
    assert distance("LAX", "AUS") == pytest.approx(1242, abs=6)
    assert distance("YYZ", "DEN") == pytest.approx(1311, abs=6)


def test_a_route_that_nobody_flies_has_nothing(observer: Observer) -> None:
    assert observer.flights("CHS-FLL", DAYS[2]) == []
    assert observer.ask("CHS-FLL", month="2027-03") == []


@pytest.mark.parametrize("day", [*DAYS[:4], *CHANGES])
@pytest.mark.parametrize("route", ["LAX-AUS", "SFO-LHR", "LAX-SYD", "BOI-ZRH", "GRU-IAH", "EWR-DEL", "MCO-FRA"])
def test_segments_join_in_place_and_time(observer: Observer, route: str, day: date) -> None:
    for offer in observer.flights(route, day):
        segments = offer["segments"]
        assert "-".join((segments[0]["origin"], segments[-1]["destination"])) == route
        assert offer["departs_at"] == segments[0]["departs_at"]
        assert offer["departs_at"].startswith(str(day))
        times = [(_time(segment["departs_at"]), _time(segment["arrives_at"])) for segment in segments]
        for (one, two), ((_, lands), (leaves, _)) in zip(pairwise(segments), pairwise(times), strict=True):
            assert one["destination"] == two["origin"]
            assert timedelta(minutes=40) <= leaves - lands <= timedelta(minutes=270)
        assert all(leaves < lands for leaves, lands in times)
        assert times[-1][1] - times[0][0] == timedelta(minutes=offer["duration_minutes"])
        for segment in segments:
            _is_local(segment["departs_at"], segment["origin"])
            _is_local(segment["arrives_at"], segment["destination"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_local(text: str, airport: str) -> None:
    moment = _time(text)
    assert moment.utcoffset() == moment.astimezone(all_places()[airport].zone).utcoffset()


def test_a_flight_is_the_same_whichever_route_it_serves(observer: Observer) -> None:
    legs: dict[tuple[str, str], dict[str, Any]] = {}
    for route in ("LAX-AUS", "SFO-AUS", "LAX-IAH", "SFO-IAH"):
        for offer in observer.flights(route, DAYS[4]):
            for segment in offer["segments"]:
                key = (segment["flight"], segment["departs_at"])
                same = {name: value for name, value in segment.items() if name != "cabin"}
                assert legs.setdefault(key, same) == same


def test_there_is_everything_a_reader_must_cope_with(everything: list[dict[str, Any]]) -> None:
    segments = [segment for offer in everything for segment in offer["segments"]]
    assert {offer["cabin"] for offer in everything} == set(Cabin)
    assert any(offer["arrives_at"][:10] > offer["departure_date"] for offer in everything), "overnight arrivals"
    assert any(offer["arrives_at"][:10] == offer["departure_date"] for offer in everything)
    assert {len(offer["segments"]) for offer in everything} == {1, 2, 3}
    assert any(segment["stops"] for segment in segments), "landings on the way"
    assert {"UA", "AC", "LH", "NH"} == {segment["marketing_carrier"] for segment in segments}
    assert any(segment["operated_by"] == "SkyWest Airlines" for segment in segments)
    assert any(segment["operating_carrier"] != segment["marketing_carrier"] for segment in segments)
    assert {True, False} == {offer["saver"] for offer in everything} == {offer["on_sale"] for offer in everything}
    assert {offer["seats"] for offer in everything} == set(range(1, 10))
    assert any(offer["cash_price"] is None for offer in everything)


def test_mixed_means_that_a_flight_is_in_a_lower_cabin(everything: list[dict[str, Any]]) -> None:
    for offer in everything:
        cabins = [Cabin(segment["cabin"]) for segment in offer["segments"]]
        assert max(cabins, key=lambda cabin: cabin.rank) is Cabin(offer["cabin"])
        assert offer["mixed_cabin"] == (len(set(cabins)) > 1)
    mixed = Counter(offer["cabin"] for offer in everything if offer["mixed_cabin"])
    assert set(mixed) >= {"premium_economy", "business"}


# ---- prices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["LAX-AUS", "SFO-LHR", "YYZ-LAX", "SFO-FRA"])
def test_a_month_shows_the_lowest_of_each_day(observer: Observer, route: str) -> None:
    month = observer.ask(route, month="2027-04")
    shown = {(offer["departure_date"], offer["cabin"], bool(offer["mixed_cabin"])): offer for offer in month}
    assert len(shown) == len(month)
    for day in (date(2027, 4, 1) + timedelta(days=days) for days in range(30)):
        offers = observer.flights(route, day)
        for cabin in Cabin:
            for mixed in (False, True):
                if (there := shown.get((str(day), cabin.value, mixed))) is not None and there["phantom"]:
                    continue
                # Economy and premium economy have one price a day, the front cabins one and a cheaper mixed one.
                front = cabin.rank >= Cabin.BUSINESS.rank
                fitting = [
                    offer
                    for offer in offers
                    if offer["cabin"] == cabin and (offer["mixed_cabin"] is mixed if front else not mixed)
                ]
                lowest = min((offer["miles"] for offer in fitting), default=None)
                if mixed and (str(day), cabin.value, False) in shown and lowest is not None:
                    whole = shown[str(day), cabin.value, False]
                    lowest = None if whole["phantom"] or lowest >= whole["miles"] else lowest
                assert (there["miles"] if there else None) == lowest, (day, cabin, mixed)


def test_a_small_share_is_phantom_and_has_no_flights_behind_it(observer: Observer) -> None:
    offers = [
        offer
        for route in MUST_EXIST
        for month in ("2027-01", "2027-04", "2027-07", "2027-09")
        for offer in observer.ask(route, month=month, cabin="business")
    ]
    phantoms = [offer for offer in offers if offer["phantom"]]
    days = {(offer["departure_date"], offer["miles"]) for offer in phantoms}
    assert 0.005 < len(phantoms) / len(offers) < 0.04
    assert days
    route = next(route for route in MUST_EXIST if any(o["phantom"] for o in observer.ask(route, month="2027-04")))
    phantom = next(offer for offer in observer.ask(route, month="2027-04") if offer["phantom"])
    real = observer.flights(route, date.fromisoformat(phantom["departure_date"]), cabin="business")
    assert phantom["saver"]
    assert all(offer["miles"] > phantom["miles"] for offer in real)


def test_close_in_and_peak_dates_are_dearer(observer: Observer) -> None:
    def usual(days: list[date]) -> float:
        prices: list[int] = [
            offer["regular_miles"] or offer["miles"]
            for route in AMERICAN
            for day in days
            for offer in observer.flights(route, day, cabin="economy")
            if not offer["saver"]
        ]
        return sum(prices) / len(prices)

    quiet = usual([date(2027, 2, 9), date(2027, 2, 10), date(2027, 2, 16), date(2027, 2, 17)])
    assert usual([date(2026, 11, 24), date(2026, 11, 25)]) > 1.2 * quiet
    assert usual([date(2026, 12, 22), date(2026, 12, 23)]) > 1.2 * quiet


def test_sales_begin_and_end() -> None:
    step = Observer().world.clock.step
    running = [{sale.name for sale in sales(7, "united", step + steps)} for steps in range(200)]
    names = set().union(*running)
    assert len(names) > 3
    for name in names - running[0] - running[-1]:
        on = [index for index, found in enumerate(running) if name in found]
        assert on == list(range(on[0], on[-1] + 1))
        assert 16 <= len(on) <= 48


def test_a_sale_price_is_below_the_price_before(everything: list[dict[str, Any]]) -> None:
    on_sale = [offer for offer in everything if offer["on_sale"]]
    assert on_sale
    for offer in everything:
        assert (offer["regular_miles"] is not None) == offer["on_sale"]
        assert offer["regular_miles"] is None or 0.55 < offer["miles"] / offer["regular_miles"] < 0.9
        assert offer["miles"] % 100 == 0


def test_taxes(observer: Observer, everything: list[dict[str, Any]]) -> None:
    assert {offer["taxes"] for offer in observer.flights("LAX-AUS", DAYS[5])} == {"5.60"}
    assert {offer["taxes"] for offer in observer.flights("YYZ-LAX", DAYS[5])} >= {"68.51"}
    assert all(offer["taxes"].partition(".")[2].isdigit() and len(offer["taxes"]) >= 4 for offer in everything)


def test_a_close_in_fee_on_partners(observer: Observer) -> None:
    day = date(2027, 4, 7)
    near = Observer(clock="2027-04-02T12:00Z")
    routes = ["SFO-FRA", "LAX-FRA", "ORD-MUC", "IAD-FRA", "SFO-NRT"]
    fees = {
        (all(flight.startswith("UA") for flight in offer["flights"].split()), float(offer["taxes"]) > 75)
        for route in routes
        for offer in near.flights(route, day)
    }
    assert fees == {(True, False), (False, True)}
    assert all(float(offer["taxes"]) < 75 for route in routes for offer in observer.flights(route, day))


def test_seats_for_the_whole_party(observer: Observer) -> None:
    alone, four = (observer.flights("LAX-AUS", DAYS[6], travelers=count) for count in (1, 4))
    assert all(offer["seats"] >= 4 for offer in four)
    assert 0 < len(four) < len(alone)


# ---- dates ---------------------------------------------------------------------------------------------------------


def test_the_window_ends_337_days_from_today_at_the_origin(observer: Observer) -> None:
    today = date(2026, 11, 22)
    assert observer.flights("LAX-AUS", today + timedelta(days=337))
    assert not observer.flights("LAX-AUS", today + timedelta(days=338))
    assert not observer.flights("LAX-AUS", today - timedelta(days=1))
    assert {offer["departure_date"] for offer in observer.ask("LAX-AUS", month="2026-11")} == {
        str(today + timedelta(days=days)) for days in range(9)
    }


def test_flights_that_have_left_are_gone() -> None:
    day, traveling = date(2026, 11, 22), Observer()
    early, late = (traveling.at(parse_time(clock)).flights("LAX-AUS", day) for clock in (NOON, "2026-11-23T00:00Z"))
    assert early
    assert {offer["flights"] for offer in late} < {offer["flights"] for offer in early}
    assert all(_time(offer["departs_at"]) > datetime(2026, 11, 23, tzinfo=UTC) for offer in late)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"program": "pan-am"}, "program is 'pan-am'"),
        ({"origin": "XXX"}, "origin is 'XXX'"),
        ({"date": "soon"}, "date=2027-03-10"),
        ({"detail": "seats"}, "detail is 'seats'"),
        ({"cabin": "roof"}, "cabin is 'roof'"),
        ({"travelers": "many"}, "travelers is 'many'"),
        ({"month": "2027-03", "detail": "itinerary"}, "needs one date"),
    ],
)
def test_a_question_that_cannot_be(observer: Observer, query: dict[str, str], sentence: str) -> None:
    asked = {"program": "united", "origin": "LAX", "destination": "AUS", "date": "2027-03-10"} | query
    with pytest.raises(BadQuestion, match=sentence):
        truth(observer.world, observer.sites, asked)
