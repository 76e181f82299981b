"""Suggestions of places for fields in which a person types one, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from awardspider.panel.access import Viewer
from awardspider.panel.place_labels import place_label
from awardspider.panel.rendering import formats_and_texts
from awardspider.search.place_suggestions import suggest_places

router = APIRouter()


@router.get("/places")
def suggested_places(request: Request, visitor: Viewer, q: Annotated[str, Query(max_length=100)] = "") -> JSONResponse:
    """Return the airports, cities, countries and regions whose name or code begins with a text."""
    fmt, texts = formats_and_texts(request)
    return JSONResponse(
        {"places": [asdict(place_label(part, fmt, texts)) for part in suggest_places(q)]},
        headers={"Cache-Control": "private, max-age=3600", "Vary": "Cookie, Accept-Language"},
    )
