"""The payload of a webhook is valid JSON of at most 20 kB, whatever text an airline or a person wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from awardspider.delivery.channels.webhook.channel import MAX_BYTES, payload
from awardspider.delivery.messages.event_examples import example_events
from awardspider.delivery.messages.events import EVENTS, Digest, OfferMatched, Promotion, event_body, parse_event
from awardspider.delivery.messages.judgment_fields import JUDGMENT_FIELDS
from awardspider.delivery.messages.schemas import event_example, event_schema
from awardspider.items import EventType
from tests.support.channel_examples import make_message
from tests.support.storage_examples import NOW


def make_event(event_type: str, **values: Any) -> Any:
    return parse_event(event_body(example_events()[EventType(event_type)]) | values)


def decoded_payload(event: Any) -> dict[str, Any]:
    """Return the payload after checking its size and schema."""
    encoded = payload(event)
    assert len(encoded) <= MAX_BYTES
    body: dict[str, Any] = json.loads(encoded)
    Draft202012Validator(event_schema(body["type"])).validate(body)
    return body


@pytest.mark.parametrize("event_type", EVENTS)
def test_events_within_the_limit_are_unchanged(event_type: str) -> None:
    assert decoded_payload(make_event(event_type)) == event_example(event_type)


def test_segments_are_left_out() -> None:
    event = parse_event(make_message().body)
    assert isinstance(event, OfferMatched)
    assert event.offer.segments
    assert "segments" not in decoded_payload(event)


def make_digest(offers: int, **values: Any) -> Digest:
    offer = make_event("offer.matched", **values)
    return Digest(id="1", created_at=NOW, watches=["Austin"], watch_ids=["a1"], offers=[offer] * offers, more=3)


def test_long_digest_loses_its_last_offers() -> None:
    body = decoded_payload(make_digest(100))
    assert 5 < len(body["offers"]) < 40
    assert body["more"] == 3 + 100 - len(body["offers"])
    assert "shortened" not in body


def test_long_digest_of_promotions_loses_its_last_promotions() -> None:
    promotion = make_event("promotion")
    digest = Digest(id="1", created_at=NOW, watches=["Austin"], watch_ids=["a1"], offers=[], more=0)
    digest.promotions, digest.more_promotions = [promotion] * 100, 3
    body = decoded_payload(digest)
    assert 5 < len(body["promotions"]) < 40
    assert (body["more_promotions"], body["more"]) == (103 - len(body["promotions"]), 0)
    digest.promotions = [make_event("promotion", headline="é" * 30_000)]
    (shown,) = decoded_payload(digest)["promotions"]
    assert (shown["headline"], shown["shortened"]) == ("é" * 119 + "…", ["headline"])


def test_digest_keeps_its_first_offer() -> None:
    body = decoded_payload(make_digest(3, fare_name="é" * 30_000))
    assert (len(body["offers"]), body["more"]) == (1, 5)
    assert body["offers"][0]["shortened"] == ["fare_name"]
    assert body["offers"][0]["fare_name"] == "é" * 119 + "…"


def test_longest_texts_are_shortened_first_and_named() -> None:
    body = decoded_payload(
        make_event("offer.matched", program_name="w" * 15_000, booking_link="https://a.example/" + "x" * 9_000)
    )
    assert body["program_name"] == "w" * 119 + "…"
    assert body["booking_link"] == "https://a.example/" + "x" * 9_000
    assert body["shortened"] == ["program_name"]


def test_long_lists_lose_their_last_entries() -> None:
    body = decoded_payload(make_event("offer.matched", watches=[f"watch {number:04}" for number in range(5_000)]))
    assert body["watches"][:2] == ["watch 0000", "watch 0001"]
    assert 100 < len(body["watches"]) < 2_000
    assert body["shortened"] == ["watches"]


def test_long_link_is_removed() -> None:
    body = decoded_payload(make_event("offer.matched", booking_link="https://a.example/" + "x" * 30_000))
    assert (body["booking_link"], body["shortened"]) == (None, ["booking_link"])
    body = decoded_payload(make_event("promotion", link="https://a.example/" + "x" * 30_000))
    assert (body["link"], body["shortened"]) == ("", ["link"])


def test_texts_with_long_json_escapes_fit() -> None:
    """A control character has six bytes in JSON."""
    texts = {name: "\x01" * 30_000 for name, value in event_example("offer.matched").items() if isinstance(value, str)}
    kept = {"type", "created_at", "detail", "departure_date", "cabin", "taxes", "departs_at", "arrives_at"}
    kept |= {"cash_price", "seen_at", *JUDGMENT_FIELDS}
    body = decoded_payload(
        make_event("offer.matched", **{name: text for name, text in texts.items() if name not in kept})
    )
    assert set(body["shortened"]) <= set(body)


def test_stored_event_can_be_shortened() -> None:
    event = make_event("promotion", headline="t" * 30_000)
    assert isinstance(event, Promotion)
    assert decoded_payload(parse_event(event_body(event)))["shortened"] == ["headline"]
