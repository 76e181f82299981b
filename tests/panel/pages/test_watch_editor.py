"""The editor of watches: prefilled addresses, words, errors, trying, saving, and two people at the same watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import Response
from starlette.testclient import TestClient

from awardspider.items import Cabin, SearchKind
from awardspider.panel.application import create_app
from awardspider.search.capabilities import SearchCapabilities
from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from awardspider.storage.watches import find_entries, get_watch, read_watches, save_watches
from tests.support.html_forms import form_values, page_form, send_form
from tests.support.panel import Panel
from tests.support.storage_examples import NOW, make_batch, make_offer
from tests.support.stored_watches import store_watches

PREFILLED = "/watches/new?from=SFO&to=NRT&date=2027-03-10&cabin=business&max_miles=75000&program=united"
WISH = "two business seats from LAX to Austin in March 2027 under 90k"


@pytest.fixture(autouse=True)
def time(panel: Panel) -> None:
    """Set the clock of the panel to an hour after the offers were seen."""
    panel.now = NOW + timedelta(hours=1)


@pytest.fixture
def client(panel: Panel) -> TestClient:
    return panel.signed_in(Role.OPERATOR)


def values(page: str) -> dict[str, list[str]]:
    return form_values(page_form(page, has="applied_words"))


def submit(client: TestClient, page: str, action: str, **changes: object) -> Response:
    return send_form(client, page, has="applied_words", action=action, **changes)


def error_of(page: str, field: str) -> str:
    return page.partition(f'id="field-{field}-error">')[2].partition("<")[0].replace("&#34;", '"')


# ---- new watches -----------------------------------------------------------------------------------------------------


def test_an_address_prefills_the_form(client: TestClient) -> None:
    sent = values(client.get(PREFILLED).text)
    assert sent["origin"] == ["SFO"]
    assert sent["destination"] == ["NRT"]
    assert sent["dates"] == ["2027-03-10"]
    assert sent["cabins"] == ["business"]
    assert sent["max_miles"] == ["75000"]
    assert sent["programs"] == ["united", ""]
    assert sent["name"] == ["SFO → NRT"]


def test_an_address_prefills_a_watch_for_promotions(client: TestClient) -> None:
    sent = values(client.get("/watches/new?kind=promotion&kinds=transfer_bonus&banks=amex").text)
    assert (sent["kinds"], sent["banks"]) == (["transfer_bonus"], ["amex"])


def test_a_saved_form_becomes_a_watch(panel: Panel, client: TestClient) -> None:
    response = submit(client, client.get(PREFILLED).text, "save", name="Tokyo")
    (stored,) = read_watches(panel.store, now=panel.now).readable
    assert response.headers["location"] == f"/watches/{stored.watch.id}?notice=watch_added"
    assert stored.watch.name == "Tokyo"
    assert stored.watch.max_miles == 75_000
    assert stored.watch.programs == ("united",)


def test_every_error_is_beside_its_field_and_the_values_stay(panel: Panel, client: TestClient) -> None:
    page = client.get("/watches/new?tab=form").text
    response = submit(
        client, page, "save", name="Tokyo", origin="San Jose", destination="Tokio Hotel", max_miles="cheap",
        **{"notify.quiet_hours": "night", "notify.timezone": "Mars"},
    )  # fmt: skip
    assert response.status_code == 422
    assert "San Jose is ambiguous" in error_of(response.text, "origin")
    assert error_of(response.text, "dates") == "missing (for example 2027-03)"
    assert "Departure dates</a>: missing (for example 2027-03)" in response.text
    assert error_of(response.text, "destination")
    assert error_of(response.text, "max_miles")
    assert error_of(response.text, "notify_quiet_hours")
    assert error_of(response.text, "notify_timezone")
    sent = values(response.text)
    assert sent["max_miles"] == ["cheap"]
    assert sent["origin"] == ["San Jose"]
    assert sent["notify.timezone"] == ["Mars"]
    assert find_entries(panel.store) == []


def test_fields_that_contradict_each_other_are_refused(client: TestClient) -> None:
    response = submit(client, client.get(PREFILLED).text, "save", max_trip_miles="150000")
    assert "is for round trips: add nights" in error_of(response.text, "max_trip_miles")


def test_dates_that_have_passed_are_refused(client: TestClient) -> None:
    response = submit(client, client.get(PREFILLED).text, "save", dates="2026-03")
    assert "is in the past" in error_of(response.text, "dates")


def test_a_name_that_exists_is_refused_and_nothing_is_replaced(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Tokyo")
    response = submit(client, client.get(PREFILLED).text, "save", name="TOKYO")
    assert response.status_code == 422
    assert error_of(response.text, "name") == 'another watch has the name "Tokyo"; choose another name'


def test_an_unknown_channel_is_refused(client: TestClient) -> None:
    page = client.get(PREFILLED).text
    response = submit(client, page, "save", **{"notify.channels.fone": "urgent"})
    assert 'unknown channel "fone"' in error_of(response.text, "notify_channels")


def test_a_copy_is_a_new_watch(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Austin", max_miles=20_000)
    submit(client, client.get("/watches/new?copy=Austin").text, "save")
    copies = [
        stored.watch for stored in read_watches(panel.store, now=panel.now).readable if stored.watch.id != "Austin"
    ]
    assert [(copy.name, copy.max_miles) for copy in copies] == [("Austin (2)", 20_000)]


def test_the_operator_chooses_the_owner_and_a_member_cannot(panel: Panel, client: TestClient) -> None:
    ana = panel.owner("Ana").id
    submit(client, client.get(PREFILLED).text, "save", name="for Ana", owner=ana)
    member = panel.signed_in(Role.MEMBER, name="ana", owner_id=ana)
    submit(member, member.get(PREFILLED).text, "save", name="own", owner="default")
    assert {entry.name: entry.owner_id for entry in find_entries(panel.store)} == {"for Ana": ana, "own": ana}


# ---- words -----------------------------------------------------------------------------------------------------------


def test_words_become_a_readable_list_and_a_watch(panel: Panel, client: TestClient) -> None:
    page = submit(client, client.get("/watches/new").text, "understand", words=WISH).text
    assert "Mar 1 – 31, 2027" in page
    assert "90,000" in page
    submit(client, page, "save")
    (stored,) = read_watches(panel.store, now=panel.now).readable
    assert stored.watch.travelers == 2
    assert stored.watch.max_miles == 90_000
    assert stored.watch.name == WISH


def test_what_is_unclear_is_a_question(client: TestClient) -> None:
    page = submit(client, client.get("/watches/new").text, "understand", words="business to Portland in May").text
    assert "Which Portland do you mean" in page
    form = submit(client, page, "tab:form").text
    assert values(form)["cabins"] == ["business"]


def test_words_about_promotions_lead_to_their_form(client: TestClient) -> None:
    page = submit(
        client, client.get("/watches/new").text, "understand", words="tell me about Amex transfer bonuses"
    ).text
    assert "/watches/new?kind=promotion&amp;kinds=transfer_bonus" in page


def test_changes_in_the_form_stay_when_the_words_are_shown_again(client: TestClient) -> None:
    page = submit(client, client.get("/watches/new").text, "understand", words=WISH).text
    form = submit(client, page, "tab:form").text
    words = submit(client, form, "tab:words", max_miles="70k").text
    assert values(submit(client, words, "tab:form").text)["max_miles"] == ["70k"]


def test_new_words_keep_what_words_cannot_say(client: TestClient) -> None:
    form = submit(client, client.get("/watches/new").text, "tab:form").text
    words = submit(client, form, "tab:words", note="for Ana", max_stops="0").text
    sent = values(submit(client, words, "tab:form", words=WISH).text)
    assert (sent["note"], sent["max_miles"], sent["max_stops"]) == (["for Ana"], ["90000"], [""])


# ---- YAML ------------------------------------------------------------------------------------------------------------


def test_an_error_in_yaml_has_its_line(client: TestClient) -> None:
    page = submit(client, client.get(PREFILLED).text, "tab:yaml").text
    text = "watches:\n  - name: Tokyo\n    origin: SFO\n    destination: NRT\n    dates: 2027-03\n    cabins: busines\n"
    response = submit(client, page, "save", yaml=text)
    assert response.status_code == 422
    assert "Line 6: unknown cabin" in response.text
    assert "did you mean business?" in response.text
    assert values(response.text)["yaml"][0].replace("\r", "") == text


@pytest.mark.parametrize(
    "text",
    ["watches: [", "watches:\n  - name: a\n    orgin: LAX\n", "watches:\n  - {name: a}\n  - {name: b}\n", "x: 1", ""],
)
def test_yaml_that_the_form_cannot_show_stays_as_it_is(client: TestClient, text: str) -> None:
    page = submit(client, client.get(PREFILLED).text, "tab:yaml").text
    kept = submit(client, page, "tab:form", yaml=text).text
    assert values(kept)["tab"] == ["yaml"]
    assert values(kept)["yaml"][0].replace("\r", "") == text
    assert 'id="yaml-error"' in kept


def test_yaml_is_saved(panel: Panel, client: TestClient) -> None:
    page = submit(client, client.get(PREFILLED).text, "tab:yaml").text
    submit(client, page, "save", yaml="promotions:\n  - name: Bonuses\n    kinds: transfer bonus\n")
    assert [(entry.name, entry.kind) for entry in find_entries(panel.store)] == [("Bonuses", "promotion")]


# ---- trying ----------------------------------------------------------------------------------------------------------


def test_trying_shows_matches_misses_and_requests_without_saving(panel: Panel) -> None:
    capabilities = {"united": SearchCapabilities(kinds=(SearchKind.CALENDAR,))}
    panel.app = create_app(replace(panel.config, capabilities=lambda: capabilities))
    client = panel.signed_in(Role.OPERATOR)
    write_batch(panel.store, make_batch(make_offer(miles=12_500), make_offer(miles=18_000, cabin=Cabin.BUSINESS)))
    page = client.get("/watches/new?from=LAX&to=AUS&date=2027-03&max_miles=15000&program=united").text
    response = submit(client, page, "try", name="")
    assert response.status_code == 200
    assert "1 stored offer matches now." in response.text
    assert "1 offer is above your limit, by 3,000 miles." in response.text
    assert "1 request a day" in response.text
    assert find_entries(panel.store) == []


def test_routes_that_were_not_searched_are_not_called_empty(client: TestClient) -> None:
    page = submit(client, client.get(PREFILLED).text, "try").text
    assert "These routes have not been searched in the last week" in page
    assert "Nothing that is stored matches now" not in page


def test_trying_with_a_script_returns_only_the_result(client: TestClient) -> None:
    page = client.get(PREFILLED).text
    client.headers["HX-Request"] = "true"
    found = submit(client, page, "try")
    assert "<html" not in found.text
    assert "not been searched" in found.text
    invalid = submit(client, page, "try", max_miles="cheap")
    assert (invalid.status_code, "<html" in invalid.text) == (200, False)
    assert 'href="#field-max_miles"' in invalid.text


def test_programs_that_cannot_be_searched_are_named(client: TestClient) -> None:
    page = submit(client, client.get(PREFILLED).text, "try").text
    assert "Not covered (1)" in page
    assert "United MileagePlus" in page


# ---- stored watches --------------------------------------------------------------------------------------------------


def test_an_edit_keeps_the_identity(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Austin", max_miles=20_000)
    response = submit(client, client.get("/watches/Austin/edit").text, "save", name="Texas", max_miles="15k")
    assert response.headers["location"] == "/watches/Austin?notice=watch_saved"
    watch = get_watch(panel.store, "Austin", now=panel.now).watch
    assert (watch.name, watch.max_miles) == ("Texas", 15_000)


def test_dates_that_passed_since_can_stay(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Austin", dates="2026-01")
    response = submit(client, client.get("/watches/Austin/edit").text, "save", max_miles="15k")
    assert response.status_code == 303


def test_the_later_of_two_people_gets_a_message_and_keeps_the_text(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Austin", max_miles=20_000)
    page = client.get("/watches/Austin/edit").text
    other = get_watch(panel.store, "Austin", now=panel.now).watch
    save_watches(panel.store, [replace(other, max_miles=18_000)], now=panel.now)
    conflict = submit(client, page, "save", note="for Ana", max_miles="15k")
    assert conflict.status_code == 409
    assert "Someone else changed this watch" in conflict.text
    assert "18,000" in conflict.text
    assert values(conflict.text)["max_miles"] == ["15k"]
    assert get_watch(panel.store, "Austin", now=panel.now).watch.max_miles == 18_000
    assert submit(client, conflict.text, "save").status_code == 303
    watch = get_watch(panel.store, "Austin", now=panel.now).watch
    assert (watch.max_miles, watch.note) == (15_000, "for Ana")


def test_a_watch_that_was_removed_in_the_meantime_is_not_found(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "Austin")
    page = client.get("/watches/Austin/edit").text
    client.post("/watches/Austin/remove")
    assert submit(client, page, "save").status_code == 404


def test_text_is_escaped(panel: Panel, client: TestClient) -> None:
    store_watches(panel.store, "<script>alert(1)</script>", note='"><img src=x onerror=alert(1)>')
    (entry,) = find_entries(panel.store)
    store_watches(panel.store, "plain")
    for path in ("/watches", "/watches/new?name=<script>alert(1)</script>&tab=form"):
        assert "<script>alert" not in client.get(path).text
    assert entry.name
