"""Channels of kind apprise: Apprise's own services, unmodified, writing to a far side of ours."""

from __future__ import annotations

import json
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.apprise import channel as apprise_channel
from awardspider.delivery.channels.apprise.channel import AppriseChannel
from awardspider.delivery.channels.base import ChannelConfig, Message, Result, Surroundings, Verdict
from awardspider.delivery.messages.events import body_of
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.recipient_server import FarSide, far_side
from tests.support.render_examples import EVENTS, NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from channel.plugins.discord import NotifyDiscord
    from channel.plugins.telegram import NotifyTelegram

__all__ = ["far_side"]

TOKEN = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
TELEGRAM = f"tgram://123456789:{TOKEN}/4815162342"
DISCORD = f"discord://417429632418316298/{TOKEN}"

WARNINGS = r"Busi_ness *x <b>& [a](b) `q` ~t~ ||s|| #1 + - = {} . ! \ São"

Send = Callable[..., Result]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store, which these channels do not look into."""
    store = open_store("", tmp_path_factory.mktemp("store"))
    yield store
    store.close()


@pytest.fixture
def around(store: Store, tmp_path: Path) -> Surroundings:
    settings = {"AWARD_LOCALE": "en", "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    return Surroundings(store=store, now=lambda: NOW, settings=settings, data_dir=tmp_path)


def config(address: str, **options: str) -> ChannelConfig:
    return ChannelConfig(name="family", kind="apprise", address=address, options=options)


def message(which: str = "matched", **more: Any) -> Message:
    event = EVENTS[which]
    body = body_of(event) | more
    return Message(number=1, key="k", type=str(body["type"]), subject="s", body=body, created_at=NOW)


@pytest.fixture
def send(around: Surroundings) -> Iterator[Send]:
    decode: list[Any] = []

    def to(address: str, which: str = "matched", **options: str) -> Result:
        channel = open_channel(config(address, **options), around)
        decode.append(channel)
        (result,) = channel.deliver([message(which)])
        return result

    yield to
    for channel in decode:
        channel.close()


@pytest.fixture
def telegram(far_side: FarSide, monkeypatch: pytest.MonkeyPatch) -> FarSide:
    """Telegram's own service of Apprise, and a far side in the place of api.telegram.org."""
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{far_side.port}/bot")
    far_side.answers = [(200, {}, b'{"ok": true, "result": {"message_id": 1}}')]
    return far_side


# ---- what cannot be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nosuch://{token}", "Apprise knows no nosuch://"),
        ("{token}", "begins with its service, as in tgram://"),
        ("not a scheme {token}://x", "begins with its service, as in tgram://"),
        ("tgram://{token}", "this tgram:// address lacks a part or has a wrong one; write tgram://{{bot_token}}"),
        ("tgram://123456789:{token}/1/2", "one channel writes to one recipient"),
        ("tgram://123456789:{token}/1, discord://417429632418316298/{token}", "one channel writes to one recipient"),
        ("mailtos://me:{token}@example.com?to=a@example.com,b@example.com", "one channel writes to one recipient"),
        ("https://example.com/{token}", "kind webhook is for addresses that take JSON"),
        ("dbus://", "an address of kind apprise begins"),
        ("dbus://{token}", "dbus:// shows something on this machine only"),
        ("syslog://{token}", "syslog:// shows something on this machine only"),
        ("MacOSX://{token}", "macosx:// shows something on this machine only"),
        ("mqtt://{token}@example.com/topic", "mqtt:// needs paho-mqtt"),
        ("vapid://me@example.com/{token}", "makes Apprise read files"),
        ("discord://417429632418316298/{token}?template=/etc/passwd", "makes Apprise read files"),
        ("https://discord.com/api/webhooks/417429632418316298/{token}?template=/etc/passwd", "makes Apprise read"),
        ("fcm://project/token/?keyfile=/etc/{token}", "makes Apprise read files"),
        ("mailtos://me:{token}@example.com?pgp=yes", "makes Apprise read files"),
        ("json://10.0.0.7/{token}", "10.0.0.7 is no public address; the operator can allow the host"),
        ("jsons://[::1]/{token}", "::1 is no public address"),
        ("xml://169.254.169.254/{token}", "169.254.169.254 is no public address"),
        ("ntfy://192.168.1.1/{token}", "192.168.1.1 is no public address"),
        ("mailto://me:{token}@10.0.0.9?to=you@example.com&from=me@example.com", "10.0.0.9 is no public address"),
    ],
)
def test_what_cannot_be_a_channel(around: Surroundings, address: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        AppriseChannel.check(config(address.replace("{token}", TOKEN)), around)
    assert sentence.replace("{{", "{").replace("}}", "}") in str(caught.value)
    assert TOKEN not in str(caught.value)


def addresses_of_the_manual() -> list[str]:
    """The second cell of each row of the table of services."""
    page = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    table = page.partition("## Addresses for Apprise")[2].partition("\n## ")[0]
    return re.findall(r"^\| [^|]+ \| `([^`|]+://[^`|]+)` \|", table, re.MULTILINE)


@pytest.mark.parametrize("address", addresses_of_the_manual())
def test_what_the_manual_names_can_be_one(around: Surroundings, address: str) -> None:
    # Names that are allowed are not looked up.
    hosts = "127.0.0.1 smtp.gmail.com prod-1.example.com matrix.example.com push.example.com chat.example.com"
    settings = {"AWARD_ALLOW_PRIVATE_HOSTS": hosts}
    AppriseChannel.check(config(address), replace(around, settings=settings))


def test_the_manual_names_services() -> None:
    assert len(addresses_of_the_manual()) >= 12


def test_options(around: Surroundings) -> None:
    AppriseChannel.check(config(TELEGRAM, locale="pt_BR"), around)
    with pytest.raises(InvalidArgument, match="no texts in tlh; write en, pt_BR or es"):
        AppriseChannel.check(config(TELEGRAM, locale="tlh"), around)
    with pytest.raises(InvalidArgument, match="no option colour; it has locale"):
        AppriseChannel.check(config(TELEGRAM, colour="red"), around)


# ---- what is written ---------------------------------------------------------------------------------------------


def test_a_message_of_telegram(send: Send, telegram: FarSide) -> None:
    result = send(TELEGRAM)
    assert (result.verdict, result.note) == (Verdict.SENT, "Telegram took it")
    assert telegram.paths == [f"/bot123456789:{TOKEN}/sendMessage"]
    told = json.loads(telegram.bodies[0])
    assert told["chat_id"] == 4815162342
    assert told["parse_mode"] == "MarkdownV2"
    assert "*75,000 miles \\+ $5\\.60*" in told["text"]
    assert "\n\n" in told["text"]


def assert_telegram_can_parse(text: str) -> None:
    """The rules of MarkdownV2: marks in pairs, links whole, and a backslash before each other reserved character.

    https://core.telegram.org/bots/api#markdownv2-style
    """
    text = re.sub(r"\\[!-~]", "", text)  # what is escaped is no mark
    text = re.sub(r"\[[^\[\]]*\]\([^)]*\)", "", text)
    assert text.count("*") % 2 == 0
    assert text.count("_") % 2 == 0
    assert not re.search(r"[\[\]()~`>#+\-=|{}.!]", text)


@pytest.mark.parametrize("which", sorted(EVENTS))
def test_telegram_can_parse_what_it_gets(around: Surroundings, telegram: FarSide, which: str) -> None:
    odd = {"watches": WARNINGS, "origin_city": WARNINGS, "note": WARNINGS, "title": WARNINGS, "reason": WARNINGS}
    body = body_of(EVENTS[which])
    (result,) = open_channel(config(TELEGRAM), around).deliver(
        [message(which, **{name: text for name, text in odd.items() if name in body})]
    )
    assert result.verdict is Verdict.SENT
    told = json.loads(telegram.bodies[0])
    assert_telegram_can_parse(told["text"])


def test_each_language(send: Send, telegram: FarSide) -> None:
    for locale in ("en", "pt_BR", "es"):
        send(TELEGRAM, "test", locale=locale)
    texts = [json.loads(body)["text"] for body in telegram.bodies]
    assert len(set(texts)) == 3


@pytest.mark.parametrize("which", sorted(EVENTS))
def test_every_event_fits_into_telegram_and_discord(
    send: Send, telegram: FarSide, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{telegram.port}")
    assert send(TELEGRAM, which).verdict is Verdict.SENT
    assert send(DISCORD, which).verdict is Verdict.SENT
    one, other = (json.loads(body) for body in telegram.bodies)
    assert 0 < len(re.sub(r"\\([!-~])", r"\1", one["text"])) <= 4096  # Telegram does not count escapes
    assert 0 < len(other["content"]) <= 2000
    assert "avatar_url" not in other


def test_what_is_too_long_ends_with_an_ellipsis(around: Surroundings, far_side: FarSide) -> None:
    channel = open_channel(config(far_side.url("mmost", TOKEN)), around)
    long = message("promotion", title="Long " * 3000, routes="LAX-HND; " * 3000)
    results = channel.deliver([message("digest"), long])
    assert [result.verdict for result in results] == [Verdict.SENT] * 2
    digest, promotion = (json.loads(body)["text"] for body in far_side.bodies)
    assert len(digest) <= 4000
    assert len(promotion) <= 4000
    assert "…" in promotion


def test_title_and_text_where_a_service_has_both(send: Send, far_side: FarSide) -> None:
    assert send(far_side.url("ntfy", "deals")).verdict is Verdict.SENT
    told = json.loads(far_side.bodies[0])
    assert "\n" not in told["title"]
    assert len(told["title"]) <= 200
    assert "75,000" in told["message"]
    assert len(told["message"]) <= 7800


def test_a_picture_goes_along_where_the_service_takes_one(around: Surroundings, telegram: FarSide) -> None:
    card = around.data_dir / "cards" / "one.png"
    card.parent.mkdir()
    card.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    channel = open_channel(config(telegram.url("json")), around)
    outside = str(Path(__file__))
    results = channel.deliver([message(image="cards/one.png"), message(image=outside), message(image="none.png")])
    assert [result.verdict for result in results] == [Verdict.SENT] * 3
    assert [len(json.loads(body)["attachments"]) for body in telegram.bodies] == [1, 0, 0]


# ---- what becomes of it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "verdict", "pauses", "wait"),
    [
        (401, b'{"description": "Unauthorized"}', Verdict.LATER, True, None),
        (403, b'{"description": "Forbidden: bot was kicked from the group chat"}', Verdict.LATER, True, None),
        (404, b'{"description": "Not Found"}', Verdict.LATER, True, None),
        (400, b'{"description": "Bad Request: chat not found"}', Verdict.LATER, True, None),
        (400, b'{"description": "Bad Request: can\'t parse entities"}', Verdict.NEVER, False, None),
        (413, b"", Verdict.NEVER, False, None),
        (429, b'{"description": "Too Many Requests", "parameters": {"retry_after": 14}}', Verdict.LATER, False, 14.0),
        (500, b"<html>", Verdict.LATER, False, None),
        (503, b"", Verdict.LATER, False, None),
        (302, b"", Verdict.LATER, True, None),
    ],
)
def test_what_telegram_answers(
    send: Send, telegram: FarSide, status: int, body: bytes, verdict: Verdict, pauses: bool, wait: float | None
) -> None:
    headers = {"Location": f"http://127.0.0.1:{telegram.port}/elsewhere"} if status == 302 else {}
    telegram.answers = [(status, headers, body)]
    result = send(TELEGRAM)
    assert (result.verdict, result.pauses, result.wait_seconds) == (verdict, pauses, wait)
    assert result.note.startswith(f"Telegram answered {status}")
    assert len(telegram.bodies) == 1  # neither a second try nor a step aside
    for secret in (TOKEN, "123456789", "4815162342"):
        assert secret not in result.note


@pytest.mark.parametrize("status", [410, 429, 500, 400])
def test_statuses_of_an_endpoint_of_ones_own(send: Send, far_side: FarSide, status: int) -> None:
    far_side.answers = [(status, {}, b"")]
    result = send(far_side.url("json"))
    verdicts = {410: (Verdict.LATER, True), 400: (Verdict.NEVER, False)}
    assert (result.verdict, result.pauses) == verdicts.get(status, (Verdict.LATER, False))
    assert "Zx81" not in result.note


def test_nobody_is_there(send: Send, far_side: FarSide) -> None:
    far_side.close()
    result = send(far_side.url("json"))
    assert (result.verdict, result.note) == (Verdict.LATER, "JSON cannot be reached")


def test_a_connection_that_breaks_after_the_message_leaves_it_open(send: Send, far_side: FarSide) -> None:
    far_side.answers = [(0, {}, b"")]
    result = send(far_side.url("json"))
    assert result.verdict is Verdict.UNKNOWN
    assert result.note == "the connection to JSON broke; it may have the message"
    assert len(far_side.bodies) == 1


def test_an_answer_that_comes_too_late_leaves_it_open(
    around: Surroundings, far_side: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_channel, "_ALL_SECONDS", 0.2)
    far_side.waits = True
    channel = open_channel(config(far_side.url("json")), around)
    first, second = channel.deliver([message(), message()])
    assert first.verdict is Verdict.UNKNOWN
    assert (second.verdict, second.note) == (
        Verdict.LATER, "an earlier message is still on its way; the service answers too slowly",
    )  # fmt: skip
    far_side.go_on.set()
    hanging = next(thread for thread in threading.enumerate() if thread.name == "awardspider apprise")
    hanging.join(10)
    far_side.waits = False
    monkeypatch.setattr(apprise_channel, "_ALL_SECONDS", 10)
    (third,) = channel.deliver([message()])
    assert third.verdict is Verdict.SENT


def test_what_an_address_asks_for_is_not_done(send: Send, far_side: FarSide) -> None:
    far_side.answers = [(500, {}, b"")]
    address = far_side.url("json") + "?retry=3&wait=0&optional=yes&redirect=yes&overflow=split"
    assert send(address).verdict is Verdict.LATER
    assert len(far_side.bodies) == 1


def test_a_message_that_is_none(around: Surroundings, far_side: FarSide) -> None:
    odd = Message(number=1, key="k", type="offer.matched", subject="s", body={"type": "offer.matched"}, created_at=NOW)
    (result,) = open_channel(config(far_side.url("json")), around).deliver([odd])
    assert (result.verdict, result.note) == (Verdict.NEVER, "this message is not one that can be told")
    assert far_side.bodies == []


def test_an_address_that_turned_private_is_not_written_to(
    around: Surroundings, far_side: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = open_channel(config(far_side.url("json")), around)
    monkeypatch.setitem(around.settings, "AWARD_ALLOW_PRIVATE_HOSTS", "")  # type: ignore[arg-type]
    (result,) = channel.deliver([message()])
    assert (result.verdict, result.pauses) == (Verdict.LATER, True)
    assert "127.0.0.1 is no public address" in result.note
    assert far_side.bodies == []


# ---- the sandbox -------------------------------------------------------------------------------------------------


def test_in_the_sandbox_only_the_host_changes(store: Store, tmp_path: Path, far_side: FarSide) -> None:
    around = Surroundings(
        store=store, now=lambda: NOW, settings={}, data_dir=tmp_path, sandbox_url=f"http://127.0.0.1:{far_side.port}"
    )
    channel = open_channel(config("jsons://hooks.example.com/a/b?format=text"), around)
    (result,) = channel.deliver([message("test")])
    assert result.verdict is Verdict.SENT
    assert far_side.paths == ["/hooks.example.com/a/b"]
    (result,) = open_channel(config(TELEGRAM), around).deliver([message("test")])
    assert (result.verdict, result.note) == (Verdict.NEVER, "the sandbox has no Telegram; nothing was sent")
    assert len(far_side.paths) == 1


# ---- what stays inside -------------------------------------------------------------------------------------------


def test_no_log_shows_the_address_and_no_thread_stays(
    send: Send, telegram: FarSide, capfd: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(record.getMessage())

    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        logging.getLogger("some.other").debug("the handler works")
        before = {thread.name for thread in threading.enumerate()}
        for status in (200, 400, 500, 0):
            telegram.answers = [(status, {}, b"{}")]
            send(TELEGRAM)
        telegram.close()
        send(TELEGRAM)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "the handler works" in written
    assert not [text for text in written if TOKEN in text]
    out, err = capfd.readouterr()
    assert TOKEN not in out + err
    left = {thread.name for thread in threading.enumerate()} - before
    assert not left
