"""Extract two responses, flights and the 13-day calendar, from the `ng-state` script of American's results page."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._wire import decode as decode_json

STATE = re.compile(rb"<script\b[^>]*\bid\s*=\s*[\"']?ng-state\b[^>]*>(.*?)</script", re.DOTALL)
FLIGHTS_PART, WEEK_PART = "itineraryResult", "weeklyResult"


def is_page(body: bytes) -> bool:
    """Return True for a results page or the JSON in its script."""
    return _is_html(body) or f'"{FLIGHTS_PART}"'.encode() in body or f'"{WEEK_PART}"'.encode() in body


def part_of_page(body: bytes, part: str) -> bytes:
    """Return one of the responses in a results page; return any other body unchanged."""
    return msgspec.json.encode(_parts(body).get(part)) if is_page(body) else body


def decode(body: bytes) -> object:
    """Decode the response; for a results page, return the flights with the calendar's 13 `days` added."""
    if not is_page(body):
        return decode_json(body)
    parts = _parts(body)
    flights, week = parts.get(FLIGHTS_PART), parts.get(WEEK_PART)
    response = dict(flights) if isinstance(flights, dict) else {}
    if isinstance(week, dict) and "days" in week:
        response["days"] = week["days"]
    return response


def _is_html(body: bytes) -> bool:
    return body[:100].lstrip()[:1] == b"<"


def _parts(page: bytes) -> dict[str, Any]:
    """Return the responses in the page's state, keyed by name; of several with one name, prefer the first object."""
    state = page
    if _is_html(page):
        script = STATE.search(page)
        if script is None:
            raise UnexpectedResponse("a page without ng-state")
        state = script.group(1)
    waiting = [decode_json(state)]
    parts: dict[str, Any] = {}
    for value in waiting:
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            for name, inside in value.items():
                if name not in (FLIGHTS_PART, WEEK_PART):
                    waiting.append(inside)
                elif not isinstance(parts.get(name), dict):
                    parts[name] = inside
            if len(parts) == 2 and all(isinstance(part, dict) for part in parts.values()):
                break
    if not parts:
        raise UnexpectedResponse(f"ng-state has neither {FLIGHTS_PART} nor {WEEK_PART}")
    return parts
