"""Channels of kind apprise: the unmodified services of Apprise, which send to a local recipient."""

from __future__ import annotations

import json
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.apprise import channel as apprise_channel
from awardspider.delivery.channels.apprise.channel import AppriseChannel
from awardspider.delivery.channels.base import Channel, ChannelContext, DeliveryReport, Message
from awardspider.delivery.messages.events import event_body
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store
from tests.support.apprise_channels import DISCORD, TELEGRAM, TOKEN, config, context, message, telegram
from tests.support.http_recipient import Recipient, recipient
from tests.support.paths import ROOT
from tests.support.render_examples import EVENTS, NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise.plugins.discord import NotifyDiscord

__all__ = ["context", "recipient", "telegram"]

SPECIAL_CHARACTERS = r"Busi_ness *x <b>& [a](b) `q` ~t~ ||s|| #1 + - = {} . ! \ São"

Send = Callable[..., DeliveryReport]


@pytest.fixture
def send(context: ChannelContext) -> Iterator[Send]:
    channels: list[Channel] = []

    def to(address: str, name: str = "matched", **options: str) -> DeliveryReport:
        channel = open_channel(config(address, **{"card": "no"} | options), context)
        channels.append(channel)
        (report,) = channel.deliver([message(name)])
        return report

    yield to
    for channel in channels:
        channel.close()


# ---- configuration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("nosuch://{token}", "Apprise has no service nosuch://"),
        ("{token}", "must begin with a service, such as tgram://"),
        ("not a scheme {token}://x", "must begin with a service, such as tgram://"),
        ("tgram://{token}", "invalid or incomplete tgram:// address; write tgram://{{bot_token}}"),
        ("tgram://123456789:{token}/1/2", "a channel has one recipient"),
        ("tgram://123456789:{token}/1, discord://417429632418316298/{token}", "a channel has one recipient"),
        ("mailtos://me:{token}@example.com?to=a@example.com,b@example.com", "a channel has one recipient"),
        ("https://example.com/{token}", "for an address that accepts JSON use kind webhook"),
        ("dbus://", "an address of kind apprise must begin"),
        ("dbus://{token}", "dbus:// only notifies on this machine"),
        ("syslog://{token}", "syslog:// only notifies on this machine"),
        ("MacOSX://{token}", "macosx:// only notifies on this machine"),
        ("mqtt://{token}@example.com/topic", "mqtt:// needs paho-mqtt"),
        ("vapid://me@example.com/{token}", "makes Apprise read files"),
        ("discord://417429632418316298/{token}?template=/etc/passwd", "makes Apprise read files"),
        ("https://discord.com/api/webhooks/417429632418316298/{token}?template=/etc/passwd", "makes Apprise read"),
        ("fcm://project/token/?keyfile=/etc/{token}", "makes Apprise read files"),
        ("mailtos://me:{token}@example.com?pgp=yes", "makes Apprise read files"),
        ("json://10.0.0.7/{token}", "10.0.0.7 is not a public address; AWARD_ALLOW_PRIVATE_HOSTS can allow the host"),
        ("jsons://[::1]/{token}", "::1 is not a public address"),
        ("xml://169.254.169.254/{token}", "169.254.169.254 is not a public address"),
        ("ntfy://192.168.1.1/{token}", "192.168.1.1 is not a public address"),
        ("mailto://me:{token}@10.0.0.9?to=you@example.com&from=me@example.com", "10.0.0.9 is not a public address"),
    ],
)
def test_invalid_addresses_have_an_error_message(context: ChannelContext, address: str, error: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        AppriseChannel.check(config(address.replace("{token}", TOKEN)), context)
    assert error.replace("{{", "{").replace("}}", "}") in str(raised.value)
    assert TOKEN not in str(raised.value)


def manual_addresses() -> list[str]:
    """Return the second cell of each row of the table of services."""
    page = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    table = page.partition("## Apprise URLs")[2].partition("\n## ")[0]
    return re.findall(r"^\| [^|]+ \| `([^`|]+://[^`|]+)` \|", table, re.MULTILINE)


@pytest.mark.parametrize("address", manual_addresses())
def test_addresses_of_the_manual_are_valid(context: ChannelContext, address: str) -> None:
    # Allowed hosts are not resolved.
    hosts = "127.0.0.1 smtp.gmail.com prod-1.example.com matrix.example.com push.example.com chat.example.com"
    settings = {"AWARD_ALLOW_PRIVATE_HOSTS": hosts}
    AppriseChannel.check(config(address), replace(context, settings=settings))


def test_manual_has_addresses() -> None:
    assert len(manual_addresses()) >= 12


def test_locale_is_the_only_option(context: ChannelContext) -> None:
    AppriseChannel.check(config(TELEGRAM, locale="pt_BR"), context)
    with pytest.raises(InvalidArgument, match="unknown locale 'tlh'; use en, pt_BR or es"):
        AppriseChannel.check(config(TELEGRAM, locale="tlh"), context)
    with pytest.raises(InvalidArgument, match="unknown option 'colour' of kind apprise; use locale"):
        AppriseChannel.check(config(TELEGRAM, colour="red"), context)


# ---- messages ----------------------------------------------------------------------------------------------------


def test_telegram_gets_markdown(send: Send, telegram: Recipient) -> None:
    report = send(TELEGRAM)
    assert (report.result, report.note) == (DeliveryResult.SENT, "Telegram accepted the message")
    assert telegram.paths == [f"/bot123456789:{TOKEN}/sendMessage"]
    sent = json.loads(telegram.bodies[0])
    assert sent["chat_id"] == 4815162342
    assert sent["parse_mode"] == "MarkdownV2"
    assert "*75,000 MileagePlus miles \\+ $5\\.60*" in sent["text"]
    assert "\n\n" in sent["text"]


def assert_telegram_can_parse(text: str) -> None:
    """Check the rules of MarkdownV2: paired marks, complete links, and a backslash before other reserved characters.

    A block of code may contain all characters but a backtick. https://core.telegram.org/bots/api#markdownv2-style
    """
    text = re.sub(r"^```\n[^`]+\n```$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\[!-~]", "", text)  # escaped characters are not marks
    text = re.sub(r"\[[^\[\]]*\]\([^)]*\)", "", text)
    assert text.count("*") % 2 == 0
    assert text.count("_") % 2 == 0
    assert not re.search(r"[\[\]()~`>#+\-=|{}.!]", text)


@pytest.mark.parametrize("event_name", sorted(EVENTS))
def test_telegram_can_parse_every_event(context: ChannelContext, telegram: Recipient, event_name: str) -> None:
    body = event_body(EVENTS[event_name])
    names = body.keys() & {"watches", "origin_city", "note", "headline", "reason"}
    changed = {name: [SPECIAL_CHARACTERS] if name == "watches" else SPECIAL_CHARACTERS for name in names}
    if body.get("excerpt"):  # lines that show how a page has changed
        changed["excerpt"] = f"- {SPECIAL_CHARACTERS}\n+ ```\n+ {SPECIAL_CHARACTERS}"
    (report,) = open_channel(config(TELEGRAM), context).deliver([message(event_name, **changed)])
    assert report.result is DeliveryResult.SENT
    sent = json.loads(telegram.bodies[0])
    assert_telegram_can_parse(sent["text"])


def test_each_locale_has_its_own_text(send: Send, telegram: Recipient) -> None:
    for locale in ("en", "pt_BR", "es"):
        send(TELEGRAM, "test", locale=locale)
    texts = [json.loads(body)["text"] for body in telegram.bodies]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("event_name", sorted(EVENTS))
def test_every_event_fits_the_limits_of_telegram_and_discord(
    send: Send, telegram: Recipient, monkeypatch: pytest.MonkeyPatch, event_name: str
) -> None:
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{telegram.port}")
    assert send(TELEGRAM, event_name).result is DeliveryResult.SENT
    assert send(DISCORD, event_name).result is DeliveryResult.SENT
    one, other = (json.loads(body) for body in telegram.bodies)
    assert 0 < len(re.sub(r"\\([!-~])", r"\1", one["text"])) <= 4096  # Telegram does not count escapes
    assert 0 < len(other["content"]) <= 2000
    assert "avatar_url" not in other


def test_long_text_ends_with_an_ellipsis(context: ChannelContext, recipient: Recipient) -> None:
    channel = open_channel(config(recipient.url("mmost", TOKEN)), context)
    long = message("promotion", headline="Long " * 3000, routes=["LAX-HND"] * 3000)
    reports = channel.deliver([message("digest"), long])
    assert [report.result for report in reports] == [DeliveryResult.SENT] * 2
    digest, promotion = (json.loads(body)["text"] for body in recipient.bodies)
    assert len(digest) <= 4000
    assert len(promotion) <= 4000
    assert "…" in promotion


def test_title_is_separate_if_the_service_has_one(send: Send, recipient: Recipient) -> None:
    assert send(recipient.url("ntfy", "deals")).result is DeliveryResult.SENT
    sent = json.loads(recipient.bodies[0])
    assert "\n" not in sent["title"]
    assert len(sent["title"]) <= 200
    assert "75,000" in sent["message"]
    assert len(sent["message"]) <= 7800


# ---- reports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "result", "pauses", "wait"),
    [
        (401, b'{"description": "Unauthorized"}', DeliveryResult.RETRY, True, None),
        (403, b'{"description": "Forbidden: bot was kicked from the group chat"}', DeliveryResult.RETRY, True, None),
        (404, b'{"description": "Not Found"}', DeliveryResult.RETRY, True, None),
        (400, b'{"description": "Bad Request: chat not found"}', DeliveryResult.RETRY, True, None),
        (400, b'{"description": "Bad Request: can\'t parse entities"}', DeliveryResult.REJECTED, False, None),
        (413, b"", DeliveryResult.REJECTED, False, None),
        (
            429,
            b'{"description": "Too Many Requests", "parameters": {"retry_after": 14}}',
            DeliveryResult.RETRY,
            False,
            14.0,
        ),
        (500, b"<html>", DeliveryResult.RETRY, False, None),
        (503, b"", DeliveryResult.RETRY, False, None),
        (302, b"", DeliveryResult.RETRY, True, None),
    ],
)
def test_telegram_status_determines_the_report(
    send: Send, telegram: Recipient, status: int, body: bytes, result: DeliveryResult, pauses: bool, wait: float | None
) -> None:
    headers = {"Location": f"http://127.0.0.1:{telegram.port}/elsewhere"} if status == 302 else {}
    telegram.responses = [(status, headers, body)]
    report = send(TELEGRAM)
    assert (report.result, report.pauses, report.wait_seconds) == (result, pauses, wait)
    assert report.note.startswith(f"Telegram responded with {status}")
    assert len(telegram.bodies) == 1  # neither repeated nor redirected
    for secret in (TOKEN, "123456789", "4815162342"):
        assert secret not in report.note


@pytest.mark.parametrize("status", [410, 429, 500, 400])
def test_json_endpoint_status_determines_the_report(send: Send, recipient: Recipient, status: int) -> None:
    recipient.responses = [(status, {}, b"")]
    report = send(recipient.url("json"))
    expected = {410: (DeliveryResult.RETRY, True), 400: (DeliveryResult.REJECTED, False)}
    assert (report.result, report.pauses) == expected.get(status, (DeliveryResult.RETRY, False))
    assert "Zx81" not in report.note


def test_refused_connection_is_retried(send: Send, recipient: Recipient) -> None:
    recipient.close()
    report = send(recipient.url("json"))
    assert (report.result, report.note) == (DeliveryResult.RETRY, "JSON is unreachable")


def test_connection_that_breaks_after_the_message_is_unknown(send: Send, recipient: Recipient) -> None:
    recipient.responses = [(0, {}, b"")]
    report = send(recipient.url("json"))
    assert report.result is DeliveryResult.UNKNOWN
    assert report.note == "the connection to JSON broke; it may have the message"
    assert len(recipient.bodies) == 1


def test_late_response_is_unknown(
    context: ChannelContext, recipient: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_channel, "_TOTAL_SECONDS", 0.2)
    recipient.waits = True
    channel = open_channel(config(recipient.url("json")), context)
    first, second = channel.deliver([message(), message()])
    assert first.result is DeliveryResult.UNKNOWN
    assert (second.result, second.note) == (
        DeliveryResult.RETRY, "the service is slow: an earlier message is still being sent",
    )  # fmt: skip
    recipient.go_on.set()
    pending = next(thread for thread in threading.enumerate() if thread.name == "awardspider apprise")
    pending.join(10)
    recipient.waits = False
    monkeypatch.setattr(apprise_channel, "_TOTAL_SECONDS", 10)
    (third,) = channel.deliver([message()])
    assert third.result is DeliveryResult.SENT


def test_address_cannot_change_retries_and_redirects(send: Send, recipient: Recipient) -> None:
    recipient.responses = [(500, {}, b"")]
    address = recipient.url("json") + "?retry=3&wait=0&optional=yes&redirect=yes&overflow=split"
    assert send(address).result is DeliveryResult.RETRY
    assert len(recipient.bodies) == 1


def test_invalid_event_is_rejected(context: ChannelContext, recipient: Recipient) -> None:
    invalid = Message(
        id=1, key="k", type=EventType.OFFER_MATCHED, subject="s", body={"type": "offer.matched"}, created_at=NOW
    )
    (report,) = open_channel(config(recipient.url("json")), context).deliver([invalid])
    assert (report.result, report.note) == (DeliveryResult.REJECTED, "invalid event: the field 'taxes' is missing")
    assert recipient.bodies == []


def test_host_that_becomes_private_gets_no_message(
    context: ChannelContext, recipient: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = open_channel(config(recipient.url("json")), context)
    monkeypatch.setitem(context.settings, "AWARD_ALLOW_PRIVATE_HOSTS", "")  # type: ignore[arg-type]
    (report,) = channel.deliver([message()])
    assert (report.result, report.pauses) == (DeliveryResult.RETRY, True)
    assert "127.0.0.1 is not a public address" in report.note
    assert recipient.bodies == []


# ---- the sandbox -------------------------------------------------------------------------------------------------


def test_sandbox_replaces_only_the_host(idle_store: Store, tmp_path: Path, recipient: Recipient) -> None:
    context = ChannelContext(
        store=idle_store,
        now=lambda: NOW,
        settings={},
        data_dir=tmp_path,
        sandbox_url=f"http://127.0.0.1:{recipient.port}",
    )
    channel = open_channel(config("jsons://hooks.example.com/a/b?format=text"), context)
    (report,) = channel.deliver([message("test")])
    assert report.result is DeliveryResult.SENT
    assert recipient.paths == ["/hooks.example.com/a/b"]
    (report,) = open_channel(config(TELEGRAM), context).deliver([message("test")])
    assert (report.result, report.note) == (
        DeliveryResult.REJECTED,
        "the sandbox does not simulate Telegram; the message was not sent",
    )
    assert len(recipient.paths) == 1


# ---- logs and threads --------------------------------------------------------------------------------------------


def test_logs_do_not_contain_the_address_and_no_thread_remains(
    send: Send, telegram: Recipient, capfd: pytest.CaptureFixture[str]
) -> None:
    logged: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    handler, root = Collector(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        logging.getLogger("some.other").debug("the handler works")
        before = {thread.name for thread in threading.enumerate()}
        for status in (200, 400, 500, 0):
            telegram.responses = [(status, {}, b"{}")]
            send(TELEGRAM)
        telegram.close()
        send(TELEGRAM)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "the handler works" in logged
    assert not [text for text in logged if TOKEN in text]
    out, err = capfd.readouterr()
    assert TOKEN not in out + err
    remaining = {thread.name for thread in threading.enumerate()} - before
    assert not remaining
