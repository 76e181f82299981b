"""Events about promotions, for tests of messages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awardspider.delivery.messages.events import Digest, DigestKind, Promotion, promotion_event
from awardspider.items import BonusOrDiscount, Confidence, PromotionItem, PromotionKind

NOW = datetime(2026, 11, 22, 14, 17, tzinfo=UTC)
TODAY = NOW.date()


def make_promotion_event(
    title: str,
    kind: PromotionKind = PromotionKind.TRANSFER_BONUS,
    sources: tuple[str, ...] = ("blog.example",),
    watches: tuple[str, ...] = ("Transfer bonuses",),
    **fields: Any,
) -> Promotion:
    """Return the event of a promotion that was seen two hours ago; `last` days ahead is its last day."""
    last = fields.pop("last", None)
    item = PromotionItem(
        kind=kind,
        title=title,
        source=sources[0],
        link=fields.pop("link", "https://blog.example/2026/11/promotion/"),
        confidence=Confidence.VERIFIED if len(sources) > 1 else Confidence.LIKELY,
        published=NOW - timedelta(hours=5),
        seen_at=NOW - timedelta(hours=2),
        book_by=None if last is None else TODAY + timedelta(days=last),
        **fields,
    )
    ids = [f"id of {name}" for name in watches]
    return promotion_event(title, item, title, source_names=sources, watches=watches, watch_ids=ids)


BONUS = Promotion(
    id="p",
    created_at=NOW,
    promotion_id="p1",
    kind=PromotionKind.TRANSFER_BONUS,
    headline="Transfer to Flying Blue with a bonus",
    source="Flying Blue",
    link="https://example.com/bonus",
    programs=["flyingblue", "virginatlantic"],
    program_names=["Flying Blue", "Virgin Atlantic Flying Club"],
    banks=["livelo", "esfera", "c6"],
    bank_names=["Livelo", "Esfera", "C6 Bank"],
    percent=100,
    up_to=True,
    bonus_or_discount=BonusOrDiscount.BONUS,
    cents_per_mile=Decimal("1.25"),
    miles_price=None,
    routes=[],
    book_from=None,
    book_by=date(2026, 12, 5),
    travel_from=date(2027, 1, 10),
    travel_until=date(2027, 3, 31),
    targeted=True,
    published=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    excerpt="",
    confidence=Confidence.LIKELY,
    source_names=["Flying Blue"],
    watches=["Transfer bonuses"],
    watch_ids=["c41f08a9d6e3"],
    seen_at=NOW - timedelta(days=1, hours=2),
)
TRANSFER_BONUS = make_promotion_event(
    "Transfer Amex points to Flying Blue with 25% bonus",
    banks=("amex",),
    programs=("flyingblue",),
    percent=25,
    up_to=False,
    bonus_or_discount=BonusOrDiscount.BONUS,
    book_from=date(2026, 11, 1),
    last=2,
    sources=("milesblog.example", "pointsnews.example"),
)
EMIRATES_BONUS = make_promotion_event(
    "Up to 30% bonus on transfers to Emirates Skywards and Cathay Asia Miles",
    banks=("amex", "citi"),
    programs=("emirates", "cathay"),
    percent=30,
    up_to=True,
    last=30,
)
BUY_MILES = make_promotion_event(
    "LAST CALL: Buy Alaska Airlines Atmos Rewards points with a mystery bonus of up to 100% (from 1.88 cents each) "
    "for all members who have earned fewer than 3,000 status points since January",
    PromotionKind.BUY_MILES,
    programs=("alaska",),
    percent=100,
    up_to=True,
    bonus_or_discount=BonusOrDiscount.BONUS,
    cents_per_mile=Decimal("1.88"),
    targeted=True,
    last=0,
    sources=("milesblog.example", "pointsnews.example", "deals.example", "a.example", "b.example", "c.example"),
    watches=("Cheap miles",),
)
AWARD_SALE = make_promotion_event(
    "Flying Blue Promo Rewards for December",
    PromotionKind.PROMO_AWARD_LIST,
    programs=("flyingblue",),
    percent=25,
    up_to=False,
    bonus_or_discount=BonusOrDiscount.DISCOUNT,
    miles_price=12_500,
    routes=("JFK-CDG", "GRU-AMS", "LAX-CDG", "YYZ-AMS", "MIA-CDG", "ORD-AMS"),
    book_from=date(2026, 12, 1),
    last=39,
    travel_from=date(2027, 1, 10),
    travel_until=date(2027, 5, 31),
)
WITHOUT_TERMS = make_promotion_event("Bônus misterioso na Smiles", PromotionKind.EARN_BONUS, programs=("smiles",))
PAGE_CHANGE = make_promotion_event(
    "Delta SkyMiles deals",
    PromotionKind.AWARD_SALE,
    programs=("delta",),
    miles_price=8_000,
    excerpt="- Atlanta to Cancún from 14,000 miles\n+ Atlanta to Cancún from 8,000 miles\n+ Book by December 1, 2026",
    last=9,
)

PROMOTIONS = [
    TRANSFER_BONUS,
    EMIRATES_BONUS,
    AWARD_SALE,
    PAGE_CHANGE,
    BUY_MILES,
    WITHOUT_TERMS,
]


def make_promotion_digest(promotions: list[Promotion], more: int = 0, **fields: Any) -> Digest:
    """Return a digest of promotions and `more` others."""
    watches = list(dict.fromkeys(name for event in promotions for name in event.watches))
    values: dict[str, Any] = {"kind": DigestKind.CRAWL, "offers": [], "more": 0} | fields
    return Digest(
        id="promotions",
        created_at=NOW,
        watches=watches,
        watch_ids=[f"id of {name}" for name in watches],
        promotions=promotions,
        more_promotions=more,
        **values,
    )


PROMOTION_EVENTS = {
    "promotion": BONUS,
    "transfer-bonus": TRANSFER_BONUS,
    "transfer-bonus-up-to": EMIRATES_BONUS,
    "buy-miles": BUY_MILES,
    "promo-awards": AWARD_SALE,
    "promotion-without-terms": WITHOUT_TERMS,
    "page-change": PAGE_CHANGE,
    "promotion-digest": make_promotion_digest(PROMOTIONS, more=3),
}
