"""The public pages of messages."""

from __future__ import annotations

import re
from datetime import timedelta

from awardspider.storage.shares import (
    SHARE_DURATION,
    NewShare,
    create_shares,
    find_share,
    find_shares,
    revoke_shares,
)
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW

PAGES = [NewShare(key=key, body={"type": "test", "id": key}, locale="pt_BR") for key in ("one", "two")]


def test_each_message_has_one_page_whose_id_nobody_can_guess(store: Store) -> None:
    first = create_shares(store, PAGES[:1], NOW)
    both = create_shares(store, PAGES, NOW + timedelta(days=1))
    assert both["one"] == first["one"], "a retry has the same link"
    assert both["one"] != both["two"]
    assert all(re.fullmatch(r"[\w-]{22}", share_id) for share_id in both.values()), "128 bits"
    assert {key: share.id for key, share in find_shares(store, ["two", "three"]).items()} == {"two": both["two"]}


def test_a_page_has_the_event_and_the_language(store: Store) -> None:
    share = find_share(store, create_shares(store, PAGES, NOW)["two"])
    assert share is not None
    assert (share.key, share.body, share.locale) == ("two", {"type": "test", "id": "two"}, "pt_BR")
    assert find_share(store, "unknown") is None


def test_a_page_expires(store: Store) -> None:
    share = find_share(store, create_shares(store, PAGES, NOW)["one"])
    assert share is not None
    assert share.is_open(NOW + SHARE_DURATION - timedelta(seconds=1))
    assert not share.is_open(NOW + SHARE_DURATION)


def test_a_revoked_page_is_closed(store: Store) -> None:
    share_id = create_shares(store, PAGES, NOW)["one"]
    assert revoke_shares(store, [share_id, "unknown"], NOW) == 1
    assert revoke_shares(store, [share_id], NOW) == 0, "it was closed before"
    share = find_share(store, share_id)
    assert share is not None
    assert not share.is_open(NOW)


def test_an_expired_page_is_replaced_by_one_with_another_address(store: Store) -> None:
    old = create_shares(store, PAGES, NOW)
    later = NOW + SHARE_DURATION
    new = create_shares(store, PAGES[:1], later)
    assert new["one"] != old["one"]
    opened, closed = find_share(store, new["one"]), find_share(store, old["one"])
    assert opened is not None
    assert closed is not None, "its address says that it has expired"
    assert (opened.key, opened.is_open(later), closed.is_open(later)) == ("one", True, False)
    assert create_shares(store, PAGES[:1], later) == new
    assert revoke_shares(store, [old["one"]], later) == 0, "an expired page cannot be closed"


def test_a_revoked_page_is_replaced_only_on_demand(store: Store) -> None:
    old = create_shares(store, PAGES, NOW)
    revoke_shares(store, [old["one"]], NOW)
    assert create_shares(store, PAGES, NOW) == {"two": old["two"]}, "a message does not link to a closed page"
    new = create_shares(store, PAGES, NOW, replaces_revoked=True)
    assert new["two"] == old["two"]
    assert new["one"] != old["one"]
    closed = find_share(store, old["one"])
    assert closed is not None
    assert closed.revoked_at == NOW
    revoke_shares(store, [new["one"]], NOW)
    later = NOW + SHARE_DURATION
    assert create_shares(store, PAGES[:1], later) == {}, "it stays closed after its end"
