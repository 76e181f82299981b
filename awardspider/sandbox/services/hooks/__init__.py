"""Webhook receivers: Make, Zapier and another one. They keep what comes, answer as the real ones, misbehave on demand.

Make's and Zapier's good answers are known; the bodies of their refusals are our guess, as is the status for a missing
key.
"""

from __future__ import annotations

from awardspider.sandbox.services.hooks.catcher import MAKE_HOSTS, OTHER_HOST, ZAPIER_HOST, Catcher
from awardspider.sandbox.services.hooks.control import Control
from awardspider.sandbox.services.hooks.page import hooks_page
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Kind, Route, Site

RECEIVERS = (
    ("make_hooks", "Make webhooks", MAKE_HOSTS),
    ("zapier_hooks", "Zapier webhooks", (ZAPIER_HOST,)),
    ("other_hooks", "Webhook receiver", (OTHER_HOST,)),
)


def hook_service() -> Service:
    """A fresh service that has caught nothing."""
    catcher = Catcher()
    control = Control(catcher)
    sites = tuple(_site(catcher, *receiver) for receiver in RECEIVERS)
    own = (
        Route("GET", "/hooks", Kind.PAGE, lambda request: hooks_page(catcher, request)),
        *(Route(method, "/_hooks", Kind.OTHER, control.answer) for method in ("GET", "POST", "DELETE")),
    )
    return Service(
        name="Webhooks",
        about="Catches what is sent to Make, Zapier and hooks.example.com, at any path.",
        sites=sites,
        own=own,
        links=(("What was caught", "/hooks"), ("The same as JSON", "/_hooks")),
    )


def _site(catcher: Catcher, key: str, name: str, hosts: tuple[str, ...]) -> Site:
    """One receiver. Each of its hosts is told apart by the host that the question names."""
    routes = tuple(Route(method, "/**", Kind.SERVICE, catcher.caught) for method in ("POST", "PUT"))
    return Site(key=key, name=name, hosts=hosts, routes=routes, by_host_only=True)
