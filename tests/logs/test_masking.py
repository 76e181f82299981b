"""Secrets in texts are replaced."""

from __future__ import annotations

import base64
import json

import pytest

from awardspider.logs import masking
from awardspider.logs.masking import add_configured_secrets, add_secret, mask

HOOK = "https://hook.eu1.make.com/k3jd82kd92kdla02"


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_secrets", set())
    monkeypatch.setattr(masking, "_pattern", None)


@pytest.mark.parametrize("configured", ['a b/c\\d=é1"', "a%20b%2Fc%5Cd%3D%C3%A91%22"], ids=["as it is", "in a URL"])
@pytest.mark.parametrize(
    "form",
    [
        'a b/c\\d=é1"',
        "a%20b%2Fc%5Cd%3D%C3%A91%22",
        "a%20b%2fc%5cd%3d%c3%a91%22",
        "a%20b/c%5Cd%3D%C3%A91%22",
        "a+b%2Fc%5Cd%3D%C3%A91%22",
        repr('a b/c\\d=é1"')[1:-1],
        repr('a b/c\\d=é1"'.encode())[2:-1],
        json.dumps('a b/c\\d=é1"')[1:-1],
        json.dumps('a b/c\\d=é1"', ensure_ascii=False)[1:-1],
    ],
)
def test_a_secret_is_replaced_in_every_form(configured: str, form: str) -> None:
    add_secret(configured)
    assert mask(f"before {form} after") == "before *** after"


@pytest.mark.parametrize("short", ["", "abc", "12345"])
def test_a_short_text_is_not_masked(short: str) -> None:
    add_secret(short)
    assert mask(f"word {short} word") == f"word {short} word"


def test_the_longer_of_two_secrets_comes_first() -> None:
    add_secret("secret-1")
    add_secret("secret-12")
    assert mask("secret-12 secret-1") == "*** ***"


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        (HOOK, "/k3jd82kd92kdla02"),
        ("tgram://123456789:AAbbCCddEEffGGhh/-100123", "https://api.telegram.org/bot123456789:AAbbCCddEEffGGhh/send"),
        ("mailtos://me:horse-staple@mail.example.org", "535 refused horse-staple"),
        ("https://n8n.example.org/hook?token=aaaabbbbcccc1", "token=aaaabbbbcccc1"),
    ],
)
def test_the_secret_parts_of_an_address_are_masked(address: str, logged: str) -> None:
    add_secret(address)
    assert "***" in mask(logged)
    for secret in ("k3jd82kd92kdla02", "AAbbCCddEEffGGhh", "horse-staple", "aaaabbbbcccc1"):
        assert secret not in mask(logged)
    assert mask(address) == "***"


def test_the_host_of_a_webhook_remains_readable() -> None:
    add_secret(HOOK)
    assert mask("hook.eu1.make.com does not respond") == "hook.eu1.make.com does not respond"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://awards:s3cret@db.example.org/awards", "postgresql://awards:***@db.example.org/awards"),
        ("http://proxy:p%40ss@10.0.0.1:3128 refused", "http://proxy:***@10.0.0.1:3128 refused"),
        ("Authorization: Bearer ya29.a0AfH6SMBx1 sent", "Authorization: Bearer *** sent"),
        ("authorization: basic YXdhcmRzOnNlY3JldDE=", "authorization: basic ***"),
        ("https://www.united.com/en/us?from=LAX", "https://www.united.com/en/us?from=LAX"),
        ("http://127.0.0.1:6800/jobs, me@example.org", "http://127.0.0.1:6800/jobs, me@example.org"),
        ("Basic authentication failed; token unavailable", "Basic authentication failed; token unavailable"),
    ],
)
def test_secrets_are_recognized_by_their_place(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_the_settings_and_the_environment_are_searched_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "AWARD_SECRET_KEY": "fernet-key-1",
        "AWARD_SMILES_KEY": "smiles-key-1",
        "AWARD_WEBHOOK_SECRET": "whsec_aaaa1 whsec_bbbb2",
        "AWARD_HEALTH_URL": "https://hc-ping.example/5f2c9a7e-aaaa-bbbb",
        "SCRAPYD_PASSWORD": "scrapyd-pass",
        "HTTPS_PROXY": "http://me:proxy-pass@proxy.example:3128",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SCRAPYD_USERNAME", "awards")
    add_configured_secrets(
        {
            "AWARD_KEYS": {"seatsaero": "seats-key-1"},
            "AWARD_WEBHOOKS": f"make={HOOK}",
            "AWARD_DATABASE_URL": "postgresql://awards:db-pass@db/awards",
            "AWARD_CONTACT": "https://example.org/contact",
            "AWARD_DATA_DIR": "/var/lib/awardspider",
        }
    )
    login = base64.b64encode(b"awards:scrapyd-pass").decode()
    logged = [
        *("fernet-key-1", "smiles-key-1", "whsec_aaaa1", "whsec_bbbb2", "5f2c9a7e-aaaa-bbbb", "scrapyd-pass"),
        *("proxy-pass", "seats-key-1", "k3jd82kd92kdla02", "db-pass", login),
    ]
    assert mask(" ".join(logged)) == " ".join(["***"] * len(logged))
    harmless = "https://example.org/contact /var/lib/awardspider awards proxy.example"
    assert mask(harmless) == harmless
