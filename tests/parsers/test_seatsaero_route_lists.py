"""Broken route lists: a route is never dropped silently, as a missing route would mean that it is not monitored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awardspider.items import MonitoredRoutes
from awardspider.outcomes import SearchFailed, UnexpectedResponse
from tests.support.parser_cases import CASES_WITH_ROUTES, Case, for_each_case, warnings_in

RouteChange = Callable[[dict[str, Any], str], None]


def set_to(value: Any) -> RouteChange:
    return lambda route, name: route.__setitem__(name, value)


def rename(route: dict[str, Any], name: str) -> None:
    route[f"{name}New"] = route.pop(name)


VALUES: list[Any] = [None, "", " ", 7, -1, 1e400, True, [], {"unexpected": 1}, "unexpected", "\x00"]


@for_each_case(CASES_WITH_ROUTES)
@pytest.mark.parametrize("change", [*map(set_to, VALUES), rename])
def test_every_route_is_listed_or_reported_in_a_warning(case: Case, change: RouteChange) -> None:
    for name in ("OriginAirport", "DestinationAirport", "NumDaysOut", "Source"):
        for index in range(len(json.loads(case.body))):
            routes = json.loads(case.body)
            if name not in routes[index]:
                continue
            change(routes[index], name)
            try:
                items = case.parse(json.dumps(routes).encode())
            except SearchFailed:
                continue
            [listed] = [item for item in items if isinstance(item, MonitoredRoutes)]
            warnings = sum(warning.path == "nearby" for warning in warnings_in(items))
            assert len(listed.routes) + warnings == len(routes)
            assert all(route.days_ahead is None or route.days_ahead > 0 for route in listed.routes)


@for_each_case(CASES_WITH_ROUTES)
@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'"routes"', b'{"data": []}', b"[1]", b"[[]]", b"[" * 100_000])
def test_other_bodies_are_unexpected(case: Case, body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        case.parse(body)
    with pytest.raises(UnexpectedResponse):
        case.parse(case.body[: len(case.body) // 2])
