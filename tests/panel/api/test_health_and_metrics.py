"""Tests of health, readiness and metrics, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.testclient import TestClient

from awardspider.outcomes import Outcome, Reason
from awardspider.panel.application import create_app
from awardspider.panel.configuration import PanelConfig
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.schema import outbox, search_totals
from awardspider.storage.services import ServiceName, start_service
from awardspider.storage.store import Store

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(store: Store, tmp_path: Path) -> TestClient:
    app = create_app(PanelConfig(store=store, settings={}, data_dir=tmp_path, now=lambda: NOW))
    return TestClient(app, base_url="http://127.0.0.1:8787", client=("127.0.0.1", 50000))


def sample(client: TestClient, name: str, **labels: str) -> float | None:
    """Return a value from the metrics as Prometheus parses them; None if it is missing."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = [
        each.value for family in families for each in family.samples if each.name == name and each.labels == labels
    ]
    return found[0] if found else None


def add_total(store: Store, outcome: Outcome, at: datetime, searches: int, reason: Reason | None = None) -> None:
    with store.writing() as connection:
        connection.execute(
            search_totals.insert().values(
                program="united",
                day=at.date(),
                outcome=outcome.value,
                reason=reason.value if reason else "",
                searches=searches,
                first_at=at,
                last_at=at,
            )
        )


def test_the_process_is_healthy_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"


def test_a_database_of_another_version_is_not_ready(client: TestClient, store: Store) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.text == "the database has version 0999, this code 0001\n"
    assert client.get("/healthz").status_code == 200


def test_the_age_of_the_last_success_ignores_failed_searches(client: TestClient, store: Store) -> None:
    add_total(store, Outcome.EMPTY, NOW - timedelta(hours=2), 3)
    add_total(store, Outcome.FAILED, NOW - timedelta(minutes=1), 5, Reason.BLOCKED)
    assert sample(client, "awardspider_program_last_success_age_seconds", program="united") == 7200
    labels = {"program": "united", "outcome": "failed", "reason": "blocked"}
    assert sample(client, "awardspider_searches_total", **labels) == 5


def test_a_program_that_never_succeeded_has_no_age(client: TestClient, store: Store) -> None:
    add_total(store, Outcome.FAILED, NOW, 5, Reason.BLOCKED)
    assert sample(client, "awardspider_program_last_success_age_seconds", program="united") is None


def test_the_queue_and_the_latency_of_deliveries(client: TestClient, store: Store) -> None:
    row = {
        "channel": "make",
        "event_type": "offer.matched",
        "subject": "x",
        "body": {},
        "created_at": NOW - timedelta(minutes=5),
        "next_attempt_at": NOW,
        "status": DeliveryStatus.PENDING.value,
        "ended_at": None,
    }
    done = {"status": DeliveryStatus.SENT.value, "ended_at": NOW - timedelta(minutes=4)}
    with store.writing() as connection:
        connection.execute(outbox.insert(), [row | {"key": "1"}, row | {"key": "2"}, row | {"key": "3"} | done])
    assert sample(client, "awardspider_outbox_messages", channel="make", status="pending") == 2
    assert sample(client, "awardspider_delivery_seconds", quantile="0.9") == 60


def test_a_service_without_a_recent_heartbeat_is_down(client: TestClient, store: Store) -> None:
    start_service(store, ServiceName.SCHEDULER, version="1", now=NOW - timedelta(hours=1))
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    assert [each.value for each in families["awardspider_service_up"].samples] == [0]
