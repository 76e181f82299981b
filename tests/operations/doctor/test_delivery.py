"""Checks of channels, of the operator's channel and of the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from awardspider.delivery.channels.secrets import encrypt
from awardspider.items import EventType
from awardspider.operations.doctor import delivery
from awardspider.operations.doctor.findings import DoctorContext, Level
from awardspider.storage import schema
from awardspider.storage.channels import ChannelRow, PausedBy, back_off, pause_channel, save_channel
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.services import ServiceName, start_service
from awardspider.storage.store import Store
from tests.support.delivery import make_outbox_row, write_rows
from tests.support.doctor import NOW, doctor_context, only_result, problems
from tests.support.sandbox_server import Sandbox, sandbox

SECRET = "https://hooks.example.org/T0KEN-T0KEN"
OPERATOR = (EventType.RUN_FAILED, EventType.INCIDENT_OPENED)


def add_channel(store: Store, name: str = "phone", address: str = SECRET, **fields: Any) -> None:
    save_channel(
        store, ChannelRow(**{"name": name, "kind": "webhook", "address": address, "created_at": NOW, **fields})
    )


@pytest.fixture
def context(sqlite_store: Store, tmp_path: Path) -> DoctorContext:
    return doctor_context(tmp_path, sqlite_store, AWARD_SECRET_KEY="", AWARD_WEBHOOKS="", AWARD_GOOGLE_SHEET="")


# ---- channels ----------------------------------------------------------------------------------------------------


def test_no_channel_is_a_warning(context: DoctorContext) -> None:
    assert problems(delivery.check_channels, context) == [
        (Level.WARNING, "There is no channel, so nobody is notified of deals", "Add one: docs/channels.md")
    ]
    assert problems(delivery.check_operator_channel, context)[0][:2] == (
        Level.WARNING,
        "No channel is notified of failures, so nobody notices a failed crawl",
    )


def test_working_channels_are_fine(context: DoctorContext) -> None:
    add_channel(context.open_store(), events=OPERATOR)
    assert problems(delivery.check_channels, context) == []
    assert only_result(delivery.check_operator_channel, context).sentence == "phone will be notified of failures"


def test_a_channel_without_the_events_of_incidents_is_a_warning(context: DoctorContext) -> None:
    add_channel(context.open_store(), events=(EventType.RUN_FAILED,))
    (found,) = problems(delivery.check_operator_channel, context)
    assert found[:2] == (Level.WARNING, "No channel is notified of incident.opened; phone of other problems")
    assert found[2].endswith("scrapy channels add phone … --events operator --replace")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"address": "env:NOT_SET_ANYWHERE"}, "environment variable NOT_SET_ANYWHERE is not set"),
        ({"address": encrypt(SECRET, Fernet.generate_key().decode())}, "AWARD_SECRET_KEY is not set"),
        ({"address": "ftp://x"}, "The channel phone cannot send: "),
        ({"kind": "pigeon"}, "unknown kind of channel 'pigeon'"),
        ({"kind": "apprise", "address": "tgram://short-T0KEN"}, "The channel phone cannot send: "),
    ],
)
def test_a_channel_that_cannot_send_is_an_error(context: DoctorContext, fields: dict[str, Any], sentence: str) -> None:
    add_channel(context.open_store(), **fields)
    (found,) = problems(delivery.check_channels, context)
    assert found[0] is Level.ERROR
    assert sentence in found[1]
    assert "T0KEN" not in found[1] + found[2]
    assert found[2] == "Correct it: scrapy channels add phone … --replace"


def test_an_invalid_setting_of_channels_is_one_error(sqlite_store: Store, tmp_path: Path) -> None:
    broken = doctor_context(tmp_path, sqlite_store, AWARD_WEBHOOKS="make=ftp://x")
    with pytest.raises(Exception, match="AWARD_WEBHOOKS is invalid"):
        problems(delivery.check_channels, broken)  # the runner makes it a finding


@pytest.mark.parametrize(
    ("by", "level", "words"),
    [(PausedBy.DISPATCHER, Level.ERROR, "by its errors"), (PausedBy.OPERATOR, Level.WARNING, "by hand")],
)
def test_a_paused_channel_is_found(context: DoctorContext, by: PausedBy, level: Level, words: str) -> None:
    store = context.open_store()
    add_channel(store, events=OPERATOR)
    write_rows(store, [make_outbox_row("1"), make_outbox_row("2")])
    pause_channel(store, "phone", reason="HTTP 410", by=by, now=NOW)
    assert problems(delivery.check_channels, context) == [
        (
            level,
            f"The channel phone is paused {words} since 2026-11-30 12:00 UTC: HTTP 410; 2 messages wait",
            "Correct the cause, then: scrapy channels test phone && scrapy channels resume phone",
        )
    ]
    assert problems(delivery.check_operator_channel, context) == [
        (
            Level.ERROR,
            "The only channel that is notified of failures is paused: phone",
            "Correct what paused it, then: scrapy channels resume phone",
        )
    ]


def test_a_failing_channel_is_a_warning_with_its_last_error(context: DoctorContext) -> None:
    store = context.open_store()
    add_channel(store)
    write_rows(store, [make_outbox_row("1")])
    with store.writing() as connection:
        connection.execute(
            schema.attempts.insert().values(outbox_id=1, attempted_at=NOW, result="retry", note="HTTP 503")
        )
    back_off(store, "phone", NOW + timedelta(minutes=5), failures=3)
    assert problems(delivery.check_channels, context) == [
        (
            Level.WARNING,
            "The channel phone failed and waits until 12:05:00 UTC: HTTP 503",
            "It retries by itself; to try it now: scrapy channels test phone",
        )
    ]


# ---- the outbox --------------------------------------------------------------------------------------------------


def write_old_rows(store: Store, channel: str, age: timedelta, **values: Any) -> None:
    write_rows(store, [make_outbox_row(f"{channel}{index}", channel, created_at=NOW - age) for index in range(3)])
    if values:
        with store.writing() as connection:
            connection.execute(update(schema.outbox).where(schema.outbox.c.channel == channel).values(**values))


def test_messages_that_nobody_sends_are_an_error(context: DoctorContext) -> None:
    store = context.open_store()
    add_channel(store)
    write_old_rows(store, "phone", timedelta(hours=3))
    assert problems(delivery.check_outbox, context) == [
        (
            Level.ERROR,
            "3 messages for phone due for up to 3 hours: not sent",
            "Start the dispatcher: make up, or scrapy deliver --watch",
        )
    ]
    start_service(store, ServiceName.DISPATCHER, version="1", now=NOW)
    assert problems(delivery.check_outbox, context)[0][2] == "See the reasons: scrapy outbox list --channel phone"
    pause_channel(store, "phone", reason="", by=PausedBy.OPERATOR, now=NOW)
    assert problems(delivery.check_outbox, context) == []  # the check of the channels says so


def test_messages_that_are_due_now_are_fine(context: DoctorContext) -> None:
    add_channel(context.open_store())
    write_old_rows(context.open_store(), "phone", timedelta(minutes=2))
    assert only_result(delivery.check_outbox, context).sentence == "No message is stuck in the outbox"


def test_messages_for_a_channel_that_does_not_exist_are_a_warning(context: DoctorContext) -> None:
    write_old_rows(context.open_store(), "gone", timedelta(days=4))
    assert problems(delivery.check_outbox, context) == [
        (
            Level.WARNING,
            "3 messages for gone due for up to 4 days, but there is no such channel",
            "Add it again, or cancel them: scrapy outbox list --channel gone",
        )
    ]


@pytest.mark.parametrize(
    ("status", "sentence", "advice"),
    [
        (DeliveryStatus.REJECTED, "3 messages of the last 24 hours rejected", "scrapy outbox list --status rejected"),
        (
            DeliveryStatus.UNKNOWN,
            "3 messages of the last 24 hours ended without a result (perhaps sent)",
            "scrapy outbox list --status unknown",
        ),
    ],
)
def test_messages_that_were_not_delivered_lately_are_a_warning(
    context: DoctorContext, status: DeliveryStatus, sentence: str, advice: str
) -> None:
    store = context.open_store()
    write_old_rows(store, "phone", timedelta(hours=3), status=status, ended_at=NOW - timedelta(hours=2))
    (found,) = problems(delivery.check_outbox, context)
    assert found[:2] == (Level.WARNING, sentence)
    assert found[2].endswith(advice)
    with store.writing() as connection:
        connection.execute(update(schema.outbox).values(ended_at=NOW - timedelta(days=3)))
    assert problems(delivery.check_outbox, context) == []


# ---- spreadsheets ------------------------------------------------------------------------------------------------

NOT_SHARED = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox() as running:
        yield running


def test_spreadsheets_are_checked_by_requests(server: Sandbox, sqlite_store: Store, tmp_path: Path) -> None:
    created = server.client.post(f"{server.url}/_sheets", json={"title": "Deals"}).json()["id"]

    def check(**settings: str) -> list[tuple[Level, str, str]]:
        given = {"AWARD_SANDBOX_URL": server.url, "AWARD_GOOGLE_CREDENTIALS": "", **settings}
        return problems(delivery.check_sheets, doctor_context(tmp_path, sqlite_store, **given))

    (lacking,) = check(AWARD_GOOGLE_SHEET=created)
    assert lacking == (
        Level.WARNING,
        'The spreadsheet "Deals" lacks tabs: Best, Offers, Promotions, Health',
        "Run: scrapy sheets setup",
    )
    (refused,) = check(AWARD_GOOGLE_SHEET=NOT_SHARED)
    assert refused[0] is Level.ERROR
    assert "has no access to this spreadsheet; share it with that address as Editor" in refused[1]
    server.fault("sheets.googleapis.com", "503")
    (unavailable,) = check(AWARD_GOOGLE_SHEET=created)
    server.reset()
    assert unavailable[0] is Level.ERROR
    assert check(AWARD_GOOGLE_SHEET="") == []


def test_offline_no_spreadsheet_is_checked(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(
        tmp_path, sqlite_store, AWARD_GOOGLE_SHEET=NOT_SHARED, AWARD_SANDBOX_URL="http://127.0.0.1:1"
    )
    context.uses_network = False
    assert list(delivery.check_sheets(context)) == []
