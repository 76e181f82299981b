"""The home page: the best deals now."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from awardspider.panel.access import Viewer
from awardspider.panel.rendering import render

router = APIRouter()


@router.get("/")
def deals_page(request: Request, visitor: Viewer) -> Response:
    """Show the deals."""
    return render(request, visitor, "deals.html")
