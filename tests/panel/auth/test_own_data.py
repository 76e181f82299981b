"""A member can view and change only its own data: each route is requested with the ids of another member."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from awardspider.storage import schema
from awardspider.storage.accounts import Role
from awardspider.storage.outbox import DeliveryStatus, insert_rows
from awardspider.storage.watches import save_watches
from tests.support.delivery import make_match_row
from tests.support.item_examples import make_offer
from tests.support.panel import NOW, Panel
from tests.support.panel_access import ACCESS, Access, PanelRoute, panel_routes
from tests.support.watch_examples import make_watch

#: Path parameters that are ids of something that belongs to an owner.
_OWNED = ("watch_id", "row_id")

#: A complete body, because an incomplete one is refused before the watch is searched for.
_WATCH = {"name": "changed", "origin": "SFO", "destination": "NRT", "dates": "2031-03"}

#: A list from which the message has gone leads back to the list.
_REFUSED = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.SEE_OTHER)

_STATUSES = (DeliveryStatus.REJECTED, DeliveryStatus.PENDING, DeliveryStatus.AWAITING_HUMAN)


@dataclass(frozen=True)
class Person:
    """A member with a watch and messages; `marker` occurs in the texts of nobody else."""

    client: TestClient
    marker: str
    watch_id: str
    row_ids: tuple[int, ...]

    def addresses(self, route: PanelRoute) -> list[str]:
        """Return the addresses of a route with the ids of this person, one for each message."""
        paths = [re.sub(r"\{row_id(:\w+)?\}", str(row_id), route.path) for row_id in self.row_ids]
        return sorted({re.sub(r"\{watch_id(:\w+)?\}", self.watch_id, path) for path in paths})


def add_person(panel: Panel, name: str, role: Role = Role.MEMBER) -> Person:
    owner, marker = panel.owner(name), f"marker-of-{name.lower()}"
    (saved,) = save_watches(panel.store, [make_watch(name=f"Trip {marker}")], now=NOW, owner_id=owner.id)
    keys = [f"{marker}-{status}" for status in _STATUSES]
    with panel.store.writing() as connection:
        for key in keys:
            row = make_match_row(make_offer(), "phone", saved.watch.name)
            insert_rows(connection, [replace(row, key=key, watch_key=saved.watch.id)])
        outbox = schema.outbox
        for key, status in zip(keys, _STATUSES, strict=True):
            connection.execute(outbox.update().where(outbox.c.key == key).values(status=status, note=marker))
        row_ids = tuple(connection.scalars(select(outbox.c.id).where(outbox.c.key.in_(keys)).order_by(outbox.c.id)))
    client = panel.signed_in(role, name=name.lower(), owner_id=owner.id, raise_server_exceptions=False)
    return Person(client, marker, saved.watch.id, row_ids)


@pytest.fixture
def ana(panel: Panel) -> Person:
    return add_person(panel, "Ana")


@pytest.fixture
def bob(panel: Panel) -> Person:
    return add_person(panel, "Bob")


def routes_of_owned(panel: Panel) -> list[PanelRoute]:
    """Return the routes for members whose path contains the id of something that belongs to an owner."""
    return [
        route
        for route in panel_routes(panel.app)
        if any(f"{{{name}" in route.path for name in _OWNED) and ACCESS.get(route.key) in (Access.VIEWER, Access.MEMBER)
    ]


def state_of(panel: Panel, person: Person) -> list[object]:
    with panel.store.reading() as connection:
        watches = connection.execute(select(schema.watches).where(schema.watches.c.id == person.watch_id)).all()
        rows = connection.execute(select(schema.outbox).where(schema.outbox.c.id.in_(person.row_ids))).all()
    return [*watches, *rows]


def test_no_page_shows_the_texts_of_another_member(panel: Panel, ana: Person, bob: Person) -> None:
    shown: set[str] = set()
    for route in panel_routes(panel.app):
        if route.method != "GET" or "{" in route.path:
            continue
        page = ana.client.get(route.path).text
        assert bob.marker not in page, route.key
        shown |= {route.path} if ana.marker in page else set()
    assert {"/watches", "/deliveries"} <= shown


def test_the_ids_of_another_member_lead_nowhere(panel: Panel, ana: Person, bob: Person) -> None:
    routes = routes_of_owned(panel)
    before = state_of(panel, bob)
    allowed = []
    for route in routes:
        for address in bob.addresses(route):
            body = _WATCH if route.method == "PUT" else None
            response = ana.client.request(route.method, address, json=body)
            if response.status_code not in _REFUSED or bob.marker in response.text:
                allowed.append(f"{route.method} {address}: {response.status_code}")
    assert allowed == []
    assert state_of(panel, bob) == before


def test_the_own_ids_lead_somewhere(panel: Panel, bob: Person) -> None:
    for route in routes_of_owned(panel):
        if route.method == "GET":
            statuses = [bob.client.get(address).status_code for address in bob.addresses(route)]
            assert HTTPStatus.OK in statuses or set(statuses) <= {HTTPStatus.NOT_FOUND}, route.key


def test_filters_do_not_reach_the_messages_of_another_member(panel: Panel, ana: Person, bob: Person) -> None:
    for query in (f"watch={bob.watch_id}", f"watch={bob.watch_id}&status=rejected", "tab=failed"):
        assert bob.marker not in ana.client.get(f"/deliveries?{query}").text


def test_a_viewer_sees_its_own_and_changes_nothing(panel: Panel, bob: Person) -> None:
    viewer = panel.signed_in(Role.VIEWER, name="vera", owner_id="bob", raise_server_exceptions=False)
    assert bob.marker in viewer.get("/deliveries").text
    before = state_of(panel, bob)
    for route in routes_of_owned(panel):
        if route.method != "GET":
            for address in bob.addresses(route):
                assert viewer.request(route.method, address).status_code == HTTPStatus.FORBIDDEN, route.key
    assert state_of(panel, bob) == before


def test_an_operator_sees_the_messages_of_all(panel: Panel, ana: Person, bob: Person) -> None:
    page = panel.signed_in(Role.OPERATOR).get("/deliveries").text
    assert ana.marker in page
    assert bob.marker in page
