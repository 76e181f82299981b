"""The wording of promotions: what a percentage means, days, sources, page changes and short texts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec import structs

from awardspider.delivery.messages.events import event_body, parse_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.promotions import excerpt_lines, promotion_content
from awardspider.delivery.messages.render import Form, ready_texts, render
from awardspider.items import BonusOrDiscount, Confidence, PromotionKind
from tests.support.promotion_events import (
    AWARD_SALE,
    BUY_MILES,
    NOW,
    PAGE_CHANGE,
    PROMOTIONS,
    TODAY,
    TRANSFER_BONUS,
    make_promotion_digest,
    make_promotion_event,
)

ENGLISH = get_language("en")


def meaning(locale: str = "en", **fields: Any) -> str:
    event = structs.replace(TRANSFER_BONUS, **fields)
    return promotion_content(event, get_language(locale), NOW, None).evidence


# ---- what the percentage means -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bank", "program", "percent", "up_to", "expected"),
    [
        ("amex", "flyingblue", 25, False, "1,000 Membership Rewards points become 1,250 Flying Blue miles"),
        ("amex", "aeromexico", 20, None, "1,000 Membership Rewards points become 1,920 Aeromexico Rewards points"),
        ("amex", "emirates", 25, False, "1,000 Membership Rewards points become 1,000 Skywards miles"),
        ("capital_one", "jal", 30, True, "1,000 Capital One miles become up to 975 JAL miles"),
        ("chase", "delta", 25, False, ""),  # no partner
        ("livelo", "smiles", 100, False, ""),  # no known ratio
        ("amex", "avios", 30, False, ""),  # which of the programs is not known
        ("amex", "no_longer_known", 30, False, ""),
    ],
)
def test_a_transfer_bonus_has_an_example_at_the_standard_ratio(
    bank: str, program: str, percent: int, up_to: bool | None, expected: str
) -> None:
    assert meaning(banks=[bank], programs=[program], percent=percent, up_to=up_to) == expected


def test_examples_of_several_banks_are_limited() -> None:
    text = meaning(banks=["amex", "chase", "citi"], programs=["flyingblue", "virginatlantic"])
    assert text.count("become") == 2


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "A bonus of up to 100% is worth a discount of up to 50%"),
        ("pt_BR", "Um bônus de até 100% equivale a um desconto de até 50%"),
        ("es", "Un bono de hasta 100 % equivale a un descuento de hasta 50 %"),
    ],
)
def test_a_bonus_of_bought_miles_is_a_discount(locale: str, expected: str) -> None:
    assert promotion_content(BUY_MILES, get_language(locale), NOW, None).evidence == expected


@pytest.mark.parametrize(("percent", "discount"), [(25, 20), (40, 28), (120, 54), (300, 75)])
def test_a_discount_is_never_rounded_up(percent: int, discount: int) -> None:
    event = structs.replace(BUY_MILES, percent=percent, up_to=False)
    text = promotion_content(event, ENGLISH, NOW, None).evidence
    assert text == f"A bonus of {percent}% is worth a discount of {discount}%"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "25% bonus"),
        ({"up_to": True}, "Up to 25% bonus"),
        ({"kind": PromotionKind.AWARD_SALE, "bonus_or_discount": BonusOrDiscount.DISCOUNT}, "25% discount"),
        ({"kind": PromotionKind.AWARD_SALE, "bonus_or_discount": None}, "25%"),
        ({"percent": None}, ""),
        ({"percent": None, "cents_per_mile": Decimal("1.88")}, "1.88 cents (USD) per mile"),
        ({"percent": 40, "miles_price": 12_500}, "40% bonus · from 12,500 miles"),
        ({"programs": ["alaska"], "percent": None, "miles_price": 4_500}, "From 4,500 points"),
        ({"programs": ["britishairways"], "percent": None, "miles_price": 9_000}, "From 9,000 Avios"),
        ({"programs": ["alaska", "delta"], "percent": None, "miles_price": 4_500}, "From 4,500 miles"),
    ],
)
def test_the_terms_are_on_one_line(fields: dict[str, Any], expected: str) -> None:
    assert promotion_content(structs.replace(TRANSFER_BONUS, **fields), ENGLISH, NOW, None).price == expected


# ---- days --------------------------------------------------------------------------------------------------------


def in_los_angeles(day: int, hour: int = 12) -> datetime:
    """Return a time on November 22 or `day` days later; NOW's day there is November 22."""
    return NOW.replace(hour=8, minute=0) + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (9, in_los_angeles(0), "Until Tue, Dec 1, 2026"),
        (7, in_los_angeles(0), "Until Sun, Nov 29, 2026 · ends in 7 days"),
        (2, in_los_angeles(0), "Until Tue, Nov 24, 2026 · ends in 2 days"),
        (1, in_los_angeles(0), "Until Mon, Nov 23, 2026 · ends tomorrow"),
        (0, in_los_angeles(0, 23), "Until Sun, Nov 22, 2026 · ends today"),  # 07:00 UTC on the next day
        (0, in_los_angeles(1, 0), "Until Sun, Nov 22, 2026 · has ended"),
        (2, None, "Sun, Nov 1, 2026 – Tue, Nov 24, 2026"),  # read at an unknown time
        (None, in_los_angeles(0), "End date not announced"),
    ],
)
def test_the_last_day_has_the_days_left(last: int | None, now: datetime | None, expected: str) -> None:
    event = structs.replace(TRANSFER_BONUS, book_by=None if last is None else TODAY + timedelta(days=last))
    assert promotion_content(event, ENGLISH, now, None).date == expected


def test_a_promotion_that_has_not_begun_has_both_days() -> None:
    event = structs.replace(TRANSFER_BONUS, book_from=TODAY + timedelta(days=1))
    assert promotion_content(event, ENGLISH, NOW, None).date == "Mon, Nov 23, 2026 – Tue, Nov 24, 2026"
    open_end = structs.replace(event, book_by=None)
    assert promotion_content(open_end, ENGLISH, NOW, None).date == "From Mon, Nov 23, 2026"


# ---- sources and routes --------------------------------------------------------------------------------------------


def fact(event: Any, label: str, locale: str = "en") -> str:
    content = promotion_content(event, get_language(locale), NOW, None)
    return next((each.text for each in content.facts if each.label == label), "")


@pytest.mark.parametrize(
    ("names", "confidence", "expected"),
    [
        (["A"], Confidence.LIKELY, "One source so far: A"),
        (["A", "B"], Confidence.VERIFIED, "Confirmed by 2 sources: A and B"),
        (list("ABCDEF"), Confidence.VERIFIED, "Confirmed by 6 sources: A, B, C, D and 2 more"),
        (["A", "B"], None, "A and B"),
    ],
)
def test_the_sources_say_whether_they_confirm_each_other(
    names: list[str], confidence: Confidence | None, expected: str
) -> None:
    event = structs.replace(TRANSFER_BONUS, source_names=names, confidence=confidence)
    assert fact(event, "Confidence") == expected


def test_routes_have_the_names_of_cities() -> None:
    routes = ["GRU-LIS", "XQQ-JFK"]
    event = structs.replace(AWARD_SALE, routes=routes)
    assert fact(event, "Rotas", "pt_BR") == "São Paulo (GRU) → Lisboa (LIS) e XQQ → Nova York (JFK)"


# ---- page changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("excerpt", "lines"),
    [
        ("", ()),
        ("Members get a bonus - and more", ()),
        ("+ new\n- old", ("+ new", "- old")),
        ("  same\n+ new", ("same", "+ new")),
        ("a text\n+ with a plus", ()),
        ("+ a\x1b[31mb\u202ec", ("+ a [31mbc",)),
        ("\n".join(f"+ line {n}" for n in range(40)), (*(f"+ line {n}" for n in range(12)), "…")),
        ("+ " + "x" * 500, ("+ " + "x" * 197 + "…",)),
    ],
)
def test_only_the_changed_lines_of_a_page_are_shown(excerpt: str, lines: tuple[str, ...]) -> None:
    assert excerpt_lines(excerpt) == lines


class Monospace(HTMLParser):
    """The texts in elements with a font of equal widths."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._open: list[bool] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self._open.append(tag == "pre" or "monospace" in (dict(attrs).get("style") or ""))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1]:
            self.texts += data.split("\n")


HOSTILE_LINES = ["- ```", "+ <script>alert(1)</script> @everyone", "+ [x](https://evil.example) *b*"]


@pytest.mark.parametrize("form", [Form.HTML, Form.HTML_FRAGMENT])
def test_changed_lines_are_escaped_and_have_a_font_of_equal_widths(form: Form) -> None:
    event = structs.replace(PAGE_CHANGE, excerpt="\n".join(HOSTILE_LINES))
    assert Monospace(render(event, form=form, locale="en", now=NOW).body).texts == HOSTILE_LINES


def test_changed_lines_do_not_end_their_block_of_markdown() -> None:
    event = structs.replace(PAGE_CHANGE, excerpt="\n".join(HOSTILE_LINES))
    body = render(event, form=Form.MARKDOWN, locale="en", now=NOW).body
    _, block, rest = body.split("```")
    assert block.strip().splitlines() == [
        "- '''",
        "+ <script>alert(1)</script> @\u200beveryone",
        "+ [x](https://evil.example) *b*",
    ]
    assert "Delta SkyMiles" in rest


def test_changed_lines_are_dropped_before_facts_if_the_message_is_too_long() -> None:
    complete = render(PAGE_CHANGE, form=Form.LONG, locale="en", now=NOW).body
    shorter = render(PAGE_CHANGE, form=Form.LONG, locale="en", now=NOW, limit=len(complete) - 1).body
    assert "14,000" not in shorter
    assert "Watch: Transfer bonuses" in shorter


# ---- short texts, lists and JSON -----------------------------------------------------------------------------------


def test_a_short_text_has_room_for_the_terms_after_a_long_title() -> None:
    body = render(BUY_MILES, form=Form.SHORT, locale="en", now=NOW).body
    assert "1.88 cents (USD) per point" in body
    assert len(body) <= 160


def test_a_percentage_in_the_title_is_not_repeated() -> None:
    assert render(TRANSFER_BONUS, form=Form.SHORT, locale="en", now=NOW).body.count("25%") == 1
    other = make_promotion_event("Bonus of 125%", percent=25, last=30)
    assert "25% bonus" in render(other, form=Form.SHORT, locale="en", now=NOW).body


def test_ready_texts_have_no_watches_and_no_ages() -> None:
    body = event_payload(make_promotion_digest(PROMOTIONS))
    texts = [body[name] for name in ("title", "short", "long")]
    texts += [promotion[name] for promotion in body["promotions"] for name in ("title", "short")]
    texts += ready_texts(structs.replace(TRANSFER_BONUS, watches=[]), locale="en")
    assert not any(word in text for text in texts for word in ("Cheap miles", "Watch:", "ago", "ends in"))
    assert body["watches"] == ["Transfer bonuses", "Cheap miles"]


@pytest.mark.parametrize("event", [*PROMOTIONS, make_promotion_digest(PROMOTIONS, more=2)], ids=lambda event: event.id)
def test_an_event_is_the_same_after_storage(event: Any) -> None:
    assert parse_event(event_body(event)) == event


def test_a_digest_of_one_promotion_has_its_title() -> None:
    digest = make_promotion_digest([TRANSFER_BONUS])
    title = render(digest, form=Form.LONG, locale="en", now=NOW).title
    assert title == render(TRANSFER_BONUS, form=Form.LONG, locale="en", now=NOW).title


def test_a_short_limit_drops_the_last_promotions_and_counts_them() -> None:
    digest = make_promotion_digest(PROMOTIONS, more=3)
    body = render(digest, form=Form.LONG, locale="en", now=NOW, limit=900).body
    assert len(body) <= 900
    assert "and 7 more" in body
    assert "3. " not in body
