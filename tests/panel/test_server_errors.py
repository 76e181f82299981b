"""Pages and files when the database cannot be used, or a setting is invalid."""

from __future__ import annotations

import logging
import re

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from awardspider.storage import schema
from awardspider.storage.accounts import Role, Scope
from tests.support.panel import Panel
from tests.support.panel_access import ACCESS, EXAMPLES, Access, panel_routes

FILES = (
    "/deals.csv",
    "/deals.csv?view=fares",
    "/searches.csv",
    "/export/offers.csv",
    "/export/offers.jsonl",
    "/export/offers.parquet",
)
ACCOUNTS = ("accounts", "account_sessions", "api_tokens", "owners")


def break_database(panel: Panel, *, kept: tuple[str, ...] = ()) -> None:
    """Remove the tables, except some; each query of them fails then, with a message that names the file."""
    with panel.store.engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        for name in (*schema.metadata.tables, "alembic_version"):
            if name not in kept:
                connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        connection.execute(text("CREATE TABLE alembic_version (another_column TEXT)"))
        connection.commit()


def detail(panel: Panel) -> str:
    """Return the part of the messages of errors that nobody else may see."""
    return str(panel.store.engine.url.database)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_visitor_who_is_not_signed_in_never_sees_the_address_of_the_database(panel: Panel, accept: str) -> None:
    client = panel.anonymous(headers={"accept": accept})
    break_database(panel)
    failed = set()
    for route in panel_routes(panel.app):
        if ACCESS[route.key] is not Access.PUBLIC:
            continue
        address = EXAMPLES.get(route.key) or re.sub(r"\{[^}]+\}", "x", route.path)
        address = address.replace("/x.x", "/deals.rss")
        response = client.request("GET" if route.method == "MOUNT" else route.method, address)
        assert detail(panel) not in response.text, route
        if response.status_code == 503:
            failed.add(route.key)
    assert {"GET /readyz", "GET /sign-in", "GET /s/{share_id}"} <= failed


def test_readiness_says_why_only_to_an_operator_and_the_log(panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
    operator, viewer = panel.with_token(Role.OPERATOR, [Scope.READ]), panel.with_token(Role.VIEWER, [Scope.READ])
    anonymous = panel.anonymous()
    break_database(panel, kept=ACCOUNTS)
    neutral = "the database cannot be used; the log of the panel says why\n"
    with caplog.at_level(logging.ERROR):
        assert [client.get("/readyz").text for client in (anonymous, viewer)] == [neutral, neutral]
    assert detail(panel) in caplog.text
    response = operator.get("/readyz")
    assert (response.status_code, detail(panel) in response.text) == (503, True)


@pytest.mark.parametrize("path", ["/", "/watches", "/promotions", "/api/v1/offers", "/metrics", *FILES])
def test_the_address_of_the_database_is_for_operators(panel: Panel, path: str) -> None:
    clients = [panel.signed_in(role, headers={"accept": "text/html"}) for role in (Role.VIEWER, Role.OPERATOR)]
    break_database(panel, kept=ACCOUNTS)
    shown = [client.get(path) for client in clients]
    assert [response.status_code for response in shown] == [503, 503]
    assert [detail(panel) in response.text for response in shown] == [False, True]


def call_tool(client: TestClient) -> str:
    """Return the text of the response to a call of a tool."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_programs", "arguments": {}},
    }
    headers = {"accept": "application/json, text/event-stream"}
    return client.post("/mcp/", json=message, headers=headers).text


def test_an_assistant_of_a_member_does_not_see_the_address_of_the_database(panel: Panel) -> None:
    clients = [panel.with_token(role, [Scope.READ]) for role in (Role.MEMBER, Role.OPERATOR)]
    break_database(panel, kept=ACCOUNTS)
    assert [detail(panel) in call_tool(client) for client in clients] == [False, True]
    assert "the database cannot be used" in call_tool(clients[0])


def test_an_invalid_setting_is_named_to_operators_only(panel: Panel) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_MAX_AGE_HOURS"] = "secret"
    clients = [panel.signed_in(role, headers={"accept": "text/html"}) for role in (Role.VIEWER, Role.OPERATOR)]
    pages = [client.get("/") for client in clients]
    assert [page.status_code for page in pages] == [422, 422]
    assert ["AWARD_MAX_AGE_HOURS" in page.text for page in pages] == [False, True]
    assert "A setting of the server is invalid" in pages[0].text


@pytest.mark.parametrize("path", FILES)
def test_an_invalid_setting_is_no_broken_download(panel: Panel, path: str) -> None:
    assert isinstance(panel.config.settings, dict)
    panel.config.settings["AWARD_MAX_AGE_HOURS"] = "secret"
    assert panel.anonymous().get(path).status_code in (200, 422)
