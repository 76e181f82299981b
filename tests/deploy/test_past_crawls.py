"""The crawls of past dates in the demo: they leave a price history and promotions, and nothing found for a watch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from awardspider.storage.schema import matches, outbox, price_samples, promotions, runs, watches
from awardspider.storage.store import open_store
from tests.support.paths import ROOT
from tests.support.sandbox_server import sandbox

NOW = "2026-11-22T12:00Z"


@pytest.mark.slow
def test_past_crawls_give_a_history_without_watches_or_messages(tmp_path: Path) -> None:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    with sandbox(clock=NOW) as server:
        settings = {"AWARD_DATA_DIR": str(tmp_path), "AWARD_SANDBOX_URL": server.url}
        command = [sys.executable, "-m", "deploy.past_crawls", server.url, NOW, "40", "3"]
        result = subprocess.run(
            command, cwd=ROOT, env=outer | settings, capture_output=True, text=True, timeout=300, check=False
        )
        assert result.returncode == 0, result.stderr
        assert server.client.get(f"{server.url}/_health").json()["clock"] == "2026-11-22T12:00:00+00:00"
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["2026-10-13:", "2026-11-19:", "2026-11-19:"]
    store = open_store("", tmp_path)
    try:
        with store.reading() as connection:

            def rows(table: Any) -> list[dict[str, Any]]:
                return [dict(row) for row in connection.execute(select(table)).mappings()]

            assert {str(row["started_at"].date()) for row in rows(runs)} == {"2026-10-13", "2026-11-19"}
            assert {row["finish_reason"] for row in rows(runs)} == {"finished"}
            assert len(rows(price_samples)) > 100
            assert {str(row["first_seen_at"].date()) for row in rows(promotions)} == {"2026-11-19"}
            assert [row for table in (watches, matches, outbox) for row in rows(table)] == []
    finally:
        store.close()
