"""United's calendar in many small variants. Whole answers stand in fixtures/, flights in test_reader_united.py."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import Money
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from tests.support.united_responses import (
    DAY,
    calendar_day,
    calendar,
    covered_days,
    with_duplicates,
    identities,
    parse_month,
    offers,
    prices,
    solution,
)


def test_calendar_close_in_fee_is_in_the_currency_of_the_tax() -> None:
    fee = {"Currency": "", "Amount": 75.0, "PricingType": "CloseInFee"}
    [offer] = offers(parse_month(calendar(calendar_day(DAY, solution(Prices=[*prices(), fee])))))
    assert offer.taxes == Money(Decimal("80.60"), "USD")


def test_a_missing_week_is_not_covered() -> None:
    """Days that the answer does not hold must not be marked gone because the days around them were seen."""
    held = {DAY.replace(day=day) for day in [*range(1, 8), *range(15, 32)]}
    try:
        items = parse_month(calendar(*[calendar_day(day, solution()) for day in sorted(held)]))
    except UnexpectedResponse:
        return
    assert len(offers(items)) == len(held)
    assert covered_days(items) <= held


def test_days_beyond_the_answer_are_not_covered() -> None:
    """Asked from the 20th into November, answered for October: found, and nothing said of November."""
    october = {DAY.replace(day=day) for day in range(1, 32)}
    items = parse_month(
        calendar(*[calendar_day(day, solution()) for day in sorted(october)]), DAY.replace(day=20), date(2027, 11, 10)
    )
    assert {offer.departure_date for offer in offers(items)} >= {day for day in october if day.day >= 20}
    assert covered_days(items) <= october
    assert covered_days(items) >= {day for day in october if day.day >= 20}


def test_two_months_in_one_answer() -> None:
    months = [
        {"Year": 2027, "Month": 10, "Weeks": [{"Days": [calendar_day(date(2027, 10, 31), solution())]}]},
        {"Year": 2027, "Month": 11, "Weeks": [{"Days": [calendar_day(date(2027, 11, 1), solution())]}]},
    ]
    items = parse_month(calendar(Calendar={"Months": months}), date(2027, 10, 31), date(2027, 11, 1))
    assert [offer.departure_date for offer in offers(items)] == [date(2027, 10, 31), date(2027, 11, 1)]
    assert covered_days(items) == {date(2027, 10, 31), date(2027, 11, 1)}


@pytest.mark.parametrize("rows", ["Months", "Weeks", "Days", "Solutions"])
def test_calendar_rows_that_come_twice(rows: str) -> None:
    twins = [
        solution("MIN-BUSINESS-SURP-OR-DISP", Prices=prices(30000.0)),
        solution("MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED", Prices=prices(45000.0)),
    ]
    data = calendar(calendar_day(DAY, solution(), *twins), calendar_day(DAY + timedelta(1), *twins))
    assert identities(parse_month(with_duplicates(data, rows))) == identities(parse_month(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(calendar(calendar_day(DAY, solution("MIN-SUITE-DISP"))), id="only an unknown cabin"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=[]))), id="a solution without a price"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=prices("on request")))), id="no price readable"),
        pytest.param(calendar(calendar_day(DAY, solution(Prices=prices()[1:]))), id="dollars only"),
        pytest.param(calendar(calendar_day(DAY, solution(), padding=True)), id="padding only"),
        pytest.param(calendar(), id="no day"),
        pytest.param(calendar(Calendar={"Months": []}), id="no month"),
        pytest.param(calendar(Calendar=None), id="no calendar"),
        pytest.param(calendar({"DateValue": f"{DAY:%m/%d/%Y}", "DayNotInThisMonth": False}), id="no list of solutions"),
        pytest.param(calendar(calendar_day(DAY, solution()), Status=0), id="another status"),
        pytest.param(
            calendar(calendar_day(DAY, solution()), Errors=[{"MinorCode": "10038", "Message": "Restart."}]), id="an error"
        ),
    ],
)
def test_calendars_that_are_no_evidence(data: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        parse_month(data)


def test_a_calendar_that_asks_to_sign_in() -> None:
    error = {"MajorCode": "1", "Message": "You must be signed-in to see flight results with miles."}
    with pytest.raises(SearchFailed) as raised:
        parse_month({"Status": 0, "Errors": [error]})
    assert raised.value.reason is Reason.SIGN_IN_NEEDED
