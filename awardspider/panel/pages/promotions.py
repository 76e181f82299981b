"""Promotions: those that can be used, end soon or have ended, and the page of one with what it makes cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.delivery.messages.events import OfferEvent
from awardspider.items import PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.message_views import event_of_body
from awardspider.panel.preferences import preferences_of
from awardspider.panel.promotion_views import (
    POINTS_KINDS,
    promotion_view,
    source_health,
    with_examples,
)
from awardspider.panel.rendering import render
from awardspider.search.promotion_fields import (
    PROMOTION_KINDS,
    parse_promotion_banks,
    parse_promotion_kinds,
    parse_promotion_programs,
)
from awardspider.search.promotion_states import PromotionState
from awardspider.storage.promotion_effects import PromotionMatch, cheaper_offers, promotion_matches
from awardspider.storage.promotion_pages import (
    PromotionFilter,
    announcements_of,
    count_ended,
    ended_promotions,
    find_promotion,
    listing_rank,
    open_promotions,
)
from awardspider.storage.promotions import PromotionRow

router = APIRouter()

_SHOWN_OFFERS = 20
ALL_KINDS = "all"


class Tab(StrEnum):
    """Tabs of the list."""

    ACTIVE = "active"  # can be used now, those that end soon included
    ENDING_SOON = "ending_soon"
    ANNOUNCED = "announced"
    ENDED = "ended"


_STATES = {
    Tab.ACTIVE: (PromotionState.ACTIVE, PromotionState.ENDING_SOON),
    Tab.ENDING_SOON: (PromotionState.ENDING_SOON,),
    Tab.ANNOUNCED: (PromotionState.ANNOUNCED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filter:
    """The filter of the list, as written in the address; `error` says what is invalid."""

    kind: str = ""
    program: str = ""
    bank: str = ""
    criteria: PromotionFilter
    error: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters."""
        return {"kind": self.kind, "program": self.program, "bank": self.bank}


@router.get("/promotions")
def promotions_page(
    request: Request,
    visitor: Viewer,
    tab: Tab = Tab.ACTIVE,
    kind: str = "",
    program: str = "",
    bank: str = "",
    after: str | None = None,
) -> Response:
    """Show the promotions of a tab."""
    config = config_of(request)
    store, now = config.store, config.now()
    language = preferences_of(request, config.settings).language
    chosen = _filter(kind, program, bank)
    open_ones = open_promotions(store, now)
    matching = [row for row in open_ones if chosen.criteria.matches(row.item)]
    ended, ended_is_capped = count_ended(store, now, criteria=chosen.criteria)
    next_cursor = None
    if tab is Tab.ENDED:
        page = ended_promotions(store, now, criteria=chosen.criteria, cursor=after)
        rows: Sequence[PromotionRow] = page.promotions
        next_cursor = page.next_cursor
    else:
        shown = [row for row in matching if row.state(now) in _STATES[tab]]
        rows = sorted(shown, key=lambda row: listing_rank(row, now))
    hidden = sum(row.item.kind is PromotionKind.CASH_FARE_DEAL for row in open_ones) if not chosen.kind else 0
    return render(
        request,
        visitor,
        "promotions.html",
        tab=tab,
        counts={each: sum(row.state(now) in states for row in matching) for each, states in _STATES.items()}
        | {Tab.ENDED: ended},
        ended_is_capped=ended_is_capped,
        promotions=with_examples(store, rows, language, now=now, max_age=config.max_age),
        filter=chosen,
        kinds=PROMOTION_KINDS,
        programs=_values(open_ones, "programs", chosen.program),
        banks=_values(open_ones, "banks", chosen.bank),
        hidden_fares=hidden,
        next_cursor=next_cursor,
        is_first=after is None,
        sources=source_health(store, config.sandbox_url),
    )


@router.get("/promotions/{promotion_id}")
def promotion_page(request: Request, visitor: Viewer, promotion_id: str) -> Response:
    """Show a promotion: its terms, announcements, and what it makes cheaper."""
    config = config_of(request)
    store, now = config.store, config.now()
    row = find_promotion(store, promotion_id)
    if row is None:
        raise HTTPException(404, "No promotion with this id is stored; it may have been deleted long after its end.")
    view = promotion_view(row, preferences_of(request, config.settings).language, now)
    is_usable = view.state in (PromotionState.ACTIVE, PromotionState.ENDING_SOON)
    matches = promotion_matches(store, row, owner_id=visitor.owner_id)
    return render(
        request,
        visitor,
        "promotion.html",
        promotion=view,
        is_usable=is_usable,
        offers=cheaper_offers(store, row, now=now, max_age=config.max_age, limit=_SHOWN_OFFERS) if is_usable else [],
        matches=[(match, _offer_event(match)) for match in matches],
        announcements=announcements_of(store, promotion_id),
        watch_query=_watch_query(row.item),
    )


def _offer_event(match: PromotionMatch) -> OfferEvent | None:
    """Return the event of a match, or None if its stored body is invalid."""
    event = event_of_body(match.body)
    return event if isinstance(event, OfferEvent) else None


def _filter(kind: str, program: str, bank: str) -> _Filter:
    """Return the filter of query parameters; an invalid one filters nothing and is named in `error`."""
    errors: list[str] = []

    def parsed(parse: Any, text: str) -> tuple[Any, ...]:
        try:
            return tuple(parse(text)) if text else ()
        except InvalidArgument as error:
            errors.append(str(error))
            return ()

    kinds = PROMOTION_KINDS if kind == ALL_KINDS else parsed(parse_promotion_kinds, kind) or POINTS_KINDS
    criteria = PromotionFilter(
        kinds=kinds,
        programs=parsed(parse_promotion_programs, program),
        banks=parsed(parse_promotion_banks, bank),
    )
    return _Filter(kind=kind, program=program, bank=bank, criteria=criteria, error="; ".join(errors))


def _values(rows: Sequence[PromotionRow], field: str, chosen: str) -> list[str]:
    """Return the keys of programs or banks in the list, and the chosen one."""
    return sorted({key for row in rows for key in getattr(row.item, field)} | ({chosen} if chosen else set()))


def _watch_query(item: PromotionItem) -> dict[str, Any]:
    """Return the query parameters of the form for a watch of promotions like this."""
    return {
        "type": "promotion",
        "kinds": item.kind.value,
        "programs": ", ".join(item.programs),
        "banks": ", ".join(item.banks),
        "min_percent": item.percent,
    }
