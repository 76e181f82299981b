"""Records and tables of the offers and round trips that match a watch, and of near misses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import format_currency
from rich.text import Text

from awardspider.commands._listing import LISTED_OFFER_FIELDS, age, offer_record, offers_table, print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.commands._watch_tables import counted
from awardspider.items import AwardOfferItem, Detail, Money
from awardspider.search.matching import MatchResult
from awardspider.search.round_trips import RoundTrip
from awardspider.search.watches import Watch
from awardspider.storage.offers import OfferRow
from awardspider.storage.watch_check import CheckedOffer, WatchCheck

#: Fields of a checked offer, and of a round trip, for which miles and taxes are those of both directions together.
CHECK_FIELDS = ("result", "reasons", "direction", *LISTED_OFFER_FIELDS)
TRIP_FIELDS = (
    "miles", "taxes", "currency", "nights", "origin", "destination", "departure_date", "return_date",
    "outbound_program", "return_program", "outbound_miles", "return_miles", "outbound_cabin", "return_cabin",
    "outbound_flights", "return_flights", "outbound_id", "return_id",
)  # fmt: skip


def print_check(
    watch: Watch, found: WatchCheck, limit: int | None, *, now: datetime, max_age: timedelta | None, note: str
) -> None:
    """Print at most `limit` round trips and matches, and all near misses, as tables; `note` comes last."""
    if watch.nights:
        trips = found.trips[:limit]
        print_table(trips_table(trips, now, _notes(len(trips), len(found.trips), "round trip")))
        if found.matches:
            print(f"\n{counted(len(found.matches), 'offer')} for one of the two directions:\n")
    if found.matches or not watch.nights:
        matches = found.matches[:limit]
        print_table(matches_table(matches, now, _notes(len(matches), len(found.matches), "stored offer"), max_age))
    if found.misses:
        print("\nNearest misses:\n")
        print_table(misses_table(found.misses, now, [], max_age))
    if note:
        print(f"\n{note[:1].upper()}{note[1:]}.")


def _notes(shown: int, existing: int, noun: str) -> list[str]:
    if not existing:
        return [f"no {noun} matches now; the next crawl may find some"]
    return ["more exist; --limit 0 shows all"] if existing > shown else []


def checked_record(checked: CheckedOffer, now: datetime, max_age: timedelta | None) -> dict[str, Any]:
    """Return an offer and its result keyed by CHECK_FIELDS."""
    return {
        "result": checked.found.result.value,
        "reasons": reasons_text(checked),
        "direction": "return" if checked.found.is_return else "outbound",
    } | offer_record(checked.offer, now, max_age)


def reasons_text(checked: CheckedOffer) -> str:
    """Return why an offer does not match, or may not match."""
    return ", ".join(miss.text for miss in checked.found.reasons)


def matches_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of matches; possible ones have the reasons for which they may not match."""
    possible = {each.offer.id: reasons_text(each) for each in rows if each.found.result is MatchResult.POSSIBLE}
    column = Column[OfferRow](
        title="but", rank=3, text=lambda row: possible.get(row.id, ""), min_width=20, optional=True
    )
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def misses_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of offers that do not match, with the reasons."""
    reasons = {each.offer.id: reasons_text(each) for each in rows}
    column = Column[OfferRow](title="why not", rank=0, text=lambda row: reasons[row.id], min_width=24)
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def trip_record(trip: RoundTrip) -> dict[str, Any]:
    """Return a round trip keyed by TRIP_FIELDS."""
    out, back = trip.outbound, trip.inbound
    return {
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
        "outbound_flights": out.flights,
        "return_flights": back.flights,
        "outbound_id": out.offer_id,
        "return_id": back.offer_id,
    }


def trips_table(trips: Sequence[RoundTrip], now: datetime, notes: Sequence[str]) -> FittedTable[RoundTrip]:
    """Return a table of round trips; miles and taxes are for one traveler and both directions."""
    if any(Detail.DAY in (trip.outbound.detail, trip.inbound.detail) for trip in trips):
        notes = ["+ lowest price of a day; the flights are unknown", *notes]
    columns: list[Column[RoundTrip]] = [
        Column(title="miles", rank=0, text=_trip_miles, right=True),
        Column(title="taxes", rank=4, text=lambda trip: _trip_taxes(trip.taxes), right=True),
        Column(title="nights", rank=5, text=lambda trip: str(trip.nights), right=True),
        Column(title="outbound", rank=1, text=lambda trip: _direction(trip.outbound)),
        Column(title="return", rank=2, text=lambda trip: _direction(trip.inbound)),
        Column(title="program", rank=3, text=lambda trip: _both(trip.outbound.program, trip.inbound.program)),
        Column(title="cabin", rank=6, text=lambda trip: _both(_cabin(trip.outbound), _cabin(trip.inbound))),
        Column(title="each way", rank=8, text=lambda trip: f"{trip.outbound.miles:,} + {trip.inbound.miles:,}"),
        Column(title="flights", rank=7, text=_trip_flights, optional=True),
        Column(title="seen ago", rank=9, text=lambda trip: _oldest(trip, now), right=True),
    ]
    return FittedTable(trips, columns, notes)


def _trip_miles(trip: RoundTrip) -> Text:
    is_least = Detail.DAY in (trip.outbound.detail, trip.inbound.detail)
    return Text.assemble((f"{trip.miles:,}", "bold"), ("+" if is_least else "", "dim"))


def _trip_taxes(taxes: Money | None) -> str | Text:
    return format_currency(taxes.amount, taxes.currency, locale="en_US") if taxes else Text("-", style="dim")


def _direction(offer: AwardOfferItem) -> str:
    return f"{offer.departure_date:%a %Y-%m-%d} {offer.origin}-{offer.destination}"


def _both(outbound: str, inbound: str) -> str:
    return outbound if outbound == inbound else f"{outbound} + {inbound}"


def _cabin(offer: AwardOfferItem) -> str:
    return offer.cabin.removesuffix("_economy")


def _trip_flights(trip: RoundTrip) -> str:
    return " + ".join(offer.flights or "?" for offer in trip[:2]) if trip.outbound.flights else ""


def _oldest(trip: RoundTrip, now: datetime) -> str:
    return age(min(trip.outbound.seen_at, trip.inbound.seen_at), now)
