"""No English sentence is left where a page in Portuguese or Spanish says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import lxml.html
import pytest
from httpx import Response
from starlette.testclient import TestClient

from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from tests.support.memory_scrapyd import MemoryScrapyd
from tests.support.panel import Panel
from tests.support.panel_operations import use_scrapyds
from tests.support.storage_examples import NOW as OFFERS_SEEN
from tests.support.storage_examples import make_batch, make_itinerary
from tests.support.stored_watches import store_watches

#: An address, and the form that is sent to it.
Request = tuple[str, dict[str, str] | None]

WATCH = {
    "tab": "form", "kind": "award", "action": "save", "name": "x" * 120, "origin": "Nowhereland",
    "destination": "San Jose", "dates": "2027-02-30", "nights": "many", "max_miles": "cheap", "max_taxes": "5 moons",
    "max_points": "0", "max_duration": "90", "departure_hours": "noon", "arrival_hours": "10:00-10:00",
    "via": "not LHR;", "carriers": "Nope", "aircraft": "jet", "flights": "UA", "programs": "nope",
    "alliances": "moon", "deal": "poor", "expires": "soon", "note": "x" * 600, "min_cpp": "-1",
    "min_cabin_share": "200", "notify.quiet_hours": "night", "notify.timezone": "Mars", "notify.max_age": "old",
    "notify.digest_at": "late", "notify.max_per_day": "x", "notify.channels.nope": "normal",
}  # fmt: skip
CONFLICTS: list[dict[str, str]] = [
    {"origin": "anywhere", "destination": "anywhere"},
    {"destination": "LAX"},
    {"max_trip_miles": "9000"},
    {"max_trip_taxes": "90 USD"},
    {"min_cabin_share": "80"},
    {"min_cabin_share": "80", "cabins": "first", "allow_mixed_cabin": ""},
    {"carriers": "UA", "not_carriers": "UA"},
    {"operated_by": "UA", "not_operated_by": "star_alliance"},
    {"carriers": "DL", "flights": "UA1"},
    {"not_carriers": "UA", "flights": "UA1"},
    {"via": "DEN", "max_stops": "0"},
    {"via": "DEN", "not_via": "DEN,ORD"},
    {"programs": "delta", "alliances": "oneworld"},
    {"dates": "2020-03-10"},
    {"expires": "2020-03-10"},
]
PROMOTION_CONFLICTS: list[dict[str, str]] = [
    {"kinds": "buy_miles", "banks": "amex"},
    {"kinds": "page_change", "min_percent": "20"},
    {"banks": "amex", "max_cents": "1.5"},
    {"programs": "amex"},
    {"banks": "united"},
    {"programs": "oneworld"},
]
YAML = [
    "", "watches", "watches: 1", "watches:\n\t- name: x", "watches:\n- name: x\n- name: y", "what: [x]",
    "watches:\n- name: x\n  name: y", "watches:\n- x", "watches:\n- {name: x, origin: LAX", "--- a\n--- b",
    "watches:\n- name: x\n  origin: LAX\n  destination: TYO\n  dates: never\n",
    "watches:\n- name: x\n  origin: LAX\n  destination: TYO\n  dates: 2031-03\n  max_mile: 9000\n",
    "watches:\n- name: x\n  origin: LAX\n  destination: TYO\n  dates: 2031-03\n  notify: {channels: {nope: loud}}\n",
]  # fmt: skip
ADDRESSES = [
    "/?from=Nowhereland&to=San Jose&first=2030-13&max_miles=cheap&max_taxes=5 moons&max_stops=x&min_seats=99",
    "/?cabin=busines&program=nope&class=poor&min_cpp=x&view=all&sort=x",
    "/?first=2031-03-10&last=2031-03-01",
    "/calendar?from=Nowhereland&to=San Jose",
    "/searches?outcome=lots&reason=x&kind=y&since=tomorrow&until=x",
    "/promotions?kind=x&program=nope&bank=united",
    "/routes/SFO-SFO",
    "/routes/SFO-Nowhereland",
    "/programs/nope",
    "/promotions/nope",
    "/runs/nope",
    "/schedule/nope/edit",
    "/searches?after=nonsense",
]
SCHEDULE: list[dict[str, str]] = [
    {"subject": ""},
    {"every": ""},
    {"every": "soon"},
    {"every": "1 s"},
    {"every": "6 h", "cron": "30 6 * * *"},
    {"every": "6 h", "timezone": "Europe/Berlin"},
    {"every": "", "cron": "1 2 3"},
    {"every": "", "cron": "99 * * * *"},
    {"every": "", "cron": "0 0 1 * 1"},
    {"every": "", "cron": "0 0 30 2 *"},
    {"every": "", "cron": "0 0 * * *", "timezone": "Mars"},
    {"every": "1 h", "jitter": "2 h"},
    {"every": "1 h", "arguments": "detail"},
    {"every": "1 h", "max_run_time": "9 d"},
    {"every": "1 h", "name": "a b"},
    {"every": "1 h", "subject": "task:backup", "arguments": "detail=day"},
    {"every": "1 h", "subject": "spider:nope"},
]
STARTS: list[dict[str, str]] = [
    {},
    {"spider": "delta"},
    {"spider": "ecb", "origin": "LAX"},
    {"spider": "delta", "origin": "Nowhereland", "destination": "JFK", "dates": "2031-01"},
    {"spider": "delta", "origin": "LAX", "dates": "2031-01"},
    {"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "2020-01"},
    {"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "2031-01", "cabins": "busines"},
    {"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "2031-01", "travelers": "99"},
    {"spider": "delta", "origin": "LAX", "destination": "JFK", "dates": "2031-01", "detail": "all"},
]
CHANNELS: list[dict[str, str]] = [
    {"kind": "nope"},
    {"kind": "webhook", "name": "a b", "address": "https://a.example"},
    {"kind": "webhook", "name": "a", "address": "ftp://a.example"},
    {"kind": "webhook", "name": "a", "address": "env:SECRET"},
    {"kind": "webhook", "name": "a", "address": ""},
    {"kind": "apprise", "name": "a", "address": "nonsense"},
    {"kind": "sheets", "name": "a", "address": "x"},
]


@pytest.fixture
def operator(panel: Panel) -> TestClient:
    use_scrapyds(panel, MemoryScrapyd(), AWARD_SANDBOX_URL="http://127.0.0.1:1")
    return panel.signed_in(Role.OPERATOR)


def award(**fields: str) -> dict[str, str]:
    valid = {"name": "Tokyo", "origin": "LAX", "destination": "TYO", "dates": "2031-03", "allow_mixed_cabin": "yes"}
    return {"tab": "form", "kind": "award", "action": "save"} | valid | fields


def promotion(**fields: str) -> dict[str, str]:
    return {"tab": "form", "kind": "promotion", "action": "save", "name": "Bonuses"} | fields


def posts(address: str, forms: list[dict[str, str]]) -> list[Request]:
    return [(address, form) for form in forms]


REQUESTS: dict[str, list[Request]] = {
    "addresses": [(address, None) for address in ADDRESSES],
    "watches": posts("/watches/new", [WATCH, *(award(**fields) for fields in CONFLICTS)]),
    "promotions": posts("/watches/new", [promotion(**fields) for fields in PROMOTION_CONFLICTS]),
    "yaml": posts("/watches/new", [{"tab": "yaml", "kind": "award", "action": "save", "yaml": text} for text in YAML]),
    "schedule": posts("/schedule/add", [{"subject": "spider:delta", "every": "6 h"} | fields for fields in SCHEDULE]),
    "starts": posts("/runs/start", STARTS),
    "channels": posts("/channels/new", CHANNELS),
    "account": [("/account/preferences", {"timezone": "Mars"}), ("/account/tokens", {"name": ""})],
}


def sender(client: TestClient, address: str, form: dict[str, str] | None) -> Callable[[str], Response]:
    def send(language: str) -> Response:
        headers = {"accept-language": language, "accept": "text/html"}
        return (
            client.get(address, headers=headers) if form is None else client.post(address, data=form, headers=headers)
        )

    return send


def sentences(page: str) -> list[str]:
    """Return what a page says is wrong."""
    tree = lxml.html.fromstring(page)
    found = tree.xpath(
        "//*[contains(concat(' ', @class, ' '), ' error ')] | //ul[@class='watch-errors']/li"
        " | //*[contains(@class, 'notice-bad') or contains(@class, 'notice-warn')]//li"
        " | //*[(contains(@class, 'notice-bad') or contains(@class, 'notice-warn')) and not(.//li)]"
        " | //p[@class='lead' and ../h1]"
    )
    return [" ".join(element.text_content().split()) for element in found]


def phrases(text: str) -> set[str]:
    """Return each four words in a row, which a sentence in another language does not share."""
    words = [part.split(" ") for part in re.sub(r'"[^"]*"', "|", text).split("|")]
    return {
        " ".join(part[i : i + 4])
        for part in words
        for i in range(len(part) - 3)
        if all(w.isalpha() for w in part[i : i + 4])
    }


def english(page: str) -> list[str]:
    """Return the texts that a page marks as English, apart from the name of the language."""
    return [
        " ".join(element.text_content().split())
        for element in lxml.html.fromstring(page).xpath("//main//*[@lang='en']")
        if element.tag != "option"
    ]


@pytest.mark.parametrize("group", REQUESTS)
def test_what_is_wrong_is_said_in_the_language_of_the_page(operator: TestClient, group: str) -> None:
    for address, form in REQUESTS[group]:
        send = sender(operator, address, form)
        original = sentences(send("en").text)
        assert original, f"the page says nothing: {address} {form}"
        for language in ("pt", "es"):
            page = send(language).text
            assert english(page) == []
            shown = sentences(page)
            assert len(shown) == len(original)
            assert [text for text in shown if phrases(text) & phrases(" | ".join(original))] == []


def test_the_form_of_a_watch_names_fields_by_their_labels(operator: TestClient) -> None:
    for fields in [{**WATCH, "action": "try"}, award(dates=""), *(award(**each) for each in CONFLICTS)]:
        page = sender(operator, "/watches/new", fields)("en").text
        text = re.sub(r'"[^"]*"|known: [\w, ]*', "", " ".join(sentences(page)))
        assert re.findall(r"\b[a-z]+_[a-z_]+\b", text) == [], fields


def test_a_form_in_spanish_has_no_english_sentence(operator: TestClient) -> None:
    page = sender(operator, "/watches/new", award(dates="", max_miles="cheap", carriers="UA", not_carriers="UA"))(
        "es"
    ).text
    assert "Fechas de salida</a>: falta (por ejemplo 2027-03)" in page
    words = {"the", "is", "must", "missing", "write", "not", "of", "unknown", "with", "an"}
    for text in sentences(page):
        assert not words & set(re.findall(r"\w+", text.lower())), text


def test_a_watch_that_is_not_searched_says_why_in_the_language_of_the_page(panel: Panel, operator: TestClient) -> None:
    store_watches(panel.store, "Old", origin="LAX", destination="TYO", dates="2030-11-23")
    panel.now += timedelta(days=3)
    page = sender(operator, "/watches", None)("es").text
    assert "sus fechas ya pasaron (hoy es 2030-11-25)" in page
    assert english(page) == []


NEAR_MISSES: list[dict[str, str]] = [
    {"departure_hours": "00:00-00:30"},
    {"carriers": "LH"},
    {"not_carriers": "UA,DL,AA,AS,B6,F9,WN"},
    {"aircraft": "77W or A359"},
    {"flights": "NH7"},
    {"via": "ANC"},
    {"deal": "record_low"},
    {"min_cpp": "40"},
    {"sale_only": "yes"},
    {"saver_only": "yes"},
]


def test_near_misses_say_why_in_the_language_of_the_page(panel: Panel, operator: TestClient) -> None:
    panel.now = OFFERS_SEEN + timedelta(hours=1)
    write_batch(panel.store, make_batch(make_itinerary(), make_itinerary(saver=False, on_sale=False)))
    seen = set()
    for fields in NEAR_MISSES:
        form = award(origin="LAX", destination="AUS", dates="any", **fields) | {"action": "try"}
        send = sender(operator, "/watches/new", form)
        original = why(send("en").text)
        seen |= set(original)
        for language in ("pt", "es"):
            assert not set(why(send(language).text)) & set(original)
    assert len(seen) >= len(NEAR_MISSES) // 2


def why(page: str) -> list[str]:
    """Return the reasons for which offers do not match."""
    cells = lxml.html.fromstring(page).xpath("//td[contains(@class, 'watch-why')]")
    return [" ".join(cell.text_content().split()) for cell in cells]
