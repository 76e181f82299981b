"""Webhook receivers (Make, Zapier and a generic one) that keep messages, respond, and can be set to fail.

The success responses of Make and Zapier are known. Their error bodies, and the status for a missing key, are guesses.
"""

from __future__ import annotations

from functools import partial

from awardspider.sandbox.services.hooks.control import Control
from awardspider.sandbox.services.hooks.page import hooks_page
from awardspider.sandbox.services.hooks.receiver import MAKE_HOSTS, OTHER_HOST, ZAPIER_HOST, Receiver
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Kind, Route, Site

SITES = (
    ("make_hooks", "Make webhooks", MAKE_HOSTS),
    ("zapier_hooks", "Zapier webhooks", (ZAPIER_HOST,)),
    ("other_hooks", "Webhook receiver", (OTHER_HOST,)),
)


def hook_service() -> Service:
    """Build the service, without any messages."""
    receiver = Receiver()
    control = Control(receiver)
    routes = tuple(Route(method, "/**", Kind.SERVICE, receiver.receive) for method in ("POST", "PUT"))
    return Service(
        name="Webhooks",
        about="Receives webhooks to Make, Zapier and hooks.example.com, at any path.",
        sites=tuple(
            Site(key=key, name=name, hosts=hosts, routes=routes, by_host_only=True) for key, name, hosts in SITES
        ),
        own_routes=(
            Route("GET", "/hooks", Kind.PAGE, partial(hooks_page, receiver)),
            *(Route(method, "/_hooks", Kind.OTHER, control.handle) for method in ("GET", "POST", "DELETE")),
        ),
        links=(("Received messages", "/hooks"), ("The same as JSON", "/_hooks")),
    )
