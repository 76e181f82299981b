"""The routers of a package: one for each module that has some."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from fastapi import APIRouter


def routers_of(package: ModuleType) -> Iterator[APIRouter]:
    """Yield the router of each module below a package, in the order of their names."""
    for module in sorted(walk_packages(package.__path__, f"{package.__name__}."), key=lambda module: module.name):
        router = getattr(import_module(module.name), "router", None)
        if isinstance(router, APIRouter):
            yield router
