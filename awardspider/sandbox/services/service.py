"""A simulated service: its sites, pages and control endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.sandbox.sites import Route, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service. `own_routes` are served at the sandbox's address; `links` are labels and paths for the start page."""

    name: str
    about: str
    sites: tuple[Site, ...]
    own_routes: tuple[Route, ...]
    links: tuple[tuple[str, str], ...]
