"""Events of offers as JSON objects: judgments, costs in points, grouped days, and the bodies of earlier versions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import orjson
import pytest

from awardspider.delivery.messages.events import (
    COMPUTED_FIELDS,
    PROMOTION_FIELDS,
    Digest,
    DigestKind,
    OfferEvent,
    OfferGone,
    OfferMatched,
    event_body,
    offer_event,
    parse_event,
)
from awardspider.delivery.messages.judgment_fields import JUDGMENT_FIELDS
from awardspider.delivery.messages.payloads import event_payload
from awardspider.items import EventType, PromotionKind
from awardspider.search.judgments import Baseline, BaselineScope, CashFare, DealClass, Judgment
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.points_cost import PointsCost
from tests.support.render_examples import EVENTS, NOW, SYDNEY, TOKYO

LAST = date(2026, 12, 5)
BASELINE = Baseline(
    scope=BaselineScope.REGION_PAIR,
    window_days=90,
    median=125_000,
    quarter=110_000,
    tenth=90_000,
    days=40,
    searches=61,
    lowest=80_000,
    lowest_day=date(2026, 10, 2),
    first_day=date(2026, 9, 1),
)
CASH = CashFare(
    amount=Decimal("2905.60"), currency="USD", source="united", seen_at=datetime(2026, 11, 22, 9, tzinfo=UTC)
)
JUDGMENT = Judgment(
    deal_class=DealClass.EXCEPTIONAL,
    miles=75_000,
    judged_at=NOW,
    baseline=BASELINE,
    lowest_since=date(2026, 9, 14),
    cents_per_point=Decimal("3.87"),
    cash_fare=CASH,
)
COST = PointsCost(
    key="amex",
    name="Amex Membership Rewards",
    points=58_000,
    miles=75_400,
    ratio=Decimal(1),
    bonus_percent=30,
    bonus_until=date(2026, 12, 31),
    held=60_000,
    enough=True,
)
NEW_FIELDS = {
    *JUDGMENT_FIELDS,
    *COMPUTED_FIELDS,
    "in_points",
    "is_confirmed",
    "dates",
    "previous_at",
    "watch_max_miles",
    *PROMOTION_FIELDS,
}


def make_event(**values: Any) -> OfferEvent:
    return offer_event(EventType.OFFER_MATCHED, "key", TOKYO, NOW, **values)


def stored(event: OfferEvent | Digest) -> Any:
    """Return the event as it is parsed from stored JSON."""
    return parse_event(orjson.loads(orjson.dumps(event_body(event))))


@pytest.mark.parametrize(
    "judgment",
    [
        None,
        JUDGMENT,
        msgspec.structs.replace(JUDGMENT, deal_class=DealClass.RECORD_LOW, lowest_since=None),
        msgspec.structs.replace(JUDGMENT, cents_per_point=None, cash_fare=None),
        Judgment(deal_class=DealClass.UNKNOWN, miles=75_000, judged_at=NOW),
        Judgment(deal_class=DealClass.UNKNOWN, miles=75_000, judged_at=NOW, cash_fare=CASH),
    ],
)
def test_a_stored_event_keeps_the_judgment(judgment: Judgment | None) -> None:
    event = make_event(judgment=judgment)
    assert stored(event) == event
    assert event.judgment == judgment


def test_the_judgment_is_flat() -> None:
    body = event_body(make_event(judgment=JUDGMENT))
    assert {name: body[name] for name in JUDGMENT_FIELDS} == {
        "deal_class": "exceptional",
        "deal_judged_at": "2026-11-22T14:17:00Z",
        "deal_discount_percent": 40,
        "deal_median_miles": 125_000,
        "deal_quarter_miles": 110_000,
        "deal_tenth_miles": 90_000,
        "deal_lowest_miles": 80_000,
        "deal_lowest_day": "2026-10-02",
        "deal_lowest_since": "2026-09-14",
        "deal_first_day": "2026-09-01",
        "deal_window_days": 90,
        "deal_days": 40,
        "deal_searches": 61,
        "deal_scope": "region_pair",
        "cents_per_point": "3.87",
        "cash_fare": "2905.60",
        "cash_fare_currency": "USD",
        "cash_fare_source": "united",
        "cash_fare_seen_at": "2026-11-22T09:00:00Z",
    }
    assert "judgment" not in body


def test_a_stored_event_keeps_its_promotion_and_a_sale_has_no_points() -> None:
    sale = OfferPromotion(
        id="p1", kind=PromotionKind.AWARD_SALE, title="Global Getaways", link="https://a.example", program="alaska"
    )
    bonus = replace(
        sale,
        kind=PromotionKind.TRANSFER_BONUS,
        until=LAST,
        bank="amex",
        percent=25,
        points=48_000,
        previous_points=60_000,
    )
    for promotion in (None, sale, bonus):
        event = make_event(promotion=promotion)
        assert stored(event) == event
    body = event_body(make_event(promotion=sale))
    assert "promotion" not in body
    assert (body["promotion_kind"], body["promotion_points"]) == ("award_sale", None)


def test_published_texts_name_a_bonus_without_the_owners_points() -> None:
    bonus = OfferPromotion(
        id="p1",
        kind=PromotionKind.TRANSFER_BONUS,
        title="25% from Amex",
        link="https://a.example",
        program="flyingblue",
        until=LAST,
        bank="amex",
        percent=25,
        points=48_000,
        previous_points=60_000,
    )
    payload = event_payload(make_event(promotion=bonus))
    assert payload["promotion_points"] == 48_000
    assert "25% bonus from Amex Membership Rewards to Flying Blue" in payload["long"]
    assert "48,000" not in payload["long"] + payload["short"] + payload["title"]


def test_a_judgment_of_another_price_is_left_out() -> None:
    assert make_event(judgment=msgspec.structs.replace(JUDGMENT, miles=80_000)).judgment is None


def test_the_key_of_the_flights_and_the_price_for_the_party_follow_from_the_offer() -> None:
    body = event_body(offer_event(EventType.OFFER_MATCHED, "key", SYDNEY, NOW))
    assert (body["flight_key"], body["party_miles"]) == (SYDNEY.flight_key, 2 * 1_120_000)
    unpriced = offer_event(EventType.OFFER_MATCHED, "key", replace(SYDNEY, miles=None), NOW)
    assert event_body(unpriced)["party_miles"] is None


def test_a_stored_event_keeps_costs_in_points_and_days() -> None:
    event = msgspec.structs.replace(
        make_event(in_points=[COST], is_confirmed=False), dates=[date(2027, 3, 10), date(2027, 3, 11)]
    )
    assert stored(event) == event
    body = event_body(event)
    assert (body["in_points"][0]["points"], body["is_confirmed"]) == (58_000, False)
    assert body["dates"] == ["2027-03-10", "2027-03-11"]


def test_a_stored_event_that_is_gone_keeps_the_time_of_its_alert() -> None:
    event = offer_event(EventType.OFFER_GONE, "key", TOKYO, NOW, previous_at=CASH.seen_at)
    assert isinstance(stored(event), OfferGone)
    assert stored(event).previous_at == CASH.seen_at


def test_bodies_of_earlier_versions_are_parsed() -> None:
    body = {name: value for name, value in event_body(make_event()).items() if name not in NEW_FIELDS}
    event = parse_event(body)
    assert isinstance(event, OfferMatched)
    assert event == make_event()
    assert (event.judgment, event.in_points, event.is_confirmed, event.dates) == (None, [], True, [])


def test_digests_of_earlier_versions_are_daily() -> None:
    digest = EVENTS["digest"]
    assert isinstance(digest, Digest)
    body = event_body(digest)
    del body["kind"]
    body["offers"] = [{name: offer[name] for name in offer.keys() - NEW_FIELDS} for offer in body["offers"]]
    event = parse_event(body)
    assert isinstance(event, Digest)
    assert event.kind is DigestKind.DAILY
    assert [offer.offer for offer in event.offers] == [offer.offer for offer in digest.offers]


@pytest.mark.parametrize("kind", DigestKind)
def test_a_stored_digest_keeps_its_kind(kind: DigestKind) -> None:
    digest = EVENTS["digest"]
    assert isinstance(digest, Digest)
    assert stored(msgspec.structs.replace(digest, kind=kind)).kind is kind


@pytest.mark.parametrize(
    "values",
    [{"deal_class": "bargain"}, {"deal_scope": "planet"}, {"cents_per_point": "many"}, {"cash_fare_seen_at": "today"}],
)
def test_invalid_judgments_are_rejected(values: dict[str, str]) -> None:
    body = event_body(make_event(judgment=JUDGMENT)) | values
    with pytest.raises(msgspec.ValidationError):
        parse_event(body)


@pytest.mark.parametrize("name", EVENTS)
def test_a_body_with_a_field_of_another_type_is_parsed_or_rejected(name: str) -> None:
    body = event_body(EVENTS[name])
    for field in body:
        for value in (None, 5, -1, 1e308, True, "x", "2026-13-45", [], {}, [5], ["x"], [[]], [{}], {"a": 1}):
            with suppress(msgspec.ValidationError):
                parse_event(body | {field: value})
