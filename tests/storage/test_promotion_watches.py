"""Stored watches for promotions, on both engines, next to those for awards."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.owners import build_owner
from awardspider.search.promotion_watches import DEFAULT_PROMOTION_WATCH, PromotionWatch, build_promotion_watch
from awardspider.storage import schema
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.promotion_watches import (
    find_promotion_watches,
    get_promotion_watch,
    read_promotion_watches,
)
from awardspider.storage.store import Store
from awardspider.storage.watches import (
    SaveResult,
    WatchKind,
    find_entry,
    find_watches,
    get_watch,
    read_watches,
    remove_watch,
    save_watches,
    set_active,
)
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def bonuses(name: str = "Bonuses", **fields: object) -> PromotionWatch:
    return build_promotion_watch({"name": name, "kinds": "transfer bonus", "banks": "amex", **fields})


def test_a_watch_is_stored_and_read_with_its_owners_profile(store: Store) -> None:
    owner = default_owner(store)
    save_owner(store, replace(owner, timezone="America/Sao_Paulo", targeted=frozenset({"chase"})), now=NOW)
    (saved,) = save_watches(store, [bonuses(min_percent=25, notify={"max_per_day": 2})], now=NOW)
    (found,) = find_promotion_watches(store, NOW)
    assert (found, found.id, found.key) == (saved.watch, saved.watch.id, saved.watch.id)
    assert (found.targeted_banks, found.owner_timezone) == (frozenset({"chase"}), "America/Sao_Paulo")
    assert found.notify_record()["timezone"] == "America/Sao_Paulo"
    stored = get_promotion_watch(store, found.id, now=NOW)
    assert (stored.watch, stored.owner.id, stored.created_at, stored.is_expired) == (found, owner.id, NOW, False)


def test_searches_and_matching_ignore_a_watch_for_promotions(store: Store) -> None:
    save_watches(store, [bonuses(), make_watch(name="Tokyo")], now=NOW)
    assert [stored.watch.name for stored in find_watches(store, now=NOW, active_only=False)] == ["Tokyo"]
    assert [stored.watch.name for stored in read_watches(store, now=NOW).readable] == ["Tokyo"]
    assert [watch.name for watch in find_promotion_watches(store, NOW)] == ["Bonuses"]


def test_without_any_stored_watch_the_default_one_applies_in_the_owners_time_zone(store: Store) -> None:
    save_owner(store, replace(default_owner(store), timezone="Asia/Tokyo"), now=NOW)
    save_watches(store, [make_watch(name="Tokyo")], now=NOW)
    (found,) = find_promotion_watches(store, NOW)
    assert (found, found.id, found.key) == (DEFAULT_PROMOTION_WATCH, "", "Promotions")
    assert found.notify_record()["timezone"] == "Asia/Tokyo"


def test_a_paused_or_expired_watch_is_not_replaced_by_the_default_one(store: Store) -> None:
    save_watches(store, [bonuses("Paused", active=False), bonuses("Over", expires="2026-11-21")], now=NOW)
    assert find_promotion_watches(store, NOW) == []
    found = read_promotion_watches(store, now=NOW).readable
    assert [(each.watch.name, each.watch.active, each.is_expired) for each in found] == [
        ("Over", True, True),
        ("Paused", False, False),
    ]


def test_an_unreadable_watch_is_logged_and_matches_nothing(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    (saved,) = save_watches(store, [bonuses()], now=NOW)
    with store.writing() as connection:
        connection.execute(update(schema.watches).values(definition={"kinds": ["lottery"]}))
    with caplog.at_level(logging.WARNING):
        assert find_promotion_watches(store, NOW) == []
    assert 'Watch "Bonuses" matches no promotion, because its stored definition is invalid' in caplog.text
    (entry,) = read_promotion_watches(store, now=NOW).unreadable
    assert (entry.id, entry.kind) == (saved.watch.id, WatchKind.PROMOTION)
    assert entry.error.startswith('unknown kind "lottery"')
    with pytest.raises(InvalidWatch, match="lottery"):
        get_promotion_watch(store, saved.watch.id, now=NOW)


def test_names_are_unique_across_both_kinds(store: Store) -> None:
    save_watches(store, [make_watch(name="Tokyo"), bonuses("Bonuses")], now=NOW)
    with pytest.raises(InvalidArgument, match=r'^"Tokyo" is a watch for awards; choose another name, or remove it$'):
        save_watches(store, [bonuses("TOKYO")], now=NOW)
    with pytest.raises(InvalidArgument, match=r'^"Bonuses" is a watch for promotions; choose another name'):
        save_watches(store, [make_watch(name="bonuses")], now=NOW)


def test_a_watch_cannot_take_the_id_of_the_other_kind(store: Store) -> None:
    (award,) = save_watches(store, [make_watch(name="Tokyo")], now=NOW)
    with pytest.raises(InvalidArgument, match=r'^"Tokyo" is a watch for awards'):
        save_watches(store, [replace(bonuses("Other"), id=award.watch.id)], now=NOW)


def test_saving_again_updates_the_watch(store: Store) -> None:
    (saved,) = save_watches(store, [bonuses()], now=NOW)
    results = [each.result for each in save_watches(store, [bonuses(), bonuses("BONUSES", min_percent=30)], now=LATER)]
    assert results == [SaveResult.UNCHANGED, SaveResult.CHANGED]
    stored = get_promotion_watch(store, saved.watch.id, now=LATER)
    assert (stored.watch.name, stored.watch.min_percent, stored.changed_at) == ("BONUSES", 30, LATER)


def test_a_watch_is_found_paused_and_removed_by_its_name(store: Store) -> None:
    save_watches(store, [bonuses(), make_watch(name="Tokyo")], now=NOW)
    entry = find_entry(store, "bonuses")
    assert (entry.kind, find_entry(store, "tokyo").kind) == (WatchKind.PROMOTION, WatchKind.AWARD)
    assert set_active(store, entry.id, False, now=NOW)
    assert find_promotion_watches(store, NOW) == []
    assert remove_watch(store, entry.id, NOW)
    assert [stored.watch.name for stored in find_watches(store, now=NOW)] == ["Tokyo"]


def test_a_watch_of_the_other_kind_is_named_in_a_sentence(store: Store) -> None:
    promotion, award = save_watches(store, [bonuses(), make_watch(name="Tokyo")], now=NOW)
    with pytest.raises(InvalidArgument, match=r"^'Bonuses' is a watch for promotions: name a watch for awards$"):
        get_watch(store, promotion.watch.id, now=NOW)
    with pytest.raises(InvalidArgument, match=r"^'Tokyo' is a watch for awards: name a watch for promotions$"):
        get_promotion_watch(store, award.watch.id, now=NOW)


def test_watches_of_several_owners_are_found_with_the_profile_of_each(store: Store) -> None:
    other = save_owner(store, build_owner(name="Ana", targeted="chase", timezone="America/Recife"), now=NOW)
    save_watches(store, [bonuses("Mine")], now=NOW)
    save_watches(store, [bonuses("Ana's")], now=NOW, owner_id=other.id)
    found = {watch.name: (watch.targeted_banks, watch.owner_timezone) for watch in find_promotion_watches(store, NOW)}
    assert found == {"Ana's": (frozenset({"chase"}), "America/Recife"), "Mine": (frozenset(), "UTC")}
