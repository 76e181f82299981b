"""The house guards itself: who may lean on whom, how files are named, what a spider may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "awardspider"

# Which room may import which; itself always, and `awardspider` (the version) too. Shown in docs/architecture.md.
ANY_ROOM = frozenset({"every room"})
SCRAPYS_OWN = frozenset({"storage", "deals", "search", "items", "outcomes", "soundness", "delivery.outbox"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "outcomes": frozenset(),
    "items": frozenset({"outcomes"}),
    "programs": frozenset({"outcomes"}),
    "soundness": frozenset({"items"}),
    "settings": frozenset(),
    "readers": frozenset({"items", "outcomes", "soundness"}),
    "search": frozenset({"items", "programs", "outcomes"}),
    "search.planner": frozenset({"items", "programs", "outcomes", "storage"}),
    "deals": frozenset({"items", "programs", "outcomes"}),
    "storage": frozenset({"items", "outcomes"}),
    "spiders": frozenset({"readers", "search", "items", "outcomes", "programs"}),
    "pipelines": SCRAPYS_OWN,
    "extensions": SCRAPYS_OWN,
    "middlewares": frozenset({"spiders", "outcomes"}),
    "delivery": frozenset({"storage", "deals", "items", "outcomes", "programs"}),
    "panel": frozenset({"storage", "search", "deals", "delivery"}),
    "sandbox": frozenset({"items", "programs"}),
    "commands": ANY_ROOM,
}

LONGEST_FILE = 400
# A program's reader is one file, with the wire classes of all its answers.
LONGEST_READER = 720

# What a spider may define: its name and the attributes of AwardSpider in their order, then these.
BUILDERS = ("plan", "booking_link", "preparation", "prepared", "ask", "follow", "remaining")

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.stat().st_size)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# ---- who leans on whom -------------------------------------------------------------------------------------------


def room_of(module: str) -> str:
    """The line of the table for a dotted name below `awardspider`: its own, or its room's."""
    parts = module.split(".")
    own = ".".join(parts[:2])
    return own if own in MAY_IMPORT else parts[0]


def imports_of_ours(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name below `awardspider` of everything of ours that a file imports."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (start, node.module)))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            ours = name.removeprefix("awardspider.")
            if ours != name:
                yield node.lineno, ours


def allowed(module: str, imported: str) -> bool:
    room = room_of(module)
    if imported == "__version__" or imported.split(".")[0] == room.split(".")[0] or MAY_IMPORT[room] is ANY_ROOM:
        return True
    return any(imported == other or imported.startswith(f"{other}.") for other in MAY_IMPORT[room])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_leans_only_on_those_below_it(path: Path) -> None:
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    if module == "__init__":
        assert not list(imports_of_ours(path))
        return
    assert room_of(module) in MAY_IMPORT, "a new room needs a line in MAY_IMPORT and in docs/architecture.md"
    wrong = [f"line {line}: {imported}" for line, imported in imports_of_ours(path) if not allowed(module, imported)]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "imported", "may"),
    [
        ("sandbox.world", "items.Cabin", True),
        ("sandbox.world", "readers.united", False),
        ("sandbox.world", "spiders", False),
        ("readers.united", "readers.shapes.thing", True),
        ("readers.united", "programs.programs", False),
        ("search.planner", "storage.searches", True),
        ("search.dates", "storage.searches", False),
        ("pipelines.sheets", "delivery.outbox.put", True),
        ("pipelines.sheets", "delivery.channels", False),
        ("storage.tables", "itemsandmore", False),
        ("items", "outcomes.Outcome", True),
        ("outcomes", "items.Cabin", False),
        ("commands.offers", "panel.app", True),
    ],
)
def test_the_rule_itself(module: str, imported: str, may: bool) -> None:
    assert allowed(module, imported) is may


# ---- files and names ---------------------------------------------------------------------------------------------


def test_no_file_grows_too_long() -> None:
    long = {}
    for folder in ("awardspider", "tests", "deploy"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > (LONGEST_READER if path.parent == PACKAGE / "readers" else LONGEST_FILE):
                long[name_of(path)] = lines
    assert long == {}


def test_names_say_what_a_module_is_for() -> None:
    paths = [*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*.py")]
    assert not [name_of(p) for p in paths if re.search(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)", p.stem)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_what_talks_to_a_terminal_prints(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "commands") or path.is_relative_to(PACKAGE / "sandbox"):
        return
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


# ---- spiders -----------------------------------------------------------------------------------------------------


def spider_classes() -> list[tuple[Path, ast.ClassDef]]:
    return [
        (path, node)
        for path in sorted((PACKAGE / "spiders").glob("*.py"))
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and assigned(node).get("name")
    ]


def assigned(owner: ast.ClassDef) -> dict[str, ast.expr | None]:
    """What a class body sets, in its order."""
    names: dict[str, ast.expr | None] = {}
    for node in owner.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = node.value
    return names


def test_there_are_spiders() -> None:
    assert spider_classes()


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_file_class_and_name_of_a_spider_agree(path: Path, spider: ast.ClassDef) -> None:
    name = assigned(spider)["name"]
    assert isinstance(name, ast.Constant)
    assert name.value == path.stem
    assert spider.name.lower() == f"{path.stem.replace('_', '')}spider"


@pytest.mark.parametrize(("path", "spider"), spider_classes(), ids=lambda value: getattr(value, "stem", ""))
def test_a_spider_is_a_declaration(path: Path, spider: ast.ClassDef) -> None:
    """Nothing but the declared attributes and builders, in their order."""
    bases = tree_of(PACKAGE / "spiders/declaration.py").body
    base = next(node for node in bases if isinstance(node, ast.ClassDef))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = [*assigned(spider), *(node.name for node in spider.body if isinstance(node, functions))]
    assert names == [name for name in ("name", *assigned(base), *BUILDERS) if name in names]
