"""Matching of one offer with one watch: each criterion with a match, a miss and an unknown, and reasons in words."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.search.criteria import is_expired
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.matching import MatchResult, could_match, match, may_alert
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.points_cost import Holdings, TransferBonus
from awardspider.search.watch_fields import Duration, Nights, UnknownSeats
from awardspider.search.watch_index import WatchIndex
from awardspider.storage.offers import OfferRow
from tests.support.matching_examples import (
    LOS_ANGELES,
    MATCH,
    NO_FLIGHTS,
    NO_MATCH,
    NOW,
    POSSIBLE,
    RATES,
    Fields,
    first_flight,
    hours,
    judgment,
    offer,
    second_flight,
    texts,
    usd,
)
from tests.support.watch_examples import make_watch

POINTS = OwnerPoints(
    holdings={"one": Holdings(points={"amex": 100_000, "united": 41_000})},
    bonuses=[TransferBonus(bank="amex", program="qatar", percent=30, last=date(2026, 11, 29))],
)


@pytest.mark.parametrize(
    ("watch_fields", "offer_fields", "result", "reasons"),
    [
        ({}, {}, MATCH, []),
        # program and source
        ({"programs": ("united",)}, {}, MATCH, []),
        ({"programs": ("delta",)}, {}, NO_MATCH, ["United MileagePlus is not included"]),
        (
            {"programs": ("united",)},
            {"source": "seatsaero"},
            NO_MATCH,
            ["United MileagePlus through seats.aero Partner API is not included"],
        ),
        ({"programs": ("seatsaero/united",)}, {"source": "seatsaero"}, MATCH, []),
        ({"alliances": ("star_alliance",)}, {}, MATCH, []),
        ({"alliances": ("oneworld",)}, {}, NO_MATCH, ["United MileagePlus is not included"]),
        ({"reachable_only": True, "reachable": frozenset({"united"})}, {}, MATCH, []),
        ({"reachable_only": True, "reachable": frozenset()}, {}, NO_MATCH, ["United MileagePlus is not included"]),
        ({"reachable_only": True}, {}, POSSIBLE, ["it is unknown which programs the points reach"]),
        ({"reachable": frozenset()}, {}, MATCH, []),
        # route
        ({"origin": "SFO"}, {}, NO_MATCH, ["from LAX"]),
        ({"destination": "DFW"}, {}, NO_MATCH, ["to AUS"]),
        ({"origin": "US, not LAX"}, {}, NO_MATCH, ["from LAX"]),
        ({"origin": "US", "destination": "north_america"}, {}, MATCH, []),
        ({"origin": "anywhere", "destination": "within 150 km of AUS"}, {}, MATCH, []),
        # dates
        ({"dates": "2027-03-10"}, {}, MATCH, []),
        ({"dates": "2027-03-11"}, {}, NO_MATCH, ["1 day outside the dates"]),
        ({"dates": "2027-02,2027-03-13"}, {}, NO_MATCH, ["3 days outside the dates"]),
        ({"dates": "2027-05"}, {}, NO_MATCH, ["outside the dates"]),
        # cabins
        ({"cabins": (Cabin.BUSINESS, Cabin.FIRST)}, {}, MATCH, []),
        ({"cabins": (Cabin.FIRST,)}, {}, NO_MATCH, ["in business"]),
        ({"cabins": (Cabin.FIRST,)}, {"cabin": Cabin.PREMIUM_ECONOMY}, NO_MATCH, ["in premium economy"]),
        ({"allow_mixed_cabin": False}, {"mixed_cabin": False}, MATCH, []),
        ({"allow_mixed_cabin": False}, {}, NO_MATCH, ["a flight is in a lower cabin"]),
        (
            {"allow_mixed_cabin": False},
            {"mixed_cabin": None},
            POSSIBLE,
            ["does not say if a flight is in a lower cabin"],
        ),
        # four of seven hours in the air, 57.1 percent, are in business
        ({"min_cabin_share": 57}, {}, MATCH, []),
        ({"min_cabin_share": 58}, {}, NO_MATCH, ["57% of the flight time in business, 58% needed"]),
        ({"min_cabin_share": 100}, {"mixed_cabin": False, "segments": ()}, MATCH, []),
        ({"min_cabin_share": 58, "cabins": (Cabin.ECONOMY, Cabin.BUSINESS)}, {}, MATCH, []),
        (
            {"min_cabin_share": 58, "cabins": (Cabin.BUSINESS,)},
            {"segments": (first_flight(cabin=Cabin.FIRST), second_flight(cabin=Cabin.BUSINESS))},
            MATCH,
            [],
        ),
        (
            {"min_cabin_share": 58},
            {"segments": (first_flight(), second_flight(cabin=None))},
            POSSIBLE,
            ["does not say the cabins of its flights"],
        ),
        ({"min_cabin_share": 57}, {"segments": (first_flight(), second_flight(cabin=None))}, MATCH, []),
        (
            {"min_cabin_share": 58},
            {"segments": (first_flight(cabin=None), second_flight())},
            NO_MATCH,
            ["57% of the flight time in business, 58% needed"],
        ),
        ({"min_cabin_share": 1}, NO_FLIGHTS, POSSIBLE, ["does not say the cabins of its flights"]),
        # miles
        ({"max_miles": 40_000}, {}, MATCH, []),
        ({"max_miles": 36_000}, {}, NO_MATCH, ["4,000 miles over"]),
        ({"max_miles": 36_000}, {"program": "aeroplan"}, NO_MATCH, ["4,000 points over"]),
        ({"max_miles": 39_999}, {"program": "aeroplan"}, NO_MATCH, ["1 point over"]),
        ({"max_miles": 36_000}, {"program": "qatar"}, NO_MATCH, ["4,000 Avios over"]),
        ({"max_miles": 1}, {"miles": None}, POSSIBLE, ["does not say its price"]),
        ({"nights": Nights(3, 5), "max_trip_miles": 40_000}, {}, MATCH, []),
        ({"nights": Nights(3, 5), "max_trip_miles": 39_999}, {}, NO_MATCH, ["1 mile over for one direction alone"]),
        ({"nights": Nights(3, 5), "max_trip_miles": 1}, {"miles": None}, POSSIBLE, ["does not say its price"]),
        # points: 100,000 from Amex with a bonus for Qatar, and 41,000 of United's own
        ({"max_points": 40_000}, {}, MATCH, []),
        ({"max_points": 39_000}, {}, NO_MATCH, ["costs 40,000 MileagePlus miles, 1,000 above max_points"]),
        (
            {"max_points": 50_000},
            {"miles": 60_000},
            NO_MATCH,
            ["costs 60,000 MileagePlus miles, 10,000 above max_points, but you have 41,000"],
        ),
        ({"max_points": 60_000}, {"miles": 60_000}, NO_MATCH, ["costs 60,000 MileagePlus miles, but you have 41,000"]),
        (
            {"max_points": 40_000, "travelers": 2},
            {"travelers": 2},
            NO_MATCH,
            ["costs 40,000 MileagePlus miles, but you have 41,000 for 2 travelers"],
        ),
        ({"max_points": 31_000}, {"program": "qatar"}, MATCH, []),
        (
            {"max_points": 30_000},
            {"program": "qatar"},
            NO_MATCH,
            ["costs 31,000 Membership Rewards points, 1,000 above max_points"],
        ),
        # 47,500 for each of two travelers are 95,000 for both
        ({"max_points": 36_500, "travelers": 2}, {"program": "qatar", "miles": 47_000, "travelers": 2}, MATCH, []),
        ({"max_points": 90_000}, {"program": "alaska"}, NO_MATCH, ["your points do not reach Alaska Atmos Rewards"]),
        (
            {"max_points": 90_000, "reachable": frozenset({"qatar"})},
            {},
            NO_MATCH,
            ["your points do not reach United MileagePlus"],
        ),
        ({"max_points": 40_000}, {"miles": None}, POSSIBLE, ["does not say its price"]),
        # taxes; one euro is 1.25 USD or 5 BRL
        ({"max_taxes": usd("20")}, {}, MATCH, []),
        ({"max_taxes": usd("19.50")}, {}, NO_MATCH, ["0.50 USD over in taxes"]),
        ({"max_taxes": usd("25")}, {"taxes": Money(Decimal(100), "BRL")}, MATCH, []),
        ({"max_taxes": usd("24")}, {"taxes": Money(Decimal(100), "BRL")}, NO_MATCH, ["1.00 USD over in taxes"]),
        ({"max_taxes": usd("24")}, {"taxes": None}, POSSIBLE, ["does not say its taxes"]),
        (
            {"max_taxes": usd("24")},
            {"taxes": Money(Decimal(100), "XPF")},
            POSSIBLE,
            ["has taxes of 100 XPF, but there is no exchange rate for XPF"],
        ),
        (
            {"max_taxes": Money(Decimal(100), "AED")},
            {"taxes": usd("5.60")},
            POSSIBLE,
            ["has taxes of 5.60 USD, but there is no exchange rate for AED"],
        ),
        ({"max_taxes": usd("0")}, {"taxes": usd("0")}, MATCH, []),
        ({"max_taxes": usd("0")}, {"taxes": usd("5.60")}, NO_MATCH, ["5.60 USD over in taxes"]),
        ({"nights": Nights(3, 5), "max_trip_taxes": usd("20")}, {}, MATCH, []),
        (
            {"nights": Nights(3, 5), "max_trip_taxes": usd("10")},
            {},
            NO_MATCH,
            ["10 USD over in taxes for one direction alone"],
        ),
        # marks: seats.aero marks neither
        ({"sale_only": True}, {"on_sale": True}, MATCH, []),
        ({"sale_only": True}, {}, NO_MATCH, ["not on sale"]),
        ({"sale_only": True}, {"on_sale": None}, POSSIBLE, ["does not say if it is on sale"]),
        (
            {"sale_only": True},
            {"on_sale": None, "source": "seatsaero"},
            NO_MATCH,
            ["seats.aero Partner API does not mark sales"],
        ),
        ({"saver_only": True}, {}, MATCH, []),
        ({"saver_only": True}, {"saver": False}, NO_MATCH, ["not a saver"]),
        ({"saver_only": True}, {"saver": None}, POSSIBLE, ["does not say if it is a saver"]),
        (
            {"saver_only": True},
            {"saver": None, "source": "seatsaero"},
            NO_MATCH,
            ["seats.aero Partner API does not mark savers"],
        ),
        # party and seats
        ({"travelers": 2}, {"travelers": 2}, MATCH, []),
        ({"travelers": 2}, {}, NO_MATCH, ["found for one traveler"]),
        ({}, {"travelers": 2}, NO_MATCH, ["found for two travelers"]),
        ({"travelers": 2}, {"source": "seatsaero"}, MATCH, []),
        ({"travelers": 2}, {"source": "seatsaero", "seats": None}, NO_MATCH, ["found for one traveler"]),
        ({}, {"source": "seatsaero", "seats": None, "travelers": 2}, MATCH, []),
        ({"travelers": 5}, {"source": "seatsaero"}, NO_MATCH, ["one seat short"]),
        ({"min_seats": 4}, {}, MATCH, []),
        ({"min_seats": 5}, {}, NO_MATCH, ["one seat short"]),
        ({"min_seats": 9}, {"seats": 2}, NO_MATCH, ["seven seats short"]),
        ({"min_seats": 5}, {"seats": None}, MATCH, []),
        (
            {"unknown_seats": UnknownSeats.REJECT},
            {"seats": None},
            NO_MATCH,
            ["does not say its seats, which the watch requires"],
        ),
        ({"unknown_seats": UnknownSeats.REJECT}, {}, MATCH, []),
        # stops and duration: 8:15 in Los Angeles to 19:00 in Austin is 8 h 45 min
        ({"max_stops": 1}, {}, MATCH, []),
        ({"max_stops": 0}, {}, NO_MATCH, ["one stop too many"]),
        ({"max_stops": 0}, {"stops": 2}, NO_MATCH, ["two stops too many"]),
        ({"max_stops": 0}, {"stops": None}, POSSIBLE, ["does not say its stops"]),
        ({"max_duration": Duration(525)}, {}, MATCH, []),
        ({"max_duration": Duration(524)}, {}, NO_MATCH, ["1 min too long"]),
        ({"max_duration": Duration(395)}, {}, NO_MATCH, ["2 h 10 min too long"]),
        ({"max_duration": Duration(60)}, {"duration_minutes": 180}, NO_MATCH, ["2 h too long"]),
        ({"max_duration": Duration(180)}, NO_FLIGHTS | {"duration_minutes": 180}, MATCH, []),
        ({"max_duration": Duration(60)}, NO_FLIGHTS, POSSIBLE, ["does not say its travel time"]),
        # hours
        ({"departure_hours": hours("08:15", "10:00")}, {}, MATCH, []),
        ({"departure_hours": hours("06:00", "08:15")}, {}, MATCH, []),
        ({"departure_hours": hours("09:00", "22:00")}, {}, NO_MATCH, ["departs 08:15, before 09:00"]),
        ({"departure_hours": hours("22:00", "06:00")}, {}, NO_MATCH, ["departs 08:15, after 06:00"]),
        ({"departure_hours": hours("22:00", "08:30")}, {}, MATCH, []),
        ({"departure_hours": hours("09:00", "22:00")}, NO_FLIGHTS, POSSIBLE, ["does not say when it departs"]),
        ({"arrival_hours": hours("08:00", "19:00")}, {}, MATCH, []),
        ({"arrival_hours": hours("08:00", "18:00")}, {}, NO_MATCH, ["arrives 19:00, after 18:00"]),
        ({"arrival_hours": hours("20:00", "23:00")}, {}, NO_MATCH, ["arrives 19:00, before 20:00"]),
        ({"arrival_hours": hours("08:00", "18:00")}, NO_FLIGHTS, POSSIBLE, ["does not say when it arrives"]),
        # connections
        ({"via": "ORD, DEN"}, {}, MATCH, []),
        ({"via": "DEN"}, {}, NO_MATCH, ["no connection in DEN"]),
        ({"via": "AUS"}, {}, NO_MATCH, ["no connection in AUS"]),
        ({"via": "DEN"}, NO_FLIGHTS, POSSIBLE, ["does not say where it connects"]),
        ({"via": "DEN"}, NO_FLIGHTS | {"stops": 0}, NO_MATCH, ["no connection in DEN"]),
        (
            {"via": "DEN"},
            {"segments": (first_flight(stops=1), second_flight())},
            POSSIBLE,
            ["does not say where it stops"],
        ),
        ({"not_via": "DEN"}, {}, MATCH, []),
        ({"not_via": "US"}, {}, NO_MATCH, ["connects in ORD, which is excluded"]),
        ({"not_via": "LAX, AUS"}, {}, MATCH, []),
        ({"not_via": "DEN"}, NO_FLIGHTS, POSSIBLE, ["does not say where it connects"]),
        ({"not_via": "DEN"}, NO_FLIGHTS | {"stops": 0}, MATCH, []),
        (
            {"not_via": "DEN"},
            {"segments": (first_flight(), second_flight(stops=1))},
            POSSIBLE,
            ["does not say where it stops"],
        ),
        (
            {"not_via": "MDW"},
            {"segments": (first_flight(), second_flight(origin="MDW"))},
            NO_MATCH,
            ["connects in MDW, which is excluded"],
        ),
        # carriers
        ({"carriers": ("UA", "NH")}, {}, MATCH, []),
        ({"carriers": ("star_alliance",)}, {}, MATCH, []),
        ({"carriers": ("UA",)}, {}, NO_MATCH, ["a flight of NH, which is not included"]),
        ({"carriers": ("UA",)}, NO_FLIGHTS, POSSIBLE, ["does not say whose flights it has"]),
        ({"not_carriers": ("AA", "ZX")}, {}, MATCH, []),
        ({"not_carriers": ("NH",)}, {}, NO_MATCH, ["a flight of NH, which is excluded"]),
        ({"not_carriers": ("NH",)}, NO_FLIGHTS, POSSIBLE, ["does not say whose flights it has"]),
        ({"operated_by": ("UA", "ZX")}, {}, MATCH, []),
        ({"operated_by": ("UA", "NH")}, {}, NO_MATCH, ["operated by ZX, which is not included"]),
        (
            {"operated_by": ("UA",)},
            {"segments": (first_flight(), second_flight(operating_carrier=None))},
            POSSIBLE,
            ["does not say who operates its flights"],
        ),
        (
            {"operated_by": ("NH",)},
            {"segments": (first_flight(), second_flight(operating_carrier=None))},
            NO_MATCH,
            ["operated by UA, which is not included"],
        ),
        ({"not_operated_by": ("NH",)}, {}, MATCH, []),
        ({"not_operated_by": ("ZX",)}, {}, NO_MATCH, ["operated by ZX, which is excluded"]),
        (
            {"not_operated_by": ("ZX",)},
            {"segments": (first_flight(operating_carrier=None),)},
            POSSIBLE,
            ["does not say who operates its flights"],
        ),
        ({"not_operated_by": ("ZX",)}, NO_FLIGHTS, POSSIBLE, ["does not say who operates its flights"]),
        # aircraft and flight numbers
        ({"aircraft": ("77W",)}, {}, MATCH, []),
        ({"aircraft": ("A320",)}, {}, MATCH, []),
        ({"aircraft": ("388", "359")}, {}, NO_MATCH, ["no flight with 388 or 359"]),
        (
            {"aircraft": ("77W",)},
            {"segments": (first_flight(aircraft="777"), second_flight())},
            POSSIBLE,
            ["does not say its aircraft"],
        ),
        ({"aircraft": ("388",)}, {"segments": (first_flight(aircraft=None),)}, POSSIBLE, ["does not say its aircraft"]),
        ({"aircraft": ("388",)}, NO_FLIGHTS, POSSIBLE, ["does not say its aircraft"]),
        ({"flights": ("NH7",)}, {}, MATCH, []),
        ({"flights": ("NH007", "XX1")}, {}, MATCH, []),
        ({"flights": ("NH837",)}, {}, NO_MATCH, ["not flight NH837"]),
        ({"flights": ("NH8",)}, NO_FLIGHTS, POSSIBLE, ["does not say its flights"]),
        # several
        (
            {"max_miles": 36_000, "max_duration": Duration(60), "max_taxes": usd("1"), "dates": "2027-03-09"},
            NO_FLIGHTS | {"taxes": None},
            NO_MATCH,
            [
                "1 day outside the dates",
                "4,000 miles over",
                "does not say its taxes",
                "does not say its travel time",
            ],
        ),
    ],
)
def test_each_criterion(watch_fields: Fields, offer_fields: Fields, result: MatchResult, reasons: list[str]) -> None:
    found = match(make_watch(**watch_fields), offer(**offer_fields), rates=RATES, points=POINTS)
    assert (found.result, texts(found)) == (result, reasons)
    assert all((reason.distance > 0) is not reason.is_unknown for reason in found.reasons)


def test_taxes_in_another_currency_are_unknown_without_rates() -> None:
    taxed = offer(taxes=Money(Decimal(1), "BRL"))
    assert match(make_watch(max_taxes=usd("20")), taxed).result is POSSIBLE
    assert match(make_watch(max_taxes=Money(Decimal(20), "BRL")), taxed).result is MATCH


def test_points_are_unknown_without_a_profile_and_too_few_if_it_has_none() -> None:
    watch = make_watch(max_points=40_000)
    unknown = match(watch, offer())
    assert (unknown.result, texts(unknown)) == (POSSIBLE, ["it is unknown how many points you have"])
    assert not may_alert(unknown, offer())
    unpriced = match(watch, offer(miles=None, source="cathay", program="cathay"), points=POINTS)
    assert not may_alert(unpriced, offer(source="cathay"))
    assert match(watch, offer(), points=OwnerPoints()).result is NO_MATCH


def test_a_bonus_counts_until_its_last_day_is_over_in_los_angeles() -> None:
    watch, seen = make_watch(max_points=31_000), offer(program="qatar")
    last = datetime(2026, 11, 30, 7, 59, tzinfo=UTC)
    assert match(watch, seen, now=last, points=POINTS).result is MATCH
    assert match(watch, seen, now=last + timedelta(minutes=1), points=POINTS).result is NO_MATCH


@pytest.mark.parametrize(("miles", "expected"), [(40_000, True), (56_000, True), (56_001, False)])
def test_a_day_that_a_usual_bonus_brings_below_the_limit_is_searched(miles: int, expected: bool) -> None:
    day = offer(detail=Detail.DAY, segments=(), program="delta", source="delta", miles=miles)
    assert could_match(make_watch(max_points=40_000), day, None, POINTS) is expected
    assert could_match(make_watch(max_points=40_000), day)


def test_an_inactive_watch_is_compared_too() -> None:
    assert match(make_watch(active=False), offer()).result is MATCH


# ---- days and time zones --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "day", "result"),
    [
        ("2026-12-30..2027-01-02", date(2026, 12, 30), MATCH),
        ("2026-12-30..2027-01-02", date(2027, 1, 1), MATCH),
        ("2026-12-30..2027-01-02", date(2027, 1, 3), NO_MATCH),
        ("2026-12..2027-01", date(2027, 1, 31), MATCH),
        ("2028-02", date(2028, 2, 29), MATCH),
        ("2028-02-28", date(2028, 2, 29), NO_MATCH),
        ("2028-02-29", date(2028, 2, 29), MATCH),
        ("2028-02-29..2028-03-01", date(2028, 3, 1), MATCH),
    ],
)
def test_ranges_across_years_and_the_29th_of_february(dates: str, day: date, result: MatchResult) -> None:
    assert match(make_watch(dates=dates), offer(departure_date=day)).result is result


@pytest.mark.parametrize(
    ("origin", "seen_at", "day", "result"),
    [
        # At 10:30 UTC it is the 21st in Pago Pago (UTC-11) and the 22nd in Kiritimati (UTC+14).
        ("PPG", datetime(2026, 11, 22, 10, 30, tzinfo=UTC), date(2026, 12, 21), MATCH),
        ("PPG", datetime(2026, 11, 22, 10, 30, tzinfo=UTC), date(2026, 12, 22), NO_MATCH),
        ("CXI", datetime(2026, 11, 22, 10, 30, tzinfo=UTC), date(2026, 12, 23), MATCH),
        ("CXI", datetime(2026, 11, 22, 10, 30, tzinfo=UTC), date(2026, 12, 22), NO_MATCH),
        # Clocks in Los Angeles go back on 2026-11-01 at 09:00 UTC: midnight was at 07:00 UTC, and is now at 08:00.
        ("LAX", datetime(2026, 10, 31, 7, 30, tzinfo=UTC), date(2026, 11, 30), MATCH),
        ("LAX", datetime(2026, 11, 2, 7, 30, tzinfo=UTC), date(2026, 12, 1), MATCH),
        ("LAX", datetime(2026, 11, 2, 7, 30, tzinfo=UTC), date(2026, 12, 2), NO_MATCH),
    ],
)
def test_relative_days_count_from_the_local_day_on_which_the_offer_was_seen(
    origin: str, seen_at: datetime, day: date, result: MatchResult
) -> None:
    watch = make_watch(origin=origin, dates="+30")
    # Not the time of the comparison: an offer seen yesterday does not move.
    for now in (None, datetime(2026, 12, 15, tzinfo=UTC)):
        assert match(watch, offer(origin=origin, departure_date=day, seen_at=seen_at), now=now).result is result


def test_hours_and_duration_on_a_day_with_a_clock_change() -> None:
    # Clocks go forward on 2027-03-14 at 02:00 in Los Angeles: from 01:30 to 03:30 is one hour.
    flight = first_flight(
        destination="AUS",
        departs_at=datetime(2027, 3, 14, 1, 30, tzinfo=LOS_ANGELES),
        arrives_at=datetime(2027, 3, 14, 3, 30, tzinfo=LOS_ANGELES),
    )
    seen = offer(departure_date=date(2027, 3, 14), segments=(flight,))
    assert match(make_watch(max_duration=Duration(60), departure_hours=hours("01:00", "02:00")), seen).result is MATCH
    assert texts(match(make_watch(max_duration=Duration(59)), seen)) == ["1 min too long"]


@pytest.mark.parametrize(
    ("timezone", "now", "expired"),
    [
        ("UTC", datetime(2026, 11, 22, 23, 59, tzinfo=UTC), False),
        ("UTC", datetime(2026, 11, 23, 0, 0, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 11, 23, 7, 59, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 11, 23, 8, 0, tzinfo=UTC), True),
        ("Pacific/Kiritimati", datetime(2026, 11, 22, 9, 59, tzinfo=UTC), False),
        ("Pacific/Kiritimati", datetime(2026, 11, 22, 10, 0, tzinfo=UTC), True),
    ],
)
def test_a_watch_expires_at_the_end_of_its_last_day_in_the_zone_of_its_owner(
    timezone: str, now: datetime, expired: bool
) -> None:
    watch = make_watch(expires=date(2026, 11, 22), owner_timezone=timezone)
    found = match(watch, offer(), now=now)
    assert is_expired(watch, now) is expired
    assert texts(found) == ["the watch expired on 2026-11-22"] * expired


def test_the_last_day_of_a_watch_can_have_25_hours() -> None:
    watch = make_watch(expires=date(2026, 11, 1), owner_timezone="America/Los_Angeles")  # clocks go back
    assert not is_expired(watch, datetime(2026, 11, 2, 7, 59, tzinfo=UTC))
    assert is_expired(watch, datetime(2026, 11, 2, 8, 0, tzinfo=UTC))


def test_without_a_time_a_watch_is_compared_when_the_offer_was_seen() -> None:
    watch = make_watch(expires=date(2026, 11, 22))
    assert match(watch, offer(seen_at=datetime(2026, 11, 22, 23, 0, tzinfo=UTC))).result is MATCH
    assert match(watch, offer(seen_at=datetime(2026, 11, 23, 1, 0, tzinfo=UTC))).result is NO_MATCH


# ---- legs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "destination", "day", "result", "is_return", "reasons"),
    [
        ("LAX", "AUS", date(2027, 3, 31), MATCH, False, []),
        ("AUS", "LAX", date(2027, 4, 5), MATCH, True, []),
        ("AUS", "LAX", date(2027, 3, 4), MATCH, True, []),
        ("AUS", "LAX", date(2027, 3, 3), NO_MATCH, True, ["1 day outside the dates"]),
        ("AUS", "LAX", date(2027, 4, 6), NO_MATCH, True, ["1 day outside the dates"]),
        ("LAX", "AUS", date(2027, 4, 2), NO_MATCH, False, ["2 days outside the dates"]),
        ("SFO", "AUS", date(2027, 3, 4), NO_MATCH, False, ["from SFO"]),
        ("AUS", "SFO", date(2027, 3, 4), NO_MATCH, True, ["to SFO"]),
    ],
)
def test_a_round_trip_matches_offers_of_either_leg(
    origin: str, destination: str, day: date, result: MatchResult, is_return: bool, reasons: list[str]
) -> None:
    watch = make_watch(dates="2027-03", nights=Nights(3, 5))
    found = match(watch, offer(origin=origin, destination=destination, departure_date=day))
    assert (found.result, found.is_return, texts(found)) == (result, is_return, reasons)
    assert watch.covers(origin, destination, day, NOW.date()) is (result is MATCH)


def test_a_one_way_watch_has_no_return() -> None:
    found = match(make_watch(), offer(origin="AUS", destination="LAX"))
    assert texts(found) == ["from AUS", "to LAX"]


@pytest.mark.parametrize(
    ("watch_fields", "judged", "result", "reasons"),
    [
        ({"deal": DealClass.GOOD}, judgment(DealClass.GOOD), MATCH, []),
        ({"deal": DealClass.GOOD}, judgment(DealClass.RECORD_LOW), MATCH, []),
        ({"deal": DealClass.GOOD}, judgment(DealClass.USUAL), NO_MATCH, ["a usual price, not a good one"]),
        ({"deal": DealClass.EXCEPTIONAL}, judgment(DealClass.GOOD), NO_MATCH, ["a good price, not an exceptional one"]),
        (
            {"deal": DealClass.RECORD_LOW},
            judgment(DealClass.EXCEPTIONAL),
            NO_MATCH,
            ["an exceptional price, not a record low"],
        ),
        (
            {"deal": DealClass.GOOD},
            judgment(DealClass.UNKNOWN),
            POSSIBLE,
            ["has too little price history to compare with"],
        ),
        ({"deal": DealClass.GOOD}, None, POSSIBLE, ["has too little price history to compare with"]),
        # the judgment of an earlier price
        (
            {"deal": DealClass.GOOD},
            judgment(DealClass.GOOD, miles=39_000),
            POSSIBLE,
            ["has too little price history to compare with"],
        ),
        ({"min_cpp": Decimal("1.5")}, judgment(DealClass.UNKNOWN, cents="1.5"), MATCH, []),
        (
            {"min_cpp": Decimal("1.5")},
            judgment(DealClass.UNKNOWN, cents="1.4999"),
            NO_MATCH,
            ["1.49 cents per point, not 1.5"],
        ),
        (
            {"min_cpp": Decimal("1.5")},
            judgment(DealClass.GOOD),
            POSSIBLE,
            ["has no known cash fare"],
        ),
        ({"min_cpp": Decimal("1.5")}, None, POSSIBLE, ["has no known cash fare"]),
        ({}, judgment(DealClass.USUAL), MATCH, []),
    ],
)
def test_a_watch_can_require_a_deal(
    watch_fields: Fields, judged: Judgment | None, result: MatchResult, reasons: list[str]
) -> None:
    found = match(make_watch(**watch_fields), offer(), now=NOW, rates=RATES, judgment=judged)
    assert (found.result, texts(found)) == (result, reasons)
    assert not (found.result is POSSIBLE and may_alert(found, offer()))


def test_a_stored_offer_has_its_judgment() -> None:
    stored = OfferRow(
        **{each.name: getattr(offer(), each.name) for each in fields(AwardOfferItem)},
        id="0" * 20,
        first_seen_at=NOW,
        last_seen_at=NOW,
        changed_at=NOW,
        gone_at=None,
        unconfirmed_since=None,
        departs_by=NOW,
        judgment=judgment(DealClass.USUAL),
    )
    watch = make_watch(deal=DealClass.GOOD)
    assert texts(match(watch, stored)) == ["a usual price, not a good one"]
    assert match(watch, stored, judgment=judgment(DealClass.GOOD)).result is MATCH
    assert tuple(WatchIndex([watch]).matching(stored)) == ([], [])
