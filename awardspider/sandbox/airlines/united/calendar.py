"""FetchAwardCalendar: a month of United's lowest award prices, built as text for speed: it is requested most often.

The keys, their order and their types are those of a response captured on 2026-04-01 (section 1.3 of the fact sheet on
United). Assumed, because no capture shows it: `CabinCount` on days outside the booking window, and that a route without
service gets the same warning as in FetchFlights.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

import orjson

from awardspider.sandbox.airlines.united.envelope import (
    BUSINESS_CODE,
    ECONOMY_CODE,
    FIRST_CODE,
    NOT_MIXED,
    NOTHING_FOUND,
    PREMIUM_CODE,
    SPECIAL_PRICING,
    TRIP_END,
    filters_in,
    opaque,
)
from awardspider.sandbox.fares import MILES_SHIFT, NO_PRICE, unpack
from awardspider.sandbox.quotes import (
    BUSINESS,
    BUSINESS_MIXED,
    ECONOMY,
    FIRST,
    FIRST_MIXED,
    PREMIUM,
)

_PRICE = '"AmountAllPax":0.0,"AmountBase":0.0,"AmountDiffPerPax":0.0,"PricingType"'


def _filters_out() -> dict[str, object]:
    out = filters_in(False) | {"CabinCountMax": 3}
    del out["FareFamily"], out["ShopIndicators"]
    return out


def shown_columns(columns: Sequence[Sequence[int]]) -> list[tuple[str, int, list[int]]]:
    """Return the calendar's priced cabin codes, each with its inventory column and a packed price for each day.

    A "lowest" code uses the mixed-cabin price only if it is lower in miles.
    """
    lowest = (
        (BUSINESS_CODE, BUSINESS, _lowest(columns[BUSINESS], columns[BUSINESS_MIXED])),
        (FIRST_CODE, FIRST, _lowest(columns[FIRST], columns[FIRST_MIXED])),
    )
    not_mixed = (
        (ECONOMY_CODE, ECONOMY),
        (BUSINESS_CODE + NOT_MIXED, BUSINESS),
        (PREMIUM_CODE, PREMIUM),
        (FIRST_CODE + NOT_MIXED, FIRST),
    )
    codes = [*lowest, *((code, index, list(columns[index])) for code, index in not_mixed)]
    return [code for code in codes if code[2] and min(code[2]) != NO_PRICE]


def _lowest(not_mixed: Sequence[int], mixed: Sequence[int]) -> list[int]:
    return [
        price_mixed if price_mixed >> MILES_SHIFT < price >> MILES_SHIFT else price
        for price, price_mixed in zip(not_mixed, mixed, strict=True)
    ]


def calendar_json(
    route: tuple[str, str], anchor: date, first: date, columns: Sequence[Sequence[int]], served: bool, now: datetime
) -> bytes:
    """Build the month that contains `anchor` from inventory columns that start with the day `first`.

    Days of the month that `columns` does not cover have no solutions.
    """
    shown = shown_columns(columns)
    best: dict[int, int] = {}
    for _, family, prices in shown:
        best[family] = min(best.get(family, NO_PRICE), min(prices) >> MILES_SHIFT)
    lowest_by_code = [(code, best[family]) for code, family, _ in shown]
    by_day = dict(enumerate(zip(*(prices for _, _, prices in shown), strict=True), first.toordinal()))
    identity = opaque(20, *route, anchor.month)
    start = date(anchor.year, anchor.month, 1)
    end = start.toordinal() + monthrange(anchor.year, anchor.month)[1]
    sunday = start.toordinal() - start.isoweekday() % 7
    weeks = []
    for week in range(sunday, end, 7):
        days = [
            _day(ordinal, lowest_by_code, by_day.get(ordinal, ()), identity)
            if start.toordinal() <= ordinal < end
            else _padding(ordinal)
            for ordinal in range(week, week + 7)
        ]
        weeks.append(f'{{"Year":{anchor.year},"Month":{anchor.month},"Days":[{",".join(days)}]}}')
    return f"{_head(anchor, now)}{','.join(weeks)}{_tail(route, anchor, served)}".encode()


@lru_cache(maxsize=1 << 10)
def _padding(ordinal: int) -> str:
    """Build a day from an adjacent month that fills out a week."""
    day = date.fromordinal(ordinal)
    return (
        f'{{"Year":{day.year},"Month":{day.month},"Cheapest":false,"DateValue":"{day:%m/%d/%Y}","DayNotInThisMonth":true,'
        '"Display":false,"DisplayFare":0.0,"Economy":false,"First":false,"TravelDateRange":false,"DayFareInfos":[],'
        '"Solutions":[]}'
    )


def _day(ordinal: int, lowest_by_code: list[tuple[str, int]], prices: Sequence[int], identity: str) -> str:
    """Build a day of the month from its prices; `lowest_by_code` has each cabin code's lowest miles in the month."""
    head, middle, ends = _day_parts(ordinal)
    solutions = [
        _solution_start(code, packed) + ends[packed >> MILES_SHIFT == best]
        for (code, best), packed in zip(lowest_by_code, prices, strict=False)
        if packed != NO_PRICE
    ]
    return f"{head}{identity}{ordinal % 100:02}{middle}{','.join(solutions)}]}}"


@lru_cache(maxsize=1 << 10)
def _day_parts(ordinal: int) -> tuple[str, str, tuple[str, str]]:
    """Return a day's JSON before and after its `LastResultId`, and the two possible ends of a solution.

    The second end is for the month's cheapest price, the first end for any other price.
    """
    day = date.fromordinal(ordinal)
    value = f"{day:%m/%d/%Y}"
    end = (
        f',"DateValue":"{value}","DayNotInThisMonth":false,"Display":false,"DisplayFare":0.0,'
        '"TravelDateRange":false,"DayFareInfos":[]}'
    )
    head = (
        f'{{"Year":{day.year},"Month":{day.month},"Cheapest":false,"CabinCount":3,"DateValue":"{value}",'
        '"DayNotInThisMonth":false,"Display":false,"DisplayFare":0.0,"Economy":false,"First":false,"LastResultId":"'
    )
    middle = '","TravelDateRange":false,"DayFareInfos":[],"Solutions":['
    return head, middle, (f'"Cheapest":false{end}', f'"Cheapest":true{end}')


@lru_cache(maxsize=1 << 14)
def _solution_start(code: str, packed: int) -> str:
    """Return the start of a solution, including its prices."""
    price = unpack(packed)
    return (
        f'{{"AwardType":"{"Saver" if price.saver else "Standard"}","CabinType":"{code}","Prices":['
        f'{{"Currency":"MILES","Amount":{price.miles}.0,{_PRICE}:"Award"}},'
        f'{{"Currency":"USD","Amount":{price.taxes / 100},{_PRICE}:"Tax"}}],'
    )


def _head(anchor: date, now: datetime) -> str:
    head = {
        "CalendarLengthOfStay": -1,
        "CartId": opaque(22, "cart", anchor),
        "Characteristics": [{"Code": "AwardCalendarTxnId", "Value": opaque(22, "transaction", anchor)}],
        "Timings": [{"Name": "SetCheapestFare", "TimeMilliseconds": "0"}],
        "LangCode": "en-US",
        "LastCallDateTime": f"{now:%Y-%m-%d %I:%M %p}",
        "LastTripIndexRequested": 1,
        "ServerName": "sandbox",
        "Status": 1,
        "TripCount": 1,
        "RecentSearchVersion": "-",
        "Version": "",
    }
    calendar = (
        '"Calendar":{"LoadedFromCache":false,"LengthOfStay":6,"MaxLengthOfStay":6,"AdvancePurchase":14,'
        '"CalendarWindow":30,"Months":[{"ShowPreviousMonthIndicator":false,"ShowNextMonthIndicator":false,'
        f'"Year":{anchor.year},"Month":{anchor.month},"Weeks":['
    )
    return f'{{"data":{orjson.dumps(head).decode()[:-1]},{calendar}'


def _tail(route: tuple[str, str], anchor: date, served: bool) -> str:
    warnings = "" if served else f'"Warnings":[{orjson.dumps(NOTHING_FOUND).decode()}],'
    origin, destination = route
    return (
        f']}}]}},"Errors":[],{warnings}"ITAQueries":[],{_SPECIAL_PRICING},"Trips":[{{"Destination":"{destination}",'
        f'"Origin":"{origin}","DepartDate":"{anchor}",{_TRIP}}}],"UpgradeTypes":[],"Upsells":[]}}}}'
    )


_SPECIAL_PRICING = f'"SpecialPricingInfo":{orjson.dumps(SPECIAL_PRICING).decode()},"SpecialPricingInfoLst":[]'
_TRIP = orjson.dumps(
    {
        "Index": 1,
        "TripIndex": 1,
        "ITAQueries": [],
        "SearchFiltersIn": filters_in(False),
        "SearchFiltersOut": _filters_out(),
        "Flights": [],
        **TRIP_END,
    }
).decode()[1:-1]
