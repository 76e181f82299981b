"""Feeds at secret addresses: who creates them, what they contain, and when they end."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import feedparser
import pytest
from starlette.testclient import TestClient

from awardspider.panel.auth.access_log import masked_address
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.storage.accounts import Role
from awardspider.storage.feed_addresses import find_feed_addresses
from awardspider.storage.watches import save_watches
from tests.support.api_examples import PROMOTIONS, fill
from tests.support.panel import Panel
from tests.support.storage_examples import NOW


@pytest.fixture
def watch_id(panel: Panel) -> str:
    return fill(panel)


def create(client: TestClient, watch: str = "") -> list[str]:
    """Create an address and return the paths of its feeds."""
    page = client.post("/feeds", data={"watch": watch})
    assert page.status_code == 200, page.text
    return [urlsplit(address).path for address in re.findall(r"<pre[^>]*>([^<]+)</pre>", page.text)]


def test_an_address_is_shown_once_and_stored_as_a_hash(panel: Panel, watch_id: str) -> None:
    client = panel.signed_in(Role.MEMBER)
    secret = create(client)[0].split("/")[2]
    assert len(secret) == 64
    assert secret not in client.get("/feeds").text
    (stored,) = find_feed_addresses(panel.store, "default")
    assert secret not in repr(stored)
    assert secret not in masked_address(f"/feeds/{secret}/deals.rss")


def test_the_feeds_of_all_watches_are_read_without_signing_in(panel: Panel, watch_id: str) -> None:
    deals_rss, deals_json, promotions_rss, promotions_json = create(panel.signed_in(Role.MEMBER))
    feeds = panel.anonymous(client=("198.51.100.7", 50000))
    assert [item["title"] for item in feeds.get(deals_json).json()["items"]]
    assert len(feedparser.parse(feeds.get(deals_rss).content).entries) == 1
    assert len(feeds.get(promotions_json).json()["items"]) == PROMOTIONS
    assert len(feedparser.parse(feeds.get(promotions_rss).content).entries) == PROMOTIONS
    (stored,) = find_feed_addresses(panel.store, "default")
    assert stored.used_at == panel.now


def test_a_watch_has_the_feed_of_its_kind(panel: Panel, watch_id: str) -> None:
    watch = PromotionWatch(name="United", programs=("united",))
    (saved,) = save_watches(panel.store, [watch], now=NOW, owner_id="default")
    client = panel.signed_in(Role.MEMBER)
    deals_rss, deals_json = create(client, watch_id)
    assert len(client.get(deals_json).json()["items"]) == 1
    assert client.get(deals_rss.replace("deals", "promotions")).status_code == 404
    _, promotions_json = create(client, saved.watch.id)
    assert len(client.get(promotions_json).json()["items"]) == 1
    assert client.get(promotions_json.replace("promotions", "deals")).status_code == 404


def test_an_unchanged_feed_is_not_sent_again(panel: Panel, watch_id: str) -> None:
    client = panel.signed_in(Role.MEMBER)
    path = create(client)[0]
    first = client.get(path)
    panel.now += timedelta(minutes=30)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["last-modified"].endswith("GMT")
    assert first.headers["cache-control"] == "private, max-age=300"


def test_a_revoked_address_has_no_feed(panel: Panel, watch_id: str) -> None:
    client = panel.signed_in(Role.MEMBER)
    path = create(client)[0]
    (stored,) = find_feed_addresses(panel.store, "default")
    assert client.post(f"/feeds/{stored.id}/revoke").headers["location"] == "/feeds?notice=feed_revoked"
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": "there is no feed at this address; it may have been revoked"}


def test_the_addresses_of_a_watch_go_with_it(panel: Panel, watch_id: str) -> None:
    client = panel.signed_in(Role.MEMBER)
    path = create(client, watch_id)[0]
    client.post(f"/watches/{watch_id}/remove")
    assert client.get(path).status_code == 404
    assert find_feed_addresses(panel.store, "default") == []


def test_a_member_creates_and_revokes_only_its_own(panel: Panel, watch_id: str) -> None:
    create(panel.signed_in(Role.OPERATOR), watch_id)
    (stored,) = find_feed_addresses(panel.store, "default")
    panel.owner("Ana")
    ana = panel.signed_in(Role.MEMBER, name="ana", owner_id="ana")
    assert ana.post("/feeds", data={"watch": watch_id}).status_code == 404
    assert ana.post(f"/feeds/{stored.id}/revoke").status_code == 404
    assert ana.get(create(ana)[1]).json()["items"] == []
    assert len(find_feed_addresses(panel.store, "default")) == 1
