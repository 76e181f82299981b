"""The simulated airline sites: one module or package for each program, each with a function `site(world) -> Site`.

Every module in this package is loaded as a site unless its name starts with an underscore; those hold shared code.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World


def airline_sites(world: World) -> list[Site]:
    """Build the sites of all programs, sorted by module name."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return [import_module(f"{__name__}.{name}").site(world) for name in names]
