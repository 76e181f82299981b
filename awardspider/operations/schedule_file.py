"""The YAML file of the schedule: loading, with the line of each error, and writing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import yaml

from awardspider.operations.schedule_fields import FieldError, build_entry, entry_fields
from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted
from awardspider.search.suggestions import unknown_name
from awardspider.search.yaml_nodes import compose_file, line_of, named_nodes
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
    root = compose_file(path, InvalidArgument, "entries")
    if root is None:
        raise InvalidArgument(f'{path.name}: the file is empty (start with "{_KEY}:" and a list below it)')
    fields = dict(named_nodes(root, path, InvalidArgument)) if isinstance(root, yaml.MappingNode) else {}
    for name, node in fields.items():
        if name != _KEY:
            raise InvalidArgument(f"{path.name}:{_line(node)}: {unknown_name('key', name, [_KEY])}")
    entries = fields.get(_KEY)
    if not isinstance(entries, yaml.SequenceNode):
        raise InvalidArgument(f'{path.name}:{_line(entries or root)}: expected "{_KEY}:" with a list below it')
    yield from entries.value


def _parse_entry(node: yaml.Node, path: Path, spiders: Collection[str]) -> ScheduleEntry:
    line = _line(node)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidArgument(f"{path.name}:{line}: an entry must be a group of fields, such as spider: united")
    fields = dict(named_nodes(node, path, InvalidArgument))
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


def _plain_value(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(item) for item in node.value]
    return {key.value: _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _line(node: yaml.Node) -> int:
    return line_of(node.start_mark)
