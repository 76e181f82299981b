"""The end of the demo: what it says about each watch, and the message that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awardspider.items import EventType
from awardspider.search.judgments import DealClass
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from deploy.demo_results import CHANNEL, alert_text, channel_rows, show_message, watch_results
from tests.support.delivery import make_outbox_row, write_rows
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW
from tests.support.watch_examples import make_watch

WATCH = make_watch(id="w1", name="Tokyo")
FILE = ROOT / "deploy" / "watches.example.yaml"


def row(number: int, status: DeliveryStatus, **fields: Any) -> dict[str, Any]:
    """Return a row of the outbox about an offer for the watch."""
    base = {"id": number, "status": status, "digest_id": None, "note": None, "event_type": EventType.OFFER_MATCHED}
    return {**base, "watch_key": WATCH.key, **fields}


def said(*rows: dict[str, Any], is_found: bool = True, deal: DealClass | None = None) -> str:
    watch = make_watch(id="w1", name="Tokyo", deal=deal)
    return alert_text(watch, {each["id"]: each for each in rows}, is_found)


def test_messages_that_contain_a_watchs_offers_are_counted_once() -> None:
    digest = row(9, DeliveryStatus.SENT, event_type=EventType.DIGEST)
    inside = [row(number, DeliveryStatus.IN_DIGEST, digest_id=9) for number in (1, 2)]
    assert said(digest, *inside) == "1 message"
    assert said(digest, *inside, row(3, DeliveryStatus.SENT)) == "2 messages"
    assert said(row(1, DeliveryStatus.SENT, watch_key="other")) == "none: not confirmed"


def test_a_message_that_was_not_sent_is_explained() -> None:
    held = [row(number, DeliveryStatus.PENDING, note="quiet hours until 07:00") for number in (1, 2)]
    assert said(*held) == "2 waits: quiet hours until 07:00"
    assert said(row(1, DeliveryStatus.CANCELED, note="offer is gone")) == "1 canceled: offer is gone"
    pending = row(9, DeliveryStatus.PENDING, event_type=EventType.DIGEST)
    assert said(pending, row(1, DeliveryStatus.IN_DIGEST, digest_id=9)) == "1 waits"


def test_no_message_has_a_reason() -> None:
    assert said(is_found=False) == "none: no flight matches"
    assert said() == "none: not confirmed"
    assert said(is_found=False, deal=DealClass.GOOD) == "none: no price is a deal"


def test_each_watch_of_the_file_has_a_line(sqlite_store: Store) -> None:
    from awardspider.search.watch_file import load_watches

    save_watches(sqlite_store, load_watches(FILE), now=NOW)
    results = watch_results(sqlite_store, FILE, NOW)
    assert [result.name for result in results] == [watch.name for watch in load_watches(FILE)]
    assert {result.alert for result in results} == {"none: no flight matches", "none: no price is a deal"}
    assert len(find_watches(sqlite_store, now=NOW)) == len(results)


def test_no_message_is_made_up(sqlite_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(sqlite_store, [make_outbox_row("a", CHANNEL)])
    assert len(channel_rows(sqlite_store)) == 1
    show_message(sqlite_store, NOW)
    assert capsys.readouterr().out == "  No message about several flights was sent.\n"


def test_the_file_is_the_one_of_the_demo(tmp_path: Path) -> None:
    from deploy.demo import WATCHES

    assert WATCHES == FILE
