"""The stored prices of days, from which the searches of flights are estimated before a crawl."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from awardspider.items import AwardOfferItem, Detail, SearchKind
from awardspider.offer_fields import build_offer
from awardspider.outcomes import Outcome
from awardspider.search.dates import DateRange
from awardspider.storage import schema
from awardspider.storage.offer_status import has_not_departed
from awardspider.storage.searches import proven_outcome
from awardspider.storage.store import Store

_offers = schema.offers.c
_searches = schema.searches.c


def stored_days(
    store: Store, source: str, includes: Callable[[tuple[str, str]], bool], now: datetime
) -> Iterator[AwardOfferItem]:
    """Yield the offers without flights of a source on the routes that `includes` accepts.

    Offers that are gone or have departed are left out.
    """
    query = select(schema.offers).where(
        _offers.source == source,
        _offers.detail != Detail.ITINERARY.value,
        _offers.gone_at.is_(None),
        has_not_departed(now),
    )
    for row in store.stream(query):
        if includes((row["origin"], row["destination"])):
            fields = {str(name): value for name, value in row.items()} | {"seen_at": row["last_seen_at"]}
            yield build_offer(AwardOfferItem, fields)


def searched_days(store: Store, source: str, now: datetime) -> dict[tuple[str, str, int], Sequence[DateRange]]:
    """Return the days that calendars of a source have shown, keyed by origin, destination and number of travelers.

    Failed searches have shown nothing, nor have those of which an offer could not be read. Calendars without any offer
    have shown that no day has one.
    """
    key = (_searches.origin, _searches.destination, _searches.travelers, _searches.first_day, _searches.last_day)
    query = (
        select(*key)
        .where(
            _searches.program == source,
            _searches.kind == SearchKind.CALENDAR.value,
            proven_outcome(_searches) != Outcome.FAILED,
            _searches.last_day >= now.date(),
        )
        .distinct()
    )
    found: dict[tuple[str, str, int], list[DateRange]] = {}
    with store.reading() as connection:
        for origin, destination, travelers, first, last in connection.execute(query):
            found.setdefault((origin, destination, travelers), []).append(DateRange(first, last))
    return dict(found)
