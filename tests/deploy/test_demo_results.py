"""The end of the demo: what it says about each watch, and the message that it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import update

from awardspider.delivery.messages.events import AnyEvent, event_body
from awardspider.items import EventType
from awardspider.search.judgments import DealClass
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches, save_watches
from deploy.demo_results import (
    CHANNEL,
    alert_text,
    channel_rows,
    show_message,
    show_promotion,
    show_repriced,
    watch_results,
)
from tests.support.delivery import make_outbox_row, write_rows
from tests.support.paths import ROOT
from tests.support.promotion_events import make_promotion_event
from tests.support.render_examples import NEW_BONUS, TOKYO, make_digest, make_offer_event
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


def sent(store: Store, *events: AnyEvent) -> None:
    """Store events as messages that the demo's webhook received."""
    rows = [
        make_outbox_row(str(number), CHANNEL, event_type=event.event_type, body=event_body(event))
        for number, event in enumerate(events)
    ]
    write_rows(store, rows)
    with store.writing() as connection:
        connection.execute(update(outbox).values(status=DeliveryStatus.SENT))


def test_a_flight_that_a_bonus_made_cheaper_is_shown_also_if_it_was_in_a_digest(
    sqlite_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    show_repriced(sqlite_store, NOW)
    assert capsys.readouterr().out == "  No transfer bonus brought a stored flight below a limit.\n"
    less = replace(NEW_BONUS, points=70_000)
    offers = [make_offer_event(EventType.OFFER_MATCHED, TOKYO, promotion=bonus) for bonus in (None, less, NEW_BONUS)]
    digest = structs.replace(make_digest(), offers=[offers[0], offers[2]])
    sent(sqlite_store, offers[1], digest)
    show_repriced(sqlite_store, NOW)
    shown = " ".join(capsys.readouterr().out.split())
    assert "until Dec 31: 58,000 points instead of 75,000 Ultimate Rewards points" in shown
    assert "70,000" not in shown


def test_the_promotion_with_the_most_sources_is_shown(sqlite_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    show_promotion(sqlite_store, NOW)
    assert capsys.readouterr().out == "  No message about a promotion was sent.\n"
    sent(
        sqlite_store,
        make_promotion_event("A bonus of one blog"),
        make_promotion_event("A bonus of two", sources=("a.example", "b.example")),
    )
    show_promotion(sqlite_store, NOW)
    shown = capsys.readouterr().out
    assert "Transfer bonus: A bonus of two" in shown
    assert "one blog" not in shown


def test_the_file_is_the_one_of_the_demo(tmp_path: Path) -> None:
    from deploy.demo import WATCHES

    assert WATCHES == FILE
