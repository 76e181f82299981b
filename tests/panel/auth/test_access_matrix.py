"""The access matrix: each route of the application is requested by each kind of visitor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from awardspider.panel.auth.sign_in import SIGN_IN_PATH
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.store import open_store
from tests.support.panel import Panel
from tests.support.panel_access import ACCESS, EXAMPLES, READING_POSTS, Access, PanelRoute, panel_routes

_READING = ("GET", "MOUNT")


@pytest.fixture(scope="module")
def open_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """Yield one panel for all requests of this module."""
    folder: Path = tmp_path_factory.mktemp("matrix")
    store = open_store("", folder)
    with Panel(store, folder) as opened:
        yield opened
    store.close()


@pytest.fixture(scope="module")
def visitors(open_panel: Panel) -> Mapping[str, TestClient]:
    """Return a client for each kind of visitor."""
    options = {"raise_server_exceptions": False}
    return {
        "viewer": open_panel.signed_in(Role.VIEWER, **options),
        "member": open_panel.signed_in(Role.MEMBER, **options),
        "operator": open_panel.signed_in(Role.OPERATOR, **options),
        "read token": open_panel.with_token(Role.OPERATOR, [Scope.READ], **options),
        "write token": open_panel.with_token(Role.OPERATOR, [Scope.WRITE], **options),
        "anonymous": open_panel.anonymous(**options),
    }


def expected(visitor: str, access: Access, route: PanelRoute) -> str:
    """Return the expected result of a request."""
    if visitor == "anonymous":
        return "allowed" if access is Access.PUBLIC else "sign in"
    if visitor.endswith(" token"):
        is_reading = route.method in _READING or route.key in READING_POSTS
        is_allowed = visitor == "write token" or is_reading
        return "allowed" if is_allowed and access is not Access.SESSION else "denied"
    if access is Access.PROGRAM:
        return "sign in"
    return "allowed" if access.role is None or Role(visitor).rank >= access.role.rank else "denied"


def result(client: TestClient, route: PanelRoute) -> str:
    """Send a request; return how it ended. A page that does not exist, or an incomplete form, counts as allowed."""
    address = EXAMPLES.get(route.key) or re.sub(r"\{[^}]+\}", "x", route.path)
    method = "GET" if route.method in _READING else route.method
    # Programs send their requests to /mcp with POST; a GET would wait for messages.
    response = client.request("POST" if route.path == "/mcp" else method, address)
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"failed with {response.status_code}"
    leads_to_sign_in = response.headers.get("location", "").startswith(SIGN_IN_PATH) and route.path != "/sign-out"
    if leads_to_sign_in or (response.status_code == HTTPStatus.UNAUTHORIZED and route.path != SIGN_IN_PATH):
        return "sign in"
    return "denied" if response.status_code == HTTPStatus.FORBIDDEN else "allowed"


def test_every_route_has_an_entry(open_panel: Panel) -> None:
    keys = {route.key for route in panel_routes(open_panel.app)}
    assert sorted(keys - set(ACCESS)) == [], "add these routes to tests/support/panel_access.py"
    assert sorted(set(ACCESS) - keys) == [], "these routes do not exist"
    assert set(EXAMPLES) <= keys


def test_every_route_lets_in_only_those_who_may_use_it(open_panel: Panel, visitors: Mapping[str, TestClient]) -> None:
    wrong = []
    for route in panel_routes(open_panel.app):
        access = ACCESS.get(route.key)
        if access is None or route.path == "/sign-out":  # the session of each client is still needed
            continue
        for visitor, client in visitors.items():
            should_be, found = expected(visitor, access, route), result(client, route)
            if (visitor, access) == ("anonymous", Access.PUBLIC) and route.method not in _READING:
                should_be = "denied"  # without the token of a page
            if found != should_be:
                wrong.append(f"{route.key} by {visitor}: {found} instead of {should_be}")
    assert wrong == []


def test_every_change_by_a_person_needs_the_token_of_a_page(
    open_panel: Panel, visitors: Mapping[str, TestClient]
) -> None:
    client = visitors["operator"]
    token = client.headers.pop("x-csrf-token")
    try:
        changes = [route for route in panel_routes(open_panel.app) if route.method not in _READING]
        assert [route.key for route in changes if result(client, route) != "denied"] == []
    finally:
        client.headers["x-csrf-token"] = token
