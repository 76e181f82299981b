"""Rules of the code's structure: which package may import which, no import cycles, what a spider may contain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "awardspider"

ANY = frozenset({"everything"})
CORE = ("outcomes", "items", "airports", "programs", "itineraries", "offer_fields")
SCRAPY_HOOKS = frozenset({"storage", "deals", "search", "crawling", *CORE, "delivery.outbox.enqueue"})

#: Package or module -> what it may import, besides itself. docs/architecture.md shows the same table.
MAY_IMPORT: dict[str, frozenset[str]] = {
    **{module: frozenset(CORE[:position]) for position, module in enumerate(CORE)},
    "settings": frozenset(),
    "parsers": frozenset({"items", "outcomes", "airports", "itineraries", "programs"}),
    "search": frozenset({"items", "airports", "itineraries", "programs", "outcomes"}),
    "deals": frozenset({"search", "items", "airports", "itineraries", "programs", "outcomes"}),
    "storage": frozenset({"search", "items", "outcomes", "offer_fields", "airports"}),
    "crawling": frozenset({"parsers", "search", "items", "outcomes", "programs"}),
    "spiders": frozenset({"crawling", "search", "items", "outcomes"}),
    "middlewares": frozenset({"crawling", "outcomes"}),
    "delivery": frozenset({"storage", "deals", "search", *CORE}),
    "pipelines": SCRAPY_HOOKS,
    "extensions": SCRAPY_HOOKS | {"delivery.outbox.dispatcher", "operations"},
    "panel": frozenset({"operations", "delivery", "storage", "deals", "search", *CORE}) - {"itineraries"},
    "sandbox": frozenset({"items", "airports", "programs", "outcomes"}),
    "commands": ANY,
}

#: Packages whose modules may still import each other in a circle.
CYCLES_ALLOWED = frozenset({"crawling"})

#: Attributes come in the order of SpiderDeclaration, then these methods.
BUILDERS = ("plan", "booking_url", "auth_request", "parse_auth", "build_request", "next_request", "parse_quota")

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


# ---- imports -----------------------------------------------------------------------------------------------------


def imported_names(path: Path, *, at_import: bool = False) -> Iterator[tuple[int, str, str]]:
    """Yield line, module and name of each import of our own modules; the name is empty for `import module`.

    `at_import` leaves out imports inside functions and under TYPE_CHECKING, which do not run with the module.
    """
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in _import_time_nodes(parse(path)) if at_import else ast.walk(parse(path)):
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


def _import_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _import_time_nodes(child)


def target_module(module: str, name: str) -> str:
    """Return the module that `from module import name` loads: a submodule, or the module itself."""
    submodule = ".".join(filter(None, (module, name)))
    return submodule if name and module_file(submodule) else module


def rule_for(module: str) -> str:
    """Return the key of MAY_IMPORT that applies to a module."""
    return module.split(".")[0]


def is_allowed(module: str, imported: str) -> bool:
    """Return whether a module may import another, by MAY_IMPORT."""
    rule = rule_for(module)
    if not imported or imported.split(".")[0] == rule or MAY_IMPORT[rule] is ANY:
        return True
    return any(imported == other or imported.startswith(f"{other}.") for other in MAY_IMPORT[rule])


@pytest.mark.parametrize("path", MODULES, ids=display_name)
def test_imports_follow_the_table(path: Path) -> None:
    module = dotted_name(path)
    if not module:
        assert not list(imported_names(path))
        return
    assert rule_for(module) in MAY_IMPORT, "add the package to MAY_IMPORT and to docs/architecture.md"
    forbidden = {
        f"line {line}: {target}"
        for line, imported, name in imported_names(path)
        if not is_allowed(module, target := target_module(imported, name))
    }
    assert not forbidden


@pytest.mark.parametrize(
    ("module", "imported", "allowed"),
    [
        ("sandbox.world", "items", True),
        ("sandbox.world", "parsers.united", False),
        ("sandbox.world", "spiders", False),
        ("parsers.united", "parsers._values", True),
        ("parsers.united", "storage.offers", False),
        ("search.planner", "storage.searches", False),
        ("pipelines.sheets", "delivery.outbox.enqueue", True),
        ("pipelines.sheets", "delivery.outbox.dispatcher", False),
        ("extensions.delivery", "delivery.outbox.dispatcher", True),
        ("storage.schema", "itemsandmore", False),
        ("airports", "items", True),
        ("items", "airports", False),
        ("outcomes", "items", False),
        ("commands.offers", "panel.app", True),
    ],
)
def test_the_import_rule(module: str, imported: str, allowed: bool) -> None:
    assert is_allowed(module, imported) is allowed


def defined_names(path: Path) -> set[str]:
    """Return the names that a module defines itself at its top level."""
    names: set[str] = set()
    for node in _import_time_nodes(parse(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


@pytest.mark.parametrize("path", MODULES, ids=display_name)
def test_names_are_imported_from_the_module_that_defines_them(path: Path) -> None:
    """A re-export would be a way around the table."""
    detours = []
    for line, module, name in imported_names(path):
        file = module_file(module)
        if not name or module_file(f"{module}.{name}".lstrip(".")) or file is None:
            continue
        if name not in defined_names(file):
            detours.append(f"line {line}: {module or 'awardspider'}.{name}")
    assert not detours


def import_graph() -> dict[str, set[str]]:
    """Return module -> modules that it loads when it is imported."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        module = dotted_name(path)
        if module:
            loaded = {target_module(imported, name) for _, imported, name in imported_names(path, at_import=True)}
            graph[module] = loaded - {module, ""}
    return graph


def import_cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other in a circle (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    cycles: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.get(module, ())):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                cycles.append(sorted(group))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return cycles


def test_there_are_no_import_cycles() -> None:
    cycles = import_cycles(import_graph())
    assert not [cycle for cycle in cycles if {module.split(".")[0] for module in cycle} - CYCLES_ALLOWED]


def test_a_cycle_is_found() -> None:
    assert import_cycles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert import_cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


# ---- files and names ---------------------------------------------------------------------------------------------


def test_module_names_say_what_they_contain() -> None:
    paths = [*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*.py")]
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
    assert not [display_name(path) for path in paths if vague.search(path.stem)]


@pytest.mark.parametrize("path", MODULES, ids=display_name)
def test_only_commands_and_the_sandbox_print(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "commands") or path.is_relative_to(PACKAGE / "sandbox"):
        return
    calls = [node for node in ast.walk(parse(path)) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


# ---- spiders -----------------------------------------------------------------------------------------------------


def spider_classes() -> list[tuple[Path, ast.ClassDef]]:
    """Return file and class of each spider that can be run by name."""
    return [
        (path, node)
        for path in sorted((PACKAGE / "spiders").glob("*.py"))
        for node in parse(path).body
        if isinstance(node, ast.ClassDef) and class_attributes(node).get("name")
    ]


def class_attributes(owner: ast.ClassDef) -> dict[str, ast.expr | None]:
    """Return the attributes that a class body sets, in their order."""
    attributes: dict[str, ast.expr | None] = {}
    for node in owner.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            attributes[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            attributes[node.target.id] = node.value
    return attributes


def test_there_are_spiders() -> None:
    assert spider_classes()


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_file_class_and_name_of_a_spider_agree(path: Path, spider: ast.ClassDef) -> None:
    name = class_attributes(spider)["name"]
    assert isinstance(name, ast.Constant)
    assert name.value == path.stem
    assert spider.name.lower() == f"{path.stem.replace('_', '')}spider"


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_a_spider_declares_in_the_documented_order(path: Path, spider: ast.ClassDef) -> None:
    tree = parse(PACKAGE / "crawling/declaration.py")
    base = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "SpiderDeclaration")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = [*class_attributes(spider), *(node.name for node in spider.body if isinstance(node, functions))]
    assert names == [name for name in ("name", *class_attributes(base), *BUILDERS) if name in names]
