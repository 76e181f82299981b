"""`scrapy outbox`."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awardspider.commands.outbox import FIELDS, Command
from awardspider.delivery.channels.base import rejected, retry
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.storage.store import Store
from tests.support.commands import CommandRunner
from tests.support.delivery import DeliveryHarness, make_outbox_row
from tests.support.promotion_events import make_promotion_event
from tests.support.storage_examples import NOW, make_itinerary


@pytest.fixture
def harness(store: Store, tmp_path: Path) -> DeliveryHarness:
    """Return an outbox with a message of each status."""
    made = DeliveryHarness(store, tmp_path)
    recipient = made.add("phone")
    offer = make_itinerary()
    body = event_body(offer_event("offer.matched", "sent", offer, NOW, watches=("Austin",)))
    made.add_rows(
        make_outbox_row("sent", event_type="offer.matched", subject=offer.offer_id, body=body, watch_key="Austin"),
        make_outbox_row("failed", event_type="promotion", body=event_body(make_promotion_event("Buy miles"))),
        make_outbox_row("busy"),
        make_outbox_row("tomorrow", "team", next_attempt_at=datetime.now(UTC) + timedelta(days=1)),
    )
    results = {"failed": rejected("the number does not exist"), "busy": retry("503 busy")}
    usual = recipient.respond
    recipient.respond = lambda message: results.get(message.key) or usual(message)
    made.run()
    return made


@pytest.fixture
def run(
    harness: DeliveryHarness, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> CommandRunner:
    return CommandRunner(Command, {"AWARD_DATABASE_URL": database_url, "AWARD_DATA_DIR": str(tmp_path)}, capsys)


def number_of(harness: DeliveryHarness, key: str) -> str:
    return str(harness.rows()[key]["id"])


@pytest.mark.parametrize(
    ("offers", "more", "promotions", "more_promotions", "subject"),
    [
        (1, 0, 0, 0, "1 offer"),
        (4, 0, 0, 0, "4 offers"),
        (5, 1_180, 0, 0, "5 offers and 1,180 more"),
        (0, 0, 2, 0, "2 promotions"),
        (5, 3, 1, 4, "5 offers and 3 more, 1 promotion and 4 more"),
    ],
)
def test_the_subject_of_a_digest_counts_its_entries(
    run: CommandRunner,
    harness: DeliveryHarness,
    monkeypatch: pytest.MonkeyPatch,
    offers: int,
    more: int,
    promotions: int,
    more_promotions: int,
    subject: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    counts = {"more": more, "more_promotions": more_promotions}
    body = {"offers": [{}] * offers, "promotions": [{}] * promotions} | counts
    harness.add_rows(make_outbox_row("digest", event_type="digest", body=body))
    line = next(line for line in run.succeed("list").splitlines() if " digest " in line)
    assert f"  {subject}  " in line


def test_the_list_has_the_latest_first(run: CommandRunner, harness: DeliveryHarness) -> None:
    rows = json.loads(run.succeed("list", "--format", "json"))
    assert [(row["key"], row["status"]) for row in rows] == [
        ("tomorrow", "pending"),
        ("busy", "pending"),
        ("failed", "rejected"),
        ("sent", "sent"),
    ]
    assert tuple(rows[0]) == FIELDS
    records = list(csv.DictReader(io.StringIO(run.succeed("list", "--format", "csv"))))
    assert [record["note"] for record in records] == ["", "503 busy", "the number does not exist", "ok"]


def test_the_table_shows_the_subject_of_each_message(run: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = run.succeed("list")
    assert "united LAX-AUS 2027-03-10 12,500 miles" in out
    assert "Buy miles" in out
    assert "the number does not exist" in out


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (("--status", "rejected,sent"), ["failed", "sent"]),
        (("--channel", "team"), ["tomorrow"]),
        (("--channel", "team, phone", "--status", "pending"), ["tomorrow", "busy"]),
        (("--limit", "1"), ["tomorrow"]),
        (("--limit", "0"), ["tomorrow", "busy", "failed", "sent"]),
        (("--channel", "nobody"), []),
    ],
)
def test_the_list_can_be_filtered(run: CommandRunner, options: tuple[str, ...], keys: list[str]) -> None:
    assert [row["key"] for row in json.loads(run.succeed("list", "--format", "json", *options))] == keys


def test_the_table_says_if_there_are_more_rows(run: CommandRunner) -> None:
    assert "more rows exist; --limit 0 shows all" in run.succeed("list", "--limit", "2")
    assert "more rows" not in run.succeed("list", "--limit", "4")
    assert "no matching messages" in run.succeed("list", "--channel", "nobody")


def test_a_message_is_shown_with_its_attempts(run: CommandRunner, harness: DeliveryHarness) -> None:
    row = harness.rows()["busy"]
    lines = run.succeed("show", str(row["id"])).splitlines()
    assert lines[0] == f"{row['id']}  pending  phone  test  busy"
    assert "  key           busy" in lines
    assert f"  next attempt  {row['next_attempt_at']:%Y-%m-%d %H:%M:%S} UTC" in lines
    (attempt,) = [line for line in lines if line.startswith("  attempt 1 ")]
    assert f"{NOW:%m-%d %H:%M:%S} retry in " in attempt
    assert attempt.endswith(f", retry at {row['next_attempt_at']:%m-%d %H:%M:%S}: 503 busy")


def test_retry_makes_a_message_pending_now(run: CommandRunner, harness: DeliveryHarness) -> None:
    failed, busy, sent = (number_of(harness, key) for key in ("failed", "busy", "sent"))
    harness.clock.advance_to(datetime.now(UTC) + timedelta(minutes=1))
    out = run.succeed("retry", failed, busy, sent)
    assert out == "2 of 3 messages are pending again; scrapy deliver sends them.\n"
    harness.recipients["phone"].respond = lambda message: retry("503 again")
    harness.run()
    assert [attempt["result"] for attempt in harness.attempt_rows("failed")] == ["rejected", "retry"]
    assert harness.rows()["failed"]["attempt_count"] == 1
    assert harness.statuses()["sent"] == "sent"


def test_cancel_cancels_a_pending_message(run: CommandRunner, harness: DeliveryHarness) -> None:
    busy, sent = number_of(harness, "busy"), number_of(harness, "sent")
    out = run.succeed("cancel", busy, sent)
    assert out == "1 of 2 messages canceled; messages that were sent or are being sent are unchanged.\n"
    assert (harness.rows()["busy"]["status"], harness.rows()["busy"]["note"]) == (
        "canceled",
        "canceled by the operator",
    )
    harness.clock.advance_to(datetime.now(UTC))
    harness.run()
    assert harness.recipients["phone"].keys.count("busy") == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("show", "999"), "the outbox has no message 999; scrapy outbox list shows all"),
        (("show", "one"), "'one' is not a message number; scrapy outbox list shows them"),
        (("cancel", "²"), "'²' is not a message number; scrapy outbox list shows them"),
        (("retry", "9" * 13), f"'{'9' * 13}' is not a message number; scrapy outbox list shows them"),
        (("show", "2147483647"), "the outbox has no message 2147483647; scrapy outbox list shows all"),
        (("show", "2147483648"), "'2147483648' is not a message number; scrapy outbox list shows them"),
        (("list", "--status", "sended"), "--status: unknown value 'sended'"),
        (("list", "--format", "xml"), "--format"),
        (("list", "--limit", "few"), "--limit"),
    ],
)
def test_invalid_arguments_are_one_sentence(run: CommandRunner, args: tuple[str, ...], message: str) -> None:
    assert run.fail(*args).startswith(message)


@pytest.mark.parametrize("args", [(), ("show",), ("cancel",), ("lose", "5")])
def test_missing_arguments_show_the_usage(run: CommandRunner, args: tuple[str, ...]) -> None:
    assert run.usage_error(*args).startswith("scrapy")


@pytest.mark.parametrize("action", ["show", "retry", "cancel"])
def test_an_unknown_message_is_an_error_and_changes_nothing(
    run: CommandRunner, harness: DeliveryHarness, action: str
) -> None:
    known = number_of(harness, "busy")
    before = harness.rows()["busy"]
    result = run(action, known, "4711", "4712") if action != "show" else run(action, "4711")
    assert result.code == 2
    assert result.err.startswith("error: the outbox has no message 4711")
    assert harness.rows()["busy"] == before
