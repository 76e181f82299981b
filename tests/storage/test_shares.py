"""The public pages of messages."""

from __future__ import annotations

import re
from datetime import timedelta

from awardspider.storage.shares import (
    SHARE_DURATION,
    NewShare,
    create_shares,
    find_share,
    find_share_ids,
    revoke_share,
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
    assert find_share_ids(store, ["two", "three"]) == {"two": both["two"]}


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
    assert revoke_share(store, share_id, NOW)
    assert not revoke_share(store, share_id, NOW), "it was closed before"
    assert not revoke_share(store, "unknown", NOW)
    share = find_share(store, share_id)
    assert share is not None
    assert not share.is_open(NOW)
