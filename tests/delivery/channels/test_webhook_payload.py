"""What a webhook carries stays below 20 kB, and stays JSON, whatever an airline or a person wrote."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from awardspider.delivery.channels.webhook.channel import MOST_BYTES, payload
from awardspider.delivery.messages.events import EVENTS, Digest, OfferMatched, Promotion, body_of, read_event
from awardspider.delivery.messages.schemas import example, schema
from tests.support.channel_examples import a_message
from tests.support.storage_examples import NOW


def an_event(event_type: str, **known: Any) -> Any:
    body = example(event_type) | known
    return read_event(body)


def carried(event: Any) -> dict[str, Any]:
    """What is carried, checked against its size and schema."""
    made = payload(event)
    assert len(made) <= MOST_BYTES
    body: dict[str, Any] = json.loads(made)
    Draft202012Validator(schema(body["type"])).validate(body)
    return body


@pytest.mark.parametrize("event_type", EVENTS)
def test_what_fits_is_carried_whole(event_type: str) -> None:
    assert carried(an_event(event_type)) == example(event_type)


def test_segments_stay_at_home() -> None:
    event = read_event(a_message().body)
    assert isinstance(event, OfferMatched)
    assert event.segments
    assert "segments" not in carried(event)


def a_digest(offers: int, **known: Any) -> Digest:
    one = OfferMatched(**msgspec.structs.asdict(an_event("offer.matched")) | known)
    return Digest(id="1", created_at=NOW, watches="Austin", offers=[one] * offers, more=3)


def test_a_digest_that_is_too_long_loses_its_last_offers() -> None:
    body = carried(a_digest(100))
    assert 10 < len(body["offers"]) < 40
    assert body["more"] == 3 + 100 - len(body["offers"])
    assert "shortened" not in body


def test_a_digest_keeps_its_best_offer_whatever_that_holds() -> None:
    body = carried(a_digest(3, fare_name="é" * 30_000))
    assert (len(body["offers"]), body["more"]) == (1, 5)
    assert body["offers"][0]["shortened"] == "fare_name"
    assert body["offers"][0]["fare_name"] == "é" * 119 + "…"


def test_the_longest_texts_are_cut_first_and_named() -> None:
    body = carried(an_event("offer.matched", watches="w" * 15_000, booking_link="https://a.example/" + "x" * 9_000))
    assert body["watches"] == "w" * 119 + "…"
    assert body["booking_link"] == "https://a.example/" + "x" * 9_000
    assert body["shortened"] == "watches"


def test_half_a_link_is_none() -> None:
    body = carried(an_event("offer.matched", booking_link="https://a.example/" + "x" * 30_000))
    assert (body["booking_link"], body["shortened"]) == (None, "booking_link")
    body = carried(an_event("promotion", link="https://a.example/" + "x" * 30_000))
    assert (body["link"], body["shortened"]) == ("", "link")


def test_texts_that_are_longest_in_json_fit_too() -> None:
    """A control character takes six bytes."""
    texts = {name: "\x01" * 30_000 for name, value in example("offer.matched").items() if isinstance(value, str)}
    kept = {"type", "created_at", "detail", "departure_date", "cabin", "taxes", "departs_at", "arrives_at"}
    kept |= {"cash_price", "seen_at"}
    body = carried(an_event("offer.matched", **{name: text for name, text in texts.items() if name not in kept}))
    assert set(body["shortened"].split("; ")) <= set(body)


def test_a_long_event_comes_from_what_was_stored() -> None:
    event = an_event("promotion", title="t" * 30_000)
    assert isinstance(event, Promotion)
    assert carried(read_event(body_of(event)))["shortened"] == "title"
