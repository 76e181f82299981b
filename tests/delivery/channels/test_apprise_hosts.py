"""Apprise services cannot reach private networks: neither by their address, nor by what they resolve or discover."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.apprise import hosts
from awardspider.delivery.channels.apprise.channel import AppriseChannel
from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, DeliveryReport, Message
from awardspider.delivery.channels.connection_guard import ConnectionGuard
from awardspider.delivery.messages.events import event_body
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.apprise_addresses import addresses_with_host
from tests.support.http_recipient import Recipient, recipient
from tests.support.render_examples import EVENTS, NOW

__all__ = ["recipient"]

#: Services that do not connect to such a host: they take it for a topic, a number or the beginning of their own host.
FIXED_HOSTS = {
    "[::ffff:127.0.0.1]": {"NotifyFluxer", "NotifyNtfy"},
    "2130706433": {"NotifyNotifico", "NotifyInfobip"},
}
PRIVATE_HOSTS = ("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433")


def context(store: Store, folder: Path, allowed: str = "", sandbox_url: str = "") -> ChannelContext:
    return ChannelContext(
        store=store,
        now=lambda: NOW,
        settings={"AWARD_LOCALE": "en", "AWARD_ALLOW_PRIVATE_HOSTS": allowed},
        data_dir=folder,
        sandbox_url=sandbox_url,
    )


def config(address: str) -> ChannelConfig:
    return ChannelConfig(name="family", kind="apprise", address=address)


def send(address: str, channel_context: ChannelContext) -> DeliveryReport:
    body = event_body(EVENTS["matched"])
    message = Message(id=1, key="k", type=EventType(body["type"]), subject="s", body=body, created_at=NOW)
    (report,) = AppriseChannel(config(address), channel_context).deliver([message])
    return report


# ---- when a channel is added ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_no_service_accepts_a_private_host(idle_store: Store, tmp_path: Path, host: str) -> None:
    addresses = list(addresses_with_host(host))
    # Some services refuse numbers or IPv6 addresses themselves.
    assert len({service for service, _ in addresses}) > 25
    accepted = set()
    for service, address in addresses:
        try:
            AppriseChannel.check(config(address), context(idle_store, tmp_path))
        except InvalidArgument:
            continue
        accepted.add(service)
    assert accepted <= FIXED_HOSTS.get(host, set())


@pytest.mark.parametrize(
    "address",
    [
        "mailto://user:password@example.com/?smtp=127.0.0.1/",
        "mailto://user:password@example.com/?smtp=127.0.0.1:25",
        "mailto://user:password@example.com/?smtp=http://127.0.0.1",
        "mailto://user:password@example.com/?smtp=127.0.0.1,example.com",
        "mailto://user:password@example.com/?smtp=127.0.0.1%20",
        "mailto://user:password@example.com/?smtp=[::1]",
        "mailto://user:password@example.com/?smtp=::1",
        "mailto://user:password@example.com/?smtp=[::1",
        "irc://127.0.0.1:aaaa/bbbb",
        "ircs://example.com:aaaa/bbbb",
        "rsyslog://10.0.0.1",
    ],
)
def test_hosts_that_are_private_or_cannot_be_parsed_are_refused(
    idle_store: Store, tmp_path: Path, address: str
) -> None:
    with pytest.raises(InvalidArgument):
        AppriseChannel.check(config(address), context(idle_store, tmp_path))


def test_every_attribute_that_names_a_host_is_checked() -> None:
    class Service:
        template_tokens = ("host",)

    for name, value in {
        "host": "127.0.0.1",
        "smtp_host": "127.0.0.1",
        "xmpp_host": "127.0.0.1",
        "relays": ["wss://example.com", "ws://127.0.0.1:7000"],
        "blossom": ("https://127.0.0.1",),
        "api_url": "https://127.0.0.1/api",
        "notify_url": "http://user@127.0.0.1:80/push",
        "server": "127.0.0.1",
        "gateway": "[::1]",
    }.items():
        service = Service()
        setattr(service, name, value)
        with pytest.raises(InvalidArgument, match="is not a public address"):
            hosts.check_hosts(service, frozenset())  # type: ignore[arg-type]


def test_ordinary_hosts_and_allowed_ones_are_accepted(idle_store: Store, tmp_path: Path) -> None:
    for address in ("ntfys://a-topic-nobody-guesses", "mailtos://me:password@gmail.com?to=you@example.com"):
        open_channel(config(address), context(idle_store, tmp_path))
    for address in ("irc://127.0.0.1/bbbb", "mailto://user:password@example.com/?smtp=127.0.0.1"):
        open_channel(config(address), context(idle_store, tmp_path, allowed="127.0.0.1"))


# ---- when it connects ----------------------------------------------------------------------------------------------


@pytest.fixture
def names_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every host pass the first check, as a name whose address changes later does."""
    monkeypatch.setattr(hosts, "check_public", lambda address: None)


@pytest.mark.usefixtures("names_change")
@pytest.mark.parametrize("scheme", ["json", "form", "xml", "gotify", "irc", "mailto", "rsyslog"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Apprise leaves the socket open
def test_a_service_cannot_connect_to_a_private_address(
    idle_store: Store, tmp_path: Path, recipient: Recipient, scheme: str
) -> None:
    path = {"gotify": "abcdef1234567890abcdef", "irc": "room", "mailto": "?to=me@example.com"}.get(scheme, "")
    user = "user:password@" if scheme == "mailto" else ""
    report = send(f"{scheme}://{user}localhost:{recipient.port}/{path}", context(idle_store, tmp_path))
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
    assert "is not a public address" in report.note
    assert recipient.bodies == []


def test_a_sandbox_is_the_only_private_host(idle_store: Store, tmp_path: Path, recipient: Recipient) -> None:
    url = f"http://127.0.0.1:{recipient.port}"
    assert send("json://hooks.example.com/x", context(idle_store, tmp_path, sandbox_url=url)).result == "sent"
    assert recipient.paths == ["/hooks.example.com/x"]


# ---- the guard -----------------------------------------------------------------------------------------------------


def run_guarded(guard: ConnectionGuard, connect: Callable[[], object]) -> list[BaseException | None]:
    """Run a function in a thread of a guard, and return its exception."""
    results: list[BaseException | None] = []

    def run() -> None:
        try:
            connect()
            results.append(None)
        except OSError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    guard.cover(thread)
    thread.start()
    thread.join()
    return results


def udp(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", port))


def by_name(port: int) -> None:
    with socket.socket() as connection:
        connection.connect(("localhost", port))


def in_a_file(port: int) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("/run/docker.sock")


def tcp(port: int) -> None:
    socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize("connect", [tcp, by_name, udp, in_a_file])
def test_the_guard_refuses_private_addresses(recipient: Recipient, connect: Callable[[int], None]) -> None:
    guard = ConnectionGuard(frozenset())
    (error,) = run_guarded(guard, lambda: connect(recipient.port))
    assert isinstance(error, PermissionError)
    assert guard.refusal is not None
    assert "is not a public address" in guard.refusal


@pytest.mark.parametrize("connect", [tcp, by_name, udp])
@pytest.mark.parametrize("allowed", ["127.0.0.1", "localhost"])
def test_the_guard_allows_the_hosts_of_the_operator(
    recipient: Recipient, connect: Callable[[int], None], allowed: str
) -> None:
    guard = ConnectionGuard(frozenset({allowed}))
    assert run_guarded(guard, lambda: connect(recipient.port)) == [None]
    assert guard.refusal is None


def test_other_threads_are_not_affected(recipient: Recipient) -> None:
    run_guarded(ConnectionGuard(frozenset()), lambda: tcp(recipient.port))
    tcp(recipient.port)
