"""The JSON Schemas of events: published, complete, and valid for the events that are sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from awardspider.delivery.messages.events import EVENTS, offer_event, promotion_event
from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.schemas import DESCRIPTIONS, combined_schema, event_example, event_schema
from awardspider.items import EventType, PromotionItem, PromotionKind
from awardspider.offer_fields import OFFER_COLUMNS
from scripts.event_schemas import FILE, text
from tests.support.storage_examples import NOW, make_itinerary, make_offer


def validator(event_type: EventType) -> Draft202012Validator:
    return Draft202012Validator(event_schema(event_type), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_schema_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m scripts.event_schemas"
    assert sorted(path.name for path in FILE.parent.iterdir()) == ["events.json", "watches.schema.json"]


@pytest.mark.parametrize("event_type", EVENTS)
def test_schemas_are_valid_and_accept_their_example(event_type: EventType) -> None:
    Draft202012Validator.check_schema(event_schema(event_type))
    validator(event_type).validate(event_example(event_type))


def test_the_schema_of_all_events_accepts_every_example() -> None:
    schema = combined_schema()
    Draft202012Validator.check_schema(schema)
    for event_type in EVENTS:
        Draft202012Validator(schema).validate(event_example(event_type))


@pytest.mark.parametrize("event_type", EVENTS)
def test_schemas_reject_missing_fields_and_wrong_types(event_type: EventType) -> None:
    body = event_example(event_type)
    assert set(event_schema(event_type)["required"]) == set(body)
    invalid: list[dict[str, Any]] = [{k: v for k, v in body.items() if k != name} for name in body]
    invalid += [body | {"type": "other"}, body | {"id": 5}, body | {"created_at": None}]
    for candidate in invalid:
        with pytest.raises(ValidationError):
            validator(event_type).validate(candidate)


def test_every_field_has_a_description_and_every_description_a_field() -> None:
    properties = [field for event_type in EVENTS for field in event_schema(event_type)["properties"].items()]
    columns = {column.name for column in OFFER_COLUMNS}
    assert {name for name, _ in properties} == set(DESCRIPTIONS) | columns
    assert {schema["description"] for _, schema in properties} >= set(DESCRIPTIONS.values())


def test_times_have_the_format_date_time() -> None:
    for event_type in EVENTS:
        for name, schema in event_schema(event_type)["properties"].items():
            is_time = re.search(r"_at$|^published$", name) is not None
            assert ("date-time" in json.dumps(schema)) == is_time, name


@pytest.mark.parametrize("event_type", [EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE])
@pytest.mark.parametrize("offer", [make_offer(), make_itinerary(), make_offer(miles=None, taxes=None)])
def test_offers_satisfy_the_schema(event_type: EventType, offer: Any) -> None:
    validator(event_type).validate(event_payload(offer_event(event_type, "key", offer, NOW, previous_miles=12_500)))


def test_promotions_with_few_fields_satisfy_the_schema() -> None:
    item = PromotionItem(
        kind=PromotionKind.AWARD_SALE, title="Sale", source="blog", link="https://example.org", seen_at=NOW
    )
    validator(EventType.PROMOTION).validate(event_payload(promotion_event("key", item, "p1")))


def test_schemas_and_examples_are_independent_copies() -> None:
    event_schema(EventType.TEST)["properties"].clear()
    event_example(EventType.TEST).clear()
    assert event_schema(EventType.TEST)["properties"]
    assert event_example(EventType.TEST)
