"""Webhooks never reach private networks, however the address is written and whatever a name server says later."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from awardspider.delivery.channels.addresses import allowed_hosts, check_public, is_public, look_up, read_address
from awardspider.delivery.channels.webhook.http_post import NoAnswer, post
from awardspider.outcomes import InvalidArgument
from tests.support.recipient_servers import answers, far_side

NOBODY = frozenset[str]()


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
def test_private_addresses_are_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(InvalidArgument, match=r"no public address|not an address of a webhook"):
        check_public(read_address(f"https://{host}/hook", NOBODY))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"],
)
def test_public_addresses_are_not(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://hooks.example.com/x", "is not https"),
        ("ftp://hooks.example.com/x", "begins with https://"),
        ("hooks.example.com/x", "begins with https://"),
        ("", "begins with https://"),
        ("https://", "not an address|names a host"),
        ("https:///x", "not an address|names a host"),
        ("https://me:sesame@hooks.example.com/x", "user name or password"),
        ("https://me@hooks.example.com/x", "user name or password"),
        ("https://hooks.example.com\\@127.0.0.1/x", "no blanks and no backslashes"),
        ("https://hooks.example.com/a b", "no blanks"),
        ("https://hooks.example.com/a\r\nHost: other", "no blanks"),
        ("https://hooks.example.com:22/x", "port 22"),
        ("https://hooks.example.com:80/x", "port 80"),
        ("https://hooks.example.com:99999/x", "not an address"),
        ("https://hooks.example.com:x/x", "not an address"),
        ("https://[::1/x", "not an address"),
        ("https://*.example.com/x", "not an address"),
        (f"https://{'é' * 80}.example/x", "not an address"),
    ],
)
def test_what_is_no_address_gets_a_sentence(text: str, why: str) -> None:
    with pytest.raises(InvalidArgument, match=why) as refused:
        read_address(text, NOBODY)
    assert "sesame" not in str(refused.value)


def test_an_address_is_read_as_it_is_sent() -> None:
    address = read_address("HTTPS://Hook.EU1.make.com/T0ken?a=1", NOBODY)
    assert (address.host, address.port, address.private_allowed) == ("hook.eu1.make.com", 443, False)
    assert address.url.endswith("/T0ken?a=1")
    assert read_address("https://büro.example:8443/x", NOBODY).host == "xn--bro-hoa.example"


def test_the_operator_can_allow_a_host() -> None:
    allowed = allowed_hosts("n8n.lan, 127.0.0.1 [::1]")
    assert allowed == {"n8n.lan", "127.0.0.1", "::1"}
    for text in ("http://127.0.0.1:80/x", "https://[::1]:8443/x", "http://N8N.lan:5678/x"):
        address = read_address(text, allowed)
        assert address.private_allowed
        check_public(address)
    with pytest.raises(InvalidArgument, match="no public address"):
        check_public(read_address("https://127.0.0.2/x", allowed))


class Names:
    """In the place of the name server, which tests cannot change: each answer is given once, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def getaddrinfo(self, host: str, port: int, *args: Any, **known: Any) -> list[Any]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if not addresses:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


PUBLIC = "93.184.215.14"


@pytest.mark.parametrize("found", [["127.0.0.1"], [PUBLIC, "10.0.0.7"], ["10.0.0.7", PUBLIC]])
def test_a_name_that_leads_inside_is_refused_at_save(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(found).getaddrinfo)
    with pytest.raises(InvalidArgument, match=r"inside\.example leads to 1"):
        check_public(read_address("https://inside.example/x", NOBODY))


def test_a_name_that_cannot_be_looked_up_now_may_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names([])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    check_public(read_address("https://hooks.example.com/x", NOBODY))
    assert names.asked == 1


def test_a_name_that_changes_its_mind_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name leads outside when it is saved, and inside when it is used: nothing inside is even connected to."""
    with far_side(answers("200 OK")) as far:
        names = Names([PUBLIC], ["127.0.0.1"])
        monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
        address = read_address(f"https://rebinding.example:{far.port}/x", NOBODY)
        check_public(address)
        result = post(address, b"{}", {}, seconds=5.0)
    assert isinstance(result, NoAnswer)
    assert not result.sent
    assert "rebinding.example leads to 127.0.0.1" in result.why
    assert (names.asked, far.connections) == (2, 0)


def test_the_name_is_looked_up_once_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked is what is connected to: a second look could be answered otherwise."""
    connected: list[Any] = []

    def create_connection(address: tuple[str, int], *args: Any, **known: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    names = Names([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    result = post(read_address("https://rebinding.example/x", NOBODY), b"{}", {}, seconds=5.0)
    assert isinstance(result, NoAnswer)
    assert result.why == "the connection failed: Connection refused"
    assert connected == [(PUBLIC, 443)]
    assert names.asked == 1


def test_a_silent_name_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **known: over.wait() and [])
    with pytest.raises(TimeoutError, match="did not answer in time"):
        look_up("hooks.example.com", 443, 0.05)
    over.set()


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with far_side(answers("200 OK")) as proxy, far_side(answers("200 OK")) as far:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        post(read_address(f"{far.url}/x", frozenset({"127.0.0.1"})), b"{}", {}, seconds=5.0)
    assert (proxy.connections, len(far.received)) == (0, 1)
