"""Every client goes through the configured proxy, and none does while there is a sandbox."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from awardspider.environment import browser_proxy, bypass_proxies, proxy_for
from awardspider.outcomes import InvalidSetting
from awardspider.storage.channels import channel_states
from tests.support.certificates import certificate, server_context
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox
from tests.support.socket_recipient import Recipient, read_request, recipient_server, tunnels

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
SITE = "www.alaskaair.com"
ROBOTS = b"User-agent: *\nAllow: /\n"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Recipient]:
    """Run a proxy that pretends to be each site: it sends a robots.txt, and 404 in response to all else."""

    def behave(connection: socket.socket, recipient: Recipient) -> None:
        while True:
            request = read_request(connection, recipient)
            is_robots = "robots.txt" in request.line
            body, status = (ROBOTS, b"200 OK") if is_robots else (b"{}", b"404 Not Found")
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    file = certificate(tmp_path, SITE)
    with recipient_server(tunnels(behave, server_context(file))) as running:
        yield running


def key_file(folder: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    file = folder / "key.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "robot@example.iam.gserviceaccount.com",
                "private_key": text,
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )
    )
    return file


def crawl(workspace: Workspace, command: str = "crawl", *arguments: str) -> None:
    given = ("-a", "origin=SEA", "-a", "destination=LAX", "-a", "dates=+60") if command == "crawl" else ()
    limits = ("-s", "DOWNLOAD_TIMEOUT=10", "-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0")
    workspace.scrapy(command, "alaska", *given, *arguments, *limits)


def channel(workspace: Workspace, *arguments: str) -> None:
    workspace.settings["CHANNEL"] = arguments[1]
    workspace.scrapy("channels", "add", "family", arguments[0], "env:CHANNEL", check=True)
    workspace.scrapy("channels", "test", "family")


def sheets(workspace: Workspace) -> None:
    workspace.settings["AWARD_GOOGLE_CREDENTIALS"] = str(key_file(workspace.folder.parent))
    workspace.scrapy("sheets", "check", "1AbCdEfGhIjKlMnOpQrStUvWxYz")


#: The clients, each with the hosts that it asks the proxy for.
CLIENTS: dict[str, tuple[Callable[[Workspace], object], set[str]]] = {
    "crawl": (crawl, {f"{SITE}:443"}),
    "probe": (lambda workspace: crawl(workspace, "probe"), {f"{SITE}:443"}),
    "webhook": (lambda workspace: channel(workspace, "webhook", "https://example.com/x"), {"example.com:443"}),
    "apprise": (lambda workspace: channel(workspace, "apprise", "jsons://example.com/x"), {"example.com:443"}),
    "sheets": (sheets, {"oauth2.googleapis.com:443"}),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_goes_through_the_proxy(tmp_path: Path, proxy: Recipient, client: str) -> None:
    workspace = Workspace(tmp_path / "data", settings={"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"})
    run, hosts = CLIENTS[client]
    run(workspace)
    connects = {request.line.split()[1] for request in proxy.received if request.line.startswith("CONNECT")}
    assert connects == hosts
    if client in ("crawl", "probe"):  # not only robots.txt
        assert any("search" in request.line for request in proxy.received)


@pytest.mark.browser
def test_the_browser_goes_through_the_proxy(tmp_path: Path, proxy: Recipient) -> None:
    workspace = Workspace(tmp_path / "data", settings={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    crawl(workspace, "crawl", "-a", "transport=browser", "-a", "detail=itinerary")
    agents = {request.headers.get("user-agent", "") for request in proxy.received if "CONNECT" in request.line}
    assert any("Chrome" in agent or "awardspider" in agent for agent in agents - {""}), proxy.received


@pytest.mark.parametrize("transport", ["http", pytest.param("browser", marks=pytest.mark.browser)])
def test_nothing_goes_through_a_proxy_to_the_sandbox(
    workspace: Workspace, server: Sandbox, proxy: Recipient, transport: str
) -> None:
    address = f"http://127.0.0.1:{proxy.port}"
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), address)
    workspace.settings = proxies | {
        "AWARD_GOOGLE_SHEET": server.create_spreadsheet(),
        "AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/abc",
        "FAMILY": "json://hooks.example.com/family",
    }
    workspace.scrapy("channels", "add", "family", "apprise", "env:FAMILY", check=True)
    workspace.crawl(origin="LAX", destination="AUS", dates="+60", detail="itinerary", transport=transport)
    assert [search["outcome"] for search in workspace.searches] == ["found"]
    workspace.scrapy("channels", "test", "family", check=True)
    store = workspace.store()
    sent = {channel for channel, state in channel_states(store).items() if not state.paused_at and not state.pending}
    store.close()
    assert sent == {"family", "make", "sheets"}
    assert proxy.connections == 0


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_both_spellings_are_read(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://proxy.example.com:3128")
    assert proxy_for("https://www.united.com") == "http://proxy.example.com:3128"
    assert browser_proxy("") == {"server": "http://proxy.example.com:3128"}


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("united.com", "https://www.united.com/x", True),
        (".united.com", "https://www.united.com/x", True),
        ("united.com", "https://www.notunited.com/x", False),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("*", "https://www.united.com/x", True),
        ("", "https://www.united.com/x", False),
    ],
)
def test_no_proxy_is_respected(monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, is_direct: bool) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxy_for(url) == (None if is_direct else "http://proxy.example.com:3128")
    assert proxy_for(url, "http://127.0.0.1:8800") is None


def test_the_browser_gets_credentials_and_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:sesame%40@proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "localhost, .example.org")
    assert browser_proxy("") == {
        "server": "http://proxy.example.com:3128",
        "bypass": "localhost,.localhost,example.org,.example.org",
        "username": "me",
        "password": "sesame@",
    }
    assert browser_proxy("http://127.0.0.1:8800") is None
    monkeypatch.setenv("no_proxy", "*")
    assert browser_proxy("") is None


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://me:sesame@127.0.0.1:x", "//"])
def test_an_unusable_proxy_is_an_invalid_setting(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    for select in (partial(proxy_for, "https://www.united.com"), partial(browser_proxy, "")):
        with pytest.raises(InvalidSetting, match="HTTPS_PROXY") as error:
            select()
        assert "sesame" not in str(error.value)


def test_an_unusable_proxy_ends_a_crawl(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data", settings={"HTTPS_PROXY": "socks5://127.0.0.1:1"})
    result = workspace.scrapy("crawl", "alaska", "-a", "origin=SEA", "-a", "destination=LAX", "-a", "dates=+60")
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].startswith("error: HTTPS_PROXY")
    assert "Traceback" not in result.stderr


def test_hosts_are_added_to_no_proxy_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for _ in range(2):
        bypass_proxies(["n8n.lan", "192.168.1.20"])
    assert proxy_for("http://n8n.lan/x") is proxy_for("http://192.168.1.20/x") is proxy_for("http://localhost") is None
    assert proxy_for("http://n8n.example.com/x") == "http://127.0.0.1:1"
