"""`scrapy promotions`: states, filters, and what a table and JSON contain."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands import promotions
from awardspider.commands.promotions import _days_left, _sources
from awardspider.items import BonusOrDiscount, PromotionItem, PromotionKind
from awardspider.search.promotion_fields import PROMOTION_KINDS
from awardspider.storage.promotion_pages import listing_rank
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.records import PROMOTION_FIELDS
from awardspider.storage.store import open_store
from tests.support.commands import CommandRunner
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements

DAY = timedelta(days=1)
TODAY = NOW.date()


def buy_miles(**fields: object) -> PromotionItem:
    """Return a sale of Alaska's points until tomorrow."""
    values = {"kind": PromotionKind.BUY_MILES, "programs": ("alaska",), "banks": (), "title": "Buy Atmos points"}
    return make_bonus(**values | fields)


ITEMS = [
    make_bonus(source="a.example", book_by=TODAY + 20 * DAY, published=NOW - 3 * DAY),
    make_bonus(source="b.example", book_by=TODAY + 20 * DAY, link="https://b.example/"),
    buy_miles(
        percent=60,
        up_to=True,
        bonus_or_discount=BonusOrDiscount.BONUS,
        cents_per_mile=Decimal("1.88"),
        book_by=TODAY + DAY,
        entry_id="2",
        source="a.example",
    ),
    make_bonus(percent=40, banks=("chase",), book_from=TODAY + 5 * DAY, entry_id="3", source="a.example"),
    make_bonus(percent=30, title="A 30% bonus", entry_id="4", source="a.example"),
    make_bonus(percent=30, title="(EXPIRED) A 30% bonus", entry_id="4", source="a.example", expired=True),
    PromotionItem(
        kind=PromotionKind.AWARD_SALE,
        title="Award sale \x1b[31m of United",
        programs=("united",),
        source="a.example",
        link="https://a.example/5",
        entry_id="5",
        targeted=True,
        seen_at=NOW,
    ),
]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandRunner:
    monkeypatch.setattr(promotions.Command, "now", staticmethod(lambda: NOW + timedelta(hours=1)))
    with closing(open_store("", tmp_path)) as store:
        for item in ITEMS:
            store_announcements(store, item)
    return CommandRunner(promotions.Command, {"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(tmp_path)}, capsys)


def listed(run: CommandRunner, *options: str) -> list[str]:
    """Return the kinds and percentages of the listed promotions."""
    found = json.loads(run.succeed("--json", *options))
    return [f"{each['kind']} {each['percent'] or ''}".strip() for each in found]


def test_promotions_that_can_be_used_come_first_and_ended_ones_are_left_out(run: CommandRunner) -> None:
    assert listed(run) == ["award_sale", "buy_miles 60", "transfer_bonus 25", "transfer_bonus 40"]
    assert listed(run, "--state", "all")[-1] == "transfer_bonus 30"


OTHER_KINDS = (
    PromotionKind.CASH_FARE_DEAL,
    PromotionKind.DEVALUATION_NEWS,
    PromotionKind.PAGE_CHANGE,
    PromotionKind.EARN_BONUS,
)


def row(kind: PromotionKind, **fields: Any) -> PromotionRow:
    """Return a promotion that was published today, without an end."""
    item = make_bonus(**{"kind": kind, "published": NOW, **fields})
    return PromotionRow(id=f"{kind} {fields}", first_seen_at=NOW, item=item)


def test_the_most_useful_promotions_come_first() -> None:
    old = NOW - 4 * DAY
    expected = [
        row(PromotionKind.TRANSFER_BONUS, published=old, book_by=TODAY + DAY),  # ends soon
        row(PromotionKind.AWARD_SALE),  # new
        row(PromotionKind.PROMO_AWARD_LIST, published=None, book_from=TODAY - DAY),
        row(PromotionKind.BUY_MILES),
        row(PromotionKind.TRANSFER_BONUS, published=old),
        row(PromotionKind.BUY_MILES, published=None, book_from=TODAY - 5 * DAY),
        row(PromotionKind.TRANSFER_BONUS, book_from=TODAY + DAY),  # has not begun
        *(row(kind) for kind in reversed(OTHER_KINDS)),
        row(PromotionKind.TRANSFER_BONUS, book_by=TODAY - 3 * DAY),  # ended
    ]
    ranks = [listing_rank(each, NOW) for each in expected]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert {each.item.kind for each in expected} == set(PROMOTION_KINDS)


def test_a_table_is_short_and_counts_the_others_by_kind(run: CommandRunner, tmp_path: Path) -> None:
    fares = [
        PromotionItem(
            kind=PromotionKind.CASH_FARE_DEAL,
            title=f"Fare {number}",
            source="a.example",
            link=f"https://a.example/fare{number}",
            entry_id=f"fare{number}",
            seen_at=NOW,
        )
        for number in range(20)
    ]
    with closing(open_store("", tmp_path)) as store:
        store_announcements(store, *fares)
    assert "and 4 more (cash fare deal 4); --limit 0 shows all" in run.succeed().splitlines()
    assert "and 22 more (cash fare deal 20, transfer bonus 2); --limit 0 shows all" in run.succeed("--limit", "2")
    assert "more (" not in run.succeed("--limit", "0")
    assert len(listed(run)) == 24


@pytest.mark.parametrize(
    ("last", "text"), [(TODAY, "today"), (TODAY + DAY, "1 day"), (TODAY + 9 * DAY, "9 days"), (None, "")]
)
def test_the_days_until_the_end_are_counted(last: date | None, text: str) -> None:
    promotion = row(PromotionKind.TRANSFER_BONUS, book_by=last)
    assert _days_left(promotion, NOW.replace(hour=20)) == text


def test_two_sources_are_named_and_the_others_counted() -> None:
    names = ("One", "Two", "Three", "Four")
    promotion = row(PromotionKind.BUY_MILES)
    texts = [_sources(replace(promotion, sources=names[:count])) for count in (0, 1, 2, 4)]
    assert texts == [promotion.item.source, "One", "One, Two", "One, Two and 2 more"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--kind", "transfer bonus"], ["transfer_bonus 25", "transfer_bonus 40"]),
        (["--kind", "award_sale,buy_miles"], ["award_sale", "buy_miles 60"]),
        (["--program", "Flying Blue"], ["transfer_bonus 25", "transfer_bonus 40"]),
        (["--program", "united, alaska"], ["award_sale", "buy_miles 60"]),
        (["--bank", "Ultimate Rewards"], ["transfer_bonus 40"]),
        (["--min-percent", "40"], ["buy_miles 60", "transfer_bonus 40"]),
        (["--state", "ended"], ["transfer_bonus 30"]),
        (["--state", "ending-soon,announced"], ["buy_miles 60", "transfer_bonus 40"]),
        (["--limit", "1"], ["award_sale"]),
        (["--bank", "citi"], []),
    ],
)
def test_filters(run: CommandRunner, options: list[str], expected: list[str]) -> None:
    assert listed(run, *options) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "sale of cars"], "--kind"),
        (["--program", "Nobody Airlines"], "--program"),
        (["--bank", "Nobody Bank"], "--bank"),
        (["--state", "over"], "--state: unknown value 'over'"),
        (["--min-percent", "301"], "--min-percent: expected at most 300"),
        (["--min-percent", "many"], "--min-percent: expected an integer"),
        (["--format", "xml"], "--format: unknown value 'xml'"),
        (["word"], "unexpected argument"),
    ],
)
def test_invalid_options_end_with_one_sentence(run: CommandRunner, options: list[str], message: str) -> None:
    assert message in run.fail(*options)


def test_json_has_every_field(run: CommandRunner) -> None:
    (bonus,) = json.loads(run.succeed("--json", "--min-percent", "25", "--bank", "amex"))
    assert tuple(bonus) == PROMOTION_FIELDS
    assert bonus | {"id": ""} == {
        "id": "",
        "state": "active",
        "kind": "transfer_bonus",
        "programs": ["flyingblue"],
        "banks": ["amex"],
        "percent": 25,
        "up_to": None,
        "bonus_or_discount": None,
        "cents_per_mile": None,
        "miles_price": None,
        "routes": [],
        "book_from": None,
        "book_by": "2026-12-12",
        "travel_from": None,
        "travel_until": None,
        "targeted": None,
        "title": "Transfer Amex points to Flying Blue with a 25% bonus",
        "source": "a.example",
        "link": "https://a.example/1",
        "published": "2026-11-19T10:00:00+00:00",
        "excerpt": "",
        "confidence": "verified",
        "sources": ["a.example", "b.example"],
        "announced_at": "2026-11-22T10:00:00+00:00",
        "ended_at": None,
        "first_seen_at": "2026-11-22T10:00:00+00:00",
        "last_seen_at": "2026-11-22T10:00:00+00:00",
    }


def test_csv_has_the_same_fields(run: CommandRunner) -> None:
    rows = list(csv.DictReader(io.StringIO(run.succeed("--format", "csv", "--kind", "buy_miles"))))
    assert tuple(rows[0]) == PROMOTION_FIELDS
    assert (rows[0]["programs"], rows[0]["cents_per_mile"]) == ("alaska", "1.88")


@pytest.mark.parametrize("width", ["80", "120"])
def test_a_table_fits_the_terminal_and_says_what_matters(
    run: CommandRunner, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = run.succeed().splitlines()
    assert max(map(len, lines)) <= int(width)
    text = "\n".join(lines)
    for word in (
        "state",
        "active",
        "ending soon",
        "announced",
        "buy miles",
        "up to 60%",
        "2026-12-12",
        "a.example, b.example",
    ):
        assert word in text
    assert "1 ended; --state ended lists them" in lines
    assert "\x1b" not in text


def test_a_table_without_rows_says_so(run: CommandRunner) -> None:
    assert run.succeed("--bank", "citi").splitlines() == ["no matching rows"]
