"""`scrapy watches check` of a watch for promotions."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands._promotion_watch_check import PROMOTION_CHECK_FIELDS
from awardspider.items import PromotionItem, PromotionKind
from awardspider.storage.store import open_store
from tests.support.storage_examples import NOW
from tests.support.stored_promotions import store_announcements
from tests.support.watches_command import Watches

BONUSES = ("--promotions", "--kinds", "transfer bonus", "--banks", "amex", "--min-percent", "25")
TODAY = NOW.date()


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


def promotion(title: str, **values: Any) -> PromotionItem:
    fields: dict[str, Any] = {
        "kind": PromotionKind.TRANSFER_BONUS,
        "programs": ("flyingblue",),
        "banks": ("amex",),
        "percent": 25,
        "book_by": TODAY + timedelta(days=20),
        "source": "blog.example",
        "link": f"https://blog.example/{title.replace(' ', '-')}",
        "published": NOW - timedelta(hours=30),
        "seen_at": NOW - timedelta(hours=2),
    }
    return PromotionItem(title=title, **fields | values)


def store_promotions(watches: Watches, *items: PromotionItem) -> None:
    store = open_store("", watches.folder)
    try:
        store_announcements(store, *items)
    finally:
        store.close()


def store_examples(watches: Watches) -> None:
    store_promotions(
        watches,
        promotion("Amex to Flying Blue with a 25% bonus"),
        promotion("Amex to Avios 40%", programs=("avios",), percent=40, up_to=True, book_by=TODAY + timedelta(days=2)),
        promotion("Amex to Delta 30% from December", programs=("delta",), percent=30, book_from=date(2026, 12, 1)),
        promotion("Amex to Aeroplan 20%", programs=("aeroplan",), percent=20),
        promotion("Chase to Flying Blue 30%", banks=("chase",), percent=30, published=NOW - timedelta(hours=1)),
        promotion("Chase to Aeroplan 10%", banks=("chase",), percent=10, targeted=True),
        promotion("Amex to Flying Blue last month", percent=35, book_by=TODAY - timedelta(days=5)),
        promotion(
            "Alaska at 1.88 cents", kind=PromotionKind.BUY_MILES, programs=("alaska",), banks=(), percent=60,
            cents_per_mile=Decimal("1.88"),
        ),
    )  # fmt: skip


def test_check_lists_current_matches_and_near_misses_with_reasons(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES)
    store_examples(watches)
    records = json.loads(watches.succeed("check", "bonuses", "--format", "json"))
    assert {tuple(record) for record in records} == {PROMOTION_CHECK_FIELDS}
    assert [(record["title"], record["state"], record["reasons"]) for record in records] == [
        ("Amex to Flying Blue with a 25% bonus", "active", ""),
        ("Amex to Avios 40%", "ending_soon", ""),
        ("Amex to Delta 30% from December", "announced", ""),
        ("Amex to Aeroplan 20%", "active", "20% is less than 25%"),
        ("Chase to Flying Blue 30%", "active", "is from Chase Ultimate Rewards"),
    ]
    assert [record["result"] for record in records] == ["match"] * 3 + ["no_match"] * 2
    out = watches.succeed("check", "bonuses")
    matches, _, misses = out.partition("\nNearest misses:\n")
    assert "ending soon" in matches
    assert "20% is less than 25%" in misses
    assert "Alaska" not in out
    assert "last month" not in out


def test_the_numbers_of_matches_and_misses_can_be_limited(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES)
    store_examples(watches)
    found = json.loads(watches.succeed("check", "bonuses", "--format", "json", "--limit", "1", "--misses", "0"))
    assert [record["title"] for record in found] == ["Amex to Flying Blue with a 25% bonus"]
    assert "more exist; --limit 0 shows all" in watches.succeed("check", "bonuses", "--limit", "1")


def test_check_without_matches_or_promotions_says_so(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES, "--min-percent", "100")
    assert watches.succeed("check", "bonuses") == "No current promotion is stored that is like it.\n"
    store_examples(watches)
    out = watches.succeed("check", "bonuses")
    assert out.startswith("no stored promotion matches now; the next crawl may find some\n\nNearest misses:\n")


def test_check_says_that_a_paused_or_expired_watch_notifies_nobody(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES, "--active", "no")
    expected = "It notifies nobody, because it is paused; scrapy watches resume continues it.\n"
    assert watches.succeed("check", "bonuses").startswith(expected)
    watches.import_text("promotions: [{name: Old, expires: 2026-11-21}]")
    expected = "It notifies nobody, because its last day, 2026-11-21, has passed.\n"
    assert watches.succeed("check", "old").startswith(expected)
    assert re.search("^Old +expired", watches.succeed("list"), re.MULTILINE)


@pytest.mark.parametrize("width", [70, 80, 100, 120])
def test_check_fits_the_terminal_with_all_words_of_title_and_reason(
    watches: Watches, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    watches.succeed("add", "Bonuses", *BONUSES)
    store_examples(watches)
    out = watches.succeed("check", "bonuses")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    assert {"Chase", "Ultimate", "Rewards", "active", "2026-12-12"} <= set(out.split())
