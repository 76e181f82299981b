"""The recorder of a run, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event

from awardspider.search.match_states import MatchState
from awardspider.storage.batches import write_batch
from awardspider.storage.matches import new_match
from awardspider.storage.recorder import Recorder
from awardspider.storage.store import Store
from tests.support.held_messages import message_row
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer, make_search


def test_matches_and_messages_are_read_once_for_the_offers_of_a_search(store: Store) -> None:
    items = [make_itinerary(departure_date=DAY + timedelta(days=number)) for number in range(200)]
    state = MatchState(since=NOW, offer_id=items[0].offer_id, miles=12_500)
    matches = [new_match("spring", item, state) for item in items[:100]]
    rows = [
        replace(message_row(item, watch="spring"), key=item.offer_id, flight_key=item.flight_key)
        for item in items[:100]
    ]
    write_batch(store, make_batch(*items, matches={match.key: match for match in matches}, outbox=rows))
    recorder = Recorder(store, "run", None)
    search = make_search(kind="itinerary", first=DAY, last=DAY + timedelta(days=300))
    assert len(recorder.live_offers(search, "united")) == 200
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    memory = recorder.memory
    assert all(memory.matches_of(item)["spring"].state.miles == 12_500 for item in items[:100])
    assert not any(memory.matches_of(item) for item in items[100:])
    assert all(len(memory.messages_of(item)) == 1 for item in items[:100])
    assert not any(memory.messages_of(item) for item in items[100:])
    assert len(memory.matches_in(search)) == 100
    assert len([text for text in statements if "matches" in text]) == 1
    assert len([text for text in statements if "outbox" in text]) == 1
    recorder.add_match(new_match("autumn", items[0], state))
    assert memory.matches_of(items[0]).keys() == {"spring", "autumn"}


def test_matches_are_read_for_offers_outside_of_searches(store: Store) -> None:
    offer = make_offer()
    match = new_match("spring", offer, MatchState(since=NOW, offer_id=offer.offer_id, miles=9_000))
    write_batch(store, make_batch(offer, matches={match.key: match}))
    assert Recorder(store, "run", None).memory.matches_of(offer) == {"spring": match}
