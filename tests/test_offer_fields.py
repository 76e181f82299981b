"""The table of offer fields: records, columns and the way back from them, also for a field that is new."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from awardspider.items import OFFER_FIELDS, AwardOfferItem, Cabin, Detail, FieldRole
from awardspider.offer_fields import OFFER_COLUMNS, RECORD_FIELDS, ColumnType, build_offer, record
from tests.support.item_examples import IDENTITY, NO_ROLE, STATE, make_offer
from tests.support.paths import ROOT


def test_order_of_a_record() -> None:
    """Spreadsheets and feeds depend on it: a new field may come between these, which keep their order."""
    order = (
        "offer_id program source detail origin destination departure_date cabin miles taxes taxes_currency seats stops "
        "flights departs_at arrives_at duration_minutes fare_name booking_code mixed_cabin saver on_sale regular_miles "
        "chart_miles cash_price cash_currency booking_link travelers seen_at watches segments"
    )
    known = order.split()
    assert " ".join([name for name in RECORD_FIELDS if name in known]) == order
    assert tuple(record(make_offer())) == RECORD_FIELDS


def test_complete_record() -> None:
    offer, watches = make_offer(), ("autumn", "Austin, any time")
    segment = {
        "marketing_carrier": "UA",
        "operating_carrier": "UA",
        "flight_number": "1625",
        "origin": "LAX",
        "destination": "AUS",
        "departs_at": "2027-10-06T08:15:00-07:00",
        "arrives_at": "2027-10-06T13:19:00-05:00",
        "aircraft": "Boeing 737-900",
        "cabin": "economy",
        "booking_code": "XN",
        "stops": 0,
    }
    assert record(offer, watches) == dict.fromkeys(RECORD_FIELDS) | {
        "offer_id": offer.offer_id,
        "program": "united",
        "source": "united",
        "detail": "itinerary",
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": "2027-10-06",
        "cabin": "economy",
        "miles": 15000,
        "taxes": "5.60",
        "taxes_currency": "USD",
        "seats": 4,
        "stops": 0,
        "flights": "UA1625",
        "departs_at": "2027-10-06T08:15:00-07:00",
        "arrives_at": "2027-10-06T13:19:00-05:00",
        "duration_minutes": 184,
        "fare_name": "United Economy",
        "booking_code": "XN",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": False,
        "regular_miles": None,
        "cash_price": "189.40",
        "cash_currency": "USD",
        "booking_link": None,
        "travelers": 1,
        "seen_at": "2026-11-20T15:06:00+00:00",
        "watches": ["autumn", "Austin, any time"],
        "segments": [segment],
        "chart_miles": None,
    }
    assert json.loads(json.dumps(record(offer, watches))) == record(offer, watches)


def test_record_of_a_minimal_offer() -> None:
    bare = AwardOfferItem(
        program="united",
        source="seatsaero",
        detail=Detail.SEATS,
        origin="LAX",
        destination="NRT",
        departure_date=date(2027, 10, 6),
        cabin=Cabin.FIRST,
        miles=None,
        seen_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    filled = {name: value for name, value in record(bare).items() if value not in (None, "", [])}
    assert set(filled) == {
        *("offer_id", "program", "source", "detail", "origin", "destination", "departure_date", "cabin"),
        *("travelers", "seen_at"),
    }


# ---- columns -----------------------------------------------------------------------------------------------------


def test_roles_agree_with_the_keys() -> None:
    identity = (FieldRole.IDENTITY, FieldRole.PARTY)
    assert {name for name, field in OFFER_FIELDS.items() if field.role in identity} == set(IDENTITY)
    assert {name for name, field in OFFER_FIELDS.items() if field.role is FieldRole.STATE} == set(STATE)


def test_every_field_but_two_is_in_the_table() -> None:
    names = {field.name for field in dataclasses.fields(AwardOfferItem)}
    assert names - OFFER_FIELDS.keys() == {"seen_at", "source_id"}


def test_columns_are_described_and_have_the_type_of_their_values() -> None:
    types = {
        ColumnType.TEXT: str,
        ColumnType.INTEGER: int,
        ColumnType.FLAG: bool,
        ColumnType.DATE: date,
        ColumnType.LOCAL_TIME: datetime,
    }
    offer = make_offer(**IDENTITY, **STATE, **NO_ROLE)
    for column in OFFER_COLUMNS:
        assert column.description.endswith(".")
        assert column.label
        if column.type in types:
            assert type(column.value(offer)) is types[column.type], column.name


def test_required_columns_are_never_none() -> None:
    bare = make_offer(**dict.fromkeys(STATE), segments=(), fare_name=None, mixed_cabin=None)
    assert {column.name for column in OFFER_COLUMNS if column.value(bare) is not None} == {
        column.name for column in OFFER_COLUMNS if column.required
    }


@pytest.mark.parametrize("changes", [{}, {"segments": (), "taxes": None, "seats": None}, {"chart_miles": 60_000}])
def test_an_offer_is_built_from_its_record_and_from_its_row(changes: dict[str, Any]) -> None:
    offer = make_offer(**changes)
    from_record = record(offer)
    row = {column.name: column.value(offer) for column in OFFER_COLUMNS}
    row |= {"segments": json.dumps(from_record["segments"]), "seen_at": offer.seen_at}
    for values in (from_record, row):
        built = build_offer(AwardOfferItem, values)
        assert built == offer
        assert (built.offer_id, built.state) == (offer.offer_id, offer.state)


def test_build_offer_fills_a_subclass() -> None:
    @dataclasses.dataclass(slots=True, kw_only=True)
    class Stored(AwardOfferItem):
        gone_at: datetime | None

    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert build_offer(Stored, record(make_offer()) | {"gone_at": at}).gone_at == at


# Add a plain optional field to the class, and nothing else, before any other module is imported.
NEW_FIELD = """
import pathlib, sys, types
path = pathlib.Path("awardspider/items.py")
text, next_line = path.read_text(encoding="utf-8"), "    travelers: Annotated["
new_line = '    refundable: Annotated[bool | None, OfferField("True if the miles are refundable.")] = None\\n'
assert text.count(next_line) == 1
module = sys.modules["awardspider.items"] = types.ModuleType("awardspider.items")
exec(compile(text.replace(next_line, new_line + next_line), str(path), "exec"), module.__dict__)
from tests.support.item_examples import make_offer
from awardspider.storage.records import LISTED_OFFER_FIELDS
from awardspider.crawling.field_coverage import FIELDS
from awardspider.delivery.channels.sheets.columns import COLUMNS
from awardspider.delivery.messages.events import event_body, offer_event, parse_event
from awardspider.delivery.messages.schemas import event_schema
from awardspider.offer_fields import record
from awardspider.storage.export.layout import OFFERS
from awardspider.storage.schema import offers
offer, plain = make_offer(refundable=True), make_offer()
assert offer.offer_id == plain.offer_id == "@ID@"
assert offer.state != plain.state == "@STATE@"
body = event_body(offer_event("offer.matched", "1", offer, offer.seen_at))
assert record(offer)["refundable"] is body["refundable"] is parse_event(body).offer.refundable is True
assert event_schema("offer.matched")["properties"]["refundable"]["description"] == "True if the miles are refundable."
names = [FIELDS, LISTED_OFFER_FIELDS, OFFERS, offers.c.keys(), [column.title for column in COLUMNS]]
assert all("refundable" in group for group in names), names
"""


def test_a_new_field_needs_one_line() -> None:
    code = NEW_FIELD.replace("@STATE@", make_offer().state).replace("@ID@", make_offer().offer_id)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
