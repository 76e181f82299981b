"""Webhooks over TLS: the certificate is checked for the name, though the connection goes to a checked address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from awardspider.delivery.channels.base import Result, Verdict
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.storage.store import Store, open_store
from tests.support.channel_examples import a_config, a_message, around
from tests.support.recipient_servers import FarSide, answers, far_side, is_silent


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    decode = open_store("", tmp_path_factory.mktemp("store"))
    yield decode
    decode.close()


def certificate(folder: Path, name: str) -> Path:
    """A file with a key and a certificate for a host name that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def serving(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def deliver(store: Store, folder: Path, far: FarSide, **options: str) -> Result:
    config = a_config(f"https://localhost:{far.port}/x", options=options)
    (result,) = WebhookChannel(config, around(store, folder)).deliver([a_message()])
    return result


def test_a_good_certificate(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with far_side(answers("200 OK", "Accepted"), serving(file)) as far:
        result = deliver(store, tmp_path, far)
    assert (result.verdict, result.note) == (Verdict.SENT, "200 OK Accepted")
    assert far.received[0].headers["host"] == f"localhost:{far.port}"


def test_a_certificate_that_nobody_vouches_for(store: Store, tmp_path: Path) -> None:
    with far_side(answers("200 OK"), serving(certificate(tmp_path, "localhost"))) as far:
        result = deliver(store, tmp_path, far)
    assert (result.verdict, far.received) == (Verdict.LATER, [])
    assert "the certificate of the far side is not good: self-signed certificate" in result.note


def test_a_certificate_for_another_name(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, "elsewhere.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with far_side(answers("200 OK"), serving(file)) as far:
        result = deliver(store, tmp_path, far)
    assert (result.verdict, far.received) == (Verdict.LATER, [])
    assert "Hostname mismatch" in result.note


def test_a_far_side_without_tls(store: Store, tmp_path: Path) -> None:
    def speaks_first(connection: object, far: FarSide) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")  # type: ignore[attr-defined]

    with far_side(speaks_first) as far:
        result = deliver(store, tmp_path, far)
    assert result.verdict is Verdict.LATER
    assert "no secure connection" in result.note


def test_a_far_side_that_is_silent_before_anything_was_sent(store: Store, tmp_path: Path) -> None:
    def never_shakes_hands(connection: object, far: FarSide) -> None:
        far.over.wait()

    with far_side(never_shakes_hands) as far:
        result = deliver(store, tmp_path, far, timeout="1")
    assert (result.verdict, result.note) == (Verdict.LATER, "no answer within 1 seconds")


def test_a_far_side_that_is_silent_afterwards(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with far_side(is_silent, serving(file)) as far:
        result = deliver(store, tmp_path, far, timeout="1")
    assert (result.verdict, len(far.received)) == (Verdict.UNKNOWN, 1)


def test_a_list_of_certificates_that_is_not_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with far_side(answers("200 OK")) as far:
        result = deliver(store, tmp_path, far)
    assert (result.verdict, far.connections) == (Verdict.LATER, 0)
    assert result.note == "REQUESTS_CA_BUNDLE names no file of certificates: No such file or directory"
