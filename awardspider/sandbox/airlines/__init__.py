"""The airlines' sites: one module (or folder) each, found here, so that nothing else knows a program's name.

Each has a function `site(world) -> Site`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World


def airline_sites(world: World) -> list[Site]:
    """The sites of all airlines, in alphabetical order of their modules."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return [module.site(world) for module in modules]
