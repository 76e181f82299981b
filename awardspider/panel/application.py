"""The application: routers, static files, compression, and pages for errors."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awardspider import __version__
from awardspider.outcomes import AwardError, InvalidArgument, StorageError
from awardspider.panel import api, pages
from awardspider.panel.access import AccessDenied, SignInRequired, current_visitor
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.rendering import render
from awardspider.panel.routers import routers_of
from awardspider.panel.static_files import VersionedFiles

logger = logging.getLogger(__name__)

_MIN_COMPRESSED_BYTES = 1000


def create_app(config: PanelConfig) -> FastAPI:
    """Return the application for a configuration."""
    app = FastAPI(title="awardspider", version=__version__, docs_url=None, redoc_url=None)
    app.state.config = config
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_COMPRESSED_BYTES, compresslevel=6)
    app.add_middleware(ServerTiming)
    app.add_exception_handler(AwardError, _award_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _unexpected_error)
    for router in (*routers_of(pages), *routers_of(api)):
        app.include_router(router)
    app.mount("/static", VersionedFiles(), name="static")
    return app


class ServerTiming:
    """A layer that adds the time that a response took, in milliseconds, as the header Server-Timing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                duration = (time.perf_counter() - started) * 1000
                message["headers"] = [*message["headers"], (b"server-timing", b"app;dur=%.1f" % duration)]
            await send(message)

        await self._app(scope, receive, send_timed)


# ---- errors ----------------------------------------------------------------------------------------------------------


def _award_error(request: Request, error: Exception) -> Response:
    match error:
        case SignInRequired():
            status = HTTPStatus.UNAUTHORIZED
        case AccessDenied():
            status = HTTPStatus.FORBIDDEN
        case InvalidArgument():
            status = HTTPStatus.BAD_REQUEST
        case StorageError():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return error_response(request, status, str(error))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_response(request, HTTPStatus(error.status_code), str(error.detail or ""))


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1]) if first["loc"] else "request"
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: {first['msg']}")


def _unexpected_error(request: Request, error: Exception) -> Response:
    logger.error("The panel failed to respond to %s %s", request.method, request.url.path, exc_info=error)
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "")


def error_response(request: Request, status: HTTPStatus, sentence: str) -> Response:
    """Return a page for a browser, or JSON for a program, that says what happened."""
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith("/api/"):
        return JSONResponse({"error": sentence or status.phrase}, status)
    try:
        visitor = current_visitor(request)
        return render(request, visitor, "error.html", status=status, error_status=status, sentence=sentence)
    except StorageError:
        return Response(f"{status.value} {sentence or status.phrase}\n", status, media_type="text/plain")
