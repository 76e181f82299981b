"""Pages of the list of deliveries, on both engines."""

from __future__ import annotations

import pytest

from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryStatus, drop_rows
from awardspider.storage.outbox_pages import DeliveryQuery, delivery_page
from awardspider.storage.store import Store
from tests.support.delivery import make_outbox_row, write_rows
from tests.support.storage_examples import NOW


def listed(store: Store, query: DeliveryQuery, size: int = 50) -> str:
    found: list[str] = []
    cursor = None
    while True:
        page = delivery_page(store, query, cursor=cursor, size=size)
        found += [row["key"] for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            assert (page.count, page.count_is_capped) == (len(found), False)
            return "".join(found)


def store_rows(store: Store) -> None:
    rows = [
        make_outbox_row("a", "phone", watch_key="mine"),
        make_outbox_row("b", "phone", watch_key="other"),
        make_outbox_row("c", "mail", watch_key="mine", event_type=EventType.PROMOTION),
        make_outbox_row("d", "mail"),
    ]
    write_rows(store, rows)
    first = delivery_page(store, DeliveryQuery()).rows[-1]["id"]
    drop_rows(store, [first], NOW)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (DeliveryQuery(), "dcba"),
        (DeliveryQuery(channels=("mail",)), "dc"),
        (DeliveryQuery(statuses=(DeliveryStatus.CANCELED,)), "a"),
        (DeliveryQuery(statuses=(DeliveryStatus.CANCELED, DeliveryStatus.PENDING), channels=("phone",)), "ba"),
        (DeliveryQuery(event_types=(EventType.PROMOTION,)), "c"),
        (DeliveryQuery(watch_keys=("mine",)), "ca"),
        (DeliveryQuery(watch_keys=()), ""),
    ],
)
def test_deliveries_are_filtered_latest_first(store: Store, query: DeliveryQuery, expected: str) -> None:
    store_rows(store)
    assert listed(store, query) == expected
    assert listed(store, query, size=1) == expected


def test_a_cursor_of_another_list_is_rejected(store: Store) -> None:
    with pytest.raises(InvalidArgument, match="open the first page"):
        delivery_page(store, DeliveryQuery(), cursor="W10")
