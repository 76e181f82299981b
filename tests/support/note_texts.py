"""The English texts in the source code that can become the note or reason of a message, with `{}` for values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from awardspider.delivery.messages.language import LANGUAGES
from awardspider.delivery.messages.notes import note_templates
from tests.support.paths import ROOT

#: The languages that notes are translated into.
OTHERS = [name for name in LANGUAGES if name != "en"]

_VALUES = r"(Value\d( UTC|Z)?\W*)+"
_COMMANDS = r"(python -c|scrapy|make|chmod|apt-get|\.venv/bin/pip) .*"

PACKAGE = ROOT / "awardspider"
CHANNELS = PACKAGE / "delivery" / "channels"
# The errors of a Zapier subscription and of the settings are never the reason of a paused channel.
_NOT_REASONS = {"zapier.py", "configuration.py"}

# What can keep a crawl from starting: its arguments and settings. Errors of the database are not stored in it.
_START = (
    "commands/_spiders.py", "commands/crawl.py", "crawling/*.py", "environment.py", "extensions/*.py",
    "search/budgets.py", "search/bulk.py", "search/capabilities.py", "search/dates.py", "search/exclusions.py",
    "search/field_values.py", "search/freshness.py", "search/places.py", "search/watches.py", "search/weekdays.py",
    "storage/responses.py",
)  # fmt: skip

Scope = dict[str, list[ast.expr]]


def search_notes() -> set[str]:
    """Return the notes of failed searches."""
    files = (file for file in PACKAGE.rglob("*.py") if "sandbox" not in file.parts)
    return {
        text
        for file in files
        for call, scope in calls_of(file)
        for text in _note_of_search(call, scope)
        if text.replace("{}", "").strip(" ;:/.()")
    }


def pause_reasons() -> set[str]:
    """Return the reasons why a channel is paused."""
    files = [file for file in CHANNELS.rglob("*.py") if file.name not in _NOT_REASONS]
    files.append(PACKAGE / "delivery" / "outbox" / "channel_run.py")
    return {
        text
        for file in files
        for call, scope in calls_of(file)
        for text in [*_reason_of_pause(call, scope), *_constants(call, scope)]
        if text.replace("{}", "").strip(" ;:/.()")
    }


def start_errors() -> set[str]:
    """Return the notes of crawls that could not start."""
    return {
        text
        for pattern in _START
        for file in PACKAGE.glob(pattern)
        for call, scope in calls_of(file)
        for text in [*_reason_of_pause(call, scope), *_constants(call, scope)]
        if text.replace("{}", "").strip(" ;:/.()")
    }


def _constants(call: ast.Call, scope: Scope) -> Iterator[str]:
    """Yield the constants within the texts of an error or report, except for code and single words."""
    if not _reason_of_pause(call, scope):
        return
    for node in ast.walk(call.args[0]):
        if isinstance(node, ast.Name) and node.id.isupper():
            for text in texts_of(node, scope):
                if " " in text and not text.startswith("python "):
                    yield text


def _note_of_search(call: ast.Call, scope: Scope) -> list[str]:
    match call.func:
        case ast.Name(id="SearchFailed"):
            return texts_of(call.args[1], scope) if len(call.args) > 1 else []
        case ast.Name(id="UnexpectedResponse" | "AmbiguousResponse"):
            return texts_of(call.args[0], scope)
    return []


def _reason_of_pause(call: ast.Call, scope: Scope) -> list[str]:
    pauses = any(keyword.arg == "pauses" and ast.unparse(keyword.value) == "True" for keyword in call.keywords)
    match call.func:
        case ast.Name(id="InvalidArgument" | "InvalidSetting") | ast.Attribute(attr="_pause"):
            return texts_of(call.args[0], scope)
        case ast.Name(id="retry" | "SheetsError") if pauses:
            return texts_of(call.args[0], scope)
    return []


def calls_of(file: Path) -> Iterator[tuple[ast.Call, Scope]]:
    """Yield each call in the functions of a file, with what each name in its scope may be."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    module = _assignments(tree.body)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:  # a function that returns a text stands for its return values
        returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
        if function.returns and ast.unparse(function.returns) == "str" and returned:
            inside = _assignments(list(ast.walk(function)))
            module[function.name] = [
                ast.Constant(text) for value in returned for text in texts_of(value, module | inside)
            ]
    for function in functions:
        scope = module | _assignments(list(ast.walk(function)))
        yield from ((node, scope) for node in ast.walk(function) if isinstance(node, ast.Call))


def _assignments(nodes: list[ast.AST] | list[ast.stmt]) -> Scope:
    found: Scope = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for target, value in zip(names, values, strict=True):
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(value)
    return found


def texts_of(node: ast.expr, scope: Scope, depth: int = 0) -> list[str]:
    """Return the texts that an expression may be; a value that is not a text in the source is `{}`."""
    if depth > 4:
        return ["{}"]
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            parts = [
                texts_of(part.value, scope, depth + 1)
                if isinstance(part, ast.FormattedValue)
                else texts_of(part, scope)
                for part in values
            ]
            return ["".join(choice) for choice in product(*parts)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [a + b for a in texts_of(left, scope, depth) for b in texts_of(right, scope, depth)]
        case ast.IfExp(body=body, orelse=orelse):
            return texts_of(body, scope, depth + 1) + texts_of(orelse, scope, depth + 1)
        case ast.BoolOp(values=values):
            return [text for value in values for text in texts_of(value, scope, depth + 1)]
        case ast.Subscript(value=value, slice=ast.Slice()):
            return texts_of(value, scope, depth + 1)
        case ast.Name(id=name) if name.isupper() and depth:  # a constant within a text is a text of its own
            return ["{}"]
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if name in scope:
            values = [value for value in scope[name] if name not in {each.id for each in _names(value)}]
            # A name that only shortens or changes itself is a value.
            return [text for value in values for text in texts_of(value, scope, depth + 1)] or ["{}"]
    return ["{}"]


def _names(node: ast.expr) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name))


def filled(text: str) -> str:
    """Return the text with a value that is a single word in place of each `{}`."""
    numbers = iter(range(1, 20))
    return re.sub(r"\{\}", lambda _: f"Value{next(numbers)}", text)


def is_translated(note: str, language: str) -> bool:
    """Return whether the words of a note are those of a template, and not part of the values of a general one."""
    if re.fullmatch(_VALUES, note):
        return True
    for template in note_templates():
        match = template.pattern.fullmatch(note)
        if match and language in template.translations:
            values = zip(template.names, match.groups(), strict=True)
            return all(
                re.fullmatch(rf"\S*|{_VALUES}|{_COMMANDS}", value)
                or (name == "text" and is_translated(value, language))
                for name, value in values
            )
    first, separator, rest = note.partition("; ")
    return bool(separator) and is_translated(first, language) and is_translated(rest, language)
