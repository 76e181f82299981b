"""The endpoints of a Zapier app: subscriptions that are channels, lists for polling, and samples."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from jsonschema import Draft202012Validator

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import ChannelContext
from awardspider.delivery.channels.configuration import resolve_config
from awardspider.delivery.channels.webhook import zapier
from awardspider.delivery.messages.schemas import event_example, event_schema
from awardspider.items import Money, PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import write_batch
from awardspider.storage.channels import ChannelRow, channel_rows, save_channel
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.channel_examples import SENT_AT, make_context, make_message
from tests.support.socket_recipient import recipient_server, responds
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

KEY = Fernet.generate_key().decode()


@pytest.fixture
def context(store: Store, tmp_path: Path) -> ChannelContext:
    return make_context(store, tmp_path, AWARD_SECRET_KEY=KEY)


# ---- subscriptions -----------------------------------------------------------------------------------------------


def test_subscription_adds_a_channel_that_delivers(context: ChannelContext) -> None:
    with recipient_server(responds("200 OK", '{"request_id":"r1"}')) as recipient:
        request_body = {"target_url": f"{recipient.url}/hooks/standard/t0ken/", "event": "offer.matched"}
        response = zapier.subscribe(request_body, context)
        (row,) = channel_rows(context.store)
        assert response == {"id": row.name, "event": "offer.matched"}
        assert (row.kind, row.events, row.created_at) == ("webhook", ("offer.matched",), SENT_AT)
        assert row.address.startswith("encrypted:")
        channel = open_channel(resolve_config(row, context.settings), context)
        (report,) = channel.deliver([make_message()])
    assert (report.result, report.provider_id) == (DeliveryResult.SENT, "r1")
    assert json.loads(recipient.received[0].body)["type"] == "offer.matched"


def test_each_subscription_is_a_channel_of_its_own(context: ChannelContext) -> None:
    request_body = {"target_url": "https://127.0.0.1/x", "event": "promotion"}
    first, second = zapier.subscribe(request_body, context), zapier.subscribe(request_body, context)
    assert first["id"] != second["id"]
    assert zapier.unsubscribe(first["id"], context)
    assert [row.name for row in channel_rows(context.store)] == [second["id"]]
    assert not zapier.unsubscribe(first["id"], context)


def test_unsubscribe_does_not_remove_other_channels(context: ChannelContext) -> None:
    row = ChannelRow(name="make", kind="webhook", address="env:MAKE", created_at=NOW)
    save_channel(context.store, row)
    assert not zapier.unsubscribe("make", context)
    assert [row.name for row in channel_rows(context.store)] == ["make"]


@pytest.mark.parametrize(
    ("request_body", "reason"),
    [
        ({"event": "offer.matched"}, "target_url is missing"),
        ({"target_url": 5, "event": "offer.matched"}, "target_url is missing"),
        ({"target_url": "https://127.0.0.1/x"}, "unknown event; use one of offer.matched"),
        ({"target_url": "https://127.0.0.1/x", "event": "channel.paused"}, "unknown event"),
        ({"target_url": "https://127.0.0.1/x", "event": ["promotion"]}, "unknown event"),
        ({"target_url": "https://169.254.169.254/x", "event": "promotion"}, "is not a public address"),
        ({"target_url": "file:///etc/passwd", "event": "promotion"}, "must begin with https://"),
    ],
)
def test_invalid_subscriptions_are_not_stored(
    context: ChannelContext, request_body: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidArgument, match=reason):
        zapier.subscribe(request_body, context)
    assert channel_rows(context.store) == []


def test_subscription_without_a_secret_key_is_rejected(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="AWARD_SECRET_KEY is not set"):
        zapier.subscribe({"target_url": "https://127.0.0.1/x", "event": "promotion"}, make_context(store, tmp_path))
    assert channel_rows(store) == []


# ---- lists -------------------------------------------------------------------------------------------------------


def store_alerts(store: Store, *offers: Any, at: Any = NOW, event: str = "offer.matched") -> None:
    """Store offers with an alert for each of two watches."""
    alerts = [
        Alert(watch_id=watch, offer_id=offer.offer_id, miles=offer.miles, created_at=at, event_type=event)
        for offer in offers
        for watch in ("Austin", "Anywhere")
    ]
    store_watches(store, "Austin", "Anywhere")
    write_batch(store, make_batch(*offers, alerts=alerts), "run")


def test_offers_are_listed_newest_first_and_once_for_all_watches(store: Store) -> None:
    early, late = make_itinerary(), make_offer(destination="SEA")
    store_alerts(store, early)
    store_alerts(store, late, at=NOW + timedelta(minutes=5))
    events = zapier.list_events("offer.matched", store, now=NOW)
    assert [each["offer_id"] for each in events] == [late.offer_id, early.offer_id]
    assert [each["watches"] for each in events] == [["Anywhere", "Austin"]] * 2
    assert events[1]["id"] == f"{early.offer_id}:20261122T100000000000"
    assert (events[1]["miles"], events[1]["flights"], events[1]["taxes"]) == (12_500, "UA1297", "5.60")
    for each in events:
        Draft202012Validator(event_schema("offer.matched")).validate(each)


def test_promotions_of_watches_that_have_not_ended_are_listed_newest_first(store: Store) -> None:
    bonus = BONUS_ITEM
    old = replace(bonus, title="old", percent=10, link="https://a.example/old", seen_at=NOW - timedelta(days=1))
    over = replace(old, title="over", percent=20, link="https://a.example/over", book_by=NOW.date())
    fare = replace(old, title="fare", kind=PromotionKind.CASH_FARE_DEAL, link="https://a.example/fare")
    again = replace(bonus, source="b.example", link="https://b.example/1")
    store_announcements(store, over, fare, old, bonus, again)
    events = zapier.list_events("promotion", store, now=NOW + timedelta(days=2))
    assert [each["headline"] for each in events] == ["bonus", "old"]
    assert events[0]["source_names"] == ["a.example", "b.example"]
    assert events[0]["watch_ids"] == []
    for each in events:
        Draft202012Validator(event_schema("promotion")).validate(each)


BONUS_ITEM = PromotionItem(
    kind=PromotionKind.TRANSFER_BONUS,
    title="bonus",
    programs=("flyingblue",),
    banks=("amex",),
    percent=30,
    source="a.example",
    link="https://a.example/1",
    seen_at=NOW,
)


def test_second_alert_for_an_offer_has_another_id(store: Store) -> None:
    store_alerts(store, make_offer())
    store_alerts(store, make_offer(taxes=Money(make_offer().taxes.amount + 1, "USD")), at=NOW + timedelta(hours=1))
    first, second = zapier.list_events("offer.matched", store, now=NOW)
    assert first["offer_id"] == second["offer_id"]
    assert first["id"] != second["id"]


def test_list_has_only_available_offers_of_the_event(store: Store) -> None:
    store_alerts(store, make_offer(), event="offer.dropped")
    store_alerts(store, make_offer(destination="SEA"))
    store_alerts(store, make_offer(destination="PDX"))
    gone = make_offer(destination="PDX").offer_id
    with store.writing() as connection:
        connection.execute(schema.offers.update().where(schema.offers.c.id == gone).values(gone_at=NOW))
    assert [each["destination"] for each in zapier.list_events("offer.matched", store, now=NOW)] == ["SEA"]
    assert [each["destination"] for each in zapier.list_events("offer.dropped", store, now=NOW)] == ["AUS"]


def test_list_has_at_most_100_events(store: Store) -> None:
    store_alerts(store, *(make_offer(departure_date=NOW.date() + timedelta(days=days)) for days in range(120)))
    events = zapier.list_events("offer.matched", store, now=NOW)
    assert len(events) == len({each["id"] for each in events}) == 100


@pytest.mark.parametrize("event", ["offer.gone", "channel.paused", "other"])
def test_unlisted_events_have_an_error_message(store: Store, event: str) -> None:
    with pytest.raises(InvalidArgument, match=r"unknown event; use one of offer\.matched"):
        zapier.list_events(event, store, now=NOW)


def test_samples_are_stored_events_or_the_example(store: Store) -> None:
    for event in zapier.HOOK_EVENTS:
        assert zapier.sample_events(event, store, now=NOW) == [event_example(event)]
    store_alerts(store, *(make_offer(departure_date=NOW.date() + timedelta(days=days)) for days in range(5)))
    assert len(zapier.sample_events("offer.matched", store, now=NOW)) == 3


def test_sign_in_response_names_the_version() -> None:
    assert zapier.sign_in_response("1.2") == {"id": "awardspider", "name": "awardspider 1.2", "schema_version": 1}
