"""seats.aero: the partner API, which tells of many programs at once, and what it says without a good key.

Any key counts that begins as theirs do, and has 1,000 calls a day; one that ends in `left-3` begins the day with three.
A row is as the world is now, while its `UpdatedAt` says that it was seen hours ago. The sources hold their ground where
this world flies them, and have no rows where it does not. Now and then a row comes twice, some rows later.

What no source tells and we made up: 400 with `{}` for a missing or unreadable parameter and for an unknown source,
`take` brought into its limits, what the ids hold, the cap of ten hours for all programs whose price filter counts by
the hour, the fields that `minify_trips` leaves out, the words in `OptionalPricing`, when rows were seen, that a
refreshed row succeeds at the third asking, `moreURL` wherever there is more, the pages for people and robots.txt.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.seatsaero.asking import BadParameter, asked, flag, percent, source_of
from awardspider.sandbox.airlines.seatsaero.found import Found
from awardspider.sandbox.airlines.seatsaero.refreshing import MOST_IDS, Refreshing
from awardspider.sandbox.airlines.seatsaero.rows import written
from awardspider.sandbox.airlines.seatsaero.sources import SOURCES
from awardspider.sandbox.clock import step_start
from awardspider.sandbox.places import all_places
from awardspider.sandbox.sites import (
    Answer,
    Handler,
    Kind,
    Question,
    Refusal,
    Route,
    Site,
    html_answer,
    json_answer,
    page,
)
from awardspider.sandbox.world import World

Json = dict[str, Any]

API, SIGN_IN = "/partnerapi", "/login"
CALLS_A_DAY, LEFT = 1000, "left-"
PLAIN = "text/plain; charset=utf-8"
MISSING_KEY = Answer(body=b"missing_partner_key", status=401, content_type=PLAIN)
BAD_KEY = Answer(body=b"bad_partner_key", status=401, content_type=PLAIN)
PRO_ONLY = json_answer({"error": True, "code": "pro_key_required"}, 403)
NOT_LIVE = json_answer(
    {
        "success": False,
        "error": "Your API key is not enabled for the live search API. "
        "Live search requires a commercial agreement with seats.aero.",
    },
    401,
)
UNSUPPORTED = json_answer({"success": False, "error": "unsupported source"})


def site(world: World) -> Site:
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
                Route(method, f"{API}{path}", Kind.DATA, partial(seats.keyed, handler))
                for (method, path), handler in handlers.items()
            ),
            Route("GET", "/", Kind.PAGE, seats.about),
            Route("GET", "/search", Kind.PAGE, seats.about),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=(f"{API}/",),
        renamed=("data", "Date", "YAvailable", "JAvailable", "AvailabilitySegments"),
        refusals=(
            Refusal(name="missing_key", reason="sign_in_needed", handler=lambda _: MISSING_KEY),
            Refusal(name="bad_key", reason="sign_in_needed", handler=lambda _: BAD_KEY),
            Refusal(name="pro_only", reason="sign_in_needed", handler=lambda _: PRO_ONLY),
            Refusal(name="quota", reason="rate_limited", handler=_no_calls_left),
            Refusal(name="unsupported_source", reason="unexpected_response", handler=lambda _: UNSUPPORTED),
        ),
        examples=(("About the API", "/"),),
    )


class SeatsAero:
    """Answers the API's requests out of one world, and counts the calls of each key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found = Found(world)
        self._refreshing = Refreshing()
        self._used: Counter[tuple[str, str]] = Counter()

    # ---- keys and calls ----

    def keyed(self, handler: Handler, question: Question) -> Answer:
        """The answer to a request with a good key and calls left: each costs one, also one that finds nothing."""
        key = question.headers.get("Partner-Authorization", "").strip()
        if not key:
            return MISSING_KEY
        if not key.startswith(("pro_", "Bearer seats:ota:")) or question.members_only:
            return BAD_KEY
        if self._left(key, question.now) <= 0:
            return _no_calls_left(question)
        self._spend(key, question.now)
        try:
            answer = handler(question)
        except BadParameter:
            answer = json_answer({}, 400)
        return _counted(answer, self._left(key, question.now), question.now)

    def _left(self, key: str, now: datetime) -> int:
        end = key.rpartition(LEFT)[2] if LEFT in key else ""
        allowed = int(end) if end.isdecimal() else CALLS_A_DAY
        return allowed - self._used[key, f"{now:%Y-%m-%d}"]

    def _spend(self, key: str, now: datetime) -> None:
        self._used[key, f"{now:%Y-%m-%d}"] += 1

    # ---- what is asked ----

    def rows(self, question: Question, *, bulk: bool) -> Answer:
        """A page of rows, of the cached search or of the bulk availability."""
        search = asked(question.query, bulk=bulk)
        data: list[Json] = []
        more = False
        if not question.empty:
            data, more = self._found.page(search, question.step)
        for row in data:
            if row["ID"] in self._refreshing.seen:
                row["UpdatedAt"] = written(self._refreshing.seen[row["ID"]])
        cursor = int(step_start(question.step).timestamp())
        answer: Json = {"data": data, "count": len(data), "hasMore": more, "cursor": cursor if more else None}
        if more:
            others = {name: value for name, value in question.query.items() if name not in ("cursor", "skip")}
            place = {"cursor": cursor, "skip": search.skip + len(data)}
            answer["moreURL"] = f"{question.path}?{urlencode(place | others)}"
        return json_answer(answer)

    def routes(self, question: Question) -> Answer:
        """A plain list, without anything around it."""
        source = source_of(question.query)
        return json_answer([] if question.empty else self._found.routes(source))

    def trips(self, question: Question) -> Answer:
        """The trips of a row, which is known by its id; 404 without a body where it is not."""
        key = self._found.key(question.path.rpartition("/")[2], question.step)
        if key is None:
            return Answer(status=404)
        found = self._found.trips(
            key,
            question.step,
            percent=percent(question.query),
            filtered=flag(question.query, "include_filtered"),
            empty=question.empty,
        )
        if key.id in self._refreshing.seen:
            for trip in found["data"]:
                trip["UpdatedAt"] = written(self._refreshing.seen[key.id])
        return json_answer(found)

    def destinations(self, question: Question) -> Answer:
        """Where one can go, or come from, nonstop, and from how many miles."""
        given = {name: question.query.get(name, "").upper() for name in ("origin_airport", "destination_airport")}
        named = [(name, code) for name, code in given.items() if code]
        if len(named) != 1:
            raise BadParameter("exactly one of origin_airport and destination_airport")
        ((name, code),) = named
        found: list[Json] = []
        if not question.empty:
            found = self._found.destinations(code, question.step, outbound=name == "origin_airport")
        return json_answer({"success": True, name: code, "destinations": found})

    def refresh(self, question: Question) -> Answer:
        """Asks for rows to be looked at anew; each row that is queued costs a call more."""
        try:
            ids = orjson.loads(question.body)["availability_ids"]
        except (ValueError, LookupError, TypeError):
            ids = []
        if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_IDS:
            return Answer(body=b"no_availability_ids", status=400, content_type=PLAIN)
        holder = question.headers["Partner-Authorization"].strip()
        states = {str(name): self._refreshed(str(name), holder, question) for name in ids}
        done = {state: list(states.values()).count(state) for state in ("processing", "succeeded", "failed")}
        waiting = [state for state in states.values() if state in ("queued", "processing")]
        left = self._left(holder, question.now)
        return json_answer(
            {
                "items": [
                    {"availability_id": name, "status": state, "updated_at": f"{question.now:%Y-%m-%dT%H:%M:%SZ}"}
                    for name, state in states.items()
                ],
                "queued": list(states.values()).count("queued"),
                "refunded": 0,
                "counts": done,
                "complete": not waiting,
                "quota": {
                    "limit": CALLS_A_DAY,
                    "used": CALLS_A_DAY - left,
                    "remaining": left,
                    "reset_seconds": _seconds_left(question.now),
                },
            }
        )

    def _refreshed(self, name: str, holder: str, question: Question) -> str:
        key = self._found.key(name, question.step)
        if key is None:
            return "not_found"
        seen = self._refreshing.seen.get(name) or self._found.seen(key, question.step)
        state = self._refreshing.state(name, question.now, seen, self._left(holder, question.now))
        if state == "queued":
            self._spend(holder, question.now)
        return state

    def about(self, _: Question) -> Answer:
        """A page for people: how to ask, and which programs have rows here."""
        day = self._world.today(next(iter(all_places()))) + timedelta(days=100)
        names = "".join(f"<li><b>{source.key}</b>{source.name}</li>" for source in SOURCES)
        text = page("seatsaero", "about.html").replace("{style}", page("airline.css"))
        return html_answer(text.replace("{sources}", names).replace("{day}", str(day)))


def _seconds_left(now: datetime) -> int:
    """Until midnight in UTC, when the calls are counted anew."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - now).total_seconds())


def _counted(answer: Answer, left: int, now: datetime) -> Answer:
    """An answer with the headers that tell how many calls are left."""
    told = (
        ("x-ratelimit-limit", str(CALLS_A_DAY)),
        ("x-ratelimit-remaining", str(left)),
        ("x-ratelimit-reset", str(_seconds_left(now))),
    )
    return replace(answer, headers=(*answer.headers, *told))


def _no_calls_left(question: Question) -> Answer:
    wait = (("Retry-After", str(_seconds_left(question.now))),)
    refusal = Answer(body=b"user_rate_limit_exceeded", status=429, content_type=PLAIN, headers=wait)
    return _counted(refusal, 0, question.now)


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "seats.aero"))
