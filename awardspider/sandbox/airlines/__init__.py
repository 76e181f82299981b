"""The simulated airline sites: one module or package for each program, with a function `site(world) -> Site`.

Modules are found by their presence; those that start with an underscore are shared code.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World


def airline_sites(world: World) -> list[Site]:
    """Build the sites of all programs, in alphabetical order of their modules."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return [import_module(f"{__name__}.{name}").site(world) for name in names]
