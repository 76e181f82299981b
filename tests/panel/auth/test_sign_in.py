"""Signing in with a password: sessions, their cookies, and the limits of attempts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from starlette.testclient import TestClient

from awardspider.panel.auth import passwords
from awardspider.panel.auth.throttling import subjects_of
from awardspider.storage import schema
from awardspider.storage.account_sessions import IDLE_PERIOD, LIFETIME
from awardspider.storage.accounts import Role, password_of, replace_hash
from tests.support.panel import PASSWORD, Panel


@pytest.fixture(autouse=True)
def fast_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute real Argon2 hashes with little memory, because a test computes many."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._dummy_hash.cache_clear()


def form_token(client: TestClient, path: str = "/sign-in") -> str:
    """Return the token of the forms of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def sign_in(client: TestClient, name: str = "ana", password: str = PASSWORD, **fields: str):  # type: ignore[no-untyped-def]
    values = {"name": name, "password": password, "csrf_token": form_token(client)} | fields
    return client.post("/sign-in", data=values)


@pytest.fixture
def ana(panel: Panel) -> TestClient:
    """Return a client of someone who has an account but has not signed in."""
    panel.account("ana", Role.MEMBER, password=PASSWORD)
    return panel.anonymous()


def test_signing_in_leads_to_the_page_that_was_requested(ana: TestClient) -> None:
    response = sign_in(ana, next="/account?tab=tokens")
    assert (response.status_code, response.headers["location"]) == (303, "/account?tab=tokens")
    assert ana.get("/account").status_code == 200
    assert ana.get("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize(
    "address", ["https://attacker.example", "//attacker.example", "/\\attacker.example", "x", "/\n"]
)
def test_signing_in_never_leads_to_another_site(ana: TestClient, address: str) -> None:
    assert sign_in(ana, next=address).headers["location"] == "/"


def test_the_cookie_of_a_session_is_hidden_from_scripts_and_other_sites(panel: Panel, ana: TestClient) -> None:
    cookie = sign_in(ana).headers["set-cookie"]
    assert cookie.startswith("awardspider_session=")
    assert "HttpOnly; Max-Age=2592000; Path=/; SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(panel: Panel, ana: TestClient) -> None:
    secure = panel.anonymous(base_url="https://127.0.0.1:8787")
    response = sign_in(secure)
    assert response.headers["set-cookie"].startswith("__Host-awardspider_session=")
    assert "; Secure" in response.headers["set-cookie"]
    assert secure.get("/account").headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in ana.get("/sign-in").headers


def test_each_sign_in_starts_a_new_session_and_ends_that_of_the_browser(panel: Panel, ana: TestClient) -> None:
    ana.cookies.set("awardspider_session", "chosen-by-an-attacker")
    sign_in(ana)
    ana.cookies.delete("awardspider_session", domain="")
    first = ana.cookies["awardspider_session"]
    assert first != "chosen-by-an-attacker"
    other = panel.anonymous()
    other.cookies.set("awardspider_session", first)
    token = form_token(other, "/account")
    response = other.post("/sign-in", data={"name": "ana", "password": PASSWORD, "csrf_token": token})
    assert response.status_code == 303
    assert ana.get("/account").status_code == 303


def test_signing_out_ends_the_session(ana: TestClient) -> None:
    sign_in(ana)
    session = ana.cookies["awardspider_session"]
    response = ana.post("/sign-out", data={"csrf_token": form_token(ana, "/account")})
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    ana.cookies.set("awardspider_session", session)
    assert ana.get("/account").status_code == 303


def test_a_session_ends_after_its_lifetime_and_earlier_without_use(panel: Panel, ana: TestClient) -> None:
    sign_in(ana)
    for _ in range(LIFETIME // (IDLE_PERIOD - timedelta(hours=1))):
        panel.now += IDLE_PERIOD - timedelta(hours=1)
        assert ana.get("/account").status_code == 200
    panel.now += timedelta(days=3)
    assert ana.get("/account").status_code == 303
    sign_in(ana)
    panel.now += IDLE_PERIOD
    assert ana.get("/account").status_code == 303


def test_wrong_names_and_wrong_passwords_get_the_same_response(panel: Panel, ana: TestClient) -> None:
    panel.account("zapier", Role.VIEWER)  # its hash fits no password
    pages = []
    for name in ("ana", "nobody", "zapier"):
        response = sign_in(ana, name=name, password="not the password")
        assert response.status_code == 401
        pages.append(re.sub(r"[0-9a-f]{32}\.[0-9a-f]{64}|nobody|zapier|ana", "-", response.text))
    assert pages[0] == pages[1] == pages[2]


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    panel: Panel, ana: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    hasher = passwords._hasher()

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            computed.append(password_hash.split("$")[3])
            return hasher.verify(password_hash, password)

        def __getattr__(self, name: str) -> object:
            return getattr(hasher, name)

    counting = Counting()
    monkeypatch.setattr(passwords, "_hasher", lambda: counting)
    sign_in(ana, password="not the password")
    sign_in(ana, name="nobody", password="not the password")
    assert len(computed) == 2
    assert computed[0] == computed[1]  # the same parameters


def test_after_five_failures_no_password_is_checked_for_a_while(panel: Panel, ana: TestClient) -> None:
    for _ in range(5):
        assert sign_in(ana, password="not the password").status_code == 401
    response = sign_in(ana)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "30"
    assert "too many failed attempts. Try again in 1 minute" in response.text
    elsewhere = panel.anonymous(client=("203.0.113.9", 5000))
    assert sign_in(elsewhere).status_code == 429
    panel.now += timedelta(seconds=31)
    assert sign_in(ana).status_code == 303
    with panel.store.reading() as connection:
        subjects = connection.scalars(select(schema.login_failures.c.subject)).all()
    assert [subject for subject in subjects if subject.startswith("account:")] == []


@pytest.mark.parametrize("unused", ["\0", "\ud800", " ", "\u200b"])
def test_characters_that_are_not_stored_do_not_make_another_name(panel: Panel, ana: TestClient, unused: str) -> None:
    names = [f"{unused * number}ana{unused}" for number in range(6)]
    known = {subjects_of(panel.config.data_dir, name, "").account for name in names if password_of(panel.store, name)}
    assert known <= {subjects_of(panel.config.data_dir, "ana", "").account}


def test_the_limit_of_an_account_counts_names_with_a_nul(ana: TestClient) -> None:
    for number in range(5):
        assert sign_in(ana, name="ana" + "\0" * number, password="not the password").status_code == 401
    assert sign_in(ana, name="ana" + "\0" * 6).status_code == 429
    assert sign_in(ana).status_code == 429


def test_an_unknown_name_is_paused_like_an_account(ana: TestClient) -> None:
    for _ in range(5):
        sign_in(ana, name="nobody", password="not the password")
    assert sign_in(ana, name="nobody").status_code == 429
    assert sign_in(ana).status_code == 303


def test_an_address_is_paused_although_it_tries_many_names(panel: Panel, ana: TestClient) -> None:
    for number in range(20):
        assert sign_in(ana, name=f"name{number}", password="not the password").status_code == 401
    assert sign_in(ana).status_code == 429
    assert sign_in(panel.anonymous(client=("203.0.113.9", 5000))).status_code == 303


def test_addresses_of_one_ipv6_network_count_together(panel: Panel) -> None:
    subjects = {
        subjects_of(panel.config.data_dir, "ana", address).address
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "::ffff:203.0.113.9", "203.0.113.9")
    }
    assert subjects == {"address:2001:db8:1:2::/64", "address:203.0.113.9"}


def test_names_in_failures_are_stored_as_digests(panel: Panel, ana: TestClient) -> None:
    sign_in(ana, name="my secret password", password="x")
    with panel.store.reading() as connection:
        assert "my secret password" not in repr(connection.execute(select(schema.login_failures)).all())


def test_a_hash_with_old_parameters_is_replaced_at_the_next_sign_in(panel: Panel, ana: TestClient) -> None:
    found = password_of(panel.store, "ana")
    assert found
    assert found[1]
    old = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    replace_hash(panel.store, found[0].id, old=found[1], new=old)
    assert sign_in(ana).status_code == 303
    again = password_of(panel.store, "ana")
    assert again
    assert again[1]
    assert again[1] != old
    assert not passwords.has_outdated_parameters(again[1])


def test_the_form_to_sign_in_needs_its_token(ana: TestClient) -> None:
    response = ana.post("/sign-in", data={"name": "ana", "password": PASSWORD})
    assert response.status_code == 403


def test_without_accounts_the_page_says_how_to_add_one(panel: Panel) -> None:
    page = panel.anonymous(client=("203.0.113.9", 5000)).get("/sign-in")
    assert "scrapy panel adduser NAME --role operator" in page.text
    assert panel.anonymous().get("/sign-in").headers["location"] == "/"
