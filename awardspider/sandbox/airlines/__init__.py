"""The airlines' sites: one module each, found here, so that nothing else knows a program's name.

A module of this package that has a function `site(world) -> Site` is an airline. Modules without one are parts of
another (`united_flights` belongs to `united`).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World


def airline_sites(world: World) -> list[Site]:
    """The sites of all airlines, in alphabetical order of their modules."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return [module.site(world) for module in modules if hasattr(module, "site")]
