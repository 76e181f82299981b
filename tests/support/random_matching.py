"""Random watches and offers with few values of each field, so that offers match, miss and leave open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from awardspider.airports import airport_zone
from awardspider.items import AwardOfferItem, Cabin, Detail, Money, Segment
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.points_cost import Holdings, TransferBonus
from awardspider.search.watch_fields import Duration, Hours, Nights, UnknownSeats
from awardspider.search.watches import Watch
from tests.support.item_examples import make_segment
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = date(2027, 3, 10)
RATES = ExchangeRates(day=date(2026, 11, 20), rates={"USD": Decimal("1.25"), "BRL": Decimal(5)}, source="test")
AMOUNTS = (None, Money(Decimal(20), "USD"), Money(Decimal(100), "BRL"), Money(Decimal(3000), "XPF"))

#: The points of the owner of every watch.
HOLDINGS = {"united": 39_999, "chase": 45_000, "amex": 90_000, "qatar": 0}
BONUS = TransferBonus(bank="amex", program="qatar", percent=30, last=date(2026, 11, 22))
POINTS = OwnerPoints(
    holdings={name: Holdings(points=HOLDINGS) for name in ("one", *(f"watch {number}" for number in range(300)))},
    bonuses=[BONUS],
)

#: Chooses one of some values.
Choose = Callable[[Sequence[Any]], Any]

PLACES = {
    "origin": ["LAX", "SFO, LAX", "US", "US, not SFO", "anywhere", "AUS", "within 100 km of SFO"],
    "destination": ["AUS", "AUS, LAX", "north_america", "anywhere, not US", "anywhere", "JP", "LAX"],
}
DATES = ["2027-03", "2027-03-10", "+100..+110", "2027-03-01..2027-03-09, 2027-03-12", "2026-12..2027-05"]
CABINS = [(), (Cabin.ECONOMY,), (Cabin.BUSINESS, Cabin.FIRST), (Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS)]
CRITERIA: dict[str, Sequence[Any]] = {
    "nights": [Nights(1, 3), Nights(0, 0)],
    "active": [False],
    "programs": [("united",), ("seatsaero/united", "delta"), ("qatar", "seatsaero")],
    "alliances": [("star_alliance",), ("oneworld", "skyteam")],
    "reachable_only": [True],
    "reachable": [frozenset({"united"}), frozenset()],
    "min_cabin_share": [57, 58, 100],
    "allow_mixed_cabin": [False],
    "max_miles": [39_999, 40_000, 80_000],
    "max_trip_miles": [30_000, 60_000],
    "max_points": [39_999, 40_000, 31_000, 90_000],
    "max_taxes": AMOUNTS[1:],
    "max_trip_taxes": AMOUNTS[1:],
    "sale_only": [True],
    "saver_only": [True],
    "deal": [DealClass.RECORD_LOW, DealClass.EXCEPTIONAL, DealClass.GOOD],
    "min_cpp": [Decimal("1.5"), Decimal(2)],
    "travelers": [2],
    "min_seats": [3],
    "unknown_seats": [UnknownSeats.REJECT],
    "max_stops": [0, 1],
    "max_duration": [Duration(524), Duration(525)],
    "departure_hours": [Hours(time(8), time(9)), Hours(time(22), time(7))],
    "arrival_hours": [Hours(time(8), time(18)), Hours(time(18), time(8))],
    "via": ["ORD", "DEN, MDW"],
    "not_via": ["ORD", "JP"],
    "carriers": [("UA",), ("UA", "NH"), ("star_alliance",)],
    "not_carriers": [("NH",)],
    "operated_by": [("UA", "ZX")],
    "not_operated_by": [("ZX",), ("UA",)],
    "aircraft": [("77W",), ("320", "388")],
    "flights": [("NH7",), ("UA1",)],
    "expires": [date(2026, 11, 21), date(2026, 11, 22)],
    "owner_timezone": ["Pacific/Kiritimati"],
}


def random_watch(choose: Choose, name: str) -> Watch:
    """Return a watch with few criteria besides route, dates and cabins: with many, hardly any offer would match."""
    fields: dict[str, Any] = {field: choose(places) for field, places in PLACES.items()}
    fields |= {"name": name, "dates": choose(DATES), "cabins": choose(CABINS)}
    for _ in range(choose((0, 1, 1, 2, 3))):
        field = choose(tuple(CRITERIA))
        fields[field] = choose(CRITERIA[field])
    return make_watch(**fields)


def random_flights(choose: Choose, origin: str, destination: str, day: date) -> tuple[Segment, ...]:
    """Return no flights, a nonstop flight of 8 hours, or flights of 4 and 3 hours through ORD or from ORD to MDW."""
    count = choose((0, 1, 2, 2))
    start = datetime.combine(day, time(8, 15), airport_zone(origin))
    stops = choose((0, 0, 0, 1))
    carriers = choose([("UA", "UA"), ("UA", None), ("NH", "ZX"), ("AA", "AA")])

    def flight(place: str, other: str, departs: datetime, hours: int, number: str) -> Segment:
        arrives = (departs.astimezone(UTC) + timedelta(hours=hours)).astimezone(airport_zone(other))
        return make_segment(
            marketing_carrier=carriers[0],
            operating_carrier=carriers[1],
            flight_number=number,
            origin=place,
            destination=other,
            departs_at=departs,
            arrives_at=arrives,
            aircraft=choose([None, "77W", "Boeing 777-300ER", "Airbus A320", "777"]),
            cabin=choose([None, *Cabin]),
            stops=stops,
        )

    if count < 2:
        return (flight(origin, destination, start, 8, "1"),)[:count]
    first = flight(origin, "ORD", start, 4, "837")
    departs = (first.arrives_at.astimezone(UTC) + timedelta(minutes=105)).astimezone(airport_zone("ORD"))
    return first, flight(choose(("ORD", "ORD", "MDW")), destination, departs, 3, "7")


def random_offer(choose: Choose) -> AwardOfferItem:
    """Return an offer with or without flights; anything else can be unknown."""
    origin, destination = choose([("LAX", "AUS"), ("LAX", "AUS"), ("SFO", "AUS"), ("AUS", "LAX"), ("HND", "LAX")])
    day = choose([DAY, DAY, date(2027, 3, 11), date(2027, 3, 13), date(2026, 11, 20)])
    segments = random_flights(choose, origin, destination, day)
    return AwardOfferItem(
        program=choose(["united", "united", "united", "delta", "qatar"]),
        source=choose(["united", "united", "seatsaero"]),
        detail=Detail.ITINERARY if segments else Detail.DAY,
        origin=origin,
        destination=destination,
        departure_date=day,
        cabin=choose(list(Cabin)),
        miles=choose([None, 1, 39_999, 40_000, 40_001, 80_000, 500_000]),
        taxes=choose(AMOUNTS),
        seats=choose([None, 1, 2, 3]),
        stops=len(segments) - 1 if segments else choose([None, 0, 1, 2]),
        segments=segments,
        duration_minutes=None if segments else choose([None, 524, 525]),
        mixed_cabin=choose([None, False, True]),
        saver=choose([None, False, True]),
        on_sale=choose([None, False, True]),
        travelers=choose([1, 1, 2]),
        seen_at=choose([NOW, datetime(2026, 11, 22, 2, 0, tzinfo=UTC)]),
    )


def random_judgment(choose: Choose, offer: AwardOfferItem) -> Judgment | None:
    """Return a judgment of an offer, of an earlier price of it, or none."""
    return choose(
        [
            None,
            *(
                Judgment(
                    deal_class=deal_class,
                    miles=choose([offer.miles, offer.miles, offer.miles, 12_345]),
                    judged_at=NOW,
                    cents_per_point=choose([None, Decimal("1.499"), Decimal("1.5"), Decimal("2.1")]),
                )
                for deal_class in DealClass
            ),
        ]
    )
