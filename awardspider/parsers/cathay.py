"""Parse Cathay Pacific: the award availability of one cabin on each day (availability), and the miles (searchoptions).

Facts and sources: docs/sources/cathay.md. A body is the availability alone, or both responses as a JSON text sequence
(RFC 7464) with the availability last. The responses name neither route nor cabin, so offers get those of the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from awardspider.items import Cabin, CoveredDates, Detail, ParseWarning, Search, SearchKind
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse, not_served
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector
from awardspider.parsers._detection import none_if_unreadable
from awardspider.parsers._validation import validated
from awardspider.parsers._values import date_or_none, positive_int
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode_as, required_paths
from awardspider.parsers._wire import decode as decode_json

PROGRAM = "cathay"

RECORD_SEPARATOR = b"\x1e"  # precedes each text in a sequence (RFC 7464)

# The kinds of award, each with a separate list of days. A seat may be available only as one of the costlier kinds.
STANDARD = "std"
AWARDS = {STANDARD: "Standard award", "pt1": "Choice award", "pt2": "Tailored award"}

# A day's codes mean many seats, some, few or an unknown number (True), or no seats (False).
AVAILABILITY = {"H": True, "M": True, "L": True, "A": True, "NA": False, "N": False}

CABIN_CODES = {Cabin.ECONOMY: "eco", Cabin.PREMIUM_ECONOMY: "pey", Cabin.BUSINESS: "bus", Cabin.FIRST: "fir"}

UPDATE_ZONE = ZoneInfo("Asia/Hong_Kong")

SURELY_ON_SALE = timedelta(days=300)  # a window is about 360 days


class _Day(Wire):
    date: Required[Any] = None
    availability: Required[Any] = None


class _UpdateTime(Wire):
    update_time: Required[Any] = None


# The lists of days, keyed by kind of award, and `updateTime`.
_Lists = dict[str, list[_Day | NotObject] | dict[str, Any] | str | int | float | bool | None]


class _Availability(Wire):
    availabilities: Required[Annotated[_Lists | NotObject, Contains(_UpdateTime | dict[str, list[_Day]])]] = None
    errors: Any = None


class _SearchOptions(Wire):
    miles_required: Any = None
    errors: Any = None


_AVAILABILITY = msgspec.json.Decoder(_Availability)
_SEARCH_OPTIONS = msgspec.json.Decoder(_SearchOptions)
REQUIRED_PATHS = {SearchKind.CALENDAR: required_paths(_Availability, SearchKind.CALENDAR)}


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the availability of each day and kind of award. Offers were last seen at the time of Cathay's last update.

    Cathay returns empty lists for routes that it does not fly itself and for days that are not on sale. They do not say
    which, so they are ambiguous if some of the days must be on sale, and otherwise fail the search (bad_request).
    """
    *others, availability = _texts(body)
    lists = _lists(availability)
    cabin = _cabin(search)
    updated_at = _updated_at(lists)
    offers = Collector(PROGRAM, search, min(seen_at, updated_at or seen_at))
    if updated_at is None:
        offers.warn("updateTime", f"expected a time, got {lists.get('updateTime')}")
    miles = _chart_miles(others[-1], cabin, offers) if others else None
    days = {award: _add_days(award, lists.get(award), cabin, miles, offers) for award in AWARDS}
    listed = days[STANDARD] or set().union(*days.values())
    if not listed:
        yield from offers.finish()  # raises for unreadable or wrong days
        if search.first > seen_at.date() + SURELY_ON_SALE:
            raise SearchFailed(Reason.BAD_REQUEST, f"no day for {search}: Cathay may not sell these days yet")
        raise AmbiguousResponse(
            f"no day for {search}",
            reason=Reason.BAD_REQUEST,
            empty_note=not_served(f"Cathay does not fly {search.origin}-{search.destination} itself"),
        )
    yield CoveredDates(min(listed), max(listed))
    yield from offers.finish()
    yield from _incomplete(lists, listed, days[STANDARD])


def _incomplete(lists: dict[str, Any], listed: set[date], standard_days: set[date]) -> Iterator[ParseWarning]:
    """Yield warnings about unknown lists and missing days, which do not fail the search."""
    for award, entries in lists.items():
        is_list = isinstance(entries, list)
        if (award in AWARDS and entries is not None and not is_list) or (award not in AWARDS and entries and is_list):
            yield ParseWarning("availabilities", f"{award}: {str(entries)[:80]}", drops_offer=True)
    first, last = min(listed), max(listed)
    if missing := (last - first).days + 1 - len(standard_days):
        yield ParseWarning(STANDARD, f"missing days between {first} and {last}: {missing}", drops_offer=True)


def _add_days(award: str, entries: object, cabin: Cabin, miles: int | None, offers: Collector) -> set[date]:
    """Add the days with seats for one kind of award, and return all searched days that the list contains."""
    chart_miles = miles if award == STANDARD else None  # the chart has no miles for the other awards
    days: set[date] = set()
    for entry in entries if isinstance(entries, list) else ():
        day = _date(entry.date) if isinstance(entry, _Day) else None
        if not isinstance(entry, _Day) or day is None:
            offers.warn(award, f"expected a day, got {entry}", drops_offer=True)
        elif not offers.is_searched(day):
            offers.warn_nearby(f"{offers.search.origin}-{offers.search.destination} {day}")
        elif day not in days:
            days.add(day)
            code = entry.availability
            has_seats = AVAILABILITY.get(code) if isinstance(code, str) else None
            if has_seats is None:
                offers.warn(award, f"{day}: unknown availability {code}", drops_offer=True)
            elif has_seats:
                fare_name = AWARDS[award]
                offers.add_day(day, cabin, None, detail=Detail.SEATS, fare_name=fare_name, chart_miles=chart_miles)
    offers.matches += len(days)
    return days


def _date(value: object) -> date | None:
    """Parse a date such as 20260401, given as a string or a number."""
    return date_or_none(value if isinstance(value, str) else str(positive_int(value)))


def _texts(body: bytes) -> list[bytes]:
    """Return the texts in a sequence, or only the body if the body is not a sequence."""
    return [text for text in body.split(RECORD_SEPARATOR) if text.strip()] or [body]


def _lists(text: bytes) -> dict[str, Any]:
    """Return the lists of days, keyed by kind of award."""
    response = decode_as(_AVAILABILITY, text)
    lists = response.availabilities
    if not isinstance(lists, dict):
        raise UnexpectedResponse(
            f"errors: {str(response.errors)[:200]}" if response.errors else "availabilities is missing"
        )
    if not isinstance(lists.get(STANDARD), list):
        raise UnexpectedResponse(f"availabilities.{STANDARD} is missing")
    return lists


def _cabin(search: Search) -> Cabin:
    """Return the search's only cabin. Raise SearchFailed unless there is exactly one."""
    if len(search.cabins) != 1:
        note = f"the search has {len(search.cabins)} cabins, but a response of Cathay is for one cabin"
        raise SearchFailed(Reason.BAD_REQUEST, note)
    return Cabin(search.cabins[0])


def _chart_miles(text: bytes, cabin: Cabin, offers: Collector) -> int | None:
    """Return the miles for the standard award in a cabin; if they cannot be read, warn and return None."""
    try:
        options = decode_as(_SEARCH_OPTIONS, text)
    except UnexpectedResponse as error:
        offers.warn("milesRequired", error.note)
        return None
    by_cabin = options.miles_required if isinstance(options.miles_required, dict) else {}
    miles = positive_int(by_cabin.get(CABIN_CODES[cabin]))
    if miles is None:
        offers.warn("milesRequired", f"expected miles, got {options.errors or options.miles_required}")
    return miles


def _updated_at(lists: dict[str, Any]) -> datetime | None:
    """Parse `updateTime`, in Hong Kong time such as `2026-03-20 09:15:00`; return None if it is invalid."""
    try:
        return datetime.fromisoformat(str(lists.get("updateTime"))).replace(tzinfo=UPDATE_ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def decode(body: bytes) -> object:
    """Decode the response into plain JSON, merging the texts of a sequence. Raise UnexpectedResponse if not JSON."""
    *others, availability = _texts(body)
    tree = decode_json(availability)
    for text in others:
        other = decode_json(text)
        if isinstance(tree, dict) and isinstance(other, dict):
            tree = other | tree
    return tree


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the days of a response, or None if the response is not from Cathay."""
    lists = _lists(_texts(body)[-1])
    entries = [entry for award in AWARDS if isinstance(lists.get(award), list) for entry in lists[award]]
    days = [day for entry in entries if isinstance(entry, _Day) and (day := _date(entry.date))]
    return Detected(
        kind=SearchKind.CALENDAR,
        first=min(days, default=None),
        last=max(days, default=None),
        responded_at=_updated_at(lists),
    )


PARSERS = {SearchKind.CALENDAR: parse_calendar}
