"""Suggestions of places for fields in which a person types one, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from awardspider.panel.access import Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.formats import Formats
from awardspider.panel.place_labels import place_label
from awardspider.panel.preferences import preferences_of
from awardspider.panel.texts import Texts
from awardspider.search.place_suggestions import suggest_places

router = APIRouter()


@router.get("/places")
def suggested_places(request: Request, visitor: Viewer, q: Annotated[str, Query(max_length=100)] = "") -> JSONResponse:
    """Return the airports, cities, countries and regions whose name or code begins with a text."""
    config = config_of(request)
    language = preferences_of(request, config.settings).language
    fmt, texts = Formats(language, config.now()), Texts(language)
    return JSONResponse(
        {"places": [asdict(place_label(part, fmt, texts)) for part in suggest_places(q)]},
        headers={"Cache-Control": "private, max-age=3600", "Vary": "Cookie, Accept-Language"},
    )
