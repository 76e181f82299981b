"""Faults: what a site does wrong on demand, so that every way a search can end can be produced.

A fault belongs to a host and is set by `POST /_control`. It begins after the first `after` requests that it could
touch, and ends after `for` more of them, or never. Faults of robots.txt live beside the others: one of each kind.
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
from awardspider.sandbox.sites import Kind, Route, SandboxRequest, SandboxResponse, Site, html_response, redirect

EVERY_HOST = "*"
HUGE_BYTES = 21 * 1024 * 1024
DEEP_LEVELS = 100_000

ON_DATA = frozenset({Kind.DATA})
ON_PAGES_TOO = frozenset({Kind.DATA, Kind.PAGE})
ON_ROBOTS = frozenset({Kind.ROBOTS})
FAULTS: dict[str, frozenset[Kind]] = {
    "empty": ON_DATA,
    "sold_out": ON_DATA,
    "blocked": ON_PAGES_TOO,
    "refused": ON_PAGES_TOO,
    "rate_limited": ON_DATA,
    "sign_in": ON_PAGES_TOO,
    "expired": ON_DATA,
    "redirect_sign_in": ON_PAGES_TOO,
    "html": ON_PAGES_TOO,
    "changed_shape": ON_DATA,
    "slow": ON_DATA,
    "reset": ON_DATA,
    "500": ON_DATA,
    "bad_json": ON_DATA,
    "huge": ON_DATA,
    "deep": ON_DATA,
    "wrong_encoding": ON_DATA,
    "robots": ON_ROBOTS,
    "robots_html": ON_ROBOTS,
    "robots_500": ON_ROBOTS,
    "robots_blocked": ON_ROBOTS,
    "robots_slow": ON_ROBOTS,
}
# What a service can do besides: its own way to fail, or to have done a thing and not say so.
SERVICE_FAULTS = frozenset({"503", "timeout", "timeout_after", "reset_after"})
ON_SERVICES = SERVICE_FAULTS | {"rate_limited", "expired", "refused", "slow", "reset", "500", "html", "bad_json"}
STATUS = {"rate_limited": 429, "expired": 401, "500": 500, "503": 503}
OK = "ok"
AT_WORK = (
    "<!DOCTYPE html><html><head><title>We will be back</title></head>"
    "<body><p>We are working on our site. Please come back later.</p></body></html>"
)
VARIANTS = {
    "blocked": ("akamai_403", "akamai_428", "cloudflare_403", "challenge_200"),
    "sign_in": ("403", "428"),
    "redirect_sign_in": ("relative", "absolute"),
    "html": ("plain", "sign_in"),
}


class BadFault(ValueError):
    """A fault that cannot be; its text says why."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault of one host; `path` puts it on all paths with that part instead. `seen` counts what it could touch."""

    name: str
    after: int = 0
    lasts: int | None = None
    variant: str = ""
    seconds: float = 5.0
    retry_after: str | None = "30"
    keys: tuple[str, ...] = ()
    path: str = ""
    seen: int = 0

    def strikes(self) -> bool:
        """Counts a request and says whether the fault is on for it."""
        self.seen += 1
        return self.seen > self.after and (self.lasts is None or self.seen <= self.after + self.lasts)


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of a request: an answer, perhaps late, or a broken connection."""

    answer: SandboxResponse | None
    seconds: float = 0.0


@dataclass(slots=True)
class Faults:
    """The faults that are set, by the first host of their site; a site's other hosts are the same site."""

    sites: Sequence[Site]
    active: dict[str, Fault] = field(default_factory=dict)
    robots: dict[str, Fault] = field(default_factory=dict)

    def set(self, order: Mapping[str, Any]) -> None:
        """Takes an order as `POST /_control` gives it. Raises BadFault."""
        given, name = str(order.get("host", EVERY_HOST)), str(order.get("fault", ""))
        site = next((site for site in self.sites if given in site.hosts), None)
        if site is None and given != EVERY_HOST:
            known = ", ".join(host for site in self.sites for host in site.hosts)
            raise BadFault(f"host is {given!r}, but must be * or one of {known}.")
        host = site.hosts[0] if site else EVERY_HOST
        if name == OK:
            self.active.pop(host, None)
            self.robots.pop(host, None)
            return
        if name in SERVICE_FAULTS and site and all(route.kind is not Kind.SERVICE for route in site.routes):
            raise BadFault(f"{name} is a fault of services, and {host} is none.")
        fault = _fault(name, order, VARIANTS.get(name, ()) if name != "refused" else _refusals(site))
        (self.robots if name.startswith("robots") else self.active)[host] = fault

    def reset(self) -> None:
        self.active.clear()
        self.robots.clear()

    def strike(self, host: str, route: Route, path: str) -> Fault | None:
        """The fault that a request runs into, a host's own before that of every host."""
        board = self.robots if route.kind is Kind.ROBOTS else self.active
        if not board:
            return None
        fault = board.get(host) or board.get(EVERY_HOST)
        if fault is None:
            return None
        if fault.path:
            touched = fault.path.lower() in path.lower()
        else:
            touched = (
                fault.name in ON_SERVICES if route.kind is Kind.SERVICE else route.kind in FAULTS.get(fault.name, ())
            )
        return fault if touched and fault.strikes() else None

    def shown(self) -> dict[str, list[dict[str, Any]]]:
        """The faults as `GET /_control` shows them."""
        hosts = sorted({*self.active, *self.robots})
        return {host: [_shown(board[host]) for board in (self.active, self.robots) if host in board] for host in hosts}


def _shown(fault: Fault) -> dict[str, Any]:
    names = ("name", "after", "lasts", "variant", "seconds", "retry_after", "keys", "path", "seen")
    return {{"name": "fault", "lasts": "for"}.get(name, name): getattr(fault, name) for name in names}


def _refusals(site: Site | None) -> tuple[str, ...]:
    """The variants of the fault `refused`: a site's own ways not to serve."""
    if site is None or not site.refusals:
        raise BadFault("refused needs the host of a site that has ways of its own to refuse.")
    return tuple(refusal.name for refusal in site.refusals)


def _fault(name: str, order: Mapping[str, Any], variants: Sequence[str]) -> Fault:
    if name not in FAULTS and name not in SERVICE_FAULTS:
        known = ", ".join([*FAULTS, *sorted(SERVICE_FAULTS)])
        raise BadFault(f"fault is {name!r}, but must be ok or one of {known}.")
    unknown = set(order) - {"host", "fault", "after", "for", "variant", "seconds", "retry_after", "keys", "path"}
    if unknown:
        raise BadFault(f"{', '.join(sorted(unknown))}: no such option.")
    variant = str(order.get("variant", ""))
    if (variant or name == "refused") and variant not in variants:
        raise BadFault(f"variant is {variant!r}, but must be one of {', '.join(variants or ('none',))}.")
    retry_after = order.get("retry_after", "30")
    try:
        return Fault(
            name=name,
            after=int(order.get("after", 0)),
            lasts=None if order.get("for") is None else int(order["for"]),
            variant=variant,
            seconds=float(order.get("seconds", 5.0)),
            retry_after=None if retry_after is None else str(retry_after),
            keys=tuple(order.get("keys", ())),
            path=str(order.get("path", "")),
        )
    except (TypeError, ValueError):
        raise BadFault("after and for must be whole numbers, seconds a number, keys a list of names.") from None


def apply(fault: Fault, site: Site, route: Route, request: SandboxRequest) -> Effect:
    """What a site does under a fault."""
    match fault.name:
        case "reset":
            return Effect(None)
        case "timeout":
            return Effect(None, fault.seconds)
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
        case "changed_shape" | "bad_json" | "huge" | "deep" | "wrong_encoding":
            return Effect(_spoiled(route.handler(request), fault, site))
    return Effect(_instead(fault, site, request))


def _instead(fault: Fault, site: Site, request: SandboxRequest) -> SandboxResponse:
    """Answers that come in place of the site's own."""
    headers = (("Retry-After", fault.retry_after),) if fault.name == "rate_limited" and fault.retry_after else ()
    if site.error_response and fault.name in STATUS:
        return site.error_response(STATUS[fault.name], headers)
    match fault.name:
        case "refused":
            return next(own for own in site.refusals if own.name == fault.variant).handler(request)
        case "blocked":
            return _blocked(fault.variant, request)
        case "robots_blocked":
            return access_denied(request.path, request.now)
        case "rate_limited":
            return SandboxResponse(body=b"Too Many Requests", status=429, content_type="text/plain", headers=headers)
        case "expired":
            return SandboxResponse(body=b'{"message":"Token expired"}', status=401)
        case "503":
            return SandboxResponse(body=b"Service Unavailable", status=503, content_type="text/plain")
        case "redirect_sign_in":
            return redirect(f"https://{site.hosts[0]}{site.sign_in}" if fault.variant == "absolute" else site.sign_in)
        case "robots":
            rules = "".join(f"Disallow: {path}\n" for path in site.searched)
            return SandboxResponse(body=f"User-agent: *\n{rules}".encode(), content_type="text/plain")
        case "robots_html":
            return html_response(AT_WORK)
        case "html":
            sign_in = site.route("GET", site.sign_in) if fault.variant == "sign_in" else None
            return sign_in.handler(request) if sign_in else html_response(AT_WORK)
    return html_response("<html><body><h1>Internal Server Error</h1></body></html>", 500)


def _blocked(variant: str, request: SandboxRequest) -> SandboxResponse:
    match variant:
        case "cloudflare_403":
            return cloudflare(request.path, request.now)
        case "challenge_200":
            return challenge()
        case "akamai_428":
            return access_denied(request.path, request.now, 428)
    return access_denied(request.path, request.now)


def _spoiled(answer: SandboxResponse, fault: Fault, site: Site) -> SandboxResponse:
    """The site's own answer, damaged."""
    body = answer.body
    match fault.name:
        case "changed_shape":
            body = _with_other_keys(body, fault.keys or site.renamed)
        case "bad_json":
            body = body[: len(body) // 2]
        case "huge":
            body = b'{"padding":"' + _padding() + b'",' + body[1:]
        case "deep":
            body = b'{"data":' + b"[" * DEEP_LEVELS + b"]" * DEEP_LEVELS + b"}"
        case "wrong_encoding":
            body = body.decode().encode("utf-16")
    return replace(answer, body=body)


@functools.cache
def _padding() -> bytes:
    return b"x" * HUGE_BYTES


def _with_other_keys(body: bytes, keys: Sequence[str]) -> bytes:
    """JSON with some keys called otherwise; also JSON inside a page, escaped or as a script writes it, and in lines."""
    try:
        return orjson.dumps(_renamed(orjson.loads(body), keys))
    except orjson.JSONDecodeError:
        names = b"|".join(re.escape(key).encode() for key in keys)
        return re.sub(rb"\b(%s)(?=(?:\"|&quot;)?\s*:)" % names, rb"\1New", body)


def _renamed(value: Any, keys: Sequence[str]) -> Any:
    """The same JSON with some keys called otherwise."""
    if isinstance(value, dict):
        return {f"{key}New" if key in keys else key: _renamed(inner, keys) for key, inner in value.items()}
    return [_renamed(inner, keys) for inner in value] if isinstance(value, list) else value
