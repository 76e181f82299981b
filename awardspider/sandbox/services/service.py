"""What a pretended service is made of: its sites, the sandbox's own pages about it, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.sandbox.sites import Route, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. `own` are pages and controls at the sandbox's own address; `links` are labels and paths there."""

    name: str
    about: str
    sites: tuple[Site, ...]
    own: tuple[Route, ...]
    links: tuple[tuple[str, str], ...]
