"""`scrapy outbox`, run as a person types it."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from awardspider.commands.outbox import FIELDS, Command
from awardspider.delivery.channels.base import later, never
from awardspider.delivery.messages.events import body_of, offer_event
from awardspider.storage.store import Store
from tests.support.delivery import Post, a_row
from tests.support.storage_examples import NOW, an_itinerary

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    """An outbox with a message of each end."""
    made = Post(store, tmp_path)
    far = made.add("phone")
    offer = an_itinerary(watches=("Austin",))
    body = body_of(offer_event("offer.matched", "sent", offer, NOW))
    made.put(
        a_row("sent", kind="offer.matched", subject=offer.offer_id, body=body, watch="Austin"),
        a_row("failed", body={"title": "Buy miles"}),
        a_row("busy"),
        a_row("tomorrow", "team", due_at=datetime.now(UTC) + timedelta(days=1)),
    )
    answers = {"failed": never("the number does not exist"), "busy": later("503 busy")}
    usual = far.says
    far.says = lambda message: answers.get(message.key) or usual(message)
    made.run()
    return made


@pytest.fixture
def run(post: Post, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `scrapy outbox` with these words; exit code, stdout and stderr."""

    def run_command(*words: str) -> tuple[int, str, str]:
        command = Command()
        command.settings = Settings({"AWARD_DATABASE_URL": database_url, "AWARD_DATA_DIR": str(tmp_path)})
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        opts, args = parser.parse_known_args(words)
        command.run(args, opts)
        said = capsys.readouterr()
        return command.exitcode, said.out, said.err

    return run_command


def number_of(post: Post, key: str) -> str:
    return str(post.rows()[key]["id"])


def test_the_list_has_the_latest_first(run: Run, post: Post) -> None:
    code, out, err = run("list", "--format", "json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert [(row["key"], row["status"]) for row in rows] == [
        ("tomorrow", "waiting"),
        ("busy", "waiting"),
        ("failed", "never"),
        ("sent", "sent"),
    ]
    assert tuple(rows[0]) == FIELDS
    records = list(csv.DictReader(io.StringIO(run("list", "--format", "csv")[1])))
    assert [record["note"] for record in records] == ["", "503 busy", "the number does not exist", "ok"]


def test_the_table_says_what_each_is_about(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "united LAX-AUS 2027-03-10 12,500 mi" in out
    assert "Buy miles" in out
    assert "the number does not exist" in out


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("--status", "never,sent"), ["failed", "sent"]),
        (("--channel", "team"), ["tomorrow"]),
        (("--channel", "team, phone", "--status", "waiting"), ["tomorrow", "busy"]),
        (("--limit", "1"), ["tomorrow"]),
        (("--limit", "0"), ["tomorrow", "busy", "failed", "sent"]),
        (("--channel", "nobody"), []),
    ],
)
def test_the_list_is_narrowed(run: Run, words: tuple[str, ...], keys: list[str]) -> None:
    assert [row["key"] for row in json.loads(run("list", "--format", "json", *words)[1])] == keys


def test_more_than_the_limit_is_said(run: Run) -> None:
    assert "there are more; --limit 0 shows all" in run("list", "--limit", "2")[1]
    assert "there are more" not in run("list", "--limit", "4")[1]
    assert "nothing in the outbox fits" in run("list", "--channel", "nobody")[1]


def test_a_row_is_shown_with_its_tries(run: Run, post: Post) -> None:
    row = post.rows()["busy"]
    code, out, err = run("show", str(row["id"]))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{row['id']}  waiting  phone  test  busy"
    assert "  key      busy" in lines
    assert f"  next try {row['due_at']:%Y-%m-%d %H:%M:%S} UTC" in lines
    (tried,) = [line for line in lines if line.startswith("  try 1 ")]
    assert f"{NOW:%m-%d %H:%M:%S} later in " in tried
    assert tried.endswith(f", again {row['due_at']:%m-%d %H:%M:%S}: 503 busy")


def test_retry_lets_a_row_be_tried_now(run: Run, post: Post) -> None:
    failed, busy, sent = (number_of(post, key) for key in ("failed", "busy", "sent"))
    post.clock.go_to(datetime.now(UTC) + timedelta(minutes=1))
    code, out, err = run("retry", failed, busy, sent)
    assert (code, err) == (0, "")
    assert out == "2 of 3 will be tried again; scrapy deliver does it now.\n"
    post.fars["phone"].says = lambda message: later("503 again")
    post.run()
    assert [each["result"] for each in post.tries("failed")] == ["never", "later"]
    assert post.rows()["failed"]["tries"] == 1
    assert post.statuses()["sent"] == "sent"


def test_drop_cancels_what_waits(run: Run, post: Post) -> None:
    busy, sent = number_of(post, "busy"), number_of(post, "sent")
    code, out, err = run("drop", busy, sent)
    assert (code, err) == (0, "")
    assert out == "1 of 2 dropped; what is sent or on its way stays as it is.\n"
    assert (post.rows()["busy"]["status"], post.rows()["busy"]["note"]) == ("canceled", "dropped by the operator")
    post.clock.go_to(datetime.now(UTC))
    post.run()
    assert post.fars["phone"].keys.count("busy") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "999"), "the outbox has no row 999; scrapy outbox list shows them"),
        (("show", "one"), "'one' is not the number of a message; scrapy outbox list shows them"),
        (("drop", "²"), "'²' is not the number of a message; scrapy outbox list shows them"),
        (("retry", "9" * 13), f"'{'9' * 13}' is not the number of a message; scrapy outbox list shows them"),
        (("show", "2147483647"), "the outbox has no row 2147483647; scrapy outbox list shows them"),
        (("show", "2147483648"), "'2147483648' is not the number of a message; scrapy outbox list shows them"),
        (("list", "--status", "lost"), "--status"),
        (("list", "--format", "xml"), "--format"),
        (("list", "--limit", "few"), "--limit"),
    ],
)
def test_a_wrong_word_is_one_sentence(run: Run, words: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [("list", "5"), ("show",), ("drop",), ("lose", "5")])
def test_words_that_do_not_fit_show_how_to_write_it(run: Run, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="write scrapy outbox list"):
        run(*words)
