"""The English sentences in the source code that a page of the panel can show, with `{}` for values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.note_texts import PACKAGE, Scope, calls_of, texts_of

# Where a page gets sentences from. Those of parsers and crawls are notes of searches, see `search_notes`.
_SOURCES = (
    "clock.py", "deals/*.py", "delivery/channels/*.py", "delivery/outbox/*.py", "operations/**/*.py", "panel/**/*.py",
    "search/*.py", "storage/*.py",
)  # fmt: skip
# Only commands and programs get the sentences of these modules: nothing that a page does calls their functions.
_NOT_ON_PAGES = (
    "delivery/outbox/sheet_updates.py", "operations/backup/", "operations/deployment.py", "operations/env_file.py",
    "operations/prune/", "operations/schedule_file.py", "operations/service_addresses.py",
    "operations/service_definitions.py", "operations/supervisor_state.py", "panel/api/", "panel/auth/proxies.py",
    "panel/mcp/", "panel/server.py", "storage/responses.py", "storage/scheduler_lock.py",
)  # fmt: skip

#: The errors whose text a page shows, with the position of the text among the arguments.
_ERRORS = {
    "InvalidArgument": 0, "InvalidSetting": 0, "InvalidWatch": 0, "StorageError": 0, "ScrapydError": 0,
    "TooManyOffers": 0, "WatchConflict": 0, "AwardError": 0, "AccessDenied": 0, "ForgedRequest": 0,
    "SignInRequired": 0, "FieldError": 1, "_InvalidFile": 0, "HTTPException": 1,
}  # fmt: skip
#: The other calls with a text that a page shows.
_OTHERS = {
    "Miss": 1, "Conflict": 1, "Obstacle": 1, "AccessObstacle": 1, "check": 1, "_end": 2, "_end_and_repeat": 1, "ok": 0,
    "warning": (0, 1), "error": (0, 1), "_skip": 2,
}  # fmt: skip
_POSITIONS = _ERRORS | _OTHERS
_KEYWORDS = {"advice", "error", "note", "refusal", "sentence"}
#: The functions whose results a page shows, unless they are arguments of such calls.
_RETURNING = {
    "schedule_notes",
    "valuation_findings",
    "find_drops",
    "obstacle",
    "_source_obstacle",
    "_need_obstacle",
    "_obstacle",
    "_describe",
    "_totals",
    "channel_error",
    "_no_program",
    "_not_bookable",
}
#: The modules in which every text that is yielded is a reason.
_YIELDING = {"promotion_watches.py"}  # fmt: skip


def page_sentences() -> set[str]:
    """Return the sentences that a page can show: errors, obstacles, findings, problems and notes of jobs."""
    found = {text for file in _files() for text in _sentences(file)}
    # A form shows errors without the name of their field.
    return {text for each in found for text in (each, re.sub(r"^[a-z_]+: ", "", each)) if _is_sentence(text)}


def _is_sentence(text: str) -> bool:
    """Return False for a single word, which is a key, a name with values, and a text with an empty value."""
    has_gap = "  " in text or text.startswith(" ") or " , " in text or "()" in text or re.search(r"[a-z]\{\}", text)
    has_words = re.search("[a-z]{2}", re.sub(r"\{\}|Python|Chromium", "", text))
    return bool(" " in text.strip() and not has_gap and has_words)


def unknown_kinds() -> set[str]:
    """Return the kinds of names that can be unknown, as in `unknown cabin "busines"`."""
    return {
        text
        for file in _files()
        for call, scope in calls_of(file)
        if isinstance(call.func, ast.Name) and call.func.id == "unknown_name"
        for text in texts_of(call.args[0], scope)
        if text != "{}"
    }


def _files() -> Iterator[Path]:
    for pattern in _SOURCES:
        for file in PACKAGE.glob(pattern):
            if not file.relative_to(PACKAGE).as_posix().startswith(_NOT_ON_PAGES):
                yield file


def _sentences(file: Path) -> Iterator[str]:
    for call, scope in calls_of(file):
        for argument in _arguments(call):
            yield from texts_of(argument, scope)
            yield from _constants(argument, scope)
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and (function.name in _RETURNING or file.name in _YIELDING):
            for node in ast.walk(function):
                if isinstance(node, ast.Return | ast.Yield) and node.value:
                    values = node.value.elts if isinstance(node.value, ast.List) else [node.value]
                    for value in values:
                        yield from texts_of(value, {})


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    is_logged = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("logger")
    if is_logged:
        return
    positions = _POSITIONS.get(name, ())
    for position in positions if isinstance(positions, tuple) else (positions,):
        if position < len(call.args):
            yield call.args[position]
        elif name == "FieldError" and len(call.args) == 1:
            yield call.args[0]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in _KEYWORDS)


def _constants(argument: ast.expr, scope: Scope) -> Iterator[str]:
    """Yield the constants within a text, which are texts of their own, except for code and single words."""
    for node in ast.walk(argument):
        if isinstance(node, ast.Name) and node.id.isupper():
            for text in texts_of(node, scope):
                if " " in text and not text.startswith("python "):
                    yield text
