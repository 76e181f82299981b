"""Webhooks over TLS and through a proxy: the certificate is checked for the host name, whatever the connection."""

from __future__ import annotations

import base64
import socket
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.channels.base import DeliveryReport
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.certificates import certificate, server_context
from tests.support.channel_examples import make_config, make_context, make_message
from tests.support.socket_recipient import Recipient, never_responds, recipient_server, responds, tunnels


def deliver(idle_store: Store, folder: Path, recipient: Recipient, **options: str) -> DeliveryReport:
    config = make_config(f"https://localhost:{recipient.port}/x", options=options)
    (report,) = WebhookChannel(config, make_context(idle_store, folder)).deliver([make_message()])
    return report


def test_valid_certificate_is_accepted(idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with recipient_server(responds("200 OK", "Accepted"), server_context(file)) as recipient:
        report = deliver(idle_store, tmp_path, recipient)
    assert (report.result, report.note) == (DeliveryResult.SENT, "200 OK Accepted")
    assert recipient.received[0].headers["host"] == f"localhost:{recipient.port}"


def test_untrusted_certificate_is_not_accepted(idle_store: Store, tmp_path: Path) -> None:
    with recipient_server(responds("200 OK"), server_context(certificate(tmp_path, "localhost"))) as recipient:
        report = deliver(idle_store, tmp_path, recipient)
    assert (report.result, recipient.received) == (DeliveryResult.RETRY, [])
    assert "the certificate of the recipient is invalid: self-signed certificate" in report.note


def test_certificate_for_another_name_is_not_accepted(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, "elsewhere.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with recipient_server(responds("200 OK"), server_context(file)) as recipient:
        report = deliver(idle_store, tmp_path, recipient)
    assert (report.result, recipient.received) == (DeliveryResult.RETRY, [])
    assert "Hostname mismatch" in report.note


def test_recipient_without_tls_is_retried(idle_store: Store, tmp_path: Path) -> None:
    def speaks_first(connection: object, recipient: Recipient) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")  # type: ignore[attr-defined]

    with recipient_server(speaks_first) as recipient:
        report = deliver(idle_store, tmp_path, recipient)
    assert report.result is DeliveryResult.RETRY
    assert "the TLS handshake failed" in report.note


def test_timeout_in_the_handshake_is_retried(idle_store: Store, tmp_path: Path) -> None:
    def never_shakes_hands(connection: object, recipient: Recipient) -> None:
        recipient.over.wait()

    with recipient_server(never_shakes_hands) as recipient:
        report = deliver(idle_store, tmp_path, recipient, timeout="1")
    assert (report.result, report.note) == (DeliveryResult.RETRY, "no response within 1 seconds")


def test_timeout_after_the_request_is_unknown(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with recipient_server(never_responds, server_context(file)) as recipient:
        report = deliver(idle_store, tmp_path, recipient, timeout="1")
    assert (report.result, len(recipient.received)) == (DeliveryResult.UNKNOWN, 1)


def test_missing_file_of_certificates_is_reported(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with recipient_server(responds("200 OK")) as recipient:
        report = deliver(idle_store, tmp_path, recipient)
    assert (report.result, recipient.connections) == (DeliveryResult.RETRY, 0)
    assert report.note == "REQUESTS_CA_BUNDLE is not a file of certificates: No such file or directory"


# ---- behind a proxy ----------------------------------------------------------------------------------------------

PUBLIC = "93.184.215.14"


def use_name_server(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let every name that is not an IP address resolve to one address; an empty address resolves nothing."""
    getaddrinfo = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **options: Any) -> Any:
        if not host.replace(".", "").isdigit():
            if not address:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host = address
        return getaddrinfo(host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def deliver_to(store: Store, folder: Path, url: str) -> DeliveryReport:
    context = make_context(store, folder, AWARD_ALLOW_PRIVATE_HOSTS="")
    (report,) = WebhookChannel(make_config(url), context).deliver([make_message()])
    return report


@pytest.mark.parametrize("address", [PUBLIC, ""], ids=["public name", "name that only the proxy resolves"])
def test_proxy_connects_and_the_certificate_is_checked(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    file = certificate(tmp_path, "hooks.example.com")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    use_name_server(monkeypatch, address)
    with recipient_server(tunnels(responds("200 OK", "Accepted"), server_context(file))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:sesame%40@127.0.0.1:{proxy.port}")
        report = deliver_to(idle_store, tmp_path, "https://hooks.example.com/x")
        other = deliver_to(idle_store, tmp_path, "https://other.example.com/x")
    assert (report.result, report.note) == (DeliveryResult.SENT, "200 OK Accepted")
    connect, post, *_ = proxy.received
    assert connect.line.startswith("CONNECT hooks.example.com:443 ")
    assert connect.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:sesame@").decode()
    assert (post.line, post.headers["host"]) == ("POST /x HTTP/1.1", "hooks.example.com")
    assert "proxy-authorization" not in post.headers
    assert (other.result, "Hostname mismatch" in other.note) == (DeliveryResult.RETRY, True)


@pytest.mark.parametrize("url", ["https://10.0.0.7/x", "https://inside.example/x"])
def test_proxy_gets_no_request_for_private_addresses(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    use_name_server(monkeypatch, "192.168.1.7")
    with recipient_server(responds("200 OK")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        report = deliver_to(idle_store, tmp_path, url)
    assert (report.result, proxy.connections) == (DeliveryResult.RETRY, 0)
    assert "is not a public address" in report.note


def test_allowed_private_host_is_contacted_directly(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recipient_server(responds("200 OK")) as proxy, recipient_server(responds("200 OK")) as recipient:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        (report,) = WebhookChannel(make_config(f"{recipient.url}/x"), make_context(idle_store, tmp_path)).deliver(
            [make_message()]
        )
    assert (report.result, proxy.connections, len(recipient.received)) == (DeliveryResult.SENT, 0, 1)


def test_no_proxy_is_honored(idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_name_server(monkeypatch, "10.0.0.7")
    with recipient_server(responds("200 OK")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "example.com")
        report = deliver_to(idle_store, tmp_path, "https://hooks.example.com/x")
    assert (report.result, proxy.connections) == (DeliveryResult.RETRY, 0)
    assert "hooks.example.com (10.0.0.7) is not a public address" in report.note


@pytest.mark.parametrize(
    ("proxy_url", "reason"),
    [
        ("http://127.0.0.1:{port}", "the proxy 127.0.0.1 failed: Tunnel connection failed: 407 Sign in"),
        ("127.0.0.1:1", "the proxy 127.0.0.1 failed: Connection refused"),
        ("socks5://127.0.0.1:1", "HTTPS_PROXY: socks5 is not supported; use a proxy with http://"),
        ("http://me:sesame@127.0.0.1:x", "HTTPS_PROXY is not a valid address; write http://HOST:PORT"),
    ],
)
def test_proxy_failure_is_retried(
    idle_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy_url: str, reason: str
) -> None:
    use_name_server(monkeypatch, PUBLIC)
    with recipient_server(responds("407 Sign in")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy_url.format(port=proxy.port))
        report = deliver_to(idle_store, tmp_path, "https://hooks.example.com/x")
    assert (report.result, report.note) == (DeliveryResult.RETRY, reason)
