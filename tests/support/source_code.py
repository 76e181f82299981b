"""The package's modules and their syntax trees, for tests of the code's structure and words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

PACKAGE = ROOT / "awardspider"

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.stat().st_size)


def display_name(path: Path) -> str:
    """Return the path below the project, with slashes."""
    return path.relative_to(ROOT).as_posix()


def dotted_name(path: Path) -> str:
    """Return the module's name below `awardspider`; empty for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def module_file(dotted: str) -> Path | None:
    """Return the file of a module below `awardspider`, or None if there is no such module."""
    base = PACKAGE.joinpath(*dotted.split(".")) if dotted else PACKAGE
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def class_attributes(owner: ast.ClassDef) -> dict[str, ast.expr | None]:
    """Return the attributes that a class body sets, in their order."""
    attributes: dict[str, ast.expr | None] = {}
    for node in owner.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            attributes[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            attributes[node.target.id] = node.value
    return attributes


def imported_names(path: Path, *, at_import: bool = False) -> Iterator[tuple[int, str, str]]:
    """Yield line, module and name of each import of our own modules; the name is empty for `import module`.

    `at_import` leaves out imports inside functions and under TYPE_CHECKING, which do not run with the module.
    """
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in import_time_nodes(parse(path)) if at_import else ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            pairs = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (start, node.module)))
            pairs = [(module, alias.name) for alias in node.names]
        else:
            continue
        for module, name in pairs:
            if module == "awardspider" or module.startswith("awardspider."):
                yield node.lineno, module.removeprefix("awardspider").lstrip("."), name


def import_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from import_time_nodes(child)


def target_module(module: str, name: str) -> str:
    """Return the module that `from module import name` loads: a submodule, or the module itself."""
    submodule = ".".join(filter(None, (module, name)))
    return submodule if name and module_file(submodule) else module
