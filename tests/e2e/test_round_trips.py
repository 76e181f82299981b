"""Crawls of a round-trip watch: what matches is exactly what the sandbox offers as part of a pair."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest

from awardspider.items import EventType
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.schema import alerts, outbox
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

FIRST = (datetime.now(UTC) + timedelta(days=60)).date()
DAYS = [FIRST, FIRST + timedelta(days=1)]
NIGHTS = (5, 6)


class Flight(NamedTuple):
    origin: str
    day: date
    flights: str
    miles: int


def truth(server: Sandbox, route: str, days: list[date]) -> list[Flight]:
    origin, destination = route.split("-")
    query = {"program": "united", "origin": origin, "destination": destination, "detail": "itinerary"}
    return [
        Flight(origin, day, offer["flights"], offer["miles"])
        for day in days
        for offer in server.truth(**query, cabin="business", date=str(day))
    ]


def add_channel(workspace: Workspace) -> None:
    store = workspace.store()
    row: dict[str, Any] = {"name": "phone", "kind": "webhook", "address": "https://hooks.example.com/phone"}
    save_channel(store, ChannelRow(**row, created_at=datetime.now(UTC), events=(EventType.OFFER_MATCHED,)))
    store.close()


def import_watch(workspace: Workspace, limit: int) -> None:
    path = workspace.folder.parent / "watches.yaml"
    path.write_text(
        f"watches:\n  - name: Tokyo\n    origin: SFO\n    destination: NRT\n    dates: {DAYS[0]}..{DAYS[-1]}\n"
        f"    nights: {NIGHTS[0]}-{NIGHTS[1]}\n    cabins: business\n    max_trip_miles: {limit}\n"
        "    max_trip_taxes: 5000 EUR\n"
    )
    workspace.scrapy("watches", "import", str(path), check=True)


def matched(workspace: Workspace) -> set[Flight]:
    ids = {row["offer_id"] for row in workspace.rows(alerts)}
    offers = [offer for offer in workspace.offers if offer["id"] in ids]
    return {Flight(offer["origin"], offer["departure_date"], offer["flights"], offer["miles"]) for offer in offers}


@pytest.mark.slow
def test_offers_match_if_and_only_if_they_are_part_of_a_pair(workspace: Workspace, server: Sandbox) -> None:
    add_channel(workspace)
    outbound = truth(server, "SFO-NRT", DAYS)
    inbound = truth(server, "NRT-SFO", [FIRST + timedelta(days=days) for days in range(5, 8)])
    pairs = [each for each in product(outbound, inbound) if (each[1].day - each[0].day).days in NIGHTS]
    totals = sorted(out.miles + back.miles for out, back in pairs)
    limit = totals[len(totals) // 3]
    pairs = [(out, back) for out, back in pairs if out.miles + back.miles <= limit]
    expected = {offer for pair in pairs for offer in pair}
    assert expected < {*outbound, *inbound}, "some offers have no partner"
    import_watch(workspace, limit)
    log = workspace.scrapy("crawl", "united", check=True).stderr
    assert log.count("Taxes are compared with rates of the European Central Bank of ") == 1
    first = matched(workspace)
    assert first <= expected
    assert any(out in first or back in first for out, back in pairs)
    # The direction that the first crawl saw first has partners now.
    workspace.scrapy("crawl", "united", check=True)
    assert matched(workspace) == expected

    named = set()
    for body in (row["body"] for row in workspace.rows(outbox) if row["body"].get("trip_nights")):
        offer = Flight(body["origin"], date.fromisoformat(body["departure_date"]), body["flights"], body["miles"])
        partners = [pair[1 - side] for side in (0, 1) for pair in pairs if pair[side] == offer]
        assert body["trip_other_miles"] in {partner.miles for partner in partners}
        assert body["trip_nights"] in NIGHTS
        assert body["trip_taxes_currency"] == body["taxes_currency"]
        assert body["trip_is_return"] is (offer.origin == "NRT")
        pair = frozenset((body["offer_id"], body["trip_other_offer_id"]))
        assert pair not in named, "a pair is sent once"
        named.add(pair)
    assert named
