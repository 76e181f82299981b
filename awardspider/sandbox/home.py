"""The sandbox's own page: which sites it pretends, with links to try, the world's clock and the faults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from awardspider.sandbox.faults import Faults
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Site, page
from awardspider.sandbox.world import World


def home_page(world: World, airlines: Sequence[Site], services: Sequence[Service], faults: Faults) -> str:
    """The page as HTML."""
    now = world.clock.now()
    day = (now + timedelta(days=100)).date()
    cards = "".join(_card(site, str(day)) for site in airlines)
    shown = [
        f"<li><code>{escape(host)}</code> {escape(fault['fault'])} {escape(fault['variant'])}</li>"
        for host, active in faults.shown().items()
        for fault in active
    ]
    values = {
        "{clock}": f"{now:%Y-%m-%d %H:%M} UTC",
        "{speed}": f"{world.clock.speed:g}",
        "{seed}": str(world.seed),
        "{sites}": cards,
        "{services}": "".join(map(_service_card, services)),
        "{faults}": f"<ul>{''.join(shown)}</ul>" if shown else "<p>None.</p>",
        "{day}": str(day),
    }
    text = page("home.html")
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _card(site: Site, day: str) -> str:
    links = "".join(
        f'<li><a href="/{site.hosts[0]}{escape(path.format(day=day))}">{escape(label)}</a></li>'
        for label, path in site.examples
    )
    return f"<section><h2>{escape(site.name)}</h2><p><code>{site.hosts[0]}</code></p><ul>{links}</ul></section>"


def _service_card(service: Service) -> str:
    hosts = ", ".join(f"<code>{host}</code>" for site in service.sites for host in site.hosts)
    links = "".join(f'<li><a href="{escape(path)}">{escape(label)}</a></li>' for label, path in service.links)
    about = f'<p>{escape(service.about)}</p><p class="soft">{hosts}</p>'
    return f"<section><h2>{escape(service.name)}</h2>{about}<ul>{links}</ul></section>"
