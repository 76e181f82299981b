"""The page of the visitor's own account: preferences, password, sessions and tokens."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from awardspider.storage.account_sessions import find_sessions
from awardspider.storage.accounts import Role, Scope, find_account
from awardspider.storage.api_tokens import find_token, find_tokens
from tests.support.panel import NOW, PASSWORD, Panel

NEW = "another long sentence"
TOKEN = {"name": "Zapier", "scope": "write", "days": "30", "password": PASSWORD}


def with_password(panel: Panel, name: str = "ana") -> TestClient:
    panel.account(name, Role.MEMBER, password=PASSWORD)
    return panel.signed_in(Role.MEMBER, name=name)


def test_the_local_operator_sees_how_to_add_an_account(panel: Panel) -> None:
    page = panel.anonymous().get("/account")
    assert (page.status_code, "scrapy panel adduser NAME" in page.text) == (200, True)


def test_preferences_apply_to_every_page(panel: Panel) -> None:
    client = panel.signed_in(Role.VIEWER, name="ana")
    form = {"language": "pt", "theme": "dark", "timezone": "America/Sao_Paulo"}
    assert client.post("/account/preferences", data=form).headers["location"] == "/account?notice=saved"
    page = client.get("/account?notice=saved").text
    assert '<html lang="pt' in page
    assert 'data-theme="dark"' in page
    assert "Sua conta" in page
    assert "Salvo." in page
    client.post("/account/preferences", data={"language": "", "theme": "auto", "timezone": ""})
    assert 'lang="en' in client.get("/account").text


def test_the_menu_of_every_page_changes_the_account_too(panel: Panel) -> None:
    client = panel.signed_in(Role.VIEWER, name="ana")
    client.post("/preferences", data={"language": "es", "theme": "light", "back": "/account"})
    account = find_account(panel.store, "ana")
    assert (account.language, account.theme) == ("es", "light")
    client.cookies.delete("language")
    assert "Tu cuenta" in client.get("/account").text


def test_an_unknown_time_zone_is_refused_with_a_sentence(panel: Panel) -> None:
    response = panel.signed_in(Role.VIEWER).post("/account/preferences", data={"timezone": "Mars/Olympus"})
    assert response.status_code == 422
    assert "Mars/Olympus" in response.text


def test_a_new_password_needs_the_current_one_and_ends_other_sessions(panel: Panel) -> None:
    client, other = with_password(panel), panel.signed_in(Role.MEMBER, name="ana")
    wrong = {"current": "not the password", "new": NEW, "repeated": NEW}
    for form in (
        wrong,
        wrong | {"current": PASSWORD, "repeated": "x"},
        wrong | {"current": PASSWORD, "new": "short", "repeated": "short"},
    ):
        response = client.post("/account/password", data=form)
        assert response.status_code == 422
        assert 'class="error"' in response.text
    response = client.post("/account/password", data={"current": PASSWORD, "new": NEW, "repeated": NEW})
    assert response.headers["location"] == "/account?notice=password_changed"
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_attempts_to_guess_the_current_password_are_limited(panel: Panel) -> None:
    client = with_password(panel)
    for _ in range(5):
        client.post("/account/password", data={"current": "not the password", "new": NEW, "repeated": NEW})
    right = client.post("/account/password", data={"current": PASSWORD, "new": NEW, "repeated": NEW})
    assert right.status_code == 422


def test_own_sessions_are_listed_and_ended(panel: Panel) -> None:
    client, other = panel.signed_in(Role.MEMBER, name="ana"), panel.signed_in(Role.MEMBER, name="ana")
    stranger = panel.signed_in(Role.MEMBER, name="bob")
    ana, bob = (find_account(panel.store, name) for name in ("ana", "bob"))
    assert client.get("/account").text.count("this browser") == 1
    of_bob = find_sessions(panel.store, bob.id, NOW)[0].id_hash
    client.post("/account/sessions/end", data={"session": of_bob})
    assert stranger.get("/account").status_code == 200
    client.post("/account/sessions/end", data={"session": ""})
    assert (client.get("/account").status_code, other.get("/account").status_code) == (200, 303)
    assert len(find_sessions(panel.store, ana.id, NOW)) == 1


def test_a_token_is_shown_once_and_revoked_by_its_own_account_only(panel: Panel) -> None:
    client, stranger = with_password(panel), panel.signed_in(Role.OPERATOR, name="bob")
    page = client.post("/account/tokens", data=TOKEN)
    shown = re.search(r"asp_[A-Za-z0-9_-]{43}", page.text)
    assert shown
    assert page.headers["cache-control"] == "no-store"
    found = find_token(panel.store, shown[0], NOW)
    assert found
    assert (found[0].name, found[1].scopes) == ("ana", {Scope.READ, Scope.WRITE})
    again = client.get("/account").text
    assert shown[0] not in again
    assert shown[0][:10] in again
    stranger.post("/account/tokens/revoke", data={"token": found[1].id})
    assert find_token(panel.store, shown[0], NOW)
    client.post("/account/tokens/revoke", data={"token": found[1].id})
    assert find_tokens(panel.store, found[0].id) == []


def test_a_token_without_a_name_is_refused_with_a_sentence(panel: Panel) -> None:
    response = with_password(panel).post("/account/tokens", data=TOKEN | {"name": " "})
    assert (response.status_code, "a token needs a name" in response.text) == (422, True)


@pytest.mark.parametrize("password", ["", "not the password"])
def test_a_token_needs_the_password(panel: Panel, password: str) -> None:
    client = with_password(panel)
    response = client.post("/account/tokens", data=TOKEN | {"password": password})
    assert (response.status_code, 'id="token-password-error"' in response.text) == (422, True)
    assert ('value="Zapier"' in response.text, '<option value="write" selected>' in response.text) == (True, True)
    assert find_tokens(panel.store, find_account(panel.store, "ana").id) == []


def test_attempts_to_guess_the_password_for_a_token_are_limited(panel: Panel) -> None:
    client = with_password(panel)
    for _ in range(5):
        client.post("/account/tokens", data=TOKEN | {"password": "not the password"})
    assert client.post("/account/tokens", data=TOKEN).status_code == 422
    assert find_tokens(panel.store, find_account(panel.store, "ana").id) == []


@pytest.mark.parametrize(("fields", "number"), [({}, 0), ({"keep_tokens": "yes"}, 1)])
def test_a_new_password_revokes_the_tokens_unless_they_are_kept(
    panel: Panel, fields: dict[str, str], number: int
) -> None:
    client = with_password(panel)
    assert 'name="keep_tokens"' not in client.get("/account").text
    client.post("/account/tokens", data=TOKEN)
    assert 'name="keep_tokens"' in client.get("/account").text
    changed = client.post("/account/password", data={"current": PASSWORD, "new": NEW, "repeated": NEW} | fields)
    assert ("API tokens were revoked" in client.get(changed.headers["location"]).text) == (number == 0)
    assert len(find_tokens(panel.store, find_account(panel.store, "ana").id)) == number


def test_texts_of_other_people_are_escaped(panel: Panel) -> None:
    panel.account("ana", Role.MEMBER, password=PASSWORD)
    client = panel.signed_in(Role.MEMBER, name="ana", headers={"user-agent": "<script>alert(1)</script>"})
    client.post("/account/tokens", data=TOKEN | {"name": "<img src=x onerror=alert(1)>"})
    page = client.get("/account").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
