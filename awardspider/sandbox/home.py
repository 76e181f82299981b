"""The sandbox's own page: which sites it pretends, with links to try, the world's clock and the faults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from awardspider.sandbox.faults import Faults
from awardspider.sandbox.sites import Site, page
from awardspider.sandbox.world import World


def home_page(world: World, sites: Sequence[Site], faults: Faults) -> str:
    """The page as HTML."""
    now = world.clock.now()
    day = (now + timedelta(days=100)).date()
    cards = "".join(_card(site, str(day)) for site in sites)
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
