"""Mounted applications for programs: they let in tokens, and programs at the machine of a panel without accounts."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from awardspider.panel.auth.program_access import ProgramAccess, visitor_of_program
from awardspider.storage.accounts import Role, Scope
from tests.support.panel import Panel

JSON = {"content-type": "application/json"}


def called(request: Request) -> Response:
    visitor = visitor_of_program(request.scope)
    return PlainTextResponse(f"{visitor.role} {visitor.owner_id} {'write' in visitor.scopes}")


@pytest.fixture(autouse=True)
def mounted(panel: Panel) -> None:
    """Mount an application of its own, as that of the assistants is."""
    application = Starlette(routes=[Route("/call", called, methods=["GET", "POST"])])
    panel.app.mount("/mcp", ProgramAccess(application))


def test_a_token_is_needed_and_its_scopes_are_known(panel: Panel) -> None:
    panel.owner("Ana")
    reading = panel.with_token(Role.MEMBER, [Scope.READ], owner_id="ana")
    writing = panel.with_token(Role.MEMBER, [Scope.WRITE], owner_id="ana")
    assert reading.post("/mcp/call", headers=JSON).text == "member ana False"
    assert writing.post("/mcp/call", headers=JSON).text == "member ana True"
    response = panel.anonymous().post("/mcp/call", headers=JSON)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert panel.anonymous().get("/mcp/call", headers={"Authorization": "Bearer asp_no"}).status_code == 401


def test_the_cookie_of_a_session_is_not_accepted(panel: Panel) -> None:
    assert panel.signed_in(Role.OPERATOR).post("/mcp/call", headers=JSON).status_code == 401


def test_a_program_at_the_machine_needs_no_token_as_long_as_there_are_no_accounts(panel: Panel) -> None:
    client = panel.anonymous()
    assert client.post("/mcp/call", headers=JSON).text == "operator None True"
    for headers in (
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        JSON | {"Origin": "https://attacker.example"},
        JSON | {"Sec-Fetch-Site": "cross-site"},
        JSON | {"Host": "attacker.example"},
        JSON | {"X-Forwarded-For": "203.0.113.9"},
    ):
        assert client.post("/mcp/call", headers=headers).status_code in (401, 403, 421)
    panel.account("ana", Role.MEMBER)
    assert client.post("/mcp/call", headers=JSON).status_code == 401


def test_responses_of_a_mounted_application_have_the_headers(panel: Panel) -> None:
    response = panel.anonymous().post("/mcp/call", headers=JSON)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
