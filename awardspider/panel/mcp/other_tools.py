"""Tools about promotions and the health of programs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from awardspider.items import PromotionKind
from awardspider.operations.program_overview import program_overviews
from awardspider.panel.filters import parse_program
from awardspider.panel.mcp.results import tool_result, with_age
from awardspider.panel.mcp.session import current_session
from awardspider.panel.operations import base_settings
from awardspider.storage.promotion_pages import PromotionFilter, open_promotion_page
from awardspider.storage.records import promotion_record

_FIELDS = (
    "id", "state", "kind", "title", "programs", "banks", "percent", "up_to", "cents_per_mile", "miles_price", "routes",
    "book_from", "book_by", "travel_from", "travel_until", "targeted", "link", "sources", "confidence", "last_seen_at",
)  # fmt: skip
_MAX_PROMOTIONS = 50


def list_promotions(
    kind: Annotated[PromotionKind | None, Field(description="Only this kind")] = None,
    program: Annotated[str | None, Field(description="Key of a program, as in list_programs")] = None,
    limit: Annotated[int, Field(ge=1, le=_MAX_PROMOTIONS, description="Most promotions to return")] = 20,
) -> dict[str, Any]:
    """List promotions that are open now: transfer bonuses, sales of miles, award sales; the most useful ones first."""
    session = current_session()
    now = session.config.now()
    if program is not None:
        parse_program(program)
    criteria = PromotionFilter(kinds=[kind] if kind else [], programs=[program] if program else [])
    found = open_promotion_page(session.config.store, now, criteria=criteria, size=limit)
    listed = []
    for row in found.promotions:
        values = promotion_record(row, now)
        listed.append(with_age({name: values[name] for name in _FIELDS if values[name] not in (None, [], "")}, now))
    return tool_result(now, promotions=listed, total=found.count)


def list_programs() -> dict[str, Any]:
    """List the loyalty programs, whether their searches work, and when they last did; those with problems first."""
    session = current_session()
    config, now = session.config, session.config.now()
    listed = [
        with_age(
            {
                "program": each.program.key,
                "name": each.program.name,
                "status": each.status.value,
                "problem": each.obstacle,
                "last_success_at": each.state.last_success_at,
                "blocked_until": each.blocked_until,
            },
            now,
        )
        for each in program_overviews(config.store, base_settings(config), now)
    ]
    return tool_result(now, programs=listed)
