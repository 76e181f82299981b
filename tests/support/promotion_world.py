"""The simulated blogs in this process: requests to their sites at a time, with a fault if needed."""

from __future__ import annotations

from datetime import UTC, datetime

from awardspider.sandbox.clock import Clock
from awardspider.sandbox.faults import Fault, apply
from awardspider.sandbox.promotions import promotion_service
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, Site
from awardspider.sandbox.world import World

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SITES = {site.hosts[0]: site for site in promotion_service(World(7, Clock(NOW, 0))).sites}
AGENT = {"User-Agent": "awardspider/1.0 (+https://example.org)"}


def request(path: str, now: datetime = NOW, headers: dict[str, str] | None = None, **query: str) -> SandboxRequest:
    """Return a GET request at a time."""
    return SandboxRequest(
        method="GET", path=path, query=query, headers=AGENT | (headers or {}), cookies={}, body=b"", now=now, step=0
    )


def get(site: Site, path: str, now: datetime = NOW, **headers: str) -> SandboxResponse:
    """Return a site's response at a time."""
    route = site.route("GET", path)
    assert route is not None
    return route.handler(request(path, now, headers))


def with_fault(host: str | Site, path: str, name: str, variant: str = "") -> SandboxResponse:
    """Return a site's response under a fault; `host` is that of a blog, or a site."""
    site = SITES[host] if isinstance(host, str) else host
    route = site.route("GET", path)
    assert route is not None
    effect = apply(Fault(name=name, variant=variant), site, route, request(path))
    assert effect.response is not None
    return effect.response
