"""Matches: which flights match which watch, since when, and why a match ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, select

from awardspider.items import AwardOfferItem, flight_key
from awardspider.search.match_states import EndReason, MatchState
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.fitting import fitting_rows
from awardspider.storage.store import Store, in_batches

#: A watch's key and the key of flights.
MatchKey = tuple[str, str]

_ONE_DAY = timedelta(days=1)

_matches = schema.matches.c
_offers = schema.offers.c


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMatch:
    """A match as stored. `day_key` is that of the flights' day; it is None if the offer is not stored any more.

    `is_gone` is True if the representative offer of the flights is gone.
    """

    watch_key: str
    flight_key: str
    origin: str
    destination: str
    departure_date: date
    state: MatchState
    day_key: str | None = None
    is_gone: bool = False

    @property
    def key(self) -> MatchKey:
        """Return the key of the match."""
        return self.watch_key, self.flight_key


def new_match(watch_key: str, offer: AwardOfferItem, state: MatchState) -> StoredMatch:
    """Return the match of a watch and an offer's flights."""
    return StoredMatch(
        watch_key=watch_key,
        flight_key=offer.flight_key,
        origin=offer.origin,
        destination=offer.destination,
        departure_date=offer.departure_date,
        state=state,
        day_key=offer.day_key,
    )


def find_matches(store: Store, origin: str, destination: str, first: date, last: date) -> list[StoredMatch]:
    """Return the matches of a route on these departure days, also those that have ended."""
    query = (
        select(schema.matches, _offers.gone_at, _offers.program, _offers.cabin)
        .outerjoin(schema.offers, _offers.id == _matches.offer_id)
        .where(
            _matches.origin == origin, _matches.destination == destination, _matches.departure_date.between(first, last)
        )
    )
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        StoredMatch(
            watch_key=row["watch_key"],
            flight_key=row["flight_key"],
            origin=row["origin"],
            destination=row["destination"],
            departure_date=row["departure_date"],
            state=_state(row),
            day_key=_day_key(row),
            is_gone=row["program"] is None or row["gone_at"] is not None,
        )
        for row in rows
    ]


def _day_key(row: RowMapping) -> str | None:
    if row["program"] is None:
        return None
    return flight_key(row["program"], row["origin"], row["destination"], row["departure_date"], row["cabin"])


def write_matches(connection: Connection, matches: Sequence[StoredMatch]) -> None:
    """Insert or update matches.

    If another crawl has begun the same match, the earlier time counts, so that the messages of both belong to it.
    """
    rows = fitting_rows(
        schema.matches,
        [
            {
                "watch_key": match.watch_key,
                "flight_key": match.flight_key,
                "origin": match.origin,
                "destination": match.destination,
                "departure_date": match.departure_date,
                "offer_id": match.state.offer_id,
                "miles": match.state.miles,
                "since": match.state.since,
                "ended_at": match.state.ended_at,
                "end_reason": match.state.end_reason.value if match.state.end_reason else None,
            }
            for match in matches
        ],
    )
    if not rows:
        return
    statement = dialect_insert(connection.dialect, schema.matches)
    new = statement.excluded
    earlier = case((_matches.since < new.since, _matches.since), else_=new.since)
    statement = statement.on_conflict_do_update(
        index_elements=[_matches.watch_key, _matches.flight_key],
        set_={
            **{name: new[name] for name in ("offer_id", "miles", "ended_at", "end_reason")},
            "since": case((_matches.ended_at.is_(None), earlier), else_=new.since),
        },
    )
    connection.execute(statement, rows)


def prune_matches(store: Store, today: date) -> None:
    """Delete the matches of flights that departed before yesterday: another time zone may still be on that day."""
    with store.writing() as connection:
        connection.execute(delete(schema.matches).where(expired_matches(today)))


def expired_matches(today: date) -> ColumnElement[bool]:
    """Return the condition that the flights of a match departed before yesterday."""
    return _matches.departure_date < today - _ONE_DAY


def count_matches(store: Store) -> int:
    """Return the number of matches that are true."""
    with store.reading() as connection:
        return connection.scalar(select(func.count()).where(_matches.ended_at.is_(None))) or 0


def stored_states(connection: Connection, keys: Sequence[MatchKey]) -> dict[MatchKey, MatchState]:
    """Return the states of the matches with these keys."""
    found: dict[MatchKey, MatchState] = {}
    wished = set(keys)
    for some in in_batches(list({flight for _, flight in keys})):
        for row in connection.execute(select(schema.matches).where(_matches.flight_key.in_(some))).mappings():
            key = row["watch_key"], row["flight_key"]
            if key in wished:
                found[key] = _state(row)
    return found


def _state(row: RowMapping) -> MatchState:
    return MatchState(
        since=row["since"],
        offer_id=row["offer_id"],
        miles=row["miles"],
        ended_at=row["ended_at"],
        end_reason=EndReason(row["end_reason"]) if row["end_reason"] else None,
    )
