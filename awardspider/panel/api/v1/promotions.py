"""Promotions: transfer bonuses, sales of miles, award sales and others."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.items import PromotionKind
from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.replies import Cursor, Size, json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.configuration import config_of
from awardspider.storage.promotion_pages import (
    PromotionFilter,
    announcements_of,
    ended_promotions,
    find_promotion,
    open_promotion_page,
)
from awardspider.storage.records import promotion_record

router = APIRouter(prefix="/api/v1", tags=["promotions"], responses=ERRORS)


@router.get("/promotions", response_model=Page)
def list_promotions(
    request: Request,
    visitor: Viewer,
    ended: Annotated[bool, Query(description="List those that have ended, latest first")] = False,
    kind: Annotated[list[PromotionKind] | None, Query(description="Kinds")] = None,
    after: Cursor = None,
    size: Size = 50,
) -> Response:
    """List the promotions that are open, the most useful ones first; or those that have ended."""
    config, now = config_of(request), config_of(request).now()
    read = ended_promotions if ended else open_promotion_page
    page = read(config.store, now, criteria=PromotionFilter(kinds=tuple(kind or ())), cursor=after, size=size)
    return page_reply(request, [promotion_record(row, now) for row in page.promotions], page.next_cursor, page.count)


@router.get("/promotions/{promotion_id}", response_model=Reply, responses=NOT_FOUND)
def get_promotion(request: Request, visitor: Viewer, promotion_id: str) -> Response:
    """Return a promotion with its announcements."""
    config = config_of(request)
    row = find_promotion(config.store, promotion_id)
    if row is None:
        raise HTTPException(404, f"there is no promotion {promotion_id}")
    announcements = [
        {
            "source": each.source_name,
            "title": each.title,
            "link": each.link,
            "book_by": each.book_by,
            "published": each.published,
            "first_seen_at": each.first_seen_at,
            "last_seen_at": each.last_seen_at,
        }
        for each in announcements_of(config.store, promotion_id)
    ]
    return json_reply(request, promotion_record(row, config.now()) | {"announcements": announcements})
