"""Hard cases for cards: long names, large numbers, unknown facts, many days, and text that the fonts do not have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from msgspec import structs

from awardspider.delivery.messages.cards.card import CardEvent
from awardspider.delivery.messages.events import Digest, OfferEvent, Promotion
from awardspider.items import Cabin, EventType, Money
from awardspider.search.judgments import BaselineScope, DealClass
from tests.support.promotion_events import TRANSFER_BONUS
from tests.support.render_examples import (
    DAY_PRICE,
    EVENTS,
    RETURN_PARTNER,
    SYDNEY,
    TOKYO,
    make_judgment,
    make_offer,
    make_offer_event,
    make_segment,
)

LONG_TITLE = (
    "🔥 LAST CHANCE 🔥 Transfer Capital One, Citi ThankYou and Bilt Rewards points to Air France-KLM Flying Blue with "
    "a 25% bonus ✈️ نقاط"
)


def _days(*numbers: int) -> list[date]:
    return [date(2027, 3, 1) + timedelta(days=number) for number in numbers]


def _matched(offer: object, **values: object) -> OfferEvent:
    return make_offer_event(EventType.OFFER_MATCHED, offer, **values)  # type: ignore[arg-type]


_RIO = make_offer(
    make_segment("AF7100", "OPO-LIS", "2027-03-10 06:35", "2027-03-10 07:40"),
    make_segment("TP75", "LIS-GRU", "2027-03-10 09:35", "2027-03-10 17:05"),
    program="flyingblue",
    source="flyingblue",
    cabin=Cabin.PREMIUM_ECONOMY,
    miles=1_250_000,
    taxes=Money(Decimal("12345.60"), "BRL"),
    seats=1,
    travelers=4,
)

CARD_EVENTS: dict[str, CardEvent] = {
    **{name: event for name, event in EVENTS.items() if isinstance(event, OfferEvent | Digest | Promotion)},
    "million": structs.replace(
        _matched(
            _RIO,
            judgment=make_judgment(DealClass.EXCEPTIONAL, 1_250_000, 2_400_000, scope=BaselineScope.REGION_PAIR),
            partner=replace(RETURN_PARTNER, taxes=None),
        ),
        origin_city="Rio de Janeiro Galeão",
        destination_city="San Francisco de Macorís",
        program_name="Air France-KLM Flying Blue para Pequeñas Empresas",
        dates=_days(9, 10, 13, 20, 27, 29, 40, 55, 70, 75, 80, 85),
    ),
    "no-taxes": _matched(replace(TOKYO, taxes=None, seats=1)),
    "unconfirmed-day": _matched(DAY_PRICE, is_confirmed=False, judgment=make_judgment(DealClass.GOOD, 42_500, 60_000)),
    "mixed-drop": make_offer_event(EventType.OFFER_DROPPED, replace(SYDNEY, source="aeroplan"), 1_300_000),
    "new-year": structs.replace(
        _matched(replace(DAY_PRICE, departure_date=date(2026, 12, 30))),
        dates=[date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 2)],
    ),
    "without-cities": structs.replace(_matched(DAY_PRICE), origin_city=None, destination_city=None),
    "long-title": structs.replace(TRANSFER_BONUS, headline=LONG_TITLE),
    "foreign-title": structs.replace(TRANSFER_BONUS, headline="مكافأة نقل النقاط 🔥 東京"),
}

#: A link as the public pages have it.
SHORT_LINK = "https://awards.example.com/s/Xk29fQ7LmTz0"
CARD_TIME = datetime(2026, 11, 22, 14, 17, tzinfo=UTC)
