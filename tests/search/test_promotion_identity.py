"""Titles and ids by which promotions are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import PromotionItem
from awardspider.search.promotion_identity import entry_key, normalized_title, promotion_id
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import NOW

BONUS = make_bonus()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buy Miles: 100% Bonus!", "buy miles  100% bonus"),
        ("(EXPIRED) 25% bonus", "25% bonus"),
        ("[Expired] 25% bonus", "25% bonus"),
        ("EXPIRED: 25% bonus", "25% bonus"),
        ("(ENCERRADO) 25% de bônus", "25% de bônus"),
        ("(Finalizada) 25% de bono", "25% de bono"),
        ("25% bonus – until Friday", "25% Bonus - until Friday"),
    ],
)
def test_titles_of_one_announcement_agree(one: str, other: str) -> None:
    assert normalized_title(one) == normalized_title(other)


@pytest.mark.parametrize("other", ["25% bonus", "30% bonuses", "Unexpired 30% bonus"])
def test_titles_of_different_announcements_differ(other: str) -> None:
    assert normalized_title("30% bonus") != normalized_title(other)


SAME = [
    {"link": "https://b.example/2?utm_source=rss"},
    {"title": "Another title"},
    {"source": "b.example", "entry_id": "2"},
    {"published": NOW, "seen_at": NOW + timedelta(days=1)},
    {"targeted": True, "up_to": True, "excerpt": "text"},
]


@pytest.mark.parametrize("fields", SAME)
def test_the_id_depends_only_on_the_terms(fields: dict[str, object]) -> None:
    assert promotion_id(replace(BONUS, **fields)) == promotion_id(BONUS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"percent": 30},
        {"banks": ("citi",)},
        {"programs": ("united",)},
        {"book_by": date(2026, 11, 30)},
        {"programs": ()},
    ],
)
def test_other_terms_have_another_id(fields: dict[str, object]) -> None:
    assert promotion_id(replace(BONUS, **fields)) != promotion_id(BONUS)  # type: ignore[arg-type]


def test_the_order_of_programs_and_banks_does_not_matter() -> None:
    keys = ("flyingblue", "virginatlantic")
    assert promotion_id(replace(BONUS, programs=keys)) == promotion_id(replace(BONUS, programs=keys[::-1]))
    assert promotion_id(replace(BONUS, programs=("a", "b"), banks=("c",))) != promotion_id(
        replace(BONUS, programs=("a",), banks=("b", "c"))
    )


@pytest.mark.parametrize("fields", [{"percent": None}, {"programs": (), "banks": ()}])
def test_the_title_counts_if_the_terms_say_too_little(fields: dict[str, object]) -> None:
    one: PromotionItem = replace(BONUS, **fields)  # type: ignore[arg-type]
    assert promotion_id(replace(one, title="Another title")) != promotion_id(one)
    assert promotion_id(replace(one, title=one.title.upper())) == promotion_id(one)


def test_an_announcement_without_id_and_link_is_known_by_its_title() -> None:
    bare = replace(BONUS, entry_id="", link="")
    assert entry_key(BONUS) == "1"
    assert entry_key(replace(BONUS, entry_id="")) == BONUS.link
    assert entry_key(bare) == entry_key(replace(bare, seen_at=NOW + timedelta(days=1)))
    assert entry_key(bare) != entry_key(replace(bare, title="Another title"))


@given(st.text())
def test_any_title_can_be_compared(title: str) -> None:
    assert normalized_title(normalized_title(title)) == normalized_title(title)
    assert len(promotion_id(replace(BONUS, title=title, percent=None))) == 20
