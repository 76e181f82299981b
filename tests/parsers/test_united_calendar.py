"""United's calendar in many small variants. Complete responses are in fixtures/, flights in test_united.py."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import Money
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from tests.support.united_responses import (
    DAY,
    calendar,
    calendar_day,
    covered_days,
    identities,
    offers,
    parse_month,
    prices,
    solution,
    with_duplicates,
)


def test_close_in_fee_is_in_the_currency_of_the_tax() -> None:
    fee = {"Currency": "", "Amount": 75.0, "PricingType": "CloseInFee"}
    [offer] = offers(parse_month(calendar(calendar_day(DAY, solution(Prices=[*prices(), fee])))))
    assert offer.taxes == Money(Decimal("80.60"), "USD")


@pytest.mark.parametrize(
    ("lowest", "not_mixed", "expected"),
    [
        (60000, None, [(60000, None)]),  # nothing shows whether it is mixed
        (60000, 60000, [(60000, False)]),
        (50000, 60000, [(50000, True), (60000, False)]),
        (None, 60000, [(60000, False)]),
    ],
)
def test_premium_economy_without_mixed_cabins(
    lowest: int | None, not_mixed: int | None, expected: list[tuple[int, bool | None]]
) -> None:
    solutions = [
        solution(code, Prices=prices(miles))
        for code, miles in (("ECO-PREMIUM-DISP", lowest), ("ECO-PREMIUM-DISP-NOT-MIXED", not_mixed))
        if miles
    ]
    found = offers(parse_month(calendar(calendar_day(DAY, *solutions))))
    assert {offer.cabin for offer in found} == {"premium_economy"}
    assert [(offer.miles, offer.mixed_cabin) for offer in found] == expected


def test_a_missing_week_is_not_covered() -> None:
    """Missing days must not be marked as gone because the response has the days before and after them."""
    listed = {DAY.replace(day=day) for day in [*range(1, 8), *range(15, 32)]}
    try:
        items = parse_month(calendar(*[calendar_day(day, solution()) for day in sorted(listed)]))
    except UnexpectedResponse:
        return
    assert len(offers(items)) == len(listed)
    assert covered_days(items) <= listed


def test_days_after_the_response_are_not_covered() -> None:
    """A search from October 20 into November, with a response for October: no evidence about November."""
    october = {DAY.replace(day=day) for day in range(1, 32)}
    items = parse_month(
        calendar(*[calendar_day(day, solution()) for day in sorted(october)]), DAY.replace(day=20), date(2027, 11, 10)
    )
    assert {offer.departure_date for offer in offers(items)} >= {day for day in october if day.day >= 20}
    assert covered_days(items) <= october
    assert covered_days(items) >= {day for day in october if day.day >= 20}


def test_two_months_in_one_response() -> None:
    months = [
        {"Year": 2027, "Month": 10, "Weeks": [{"Days": [calendar_day(date(2027, 10, 31), solution())]}]},
        {"Year": 2027, "Month": 11, "Weeks": [{"Days": [calendar_day(date(2027, 11, 1), solution())]}]},
    ]
    items = parse_month(calendar(Calendar={"Months": months}), date(2027, 10, 31), date(2027, 11, 1))
    assert [offer.departure_date for offer in offers(items)] == [date(2027, 10, 31), date(2027, 11, 1)]
    assert covered_days(items) == {date(2027, 10, 31), date(2027, 11, 1)}


@pytest.mark.parametrize("rows", ["Months", "Weeks", "Days", "Solutions"])
def test_duplicate_rows_have_no_effect(rows: str) -> None:
    business = [
        solution("MIN-BUSINESS-SURP-OR-DISP", Prices=prices(30000.0)),
        solution("MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED", Prices=prices(45000.0)),
    ]
    data = calendar(calendar_day(DAY, solution(), *business), calendar_day(DAY + timedelta(1), *business))
    assert identities(parse_month(with_duplicates(data, rows))) == identities(parse_month(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(calendar(calendar_day(DAY, solution("MIN-SUITE-DISP"))), id="only an unknown cabin"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=[]))), id="a solution without a price"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=prices("on request")))), id="no readable price"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=prices()[1:]))), id="dollars only"),
        pytest.param(calendar(calendar_day(DAY, solution(), padding=True)), id="padding only"),
        pytest.param(calendar(), id="no day"),
        pytest.param(calendar(Calendar={"Months": []}), id="no month"),
        pytest.param(calendar(Calendar=None), id="no calendar"),
        pytest.param(calendar({"DateValue": f"{DAY:%m/%d/%Y}", "DayNotInThisMonth": False}), id="no list of solutions"),
        pytest.param(calendar(calendar_day(DAY, solution()), Status=0), id="another status"),
        pytest.param(
            calendar(calendar_day(DAY, solution()), Errors=[{"MinorCode": "10038", "Message": "Restart."}]),
            id="an error",
        ),
    ],
)
def test_calendar_without_evidence_is_unexpected(data: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        parse_month(data)


def test_calendar_that_requires_sign_in() -> None:
    error = {"MajorCode": "1", "Message": "You must be signed-in to see flight results with miles."}
    with pytest.raises(SearchFailed) as raised:
        parse_month({"Status": 0, "Errors": [error]})
    assert raised.value.reason is Reason.SIGN_IN_NEEDED
