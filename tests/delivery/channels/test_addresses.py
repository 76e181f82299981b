"""Webhooks never reach private networks, however the address is written and whatever DNS returns later."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from awardspider.delivery.channels.addresses import (
    check_public,
    is_public,
    parse_allowed_hosts,
    parse_webhook_url,
    resolve_host,
)
from awardspider.delivery.channels.webhook.http_post import NoResponse, post
from awardspider.outcomes import InvalidArgument
from tests.support.socket_recipient import recipient_server, responds

NO_HOSTS = frozenset[str]()
PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "0.0.0.0", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "2852039166", "100.64.0.1",
        "100.100.100.200", "192.0.0.192", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "168.63.129.16", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:7f00:1]",
        "[::127.0.0.1]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]",
        "localhost", "LOCALHOST.", "１２７.0.0.1", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_private_addresses_are_rejected_in_every_spelling(host: str) -> None:
    with pytest.raises(InvalidArgument, match=r"is not a public address|invalid webhook address"):
        check_public(parse_webhook_url(f"https://{host}/hook", NO_HOSTS))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"],
)
def test_public_addresses_are_accepted(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://hooks.example.com/x", "must use https"),
        ("ftp://hooks.example.com/x", "must begin with https://"),
        ("hooks.example.com/x", "must begin with https://"),
        ("", "must begin with https://"),
        ("https://", "invalid webhook address|has no host"),
        ("https:///x", "invalid webhook address|has no host"),
        ("https://me:sesame@hooks.example.com/x", "user name or password"),
        ("https://me@hooks.example.com/x", "user name or password"),
        ("https://hooks.example.com\\@127.0.0.1/x", "must not contain spaces or backslashes"),
        ("https://hooks.example.com/a b", "must not contain spaces"),
        ("https://hooks.example.com/a\r\nHost: other", "must not contain spaces"),
        ("https://hooks.example.com:22/x", "port 22"),
        ("https://hooks.example.com:80/x", "port 80"),
        ("https://hooks.example.com:99999/x", "invalid webhook address"),
        ("https://hooks.example.com:x/x", "invalid webhook address"),
        ("https://[::1/x", "invalid webhook address"),
        ("https://*.example.com/x", "invalid webhook address"),
        (f"https://{'é' * 80}.example/x", "invalid webhook address"),
    ],
)
def test_invalid_addresses_have_an_error_message(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=reason) as raised:
        parse_webhook_url(text, NO_HOSTS)
    assert "sesame" not in str(raised.value)


def test_parsed_address_is_normalized() -> None:
    address = parse_webhook_url("HTTPS://Hook.EU1.make.com/T0ken?a=1", NO_HOSTS)
    assert (address.host, address.port, address.private_allowed) == ("hook.eu1.make.com", 443, False)
    assert address.url.endswith("/T0ken?a=1")
    assert parse_webhook_url("https://büro.example:8443/x", NO_HOSTS).host == "xn--bro-hoa.example"


def test_operator_can_allow_private_hosts() -> None:
    allowed = parse_allowed_hosts("n8n.lan, 127.0.0.1 [::1]")
    assert allowed == {"n8n.lan", "127.0.0.1", "::1"}
    for text in ("http://127.0.0.1:80/x", "https://[::1]:8443/x", "http://N8N.lan:5678/x"):
        address = parse_webhook_url(text, allowed)
        assert address.private_allowed
        check_public(address)
    with pytest.raises(InvalidArgument, match="is not a public address"):
        check_public(parse_webhook_url("https://127.0.0.2/x", allowed))


class NameServer:
    """Returns prepared IP addresses for every name: each response once, the last one repeatedly."""

    def __init__(self, *responses: Sequence[str]) -> None:
        self.responses = list(responses)
        self.requests = 0

    def getaddrinfo(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        addresses: Sequence[str] = [host] if is_ip_address(host) else self.next_response()
        if not addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    def next_response(self) -> Sequence[str]:
        self.requests += 1
        return self.responses[min(self.requests, len(self.responses)) - 1]


def is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("found", [["127.0.0.1"], [PUBLIC, "10.0.0.7"], ["10.0.0.7", PUBLIC]])
def test_name_with_a_private_address_is_rejected_when_saved(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", NameServer(found).getaddrinfo)
    with pytest.raises(InvalidArgument, match=r"inside\.example \(1.* is not a public address"):
        check_public(parse_webhook_url("https://inside.example/x", NO_HOSTS))


def test_name_that_does_not_resolve_may_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    name_server = NameServer([])
    monkeypatch.setattr(socket, "getaddrinfo", name_server.getaddrinfo)
    check_public(parse_webhook_url("https://hooks.example.com/x", NO_HOSTS))
    assert name_server.requests == 1


def test_rebinding_after_saving_does_not_reach_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is public when the channel is saved and private when it is used: no connection is made."""
    with recipient_server(responds("200 OK")) as recipient:
        name_server = NameServer([PUBLIC], ["127.0.0.1"])
        monkeypatch.setattr(socket, "getaddrinfo", name_server.getaddrinfo)
        address = parse_webhook_url(f"https://rebinding.example:{recipient.port}/x", NO_HOSTS)
        check_public(address)
        response = post(address, b"{}", {}, seconds=5.0)
    assert isinstance(response, NoResponse)
    assert not response.sent
    assert "rebinding.example (127.0.0.1) is not a public address" in response.reason
    assert (name_server.requests, recipient.connections) == (2, 0)


def test_connection_goes_to_the_checked_ip_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is resolved once: a second request could have another response."""
    connected: list[Any] = []

    def create_connection(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    name_server = NameServer([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", name_server.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    response = post(parse_webhook_url("https://rebinding.example/x", NO_HOSTS), b"{}", {}, seconds=5.0)
    assert isinstance(response, NoResponse)
    assert response.reason == "the connection failed: Connection refused"
    assert connected == [(PUBLIC, 443)]
    assert name_server.requests == 1


def test_silent_name_server_does_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: over.wait() and [])
    with pytest.raises(TimeoutError, match="did not respond in time"):
        resolve_host("hooks.example.com", 443, 0.05)
    over.set()
