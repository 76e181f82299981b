"""Faults: site errors that tests and operators switch on, so that a search can end in every possible way.

A fault belongs to a host and is set with `POST /_control`. It skips the first `after` requests that it can affect, and
then applies to the next `for` requests, or to all if `for` is not given. A host has at most one fault, plus one for its
robots.txt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from awardspider.sandbox.availability import sold_out
from awardspider.sandbox.block_pages import access_denied, challenge, cloudflare
from awardspider.sandbox.controls import ControlError
from awardspider.sandbox.sites import (
    Headers,
    Kind,
    Route,
    SandboxRequest,
    SandboxResponse,
    Site,
    html_response,
    redirect,
)

EVERY_HOST = "*"
HUGE_BYTES = 21 * 1024 * 1024
DEEP_LEVELS = 100_000
HUGE_ROBOTS_BYTES = 19 * 1024 * 1024

DATA = frozenset({Kind.DATA})
DATA_AND_PAGES = frozenset({Kind.DATA, Kind.PAGE})
ROBOTS = frozenset({Kind.ROBOTS})
#: The faults of airline sites, each with the kinds of routes that it affects.
FAULTS: dict[str, frozenset[Kind]] = {
    **dict.fromkeys(("empty", "sold_out", "rate_limited", "expired", "renamed_keys", "slow", "reset", "500"), DATA),
    **dict.fromkeys(("bad_json", "huge", "deep", "wrong_encoding", "endless_headers"), DATA),
    **dict.fromkeys(("blocked", "refused", "sign_in", "redirect_sign_in", "html"), DATA_AND_PAGES),
    **dict.fromkeys(("robots", "robots_html", "robots_500", "robots_blocked", "robots_slow"), ROBOTS),
    **dict.fromkeys(("robots_huge", "robots_endless_headers"), ROBOTS),
}
#: Faults of services only. Those that end in `_after` carry out the request before they fail.
SERVICE_FAULTS = frozenset({"503", "timeout", "timeout_after", "reset_after"})
ON_SERVICES = SERVICE_FAULTS | {"rate_limited", "expired", "refused", "slow", "reset", "500", "html", "bad_json"}
STATUS = {"rate_limited": 429, "expired": 401, "500": 500, "503": 503}
OK = "ok"
OPTIONS = frozenset({"host", "fault", "after", "for", "variant", "seconds", "retry_after", "keys", "path"})
MAINTENANCE_PAGE = (
    "<!DOCTYPE html><html><head><title>We will be back</title></head>"
    "<body><p>We are working on our site. Please come back later.</p></body></html>"
)
VARIANTS = {
    "blocked": ("akamai_403", "akamai_428", "cloudflare_403", "challenge_200"),
    "sign_in": ("403", "428"),
    "redirect_sign_in": ("relative", "absolute"),
    "html": ("plain", "sign_in"),
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault of one host, or of all hosts. With `path` it affects exactly the paths that contain `path`.

    `count` is the number of requests that fail (None for all); `seen` counts the requests that the fault could affect.
    """

    name: str
    after: int = 0
    count: int | None = None
    variant: str = ""
    seconds: float = 5.0
    retry_after: str | None = "30"
    keys: tuple[str, ...] = ()
    path: str = ""
    seen: int = 0

    def affects(self, route: Route, path: str) -> bool:
        """Return whether the fault can affect a request."""
        if self.path:
            return self.path.lower() in path.lower()
        if route.kind is Kind.SERVICE:
            return self.name in ON_SERVICES
        return route.kind in FAULTS.get(self.name, ())

    def count_request(self) -> bool:
        """Count a request and return whether it fails."""
        self.seen += 1
        return self.seen > self.after and (self.count is None or self.seen <= self.after + self.count)

    def to_json(self) -> dict[str, Any]:
        """Return the fault as `GET /_control` shows it."""
        names = ("name", "after", "count", "variant", "seconds", "retry_after", "keys", "path", "seen")
        return {{"name": "fault", "count": "for"}.get(name, name): getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a fault on a request: after `delay` seconds, a response, or a connection reset if it is None.

    With `endless_headers`, only headers are sent, until the client closes the connection.
    """

    response: SandboxResponse | None
    delay: float = 0.0
    endless_headers: bool = False


@dataclass(slots=True)
class Faults:
    """The active faults, keyed by a site's first host. All hosts of a site share its faults."""

    sites: Sequence[Site]
    active: dict[str, Fault] = field(default_factory=dict)
    robots: dict[str, Fault] = field(default_factory=dict)

    def set(self, options: Mapping[str, Any]) -> None:
        """Set or remove a fault with the options of `POST /_control`. Raise ControlError if they are invalid."""
        requested, name = str(options.get("host", EVERY_HOST)), str(options.get("fault", ""))
        site = next((site for site in self.sites if requested in site.hosts), None)
        if site is None and requested != EVERY_HOST:
            hosts = ", ".join(host for site in self.sites for host in site.hosts)
            raise ControlError(f"host: expected * or one of {hosts}, got {requested!r}")
        host = site.hosts[0] if site else EVERY_HOST
        if name == OK:
            self.active.pop(host, None)
            self.robots.pop(host, None)
            return
        if name in SERVICE_FAULTS and site and all(route.kind is not Kind.SERVICE for route in site.routes):
            raise ControlError(f"fault: {name} is for services that receive messages, and {host} is not one")
        fault = _parse_fault(name, options, VARIANTS.get(name, ()) if name != "refused" else _refusal_names(site))
        (self.robots if name.startswith("robots") else self.active)[host] = fault

    def reset(self) -> None:
        """Remove all faults."""
        self.active.clear()
        self.robots.clear()

    def find(self, host: str, route: Route, path: str) -> Fault | None:
        """Count a request and return the fault that applies to it. A host's fault overrides one for all hosts."""
        faults = self.robots if route.kind is Kind.ROBOTS else self.active
        fault = faults.get(host) or faults.get(EVERY_HOST)
        return fault if fault and fault.affects(route, path) and fault.count_request() else None

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the faults by host, as `GET /_control` shows them."""
        return {
            host: [faults[host].to_json() for faults in (self.active, self.robots) if host in faults]
            for host in sorted({*self.active, *self.robots})
        }


def _refusal_names(site: Site | None) -> tuple[str, ...]:
    """Return the variants of the fault `refused`: the names of the site's refusals."""
    if site is None or not site.refusals:
        raise ControlError("host: the fault refused requires the host of a site that has refusals")
    return tuple(refusal.name for refusal in site.refusals)


def _parse_fault(name: str, options: Mapping[str, Any], variants: Sequence[str]) -> Fault:
    if name not in FAULTS and name not in SERVICE_FAULTS:
        names = ", ".join([*FAULTS, *sorted(SERVICE_FAULTS)])
        raise ControlError(f"fault: expected ok or one of {names}, got {name!r}")
    variant = str(options.get("variant", ""))
    if (variant or name == "refused") and variant not in variants:
        choices = f"one of {', '.join(variants)}" if variants else "none"
        raise ControlError(f"variant: expected {choices}, got {variant!r}")
    count, retry_after = options.get("for"), options.get("retry_after", "30")
    try:
        return Fault(
            name=name,
            after=int(options.get("after", 0)),
            count=None if count is None else int(count),
            variant=variant,
            seconds=float(options.get("seconds", 5.0)),
            retry_after=None if retry_after is None else str(retry_after),
            keys=tuple(options.get("keys", ())),
            path=str(options.get("path", "")),
        )
    except (TypeError, ValueError):
        raise ControlError("after and for must be integers, seconds a number, keys a list of names") from None


def apply(fault: Fault, site: Site, route: Route, request: SandboxRequest) -> Effect:
    """Return the effect of a fault on a request."""
    match fault.name:
        case "reset":
            return Effect(None)
        case "timeout":
            return Effect(None, fault.seconds)
        case "endless_headers" | "robots_endless_headers":
            return Effect(SandboxResponse(body=b""), endless_headers=True)
        case "reset_after" | "timeout_after":
            route.handler(request)
            return Effect(None, fault.seconds if fault.name == "timeout_after" else 0.0)
        case "slow" | "robots_slow":
            return Effect(route.handler(request), fault.seconds)
        case "empty":
            return Effect(route.handler(replace(request, empty=True)))
        case "sold_out":
            with sold_out():
                return Effect(route.handler(request))
        case "sign_in":
            return Effect(route.handler(replace(request, members_only=True, variant=fault.variant)))
        case "renamed_keys" | "bad_json" | "huge" | "deep" | "wrong_encoding":
            return Effect(_damaged(route.handler(request), fault, site))
    return Effect(_replacement(fault, site, request))


def _replacement(fault: Fault, site: Site, request: SandboxRequest) -> SandboxResponse:
    """Return the response sent instead of the site's normal one."""
    headers = (("Retry-After", fault.retry_after),) if fault.name == "rate_limited" and fault.retry_after else ()
    if site.error_response and fault.name in STATUS:
        return site.error_response(STATUS[fault.name], headers)
    match fault.name:
        case "refused":
            return next(refusal for refusal in site.refusals if refusal.name == fault.variant).handler(request)
        case "blocked" if fault.variant == "cloudflare_403":
            return cloudflare(request.path, request.now)
        case "blocked" if fault.variant == "challenge_200":
            return challenge()
        case "blocked" | "robots_blocked":
            return access_denied(request.path, request.now, 428 if fault.variant == "akamai_428" else 403)
        case "rate_limited":
            return _text("Too Many Requests", 429, headers)
        case "expired":
            return SandboxResponse(body=b'{"message":"Token expired"}', status=401)
        case "503":
            return _text("Service Unavailable", 503)
        case "redirect_sign_in":
            return redirect(f"https://{site.hosts[0]}{site.sign_in}" if fault.variant == "absolute" else site.sign_in)
        case "robots":
            return _text("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in site.search_paths))
        case "robots_huge":
            line = "Disallow: /not-a-path-of-this-site\n"
            return _text("User-agent: *\n" + line * (HUGE_ROBOTS_BYTES // len(line)))
        case "robots_html":
            return html_response(MAINTENANCE_PAGE)
        case "html":
            sign_in = site.route("GET", site.sign_in) if fault.variant == "sign_in" else None
            return sign_in.handler(request) if sign_in else html_response(MAINTENANCE_PAGE)
    return html_response("<html><body><h1>Internal Server Error</h1></body></html>", 500)


def _text(text: str, status: int = 200, headers: Headers = ()) -> SandboxResponse:
    return SandboxResponse(body=text.encode(), status=status, content_type="text/plain", headers=headers)


def _damaged(response: SandboxResponse, fault: Fault, site: Site) -> SandboxResponse:
    """Return the site's normal response with a damaged body."""
    body = response.body
    is_markup = "xml" in response.content_type or "html" in response.content_type
    match fault.name:
        case "renamed_keys":
            keys = fault.keys or site.renamed_keys
            body = _rename_elements(body, keys) if is_markup else body
            body = body if "xml" in response.content_type else _rename_keys(body, keys)
        case "bad_json":
            body = body[: len(body) // 2]
        case "huge" if is_markup:
            body += b"<!-- " + _padding() + b" -->"
        case "huge":
            body = b'{"padding":"' + _padding() + b'",' + body[1:]
        case "deep" if is_markup:
            body = b"<div>" * DEEP_LEVELS + b"</div>" * DEEP_LEVELS
        case "deep":
            body = b'{"data":' + b"[" * DEEP_LEVELS + b"]" * DEEP_LEVELS + b"}"
        case "wrong_encoding":
            body = body.decode().encode("utf-16")
    return replace(response, body=body)


@functools.cache
def _padding() -> bytes:
    return b"x" * HUGE_BYTES


def _rename_keys(body: bytes, keys: Sequence[str]) -> bytes:
    """Rename keys in JSON, in JSON lines, or in JSON embedded in a page, whether escaped or in a script."""
    try:
        return orjson.dumps(_renamed(orjson.loads(body), keys))
    except orjson.JSONDecodeError:
        names = b"|".join(re.escape(key).encode() for key in keys)
        return re.sub(rb"\b(%s)(?=(?:\"|&quot;)?\s*:)" % names, rb"\1New", body)


def _rename_elements(body: bytes, keys: Sequence[str]) -> bytes:
    """Rename elements in XML or HTML, and change texts of elements that are one of the keys, such as a header cell."""
    names = b"|".join(re.escape(key).encode() for key in keys)
    body = re.sub(rb"(</?)(%s)(?=[\s/>])" % names, rb"\1\2New", body)
    return re.sub(rb">(%s)(?=<)" % names, rb">\1New", body)


def _renamed(value: Any, keys: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {f"{key}New" if key in keys else key: _renamed(inner, keys) for key, inner in value.items()}
    return [_renamed(inner, keys) for inner in value] if isinstance(value, list) else value
