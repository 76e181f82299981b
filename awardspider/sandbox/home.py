"""The sandbox's start page: its sites and services, with links to try, the world's clock and the active faults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from awardspider.sandbox.faults import Faults
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Site, page
from awardspider.sandbox.world import World


def home_page(world: World, airlines: Sequence[Site], services: Sequence[Service], faults: Faults) -> str:
    """Return the page as HTML."""
    now = world.clock.now()
    day = str((now + timedelta(days=100)).date())
    active = [
        f"<li><code>{escape(host)}</code> {escape(fault['fault'])} {escape(fault['variant'])}</li>"
        for host, host_faults in faults.to_json().items()
        for fault in host_faults
    ]
    return page(
        "home.html",
        style=page("sandbox.css"),
        clock=f"{now:%Y-%m-%d %H:%M} UTC",
        speed=f"{world.clock.speed:g}",
        seed=str(world.seed),
        sites="".join(_site_card(site, day) for site in airlines),
        services="".join(map(_service_card, services)),
        faults=f"<ul>{''.join(active)}</ul>" if active else "<p>None.</p>",
        day=day,
    )


def _site_card(site: Site, day: str) -> str:
    links = "".join(
        f'<li><a href="/{site.hosts[0]}{escape(path.format(day=day))}">{escape(label)}</a></li>'
        for label, path in site.examples
    )
    return f"<section><h2>{escape(site.name)}</h2><p><code>{site.hosts[0]}</code></p><ul>{links}</ul></section>"


def _service_card(service: Service) -> str:
    # A host is shown once, with or without `www.`.
    first = {host.removeprefix("www."): host for site in service.sites for host in reversed(site.hosts)}
    hosts = ", ".join(f"<code>{host}</code>" for host in first.values())
    links = "".join(f'<li><a href="{escape(path)}">{escape(label)}</a></li>' for label, path in service.links)
    about = f'<p>{escape(service.about)}</p><p class="soft">{hosts}</p>'
    return f"<section><h2>{escape(service.name)}</h2>{about}<ul>{links}</ul></section>"
