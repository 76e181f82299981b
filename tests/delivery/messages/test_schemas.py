"""The published schemas are those of the code, complete, and hold for what is really sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from awardspider.delivery.messages.events import EVENTS, flat, offer_event, promotion_event
from awardspider.delivery.messages.schemas import DESCRIPTIONS, example, schema
from awardspider.items import PromotionItem
from scripts.event_schemas import FOLDER, texts
from tests.support.storage_examples import NOW, an_itinerary, an_offer


def validator(event_type: str) -> Draft202012Validator:
    return Draft202012Validator(schema(event_type), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_files_are_up_to_date() -> None:
    published = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    assert published == texts(), "run: python -m scripts.event_schemas"


@pytest.mark.parametrize("event_type", EVENTS)
def test_a_schema_is_one_and_its_example_holds(event_type: str) -> None:
    Draft202012Validator.check_schema(schema(event_type))
    validator(event_type).validate(example(event_type))


@pytest.mark.parametrize("event_type", EVENTS)
def test_a_schema_can_say_no(event_type: str) -> None:
    body = example(event_type)
    assert set(schema(event_type)["required"]) == set(body)
    broken: list[dict[str, Any]] = [{k: v for k, v in body.items() if k != name} for name in body]
    broken += [body | {"type": "other"}, body | {"id": 5}, body | {"created_at": None}]
    for each in broken:
        with pytest.raises(ValidationError):
            validator(event_type).validate(each)


def test_every_field_is_described_and_no_other() -> None:
    fields = {name for event_type in EVENTS for name in schema(event_type)["properties"]}
    assert fields == set(DESCRIPTIONS)


def test_every_time_has_its_format() -> None:
    for event_type in EVENTS:
        for name, told in schema(event_type)["properties"].items():
            is_time = re.search(r"_at$|^published$", name) is not None
            assert ("date-time" in json.dumps(told)) == is_time, name


@pytest.mark.parametrize("kind", ["offer.matched", "offer.dropped", "offer.gone"])
@pytest.mark.parametrize("offer", [an_offer(), an_itinerary(), an_offer(miles=None, taxes=None)])
def test_real_offers_are_as_the_schema_says(kind: str, offer: Any) -> None:
    validator(kind).validate(flat(offer_event(kind, "key", offer, NOW, previous_miles=12_500)))


def test_a_promotion_of_which_little_is_known_is_as_the_schema_says() -> None:
    item = PromotionItem(kind="sale", title="Sale", source="blog", link="https://example.org", seen_at=NOW)
    validator("promotion").validate(flat(promotion_event("key", item, "p1")))


def test_nothing_that_is_told_apart_is_shared() -> None:
    """A schema that somebody changes is not the one of the next."""
    schema("test")["properties"].clear()
    example("test").clear()
    assert schema("test")["properties"]
    assert example("test")
