"""Every fault of the sandbox: the operator gets one message when a crawl meets it, none again, and one when it is over.

The same for a crawl that is killed, and one that crashes at its start.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from awardspider.delivery.channels.configuration import OPERATOR_EVENTS
from awardspider.delivery.messages.events import parse_event
from awardspider.delivery.messages.render import Form, render
from awardspider.sandbox.faults import FAULTS, VARIANTS
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.schema import outbox
from awardspider.storage.store import open_store
from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.paths import ROOT
from tests.support.program_crawls import sites
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

Fault: TypeAlias = dict[str, Any]

HOST = "www.united.com"
SEARCH = {"origin": "LAX", "destination": "AUS,SEA", "dates": "+60", "detail": "itinerary"}
ARGUMENTS = tuple(part for name, value in SEARCH.items() for part in ("-a", f"{name}={value}"))
FAST = {"RETRY_ENABLED": False, "DOWNLOAD_TIMEOUT": 1}

#: Faults after which every search ends without an error, but finds far fewer offers than usual.
UNUSUAL = ("empty", "sold_out")


def faults_of_united() -> list[Fault]:
    """Return every fault of airline sites, with each of its variants."""
    variants = VARIANTS | {"refused": tuple(refusal.name for refusal in sites()["united"].refusals)}
    return [
        {"host": HOST, "fault": name, "seconds": 3, "retry_after": 3600} | ({"variant": variant} if variant else {})
        for name in FAULTS
        for variant in variants.get(name, ("",))
    ]


CASES = faults_of_united()


def add_operator(folder: Path, address: str = "https://hooks.example.com/x") -> None:
    """Add a channel for the operator; in the sandbox, its messages go to the sandbox."""
    values = {"kind": "webhook", "address": address, "events": OPERATOR_EVENTS, "created_at": datetime.now(UTC)}
    store = open_store("", folder)
    save_channel(store, ChannelRow(name="operator", **values))
    store.close()


def sent_events(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the events sent to the operator, in order."""
    rows = [row for row in workspace.rows(outbox) if row["channel"] == "operator"]
    assert {row["status"] for row in rows} <= {"sent"}
    return [row["body"] for row in rows]


def types(workspace: Workspace) -> list[str]:
    return [event["type"] for event in sent_events(workspace)]


# ---- faults of a site ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Result], list[dict[str, Any]]]:
    """Crawl twice without a fault; then, for each fault, twice with it and once without it."""
    folder = tmp_path_factory.mktemp("faults")
    add_operator(folder)
    good = Case(arguments=SEARCH, settings=FAST)
    cases = [good, good]
    for fault in CASES:
        bad = Case(faults=(fault,), arguments=SEARCH, settings=FAST)
        cases += [bad, bad, good]
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        results = crawl_all(server.url, folder, "united", cases)
    return results, sent_events(Workspace(folder))


def test_every_fault_sends_one_message_and_its_end_one(
    crawled: tuple[list[Result], list[dict[str, Any]]],
) -> None:
    results, sent = crawled
    assert all(result.finish_reason == "finished" for result in [*results[:2], *results[4::3]])
    opened = ["incident.opened" if fault["fault"] in UNUSUAL else "run.failed" for fault in CASES]
    expected = [event_type for first in opened for event_type in (first, "incident.resolved")]
    assert [event["type"] for event in sent] == expected
    for fault, first, result in zip(CASES, sent[::2], results[2::3], strict=True):
        if fault["fault"] in UNUSUAL:
            assert first["sentence"].startswith("found 0 offers, usually about ")
        else:
            assert (first["reason"], bool(first["note"])) == (result.finish_reason, True), fault
        for locale in ("en", "pt_BR", "es"):
            rendered = render(parse_event(first), form=Form.SHORT, locale=locale)
            assert rendered.title.count("United MileagePlus") == 1
            assert len(rendered.body) > len(rendered.title) + 10


# ---- crawls that are killed or crash -------------------------------------------------------------------------------


def test_a_crawl_that_is_killed_or_crashes_at_its_start_is_reported_and_resolved_by_the_next_one(
    workspace: Workspace, server: Sandbox
) -> None:
    add_operator(workspace.folder)
    server.fault(HOST, "slow", seconds=60)
    command = [sys.executable, "-m", "scrapy", "crawl", "united", *ARGUMENTS]
    with subprocess.Popen(
        command, cwd=ROOT, env=workspace.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as crawl:
        try:
            wait_until(lambda: bool(server.requests("/api/flight/")), 120)
        finally:
            crawl.kill()
    server.reset()
    workspace.crawl(**SEARCH)
    assert [event.get("reason") for event in sent_events(workspace)] == ["killed", None]
    assert types(workspace) == ["run.failed", "incident.resolved"]

    crash = ("-s", 'DOWNLOADER_MIDDLEWARES={"tests.support.crawls.NoSuchMiddleware": 1}')
    assert workspace.scrapy("crawl", "united", *ARGUMENTS, *crash).returncode == 1
    assert types(workspace) == ["run.failed", "incident.resolved", "run.failed"]
    workspace.crawl(**SEARCH)
    assert types(workspace) == ["run.failed", "incident.resolved"] * 2
