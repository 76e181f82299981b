"""`scrapy promotions`: states, filters, and what a table and JSON contain."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from awardspider.commands import promotions
from awardspider.commands.promotions import PROMOTION_FIELDS
from awardspider.items import BonusOrDiscount, PromotionItem, PromotionKind
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
    assert listed(run) == ["award_sale", "transfer_bonus 25", "buy_miles 60", "transfer_bonus 40"]
    assert listed(run, "--state", "all")[-1] == "transfer_bonus 30"


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
