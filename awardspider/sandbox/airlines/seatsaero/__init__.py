"""seats.aero: the partner API, which covers many programs, and the API's errors for clients without a valid key.

Any key with the prefix of a real key is valid and allows 1,000 calls per day; a key that ends in `left-3` allows only
three. A row shows the current state of the world, although its `UpdatedAt` can be hours or days old. Programs without
flights in this world have no rows. Some rows are repeated a few rows later.

Assumed, because no source shows it: status 400 with `{}` for a missing or invalid parameter and for an unknown source;
that `take` is limited to its range; the contents of ids; that every hourly price filter counts at most ten hours; the
fields that `minify_trips` leaves out; the keys in `OptionalPricing`; the times at which rows were seen; that a refresh
succeeds on the third request; `moreURL` on every page except the last; the HTML pages; robots.txt.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

import orjson

from awardspider.outcomes import Reason
from awardspider.programs import programs
from awardspider.sandbox.airlines._airline import Json, sign_in_page, styled_page
from awardspider.sandbox.airlines.seatsaero.parameters import (
    InvalidParameter,
    parse_flag,
    parse_percent,
    parse_search,
    parse_source,
)
from awardspider.sandbox.airlines.seatsaero.refresh import MAX_IDS, Refreshes
from awardspider.sandbox.airlines.seatsaero.results import Results
from awardspider.sandbox.airlines.seatsaero.rows import format_time
from awardspider.sandbox.airlines.seatsaero.sources import SOURCES
from awardspider.sandbox.clock import step_start
from awardspider.sandbox.places import all_places
from awardspider.sandbox.sites import (
    Handler,
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    Site,
    html_response,
    json_response,
)
from awardspider.sandbox.world import World

API, SIGN_IN = "/partnerapi", "/login"
CALLS_PER_DAY, LEFT = 1000, "left-"
TEXT = "text/plain; charset=utf-8"
MISSING_KEY = SandboxResponse(body=b"missing_partner_key", status=401, content_type=TEXT)
INVALID_KEY = SandboxResponse(body=b"bad_partner_key", status=401, content_type=TEXT)
PRO_ONLY = json_response({"error": True, "code": "pro_key_required"}, 403)
NOT_LIVE = json_response(
    {
        "success": False,
        "error": "Your API key is not enabled for the live search API. "
        "Live search requires a commercial agreement with seats.aero.",
    },
    401,
)
UNSUPPORTED = json_response({"success": False, "error": "unsupported source"})


def site(world: World) -> Site:
    """Build the simulated site."""
    program = programs()["seatsaero"]
    seats = SeatsAero(world)
    handlers: dict[tuple[str, str], Handler] = {
        ("GET", "/search"): partial(seats.rows, bulk=False),
        ("GET", "/availability"): partial(seats.rows, bulk=True),
        ("GET", "/routes"): seats.routes,
        ("GET", "/trips/*"): seats.trips,
        ("GET", "/destinations"): seats.destinations,
        ("POST", "/refresh"): seats.refresh,
        ("POST", "/live"): lambda _: NOT_LIVE,
    }
    return Site(
        key=program.key,
        name=program.name,
        hosts=("seats.aero", "www.seats.aero"),
        routes=(
            *(
                Route(method, f"{API}{path}", Kind.DATA, partial(seats.with_key, handler))
                for (method, path), handler in handlers.items()
            ),
            Route("GET", "/", Kind.PAGE, seats.about),
            Route("GET", "/search", Kind.PAGE, seats.about),
            Route("GET", SIGN_IN, Kind.SIGN_IN, partial(sign_in_page, program.name)),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        search_paths=(f"{API}/",),
        renamed_keys=("data", "Date", "YAvailable", "JAvailable", "AvailabilitySegments"),
        refusals=(
            Refusal(name="missing_key", reason=Reason.SIGN_IN_NEEDED, handler=lambda _: MISSING_KEY),
            Refusal(name="bad_key", reason=Reason.SIGN_IN_NEEDED, handler=lambda _: INVALID_KEY),
            Refusal(name="pro_only", reason=Reason.SIGN_IN_NEEDED, handler=lambda _: PRO_ONLY),
            Refusal(name="quota", reason=Reason.RATE_LIMITED, handler=_no_calls_left),
            Refusal(name="unsupported_source", reason=Reason.UNEXPECTED_RESPONSE, handler=lambda _: UNSUPPORTED),
        ),
        examples=(("About the API", "/"),),
    )


class SeatsAero:
    """The API's endpoints, with a count of the calls made with each key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._results = Results(world)
        self._refreshes = Refreshes()
        self._used: Counter[tuple[str, str]] = Counter()

    # ---- keys and calls ----

    def with_key(self, handler: Handler, request: SandboxRequest) -> SandboxResponse:
        """Run the handler if the key is valid and has calls left. Even a request that turns out invalid uses a call."""
        key = request.headers.get("Partner-Authorization", "").strip()
        if not key:
            return MISSING_KEY
        if not key.startswith(("pro_", "Bearer seats:ota:")) or request.members_only:
            return INVALID_KEY
        if self._left(key, request.now) <= 0:
            return _no_calls_left(request)
        self._spend(key, request.now)
        try:
            response = handler(request)
        except InvalidParameter:
            response = json_response({}, 400)
        return _add_quota_headers(response, self._left(key, request.now), request.now)

    def _left(self, key: str, now: datetime) -> int:
        suffix = key.rpartition(LEFT)[2] if LEFT in key else ""
        limit = int(suffix) if suffix.isdecimal() else CALLS_PER_DAY
        return limit - self._used[key, f"{now:%Y-%m-%d}"]

    def _spend(self, key: str, now: datetime) -> None:
        self._used[key, f"{now:%Y-%m-%d}"] += 1

    # ---- endpoints ----

    def rows(self, request: SandboxRequest, *, bulk: bool) -> SandboxResponse:
        """Return a page of rows from the cached search or the bulk availability."""
        search = parse_search(request.query, bulk=bulk)
        data: list[Json] = []
        more = False
        if not request.empty:
            data, more = self._results.page(search, request.step)
        for row in data:
            if row["ID"] in self._refreshes.seen:
                row["UpdatedAt"] = format_time(self._refreshes.seen[row["ID"]])
        cursor = int(step_start(request.step).timestamp())
        page: Json = {"data": data, "count": len(data), "hasMore": more, "cursor": cursor if more else None}
        if more:
            others = {name: value for name, value in request.query.items() if name not in ("cursor", "skip")}
            position = {"cursor": cursor, "skip": search.skip + len(data)}
            page["moreURL"] = f"{request.path}?{urlencode(position | others)}"
        return json_response(page)

    def routes(self, request: SandboxRequest) -> SandboxResponse:
        """Return a list of a program's routes."""
        source = parse_source(request.query)
        return json_response([] if request.empty else self._results.routes(source))

    def trips(self, request: SandboxRequest) -> SandboxResponse:
        """Return the trips for the row whose id is in the path, or 404 without a body if no row has that id."""
        key = self._results.key(request.path.rpartition("/")[2], request.step)
        if key is None:
            return SandboxResponse(status=404)
        trips = self._results.trips(
            key,
            request.step,
            percent=parse_percent(request.query),
            filtered=parse_flag(request.query, "include_filtered"),
            empty=request.empty,
        )
        if key.id in self._refreshes.seen:
            for trip in trips["data"]:
                trip["UpdatedAt"] = format_time(self._refreshes.seen[key.id])
        return json_response(trips)

    def destinations(self, request: SandboxRequest) -> SandboxResponse:
        """Return the airports with nonstop flights from an origin or to a destination, with each one's lowest miles."""
        airports = {name: request.query.get(name, "").upper() for name in ("origin_airport", "destination_airport")}
        given = [(name, code) for name, code in airports.items() if code]
        if len(given) != 1:
            raise InvalidParameter("exactly one of origin_airport and destination_airport")
        ((name, code),) = given
        destinations: list[Json] = []
        if not request.empty:
            destinations = self._results.destinations(code, request.step, outbound=name == "origin_airport")
        return json_response({"success": True, name: code, "destinations": destinations})

    def refresh(self, request: SandboxRequest) -> SandboxResponse:
        """Request new scans of rows and return each row's state. Each newly queued row uses one more call."""
        try:
            ids = orjson.loads(request.body)["availability_ids"]
        except (ValueError, LookupError, TypeError):
            ids = []
        if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_IDS:
            return SandboxResponse(body=b"no_availability_ids", status=400, content_type=TEXT)
        api_key = request.headers["Partner-Authorization"].strip()
        states = {str(row_id): self._refresh(str(row_id), api_key, request) for row_id in ids}
        counts = {state: list(states.values()).count(state) for state in ("processing", "succeeded", "failed")}
        left = self._left(api_key, request.now)
        return json_response(
            {
                "items": [
                    {"availability_id": row_id, "status": state, "updated_at": f"{request.now:%Y-%m-%dT%H:%M:%SZ}"}
                    for row_id, state in states.items()
                ],
                "queued": list(states.values()).count("queued"),
                "refunded": 0,
                "counts": counts,
                "complete": not {"queued", "processing"} & set(states.values()),
                "quota": {
                    "limit": CALLS_PER_DAY,
                    "used": CALLS_PER_DAY - left,
                    "remaining": left,
                    "reset_seconds": _seconds_left(request.now),
                },
            }
        )

    def _refresh(self, row_id: str, api_key: str, request: SandboxRequest) -> str:
        key = self._results.key(row_id, request.step)
        if key is None:
            return "not_found"
        seen = self._refreshes.seen.get(row_id) or self._results.seen(key, request.step)
        state = self._refreshes.advance(row_id, request.now, seen, self._left(api_key, request.now))
        if state == "queued":
            self._spend(api_key, request.now)
        return state

    def about(self, _: SandboxRequest) -> SandboxResponse:
        """Return an HTML page with an example request and a list of the programs."""
        day = self._world.today(next(iter(all_places()))) + timedelta(days=100)
        names = "".join(f"<li><b>{source.key}</b>{source.name}</li>" for source in SOURCES)
        text = styled_page("seatsaero", "about.html")
        return html_response(text.replace("{sources}", names).replace("{day}", str(day)))


def _seconds_left(now: datetime) -> int:
    """Return the seconds until midnight UTC, when the quota resets."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - now).total_seconds())


def _add_quota_headers(response: SandboxResponse, left: int, now: datetime) -> SandboxResponse:
    headers = (
        ("x-ratelimit-limit", str(CALLS_PER_DAY)),
        ("x-ratelimit-remaining", str(left)),
        ("x-ratelimit-reset", str(_seconds_left(now))),
    )
    return replace(response, headers=(*response.headers, *headers))


def _no_calls_left(request: SandboxRequest) -> SandboxResponse:
    headers = (("Retry-After", str(_seconds_left(request.now))),)
    refusal = SandboxResponse(body=b"user_rate_limit_exceeded", status=429, content_type=TEXT, headers=headers)
    return _add_quota_headers(refusal, 0, request.now)
