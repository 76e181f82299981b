"""Rules of the code's structure: which package may import which, no import cycles, what a spider may contain."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from awardspider.delivery.channels import KINDS
from tests.support.manual import page_sections
from tests.support.paths import ROOT
from tests.support.source_code import (
    MODULES,
    PACKAGE,
    class_attributes,
    display_name,
    dotted_name,
    import_time_nodes,
    imported_names,
    module_file,
    parse,
    target_module,
)

ANY = frozenset({"everything"})
CORE = ("outcomes", "values", "items", "airports", "programs", "promotion_sources", "itineraries", "offer_fields")
SCRAPY_HOOKS = frozenset(
    {"storage", "deals", "search", "crawling", "environment", "clock", *CORE, "delivery.outbox.enqueue"}
)

#: Package or module -> what it may import, besides itself. docs/architecture.md shows the same table.
MAY_IMPORT: dict[str, frozenset[str]] = {
    **{module: frozenset(CORE[:position]) for position, module in enumerate(CORE)},
    "settings": frozenset(),
    "environment": frozenset({"outcomes"}),
    "logs": frozenset({"clock", "outcomes"}),
    "clock": frozenset({"outcomes"}),
    "parsers": frozenset({"values", "items", "outcomes", "airports", "itineraries", "programs"}),
    "search": frozenset({"values", "items", "airports", "itineraries", "programs", "outcomes"}),
    "deals": frozenset({"search", "items", "airports", "itineraries", "programs", "outcomes"}),
    "storage": frozenset({"search", "values", "items", "outcomes", "offer_fields", "airports", "environment"}),
    "crawling": frozenset(
        {"parsers", "search", "values", "items", "outcomes", "programs", "promotion_sources"}
        | {"environment", "clock", "logs"}
    ),
    "spiders": frozenset({"crawling", "search", "items", "outcomes"}),
    "middlewares": frozenset({"crawling", "outcomes", "environment"}),
    "delivery": frozenset({"storage", "deals", "search", "environment", "clock", "logs", *CORE}),
    "operations": frozenset({"delivery", "storage", "deals", "search", "environment", "clock", "logs", *CORE})
    - {"itineraries", "offer_fields"},
    "pipelines": SCRAPY_HOOKS,
    "extensions": SCRAPY_HOOKS | {"delivery.outbox.dispatcher", "delivery.outbox.sheet_updates", "operations", "logs"},
    "panel": frozenset({"operations", "delivery", "storage", "deals", "search", "environment", "clock", "logs", *CORE})
    - {"itineraries"},
    "sandbox": frozenset({"values", "items", "airports", "programs", "outcomes"}),
    "commands": ANY,
}

#: Packages whose modules may still import each other in a circle.
CYCLES_ALLOWED = frozenset({"crawling"})

#: The attributes with local times of a flight.
LOCAL_TIMES = frozenset({"departs_at", "arrives_at", "departs", "arrives"})

#: Attributes come in the order of SpiderDeclaration, then these methods.
BUILDERS = ("plan", "booking_url", "auth_request", "parse_auth", "build_request", "next_request", "parse_quota")

# ---- imports -----------------------------------------------------------------------------------------------------


def rule_for(module: str) -> str:
    """Return the key of MAY_IMPORT that applies to a module."""
    return module.split(".")[0]


def is_allowed(module: str, imported: str) -> bool:
    """Return whether a module may import another, by MAY_IMPORT."""
    rule = rule_for(module)
    if not imported or imported.split(".")[0] == rule or MAY_IMPORT[rule] is ANY:
        return True
    return any(imported == other or imported.startswith(f"{other}.") for other in MAY_IMPORT[rule])


def test_imports_follow_the_table() -> None:
    forbidden = []
    for path in MODULES:
        module = dotted_name(path)
        if not module:
            assert not list(imported_names(path))
            continue
        assert rule_for(module) in MAY_IMPORT, f"add the package of {module} to MAY_IMPORT and to docs/architecture.md"
        forbidden += [
            f"{display_name(path)}:{line}: {target}"
            for line, imported, name in imported_names(path)
            if not is_allowed(module, target := target_module(imported, name))
        ]
    assert forbidden == []


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


def test_the_architecture_page_shows_the_same_table() -> None:
    table = page_sections("docs/architecture.md")["Who may import whom"]
    shown = {
        package: ANY if others == "everything" else frozenset(re.findall(r"`([a-z_.]+)`", others))
        for package, others in re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|$", table, re.MULTILINE)
    }
    assert shown == MAY_IMPORT


@cache
def defined_names(path: Path) -> set[str]:
    """Return the names that a module defines itself at its top level."""
    names: set[str] = set()
    for node in import_time_nodes(parse(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def test_names_are_imported_from_the_module_that_defines_them() -> None:
    """A re-export would bypass the table."""
    detours = []
    for path in MODULES:
        for line, module, name in imported_names(path):
            file = module_file(module)
            if not name or module_file(f"{module}.{name}".lstrip(".")) or file is None:
                continue
            if name not in defined_names(file):
                detours.append(f"{display_name(path)}:{line}: {module or 'awardspider'}.{name}")
    assert detours == []


def import_graph(*, at_import: bool = True) -> dict[str, set[str]]:
    """Return module -> modules that it loads when it is imported, or ever if `at_import` is false."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        module = dotted_name(path)
        if module:
            loaded = {target_module(imported, name) for _, imported, name in imported_names(path, at_import=at_import)}
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


def reachable_modules(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the modules that a module loads directly or through others, with the packages that contain them."""
    found: set[str] = set()
    pending = [start]
    while pending:
        module = pending.pop()
        if module and module not in found:
            found.add(module)
            pending += [module.rpartition(".")[0], *graph.get(module, ())]
    return found - {start}


def test_modules_are_reached_through_others_and_through_their_packages() -> None:
    graph = {"a": {"b.c"}, "b": {"e"}, "b.c": {"d"}, "d": {"a"}, "f": {"a"}}
    assert reachable_modules(graph, "a") == {"b", "b.c", "d", "e"}


def test_writing_outbox_rows_reaches_neither_the_dispatcher_nor_a_kind_of_channel() -> None:
    """Pipelines only write rows; a crawl without delivery needs no library of a channel."""
    reached = reachable_modules(import_graph(at_import=False), "delivery.outbox.enqueue")
    assert {module for module in reached if module.startswith("delivery.")} == {
        "delivery.channels",
        "delivery.channels.base",
        "delivery.channels.configuration",
        "delivery.channels.secrets",
        "delivery.channels.sheet_options",
        "delivery.messages",
        "delivery.messages.events",
        "delivery.messages.judgment_fields",
        "delivery.outbox",
        "delivery.outbox.points",
        "delivery.outbox.timing",
        "delivery.outbox.watch_protocols",
    }
    # The package delivery.channels imports a kind by name if one of its functions is called, and nothing else does.
    for module in reached | {"delivery.outbox.enqueue"}:
        if file := module_file(module):
            names = [name for _, imported, name in imported_names(file) if imported == "delivery.channels"]
            assert [name for name in names if not module_file(f"delivery.channels.{name}")] == [], module
            assert "import_module" not in file.read_text(encoding="utf-8") or module == "delivery.channels", module


def test_importing_enqueue_loads_neither_the_dispatcher_nor_a_kind_of_channel() -> None:
    code = "import sys, awardspider.delivery.outbox.enqueue; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    forbidden = ("outbox.dispatcher", "outbox.channel_run", *(f"channels.{kind}" for kind in KINDS))
    prefixes = tuple(f"awardspider.delivery.{name}" for name in forbidden)
    assert "awardspider.delivery.outbox.enqueue" in result.stdout.split()
    assert not [module for module in result.stdout.split() if module.startswith(prefixes)]


# ---- files and names ---------------------------------------------------------------------------------------------


def test_module_names_say_what_they_contain() -> None:
    paths = [*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*.py")]
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
    assert not [display_name(path) for path in paths if vague.search(path.stem)]


def test_only_commands_and_the_sandbox_print() -> None:
    printing = [
        f"{display_name(path)}:{call.lineno}"
        for path in MODULES
        if not (path.is_relative_to(PACKAGE / "commands") or path.is_relative_to(PACKAGE / "sandbox"))
        for call in ast.walk(parse(path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert printing == []


def imported_test_modules(tree: ast.Module) -> list[str]:
    """Return what a module imports from modules of tests, also in code that it runs in another process."""
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported += [f"{node.module or ''}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            imported += re.findall(r"(?:from|import) (tests\.[\w.]+)", node.value)
    return [name for name in imported if any(part.startswith("test_") for part in name.split("."))]


def test_modules_of_tests_are_not_imported() -> None:
    """Examples and functions that several modules of tests or scripts need are in tests/support."""
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]
    found = {display_name(path): names for path in paths if (names := imported_test_modules(parse(path)))}
    assert found == {}


def test_imports_of_test_modules_are_found() -> None:
    lines = ["import TESTS.test_a, json", "from TESTS import test_b", "from .test_c import x", "f('from TESTS.test_d')"]
    code = "\n".join(lines).replace("TESTS", "tests")
    assert imported_test_modules(ast.parse(code)) == ["tests.test_a", "tests.test_b", "test_c.x", "tests.test_d"]


def local_time_arithmetic(tree: ast.AST) -> list[int]:
    """Return the lines that subtract or order the local times of a flight directly, which ignores clock changes."""

    def is_local_time(node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in LOCAL_TIMES

    lines: list[int] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            operands = [node.left, node.right]
        elif isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            operands = [node.left, *node.comparators]
        else:
            continue
        if all(is_local_time(operand) for operand in operands):
            lines.append(node.lineno)
    return lines


def test_local_times_are_subtracted_and_compared_in_utc() -> None:
    """See `values.elapsed`."""
    lines = {display_name(path): found for path in MODULES if (found := local_time_arithmetic(parse(path)))}
    assert lines == {}


def test_arithmetic_with_local_times_is_found() -> None:
    lines = ("a.arrives_at - a.departs_at", "a.arrives_at < b.departs_at", "a.arrives_at.date() - b.departs_at.date()")
    assert local_time_arithmetic(ast.parse("\n".join(lines))) == [1, 2]


# ---- spiders -----------------------------------------------------------------------------------------------------


def spider_classes() -> list[tuple[Path, ast.ClassDef]]:
    """Return file and class of each spider that can be run by name."""
    return [
        (path, node)
        for path in sorted((PACKAGE / "spiders").glob("*.py"))
        for node in parse(path).body
        if isinstance(node, ast.ClassDef) and class_attributes(node).get("name")
    ]


def test_there_are_spiders() -> None:
    assert spider_classes()


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_file_class_and_name_of_a_spider_agree(path: Path, spider: ast.ClassDef) -> None:
    name = class_attributes(spider)["name"]
    assert isinstance(name, ast.Constant)
    assert name.value == path.stem
    assert spider.name.lower() == f"{path.stem.replace('_', '')}spider"


#: The base class of a spider -> the class that documents its attributes, and the class's module.
DECLARATIONS = {
    "AwardSpider": ("SpiderDeclaration", "crawling/declaration.py"),
    "DocumentSpider": ("DocumentSpider", "crawling/document_spider.py"),
    "PromotionSpider": ("PromotionSpider", "crawling/promotion_spider.py"),
}


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_a_spider_declares_in_the_documented_order(path: Path, spider: ast.ClassDef) -> None:
    declaration, module = DECLARATIONS[ast.unparse(spider.bases[0])]
    tree = parse(PACKAGE / module)
    base = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == declaration)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = [*class_attributes(spider), *(node.name for node in spider.body if isinstance(node, functions))]
    assert names == [name for name in ("name", *class_attributes(base), *BUILDERS) if name in names]
