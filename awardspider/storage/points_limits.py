"""Messages about matches of watches with `max_points` that are no longer true: the offer costs too many points now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, select

from awardspider.search.criteria import check_points
from awardspider.search.matching import circumstances_of
from awardspider.storage import schema
from awardspider.storage.claims import ClaimedRow
from awardspider.storage.offers import offer_from_row
from awardspider.storage.owner_points import read_owner_points
from awardspider.storage.store import in_batches
from awardspider.storage.watches import watches_changed_since

TOO_MANY_POINTS = "with the transfer bonuses of the day, the offer"

_EVER = datetime.min.replace(tzinfo=UTC)
_watches = schema.watches.c


def find_beyond_points(
    connection: Connection, rows: Sequence[ClaimedRow], offers: Mapping[str, RowMapping], now: datetime
) -> dict[int, str]:
    """Return the reasons, keyed by row id, why offers exceed the `max_points` of their watches at the time `now`.

    A bonus has ended, or the owner has fewer points than when the message was written. `offers` are the stored offers,
    by id.
    """
    limited: dict[str, datetime] = {}
    for some in in_batches(list({row.watch_key for row in rows if row.watch_key})):
        query = select(_watches.id, _watches.definition).where(_watches.id.in_(some))
        limited |= {row.id: _EVER for row in connection.execute(query) if row.definition.get("max_points")}
    if not limited:
        return {}
    points = read_owner_points(connection, now)
    watches = watches_changed_since(connection, limited, now)
    found = {}
    for row in rows:
        stored, offer = watches.get(row.watch_key or ""), offers.get(row.subject)
        if stored is None or offer is None:
            continue
        compared = offer_from_row(offer)
        miss = check_points(stored.watch, compared, circumstances_of(compared, now, None, None, points))
        if miss is not None and not miss.is_unknown:
            found[row.id] = f"{TOO_MANY_POINTS} {miss.text}"
    return found
