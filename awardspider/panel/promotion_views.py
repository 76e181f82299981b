"""Promotions as pages show them: their texts, their effects on flights, and the sources that could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from awardspider.delivery.messages.content import MessageContent
from awardspider.delivery.messages.events import points_name, promotion_event
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.promotions import promotion_content
from awardspider.items import PromotionKind
from awardspider.search.promotion_fields import PROMOTION_KINDS
from awardspider.search.promotion_states import PromotionState, promotion_day
from awardspider.storage.promotion_effects import CheaperOffer, best_examples
from awardspider.storage.promotion_sources import StoredSource, find_sources
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.sandbox_states import SANDBOX, state_suffix
from awardspider.storage.store import Store

#: Kinds that the list shows unless the visitor chooses: those about miles and points.
POINTS_KINDS = tuple(kind for kind in PROMOTION_KINDS if kind is not PromotionKind.CASH_FARE_DEAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionView:
    """A promotion with its texts. `days_left` is None without a last day; `example` is a flight that is cheaper."""

    row: PromotionRow
    state: PromotionState
    content: MessageContent
    programs: tuple[str, ...]
    banks: tuple[str, ...]
    days_left: int | None
    example: CheaperOffer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """The sources of promotions: how many were read, when the last time, and those whose last request failed."""

    total: int
    read: int
    last_read_at: datetime | None
    failed: Sequence[StoredSource]


def promotion_view(
    row: PromotionRow, language: Language, now: datetime, example: CheaperOffer | None = None
) -> PromotionView:
    """Return a promotion with its texts in a language."""
    item = row.item
    event = promotion_event("", item, row.id, source_names=row.sources)
    return PromotionView(
        row=row,
        state=row.state(now),
        content=promotion_content(event, language, now, None),
        programs=tuple(map(points_name, item.programs)),
        banks=tuple(map(points_name, item.banks)),
        days_left=None if item.book_by is None else (item.book_by - promotion_day(now)).days,
        example=example,
    )


def with_examples(
    store: Store, rows: Iterable[PromotionRow], language: Language, *, now: datetime, max_age: timedelta | None
) -> list[PromotionView]:
    """Return promotions, each with the best flight that it makes cheaper now."""
    listed = list(rows)
    usable = [row for row in listed if row.state(now) in (PromotionState.ACTIVE, PromotionState.ENDING_SOON)]
    examples = best_examples(store, usable, now=now, max_age=max_age)
    return [promotion_view(row, language, now, examples.get(row.id)) for row in listed]


def source_health(store: Store, sandbox_url: str) -> SourceHealth:
    """Return the state of the sources that are read, in the sandbox or live."""
    suffix = state_suffix(sandbox_url)
    sources = [
        source
        for url, source in find_sources(store).items()
        if url.endswith(SANDBOX) == bool(suffix) and source.active is not False and source.requested_at is not None
    ]
    times = [source.succeeded_at for source in sources if source.succeeded_at]
    return SourceHealth(
        total=len(sources),
        read=sum(source.reason is None for source in sources),
        last_read_at=max(times, default=None),
        failed=[source for source in sources if source.reason is not None],
    )
