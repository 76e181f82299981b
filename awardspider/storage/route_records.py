"""The programs and cabins with a price history on a route, from the records of lowest prices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from awardspider.items import Cabin
from awardspider.search.judgments import BaselineScope
from awardspider.storage import schema
from awardspider.storage.store import Store

_records = schema.price_records.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCabin:
    """A program and cabin with prices on a route: the lowest one, and the most search days of a pair of airports."""

    program: str
    cabin: Cabin
    lowest: int
    days: int


def recorded_cabins(
    store: Store, programs: Collection[str], origins: Sequence[str], destinations: Sequence[str]
) -> list[RecordedCabin]:
    """Return what has prices on a route, by program and from the lowest cabin."""
    query = (
        select(_records.program, _records.cabin, func.min(_records.lowest), func.max(_records.days))
        # With the first columns of the key, both engines read only the rows of the route.
        .where(
            _records.program.in_(sorted(programs)),
            _records.scope == BaselineScope.ROUTE.value,
            _records.origin.in_(origins),
            _records.destination.in_(destinations),
            _records.mixed_cabin.is_(False),
        )
        .group_by(_records.program, _records.cabin)
    )
    with store.reading() as connection:
        found = [
            RecordedCabin(program=program, cabin=Cabin(cabin), lowest=lowest, days=days)
            for program, cabin, lowest, days in connection.execute(query)
        ]
    return sorted(found, key=lambda each: (each.program, each.cabin.rank))
