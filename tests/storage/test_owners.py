"""Stored owners, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import Locale, Owner, build_owner
from awardspider.search.points_cost import Holdings
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.owners import (
    default_owner,
    find_owner,
    find_owners,
    holdings_by_watch,
    remove_owner,
    save_owner,
)
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from tests.support.delivery import make_outbox_row
from tests.support.storage_examples import make_batch
from tests.support.watch_examples import make_watch

NOW = datetime(2030, 11, 22, 12, 0, tzinfo=UTC)  # after the creation of the default owner


def make_owner(**fields: object) -> Owner:
    values: dict[str, object] = {"locale": "pt_BR", "timezone": "America/Sao_Paulo", "home_airport": "GRU"}
    return build_owner(**{"name": "Ana", "points": "amex=120k, united=45000"} | values | fields)  # type: ignore[arg-type]


def test_the_default_owner_exists_without_being_added(store: Store) -> None:
    owner = default_owner(store)
    assert (owner.id, owner.locale, owner.timezone, owner.home_airport) == ("default", Locale.EN, "UTC", None)
    assert (owner.points, owner.reachable) == ({}, frozenset())
    assert find_owners(store) == [owner]


def test_the_default_owner_can_be_changed_but_not_removed(store: Store) -> None:
    changed = save_owner(store, make_owner(id="default"), now=NOW)
    assert default_owner(store) == changed
    assert (changed.name, changed.points) == ("Ana", {"amex": 120_000, "united": 45_000})
    assert {"united", "delta"} <= changed.reachable
    with pytest.raises(InvalidArgument, match="the default owner cannot be removed"):
        remove_owner(store, "default", NOW)


def test_owners_are_added_with_a_new_id_and_saved_by_id(store: Store) -> None:
    ana = save_owner(store, make_owner(), now=NOW)
    bob = save_owner(store, make_owner(name="Bob"), now=NOW + timedelta(hours=1), new_id="b0b")
    assert len({"default", ana.id, bob.id}) == 3
    assert bob.id == "b0b"
    later = save_owner(store, replace(ana, home_airport="CGH"), now=NOW + timedelta(days=1))
    assert (later.home_airport, later.created_at) == ("CGH", NOW)
    assert find_owner(store, ana.id) == later
    assert [owner.name for owner in find_owners(store)] == ["default", "Ana", "Bob"]


def test_an_unknown_owner_is_an_error(store: Store) -> None:
    for call in (
        lambda: find_owner(store, "x"),
        lambda: save_owner(store, make_owner(id="x"), now=NOW),
        lambda: remove_owner(store, "x", NOW),
    ):
        with pytest.raises(InvalidArgument, match="unknown owner x"):
            call()


def test_removing_an_owner_removes_its_watches_and_keeps_its_subscribers(store: Store) -> None:
    ana = save_owner(store, make_owner(), now=NOW)
    (hers,) = save_watches(store, [make_watch(name="Tokyo")], now=NOW, owner_id=ana.id)
    (mine,) = save_watches(store, [make_watch(name="Tokyo")], now=NOW)
    rows = [make_outbox_row(each.watch.id, watch_key=each.watch.id) for each in (hers, mine)]
    write_batch(store, make_batch(outbox=rows))
    with store.writing() as connection:
        connection.execute(
            insert(schema.subscribers).values(channel="messenger", address="1", owner_id=ana.id, added_at=NOW)
        )
    remove_owner(store, ana.id, NOW)
    assert [stored.watch.id for stored in find_watches(store, now=NOW)] == [mine.watch.id]
    with store.reading() as connection:
        statuses = {row.key: row.status for row in connection.execute(select(schema.outbox))}
        subscribers = connection.execute(select(schema.subscribers.c.address, schema.subscribers.c.owner_id)).all()
    assert statuses == {hers.watch.id: "canceled", mine.watch.id: "pending"}
    assert subscribers == [("1", None)]
    assert [owner.id for owner in find_owners(store)] == ["default"]


def test_values_of_a_newer_version_have_a_default(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(schema.owners).values(locale="tlh", timezone="Mars/Olympus"))
    owner = default_owner(store)
    assert owner.locale is Locale.EN
    assert owner.zone.utcoffset(NOW.replace(tzinfo=None)) == timedelta()


def test_banks_with_targeted_offers_are_stored_with_the_owner(store: Store) -> None:
    assert default_owner(store).targeted == frozenset()
    changed = save_owner(store, make_owner(id="default", targeted="Chase UR, amex"), now=NOW)
    assert default_owner(store).targeted == changed.targeted == {"amex", "chase"}
    assert default_owner(store).holdings == Holdings(points=changed.points, targeted=frozenset({"amex", "chase"}))


def test_each_watch_has_the_points_of_its_owner(store: Store) -> None:
    ana = save_owner(store, make_owner(targeted="amex"), now=NOW)
    (hers,) = save_watches(store, [make_watch(name="Tokyo")], now=NOW, owner_id=ana.id)
    (mine,) = save_watches(store, [make_watch(name="Tokyo")], now=NOW)
    assert holdings_by_watch(store) == {
        hers.watch.id: Holdings(points={"amex": 120_000, "united": 45_000}, targeted=frozenset({"amex"})),
        mine.watch.id: Holdings(),
    }
