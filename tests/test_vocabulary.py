"""The project's words: banned words in identifiers, keys and columns, and how docstrings begin."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from awardspider.storage.schema import metadata
from tests.support.paths import FIXTURES, ROOT
from tests.support.source_code import MODULES, PACKAGE, class_attributes, display_name, parse

#: Early project jargon that a newcomer could not understand without a glossary.
BANNED = frozenset(
    """
    told tell tells telling odd asked look looks looked lost answer answers answered reader readers doubts suspect heed
    leaving twin whole sealed seal mend mended wanted wants pretend pretended unwell shelf conduct strangers soundness
    flaw surroundings rests
    """.split()  # noqa: SIM905 -- a list of words, one per line, would be forty lines
)

#: Identifiers and JSON keys that contain a banned word because a library or a site defines them so.
DEFINED_ELSEWHERE = frozenset({"DictReader", "csv.reader", "isWholeTripPricing"})
_LAST_PARTS = frozenset(name.rpartition(".")[2] for name in DEFINED_ELSEWHERE)

#: No docstring opens with one of these: it says what a thing does or is.
OPENERS = ("What", "Whether", "How", "Who")

PYTHON_FILES = sorted(
    path
    for folder in ("awardspider", "tests", "scripts", "benchmarks", "deploy")
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(__file__)
)


def words_in(identifier: str) -> set[str]:
    """Return the words of an identifier, split at underscores, other punctuation and changes of case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def banned_in(names: Iterable[str]) -> list[str]:
    """Return the names that contain a banned word."""
    return sorted({name for name in set(names) if name not in DEFINED_ELSEWHERE and words_in(name) & BANNED})


def by_file(found: Iterable[tuple[Path, list[str]]]) -> dict[str, list[str]]:
    """Return what was found in each file, without the files in which nothing was found."""
    return {display_name(path): names for path, names in found if names}


def identifiers(tree: ast.Module) -> Iterator[str]:
    """Yield each name that a module defines or uses, except the fields of wire structs."""
    wire_fields = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(_is_wire_struct(base) for base in node.bases)
        for name in class_attributes(node)
    }
    for node in ast.walk(tree):
        names: list[str | None] = []
        match node:
            case ast.Attribute(attr=name) if name in _LAST_PARTS and ast.unparse(node) in DEFINED_ELSEWHERE:
                names = []
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names = [name]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names = [name]
            case ast.arg(arg=name) | ast.keyword(arg=name):
                names = [name]
            case ast.alias(name=name, asname=alias):
                names = [*name.split("."), alias]
        yield from (name for name in names if name and name not in wire_fields)


def _is_wire_struct(base: ast.expr) -> bool:
    """Return whether a base class describes a site's own JSON, whose keys the site names."""
    return ast.unparse(base) in {"msgspec.Struct", "_Wire"}


def test_no_identifier_contains_a_banned_word() -> None:
    names = (
        (path, [path.relative_to(ROOT).with_suffix("").as_posix(), *identifiers(parse(path))]) for path in PYTHON_FILES
    )
    assert by_file((path, banned_in(found)) for path, found in names) == {}


def test_a_banned_word_is_found() -> None:
    names = identifiers(ast.parse("def tell_all(told): answerPage = told.isOdd\nclass Reader: pass\nimport a.readers"))
    assert banned_in(names) == ["Reader", "answerPage", "isOdd", "readers", "tell_all", "told"]
    assert banned_in(["method", "answering_machine_is_fine", "catalog", "outlook", "wholesale"]) == []


def dictionary_keys(tree: ast.Module) -> Iterator[str]:
    """Yield the keys of dictionaries, such as those of events; a text with spaces is not a key."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            yield from (key for key in keys if isinstance(key, str) and " " not in key)


def test_no_key_of_a_dictionary_contains_a_banned_word() -> None:
    assert by_file((path, banned_in(dictionary_keys(parse(path)))) for path in PYTHON_FILES) == {}


def test_a_key_with_a_banned_word_is_found() -> None:
    assert banned_in(dictionary_keys(ast.parse("{'told': 1, 'not told': 2, 'miles': {'is_odd': 3}, 4: 5}"))) == [
        "is_odd",
        "told",
    ]


def test_commands_and_options() -> None:
    names = [path.stem for path in (PACKAGE / "commands").glob("*.py")]
    for path in (PACKAGE / "commands").glob("*.py"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("add_argument", "add_parser", "add")):
                values = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                names += [value for value in values if isinstance(value, str)]
    assert banned_in(names) == []


def test_settings() -> None:
    text = (PACKAGE / "settings.py").read_text(encoding="utf-8")
    assert banned_in(re.findall(r"\bAWARD_\w+", text)) == []


def test_tables_and_columns() -> None:
    names = [name for table in metadata.tables.values() for name in (table.name, *table.columns.keys())]
    assert names
    assert banned_in(names) == []


def keys_of(tree: Any) -> Iterator[str]:
    """Yield all keys of nested objects."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from keys_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from keys_of(value)


def test_keys_of_files() -> None:
    keys: set[str] = set()
    for path in PACKAGE.rglob("*.toml"):
        keys |= set(keys_of(tomllib.loads(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "deploy").rglob("*.yaml"):
        keys |= set(keys_of(yaml.safe_load(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "docs").rglob("*.json"):
        keys |= set(keys_of(json.loads(path.read_text(encoding="utf-8"))))
    for path in FIXTURES.rglob("expected.json"):
        keys |= set(keys_of(json.loads(path.read_text(encoding="utf-8"))))
    assert keys
    assert banned_in(keys) == []


def test_names_of_fixtures() -> None:
    assert banned_in(path.name for path in FIXTURES.rglob("*")) == []


def enum_values(tree: ast.Module) -> Iterator[str]:
    """Yield the values of text enums: statuses, reasons, kinds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases):
            for value in class_attributes(node).values():
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_statuses_and_other_enum_values() -> None:
    values = [value for path in MODULES for value in enum_values(parse(path))]
    assert values
    assert banned_in(values) == []


def stat_names(tree: ast.Module) -> Iterator[str]:
    """Yield the literal parts of our own stats, `award/...`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("award/"):
            yield node.value


def test_stats() -> None:
    names = [name for path in MODULES for name in stat_names(parse(path))]
    assert names
    assert banned_in(names) == []


def docstring_openers(tree: ast.Module) -> list[str]:
    """Return the openers with which docstrings begin."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    openings = [
        text.split()[0]
        for node in ast.walk(tree)
        if isinstance(node, documented) and (text := ast.get_docstring(node) or "").strip()
    ]
    return [word for word in openings if word.strip(",.:;").title() in OPENERS]


def test_docstrings_say_what_a_thing_does_or_is() -> None:
    assert by_file((path, docstring_openers(parse(path))) for path in PYTHON_FILES) == {}


def test_an_opener_is_found() -> None:
    assert docstring_openers(ast.parse('"""A module."""\ndef f():\n    """Whether it is."""')) == ["Whether"]
