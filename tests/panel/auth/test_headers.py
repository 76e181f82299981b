"""Headers of every response, limits of bodies, and errors that say nothing about the code."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from awardspider.panel.access import Public
from awardspider.storage.accounts import Role
from tests.support.panel import Panel

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(autouse=True)
def routes(panel: Panel) -> None:
    """Add routes that fail and that take a body."""
    router = APIRouter()

    @router.get("/fails")
    def fails(visitor: Public) -> Response:
        raise RuntimeError("a secret of the code")

    @router.get("/api/fails")
    def api_fails(visitor: Public) -> Response:
        raise RuntimeError("a secret of the code")

    @router.post("/takes")
    async def takes(visitor: Public) -> Response:
        return Response()

    panel.app.include_router(router)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/account", 200),
        ("/static/css/base.css", 200),
        ("/static/missing.css", 404),
        ("/missing", 404),
        ("/fails", 500),
        ("/api/fails", 500),
        ("/healthz", 200),
        ("/api/v1/openapi.json", 200),
    ],
)
def test_every_response_has_the_headers(panel: Panel, path: str, status: int) -> None:
    response = panel.anonymous(raise_server_exceptions=False).get(path)
    headers = response.headers
    assert response.status_code == status
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["cache-control"] in ("no-store", "no-cache")


def test_refusals_of_the_layers_have_the_headers_too(panel: Panel) -> None:
    client = panel.anonymous()
    for response in (
        client.get("/account", headers={"Host": "attacker.example"}),
        client.post("/preferences", headers={"Origin": "https://attacker.example"}),
        client.post("/preferences"),
    ):
        assert response.status_code in (403, 421)
        assert response.headers["content-security-policy"] == POLICY
        assert response.headers["cache-control"] == "no-store"


def test_pages_of_people_who_are_signed_in_are_not_stored(panel: Panel) -> None:
    assert panel.signed_in(Role.VIEWER).get("/account").headers["cache-control"] == "no-store"


def test_an_error_of_the_panel_shows_no_code(panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
    client = panel.anonymous(raise_server_exceptions=False)
    for path in ("/fails", "/api/fails"):
        text = client.get(path).text
        assert "secret of the code" not in text
        assert "Traceback" not in text
        assert "RuntimeError" not in text
    assert "a secret of the code" in caplog.text


def test_pages_have_no_script_or_style_of_their_own(panel: Panel) -> None:
    panel.account("ana", Role.MEMBER)
    for client, path in ((panel.anonymous(), "/sign-in"), (panel.signed_in(Role.OPERATOR), "/account")):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style| style=| on[a-z]+=", page)
        assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_body_beyond_the_limit_is_refused(panel: Panel) -> None:
    client = panel.signed_in(Role.OPERATOR)
    assert client.post("/takes", data={"text": "x" * 900_000}).status_code == 200
    refused = client.post("/account/preferences", data={"timezone": "x" * 1_100_000})
    assert refused.status_code == 413

    def pieces():  # type: ignore[no-untyped-def]
        for _ in range(12):
            yield b"x" * 100_000

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/account/preferences", content=pieces(), headers=form).status_code == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/calendar", 200),
        ("/sign-in", 303),
        ("/static/css/base.css", 200),
        ("/healthz", 200),
        ("/api/v1/offers", 200),
        ("/export/offers.csv", 200),
        ("/searches.csv", 200),
        ("/missing", 404),
        ("/s/missing", 404),
    ],
)
def test_head_has_the_headers_of_get_and_no_body(panel: Panel, path: str, status: int) -> None:
    client = panel.anonymous()
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (status, b"")
    changing = {"date", "server-timing", "set-cookie", "content-length", "etag"}
    assert {**head.headers}.keys() - changing == {**get.headers}.keys() - changing


def test_head_does_not_wait_for_the_rest_of_a_long_body(panel: Panel) -> None:
    blocks = iter(range(1_000_000))
    router = APIRouter()

    @router.get("/long")
    def long(visitor: Public) -> Response:
        return StreamingResponse(b"%d" % block for block in blocks)

    panel.app.include_router(router)
    assert panel.anonymous().head("/long").status_code == 200
    assert next(blocks) < 10


def test_head_needs_the_same_rights(panel: Panel) -> None:
    assert panel.signed_in(Role.VIEWER).head("/channels").status_code == 403
