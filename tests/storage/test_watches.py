"""Stored watches, on both engines."""

from __future__ import annotations

from awardspider.storage.store import Store
from awardspider.storage.watches import WatchRow, find_watches, save_watches


def test_watches_are_saved_by_name(store: Store) -> None:
    tokyo = WatchRow(name="Tokyo", active=True, definition={"origin": ["LAX"], "max_miles": 80_000})
    austin = WatchRow(name="Austin", active=False, definition={"origin": ["SFO"]})
    assert save_watches(store, [tokyo, austin]) == (2, 0)
    assert save_watches(store, [tokyo, austin]) == (0, 0)
    cheaper = WatchRow(name="Tokyo", active=True, definition={"origin": ["LAX"], "max_miles": 70_000})
    rome = WatchRow(name="Rome", active=True, definition={})
    assert save_watches(store, [cheaper, rome]) == (1, 1)
    assert find_watches(store) == [rome, cheaper]
    assert find_watches(store, active_only=False) == [austin, rome, cheaper]
