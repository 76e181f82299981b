"""The simulated world: reproducible from seed and clock, and realistic enough to prove a parser wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from awardspider.items import Cabin
from awardspider.sandbox.clock import STEP, Clock, parse_time
from awardspider.sandbox.fares import Level, Tariff, sales
from awardspider.sandbox.places import all_places, block_minutes, distance
from awardspider.sandbox.world import World
from tests.support.truth_client import DAYS, INTERNATIONAL, NOON, TruthClient

DOMESTIC = ["LAX-AUS", "LAX-JFK", "JFK-LAX", "SEA-SFO", "DEN-LAS"]
REQUIRED_ROUTES = [*DOMESTIC, *INTERNATIONAL, "YYZ-LAX"]
# Days before and on which clocks change in North America, Europe and Australia.
CLOCK_CHANGES = [date(2027, 3, 13), date(2027, 3, 14), date(2027, 3, 27), date(2027, 3, 28), date(2027, 4, 3)]


@pytest.fixture(scope="module")
def client() -> TruthClient:
    return TruthClient()


@pytest.fixture(scope="module")
def many_offers(client: TruthClient) -> list[dict[str, Any]]:
    """Return the offers of many routes and days."""
    routes = [*REQUIRED_ROUTES, "HNL-GUM", "BOI-ZRH", "SFO-FRA", "MCO-FRA", "LAX-SYD"]
    return [offer for route in routes for day in DAYS for offer in client.flights(route, day)]


# ---- seed and clock ------------------------------------------------------------------------------------------------


def test_same_seed_and_clock_give_the_same_world() -> None:
    first, second = TruthClient(), TruthClient()
    second.query("SFO-LHR", month="2027-05")  # an earlier query changes nothing
    for route in ("LAX-AUS", "SFO-LHR"):
        assert first.flights(route, DAYS[3]) == second.flights(route, DAYS[3])
        assert first.query(route, month="2027-03") == second.query(route, month="2027-03")


def test_another_seed_gives_another_world() -> None:
    months = [TruthClient(seed=seed).query("LAX-AUS", month="2027-03") for seed in (7, 8)]
    assert months[0] != months[1]


def test_offers_change_only_between_steps() -> None:
    months = ["2027-01", "2027-02", "2027-03"]
    client = TruthClient()
    first, same, later = (
        [offer for month in months for offer in client.set_clock(parse_time(clock)).query("LAX-AUS", month=month)]
        for clock in (NOON, "2026-11-22T17:59Z", "2026-11-22T18:00Z")
    )
    assert first == same
    changed = {str(offer) for offer in first} ^ {str(offer) for offer in later}
    assert 0 < len(changed) < len(first) / 2


def test_saver_seats_open_and_close() -> None:
    client = TruthClient()
    times = [parse_time(NOON) + steps * STEP for steps in range(140)]
    savers = [client.set_clock(time).query("SEA-SFO", date="2027-04-14", cabin="economy")[0]["saver"] for time in times]
    changes = [(before, after) for before, after in pairwise(savers) if before is not after]
    assert {(True, False), (False, True)} <= set(changes)
    assert len(changes) < len(savers) / 2


def test_clock_runs_at_its_speed() -> None:
    seconds = iter([100.0, 100.0, 110.0, 10_900.0])
    clock = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC), speed=2, monotonic=lambda: next(seconds))
    assert clock.now() == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert clock.now() == datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)
    assert clock.step == int(datetime(2026, 11, 22, 18, tzinfo=UTC).timestamp()) // 21600


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00Z"])
def test_invalid_times_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_time(text)


# ---- flights -------------------------------------------------------------------------------------------------------


def test_size_of_the_world(client: TruthClient) -> None:
    assert 110 <= len(all_places()) <= 160
    flights = [flight for route_flights in client.world.schedule.flights.values() for flight in route_flights]
    assert len({(flight.carrier, flight.number) for flight in flights}) == len(flights)


@pytest.mark.parametrize("route", REQUIRED_ROUTES)
def test_required_routes_have_offers(client: TruthClient, route: str) -> None:
    for day in DAYS:
        assert client.flights(route, day), f"no offers on {day}"


@pytest.mark.parametrize("route", [*DOMESTIC, *INTERNATIONAL])
def test_united_has_nonstop_flights(client: TruthClient, route: str) -> None:
    nonstop = [offer for day in DAYS for offer in client.flights(route, day) if offer["stops"] == 0]
    assert any(offer["flights"].startswith("UA") for offer in nonstop)


@pytest.mark.parametrize(
    ("route", "shortest", "longest"),
    [("LAX-AUS", 165, 195), ("LAX-JFK", 305, 340), ("JFK-LAX", 350, 390), ("SFO-LHR", 610, 660), ("LHR-SFO", 640, 720)],
)
def test_block_times_are_realistic(route: str, shortest: int, longest: int) -> None:
    assert shortest <= block_minutes(*route.split("-")) <= longest


def test_distances() -> None:
    assert distance("LAX", "AUS") == pytest.approx(1242, abs=6)
    assert distance("YYZ", "DEN") == pytest.approx(1311, abs=6)


def test_route_without_flights_has_no_offers(client: TruthClient) -> None:
    assert client.flights("CHS-FLL", DAYS[2]) == []
    assert client.query("CHS-FLL", month="2027-03") == []


@pytest.mark.parametrize("day", [*DAYS[:4], *CLOCK_CHANGES])
@pytest.mark.parametrize("route", ["LAX-AUS", "SFO-LHR", "LAX-SYD", "BOI-ZRH", "GRU-IAH", "EWR-DEL", "MCO-FRA"])
def test_segments_connect_in_place_and_time(client: TruthClient, route: str, day: date) -> None:
    for offer in client.flights(route, day):
        segments = offer["segments"]
        assert "-".join((segments[0]["origin"], segments[-1]["destination"])) == route
        assert offer["departs_at"] == segments[0]["departs_at"]
        assert offer["departs_at"].startswith(str(day))
        times = [(_time(segment["departs_at"]), _time(segment["arrives_at"])) for segment in segments]
        for (first, second), ((_, arrives), (departs, _)) in zip(pairwise(segments), pairwise(times), strict=True):
            assert first["destination"] == second["origin"]
            assert timedelta(minutes=40) <= departs - arrives <= timedelta(minutes=270)
        assert all(departs < arrives for departs, arrives in times)
        assert times[-1][1] - times[0][0] == timedelta(minutes=offer["duration_minutes"])
        for segment in segments:
            _check_offset(segment["departs_at"], segment["origin"])
            _check_offset(segment["arrives_at"], segment["destination"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _check_offset(text: str, airport: str) -> None:
    moment = _time(text)
    assert moment.utcoffset() == moment.astimezone(all_places()[airport].zone).utcoffset()


def test_flight_is_the_same_on_all_routes(client: TruthClient) -> None:
    flights: dict[tuple[str, str], dict[str, Any]] = {}
    for route in ("LAX-AUS", "SFO-AUS", "LAX-IAH", "SFO-IAH"):
        for offer in client.flights(route, DAYS[4]):
            for segment in offer["segments"]:
                key = (segment["flight"], segment["departs_at"])
                flight = {name: value for name, value in segment.items() if name != "cabin"}
                assert flights.setdefault(key, flight) == flight


def test_offers_cover_all_cases_of_a_parser(many_offers: list[dict[str, Any]]) -> None:
    segments = [segment for offer in many_offers for segment in offer["segments"]]
    assert {offer["cabin"] for offer in many_offers} == set(Cabin)
    assert any(offer["arrives_at"][:10] > offer["departure_date"] for offer in many_offers), "overnight arrivals"
    assert any(offer["arrives_at"][:10] == offer["departure_date"] for offer in many_offers)
    assert {len(offer["segments"]) for offer in many_offers} == {1, 2, 3}
    assert any(segment["stops"] for segment in segments), "intermediate stops"
    assert {"UA", "AC", "LH", "NH"} == {segment["marketing_carrier"] for segment in segments}
    assert any(segment["operated_by"] == "SkyWest Airlines" for segment in segments)
    assert any(segment["operating_carrier"] != segment["marketing_carrier"] for segment in segments)
    assert {True, False} == {offer["saver"] for offer in many_offers} == {offer["on_sale"] for offer in many_offers}
    assert {offer["seats"] for offer in many_offers} == set(range(1, 10))
    assert any(offer["cash_price"] is None for offer in many_offers)


def test_mixed_cabin_has_a_flight_in_a_lower_cabin(many_offers: list[dict[str, Any]]) -> None:
    for offer in many_offers:
        cabins = [Cabin(segment["cabin"]) for segment in offer["segments"]]
        assert max(cabins, key=lambda cabin: cabin.rank) is Cabin(offer["cabin"])
        assert offer["mixed_cabin"] == (len(set(cabins)) > 1)
    mixed = Counter(offer["cabin"] for offer in many_offers if offer["mixed_cabin"])
    assert set(mixed) >= {"premium_economy", "business"}


# ---- prices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["LAX-AUS", "SFO-LHR", "YYZ-LAX", "SFO-FRA"])
def test_calendar_has_the_lowest_price_of_each_day(client: TruthClient, route: str) -> None:
    month = client.query(route, month="2027-04")
    calendar = {(offer["departure_date"], offer["cabin"], bool(offer["mixed_cabin"])): offer for offer in month}
    assert len(calendar) == len(month)
    for day in (date(2027, 4, 1) + timedelta(days=days) for days in range(30)):
        offers = client.flights(route, day)
        for cabin in Cabin:
            for mixed in (False, True):
                entry = calendar.get((str(day), cabin.value, mixed))
                if entry is not None and entry["phantom"]:
                    continue
                # Economy and premium economy have one price a day, business and first another one if mixed is cheaper.
                front = cabin.rank >= Cabin.BUSINESS.rank
                matching = [
                    offer["miles"]
                    for offer in offers
                    if offer["cabin"] == cabin and (offer["mixed_cabin"] is mixed if front else not mixed)
                ]
                lowest = min(matching, default=None)
                if mixed and (str(day), cabin.value, False) in calendar and lowest is not None:
                    unmixed = calendar[str(day), cabin.value, False]
                    lowest = None if unmixed["phantom"] or lowest >= unmixed["miles"] else lowest
                assert (entry["miles"] if entry else None) == lowest, (day, cabin, mixed)


def test_few_calendar_prices_are_phantoms_without_flights(client: TruthClient) -> None:
    offers = [
        offer
        for route in REQUIRED_ROUTES
        for month in ("2027-01", "2027-04", "2027-07", "2027-09")
        for offer in client.query(route, month=month, cabin="business")
    ]
    phantoms = [offer for offer in offers if offer["phantom"]]
    days = {(offer["departure_date"], offer["miles"]) for offer in phantoms}
    assert 0.005 < len(phantoms) / len(offers) < 0.04
    assert days
    route = next(route for route in REQUIRED_ROUTES if any(o["phantom"] for o in client.query(route, month="2027-04")))
    phantom = next(offer for offer in client.query(route, month="2027-04") if offer["phantom"])
    real = client.flights(route, date.fromisoformat(phantom["departure_date"]), cabin="business")
    assert phantom["saver"]
    assert all(offer["miles"] > phantom["miles"] for offer in real)


def test_close_in_and_peak_dates_cost_more(client: TruthClient) -> None:
    def average_price(days: list[date]) -> float:
        prices: list[int] = [
            offer["regular_miles"] or offer["miles"]
            for route in DOMESTIC
            for day in days
            for offer in client.flights(route, day, cabin="economy")
            if not offer["saver"]
        ]
        return sum(prices) / len(prices)

    off_peak = average_price([date(2027, 2, 9), date(2027, 2, 10), date(2027, 2, 16), date(2027, 2, 17)])
    assert average_price([date(2026, 11, 24), date(2026, 11, 25)]) > 1.2 * off_peak
    assert average_price([date(2026, 12, 22), date(2026, 12, 23)]) > 1.2 * off_peak


def test_sales_start_and_end() -> None:
    step = TruthClient().world.clock.step
    running = [{sale.name for sale in sales(7, "united", step + steps)} for steps in range(200)]
    names = set().union(*running)
    assert len(names) > 3
    for name in names - running[0] - running[-1]:
        steps = [index for index, names_of_step in enumerate(running) if name in names_of_step]
        assert steps == list(range(steps[0], steps[-1] + 1))
        assert 16 <= len(steps) <= 48


def test_sale_price_is_below_the_regular_price(many_offers: list[dict[str, Any]]) -> None:
    assert any(offer["on_sale"] for offer in many_offers)
    for offer in many_offers:
        assert (offer["regular_miles"] is not None) == offer["on_sale"]
        assert offer["regular_miles"] is None or 0.55 < offer["miles"] / offer["regular_miles"] < 0.9
        assert offer["miles"] % 100 == 0


def test_taxes(client: TruthClient, many_offers: list[dict[str, Any]]) -> None:
    assert {offer["taxes"] for offer in client.flights("LAX-AUS", DAYS[5])} == {"5.60"}
    assert {offer["taxes"] for offer in client.flights("YYZ-LAX", DAYS[5])} >= {"68.51"}
    assert all(offer["taxes"].partition(".")[2].isdigit() and len(offer["taxes"]) >= 4 for offer in many_offers)


def test_close_in_fee_on_partners(client: TruthClient) -> None:
    day = date(2027, 4, 7)
    close_in = TruthClient(clock="2027-04-02T12:00Z")
    routes = ["SFO-FRA", "LAX-FRA", "ORD-MUC", "IAD-FRA", "SFO-NRT"]
    fees = {
        (all(flight.startswith("UA") for flight in offer["flights"].split()), float(offer["taxes"]) > 75)
        for route in routes
        for offer in close_in.flights(route, day)
    }
    assert fees == {(True, False), (False, True)}
    assert all(float(offer["taxes"]) < 75 for route in routes for offer in client.flights(route, day))


def test_offers_have_seats_for_all_travelers(client: TruthClient) -> None:
    for_one, for_four = (client.flights("LAX-AUS", DAYS[6], travelers=count) for count in (1, 4))
    assert all(offer["seats"] >= 4 for offer in for_four)
    assert 0 < len(for_four) < len(for_one)


# ---- dates ---------------------------------------------------------------------------------------------------------


def test_booking_window_is_337_days_at_the_origin(client: TruthClient) -> None:
    today = date(2026, 11, 22)
    assert client.flights("LAX-AUS", today + timedelta(days=337))
    assert not client.flights("LAX-AUS", today + timedelta(days=338))
    assert not client.flights("LAX-AUS", today - timedelta(days=1))
    assert {offer["departure_date"] for offer in client.query("LAX-AUS", month="2026-11")} == {
        str(today + timedelta(days=days)) for days in range(9)
    }


def test_departed_flights_have_no_offers() -> None:
    day, client = date(2026, 11, 22), TruthClient()
    early, late = (client.set_clock(parse_time(clock)).flights("LAX-AUS", day) for clock in (NOON, "2026-11-23T00:00Z"))
    assert early
    assert {offer["flights"] for offer in late} < {offer["flights"] for offer in early}
    assert all(_time(offer["departs_at"]) > datetime(2026, 11, 23, tzinfo=UTC) for offer in late)


def test_a_carrier_outside_the_network_has_no_flights() -> None:
    """A new program's site may use its carriers before the network contains them."""
    day = date(2027, 3, 1).toordinal()
    level = Level(99_999, 20_000, 40_000, 60_000, 90_000)
    inventories = [
        World(7, Clock(datetime(2026, 11, 22, tzinfo=UTC))).inventory(
            Tariff(program="korean", own=("KE",), partners=partners, levels=(level,), window_days=330)
        )
        for partners in ((), ("DL",))
    ]
    flights = [
        {flight.carrier for found in inventory.itineraries("JFK", "LHR", day) for flight in found.flights}
        for inventory in inventories
    ]
    assert flights == [set(), {"DL"}]
