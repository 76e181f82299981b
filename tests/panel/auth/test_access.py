"""The visitor behind a request: the person at the machine, an account with a session, or a program with a token."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import pytest
from fastapi import APIRouter, Form
from starlette.responses import PlainTextResponse, Response

from awardspider.outcomes import StorageError
from awardspider.panel.access import Member, Operator, Public, Viewer, Visitor
from awardspider.panel.auth import identity
from awardspider.storage.accounts import Role, Scope, find_account, remove_account
from tests.support.panel import Panel


def described(visitor: Visitor) -> Response:
    role = visitor.role or "nobody"
    return PlainTextResponse(f"{role} {visitor.owner_id} {visitor.adds_for} {visitor.name} {visitor.via}")


@pytest.fixture(autouse=True)
def routes(panel: Panel) -> None:
    """Add a route for each dependency."""
    router = APIRouter(prefix="/api/test")

    @router.get("/public")
    def public(visitor: Public) -> Response:
        return described(visitor)

    @router.get("/viewer")
    def viewer(visitor: Viewer) -> Response:
        return described(visitor)

    @router.post("/member")
    def member(visitor: Member, text: Annotated[str, Form()] = "") -> Response:
        return described(visitor)

    @router.get("/operator")
    def operator(visitor: Operator) -> Response:
        return described(visitor)

    panel.app.include_router(router)


def test_the_person_at_the_machine_is_the_operator_as_long_as_there_is_no_account(panel: Panel) -> None:
    client = panel.anonymous()
    assert client.get("/api/test/operator").text == "operator None default  local"
    panel.account("zapier", Role.MEMBER)
    response = client.get("/api/test/operator")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_a_request_from_elsewhere_or_through_a_proxy_is_never_of_the_person_at_the_machine(panel: Panel) -> None:
    assert panel.anonymous(client=("203.0.113.9", 5000)).get("/api/test/viewer").status_code == 401
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"):
        assert panel.anonymous().get("/api/test/viewer", headers={header: "127.0.0.1"}).status_code == 401


def test_roles_include_those_with_fewer_rights(panel: Panel) -> None:
    ana = panel.owner("Ana")
    viewer = panel.signed_in(Role.VIEWER, owner_id=ana.id)
    member = panel.signed_in(Role.MEMBER, owner_id=ana.id)
    operator = panel.signed_in(Role.OPERATOR, owner_id=ana.id)
    assert viewer.get("/api/test/viewer").text == "viewer ana ana viewer session"
    assert operator.get("/api/test/viewer").text == "operator None ana operator session"
    statuses = [
        [client.post("/api/test/member").status_code, client.get("/api/test/operator").status_code]
        for client in (viewer, member, operator)
    ]
    assert statuses == [[403, 403], [200, 403], [200, 200]]


def test_someone_who_is_not_signed_in_owns_nothing(panel: Panel) -> None:
    panel.account("ana", Role.MEMBER)
    assert panel.anonymous().get("/api/test/public").text == "nobody    nothing"


def test_a_change_needs_the_token_of_a_page(panel: Panel) -> None:
    client = panel.signed_in(Role.MEMBER)
    token = client.headers.pop("x-csrf-token")
    other = panel.signed_in(Role.MEMBER, name="bob").headers["x-csrf-token"]
    for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": other}, {"x-csrf-token": token[:-1] + "x"}):
        response = client.post("/api/test/member", headers=headers)
        assert (response.status_code, "nothing was changed" in response.text) == (403, True)
    assert client.post("/api/test/member", headers={"x-csrf-token": token}).status_code == 200
    assert client.post("/api/test/member", data={"csrf_token": token}).status_code == 200
    assert client.post("/api/test/member", files={"csrf_token": (None, token)}).status_code == 200
    assert client.post("/api/test/member", params={"csrf_token": token}).status_code == 403


def test_the_operator_at_the_machine_needs_the_token_of_a_page_too(panel: Panel) -> None:
    client = panel.anonymous()
    assert client.post("/api/test/member").status_code == 403
    page = client.get("/").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post("/api/test/member", data={"csrf_token": token}).status_code == 200
    client.cookies.clear()
    client.cookies.set("awardspider_forms", "key-of-another-site.signature")
    assert client.post("/api/test/member", data={"csrf_token": token}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://attacker.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
    ],
)
def test_a_change_from_a_page_of_another_site_is_refused_although_it_has_a_token(
    panel: Panel, headers: dict[str, str]
) -> None:
    client = panel.signed_in(Role.MEMBER)
    assert client.post("/api/test/member", headers=headers).status_code == 403
    own = {"Origin": "http://127.0.0.1:8787", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/test/member", headers=own).status_code == 200


def test_a_token_for_programs_needs_the_scope_and_the_role(panel: Panel) -> None:
    reading = panel.with_token(Role.MEMBER, [Scope.READ])
    writing = panel.with_token(Role.MEMBER, [Scope.WRITE])
    assert reading.get("/api/test/viewer").text == "member default default member token"
    assert [client.get("/api/test/operator").status_code for client in (reading, writing)] == [403, 403]
    refused = reading.post("/api/test/member")
    assert (refused.status_code, "only read" in refused.text) == (403, True)
    assert writing.post("/api/test/member").status_code == 200


def test_a_token_as_the_password_of_basic_authentication_only_reads(panel: Panel) -> None:
    client = panel.with_token(Role.MEMBER, [Scope.WRITE])
    token = client.headers.pop("authorization").partition(" ")[2]
    assert client.get("/api/test/viewer", auth=("any", token)).status_code == 200
    assert client.post("/api/test/member", auth=("any", token)).status_code == 403


@pytest.mark.parametrize("header", ["Bearer asp_unknown", "Bearer ", "Basic !!!", "Basic OnVua25vd24=", "Digest x", ""])
def test_an_invalid_token_is_refused_even_where_nobody_signs_in(panel: Panel, header: str) -> None:
    for path in ("/api/test/public", "/api/test/viewer"):
        response = panel.anonymous().get(path, headers={"Authorization": header})
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_expires_and_ends_with_its_account(panel: Panel) -> None:
    client = panel.with_token(Role.VIEWER, [Scope.READ])
    panel.now += timedelta(days=29)
    assert client.get("/api/test/viewer").status_code == 200
    panel.now += timedelta(days=1)
    assert client.get("/api/test/viewer").status_code == 401
    panel.now -= timedelta(days=1)
    remove_account(panel.store, find_account(panel.store, "viewer").id)
    assert client.get("/api/test/viewer").status_code == 401


def test_a_page_leads_to_the_page_to_sign_in_and_back(panel: Panel) -> None:
    panel.account("ana", Role.MEMBER)
    response = panel.anonymous().get("/?cabin=business&after=a%2Fb")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2F%3Fcabin%3Dbusiness%26after%3Da%252Fb"
    script = panel.anonymous().get("/", headers={"HX-Request": "true"})
    assert (script.status_code, script.headers["hx-redirect"]) == (401, "/sign-in")


def test_a_page_does_not_wait_for_the_database_to_record_its_use(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*arguments: object) -> None:
        raise StorageError("the database is locked by another process")

    client = panel.signed_in(Role.VIEWER)
    monkeypatch.setattr(identity, "record_use", locked)
    panel.now += timedelta(hours=1)
    assert client.get("/api/test/viewer").status_code == 200
    assert "did not record the last use of a session or token: the database is locked" in caplog.text
