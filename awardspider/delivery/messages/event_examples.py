"""An example of each event, for schemas, documentation and Zapier's setup."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

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
    Promotion,
    RunFailed,
    offer_event,
)
from awardspider.items import (
    AwardOfferItem,
    BonusOrDiscount,
    Cabin,
    Confidence,
    Detail,
    EventType,
    Money,
    PromotionKind,
    Segment,
)
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment
from awardspider.search.points_cost import PointsCost
from awardspider.storage.incidents import IncidentKind

_WATCHES = ("Tokyo in spring",)
_WATCH_IDS = ("9d01c6f4e7b2",)
_IN_POINTS = (
    PointsCost(
        key="chase",
        name="Chase Ultimate Rewards",
        points=44_000,
        miles=44_000,
        ratio=Decimal(1),
        held=60_000,
        enough=True,
    ),
)


@cache
def example_events() -> dict[EventType, AnyEvent | OfferEvent]:
    """Return an example of each event. The examples are cached, so do not modify them."""
    now = datetime(2026, 11, 22, 10, 4, 31, tzinfo=UTC)
    matched = offer_event(
        EventType.OFFER_MATCHED,
        "8c1f0d6a2b",
        _example_offer(),
        now,
        watches=_WATCHES,
        watch_ids=_WATCH_IDS,
        judgment=_example_judgment(44_000, DealClass.EXCEPTIONAL),
        in_points=_IN_POINTS,
    )
    dropped = offer_event(
        EventType.OFFER_DROPPED,
        "51b7e09c44",
        _example_offer(miles=35_000),
        now,
        watches=_WATCHES,
        watch_ids=_WATCH_IDS,
        previous_miles=44_000,
        previous_at=_example_time(7, 30),
        judgment=_example_judgment(35_000, DealClass.RECORD_LOW),
        in_points=_IN_POINTS,
    )
    gone = offer_event(
        EventType.OFFER_GONE,
        "0a93fe71d2",
        _example_offer(),
        now,
        watches=_WATCHES,
        watch_ids=_WATCH_IDS,
        previous_miles=44_000,
        previous_at=_example_time(7, 30),
    )
    promotion = _example_promotion(now)
    offers = [event for event in (matched, dropped) if isinstance(event, OfferMatched | OfferDropped)]
    digest = Digest(
        id="2f90b4d7a6",
        created_at=now,
        kind=DigestKind.DAILY,
        watches=["Tokyo in spring", "Weekend in Austin", "Transfer bonuses"],
        watch_ids=["9d01c6f4e7b2", "3b5ac80f1e94", "c41f08a9d6e3"],
        offers=offers,
        more=7,
        promotions=[promotion],
        more_promotions=2,
    )
    offer_events: tuple[OfferEvent, ...] = (matched, dropped, gone)
    others: tuple[AnyEvent, ...] = (promotion, *_operator_examples(now), digest)
    return {event.event_type: event for event in (*offer_events, *others)}


def _example_promotion(now: datetime) -> Promotion:
    return Promotion(
        id="d04b61c8f3",
        created_at=now,
        promotion_id="b7a0c2e1f9",
        kind=PromotionKind.TRANSFER_BONUS,
        headline="30% more miles when you transfer points",
        source="example",
        link="https://www.example.com/bonus",
        programs=["flyingblue"],
        program_names=["Flying Blue"],
        banks=["amex"],
        bank_names=["Amex Membership Rewards"],
        percent=30,
        up_to=False,
        bonus_or_discount=BonusOrDiscount.BONUS,
        cents_per_mile=None,
        miles_price=None,
        routes=[],
        book_from=date(2026, 11, 20),
        book_by=date(2026, 12, 15),
        travel_from=None,
        travel_until=None,
        targeted=False,
        published=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
        excerpt="",
        confidence=Confidence.VERIFIED,
        source_names=["blog.example.com", "miles.example.org"],
        watches=["Transfer bonuses"],
        watch_ids=["c41f08a9d6e3"],
        seen_at=now,
    )


def _operator_examples(now: datetime) -> tuple[AnyEvent, ...]:
    """Return an example of each event about crawls and channels."""
    run_failed = RunFailed(
        id="e6605a17bd",
        created_at=now,
        run_id="20261122-100000-1f2e3d4c",
        program="united",
        program_name="United MileagePlus",
        reason="blocked",
        note="HTTP 403: captcha",
        started_at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
        ended_at=now,
        found=12,
        empty=3,
        failed=1,
    )
    incident_opened = IncidentOpened(
        id="3d8e1b70fa",
        created_at=now,
        incident="service:dispatcher",
        kind=IncidentKind.SERVICE_STOPPED,
        subject="Dispatcher",
        sentence="no heartbeat since 2026-11-22 10:02 UTC; run scrapy status, then restart it",
        opened_at=now,
    )
    incident_resolved = IncidentResolved(
        id="a41c92e6d0",
        created_at=_example_time(10, 15),
        incident="service:dispatcher",
        kind=IncidentKind.SERVICE_STOPPED,
        subject="Dispatcher",
        sentence=incident_opened.sentence,
        opened_at=now,
        resolved_at=_example_time(10, 15),
    )
    channel_paused = ChannelPaused(
        id="77ab03c95e",
        created_at=now,
        channel="make",
        kind="webhook",
        reason="the endpoint was removed; give the channel a new address: 410 Gone",
        pending=4,
    )
    test = ChannelTest(id="90cd15ef28", created_at=now, channel="make")
    return run_failed, incident_opened, incident_resolved, channel_paused, test


def _example_time(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


def _example_judgment(miles: int, deal_class: DealClass) -> Judgment:
    baseline = Baseline(
        scope=BaselineScope.ROUTE,
        window_days=90,
        median=77_000,
        quarter=66_000,
        tenth=58_000,
        days=58,
        searches=61,
        lowest=44_000 if deal_class is DealClass.RECORD_LOW else 40_000,
        lowest_day=date(2026, 9, 14),
        first_day=date(2026, 9, 1),
    )
    return Judgment(
        deal_class=deal_class,
        miles=miles,
        judged_at=_example_time(10, 2),
        baseline=baseline,
        lowest_since=None if deal_class is DealClass.RECORD_LOW else date(2026, 9, 14),
        cents_per_point=(Decimal("68370") / miles).quantize(Decimal("0.01")),
        cash_fare=CashFare(amount=Decimal("689.30"), currency="USD", source="united", seen_at=_example_time(10, 2)),
    )


def _example_offer(miles: int = 44_000) -> AwardOfferItem:
    flight = Segment(
        marketing_carrier="UA",
        operating_carrier="UA",
        flight_number="837",
        origin="SFO",
        destination="NRT",
        departs_at=datetime.fromisoformat("2027-03-10T11:05:00-08:00"),
        arrives_at=datetime.fromisoformat("2027-03-11T15:20:00+09:00"),
    )
    return AwardOfferItem(
        program="united",
        source="united",
        detail=Detail.ITINERARY,
        origin="SFO",
        destination="NRT",
        departure_date=date(2027, 3, 10),
        cabin=Cabin.ECONOMY,
        miles=miles,
        taxes=Money(Decimal("5.60"), "USD"),
        seats=4,
        stops=0,
        segments=(flight,),
        duration_minutes=675,
        fare_name="Economy Saver Award",
        booking_code="X",
        mixed_cabin=False,
        saver=True,
        on_sale=False,
        cash_price=Money(Decimal("689.30"), "USD"),
        booking_link="https://www.united.com/en/us/fsr/choose-flights?f=SFO&t=NRT&d=2027-03-10",
        seen_at=datetime(2026, 11, 22, 10, 2, tzinfo=UTC),
    )
