"""What a Zapier app asks of us: subscriptions that are channels, lists that Zapier can poll, and samples."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from jsonschema import Draft202012Validator
from sqlalchemy import insert

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Surroundings, Verdict
from awardspider.delivery.channels.configuration import config_of
from awardspider.delivery.channels.webhook.channel import zapier
from awardspider.delivery.messages.schemas import example, schema
from awardspider.items import Money
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.storage import tables
from awardspider.storage.channels import ChannelRow, channel_rows, save_channel
from awardspider.storage.store import Alert, Store
from tests.support.channel_examples import SENT_AT, a_message, around
from tests.support.recipient_servers import answers, far_side
from tests.support.storage_examples import NOW, an_itinerary, an_offer, batch_of

KEY = Fernet.generate_key().decode()


@pytest.fixture
def surroundings(store: Store, tmp_path: Path) -> Surroundings:
    return around(store, tmp_path, AWARD_SECRET_KEY=KEY)


# ---- subscriptions -----------------------------------------------------------------------------------------------


def test_a_subscription_becomes_a_channel_that_delivers(surroundings: Surroundings) -> None:
    with far_side(answers("200 OK", '{"request_id":"r1"}')) as far:
        asked = {"target_url": f"{far.url}/hooks/standard/t0ken/", "event": "offer.matched"}
        answer = zapier.subscribe(asked, surroundings)
        (row,) = channel_rows(surroundings.store)
        assert answer == {"id": row.name, "event": "offer.matched"}
        assert (row.kind, row.events, row.created_at) == ("webhook", ("offer.matched",), SENT_AT)
        assert row.address.startswith("sealed:")
        channel = open_channel(config_of(row, surroundings.settings), surroundings)
        (result,) = channel.deliver([a_message()])
    assert (result.verdict, result.far_id) == (Verdict.SENT, "r1")
    assert json.loads(far.received[0].body)["type"] == "offer.matched"


def test_two_subscriptions_are_two_channels(surroundings: Surroundings) -> None:
    asked = {"target_url": "https://127.0.0.1/x", "event": "promotion"}
    first, second = zapier.subscribe(asked, surroundings), zapier.subscribe(asked, surroundings)
    assert first["id"] != second["id"]
    assert zapier.unsubscribe(first["id"], surroundings)
    assert [row.name for row in channel_rows(surroundings.store)] == [second["id"]]
    assert not zapier.unsubscribe(first["id"], surroundings)


def test_only_a_subscription_can_be_unsubscribed(surroundings: Surroundings) -> None:
    row = ChannelRow(name="make", kind="webhook", address="env:MAKE", created_at=NOW)
    save_channel(surroundings.store, row)
    assert not zapier.unsubscribe("make", surroundings)
    assert [row.name for row in channel_rows(surroundings.store)] == ["make"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"event": "offer.matched"}, "target_url is missing"),
        ({"target_url": 5, "event": "offer.matched"}, "target_url is missing"),
        ({"target_url": "https://127.0.0.1/x"}, "event is none of offer.matched"),
        ({"target_url": "https://127.0.0.1/x", "event": "channel.paused"}, "event is none of"),
        ({"target_url": "https://127.0.0.1/x", "event": ["promotion"]}, "event is none of"),
        ({"target_url": "https://169.254.169.254/x", "event": "promotion"}, "no public address"),
        ({"target_url": "file:///etc/passwd", "event": "promotion"}, "begins with https://"),
    ],
)
def test_what_cannot_be_subscribed_is_not_stored(surroundings: Surroundings, asked: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidArgument, match=why):
        zapier.subscribe(asked, surroundings)
    assert channel_rows(surroundings.store) == []


def test_an_address_is_not_stored_in_the_clear(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="AWARD_SECRET_KEY is not set"):
        zapier.subscribe({"target_url": "https://127.0.0.1/x", "event": "promotion"}, around(store, tmp_path))
    assert channel_rows(store) == []


# ---- lists -------------------------------------------------------------------------------------------------------


def decide(store: Store, *offers: Any, at: Any = NOW, event: str | None = "offer.matched") -> None:
    """Store offers that two watches are to be told of."""
    alerts = [
        Alert(watch=watch, offer_id=offer.offer_id, miles=offer.miles, created_at=at, event=event)
        for offer in offers
        for watch in ("Austin", "Anywhere")
    ]
    store.write(batch_of(*offers, alerts=alerts), "run")


def test_offers_come_newest_first_one_for_all_its_watches(store: Store) -> None:
    early, late = an_itinerary(), an_offer(destination="SEA")
    decide(store, early)
    decide(store, late, at=NOW + timedelta(minutes=5))
    listed = zapier.listed("offer.matched", store)
    assert [each["offer_id"] for each in listed] == [late.offer_id, early.offer_id]
    assert [each["watches"] for each in listed] == ["Anywhere; Austin"] * 2
    assert listed[1]["id"] == f"{early.offer_id}:20261122T100000000000"
    assert (listed[1]["miles"], listed[1]["flights"], listed[1]["taxes"]) == (12_500, "UA1297", "5.60")
    for each in listed:
        Draft202012Validator(schema("offer.matched")).validate(each)


def test_an_offer_that_is_decided_again_is_another_event(store: Store) -> None:
    decide(store, an_offer())
    decide(store, an_offer(taxes=Money(an_offer().taxes.amount + 1, "USD")), at=NOW + timedelta(hours=1))
    first, second = zapier.listed("offer.matched", store)
    assert first["offer_id"] == second["offer_id"]
    assert first["id"] != second["id"]


def test_other_events_and_offers_that_are_gone_are_left_out(store: Store) -> None:
    decide(store, an_offer(), event="offer.dropped")
    decide(store, an_offer(destination="SEA"), event=None)  # before events were noted
    decide(store, an_offer(destination="PDX"))
    gone = an_offer(destination="PDX").offer_id
    with store.writing() as connection:
        connection.execute(tables.offers.update().where(tables.offers.c.id == gone).values(gone_at=NOW))
    assert [each["destination"] for each in zapier.listed("offer.matched", store)] == ["SEA"]
    assert [each["destination"] for each in zapier.listed("offer.dropped", store)] == ["AUS"]


def test_a_list_has_at_most_a_hundred(store: Store) -> None:
    decide(store, *(an_offer(departure_date=NOW.date() + timedelta(days=days)) for days in range(120)))
    listed = zapier.listed("offer.matched", store)
    assert len(listed) == len({each["id"] for each in listed}) == 100


def test_promotions_come_newest_first(store: Store) -> None:
    known = {"kind": "sale", "title": "Sale", "source": "blog", "link": "https://example.org", "banks": []}
    rows = [
        known | {"id": f"p{day}", "programs": ["united", "delta"], "routes": [], "last_seen_at": NOW}
        | {"first_seen_at": NOW + timedelta(days=day)}
        for day in (1, 3, 2)
    ]  # fmt: skip
    with store.writing() as connection:
        connection.execute(insert(tables.promotions), rows)
    listed = zapier.listed("promotion", store)
    assert [each["id"] for each in listed] == ["p3", "p2", "p1"]
    assert listed[0]["programs"] == "united; delta"
    Draft202012Validator(schema("promotion")).validate(listed[0])


@pytest.mark.parametrize("event", ["offer.gone", "channel.paused", "other"])
def test_what_cannot_be_listed_gets_a_sentence(store: Store, event: str) -> None:
    with pytest.raises(InvalidArgument, match=r"event is none of offer\.matched"):
        zapier.listed(event, store)


def test_samples_are_real_where_there_are_any(store: Store) -> None:
    for event in zapier.HOOK_EVENTS:
        assert zapier.samples(event, store) == [example(event)]
    decide(store, *(an_offer(departure_date=NOW.date() + timedelta(days=days)) for days in range(5)))
    assert len(zapier.samples("offer.matched", store)) == 3


def test_the_test_of_a_sign_in_says_who_answers() -> None:
    assert zapier.signed_in("1.2") == {"id": "awardspider", "name": "awardspider 1.2", "schema_version": 1}
