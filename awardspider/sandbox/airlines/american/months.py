"""The JSON for several days: a month for one cabin filter, or the thirteen days of the week view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines.american.slices import front_cabin_is_first
from awardspider.sandbox.fares import NO_PRICE, Price, unpack
from awardspider.sandbox.places import draw
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, ECONOMY, FIRST, FIRST_MIXED, PREMIUM

FRONT, OWN_FIRST = (BUSINESS, BUSINESS_MIXED), (FIRST, FIRST_MIXED)
Columns = tuple[int, ...]


def _business(route: tuple[str, str]) -> Columns:
    return () if front_cabin_is_first(route) else FRONT


def _first(route: tuple[str, str]) -> Columns:
    return FRONT if front_cabin_is_first(route) else OWN_FIRST


# The inventory columns that each value of `cabin` in a request selects, depending on the route.
CABIN_FILTERS: Mapping[str, Callable[[tuple[str, str]], Columns]] = {
    "": lambda _: (ECONOMY, PREMIUM, *FRONT, *OWN_FIRST),
    "COACH": lambda _: (ECONOMY,),
    "PREMIUM_ECONOMY": lambda _: (PREMIUM,),
    "PREMIUM_COACH": lambda _: (PREMIUM,),
    "BUSINESS": _business,
    "FIRST": _first,
    "BUSINESS,FIRST": lambda _: (*FRONT, *OWN_FIRST),
}


def calendar_json(first: date, last: date, prices: Mapping[date, int | None]) -> Json:
    """Build the month from `first` to `last`, in weeks that begin on Sunday.

    `prices` maps each day that can be booked to a packed price or None.
    """
    start = first - timedelta(days=first.isoweekday() % 7)
    weeks = []
    while start <= last:
        days = [start + timedelta(days=day) for day in range(7)]
        weeks.append({"days": [_day(day, prices) if first <= day <= last else _PADDING for day in days]})
        start += timedelta(days=7)
    points = [price.miles for day in prices if (price := _price(prices[day]))]
    lowest = {"perPassengerAwardPoints": min(points)} if points else None
    return {
        "error": "",
        "calendarDetails": {"lowestMonthlyPrice": lowest},
        "calendarMonths": [{"month": first.month, "year": first.year, "weeks": weeks}],
    }


_PADDING: Json = {"date": None, "dayOfMonth": 0, "validDay": False, "solution": None}


def _day(day: date, prices: Mapping[date, int | None]) -> Json:
    price = _price(prices.get(day))
    solution = None
    if price:
        taxes = {"amount": price.taxes / 100, "currency": "USD"}
        solution = {"perPassengerAwardPoints": price.miles, "perPassengerSaleTotal": taxes}
    return {"date": day.isoformat(), "dayOfMonth": day.day, "validDay": day in prices, "solution": solution}


def weekly_json(first: date, last: date, prices: Mapping[date, int | None], points: str) -> Json:
    """Build the days from `first` to `last`. `points` is the key for the miles; the results page uses another."""
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        price = _price(prices.get(day))
        days.append(
            {
                "date": day.isoformat(),
                "solutionId": f"{draw('week', day, price):x}" if price else None,
                points: str(price.miles) if price else None,
                "perPassengerDisplayTotal": {"amount": price.taxes / 100, "currency": "USD"} if price else None,
                "price": None,
            }
        )
    return {"error": "", "days": days}


def _price(packed: int | None) -> Price | None:
    return None if packed is None or packed == NO_PRICE else unpack(packed)
