"""The panel as a real server: the addresses it listens on, Host headers, headers of proxies, and its log."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from awardspider.outcomes import InvalidSetting
from awardspider.panel.api import feeds
from awardspider.panel.application import create_app
from awardspider.panel.auth.access_log import mask_access_log, masked_address
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.server import check_accounts, server_configuration
from awardspider.storage.account_sessions import start_session
from awardspider.storage.accounts import Role, add_account, find_account, remove_account
from awardspider.storage.store import Store
from tests.support.panel import NOW, Panel, default_settings
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@contextmanager
def serving(config: PanelConfig) -> Iterator[int]:
    """Run the panel's server in a thread; yield its port."""
    port = free_port()
    server = uvicorn.Server(server_configuration(create_app(replace(config, port=port)), host=config.host, port=port))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def config(sqlite_store: Store, tmp_path: Path) -> PanelConfig:
    return PanelConfig(store=sqlite_store, settings=default_settings(), data_dir=tmp_path, now=lambda: NOW)


def with_settings(config: PanelConfig, **settings: str) -> PanelConfig:
    return replace(config, settings={**config.settings, **settings})


def add_password(store: Store) -> str:
    """Add an operator with a password and return the id of a session."""
    account = add_account(store, name="olga", role=Role.OPERATOR, owner_id="default", password_hash="!", now=NOW)
    return start_session(store, account.id, address="", user_agent="", now=NOW)


def get(port: int, path: str = "/account", **headers: str) -> http.client.HTTPResponse:
    """Send a request; names of headers have underscores. The Host header is that of the address by default."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest("GET", path, skip_host="Host" in given)
    for name, value in given.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    response.body = response.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return response


# ---- Host headers ----------------------------------------------------------------------------------------------------


def test_only_names_of_this_machine_are_served_on_loopback(config: PanelConfig) -> None:
    with serving(config) as port:
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
            assert get(port, Host=host).status == 200
        for host in (
            "attacker.example",
            f"attacker.example:{port}",
            f"127.0.0.1.attacker.example:{port}",
            f"localhost.attacker.example:{port}",
            f"192.0.2.1:{port}",
            f"0.0.0.0:{port}",
        ):
            response = get(port, Host=host)
            assert response.status == 421
            assert "AWARD_PUBLIC_URL" in response.body  # type: ignore[attr-defined]
        for host in ("", "a b", "127.0.0.1:x", "user@127.0.0.1", "127.0.0.1/"):
            assert get(port, Host=host).status == 400


def test_the_public_name_serves_public_pages_only_until_there_are_accounts(config: PanelConfig) -> None:
    with serving(with_settings(config, AWARD_PUBLIC_URL="https://deals.example.com")) as port:
        assert get(port, "/healthz", Host="deals.example.com").status == 200
        assert get(port, "/account", Host="deals.example.com").status == 303
        assert get(port, "/healthz", Host="other.example.com").status == 421
        session = add_password(config.store)
        cookie = f"__Host-awardspider_session={session}"
        assert get(port, "/account", Host="deals.example.com", Cookie=cookie).status == 200


# ---- addresses -------------------------------------------------------------------------------------------------------


def test_the_panel_listens_to_others_only_with_a_password(config: PanelConfig) -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.0.0.53"):
        check_accounts(replace(config, host=host))
    for host in ("0.0.0.0", "::", "192.0.2.1", "panel.example", ""):
        with pytest.raises(InvalidSetting, match="scrapy panel adduser NAME --role operator"):
            check_accounts(replace(config, host=host))
    add_password(config.store)
    check_accounts(replace(config, host="0.0.0.0"))


def send(port: int, request: str) -> str:
    """Send a request as it is, and return the first line of the response."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return connection.makefile("rb").readline().decode().strip()


@pytest.mark.parametrize(
    "settings",
    [{"AWARD_PUBLIC_URL": "https://deals.example.com"}, {"AWARD_PANEL_TRUSTED_PROXIES": "192.0.2.7"}],
)
def test_behind_a_proxy_that_hides_itself_nobody_is_the_operator(
    config: PanelConfig, caplog: pytest.LogCaptureFixture, settings: dict[str, str]
) -> None:
    config = with_settings(config, **settings)
    check_accounts(config)
    assert "add one with scrapy panel adduser NAME --role operator" in caplog.text
    with serving(config) as port:
        for path in ("/account", "/", "/settings", "/api/v1/offers", "/mcp/"):
            assert get(port, path).status in (303, 401)
        page = get(port, "/sign-in")
        assert (page.status, "scrapy panel adduser NAME" in page.body) == (200, True)  # type: ignore[attr-defined]
        assert get(port, "/s/unknown").status == 404
        session = add_password(config.store)
        caplog.clear()
        check_accounts(config)
        assert caplog.text == ""
        assert get(port, Cookie=f"awardspider_session={session}").status == 200


@pytest.mark.parametrize("address", ["http://localhost:8787", "http://127.0.0.1:9000", "https://[::1]"])
def test_a_public_address_of_this_machine_needs_no_account(
    config: PanelConfig, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    config = with_settings(config, AWARD_PUBLIC_URL=address)
    check_accounts(config)
    assert caplog.text == ""
    with serving(config) as port:
        assert get(port).status == 200


def test_a_request_in_the_version_of_a_proxy_is_not_of_the_person_at_the_machine(config: PanelConfig) -> None:
    with serving(config) as port:
        host = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        assert send(port, f"GET /account HTTP/1.1\r\n{host}") == "HTTP/1.1 200 OK"
        assert send(port, f"GET /account HTTP/1.0\r\n{host}") == "HTTP/1.1 303 See Other"
        assert send(port, f"GET /healthz HTTP/1.0\r\n{host}") == "HTTP/1.1 200 OK"


def test_nobody_becomes_the_operator_when_the_last_account_of_a_reachable_panel_is_removed(
    config: PanelConfig,
) -> None:
    session = add_password(config.store)
    with serving(replace(config, host="0.0.0.0")) as port:
        cookie = f"awardspider_session={session}"
        assert get(port, Host="panel.example", Cookie=cookie).status == 200
        remove_account(config.store, find_account(config.store, "olga").id)
        assert get(port, Host="panel.example", Cookie=cookie).status == 303
        assert get(port, Host=f"127.0.0.1:{port}").status == 303
        page = get(port, "/sign-in", Host="panel.example")
        assert "scrapy panel adduser NAME --role operator" in page.body  # type: ignore[attr-defined]


def test_everybody_signs_in_as_soon_as_there_is_a_password(config: PanelConfig) -> None:
    with serving(config) as port:
        assert get(port).status == 200
        add_password(config.store)
        response = get(port)
        assert (response.status, response.headers["Location"]) == (303, "/sign-in?next=%2Faccount")


# ---- proxies ---------------------------------------------------------------------------------------------------------


def test_a_request_through_a_proxy_is_not_of_the_person_at_the_machine(config: PanelConfig) -> None:
    with serving(config) as port:
        for headers in ({"X_Forwarded_For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 proxy"}):
            assert get(port, **headers).status == 303


def test_headers_of_a_proxy_are_ignored_unless_it_is_trusted(config: PanelConfig) -> None:
    session = add_password(config.store)
    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.9", "X_Forwarded_Host": "attacker.example"}
    with serving(config) as port:
        response = get(port, "/sign-in", **forwarded)
        assert response.status == 200
        assert response.headers["Strict-Transport-Security"] is None
        assert "__Host-" not in response.headers["Set-Cookie"]
        assert get(port, Cookie=f"__Host-awardspider_session={session}", **forwarded).status == 303


def test_the_headers_of_a_trusted_proxy_count_and_are_validated(config: PanelConfig) -> None:
    session = add_password(config.store)
    settings = {"AWARD_PUBLIC_URL": "https://deals.example.com", "AWARD_PANEL_TRUSTED_PROXIES": "127.0.0.0/8, ::1"}
    with serving(with_settings(config, **settings)) as port:
        forwarded = {
            "X_Forwarded_Proto": "https",
            "X_Forwarded_For": "198.51.100.1, 203.0.113.9, 127.0.0.2",
            "X_Forwarded_Host": "deals.example.com",
        }
        response = get(port, Cookie=f"__Host-awardspider_session={session}", **forwarded)
        assert response.status == 200
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
        for name, value in (
            ("X_Forwarded_Proto", "gopher"),
            ("X_Forwarded_Proto", "https, http"),
            ("X_Forwarded_For", "unknown"),
            ("X_Forwarded_For", "203.0.113.9, <script>"),
            ("X_Forwarded_Host", "deals.example.com/path"),
            ("X_Forwarded_Host", "a b"),
        ):
            refused = get(port, **(forwarded | {name: value}))
            assert (refused.status, name.replace("_", "-") in refused.body) == (400, True)  # type: ignore[attr-defined]
        assert get(port, **(forwarded | {"X_Forwarded_Host": "attacker.example"})).status == 421


# ---- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_of_requests_has_no_secrets(config: PanelConfig, caplog: pytest.LogCaptureFixture) -> None:
    mask_access_log()
    secret = "q7Lk2ZtR9vXwB4nM1sYpD8fG"
    with caplog.at_level(logging.INFO, logger="uvicorn.access"), serving(config) as port:
        get(port, f"/feeds/{secret}.xml")
        get(port, f"/s/{secret}?token={secret}&cabin=business&x={secret}")
        get(port, "/account", Authorization=f"Bearer asp_{secret}", Cookie=f"awardspider_session={secret}")
    assert secret not in caplog.text
    assert "GET /feeds/q7Lk***.xml" in caplog.text
    assert "GET /s/q7Lk***?token=***&cabin=business&x=q7Lk***" in caplog.text


@pytest.mark.parametrize(
    "secret", ["abcdefghijklmnopqrstuv", "ABC_defgh-jklmnopqrstu", "q7Lk2ZtR9vXwB4nM1sYpD8fG", "%61bcdefg"]
)
@pytest.mark.parametrize(
    "address", ["/s/{}", "//s//{}", "/s/{}/card.png?size=link", "/feeds/{}/deals.rss", "/feeds/{}/"]
)
def test_the_secret_of_a_feed_or_public_page_is_masked_by_its_place(address: str, secret: str) -> None:
    assert masked_address(address.format(secret)) == address.format(f"{secret[:4]}***")


def test_the_log_of_an_unexpected_error_has_no_secrets(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(feeds, "find_feed_address", fail)
    secret = "abcdefghijklmnopqrstuvwxyzabcdef"
    assert panel.anonymous().get(f"/feeds/{secret}/deals.rss").status_code == 500
    assert "GET /feeds/abcd***/deals.rss" in caplog.text
    assert secret not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "/offers/3f9a2c41d07be856?tab=history",
        "/runs/20261130-061003-1f2e3d4c",
        "/static/vendor/echarts-common-6.1.0.min.js?v=0123456789ab",
        "/?origin=LAX&destination=Japan&dates=2027-03-01..2027-03-31",
        "/promotions",
        "/feeds",
        "/posts/17/card.png",
    ],
)
def test_addresses_without_secrets_stay_readable_in_the_log(address: str) -> None:
    assert masked_address(address) == address
