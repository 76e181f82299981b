"""The parser of the European Central Bank's reference rates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import ExchangeRatesItem, ParseWarning
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import get_document_parser
from awardspider.parsers.ecb import FEWEST_RATES, MOST_BYTES, parse
from tests.support.rates_file import RATES, rates_file

SEEN_AT = datetime(2024, 6, 28, 15, tzinfo=UTC)


def warnings_and_rates(body: bytes) -> tuple[list[str], dict[str, Decimal]]:
    *warnings, item = parse(body, SEEN_AT)
    assert isinstance(item, ExchangeRatesItem)
    values = [warning.value for warning in warnings if isinstance(warning, ParseWarning)]
    assert len(values) == len(warnings)
    return values, item.rates


def test_the_file_of_a_day() -> None:
    [item] = parse(rates_file(), SEEN_AT)
    assert item == ExchangeRatesItem(
        source="ecb",
        day=date(2024, 6, 28),
        rates={currency: Decimal(rate) for currency, rate in RATES.items()},
        seen_at=SEEN_AT,
    )
    assert item.rates["GBP"] == Decimal("0.84638")
    assert get_document_parser("ecb").parse is parse


def test_the_newest_of_several_days_counts() -> None:
    """The ECB's files of 90 days and of all days have the same structure."""
    older = "<Cube time='2024-06-27'><Cube currency='USD' rate='9'/></Cube>"
    [item] = parse(rates_file(days=older), SEEN_AT)
    assert isinstance(item, ExchangeRatesItem)
    assert (item.day, item.rates["USD"]) == (date(2024, 6, 28), Decimal("1.0705"))
    with pytest.raises(UnexpectedResponse, match="only 1 rates"):
        list(parse(rates_file(days=older.replace("2024-06-27", "2024-07-01")), SEEN_AT))


@pytest.mark.parametrize(
    "rate",
    ["", "N/A", "-", "0", "0.0000", "-1.07", "+1.07", "1,0705", "1.0705 ", "1e3", "1_000", "NaN", "Infinity", "١"],
)
def test_an_unusable_rate_costs_its_currency(rate: str) -> None:
    warnings, rates = warnings_and_rates(rates_file(rates=RATES | {"USD": rate}))
    assert warnings == [f"USD {rate}".strip()]
    assert rates == {currency: Decimal(rate) for currency, rate in RATES.items() if currency != "USD"}


@pytest.mark.parametrize("currency", ["", "usd", "US", "USDT", "U$D"])
def test_an_unusable_currency_costs_its_rate(currency: str) -> None:
    warnings, rates = warnings_and_rates(rates_file(rates=RATES | {currency: "2.5"}))
    assert warnings == [f"{currency} 2.5".strip()]
    assert rates.keys() == RATES.keys()


def test_the_first_of_two_rates_counts() -> None:
    body = rates_file().replace(b"currency='JPY'", b"currency='USD'")
    warnings, rates = warnings_and_rates(body)
    assert warnings == ["USD 171.94"]
    assert rates["USD"] == Decimal("1.0705")


def test_a_new_currency_is_used() -> None:
    assert warnings_and_rates(rates_file(rates=RATES | {"XYZ": "2.5"}))[1]["XYZ"] == Decimal("2.5")


def test_attributes_and_elements_may_be_written_differently() -> None:
    body = rates_file().replace(b"'", b'"').replace(b"/>", b"></Cube>").replace(b"\t", b"").replace(b"\n", b"")
    assert warnings_and_rates(body) == ([], {currency: Decimal(rate) for currency, rate in RATES.items()})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FETCHED = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (b"", "not XML: no element found: line 1, column 0"),
        (b"<html><body>Not found</body></html>", "the file has no day"),
        (b"<!DOCTYPE html><html></html>", "the file has a document type"),
        (b'{"rates": {}}', "not XML: not well-formed (invalid token): line 1, column 0"),
        (rates_file()[:400], "not XML: unclosed token"),
        (rates_file(doctype=BOMB), "the file has a document type"),
        (rates_file(doctype=FETCHED), "the file has a document type"),
        (rates_file().replace(b"UTF-8", b"bogus"), "not XML: unknown encoding: bogus"),
        (rates_file().replace(b"UTF-8", b"rot13"), "not XML: "),
        (rates_file().replace(b"UTF-8", b"utf-16"), "not XML: encoding specified in XML declaration is incorrect"),
        (rates_file().decode().encode("utf-16"), "not XML: encoding specified in XML declaration is incorrect"),
        (rates_file().replace(b"ecb.int", b"ecb.example"), "the file has no day"),
        (rates_file().replace(b"time=", b"date="), "the file has no day"),
        (rates_file(""), "invalid day ''"),
        (rates_file("28.06.2024"), "invalid day '28.06.2024'"),
        (rates_file("2024-02-30"), "invalid day '2024-02-30'"),
        (rates_file(rates={}), "the file has only 0 rates"),
        (rates_file(rates=dict(list(RATES.items())[: FEWEST_RATES - 1])), "the file has only 14 rates"),
        (b"<a>" * MOST_BYTES, "the response is too large"),
    ],
)
def test_anything_else_is_unexpected(body: bytes, note: str) -> None:
    with pytest.raises(UnexpectedResponse) as error:
        list(parse(body, SEEN_AT))
    assert error.value.reason is Reason.UNEXPECTED_RESPONSE
    assert error.value.note.startswith(note)


@given(st.binary(max_size=300), st.integers(0, len(rates_file())), st.integers(0, 20))
def test_a_damaged_file_raises_nothing_else(damage: bytes, position: int, removed: int) -> None:
    body = rates_file()
    try:
        items = list(parse(body[:position] + damage + body[position + removed :], SEEN_AT))
    except SearchFailed:
        return
    item = items[-1]
    assert isinstance(item, ExchangeRatesItem)
    assert len(item.rates) >= FEWEST_RATES
    assert all(rate.is_finite() and rate > 0 for rate in item.rates.values())
