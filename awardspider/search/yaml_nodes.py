"""Nodes of YAML files that people write: they have line numbers, and values such as `+30` are text as written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from awardspider.outcomes import AwardError
from awardspider.search.field_values import quoted


def compose_file(path: Path, error: type[AwardError], entries: str) -> yaml.Node | None:
    """Return the root node of a file, or None if it is empty; `entries` names what the file lists.

    Raise `error` with the file and line if it cannot be read or is no valid YAML.
    """
    try:
        text = path.read_bytes()
    except OSError as problem:
        raise error(f"{path}: {problem.strerror}") from None
    return compose_text(text, path, error, entries)


def compose_text(text: bytes, path: Path, error: type[AwardError], entries: str) -> yaml.Node | None:
    """Return the root node of a text, as `compose_file` does; `path` is the name of its file in errors."""
    try:
        root: yaml.Node | None = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as problem:
        line = text.count(b"\n", 0, problem.start) + 1
        raise error(f"{path.name}:{line}: the file is not UTF-8 text") from None
    except yaml.MarkedYAMLError as problem:
        line = line_of(problem.problem_mark)
        raise error(f"{path.name}:{line}: {_describe(problem.problem or 'unknown error', entries)}") from None
    except yaml.YAMLError as problem:
        raise error(f"{path.name}: invalid YAML: {str(problem).splitlines()[0]}") from None
    except RecursionError:
        raise error(f"{path.name}: the file is nested too deeply") from None
    return root


def named_nodes(node: yaml.MappingNode, path: Path, error: type[AwardError]) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the name and the value of each field. Raise `error` for a name that is no single value, or given twice."""
    names = set()
    for key, value in node.value:
        line = line_of(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise error(f"{path.name}:{line}: the name of a field must be a single value")
        if key.value in names:
            raise error(f'{path.name}:{line}: field "{quoted(key.value)}" is given twice')
        names.add(key.value)
        yield key.value, value


def line_of(mark: yaml.Mark | None) -> int:
    """Return the number of a line, of which the first is 1."""
    return mark.line + 1 if mark else 1


def _describe(problem: str, entries: str) -> str:
    if "another document" in problem:
        return f"the file has a second document: put all {entries} into one list"
    return "a tab is not allowed here (use spaces)" if "'\\t'" in problem else f"invalid YAML: {problem}"
