"""The ground truth: only what a site's responses can show."""

from __future__ import annotations

import itertools

import pytest

from awardspider.programs import programs
from awardspider.sandbox.controls import ControlError
from awardspider.sandbox.truth import truth
from tests.support.truth_client import DAYS, INTERNATIONAL, TruthClient


@pytest.fixture(scope="module")
def client() -> TruthClient:
    return TruthClient()


def test_truth_has_only_the_fields_that_a_site_shows(client: TruthClient) -> None:
    for site in client.sites:
        shown = {"day": site.days, "itinerary": site.itineraries}
        for detail, part in shown.items():
            if site.inventory is None or part is None:
                continue
            route = programs()[site.key].control_route
            assert route is not None
            offers = client.query("-".join(route), program=site.key, date="2027-03-10", detail=detail)
            names = {f"segments.{name}" for offer in offers for name in offer.get("segments", [{}])[0]}
            names |= {name for offer in offers for name in offer}
            assert part.without <= names, site.key
            for offer in offers:
                values = offer | {f"segments.{name}": value for name, value in offer.get("segments", [{}])[0].items()}
                assert {values[name] for name in part.without} <= {None}


@pytest.mark.parametrize("program", ["american", "delta", "alaska"])
def test_truth_has_one_offer_for_each_price_that_a_site_shows(client: TruthClient, program: str) -> None:
    routes = ["LAX-JFK", "JFK-LHR", "SEA-JFK", "BUF-LAX"]
    offers = [offer for route in routes for day in DAYS for offer in client.flights(route, day, program=program)]
    keys = [(offer["departs_at"], offer["flights"], offer["cabin"]) for offer in offers]
    assert len(keys) == len(set(keys)) > 0
    (inventory,) = (site.inventory for site in client.sites if site.key == program)
    assert inventory is not None
    step, ordinals = client.world.clock.step, [day.toordinal() for day in DAYS]
    every = [inventory.offers(*route.split("-"), ordinal, 1, step) for route in routes for ordinal in ordinals]
    assert sum(map(len, every)) > len(offers)


def test_truth_counts_landings_only_if_a_site_shows_them(client: TruthClient) -> None:
    shown = {site.key: site.itineraries.landings for site in client.sites if site.itineraries and site.inventory}
    assert {program for program, landings in shown.items() if not landings} == {"qantas", "aeroplan"}
    with_landing = 0
    for program in ("qantas", "aeroplan", "united"):
        for route, day in itertools.product(("ANC-IAH", "DCA-SAN", "BOS-SEA", "ANC-LAX"), DAYS):
            for offer in client.flights(route, day, program=program):
                connections = len(offer["segments"]) - 1
                with_landing += offer["stops"] > connections
                assert offer["stops"] == connections or shown[program]
    assert with_landing


def test_truth_has_cash_prices_only_where_a_site_shows_them(client: TruthClient) -> None:
    sas = client.flights("CPH-LHR", DAYS[3], program="sas") + client.flights("CPH-JFK", DAYS[3], program="sas")
    assert {(offer["saver"], offer["cash_price"] is None) for offer in sas} == {(True, True), (False, False)}
    smiles = client.flights("GRU-GIG", DAYS[3], program="smiles") + client.flights("GRU-CDG", DAYS[3], program="smiles")
    carriers = {
        (offer["cash_price"] is None, {segment["marketing_carrier"] for segment in offer["segments"]} == {"G3"})
        for offer in smiles
    }
    assert carriers == {(True, False), (False, True)}


def test_truth_has_only_the_cabins_that_a_site_sells(client: TruthClient) -> None:
    flights = [offer for route in INTERNATIONAL for offer in client.flights(route, DAYS[3], program="delta")]
    assert {offer["cabin"] for offer in flights} == {"economy", "premium_economy", "business"}
    for program in ("alaska", "jetblue"):
        month = client.query("LAX-JFK", program=program, month="2027-03")
        assert {offer["cabin"] for offer in month} == {"economy"}


def test_a_calendar_without_mixed_cabins_has_the_lower_price(client: TruthClient) -> None:
    for program in ("american", "delta", "flyingblue", "virginatlantic"):
        month = client.query("JFK-LHR", program=program, month="2027-03")
        keys = [(offer["departure_date"], offer["cabin"]) for offer in month]
        assert len(keys) == len(set(keys)) > 0
        assert {offer["mixed_cabin"] for offer in month} == {None}


@pytest.mark.parametrize(
    ("program", "details"),
    [
        ("frontier", ["itinerary"]),
        ("qantas", ["itinerary"]),
        ("smiles", ["itinerary"]),
        ("aeromexico", ["itinerary"]),
        ("aeroplan", ["itinerary"]),
        ("sas", ["itinerary", "seats"]),
        ("cathay", ["seats"]),
        ("virginatlantic", ["day", "seats"]),
        ("flyingblue", ["day", "itinerary"]),
    ],
)
def test_truth_has_only_the_details_that_a_site_shows(client: TruthClient, program: str, details: list[str]) -> None:
    query = {"program": program, "origin": "LHR", "destination": "JFK", "date": "2027-03-10"}
    assert truth(client.world, client.sites, query)["detail"] == details[0]
    for detail in ("day", "itinerary", "seats"):
        if detail in details:
            assert truth(client.world, client.sites, query | {"detail": detail})["detail"] == detail
        else:
            with pytest.raises(ControlError, match=rf"^detail: expected {' or '.join(details)}, got '{detail}'"):
                truth(client.world, client.sites, query | {"detail": detail})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"program": "pan-am"}, "^program: expected .* got 'pan-am'"),
        ({"origin": "XXX"}, "origin: 'XXX' is not an airport"),
        ({"date": "soon"}, "date=2027-03-10"),
        ({"detail": "seats"}, "detail: expected day or itinerary, got 'seats'"),
        ({"cabin": "roof"}, "^cabin: expected .* got 'roof'"),
        ({"travelers": "many"}, "^travelers: expected .* got 'many'"),
        ({"month": "2027-03", "detail": "itinerary"}, "requires one date"),
    ],
)
def test_invalid_queries_are_rejected(client: TruthClient, query: dict[str, str], message: str) -> None:
    valid = {"program": "united", "origin": "LAX", "destination": "AUS", "date": "2027-03-10"}
    with pytest.raises(ControlError, match=message):
        truth(client.world, client.sites, valid | query)
