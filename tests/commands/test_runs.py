"""`scrapy runs`: the list, its filters, and one run."""

from __future__ import annotations

import csv
import io
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from awardspider.commands.runs import Command
from awardspider.outcomes import Outcome, Reason
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.run_listing import CODE_VERSION
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.store import open_store
from tests.support.commands import CommandRunner
from tests.support.storage_examples import make_report

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def folder(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """Return a data folder with a migrated database."""
    shutil.copy(migrated_sqlite, tmp_path)
    return tmp_path


@pytest.fixture
def ids(folder: Path) -> list[str]:
    """Store a successful run of a job, a blocked one, and one that is alive; return their ids."""
    with closing(open_store("", folder)) as store:
        ids = []
        for number, (program, reason) in enumerate([("united", "finished"), ("delta", "blocked"), ("united", None)]):
            begin = NOW - timedelta(hours=3 - number)
            job = f"job-{number}" if number == 0 else None
            ids.append(
                start_run(store, program=program, spider=program, job=job, arguments={"dates": "+1..+9"}, now=begin)
            )
            reports = [make_report(f"{number}-a", outcome=Outcome.FOUND, offers=1200)]
            if reason == "blocked":
                reports = [make_report(f"{number}-a", outcome=Outcome.FAILED, reason=Reason.BLOCKED, offers=0)]
            write_batch(store, Batch(reports=reports), ids[-1])
            if reason:
                stats = {CODE_VERSION: "20261130T060000-r1-g0123abcd", "item_scraped_count": 7}
                end_run(store, ids[-1], finish_reason=reason, stats=stats, now=begin + 2 * MINUTE)
        with store.writing() as connection:
            monitors = [{"name": "duration", "passed": False, "sentence": "It took 2 min, usually 1 min."}]
            runs = schema.runs
            connection.execute(update(runs).where(runs.c.id == ids[0]).values(monitors=monitors))
            connection.execute(update(runs).where(runs.c.id == ids[2]).values(heartbeat_at=datetime.now(UTC)))
            connection.execute(update(schema.programs).where(schema.programs.c.run_id == ids[2]).values(leased_at=NOW))
    return ids


@pytest.fixture
def runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> CommandRunner:
    settings = {"AWARD_DATABASE_URL": "", "AWARD_SCRAPYD_URL": "http://127.0.0.1:6800/"}
    return CommandRunner(Command, settings | {"AWARD_DATA_DIR": str(folder)}, capsys)


def listed(runs: CommandRunner, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(runs.succeed("--json", *options))
    return found


def test_the_table_has_a_row_per_run_latest_first(runs: CommandRunner, ids: list[str]) -> None:
    lines = runs.succeed().splitlines()
    titles = "started (UTC) program result took found empty failed offers monitors run job code"
    assert " ".join(lines[0].split()) == titles
    assert [next(each for each in ids if each in line) for line in lines[2:]] == ids[::-1]
    assert lines[4].split()[2:] == [
        "united", "finished", "2", "min", "1", "0", "0", "1,200", "1", "failed", ids[0], "job-0",
        "20261130T060000-r1-g0123abcd",
    ]  # fmt: skip
    assert lines[3].split()[2:9] == ["delta", "blocked", "2", "min", "0", "0", "1"]
    assert lines[2].split()[3] == "running"


def test_runs_are_filtered(runs: CommandRunner, ids: list[str]) -> None:
    assert [run["run_id"] for run in listed(runs, "--failed")] == [ids[1]]
    assert [run["run_id"] for run in listed(runs, "--program", "united")] == [ids[2], ids[0]]
    assert [run["run_id"] for run in listed(runs, "--since", "150m")] == [ids[2], ids[1]]
    assert [run["run_id"] for run in listed(runs, "--limit", "1")] == [ids[2]]
    assert runs.succeed("--program", "alaska") == "no matching rows\n"
    assert "more rows exist" in runs.succeed("--limit", "2")


def test_json_and_csv_have_all_fields(runs: CommandRunner, ids: list[str]) -> None:
    run = listed(runs)[2]
    assert run["run_id"] == ids[0]
    assert (run["seconds"], run["is_failed"], run["failed_monitors"]) == (120.0, False, ["duration"])
    assert (run["job"], run["arguments"]) == ("job-0", {"dates": "+1..+9"})
    [header, *rows] = csv.reader(io.StringIO(runs.succeed("--format", "csv")))
    assert header == list(run)
    assert [row[0] for row in rows] == ids[::-1]


def test_a_run_is_shown_by_its_id_or_job(runs: CommandRunner, ids: list[str]) -> None:
    text = runs.succeed("show", "job-0")
    assert text == runs.succeed("show", ids[0])
    shown = [line.split(maxsplit=1) for line in text.splitlines()]
    assert ["run", ids[0]] in shown
    assert ["arguments", "dates=+1..+9"] in shown
    assert ["monitor", "failed: It took 2 min, usually 1 min."] in shown
    assert ["log", "http://127.0.0.1:6800/logs/awardspider/united/job-0.log"] in shown
    assert "1 failed (blocked 1)" in runs.succeed("show", ids[1])


def test_json_of_a_run_has_its_stats(runs: CommandRunner, ids: list[str]) -> None:
    run = json.loads(runs.succeed("show", ids[1], "--json"))
    assert (run["finish_reason"], run["is_failed"], run["failure_reasons"]) == ("blocked", True, {"blocked": 1})
    assert run["stats"]["item_scraped_count"] == 7
    assert run["log"] is None


@pytest.mark.parametrize("words", [("show",), ("show", "1", "2"), ("list",)])
def test_other_words_are_refused(runs: CommandRunner, words: tuple[str, ...]) -> None:
    assert runs.fail(*words) == "expected nothing, or: scrapy runs show RUN"


@pytest.mark.usefixtures("ids")
def test_an_unknown_run_is_refused(runs: CommandRunner) -> None:
    assert runs.fail("show", "nix") == "there is not exactly one run 'nix'; scrapy runs lists them"
