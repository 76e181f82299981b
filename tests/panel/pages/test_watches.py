"""The list of watches and the page of one: what people see, and what they may change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.search.match_states import MatchState
from awardspider.search.promotion_watches import build_promotion_watch
from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from awardspider.storage.matches import new_match
from awardspider.storage.programs import record_block
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store
from awardspider.storage.watches import find_entries, save_watches
from tests.support.panel import Panel
from tests.support.storage_examples import DAY, NOW, make_batch, make_offer, make_report, make_search
from tests.support.stored_watches import store_watches

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def time(panel: Panel) -> None:
    """Set the clock of the panel to an hour after the offers were seen."""
    panel.now = LATER


def active(store: Store) -> dict[str, bool]:
    return {entry.id: entry.active for entry in find_entries(store)}


def match(store: Store, watch_id: str, *miles: int, **fields: Any) -> None:
    """Store offers that match a watch, as a crawl records them; those of another call need another `origin`."""
    offers = [
        make_offer(departure_date=DAY + timedelta(number), miles=each, **fields) for number, each in enumerate(miles)
    ]
    states = [MatchState(since=NOW, offer_id=offer.offer_id, miles=offer.miles) for offer in offers]
    matches = [new_match(watch_id, offer, state) for offer, state in zip(offers, states, strict=True)]
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))


def test_without_watches_the_page_says_what_to_do(panel: Panel) -> None:
    page = panel.anonymous().get("/watches").text
    assert "No watches yet" in page
    assert 'href="/watches/new"' in page


def test_a_row_says_what_is_watched_and_what_matches(panel: Panel) -> None:
    store_watches(panel.store, "Austin", cabins=(Cabin.ECONOMY,), max_miles=20_000)
    match(panel.store, "Austin", 12_500, 9_000)
    page = panel.anonymous().get("/watches").text
    assert "LAX → AUS · Mar 1 – 31, 2027 · Economy · up to 20,000 miles" in page
    assert "2 offers" in page
    assert "from 9,000 miles" in page


@pytest.mark.parametrize(
    ("current", "row", "headline"),
    [
        (0, ">None<", "Nothing that is stored matches now."),
        (3, ">3 offers<", "3 stored offers match now."),
        (51, ">more than 50 offers<", "More than 50 stored offers match now."),
    ],
)
def test_outdated_matches_do_not_hide_the_number_of_current_ones(
    panel: Panel, current: int, row: str, headline: str
) -> None:
    store_watches(panel.store, "Austin")
    match(panel.store, "Austin", *[9_000] * 200, origin="SFO", seen_at=NOW - timedelta(days=9))
    match(panel.store, "Austin", *[9_500] * current)
    client = panel.anonymous()
    assert row in client.get("/watches").text
    assert headline in client.get("/watches/Austin").text


def test_a_blocked_program_is_shown_with_the_rest_of_its_block(panel: Panel) -> None:
    store_watches(panel.store, "Austin", programs=("united",))
    record_block(panel.store, "united", reason=Reason.BLOCKED, until_at_least=LATER + timedelta(hours=3), now=LATER)
    panel.config.settings["AWARD_ACCEPT_TERMS"] = ["united"]  # type: ignore[index]
    (panel.config.data_dir / "sessions").mkdir()
    (panel.config.data_dir / "sessions" / "united.json").write_text("{}")
    assert "United MileagePlus is paused for 3 hours more" in panel.anonymous().get("/watches").text


def test_dates_that_have_passed_are_shown(panel: Panel) -> None:
    store_watches(panel.store, "Old", dates="2026-01")
    page = panel.anonymous().get("/watches").text
    assert "Expired" in page
    assert "its dates have passed" in page


def test_an_unreadable_watch_is_listed_with_the_reason(panel: Panel) -> None:
    store_watches(panel.store, "Austin")
    with panel.store.writing() as connection:
        connection.exec_driver_sql("""update watches set definition = '{"origin": "Nowhere"}'""")
    client = panel.anonymous()
    assert "its stored definition is invalid" in client.get("/watches").text
    assert client.get("/watches/Austin").status_code == 200
    assert client.get("/watches/Austin/edit").status_code == 400


def test_lists_are_divided_into_pages_by_name(panel: Panel) -> None:
    store_watches(panel.store, *(f"watch {number:02}" for number in range(30)))
    client = panel.anonymous()
    first = client.get("/watches").text
    assert "watch 19" in first
    assert "watch 20" not in first
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = client.get(f"/watches{address}").text
    assert "watch 20" in second
    assert "watch 19" not in second


def test_filters_choose_by_name_kind_and_state(panel: Panel) -> None:
    store_watches(panel.store, "Austin")
    store_watches(panel.store, "Boston", active=False)
    save_watches(panel.store, [build_promotion_watch({"name": "Bonuses"})], now=NOW)
    client = panel.anonymous()

    def shown(query: str) -> set[str]:
        page = client.get(f"/watches?{query}").text
        return {name for name in ("Austin", "Boston", "Bonuses") if f">{name}</a>" in page}

    assert shown("q=bo") == {"Boston", "Bonuses"}
    assert shown("kind=promotion") == {"Bonuses"}
    assert shown("state=paused") == {"Boston"}
    assert "No watch matches these filters" in client.get("/watches?q=nothing").text


def test_the_page_of_a_watch_has_its_definition_and_matches(panel: Panel) -> None:
    store_watches(panel.store, "Austin", max_miles=20_000, note="for Ana")
    match(panel.store, "Austin", 12_500)
    page = panel.anonymous().get("/watches/Austin").text
    assert "for Ana" in page
    assert "12,500 miles" in page
    assert "1 stored offer matches now." in page
    assert 'hx-get="/watches/Austin?check=1"' in page


def test_near_misses_are_a_fragment_for_the_page_and_a_part_of_it_without_scripts(panel: Panel) -> None:
    store_watches(panel.store, "Austin", max_miles=12_000)
    write_batch(panel.store, make_batch(make_offer(miles=15_000)))
    client = panel.anonymous()
    fragment = client.get("/watches/Austin?check=1", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert "1 offer is above your limit, by 3,000 miles." in fragment
    assert "1 offer is above your limit, by 3,000 miles." in client.get("/watches/Austin?check=1").text


def test_only_the_searches_that_could_find_offers_for_a_watch_are_counted(panel: Panel) -> None:
    store_watches(panel.store, "Austin", programs=("seatsaero/united", "delta"))
    reports = [
        make_report(target, search=make_search(program="seatsaero", target_program=target))
        for target in ("united", "delta", "")
    ]
    write_batch(panel.store, make_batch(reports=reports))
    page = panel.anonymous().get("/watches/Austin?check=1").text
    assert "2 found something, 0 found nothing, 0 failed" in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_a_watch_with_too_many_offers_to_compare_says_so(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr("awardspider.panel.watches.preview._MOST_OFFERS", 1)
    store_watches(panel.store, "Austin", max_miles=20_000)
    match(panel.store, "Austin", 12_500, 13_000)
    response = panel.anonymous().get("/watches/Austin?check=1", headers=headers | {"accept": "text/html"})
    assert response.status_code == 200
    assert "ore than 1 offers are stored for these places and dates" in response.text
    assert ("<html" in response.text) == (not headers)
    assert ("12,500 miles" in response.text) == (not headers), "the matches are shown all the same"


def test_pause_and_resume(panel: Panel) -> None:
    store_watches(panel.store, "Austin")
    client = panel.signed_in(Role.MEMBER)
    response = client.post("/watches/Austin/pause")
    assert (response.status_code, response.headers["location"]) == (303, "/watches?notice=watch_paused")
    assert active(panel.store) == {"Austin": False}
    own_page = client.post("/watches/Austin/resume", headers={"referer": "http://127.0.0.1:8787/watches/Austin"})
    assert own_page.headers["location"] == "/watches/Austin?notice=watch_resumed"
    assert active(panel.store) == {"Austin": True}


def test_removal_needs_a_confirmation(panel: Panel) -> None:
    store_watches(panel.store, "Austin")
    client = panel.signed_in(Role.MEMBER)
    assert "Remove “Austin”?" in client.get("/watches/Austin/remove").text
    assert active(panel.store) == {"Austin": True}
    assert client.post("/watches/Austin/remove").headers["location"] == "/watches?notice=watch_removed"
    assert active(panel.store) == {}


def test_members_see_and_change_only_their_own(panel: Panel) -> None:
    ana = panel.owner("Ana").id
    store_watches(panel.store, "mine", owner_id=ana)
    store_watches(panel.store, "theirs", owner_id=DEFAULT_OWNER)
    client = panel.signed_in(Role.MEMBER, name="ana", owner_id=ana)
    page = client.get("/watches").text
    assert ">mine</a>" in page
    assert "theirs" not in page
    for path in ("", "/edit", "/remove"):
        assert client.get(f"/watches/theirs{path}").status_code == 404
    assert client.get("/watches/new?copy=theirs").status_code == 404
    for path in ("pause", "resume", "remove", "edit"):
        assert client.post(f"/watches/theirs/{path}").status_code == 404
    assert active(panel.store) == {"mine": True, "theirs": True}


def test_the_operator_sees_the_owners(panel: Panel) -> None:
    store_watches(panel.store, "hers", owner_id=panel.owner("Ana").id)
    assert "Owner: Ana" in panel.signed_in(Role.OPERATOR).get("/watches").text


def test_viewers_see_their_watches_without_ways_to_change_them(panel: Panel) -> None:
    store_watches(panel.store, "Austin")
    client = panel.signed_in(Role.VIEWER)
    for path in ("/watches", "/watches/Austin"):
        page = client.get(path).text
        assert "Austin" in page
        assert "/edit" not in page
        assert "/pause" not in page
    assert client.get("/watches/new").status_code == 403
    assert client.post("/watches/Austin/pause").status_code == 403


def test_promotion_watches_are_in_the_same_list(panel: Panel) -> None:
    (saved,) = save_watches(
        panel.store, [build_promotion_watch({"name": "Bonuses", "kinds": "transfer bonus", "banks": "amex"})], now=NOW
    )
    client = panel.anonymous()
    assert "Transfer bonus · Amex Membership Rewards" in client.get("/watches").text
    assert client.get(f"/watches/{saved.watch.id}").status_code == 200


@pytest.mark.parametrize("language", ["en", "pt", "es"])
def test_pages_are_in_each_language(panel: Panel, language: str) -> None:
    store_watches(panel.store, "Austin", destination="Japan", nights=None, max_miles=10_000)
    write_batch(panel.store, make_batch(make_offer(destination="NRT")))
    client = panel.anonymous()
    client.cookies.set("language", language)
    for path in ("/watches", "/watches/new", "/watches/Austin?check=1", "/watches/Austin/edit"):
        assert client.get(path).status_code == 200, path
    assert {"en": "Japan", "pt": "Japão", "es": "Japón"}[language] in client.get("/watches").text
