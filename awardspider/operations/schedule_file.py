"""The YAML file of the schedule: loading, with the line of each error, and writing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import yaml

from awardspider.operations.schedule_fields import FieldError, build_entry, entry_fields
from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted
from awardspider.search.suggestions import unknown_name
from awardspider.storage.schedule import ScheduleEntry

_KEY = "schedule"


def load_schedule(path: Path, spiders: Collection[str]) -> list[ScheduleEntry]:
    """Load the entries of a YAML file; `spiders` are the names of all spiders.

    Raise InvalidArgument with the file, line, entry and field of the first error.
    """
    entries = []
    lines: dict[str, int] = {}
    for node in _entry_nodes(path):
        entry, line = _parse_entry(node, path, spiders), _line(node)
        if (first := lines.setdefault(entry.name, line)) != line:
            raise InvalidArgument(
                f'{path.name}:{line}: line {first} has an entry "{entry.name}" already; give one a name'
            )
        entries.append(entry)
    return entries


def dump_schedule(entries: Iterable[ScheduleEntry]) -> str:
    """Return the text of a file from which `load_schedule` loads the same entries."""
    parts = [
        yaml.safe_dump([entry_fields(entry)], sort_keys=False, allow_unicode=True, default_flow_style=False, width=100)
        for entry in entries
    ]
    indented = ["".join(f"  {line}\n" for line in part.splitlines()) for part in parts]
    return f"{_KEY}:\n" + "\n".join(indented) if indented else f"{_KEY}: []\n"


def _entry_nodes(path: Path) -> Iterator[yaml.Node]:
    root = _compose(path)
    if root is None:
        raise InvalidArgument(f'{path.name}: the file is empty (start with "{_KEY}:" and a list below it)')
    fields = dict(_fields(root, path)) if isinstance(root, yaml.MappingNode) else {}
    for name, node in fields.items():
        if name != _KEY:
            raise InvalidArgument(f"{path.name}:{_line(node)}: {unknown_name('key', name, [_KEY])}")
    entries = fields.get(_KEY)
    if not isinstance(entries, yaml.SequenceNode):
        raise InvalidArgument(f'{path.name}:{_line(entries or root)}: expected "{_KEY}:" with a list below it')
    yield from entries.value


def _compose(path: Path) -> yaml.Node | None:
    """Return the root node of a file. Nodes have line numbers, and values are text as written."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidArgument(f"{path}: {error.strerror}") from None
    try:
        root: yaml.Node | None = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise InvalidArgument(f"{path.name}:{line}: the file is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = error.problem or "unknown error"
        tab = "a tab is not allowed here (use spaces)" if "'\\t'" in problem else f"invalid YAML: {problem}"
        raise InvalidArgument(f"{path.name}:{line}: {tab}") from None
    except yaml.YAMLError as error:
        raise InvalidArgument(f"{path.name}: invalid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise InvalidArgument(f"{path.name}: the file is nested too deeply") from None
    return root


def _parse_entry(node: yaml.Node, path: Path, spiders: Collection[str]) -> ScheduleEntry:
    line = _line(node)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidArgument(f"{path.name}:{line}: an entry must be a group of fields, such as spider: united")
    fields = dict(_fields(node, path))
    try:
        written = {name: _plain_value(value) for name, value in fields.items()}
    except RecursionError:
        raise InvalidArgument(f"{path.name}:{line}: an alias in this entry contains itself") from None
    try:
        return build_entry(written, spiders)
    except FieldError as error:
        name = written.get("name") or written.get("spider") or written.get("task")
        entry = f'entry "{quoted(name)}": ' if isinstance(name, str) and name else ""
        raise InvalidArgument(
            f"{path.name}:{_line(fields[error.field]) if error.field else line}: {entry}{error}"
        ) from None


def _fields(node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
    names = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise InvalidArgument(f"{path.name}:{_line(key)}: the name of a field must be a single value")
        if key.value in names:
            raise InvalidArgument(f'{path.name}:{_line(key)}: field "{quoted(key.value)}" is given twice')
        names.add(key.value)
        yield key.value, value


def _plain_value(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(item) for item in node.value]
    return {key.value: _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1
