"""The description of the API (OpenAPI)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from awardspider import __version__

#: For `openapi_extra` of routes that need no token.
WITHOUT_TOKEN: dict[str, Any] = {"security": []}

_ABOUT = (
    "Offers, promotions, searches, watches, channels and deliveries of a panel of awardspider. Create a token on the "
    "page Account and send it as `Authorization: Bearer asp_...`. All times are UTC unless a field says otherwise; "
    "lists have pages: `next` of a page is the parameter `after` of the following one."
)


def describe_api(app: FastAPI) -> None:
    """Let an application describe its routes for programs, with the token that they need."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=__version__, description=_ABOUT, routes=app.routes)
            schemes = {"token": {"type": "http", "scheme": "bearer"}}
            document.setdefault("components", {})["securitySchemes"] = schemes
            document["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]  # FastAPI documents this way to extend a description
