"""Events for tests of rendering: one of each type, and edge cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from awardspider.delivery.messages.events import (
    AnyEvent,
    ChannelPaused,
    ChannelTest,
    Digest,
    DigestKind,
    IncidentOpened,
    IncidentResolved,
    OfferDropped,
    OfferEvent,
    OfferMatched,
    RunFailed,
    offer_event,
)
from awardspider.items import (
    AwardOfferItem,
    Cabin,
    Detail,
    EventType,
    Money,
    PromotionKind,
    Segment,
)
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.points_cost import PointsCost
from awardspider.search.trip_partners import TripPartner
from awardspider.storage.incidents import IncidentKind
from tests.support.promotion_events import AWARD_SALE, NOW, PROMOTION_EVENTS, TRANSFER_BONUS

SEEN = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)

ZONES = {
    "LAX": "America/Los_Angeles",
    "SFO": "America/Los_Angeles",
    "HND": "Asia/Tokyo",
    "GRU": "America/Sao_Paulo",
    "LIS": "Europe/Lisbon",
    "OPO": "Europe/Lisbon",
    "AKL": "Pacific/Auckland",
    "SYD": "Australia/Sydney",
    "DFW": "America/Chicago",
    "YYZ": "America/Toronto",
    "CGH": "America/Sao_Paulo",
    "JFK": "America/New_York",
}


def make_segment(flight: str, route: str, departure: str, arrival: str, **fields: Any) -> Segment:
    """Return the flight of `UA39`, `LAX-HND` and local times such as `2027-03-10 11:35`."""
    origin, destination = route.split("-")
    values: dict[str, Any] = {
        "marketing_carrier": flight[:2],
        "operating_carrier": flight[:2],
        "flight_number": flight[2:],
        "origin": origin,
        "destination": destination,
        "departs_at": datetime.fromisoformat(departure).replace(tzinfo=ZoneInfo(ZONES[origin])),
        "arrives_at": datetime.fromisoformat(arrival).replace(tzinfo=ZoneInfo(ZONES[destination])),
    }
    return Segment(**values | fields)


def make_offer(*segments: Segment, **fields: Any) -> AwardOfferItem:
    """Return an offer in business to Tokyo for 75,000 miles, with the given fields."""
    values: dict[str, Any] = {
        "program": "united",
        "source": "united",
        "detail": Detail.ITINERARY if segments else Detail.DAY,
        "origin": segments[0].origin if segments else "LAX",
        "destination": segments[-1].destination if segments else "HND",
        "departure_date": segments[0].departs_at.date() if segments else date(2027, 3, 10),
        "cabin": Cabin.BUSINESS,
        "miles": 75_000,
        "taxes": Money(Decimal("5.60"), "USD"),
        "segments": segments,
        "stops": len(segments) - 1 if segments else None,
        "duration_minutes": int((segments[-1].arrives_at - segments[0].departs_at).total_seconds()) // 60
        if segments
        else None,
        "seen_at": SEEN,
    }
    return AwardOfferItem(**values | fields)


def make_offer_event(
    event_type: EventType,
    offer: AwardOfferItem,
    previous_miles: int | None = None,
    created_at: datetime = SEEN,
    watches: tuple[str, ...] = ("Business to Tokyo for two",),
    partner: TripPartner | None = None,
    **values: Any,
) -> OfferEvent:
    key = f"test:{offer.offer_id}"
    return offer_event(event_type, key, offer, created_at, previous_miles, watches, partner=partner, **values)


def make_judgment(deal_class: DealClass, miles: int | None, median: int = 0, **fields: Any) -> Judgment:
    """Return the judgment of a price; with a median, it has a baseline, whose fields can be given too."""
    names = Baseline.__struct_fields__
    baseline = {
        "scope": BaselineScope.ROUTE,
        "window_days": 90,
        "median": median,
        "quarter": median * 9 // 10,
        "tenth": median * 8 // 10,
        "days": 58,
        "searches": 61,
        "lowest": median * 7 // 10,
        "lowest_day": date(2026, 10, 2),
        "first_day": date(2026, 9, 1),
    } | {name: fields.pop(name) for name in names if name in fields}
    found = Baseline(**baseline) if median else None
    return Judgment(deal_class=deal_class, miles=miles, judged_at=SEEN, baseline=found, **fields)


TOKYO = make_offer(
    make_segment(
        "UA39", "LAX-HND", "2027-03-10 11:35", "2027-03-11 16:05", aircraft="Boeing 787-9", cabin=Cabin.BUSINESS
    ),
    seats=2,
    fare_name="Business Saver Award",
    booking_code="I",
    saver=True,
    mixed_cabin=False,
    cash_price=Money(Decimal("2905.60"), "USD"),
    booking_link="https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=HND&d=2027-03-10&px=1",
)
SYDNEY = make_offer(
    make_segment("AD4050", "GRU-LIS", "2027-05-02 22:10", "2027-05-03 12:25", cabin=Cabin.BUSINESS),
    make_segment(
        "AC810", "LIS-YYZ", "2027-05-03 16:40", "2027-05-03 19:50", aircraft="Airbus A330-300", cabin=Cabin.ECONOMY
    ),
    make_segment(
        "AC1041", "YYZ-DFW", "2027-05-03 21:00", "2027-05-03 23:30", cabin=Cabin.ECONOMY, operating_carrier="RV"
    ),
    make_segment("QF8", "DFW-SYD", "2027-05-04 01:20", "2027-05-05 09:10", cabin=Cabin.BUSINESS, stops=1),
    program="aeroplan",
    source="seatsaero",
    miles=1_120_000,
    taxes=Money(Decimal("412.3"), "BRL"),
    seats=9,
    mixed_cabin=True,
    travelers=2,
    cash_price=Money(Decimal("3100"), "USD"),
    booking_link=None,
)
NEW_YORK = make_offer(  # arrives at its departure time on the same day; the seats are unknown
    make_segment("NH110", "HND-JFK", "2027-04-01 11:00", "2027-04-01 11:00", aircraft="Boeing 777-300ER"),
    cabin=Cabin.FIRST,
    taxes=Money(Decimal(5610), "JPY"),
    miles=110_000,
    cash_price=Money(Decimal(1_105_610), "JPY"),
)
NEW_YORK_WATCHES = ("Tokyo, first class", "Anything to New York")
ON_SALE = make_offer(
    make_segment("G31000", "CGH-GRU", "2027-01-05 06:00", "2027-01-05 07:01"),
    program="smiles",
    source="smiles",
    cabin=Cabin.ECONOMY,
    miles=1,
    taxes=None,
    seats=1,
    on_sale=True,
    regular_miles=7_500,
)
LONG_NAME = "Villa de la Santísima Trinidad y Puerto de Santa María del Buen Ayre"
DAY_PRICE = make_offer(cabin=Cabin.PREMIUM_ECONOMY, miles=42_500, seats=None)
SEATS = make_offer(
    detail=Detail.SEATS,
    program="virginatlantic",
    source="virginatlantic",
    miles=None,
    taxes=None,
    seats=4,
    chart_miles=67_500,
    cabin=Cabin.FIRST,
)


TOKYO_RETURN = make_offer(
    make_segment("UA38", "HND-LAX", "2027-03-17 17:05", "2027-03-17 11:10"),
    miles=60_000,
    taxes=Money(Decimal("40.10"), "USD"),
)
RETURN_PARTNER = TripPartner(
    offer=TOKYO_RETURN, is_return=True, nights=7, miles=135_000, taxes=Money(Decimal("45.70"), "USD")
)
# Of another program, in another cabin, currency and year.
OUTBOUND = make_offer(
    make_segment("AC810", "YYZ-LIS", "2026-12-30 22:40", "2026-12-31 10:25"),
    make_segment("AC1041", "LIS-GRU", "2026-12-31 12:00", "2026-12-31 18:30"),
    program="aeroplan",
    source="aeroplan",
    miles=55_000,
    taxes=Money(Decimal("98.70"), "CAD"),
    cabin=Cabin.PREMIUM_ECONOMY,
)
HOME = make_offer(
    make_segment("G31000", "GRU-LIS", "2027-01-05 06:00", "2027-01-05 18:01"),
    make_segment("TP259", "LIS-YYZ", "2027-01-05 20:00", "2027-01-05 23:10"),
    program="smiles",
    source="smiles",
    miles=90_000,
    taxes=Money(Decimal("412.3"), "BRL"),
    seats=2,
)
OUTBOUND_PARTNER = TripPartner(offer=OUTBOUND, is_return=False, nights=6, miles=145_000, taxes=None)
# Neither price nor flights are known.
SEATS_PARTNER = TripPartner(
    offer=make_offer(
        program="cathay",
        source="cathay",
        detail=Detail.SEATS,
        origin="HND",
        destination="LAX",
        departure_date=date(2027, 3, 11),
        miles=None,
        taxes=None,
    ),
    is_return=True,
    nights=1,
    miles=None,
    taxes=None,
)


TOKYO_FOR_TWO = replace(TOKYO, travelers=2)
CASH_FARE = CashFare(amount=Decimal("2905.60"), currency="USD", source="american", seen_at=SEEN - timedelta(hours=5))
RECORD_LOW = make_judgment(
    DealClass.RECORD_LOW, 75_000, 125_000, lowest=80_000, cents_per_point=Decimal("3.87"), cash_fare=CASH_FARE
)
AMEX = PointsCost(
    key="amex",
    name="Amex Membership Rewards",
    points=116_000,
    miles=150_800,
    ratio=Decimal(1),
    held=140_000,
    enough=True,
    bonus_percent=30,
    bonus_until=date(2026, 12, 31),
)
CAPITAL_ONE = PointsCost(
    key="capital_one",
    name="Capital One Miles",
    points=50_000,
    miles=50_000,
    ratio=Decimal(1),
    held=65_000,
    enough=True,
    own_miles=100_000,
)
CHASE = PointsCost(
    key="chase",
    name="Chase Ultimate Rewards",
    points=150_000,
    miles=150_000,
    ratio=Decimal(1),
    held=20_000,
    enough=False,
    up_to_percent=40,
    up_to_until=date(2026, 12, 5),
)


def make_first_digest() -> Digest:
    """Return the first results of a watch: ten offers of 47, with all classes, costs in points and grouped days."""
    offers = [make_offer_event(EventType.OFFER_MATCHED, TOKYO_FOR_TWO, judgment=RECORD_LOW, in_points=[AMEX])]
    classes = [DealClass.EXCEPTIONAL, DealClass.GOOD, DealClass.GOOD, DealClass.USUAL, DealClass.UNKNOWN] * 2
    scopes = [*BaselineScope, BaselineScope.ROUTE] * 2
    for number, (deal_class, scope) in enumerate(zip(classes[:8], scopes, strict=False)):
        day, miles = 12 + number, 76_000 + 1_500 * number
        flight = make_segment(
            f"UA{30 + number}", "SFO-HND", f"2027-03-{day} 11:{10 + number}", f"2027-03-{day + 1} 15:{20 + number}"
        )
        offer = make_offer(
            flight, miles=miles, seats=2 + number, travelers=2, booking_link=f"https://www.united.com/book?d={day}"
        )
        median = 0 if deal_class is DealClass.UNKNOWN else 78_000 + 24_000 * (3 - deal_class.rank)
        event = make_offer_event(
            EventType.OFFER_MATCHED,
            offer,
            judgment=make_judgment(deal_class, miles, median, scope=scope),
            in_points=[CHASE] if number % 2 else [CAPITAL_ONE],
        )
        if number in (1, 4):
            event = structs.replace(event, dates=[date(2027, 3, day), date(2027, 3, day + 1), date(2027, 3, day + 3)])
        offers.append(event)
    offers.append(make_offer_event(EventType.OFFER_MATCHED, DAY_PRICE, is_confirmed=False))
    matched = [offer for offer in offers if isinstance(offer, OfferMatched | OfferDropped)]
    return Digest(
        id="f",
        created_at=NOW,
        kind=DigestKind.FIRST,
        watches=["Business to Tokyo for two"],
        watch_ids=["9d01c6f4e7b2"],
        offers=matched,
        more=33,
    )


def offer_with_long_cities() -> OfferEvent:
    event = make_offer_event(EventType.OFFER_MATCHED, make_offer(seats=3))
    destination_city = "Krung Thep Maha Nakhon Amon Rattanakosin Mahinthara Yuthaya"
    return structs.replace(event, origin_city=LONG_NAME, destination_city=destination_city)


def make_digest() -> Digest:
    """Return a digest of the best five of 42 offers."""
    offers = [
        make_offer_event(EventType.OFFER_DROPPED, TOKYO, 90_000, partner=RETURN_PARTNER),
        make_offer_event(EventType.OFFER_MATCHED, NEW_YORK, watches=NEW_YORK_WATCHES),
        make_offer_event(EventType.OFFER_MATCHED, DAY_PRICE),
        make_offer_event(EventType.OFFER_MATCHED, SEATS),
        make_offer_event(EventType.OFFER_MATCHED, SYDNEY),
    ]
    matched = [offer for offer in offers if isinstance(offer, OfferMatched | OfferDropped)]
    watches = ["Business to Tokyo for two", "Anything"]
    return Digest(id="d", created_at=NOW, watches=watches, watch_ids=[], offers=matched, more=37)


FAILED = RunFailed(
    id="r",
    created_at=NOW,
    run_id="20261122-140000-ab12cd34",
    program="united",
    program_name="United MileagePlus",
    reason="rate_limited",
    note="HTTP 429; timed out",
    started_at=datetime(2026, 11, 22, 14, 0, tzinfo=UTC),
    ended_at=datetime(2026, 11, 22, 14, 3, tzinfo=UTC),
    found=2,
    empty=1,
    failed=40,
)
OPENED = IncidentOpened(
    id="o",
    created_at=NOW,
    incident="disk",
    kind=IncidentKind.DISK_FULL,
    subject="Disk",
    sentence="only 412 MB are free in /srv/awardspider/data; run scrapy prune, or delete files",
    opened_at=NOW,
)
RESOLVED = IncidentResolved(
    id="p",
    created_at=NOW,
    incident="run:united",
    kind=IncidentKind.RUN_UNUSUAL,
    subject="United MileagePlus",
    sentence="found 3 offers, usually about 240; 4 of 12 searches failed",
    opened_at=datetime(2026, 11, 21, 22, 40, tzinfo=UTC),
    resolved_at=datetime(2026, 11, 22, 14, 15, tzinfo=UTC),
)
PAUSED = ChannelPaused(
    id="c",
    created_at=NOW,
    channel="family",
    kind="apprise",
    reason="Telegram responded with 403: bot was blocked by the user",
    pending=12,
)


def make_digest_with_promotions() -> Digest:
    """Return a daily digest with offers and promotions."""
    return structs.replace(make_digest(), promotions=[TRANSFER_BONUS, AWARD_SALE], more_promotions=1)


NEW_BONUS = OfferPromotion(
    id="b7a0c2e1f9",
    kind=PromotionKind.TRANSFER_BONUS,
    title="Chase: 30% transfer bonus to United",
    link="https://blog.example/bonus",
    program="united",
    until=date(2026, 12, 31),
    bank="chase",
    percent=30,
    points=58_000,
    previous_points=75_000,
)
CHASE_WITH_BONUS = PointsCost(
    key="chase",
    name="Chase Ultimate Rewards",
    points=58_000,
    miles=75_400,
    ratio=Decimal(1),
    held=90_000,
    enough=True,
    bonus_percent=30,
    bonus_until=date(2026, 12, 31),
)
SALE = OfferPromotion(
    id="c81f3a5d20",
    kind=PromotionKind.AWARD_SALE,
    title="Global Getaways",
    link="https://blog.example/sale",
    program="alaska",
    until=date(2026, 12, 5),
)
EVENTS: dict[str, AnyEvent | OfferEvent] = {
    "matched": make_offer_event(EventType.OFFER_MATCHED, TOKYO),
    "same-day": make_offer_event(EventType.OFFER_MATCHED, NEW_YORK, watches=NEW_YORK_WATCHES),
    "four-segments": make_offer_event(EventType.OFFER_DROPPED, SYDNEY, 1_300_000),
    "on-sale": make_offer_event(EventType.OFFER_MATCHED, ON_SALE),
    "record-low": make_offer_event(
        EventType.OFFER_MATCHED, TOKYO_FOR_TWO, judgment=RECORD_LOW, in_points=[AMEX, CAPITAL_ONE, CHASE]
    ),
    "exceptional-drop": make_offer_event(
        EventType.OFFER_DROPPED,
        NEW_YORK,
        160_000,
        judgment=make_judgment(DealClass.EXCEPTIONAL, 110_000, 262_000, lowest_since=date(2026, 9, 14)),
        in_points=[CHASE],
    ),
    "good-of-region": make_offer_event(
        EventType.OFFER_MATCHED,
        HOME,
        judgment=make_judgment(DealClass.GOOD, 90_000, 112_500, scope=BaselineScope.REGION_PAIR, searches=1),
    ),
    "usual": make_offer_event(
        EventType.OFFER_MATCHED, NEW_YORK, judgment=make_judgment(DealClass.USUAL, 110_000, 100_000, searches=1_204)
    ),
    "too-little-history": make_offer_event(
        EventType.OFFER_MATCHED, TOKYO, judgment=make_judgment(DealClass.UNKNOWN, 75_000)
    ),
    "not-confirmed": make_offer_event(
        EventType.OFFER_MATCHED,
        DAY_PRICE,
        is_confirmed=False,
        judgment=make_judgment(DealClass.GOOD, 42_500, 55_000, scope=BaselineScope.DISTANCE_BAND),
    ),
    "day": make_offer_event(EventType.OFFER_MATCHED, DAY_PRICE),
    "seats": make_offer_event(EventType.OFFER_MATCHED, SEATS),
    "round-trip": make_offer_event(EventType.OFFER_MATCHED, TOKYO, partner=RETURN_PARTNER),
    "round-trip-return": make_offer_event(EventType.OFFER_MATCHED, HOME, partner=OUTBOUND_PARTNER),
    "round-trip-seats": make_offer_event(EventType.OFFER_MATCHED, DAY_PRICE, partner=SEATS_PARTNER),
    "long-cities": offer_with_long_cities(),
    "gone": make_offer_event(EventType.OFFER_GONE, TOKYO, created_at=NOW),
    "gone-after": make_offer_event(
        EventType.OFFER_GONE, TOKYO, created_at=NOW, previous_at=NOW - timedelta(hours=3, minutes=10)
    ),
    "new-bonus": make_offer_event(EventType.OFFER_MATCHED, TOKYO, in_points=[CHASE_WITH_BONUS], promotion=NEW_BONUS),
    "in-sale": make_offer_event(EventType.OFFER_DROPPED, NEW_YORK, 160_000, promotion=SALE),
    "digest": make_digest(),
    "digest-first": make_first_digest(),
    **PROMOTION_EVENTS,
    "digest-with-promotions": make_digest_with_promotions(),
    "run-failed": FAILED,
    "incident-opened": OPENED,
    "incident-resolved": RESOLVED,
    "channel-paused": PAUSED,
    "test": ChannelTest(id="t", created_at=NOW, channel="family"),
}
