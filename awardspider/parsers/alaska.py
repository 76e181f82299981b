"""Alaska Atmos Rewards, Hawaiian's flights too: 31 days (shoulderDates) and a day's flights (results).

Facts and their sources: docs/sources/alaska.md. The flights come in three wrappings: lines of flattened JSON
(`__data.json`), the page whose script holds them, and plain JSON as people save it. The wire classes below name only
what is read; `rename="camel"` maps `flight_number` to `flightNumber`. Values that may come in more than one type are
`Any`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from awardspider.items import (
    AwardOfferItem,
    Cabin,
    CoveredDates,
    Detail,
    Money,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
)
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._carriers import operator_told
from awardspider.parsers._devalue import literal, unflattened
from awardspider.parsers._flights import as_sold, codes_of, flights_of, keep_lower, mostly, route_and_day, were_asked
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money, positive_int, str_or_none

PROGRAM = "alaska"

# What the last word of a fare's key says of its cabin: MAIN, REFUNDABLE_FIRST, REFUNDABLE_PARTNER_PREMIUM …
FARE_CABINS = {
    "SAVER": Cabin.ECONOMY,
    "MAIN": Cabin.ECONOMY,
    "COACH": Cabin.ECONOMY,
    "PREMIUM": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# What `cabins` says of each segment.
SEGMENT_CABINS = FARE_CABINS

MONEY_ONLY = -1  # atmosPoints where the question was not for points
UNIT = "USD"  # grandTotal and price name no currency; the page shows dollars
STREAM = b'{"type":'  # how each line of a stream begins
PROMISE = re.compile(r"__sveltekit_\w*\s*\.resolve\(\s*(?:\d+\s*,\s*\(\s*\)\s*=>\s*)?")


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Day(_Wire):
    date: Any = None
    award_points: Any = msgspec.UNSET
    price: Any = None
    is_discounted: Any = None


class _Calendar(_Wire):
    shoulder_dates: list[_Day] | None = None
    calendar_dates: list[_Day] | None = None


class _CalendarInParts(_Wire):
    shoulder_dates: list[msgspec.Raw] | None = None
    calendar_dates: list[msgspec.Raw] | None = None


class _Carrier(_Wire):
    carrier_code: str
    flight_number: str | int


class _Leg(_Wire):
    publishing_carrier: _Carrier
    departure_station: str
    arrival_station: str
    departure_time: str
    arrival_time: str
    aircraft: Any = None
    operational_disclosure: Any = None


class _Solution(_Wire):
    atmos_points: Any = msgspec.UNSET
    grand_total: Any = msgspec.UNSET
    seats_remaining: Any = None
    mixed_cabin: Any = None
    is_discounted: Any = None
    cabins: Any = None
    booking_codes: Any = None


class _Row(_Wire):
    """One way to get there; `solutions` are its fares by their keys."""

    segments: list[_Leg]
    solutions: dict[str, Any] | None
    duration: Any = None


_CALENDAR = msgspec.json.Decoder(_Calendar)
_IN_PARTS = msgspec.json.Decoder(_CalendarInParts)
_DAY = msgspec.json.Decoder(_Day)

REQUIRED_PATHS = {
    SearchKind.CALENDAR: ("calendarDates[].date", "calendarDates[].awardPoints", "calendarDates[].price"),
    SearchKind.ITINERARY: (
        "[].departureStation",
        "[].arrivalStation",
        "[].rows[].duration",
        "[].rows[].segments[].publishingCarrier.carrierCode",
        "[].rows[].segments[].publishingCarrier.flightNumber",
        "[].rows[].segments[].departureStation",
        "[].rows[].segments[].arrivalStation",
        "[].rows[].segments[].departureTime",
        "[].rows[].segments[].arrivalTime",
        "[].rows[].segments[].aircraft",
        "[].rows[].solutions{}.atmosPoints",
        "[].rows[].solutions{}.grandTotal",
        "[].rows[].solutions{}.seatsRemaining",
        "[].rows[].solutions{}.mixedCabin",
        "[].rows[].solutions{}.cabins",
    ),
}

# ---- 31 days -------------------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each day round the one asked, per traveler. It names no cabin: in practice it is economy.

    Raises Changed for an unknown shape, other days, or prices in money.
    """
    rows, odd = _calendar_rows(body)
    if not rows:
        raise UnexpectedResponse("shoulderDates and calendarDates hold no day")
    days: dict[date, tuple[int, Money | None, bool | None] | None] = {}
    for row in rows:
        when = _date(row.date) if type(row.date) is str else None
        if when is None:
            odd.append(ParseWarning("date", str(row.date)[:80], drops_offer=True))
            continue
        if not search.first <= when <= search.last:
            continue
        told = _told(row, odd)
        before = days.get(when)
        if before is None or (told is not None and told[0] < before[0]):  # a day may stand in both lists
            days[when] = told
    yield from odd
    if not days:
        raise UnexpectedResponse(f"asked {search}, answered no day of it")
    first, last = min(days), max(days)
    lost = any(item.drops_offer for item in odd)
    if last - first != timedelta(days=len(days) - 1):
        lost = True
        yield ParseWarning("calendarDates", f"misses days between {first} and {last}", drops_offer=True)
    if lost and not any(days.values()):
        raise UnexpectedResponse(f"none of {len(rows)} days could be read as a price in points")
    yield CoveredDates(first, last)
    for when, told in days.items():
        if told is not None:
            miles, taxes, on_sale = told
            yield AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.DAY,
                origin=search.origin,
                destination=search.destination,
                departure_date=when,
                cabin=Cabin.ECONOMY,
                miles=miles,
                taxes=taxes,
                on_sale=on_sale,
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )


def _calendar_rows(body: bytes) -> tuple[list[_Day], list[ParseWarning]]:
    """The days of both lists, those of the longer one first, and those that are none."""
    try:
        answer = _CALENDAR.decode(body)
    except msgspec.ValidationError:
        return _rows_one_by_one(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    return [*(answer.calendar_dates or ()), *(answer.shoulder_dates or ())], _odd_lists(answer)


def _rows_one_by_one(body: bytes) -> tuple[list[_Day], list[ParseWarning]]:
    try:
        answer = _IN_PARTS.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    rows, odd = [], _odd_lists(answer)
    for raw in (*(answer.calendar_dates or ()), *(answer.shoulder_dates or ())):
        try:
            rows.append(_DAY.decode(raw))
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("calendarDates", str(error), drops_offer=True))
    return rows, odd


def _odd_lists(answer: _Calendar | _CalendarInParts) -> list[ParseWarning]:
    """The few days of the other list alone say nothing of the rest."""
    return (
        [] if answer.calendar_dates else [ParseWarning("calendarDates", str(answer.calendar_dates), drops_offer=True)]
    )


def _told(row: _Day, odd: list[ParseWarning]) -> tuple[int, Money | None, bool | None] | None:
    """Miles, taxes and sale of a day; None where it says that there is no award, or where `odd` says why not."""
    cash = float_or_none(row.price)
    if row.award_points is None:
        if cash:
            odd.append(ParseWarning("price", f"{row.date}: {cash} without points", drops_offer=True))
        return None
    miles = positive_int(row.award_points)
    if miles is None:
        odd.append(ParseWarning("awardPoints", f"{row.date}: {str(row.award_points)[:80]}", drops_offer=True))
        return None
    return miles, _taxes(cash), row.is_discounted if type(row.is_discounted) is bool else None


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each fare, per traveler.

    Raises Changed for an unknown shape, another route or day, or prices in money (points of -1).
    """
    results = _results(body)
    sold: dict[tuple[tuple[str, ...], str], AwardOfferItem] = {}
    rows = asked = unread = 0
    nearby: set[str] = set()
    for result in results:
        found = result["rows"]
        _check_route(result, search)
        for raw in found or ():
            rows += 1
            try:
                row = msgspec.convert(raw, _Row)
                segments, odd = _segments(row)
            except (ValueError, RecursionError) as error:
                unread += 1
                yield ParseWarning("rows", str(error), drops_offer=True)
                continue
            if not were_asked(segments, search):
                nearby.add(route_and_day(segments))
                yield ParseWarning("nearby", route_and_day(segments))
                continue
            asked += 1
            yield from odd
            key = flights_of(segments)
            for item in _read_solutions(row, segments, search, seen_at):
                if isinstance(item, ParseWarning):
                    unread += item.drops_offer
                    yield item
                    continue
                keep_lower(sold, (key, item.fare_name or ""), item)
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {rows} rows could be read as a price in points")
    if nearby and not asked:
        raise UnexpectedResponse(f"asked {search}, answered {', '.join(sorted(nearby))}"[:300])


def _check_route(result: dict[str, Any], search: Search) -> None:
    """Raise Changed where a list without rows is not the way to say none: for this route, or with blank stations."""
    stations = [result.get("departureStation"), result.get("arrivalStation")]
    if result["rows"]:
        return
    blank = all(isinstance(station, str) and not station.strip() for station in stations)
    if result["rows"] is None and not blank:
        raise UnexpectedResponse("rows is null beside stations")
    if not blank and stations != [search.origin, search.destination]:
        raise UnexpectedResponse(
            f"asked {search.origin}-{search.destination}, answered {'-'.join(map(str, stations))[:80]}"
        )


def _segments(row: _Row) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and where their clock disagrees with the airport's zone."""
    odd: list[ParseWarning] = []
    segments = []
    for leg in row.segments:
        departs_at, odd_departure = iso_time(leg.departure_time, leg.departure_station)
        arrives_at, odd_arrival = iso_time(leg.arrival_time, leg.arrival_station)
        odd += (*odd_departure, *odd_arrival)
        segments.append(
            Segment(
                marketing_carrier=leg.publishing_carrier.carrier_code,
                operating_carrier=operator_told(leg.operational_disclosure, leg.publishing_carrier.carrier_code, odd),
                flight_number=str(leg.publishing_carrier.flight_number),
                origin=leg.departure_station,
                destination=leg.arrival_station,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(leg.aircraft),
            )
        )
    if not segments:
        raise ValueError("a row without segments")
    return segments, odd


def _read_solutions(
    row: _Row, segments: list[Segment], search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """The fares of one way to get there; null, and a fare without points and without money, is not sold."""
    if row.solutions is not None and not row.solutions:
        yield ParseWarning("solutions", f"none for {segments[0].flight}", drops_offer=True)
    for fare, told in (row.solutions or {}).items():
        try:
            solution = msgspec.convert(told, _Solution | None)
        except (msgspec.ValidationError, RecursionError) as error:
            yield ParseWarning("solutions", f"{fare}: {error}"[:200], drops_offer=True)
            continue
        if solution is None or (solution.atmos_points is None and solution.grand_total is None):
            continue
        miles = positive_int(solution.atmos_points)
        if miles is None:
            why = "asked in money" if solution.atmos_points == MONEY_ONLY else "no points"
            yield ParseWarning("atmosPoints", f"{fare}: {str(solution.atmos_points)[:80]} ({why})", drops_offer=True)
            continue
        cabins = _cabins(solution.cabins, len(segments))
        cabin = FARE_CABINS.get(fare.rpartition("_")[2])
        if cabin is None:
            cabin = max((known for known in cabins if known), key=lambda known: known.rank, default=None)
            yield ParseWarning("solutions", f"unknown fare {fare}"[:80], drops_offer=cabin is None)
            if cabin is None:
                continue
        yield from _odd_cabins(solution.cabins, len(segments))
        codes = _per_segment(solution.booking_codes, len(segments))
        way = tuple(map(as_sold, segments, cabins, codes))
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=_taxes(float_or_none(solution.grand_total)),
            seats=positive_int(solution.seats_remaining),
            stops=len(segments) - 1,
            duration_minutes=positive_int(row.duration),
            segments=way,
            fare_name=fare,
            booking_code=codes_of(way),
            mixed_cabin=_is_mixed(cabin, solution.mixed_cabin, cabins),
            on_sale=solution.is_discounted if type(solution.is_discounted) is bool else None,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _per_segment(told: object, segments: int) -> list[str | None]:
    """One text a segment; None for each where the list is not as long as the way."""
    if not isinstance(told, list) or len(told) != segments:
        return [None] * segments
    return [str_or_none(value) for value in told]


def _cabins(told: object, segments: int) -> list[Cabin | None]:
    return [SEGMENT_CABINS.get(name) if name else None for name in _per_segment(told, segments)]


def _odd_cabins(told: object, segments: int) -> Iterator[ParseWarning]:
    """What stands in `cabins` and is not one known cabin a segment."""
    if told is None:
        return
    if not isinstance(told, list) or len(told) != segments:
        yield ParseWarning("cabins", str(told)[:80])
        return
    yield from (ParseWarning("cabins", str(name)[:80]) for name in told if str(name) not in SEGMENT_CABINS)


def _is_mixed(cabin: Cabin, told: object, cabins: list[Cabin | None]) -> bool | None:
    """The answer's own flag; without it, whether a segment flies below the offer's cabin."""
    if type(told) is bool:
        return told
    if any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins else False


# ---- the wrappings -------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The calendar as it comes; of the flights, whatever they are wrapped in, a list of objects that hold `rows`.

    Raises Changed where the answer holds neither.
    """
    start = body.lstrip()[:9]
    if start[:1] == b"{" and not start.startswith(STREAM):
        tree = _json(body)
        if "shoulderDates" in tree or "calendarDates" in tree:
            return tree
    return _results(body)


def _results(body: bytes) -> list[dict[str, Any]]:
    """The objects that hold `rows`, wherever they stand in the answer; where one names its stations, only such."""
    failures: list[str] = []
    start = body.lstrip()[:9]
    if start[:1] == b"<":
        trees = _promised(body.decode("utf-8", "replace"), failures)
    elif start.startswith(STREAM):
        parts = [_json(line) for line in body.split(b"\n") if line.strip()]
        trees = [tree for part in parts for tree in _streamed(part, failures)]
    else:
        trees = [_json(body)]
    results = [found for tree in trees for found in _with_rows(tree)]
    if not results:
        raise UnexpectedResponse("; ".join(failures) or "no object of the answer holds rows")
    return [found for found in results if "departureStation" in found] or results


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def _streamed(part: Any, failures: list[str]) -> list[Any]:
    """What one line of a stream holds; what it says has failed is added to `failures`."""
    if not isinstance(part, dict):
        return [part]
    nodes = part.get("nodes") if part.get("type") == "data" else [part]
    trees = []
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, dict):
            continue  # a node that brings nothing is null
        if node.get("type") == "redirect":
            failures.append(f"sent to {str(node.get('location')).partition('?')[0][:200]}")
        elif "error" in node:
            failures.append(f"a part of the page failed: {str(node['error'])[:200]}")
        elif "data" in node:
            trees.append(unflattened(node["data"]))
    return trees


def _promised(page: str, failures: list[str]) -> list[Any]:
    """What the page's scripts bring for what it promised first; what cannot be read is added to `failures`."""
    trees = []
    for found in PROMISE.finditer(page):
        try:
            trees.append(literal(page, found.end()))
        except UnexpectedResponse as error:
            failures.append(error.note)
    return trees


def _with_rows(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object with `rows` that are a list or null, in any depth, each once."""
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif "rows" in value and (value["rows"] is None or isinstance(value["rows"], list)):
            yield value
            if "departureStation" not in value:  # something else's rows, which the flights may stand beside
                waiting.extend(reversed(value.values()))
        else:
            waiting.extend(reversed(value.values()))


# ---- both ----------------------------------------------------------------------------------------------------------


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of Alaska's two."""
    try:
        tree = decode(body)
        return _recognize_calendar(body) if isinstance(tree, dict) else _recognize_flights(_results(body)[0])
    except UnexpectedResponse:
        return None


def _recognize_calendar(body: bytes) -> Detected | None:
    days = sorted(filter(None, (_date(row.date) for row in _calendar_rows(body)[0] if type(row.date) is str)))
    return Detected(kind=SearchKind.CALENDAR, first=days[0], last=days[-1]) if days else None


def _recognize_flights(result: dict[str, Any]) -> Detected | None:
    origin, destination = str_or_none(result.get("departureStation")), str_or_none(result.get("arrivalStation"))
    if not result["rows"]:
        told = "departureStation" in result and "arrivalStation" in result
        return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination) if told else None
    ways = list(_readable(result["rows"]))
    if not ways:
        return None
    from_, to, day = mostly(ways)
    return Detected(
        kind=SearchKind.ITINERARY, origin=origin or from_, destination=destination or to, first=day, last=day
    )


def _readable(rows: list[Any]) -> Iterator[list[Segment]]:
    for raw in rows:
        try:
            yield _segments(msgspec.convert(raw, _Row))[0]
        except (ValueError, RecursionError):
            continue


def _taxes(cash: float | None) -> Money | None:
    return money(cash, UNIT) if cash is not None and cash >= 0 else None


@lru_cache(maxsize=1024)
def _date(written: str) -> date | None:
    """A date written `2027-03-01`, also with a time behind it."""
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}
