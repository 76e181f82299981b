"""Every program with a calendar and flights: a calendar that contradicts stored itineraries makes them rechecked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from awardspider.items import EventType, SearchKind
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.schema import outbox
from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.program_crawls import FAST, PROGRAMS, SOLD_OUT, SPIDERS, crawl_arguments, sites, transport
from tests.support.sandbox_server import Sandbox, sandbox

BOTH = {SearchKind.CALENDAR, SearchKind.ITINERARY}
WITH_BOTH = [name for name in PROGRAMS if set(SPIDERS.load(name).search_kinds) >= BOTH]
# Below the price of any offer, so that no day is searched because it matches.
TOO_CHEAP = {"max_miles": "2"}


def crawl(folder: Path, program: str) -> list[Result]:
    """Crawl as usual twice, then with changed prices, and with a calendar that shows no day any more."""
    arguments, settings = crawl_arguments(program), FAST[transport(program)]
    sold_out = {"host": sites()[program].hosts[0]} | SOLD_OUT
    case = partial(Case, settings=settings)
    cases = [
        case(arguments=arguments),
        case(arguments=arguments),
        case(arguments=arguments | TOO_CHEAP, lowers_prices=True),
        case(arguments=arguments | {"detail": "day"}, faults=(sold_out,)),
        case(arguments=arguments),
        case(arguments=arguments | TOO_CHEAP, faults=(sold_out,)),
    ]
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        return crawl_all(server.url, folder, program, cases)


def kinds(result: Result) -> list[str]:
    return [kind for kind, *_ in result.searches if kind in BOTH]


@pytest.mark.parametrize("program", WITH_BOTH)
def test_contradicted_itineraries_are_rechecked_in_the_same_run(program: str, tmp_path: Path) -> None:
    first, again, dearer, only_days, confirmed, vanished = crawl(tmp_path, program)
    assert [each.error for each in (first, again, dearer, only_days, confirmed, vanished)] == [None] * 6
    assert first.offers
    assert (again.offers, again.unconfirmed) == (first.offers, []), "an unchanged calendar contradicts nothing"
    # A calendar with prices shows that the stored price is too low; one that counts seats does not.
    if "itinerary" in kinds(dearer):
        assert (dearer.offers, dearer.unconfirmed) == (first.offers, [])
    else:
        assert program == "sas"
    assert kinds(only_days) == ["calendar"] * len(kinds(only_days))
    assert only_days.unconfirmed, "without a recheck they stay unconfirmed"
    assert confirmed.unconfirmed == []
    assert confirmed.offers == first.offers
    assert "itinerary" in kinds(vanished)
    assert vanished.unconfirmed == []
    assert not vanished.offers.keys() & only_days.unconfirmed, "the recheck ended them"


# ---- messages ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as running:
        yield running


def events(workspace: Workspace) -> dict[str, set[str]]:
    """Return the statuses of the messages to the phone, by type of event."""
    found: dict[str, set[str]] = {}
    for row in workspace.rows(outbox):
        found.setdefault(row["event_type"], set()).add(row["status"])
    return found


def add_channel(workspace: Workspace, url: str) -> None:
    store = workspace.store()
    types = (EventType.OFFER_MATCHED, EventType.OFFER_GONE)
    row: dict[str, Any] = {"name": "phone", "kind": "webhook", "address": url, "created_at": datetime.now(UTC)}
    save_channel(store, ChannelRow(**row, events=types))
    store.close()


def test_people_are_notified_that_a_rechecked_offer_is_gone(server: Sandbox, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data", server.url)
    add_channel(workspace, "https://hooks.example.com/phone")
    watches, arguments = tmp_path / "watches.yaml", crawl_arguments("united")
    for dates, miles in ((arguments["dates"], "200000"), (arguments["dates"], "1")):
        watches.write_text(
            f"watches:\n  - name: Any\n    origin: {arguments['origin']}\n    destination: {arguments['destination']}\n"
            f"    dates: {dates}\n    max_miles: {miles}\n    notify: {{gone_note: yes}}\n"
        )
        workspace.scrapy("watches", "import", str(watches), check=True)
        workspace.scrapy("crawl", "united", check=True)
        server.fault("www.united.com", "sold_out")
    found = events(workspace)
    assert found == {
        EventType.OFFER_MATCHED: {"in_digest"},
        EventType.DIGEST: {"sent"},
        EventType.OFFER_GONE: {"sent", "canceled"},  # canceled for flights that the digest only counts
    }
    assert {row["gone_at"] is None for row in workspace.offers if row["detail"] == "itinerary"} == {False}
