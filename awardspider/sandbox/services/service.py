"""A simulated service: its sites, and its pages and control endpoints in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.sandbox.sites import Route, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service. `own_routes` are at the sandbox's own address; `links` are labels and paths for the start page."""

    name: str
    about: str
    sites: tuple[Site, ...]
    own_routes: tuple[Route, ...]
    links: tuple[tuple[str, str], ...]
