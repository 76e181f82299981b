"""Channels of kind apprise for tests: their context, addresses and messages, and a recipient in place of Telegram."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext, Message
from awardspider.delivery.messages.events import event_body
from awardspider.items import EventType
from awardspider.storage.store import Store
from tests.support.http_recipient import Recipient
from tests.support.render_examples import EVENTS, NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise.plugins.telegram import NotifyTelegram

TOKEN = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
TELEGRAM = f"tgram://123456789:{TOKEN}/4815162342"
DISCORD = f"discord://417429632418316298/{TOKEN}"


@pytest.fixture
def context(idle_store: Store, tmp_path: Path) -> ChannelContext:
    settings = {"AWARD_LOCALE": "en", "AWARD_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
    return ChannelContext(store=idle_store, now=lambda: NOW, settings=settings, data_dir=tmp_path)


def config(address: str, **options: str) -> ChannelConfig:
    return ChannelConfig(name="family", kind="apprise", address=address, options=options)


def message(name: str = "matched", **values: Any) -> Message:
    body = event_body(EVENTS[name]) | values
    return Message(id=1, key="k", type=EventType(body["type"]), subject="s", body=body, created_at=NOW)


@pytest.fixture
def telegram(recipient: Recipient, monkeypatch: pytest.MonkeyPatch) -> Recipient:
    """Return a recipient that replaces api.telegram.org."""
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{recipient.port}/bot")
    recipient.responses = [(200, {}, b'{"ok": true, "result": {"message_id": 1}}')]
    return recipient
