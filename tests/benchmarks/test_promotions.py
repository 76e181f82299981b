"""The measurement of reading promotions: what counts as right, and the sets of headlines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import BonusOrDiscount, PromotionKind
from awardspider.programs import PointsKind, points_programs
from benchmarks import promotion_headlines
from benchmarks.promotion_headlines import load
from benchmarks.promotions import DATES, FIELDS, LISTS, Score, measure, read_row

HAND_WRITTEN = ("before", "after")
NOTHING: dict[str, Any] = dict.fromkeys(FIELDS) | {name: [] for name in LISTS} | {"targeted": False, "expired": False}
BONUS = NOTHING | {
    "id": "h1",
    "title": "25% transfer bonus from Amex to Flying Blue",
    "kind": "transfer_bonus",
    "programs": ["Flying Blue"],
    "banks": ["Amex Membership Rewards"],
    "percent": 25,
    "bonus_or_discount": "bonus",
    "book_by": "2026-10-31",
}
REVIEW = NOTHING | {"id": "h2", "title": "Review of a lounge", "kind": "other"}


def score(truth: Mapping[str, Any], **read: object) -> Score:
    """Measure one headline that is read as its truth with some other values."""
    return measure([truth], lambda _: {**truth, **read})


def figures(truth: Mapping[str, Any], field: str, **read: object) -> tuple[float | None, float | None]:
    """Return precision and recall of a field after reading one headline."""
    count = score(truth, **read).counts[field].row()
    return count["precision"], count["recall"]


def test_a_result_equal_to_the_truth_is_exact() -> None:
    result = score(BONUS)
    assert (result.headlines, result.exact, result.kinds_right, result.errors) == (1, 1, 1, [])
    assert figures(BONUS, "percent") == (1, 1)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("percent", 20, (0, 0)),  # a wrong value is a false positive and a missing one
        ("percent", None, (None, 0)),
        ("book_by", "2026-10-30", (0, 0)),
        ("dates", "2026-10-31", (1, 1)),
        ("miles_price", 1250, (0, None)),  # the truth has no value
        ("cents_per_mile", 1.5, (0, None)),
        ("travel_from", "2026-10-31", (0, None)),
        ("programs", ["Flying Blue", "Aeroplan"], (0.5, 1)),
        ("programs", ["Aeroplan"], (0, 0)),
        ("banks", [], (None, 0)),
        ("routes", ["PAR-NYC"], (0, None)),
        ("up_to", True, (0, None)),
        ("up_to", None, (None, None)),  # no value, as false
        ("targeted", True, (0, None)),
        ("expired", True, (0, None)),
        ("kind", "award_sale", (0, 0)),
        ("kind", "other", (None, 0)),
    ],
)
def test_a_value_counts_as_read_true_and_right(
    field: str, value: object, expected: tuple[float | None, float | None]
) -> None:
    assert figures(BONUS, field, **{"book_by" if field == "dates" else field: value}) == expected


def test_terms_of_an_announcement_without_promotion_are_wrong_but_its_programs_are_not_compared() -> None:
    assert figures(REVIEW, "percent", percent=40) == (0, None)
    assert figures(REVIEW, "kind", kind="earn_bonus") == (0, None)
    assert score(REVIEW, programs=["Flying Blue"], banks=["Bilt Rewards"], routes=["PAR-NYC"]).exact == 1


def test_dates_are_counted_together() -> None:
    sale = BONUS | {"travel_from": "2026-11-01", "travel_until": "2026-12-15"}
    result = score(sale, travel_from=None, travel_until="2026-12-16")
    assert result.counts["dates"].row() == {"precision": 0.5, "recall": 0.3333, "read": 2, "true": 3}


def test_other_kinds_are_listed_as_confusion_with_their_headlines() -> None:
    result = score(BONUS, kind="other", percent=None)
    assert result.row()["confusion"] == [{"true": "transfer_bonus", "read": "other", "headlines": 1}]
    assert result.row()["kind_accuracy"] == 0
    (error,) = result.errors
    assert error.startswith("h1 '25% transfer bonus")
    assert "kind: expected transfer_bonus, read other; percent: expected 25, read None" in error


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_hand_written_sets_are_large_and_mostly_no_promotions(name: str) -> None:
    headlines = load(name)
    assert headlines is not None
    assert len(headlines) >= 130
    assert sum(not PromotionKind(row["kind"]).is_promotion for row in headlines) > len(headlines) / 2
    assert {row["kind"] for row in headlines} == {kind.value for kind in PromotionKind} - {"page_change"}
    languages = Counter(row["lang"] for row in headlines)
    assert languages["en"] > languages["pt"] > languages["es"] > 10
    for key in ("id", "title"):
        assert len({row[key] for row in headlines}) == len(headlines)


@pytest.mark.parametrize("name", [*HAND_WRITTEN, "unseen"])
def test_the_truth_is_consistent(name: str) -> None:
    for row in load(name) or []:
        assert set(FIELDS) < set(row), row
        published = date.fromisoformat(row["published"])
        dates = {key: date.fromisoformat(row[key]) for key in DATES if row[key]}
        assert all(abs((value - published).days) < 400 for value in dates.values()), row
        assert "travel_from" not in dates or "travel_until" not in dates or row["travel_from"] <= row["travel_until"]
        assert row["expired"] or "book_by" not in dates or dates["book_by"] >= published, row
        assert (row["percent"] is None) == (row["up_to"] is None) == (row["bonus_or_discount"] is None), row
        assert row["bonus_or_discount"] in (None, *BonusOrDiscount), row
        if not PromotionKind(row["kind"]).is_promotion:
            assert all(not row[key] for key in FIELDS if key not in ("kind", "targeted", "expired")), row


def test_recorded_headlines_are_read_from_their_folder(tmp_path: Path) -> None:
    assert load("recorded", tmp_path / "missing") is None
    folder = tmp_path / "promotions"
    folder.mkdir()
    titles = [f"Headline {number}" for number in range(1, 11)]
    (folder / "real-headlines-2025-2026.txt").write_text("\n".join(titles))
    headlines = load("recorded", tmp_path)
    assert headlines is not None
    assert [row["title"] for row in headlines] == titles
    assert json.dumps(headlines[0]["kind"]) == '"buy_miles"'


@pytest.mark.parametrize("name", [*HAND_WRITTEN, "unseen", "recorded"])
def test_the_truth_names_programs_as_the_catalog_does(name: str) -> None:
    catalog = points_programs().values()
    names = {
        "programs": {program.short_name for program in catalog if program.kind is not PointsKind.BANK},
        "banks": {program.name for program in catalog if program.kind in (PointsKind.BANK, PointsKind.HOTEL)},
    }
    text = Path(promotion_headlines.__file__).with_name(f"{name}.jsonl").read_text("utf-8")
    for row in map(json.loads, text.splitlines()):
        for key, known in names.items():
            assert set(row[key]) <= known, row


def test_headlines_are_read_as_the_command_reads_them() -> None:
    result = read_row(
        {"title": "Buy Hilton points with 100% bonus: 0.5 cents each", "published": "2026-10-02", "id": "h1"}
    )
    assert {"id", *FIELDS} == set(result)
    assert (result["kind"], result["percent"], result["cents_per_mile"]) == ("buy_miles", 100, 0.5)
    assert result["book_by"] is None
