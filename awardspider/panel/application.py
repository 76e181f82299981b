"""The application: routers, static files, compression, and pages for errors."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awardspider import __version__
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting, StorageError
from awardspider.panel import api, pages, public
from awardspider.panel.access import AccessDenied, SignInRequired, current_visitor, known_visitor
from awardspider.panel.api import health, metrics
from awardspider.panel.api.description import describe_api
from awardspider.panel.auth.access_log import masked_address
from awardspider.panel.auth.csrf import ForgedRequest
from awardspider.panel.auth.layers import add_security
from awardspider.panel.auth.sign_in import sign_in_response
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.head_requests import HeadRequests
from awardspider.panel.mcp.server import MountedServer, create_server
from awardspider.panel.page_limit import LIMITED, page_limit
from awardspider.panel.pages import runs
from awardspider.panel.rendering import render
from awardspider.panel.routers import routers_of
from awardspider.panel.server_errors import NEUTRAL_SENTENCES, visible_sentence
from awardspider.panel.static_files import VersionedFiles

logger = logging.getLogger(__name__)

_MIN_COMPRESSED_BYTES = 1000

#: The largest body of a request. The longest are watches in YAML.
_MAX_BODY_BYTES = 1_000_000


def create_app(config: PanelConfig) -> FastAPI:
    """Return the application for a configuration."""
    assistants = MountedServer(create_server())
    app = FastAPI(
        title="awardspider",
        lifespan=assistants.lifespan,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        max_body_size=_MAX_BODY_BYTES,
        dependencies=[Depends(check_address)],
    )
    app.state.config = config
    app.state.page_limit = page_limit()
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(GZipMiddleware, minimum_size=_MIN_COMPRESSED_BYTES, compresslevel=6)
    app.add_middleware(ServerTiming)
    add_security(app, config)
    app.add_middleware(HeadRequests)
    app.add_exception_handler(AwardError, _award_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    for router in (*routers_of(pages), *routers_of(public)):
        app.include_router(router, include_in_schema=False, dependencies=_limits(router))
    for router in routers_of(api):
        app.include_router(router, dependencies=_limits(router))
    describe_api(app)
    app.mount("/mcp", assistants)
    app.mount("/static", VersionedFiles(), name="static")
    return app


def _limits(router: APIRouter) -> list[Any]:
    """Return the limit of pages, unless a router waits for Scrapyd or is for programs that watch the panel."""
    return [] if router in (runs.router, health.router, metrics.router) else [LIMITED]


async def check_address(request: Request) -> None:
    """Raise InvalidArgument if an address contains the character NUL, which no database can search for."""
    if "\0" in request.url.path or "%00" in request.url.query or "\0" in unquote(request.url.path):
        raise InvalidArgument("the address contains a NUL character (%00); remove it")


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


class UnexpectedErrors:
    """A layer that responds to an error of ours with a page, inside of the layers that add headers to responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        has_started = False

        async def send_noted(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except HTTPException:  # of the layers inside, such as the limit of the body
            raise
        except Exception as error:
            if scope["type"] != "http" or has_started:
                raise
            request = Request(scope, receive)
            address = masked_address(request.url.path)
            logger.error("The panel failed to respond to %s %s", request.method, address, exc_info=error)
            response = await run_in_threadpool(error_response, request, HTTPStatus.INTERNAL_SERVER_ERROR, "")
            await response(scope, receive, send)


# ---- errors ----------------------------------------------------------------------------------------------------------


def _award_error(request: Request, error: Exception) -> Response:
    match error:
        case SignInRequired():
            if response := sign_in_response(request):
                return response
            response = error_response(request, HTTPStatus.UNAUTHORIZED, str(error))
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        case AccessDenied() | ForgedRequest():
            status = HTTPStatus.FORBIDDEN
        case InvalidArgument():
            status = HTTPStatus.BAD_REQUEST
        case StorageError():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    assert isinstance(error, AwardError)
    kind = "database" if isinstance(error, StorageError) else "setting" if isinstance(error, InvalidSetting) else ""
    return error_response(request, status, visible_sentence(error, known_visitor(request)), kind=kind)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = error_response(request, HTTPStatus(error.status_code), str(error.detail or ""))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """Return the methods of all routes at the path of a request, of which the router names only those of the first."""
    return {
        method
        for router in request.app.routes
        for route in (router.effective_candidates() if hasattr(router, "effective_candidates") else [router])
        if getattr(route, "methods", None) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods
    }


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # The location is `query`, the name of the parameter, and the position in a list; or `body` and the path of a field.
    names = [str(part) for part in first["loc"][1:] if isinstance(part, str)] or ["request"]
    name = ".".join(names)
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: {first['msg']}")


def error_response(request: Request, status: HTTPStatus, sentence: str, *, kind: str = "") -> Response:
    """Return a page for a browser, or JSON for a program, that says what happened.

    The title of the page is that of the kind of the error or, without one, that of the status.
    """
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith("/api/"):
        return JSONResponse({"error": sentence or status.phrase}, status)
    try:
        visitor = current_visitor(request)
        return render(
            request,
            visitor,
            "error.html",
            status=status,
            error_kind=kind or str(status.value),
            sentence="" if sentence in (status.phrase, *NEUTRAL_SENTENCES) else sentence,
        )
    except StorageError:
        return Response(f"{status.value} {sentence or status.phrase}\n", status, media_type="text/plain")
