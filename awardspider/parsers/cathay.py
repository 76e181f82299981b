"""Cathay Pacific: award availability of one cabin by day (afr/search/availability), and the miles that a route asks.

Facts and their sources: docs/sources/cathay.md. An answer comes alone or behind the one about miles
(afr/searchpanel/searchoptions), the two joined as a JSON text sequence (RFC 7464). Neither names the route or the
cabin: both are the search's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, ParseWarning, Search, SearchKind
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._validation import validated
from awardspider.parsers._values import positive_int

PROGRAM = "cathay"

REQUIRED_PATHS = {
    SearchKind.CALENDAR: ("availabilities.updateTime", "availabilities{}[].date", "availabilities{}[].availability")
}

# Stands in front of every text of a sequence (RFC 7464).
SEPARATOR = b"\x1e"

# The kinds of award, each a list of its own: the same seat may be had as a dearer one when the standard one is gone.
STANDARD = "std"
AWARDS = {STANDARD: "Standard award", "pt1": "Choice award", "pt2": "Tailored award"}

# Whether a day's word means seats: many, some, few, and simply available. How many, none of them says.
WORDS = {"H": True, "M": True, "L": True, "A": True, "NA": False, "N": False}

CABIN_CODES = {Cabin.ECONOMY: "eco", Cabin.PREMIUM_ECONOMY: "pey", Cabin.BUSINESS: "bus", Cabin.FIRST: "fir"}

ANSWER_ZONE = ZoneInfo("Asia/Hong_Kong")

Scalar = str | int | float | bool | None


class _Day(msgspec.Struct, gc=False):
    date: Any = None
    availability: Any = None


# The lists by kind of award, and `updateTime` beside them.
_Lists = dict[str, list[_Day | list[Any] | Scalar] | dict[str, Any] | Scalar]


class _Answer(msgspec.Struct, gc=False):
    availabilities: _Lists | Scalar = None
    errors: Any = None


class _Options(msgspec.Struct, rename="camel", gc=False):
    miles_required: Any = None
    errors: Any = None


_ANSWER = msgspec.json.Decoder(_Answer)
_OPTIONS = msgspec.json.Decoder(_Options)


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """Yes or no for each day and kind of award in the one cabin that the search names, with the miles of the chart.

    The age of an offer is Cathay's own: when it last brought the days up to date. Raises Changed for an unknown shape
    or other days, and CouldNotLook (bad_request) for empty lists: they come where Cathay does not fly the route
    itself and for days outside what it sells, so they are no evidence.
    """
    *others, last = _parts(body)
    lists = _lists(last)
    cabin = _cabin(search)
    odd: list[ParseWarning] = []
    miles = _chart_miles(others[-1], cabin, odd) if others else None
    updated_at = _updated_at(lists.get("updateTime"), odd)
    offers: list[AwardOfferItem] = []
    days: dict[str, set[date]] = {kind: set() for kind in AWARDS}
    unread = nearby = 0
    for kind, row in _rows(lists, odd):
        when = _day(row.date) if isinstance(row, _Day) else None
        has_seats = WORDS.get(row.availability) if isinstance(row, _Day) and type(row.availability) is str else None
        if when is None:
            unread += 1
            odd.append(ParseWarning(kind, str(row)[:80], drops_offer=True))
        elif not search.first <= when <= search.last:
            nearby += 1
            odd.append(ParseWarning("nearby", f"{search.origin}-{search.destination} {when}"))
        elif when not in days[kind]:
            days[kind].add(when)
            if has_seats is None:
                unread += 1
                odd.append(ParseWarning(kind, str(row)[:80], drops_offer=True))
            elif has_seats:
                offers.append(_offer(kind, when, cabin, miles, search, min(seen_at, updated_at or seen_at)))
    covered = days[STANDARD] or set().union(*days.values())
    if not covered and unread:
        raise UnexpectedResponse(f"none of {unread} days could be read: {odd[-1].path} is {odd[-1].value}")
    if not covered and nearby:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered none of these days")
    if not covered:
        raise SearchFailed(
            Reason.BAD_REQUEST,
            f"no day for {search}: Cathay does not fly this route itself, or does not sell these days yet",
        )
    first, last_day = min(covered), max(covered)
    missing = (last_day - first).days + 1 - len(days[STANDARD])
    if missing:
        odd.append(
            ParseWarning(STANDARD, f"{missing} days are missing between {first} and {last_day}", drops_offer=True)
        )
    if unread and not offers:
        raise UnexpectedResponse(f"{unread} days could not be read: {odd[-1].path} is {odd[-1].value}")
    yield CoveredDates(first, last_day)
    yield from offers
    yield from odd


def _offer(kind: str, when: date, cabin: Cabin, miles: int | None, search: Search, seen_at: datetime) -> AwardOfferItem:
    return AwardOfferItem(
        program=PROGRAM,
        source=PROGRAM,
        detail=Detail.SEATS,
        origin=search.origin,
        destination=search.destination,
        departure_date=when,
        cabin=cabin,
        miles=None,
        fare_name=AWARDS[kind],
        chart_miles=miles if kind == STANDARD else None,  # only the standard award's miles are asked for
        travelers=search.travelers,
        seen_at=seen_at,
        search=search,
    )


def _rows(lists: dict[str, Any], odd: list[ParseWarning]) -> Iterator[tuple[str, object]]:
    """Every row with its kind of award; lists that nobody knows are added to `odd`."""
    for kind, listed in lists.items():
        if kind in AWARDS and isinstance(listed, list):
            yield from ((kind, row) for row in listed)
        elif (kind in AWARDS and listed is not None) or (listed and isinstance(listed, list)):
            odd.append(ParseWarning("availabilities", f"{kind}: {str(listed)[:80]}", drops_offer=True))


def _parts(body: bytes) -> list[bytes]:
    """The texts of a sequence; the whole body where it is none."""
    return [part for part in body.split(SEPARATOR) if part.strip()] or [body]


def _lists(body: bytes) -> dict[str, Any]:
    """The lists of days by kind of award. Raises Changed."""
    try:
        answer = _ANSWER.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    if not isinstance(answer.availabilities, dict):
        raise UnexpectedResponse(
            f"errors: {str(answer.errors)[:200]}" if answer.errors else "availabilities is missing"
        )
    if not isinstance(answer.availabilities.get(STANDARD), list):
        raise UnexpectedResponse(f"availabilities.{STANDARD} is missing")
    return answer.availabilities


def _cabin(search: Search) -> Cabin:
    """The one cabin that was asked for."""
    if len(search.cabins) != 1:
        raise SearchFailed(Reason.BAD_REQUEST, "an answer of Cathay is about one cabin and does not say which")
    return Cabin(search.cabins[0])


def _chart_miles(body: bytes, cabin: Cabin, odd: list[ParseWarning]) -> int | None:
    """The miles that the standard award asks for in this cabin; that they could not be read is added to `odd`."""
    try:
        options = _OPTIONS.decode(body)
    except (ValueError, RecursionError) as error:
        odd.append(ParseWarning("milesRequired", str(error)[:80]))
        return None
    by_cabin = options.miles_required if isinstance(options.miles_required, dict) else {}
    miles = positive_int(by_cabin.get(CABIN_CODES[cabin]))
    if miles is None:
        odd.append(ParseWarning("milesRequired", str(options.errors or options.miles_required)[:80]))
    return miles


def _updated_at(written: object, odd: list[ParseWarning]) -> datetime | None:
    """`2026-03-20 09:15:00`, Hong Kong's clock."""
    try:
        return datetime.fromisoformat(str(written)).replace(tzinfo=ANSWER_ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        odd.append(ParseWarning("updateTime", str(written)[:80]))
        return None


def _day(written: object) -> date | None:
    return _written_day(written) if isinstance(written, str) else _written_day(str(positive_int(written)))


@lru_cache(maxsize=4096)
def _written_day(written: str) -> date | None:
    """A date written 20260401."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values; of a sequence, the keys of all its texts. Raises Changed."""
    *others, last = _parts(body)
    try:
        answer = msgspec.json.decode(last)
        for part in others:
            beside = msgspec.json.decode(part)
            if isinstance(answer, dict) and isinstance(beside, dict):
                answer = beside | answer
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    return answer


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself: never its route or cabin. None where it is not Cathay's availability."""
    try:
        lists = _lists(_parts(body)[-1])
    except UnexpectedResponse:
        return None
    rows = [_day(row.date) for _, row in _rows(lists, []) if isinstance(row, _Day)]
    days = sorted(filter(None, rows))
    return Detected(
        kind=SearchKind.CALENDAR,
        first=days[0] if days else None,
        last=days[-1] if days else None,
        answered_at=_updated_at(lists.get("updateTime"), []),
    )


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar)}
