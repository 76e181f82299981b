"""Cards of Apprise channels: the unmodified services of Apprise, which send to a local recipient."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable

import pytest
from PIL import Image

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.apprise import cards
from awardspider.delivery.channels.apprise.channel import AppriseChannel
from awardspider.delivery.channels.base import ChannelContext, DeliveryReport
from awardspider.outcomes import InvalidArgument
from awardspider.storage.outbox import DeliveryResult
from tests.support.apprise_channels import DISCORD, TELEGRAM, config, context, message, telegram
from tests.support.http_recipient import Recipient, recipient

__all__ = ["context", "recipient", "telegram"]

OK = (200, {}, b'{"ok": true, "result": {"message_id": 1}}')
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"

Send = Callable[..., DeliveryReport]


@pytest.fixture
def send(context: ChannelContext) -> Send:
    def to(address: str, name: str = "matched", **options: str) -> DeliveryReport:
        channel = open_channel(config(address, **options), context)
        (report,) = channel.deliver([message(name)])
        channel.close()
        return report

    return to


def image_in(body: str) -> Image.Image:
    """Return the PNG file in the body of a form."""
    data = body.encode(errors="surrogateescape")
    return Image.open(io.BytesIO(data[data.index(b"\x89PNG") :]))


def json_images(body: str) -> list[tuple[str, tuple[int, int]]]:
    files = json.loads(body)["attachments"]
    return [(file["filename"], Image.open(io.BytesIO(base64.b64decode(file["base64"]))).size) for file in files]


def test_a_chat_gets_the_text_and_then_the_card(send: Send, telegram: Recipient) -> None:
    report = send(TELEGRAM)
    assert (report.result, report.note) == (DeliveryResult.SENT, "Telegram accepted the message")
    text, card = telegram.bodies
    assert "75,000" in json.loads(text)["text"]
    assert image_in(card).size == (1080, 1080)


def test_the_option_selects_the_size(send: Send, telegram: Recipient) -> None:
    assert send(TELEGRAM, card="story").result is DeliveryResult.SENT
    assert image_in(telegram.bodies[1]).size == (1080, 1920)


def test_the_option_turns_the_card_off(send: Send, telegram: Recipient) -> None:
    assert send(TELEGRAM, card="no").result is DeliveryResult.SENT
    assert len(telegram.bodies) == 1


def test_a_card_that_is_not_accepted_does_not_repeat_the_text(send: Send, telegram: Recipient) -> None:
    telegram.responses = [OK, (400, {}, b'{"ok": false, "description": "Bad Request: PHOTO_INVALID"}')]
    report = send(TELEGRAM)
    assert report.result is DeliveryResult.SENT
    assert report.note.startswith("Telegram accepted the message, but not its card: Telegram responded with 400")
    assert len(telegram.bodies) == 2


def test_a_text_that_is_not_accepted_has_no_card(send: Send, telegram: Recipient) -> None:
    telegram.responses = [(503, {}, b"")]
    assert send(TELEGRAM).result is DeliveryResult.RETRY
    assert len(telegram.bodies) == 1


def test_programs_get_no_card_unless_the_option_requests_one(send: Send, recipient: Recipient) -> None:
    assert send(recipient.url("json")).result is DeliveryResult.SENT
    assert send(recipient.url("json"), card="link").result is DeliveryResult.SENT
    assert [json_images(body) for body in recipient.bodies] == [[], [("offer.matched.png", (1200, 630))]]


def test_a_card_in_the_same_request_is_left_out_if_it_is_rejected(send: Send, recipient: Recipient) -> None:
    recipient.responses = [(413, {}, b"too large"), OK]
    report = send(recipient.url("json"), card="feed")
    assert report.result is DeliveryResult.SENT
    assert report.note.startswith("JSON accepted the message, but not its card: JSON responded with 413")
    assert [len(json_images(body)) for body in recipient.bodies] == [1, 0]


def test_a_request_with_a_card_that_fails_is_sent_again_later(send: Send, recipient: Recipient) -> None:
    recipient.responses = [(503, {}, b"")]
    assert send(recipient.url("json"), card="feed").result is DeliveryResult.RETRY
    assert len(recipient.bodies) == 1


@pytest.mark.parametrize("address", [None, TELEGRAM])
def test_a_card_that_cannot_be_drawn_does_not_stop_the_text(
    send: Send, telegram: Recipient, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise OSError("cannot open resource")

    monkeypatch.setattr(cards, "render_card", fail)
    report = send(address or telegram.url("json"), card="feed")
    assert report.result is DeliveryResult.SENT
    assert report.note.endswith(
        "accepted the message, but not its card: it could not be drawn (OSError: cannot open resource)"
    )
    assert "75,000" in telegram.bodies[0]
    assert len(telegram.bodies) == 1


@pytest.mark.parametrize("name", ["run-failed", "incident-opened", "channel-paused", "test"])
def test_messages_to_the_operator_have_no_card(send: Send, telegram: Recipient, name: str) -> None:
    assert send(TELEGRAM, name).result is DeliveryResult.SENT
    assert len(telegram.bodies) == 1


@pytest.mark.parametrize("name", ["digest", "transfer-bonus", "gone", "digest-with-promotions"])
def test_digests_promotions_and_offers_have_a_card(send: Send, recipient: Recipient, name: str) -> None:
    assert send(recipient.url("json"), name, card="feed").result is DeliveryResult.SENT
    assert [size for _, size in json_images(recipient.bodies[0])] == [(1080, 1080)]


@pytest.mark.parametrize(
    ("address", "card", "error"),
    [
        (TELEGRAM, "poster", "unknown card 'poster'; use story, link, feed or no"),
        (SLACK, "feed", "this address of Slack cannot have cards; leave out the option card"),
    ],
)
def test_an_invalid_card_is_an_error(context: ChannelContext, address: str, card: str, error: str) -> None:
    with pytest.raises(InvalidArgument, match=error):
        AppriseChannel.check(config(address, card=card), context)


def test_a_service_without_images_has_no_cards(context: ChannelContext) -> None:
    AppriseChannel.check(config(SLACK), context)
    AppriseChannel.check(config(SLACK, card="no"), context)


def test_two_messages_for_each_call_halve_the_rate(context: ChannelContext) -> None:
    def calls(address: str, **options: str) -> int:
        return open_channel(config(address, **options), context).rate_limit.calls

    assert [calls(TELEGRAM), calls(DISCORD), calls(TELEGRAM, card="no"), calls("json://hooks.example.com/x")] == [
        10, 10, 20, 20,
    ]  # fmt: skip
