"""The filter of the list of searches, from the query parameters of a page or a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from awardspider.items import SearchKind
from awardspider.outcomes import InvalidArgument, Outcome, Reason
from awardspider.search.past_times import check_year
from awardspider.storage.search_queries import SearchQuery

#: Parameters of the filter; all are texts, and empty ones match everything.
PARAMETERS = ("program", "from", "to", "outcome", "reason", "kind", "since", "until", "run")

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """A filter of searches. `errors` says what is wrong with each parameter that is not part of it for that reason.

    `written` are the parameters as they were given, without empty ones.
    """

    query: SearchQuery
    written: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)


def parse_search_filters(parameters: Mapping[str, str], zone: tzinfo = UTC) -> SearchFilters:
    """Return the filter of query parameters; days begin at midnight in the zone."""
    written = {name: value.strip() for name in PARAMETERS if (value := parameters.get(name, "")).strip()}
    errors: dict[str, str] = {}

    def choice(name: str, kind: type[_Choice]) -> tuple[_Choice, ...]:
        try:
            return (kind(written[name]),) if name in written else ()
        except ValueError:
            errors[name] = f"choose {', '.join(kind)}"
            return ()

    def day(name: str, added: int) -> datetime | None:
        try:
            if name not in written:
                return None
            midnight = datetime.combine(date.fromisoformat(written[name]) + timedelta(days=added), time(), zone)
            return check_year(midnight)
        except (ValueError, OverflowError):
            errors[name] = "write a day such as 2026-11-22"
            return None

    def places(name: str) -> tuple[str, ...]:
        return tuple(code.strip().upper() for code in written.get(name, "").split(",") if code.strip())

    query = SearchQuery(
        programs=(written["program"],) if "program" in written else (),
        outcomes=choice("outcome", Outcome),
        reasons=choice("reason", Reason),
        kinds=choice("kind", SearchKind),
        origins=places("from"),
        destinations=places("to"),
        since=day("since", 0),
        until=day("until", 1),
        run_id=written.get("run"),
    )
    return SearchFilters(query=query, written=written, errors=errors)


def require_valid(filters: SearchFilters) -> SearchQuery:
    """Return the query. Raise InvalidArgument if a parameter is invalid: a file must not contain other rows."""
    for name, error in filters.errors.items():
        raise InvalidArgument(f"{name}: {error}")
    return filters.query
