"""The YAML file of watches: loading, with the line of each error, and writing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.field_values import quoted
from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.promotion_watches import PromotionWatch, build_promotion_watch
from awardspider.search.suggestions import unknown_name
from awardspider.search.watch_building import FieldError
from awardspider.search.watch_table import WATCH_FIELDS, WatchField
from awardspider.search.watches import Watch, build
from awardspider.search.yaml_nodes import compose_file, compose_text, line_of, named_nodes

AnyWatch = Watch | PromotionWatch


class _Section(NamedTuple):
    """A list of a file: how its entries are built, the table of their fields, and an example of one."""

    build: Callable[[Mapping[str, object]], AnyWatch]
    fields: Mapping[str, WatchField]
    example: str


_SECTIONS: Mapping[str, _Section] = {
    "watches": _Section(build, WATCH_FIELDS, "origin: LAX"),
    "promotions": _Section(build_promotion_watch, PROMOTION_WATCH_FIELDS, "kinds: transfer bonus"),
}


class FileEntry(NamedTuple):
    """A watch of a file, with the number of its first line, and the lines of its fields keyed by name."""

    watch: AnyWatch
    line: int
    lines: Mapping[str, int]

    def line_of(self, field: str) -> int:
        """Return the line of a field, or that of the watch if the field is not in the file."""
        return self.lines.get(field, self.line)


def load_watches(
    path: Path, channels: Collection[str] | None = None, spreadsheets: Collection[str] = ()
) -> list[Watch]:
    """Load the watches for awards in a YAML file, as `load_entries` does."""
    watches = (entry.watch for entry in load_entries(path, channels, spreadsheets))
    return [watch for watch in watches if isinstance(watch, Watch)]


def load_entries(
    path: Path, channels: Collection[str] | None = None, spreadsheets: Collection[str] = ()
) -> list[FileEntry]:
    """Load the watches in a YAML file: those of awards, then those of promotions.

    Raise InvalidWatch with the file, line, watch and field of the first error.

    If `channels` is given, a watch may notify only these. `spreadsheets` are channels that receive no messages.
    """
    return _parse_entries(compose_file(path, InvalidWatch, "watches"), path, channels, spreadsheets)


def parse_entries(
    text: str, path: Path, channels: Collection[str] | None = None, spreadsheets: Collection[str] = ()
) -> list[FileEntry]:
    """Parse the watches in the text of a file, as `load_entries` does; `path` is the name of the file in errors."""
    root = compose_text(text.encode(errors="replace"), path, InvalidWatch, "watches")
    return _parse_entries(root, path, channels, spreadsheets)


def written_watches(text: str, path: Path) -> list[tuple[str, dict[str, object]]]:
    """Return the watches in the text of a file as they are written: the name of the list, and the fields of each.

    Raise InvalidWatch, with the line, only for a text of another structure: fields can be unknown and invalid.
    """
    root = compose_text(text.encode(errors="replace"), path, InvalidWatch, "watches")
    names = {id(section): name for name, section in _SECTIONS.items()}
    return [(names[id(section)], _written_fields(node, path, section)[0]) for section, node in _watch_nodes(root, path)]


def _parse_entries(
    root: yaml.Node | None, path: Path, channels: Collection[str] | None, spreadsheets: Collection[str]
) -> list[FileEntry]:
    entries: list[FileEntry] = []
    lines: dict[tuple[str, str], int] = {}
    for section, node in _watch_nodes(root, path):
        entry = _parse_watch(node, path, section)
        watch, line, _ = entry
        if channels is not None:
            _check_channels(watch, node, path, channels, spreadsheets)
        for kind, identity in (("name", watch.name.casefold()), ("id", watch.id)):
            if identity and (first := lines.setdefault((kind, identity), line)) != line:
                raise InvalidWatch(f'{path.name}:{line}: watch "{watch.name}": line {first} has a watch of this {kind}')
        entries.append(entry)
    return entries


def dump_watches(watches: Iterable[Watch], promotions: Iterable[PromotionWatch] = ()) -> str:
    """Return the text of a file from which `load_entries` loads the same watches: fields in order, without defaults."""
    sections: dict[str, list[AnyWatch]] = {"watches": [*watches], "promotions": [*promotions]}
    texts = [_dump_section(name, entries) for name, entries in sections.items() if entries]
    return "\n".join(texts) or "watches: []\n"


def dump_written(section: str, written: Mapping[str, object]) -> str:
    """Return the text of a file with one watch, of the list `section`, from fields that may be invalid."""
    return _dump({section: [dict(written)]})


def _dump_section(name: str, watches: Iterable[AnyWatch]) -> str:
    entries = [_dump({name: [_definition(watch)]}).removeprefix(f"{name}:\n") for watch in watches]
    return f"{name}:\n" + "\n".join(entries)


def _definition(watch: AnyWatch) -> dict[str, object]:
    values = watch.to_definition()
    first = {"name": values.pop("name")} | ({"id": watch.id} if watch.id else {})
    return first | ({} if watch.active else {"active": False}) | values


class _Dumper(yaml.SafeDumper):
    """A dumper that indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_list(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.Node:
    is_plain = not any(isinstance(value, dict) for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=is_plain)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # Only double quotes keep every line break and control character.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)


def _dump(value: object) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )
    return text


def _watch_nodes(root: yaml.Node | None, path: Path) -> Iterator[tuple[_Section, yaml.Node]]:
    """Yield each watch's list and its YAML node. Nodes have line numbers and keep values such as `+30` as text."""
    if root is None:
        raise InvalidWatch(f'{path.name}: the file is empty (start with "watches:" and a list below it)')
    entries = dict(named_nodes(root, path, InvalidWatch)) if isinstance(root, yaml.MappingNode) else {}
    for name in entries.keys() - _SECTIONS.keys():
        line = line_of(entries[name].start_mark)
        raise InvalidWatch(f'{path.name}:{line}: expected "watches" or "promotions", got "{quoted(name)}"')
    lists = {name: node for name in _SECTIONS if (node := entries.get(name)) and not _is_empty(node)}
    if not lists:
        name, node = next(iter(entries.items()), ("watches", root))
        raise _no_list(path, name, node)
    for name, node in lists.items():
        if not isinstance(node, yaml.SequenceNode):
            raise _no_list(path, name, node)
        yield from ((_SECTIONS[name], entry) for entry in node.value)


def _no_list(path: Path, name: str, node: yaml.Node) -> InvalidWatch:
    return InvalidWatch(f'{path.name}:{line_of(node.start_mark)}: expected "{name}:" with a list below it')


def _is_empty(node: yaml.Node) -> bool:
    """Return whether a list is empty or left blank."""
    return node.tag == "tag:yaml.org,2002:null" if isinstance(node, yaml.ScalarNode) else not node.value


def _parse_watch(node: yaml.Node, path: Path, section: _Section) -> FileEntry:
    """Parse a watch."""
    line = line_of(node.start_mark)
    written, entries = _written_fields(node, path, section)
    try:
        return FileEntry(
            section.build(written), line, {name: line_of(value.start_mark) for name, value in entries.items()}
        )
    except FieldError as error:
        if error.field:
            line = line_of(
                _failing_part(entries[error.field], _error_in(section.fields.get(error.field), str(error))).start_mark
            )
        name = written.get("name")
        watch = f'watch "{quoted(name)}": ' if isinstance(name, str) and name else ""
        raise InvalidWatch(f"{path.name}:{line}: {watch}{error}") from None


def _written_fields(node: yaml.Node, path: Path, section: _Section) -> tuple[dict[str, object], dict[str, yaml.Node]]:
    """Return the fields of a watch, by name, as plain values and as nodes."""
    line = line_of(node.start_mark)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidWatch(f"{path.name}:{line}: a watch must be a group of fields, such as {section.example}")
    entries = dict(named_nodes(node, path, InvalidWatch))
    try:
        return {name: _plain_value(value) for name, value in entries.items()}, entries
    except RecursionError:
        raise InvalidWatch(f"{path.name}:{line}: an alias in this watch contains itself") from None


def _error_in(field: WatchField | None, message: str) -> Callable[[object], bool]:
    """Return a function that returns whether a value alone has the error of a field; None is an unknown field."""

    def has_error(value: object) -> bool:
        try:
            if field:
                field.kind.parse(value)
        except InvalidArgument as error:
            return message.endswith(str(error))
        return False

    return has_error


def _failing_part(node: yaml.Node, has_error: Callable[[object], bool]) -> yaml.Node:
    """Return the smallest part of a field's value that has its error, or else the value."""
    if isinstance(node, yaml.SequenceNode):
        return next((item for item in node.value if has_error(_plain_value(_only(node, item)))), node)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode) and has_error({key.value: _plain_value(value)}):
            part = _failing_part(value, lambda inner, name=key.value: has_error({name: inner}))  # type: ignore[misc]
            return key if part is value else part
    return node


def _only(node: yaml.SequenceNode, item: yaml.Node) -> yaml.SequenceNode:
    """Return a sequence with one of its items."""
    return yaml.SequenceNode(node.tag, [item])


def _check_channels(
    watch: AnyWatch, node: yaml.Node, path: Path, channels: Collection[str], spreadsheets: Collection[str]
) -> None:
    """Raise InvalidWatch for the first channel that a watch notifies and that does not exist or takes no messages."""
    for name, _ in watch.notify.channels if watch.notify else ():
        if error := channel_error(name, channels, spreadsheets):
            line = _line_of_channel(node, name)
            raise InvalidWatch(f'{path.name}:{line}: watch "{watch.name}": {error}')


def channel_error(name: str, channels: Collection[str], spreadsheets: Collection[str] = ()) -> str:
    """Return why a watch cannot notify a channel, or an empty string if it can."""
    if name in spreadsheets:
        return f'channel "{name}" is a spreadsheet, which has the offers of every watch; name other channels'
    if name in channels:
        return ""
    return unknown_name("channel", name, channels, none="none exists; scrapy channels add adds one")


def _line_of_channel(watch: yaml.Node, name: str) -> int:
    """Return the line of a channel in a watch's `notify` block, or of the names if they are written as one text."""
    notify = next(value for key, value in watch.value if key.value == "notify")
    channels = next(value for key, value in notify.value if key.value == "channels")
    entries = channels.value if isinstance(channels, yaml.CollectionNode) else []
    nodes = [entry[0] if isinstance(entry, tuple) else entry for entry in entries]
    return line_of(next((node for node in nodes if node.value == name), channels).start_mark)


def _plain_value(node: yaml.Node) -> object:
    """Convert a node to text as written, to None if null, or to a list or dict of such values."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [item.value if isinstance(item, yaml.ScalarNode) else {} for item in node.value]
    return {key.value: _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
