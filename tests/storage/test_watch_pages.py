"""Pages of the list of watches."""

from __future__ import annotations

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import build_owner
from awardspider.storage.owners import save_owner
from awardspider.storage.store import Store
from awardspider.storage.watch_pages import WatchQuery, watch_page
from awardspider.storage.watches import WatchKind
from tests.support.storage_examples import NOW
from tests.support.stored_watches import store_watches


def test_pages_continue_after_the_last_name(store: Store) -> None:
    names = [f"watch {number}" for number in range(5)]
    store_watches(store, *names)
    seen, cursor = [], None
    for _ in range(3):
        page = watch_page(store, WatchQuery(), cursor=cursor, size=2)
        seen.append([entry.name for entry in page.entries])
        assert page.count == 5
        cursor = page.next_cursor
    assert seen == [names[:2], names[2:4], names[4:]]
    assert cursor is None


def test_filters_are_combined(store: Store) -> None:
    ana = save_owner(store, build_owner(name="Ana"), now=NOW, new_id="ana").id
    store_watches(store, "Tokyo 100%", "Paris")
    store_watches(store, "Tokyo paused", active=False)
    store_watches(store, "Tokyo of Ana", owner_id=ana)

    def names(**fields: object) -> list[str]:
        return [entry.name for entry in watch_page(store, WatchQuery(**fields)).entries]  # type: ignore[arg-type]

    assert names(text="TOKYO", active=True) == ["Tokyo 100%", "Tokyo of Ana"]
    assert names(text="%") == ["Tokyo 100%"]
    assert names(owner_id=ana) == ["Tokyo of Ana"]
    assert names(kind=WatchKind.PROMOTION) == []


def test_a_cursor_of_another_list_is_refused(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="the position in the list is not valid"):
        watch_page(store, WatchQuery(), cursor="x")
