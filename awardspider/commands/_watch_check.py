"""Records and tables of the offers and round trips that match a watch, and of near misses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import format_currency
from rich.console import Group
from rich.text import Text

from awardspider.commands._listing import age, offers_table, print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.items import AwardOfferItem, Detail, Money
from awardspider.operations.texts import number_of
from awardspider.search.matching import MatchResult
from awardspider.search.misses import Miss
from awardspider.search.round_trips import RoundTrip
from awardspider.search.watches import Watch
from awardspider.storage.offers import OfferRow
from awardspider.storage.records import LISTED_OFFER_FIELDS, offer_record
from awardspider.storage.watch_check import CheckedOffer, CheckedTrip, WatchCheck
from awardspider.values import capitalized

#: Fields of a checked offer, and of a round trip, for which miles and taxes are those of both directions together.
CHECK_FIELDS = ("result", "reasons", "direction", *LISTED_OFFER_FIELDS)
TRIP_FIELDS = (
    "result", "reasons", "miles", "taxes", "currency", "nights",
    "origin", "destination", "departure_date", "return_date",
    "outbound_program", "return_program", "outbound_miles", "return_miles", "outbound_cabin", "return_cabin",
    "outbound_detail", "return_detail", "outbound_flights", "return_flights", "outbound_id", "return_id",
)  # fmt: skip

_REASON_WIDTH = 16
_ON_TWO_LINES: Any = {"min_width": len("Wed 2027-03-10"), "wraps": True}


def print_check(
    watch: Watch, found: WatchCheck, limit: int | None, *, now: datetime, max_age: timedelta | None, note: str
) -> None:
    """Print at most `limit` round trips and matches, and all near misses, as tables; `note` comes last."""
    if not (found.matches or found.misses):
        print("No current offer is stored for its routes and dates.")
        return
    if watch.nights:
        trips = found.trips[:limit]
        print_table(trips_table(trips, now, _notes(len(trips), len(found.trips), "round trip"), "but"))
        if found.near_trips:
            print("\nNearest round trips that do not match:\n")
            print_table(trips_table(found.near_trips, now, [], "why not"))
        if found.matches:
            print(f"\n{number_of(len(found.matches), 'offer')} for one of the two directions:\n")
    if found.matches or not watch.nights:
        matches = found.matches[:limit]
        print_table(matches_table(matches, now, _notes(len(matches), len(found.matches), "stored offer"), max_age))
    if found.misses:
        print(f"\nNearest misses{' of one direction' if watch.nights else ''}:\n")
        print_table(misses_table(found.misses, now, [], max_age))
    if note:
        print_table(Group(Text(), Text(f"{capitalized(note)}.")))


def _notes(shown: int, existing: int, noun: str) -> list[str]:
    if not existing:
        return [f"no {noun} matches now; the next crawl may find some"]
    return ["more exist; --limit 0 shows all"] if existing > shown else []


def checked_record(checked: CheckedOffer, now: datetime, max_age: timedelta | None) -> dict[str, Any]:
    """Return an offer and its result keyed by CHECK_FIELDS."""
    return {
        "result": checked.found.result.value,
        "reasons": reasons_text(checked.found.reasons),
        "direction": "return" if checked.found.is_return else "outbound",
    } | offer_record(checked.offer, now, max_age)


def reasons_text(reasons: Iterable[Miss]) -> str:
    """Return why an offer or a pair does not match, or may not match."""
    return ", ".join(dict.fromkeys(miss.text for miss in reasons))


def matches_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of matches; possible ones have the reasons for which they may not match."""
    possible = {
        each.offer.id: reasons_text(each.found.reasons) for each in rows if each.found.result is MatchResult.POSSIBLE
    }
    column = Column[OfferRow](
        title="but",
        rank=3,
        text=lambda row: possible.get(row.id, ""),
        min_width=_REASON_WIDTH,
        optional=True,
        wraps=True,
    )
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def misses_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of offers that do not match, with the reasons."""
    reasons = {each.offer.id: reasons_text(each.found.reasons) for each in rows}
    column = Column[OfferRow](
        title="why not", rank=0, text=lambda row: reasons[row.id], min_width=_REASON_WIDTH, wraps=True
    )
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def trip_record(checked: CheckedTrip) -> dict[str, Any]:
    """Return a round trip keyed by TRIP_FIELDS."""
    trip = checked.trip
    out, back = trip.outbound, trip.inbound
    return {
        "result": checked.result.value,
        "reasons": reasons_text(checked.reasons),
        "miles": trip.miles,
        "taxes": f"{trip.taxes.amount:.2f}" if trip.taxes else None,
        "currency": trip.taxes.currency if trip.taxes else None,
        "nights": trip.nights,
        "origin": out.origin,
        "destination": out.destination,
        "departure_date": out.departure_date.isoformat(),
        "return_date": back.departure_date.isoformat(),
        "outbound_program": out.program,
        "return_program": back.program,
        "outbound_miles": out.miles,
        "return_miles": back.miles,
        "outbound_cabin": out.cabin.value,
        "return_cabin": back.cabin.value,
        "outbound_detail": out.detail.value,
        "return_detail": back.detail.value,
        "outbound_flights": out.flights or None,
        "return_flights": back.flights or None,
        "outbound_id": out.offer_id,
        "return_id": back.offer_id,
    }


def trips_table(
    rows: Sequence[CheckedTrip], now: datetime, notes: Sequence[str], reasons_title: str
) -> FittedTable[CheckedTrip]:
    """Return a table of round trips; miles and taxes are for one traveler and both directions."""
    if any(_is_least(row.trip) for row in rows):
        notes = ["+ lowest price of a day; the flights are unknown", *notes]
    columns: list[Column[CheckedTrip]] = [
        Column(
            title=reasons_title,
            rank=0,
            text=lambda row: reasons_text(row.reasons),
            min_width=_REASON_WIDTH,
            optional=True,
            wraps=True,
        ),
        Column(title="miles", rank=0, text=lambda row: _trip_miles(row.trip), right=True),
        Column(title="taxes", rank=4, text=lambda row: _trip_taxes(row.trip.taxes), right=True),
        Column(title="nights", rank=5, text=lambda row: str(row.trip.nights), right=True),
        Column(title="outbound", rank=1, text=lambda row: _direction(row.trip.outbound), **_ON_TWO_LINES),
        Column(title="return", rank=2, text=lambda row: _direction(row.trip.inbound), **_ON_TWO_LINES),
        Column(title="program", rank=3, text=_programs, **_ON_TWO_LINES),
        Column(title="cabin", rank=6, text=lambda row: _of_both(row.trip, _cabin)),
        Column(title="each way", rank=8, text=_each_way),
        Column(title="flights", rank=7, text=lambda row: _trip_flights(row.trip), optional=True),
        Column(title="seen ago", rank=9, text=lambda row: _oldest(row.trip, now), right=True),
    ]
    return FittedTable(rows, columns, notes)


def _programs(row: CheckedTrip) -> str:
    return _of_both(row.trip, lambda offer: offer.program)


def _is_least(trip: RoundTrip) -> bool:
    return Detail.DAY in (trip.outbound.detail, trip.inbound.detail)


def _trip_miles(trip: RoundTrip) -> Text:
    return Text.assemble((f"{trip.miles:,}", "bold"), ("+" if _is_least(trip) else "", "dim"))


def _each_way(row: CheckedTrip) -> str:
    return f"{row.trip.outbound.miles:,} + {row.trip.inbound.miles:,}"


def _trip_taxes(taxes: Money | None) -> str | Text:
    return format_currency(taxes.amount, taxes.currency, locale="en_US") if taxes else Text("-", style="dim")


def _direction(offer: AwardOfferItem) -> str:
    return f"{offer.departure_date:%a %Y-%m-%d} {offer.origin}-{offer.destination}"


def _of_both(trip: RoundTrip, text: Callable[[AwardOfferItem], str]) -> str:
    outbound, inbound = text(trip.outbound), text(trip.inbound)
    return outbound if outbound == inbound else f"{outbound} + {inbound}"


def _cabin(offer: AwardOfferItem) -> str:
    return offer.cabin.removesuffix("_economy")


def _trip_flights(trip: RoundTrip) -> str:
    known = [offer.flights for offer in (trip.outbound, trip.inbound)]
    return " + ".join(flights or "?" for flights in known) if any(known) else ""


def _oldest(trip: RoundTrip, now: datetime) -> str:
    return age(min(trip.outbound.seen_at, trip.inbound.seen_at), now)
