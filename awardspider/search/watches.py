"""Watches, which describe the offers to notify a user of, loaded from a file, storage or spider arguments."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import yaml
from msgspec import Meta

from awardspider.items import MAX_PARTY, AwardOfferItem, Cabin
from awardspider.itineraries import MOST_MILES
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.programs import Program, all_programs, programs
from awardspider.search.dates import DateSpan, parse_bookable_dates, parse_date_spans, today_at
from awardspider.search.field_values import comma_separated, parse_value, quoted
from awardspider.search.notify_prefs import NotifyPrefs, parse_notify_prefs
from awardspider.search.places import parse_airport_codes
from awardspider.search.suggestions import unknown_name

WatchName = Annotated[str, Meta(max_length=100)]
Miles = Annotated[int, Meta(ge=1, le=MOST_MILES)]
PartySize = Annotated[int, Meta(ge=1, le=MAX_PARTY)]
Stops = Annotated[int, Meta(ge=0, le=9)]

_CABIN_NAMES = {str(cabin): cabin for cabin in Cabin} | {"premium": Cabin.PREMIUM_ECONOMY, "coach": Cabin.ECONOMY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Routes, days, cabins and limits of the offers to notify a user of.

    The fields have the names and order of a watch file, except that a file uses `origin` and `destination`.
    """

    name: WatchName
    active: bool = True
    #: Programs and sources to search, as described in `includes`; empty means all.
    programs: tuple[str, ...] = ()
    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    #: Departure dates, in the forms that `search.dates` accepts. Relative dates count from the day of the search.
    dates: str
    #: Empty means all cabins.
    cabins: tuple[Cabin, ...] = ()
    #: For one traveler, one way.
    max_miles: Miles | None = None
    travelers: PartySize = 1
    #: 0 is replaced by the number of travelers.
    min_seats: PartySize = 0
    max_stops: Stops | None = None
    allow_mixed_cabin: bool = True
    notify: NotifyPrefs | None = None
    spans: tuple[DateSpan, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", parse_date_spans(self.dates))
        object.__setattr__(self, "min_seats", self.min_seats or self.travelers)

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Return every pair of a different origin and destination."""
        return tuple(
            (origin, destination)
            for origin in self.origins
            for destination in self.destinations
            if origin != destination
        )

    def covers(self, origin: str, destination: str, day: date, today: date) -> bool:
        """Return whether the watch includes this route on this day; `today` is the current date at the origin."""
        if origin in self.origins and destination in self.destinations:
            for span in self.spans:  # any() would take twice as long, and this runs for every offer of a crawl
                if span.covers(day, today):
                    return True
        return False

    def includes(self, program: str, source: str) -> bool:
        """Return whether the watch includes offers of a program that were found by searching `source`.

        A key in `programs` selects what its own site returns: for `united`, United's own offers and not the copies of
        another source; for a source such as `seatsaero`, the offers of all programs that it covers. `seatsaero/united`
        selects one program of a source. The offers of a program without a spider can come from any source.
        """
        return (
            not self.programs
            or source in self.programs
            or f"{source}/{program}" in self.programs
            or (program in self.programs and program not in programs())
        )

    def needs(self, source: Program) -> bool:
        """Return whether the watch includes any program whose offers this source finds."""
        return any(self.includes(program, source.key) for program in source.programs)

    def names_source(self, source: str) -> bool:
        """Return whether the watch lists this source, or one of its programs by the name of the source."""
        return any(entry.partition("/")[0] == source for entry in self.programs)

    def could_satisfy(self, offer: AwardOfferItem) -> bool:
        """Return whether an offer's program, route, day, cabin and miles match; unknown values match.

        Seats and stops are not checked, because the price for a day often lacks them. Relative dates count from the day
        on which the offer was seen.
        """
        return (
            (self.max_miles is None or offer.miles is None or offer.miles <= self.max_miles)
            and (not self.cabins or offer.cabin in self.cabins)
            and self.includes(offer.program, offer.source)
            and (self.allow_mixed_cabin or not offer.mixed_cabin)
            and self.covers(
                offer.origin, offer.destination, offer.departure_date, _local_today(offer.origin, offer.seen_at)
            )
        )

    def to_definition(self) -> dict[str, object]:
        """Return the watch as plain values keyed by watch-file field name, without defaults.

        `active` is omitted, because storage has a separate column for it.
        """
        defaults = {name: entry.default for name, entry in _FIELDS.items()} | {"min_seats": self.travelers}
        values = {name: getattr(self, entry.name) for name, entry in _FIELDS.items() if name != "active"}
        return {name: _to_plain(value) for name, value in values.items() if value != defaults[name]}

    @classmethod
    def from_definition(cls, definition: Mapping[str, object], active: bool = True) -> Watch:
        """Build a watch from a definition. Raise InvalidWatch with the names of the watch and the invalid field."""
        try:
            return _build({**definition, "active": active})
        except _FieldError as error:
            raise InvalidWatch(f'watch "{definition.get("name")}": {error}') from None


# Cached, because many offers of a response have the same time and origin.
_local_today = functools.lru_cache(maxsize=1024)(today_at)


def ad_hoc_watch(
    *,
    program: str,
    origin: str,
    destination: str,
    dates: str,
    cabins: str = "",
    travelers: str = "",
    max_miles: str = "",
    now: datetime,
    window_days: int,
) -> Watch:
    """Build a watch for one run from spider arguments (empty if not given) and the aware current time.

    Dates that are partly outside the booking window are accepted; `dates.describe_cut_dates` describes them.
    Raises InvalidArgument.
    """
    arguments = {"origin": origin, "destination": destination, "dates": dates, "cabins": cabins}
    arguments |= {"travelers": travelers, "max_miles": max_miles}
    try:
        watch = _build({"name": "ad hoc", "programs": program, **arguments})
    except _FieldError as error:
        raise InvalidArgument(str(error)) from None
    # The local date can differ between origins, so dates are accepted if they are valid at any origin.
    errors = []
    for code in watch.origins:
        try:
            parse_bookable_dates(watch.dates, today_at(code, now), window_days)
        except InvalidArgument as error:
            errors.append(error)
        else:
            return watch
    raise InvalidArgument(f"dates: {errors[-1]}")


def parse_cabins(text: str) -> tuple[Cabin, ...]:
    """Parse cabins such as `economy, Business`; return them without duplicates, lowest first.

    `premium` and `coach` are also accepted. Raises InvalidArgument with a suggestion for an unknown name.
    """
    cabins = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name = re.sub(r"[\s_-]+", "_", part.casefold()).removesuffix("_class")
        if name not in _CABIN_NAMES:
            raise InvalidArgument(unknown_name("cabin", part, Cabin))
        cabins.add(_CABIN_NAMES[name])
    return tuple(sorted(cabins, key=lambda cabin: cabin.rank))


def load_watches(
    path: Path, channels: Collection[str] | None = None, spreadsheets: Collection[str] = ()
) -> list[Watch]:
    """Load the watches in a YAML file. Raise InvalidWatch with the file, line, watch and field of the first error.

    If `channels` is given, a watch may notify only these. `spreadsheets` are channels that receive no messages.
    """
    watches: list[Watch] = []
    lines: dict[str, int] = {}
    for node in _watch_nodes(path):
        line, watch = _parse_watch(node, path)
        if channels is not None:
            _check_channels(watch, node, path, channels, spreadsheets)
        if first_line := lines.get(watch.name.casefold()):
            raise InvalidWatch(f'{path.name}:{line}: watch "{watch.name}": line {first_line} has a watch of this name')
        lines[watch.name.casefold()] = line
        watches.append(watch)
    return watches


# ---- fields ------------------------------------------------------------------------------------------------------


class _FieldError(Exception):
    """An invalid or missing field; `field` is None if the field is missing."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


def _parse_name(value: object) -> str:
    name: str = parse_value(value, WatchName)
    if not name.isprintable():
        raise InvalidArgument("must be one line without control characters")
    return name


def _parse_dates(value: object) -> str:
    text = comma_separated(value)
    parse_date_spans(text)
    return text


def _parse_programs(value: object) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(key.strip().lower() for key in comma_separated(value).split(",") if key.strip()))
    for key in keys:
        source, slash, program = key.partition("/")
        if slash and source not in programs():
            raise InvalidArgument(unknown_name("source", source, programs()))
        if slash and program not in programs()[source].programs:
            raise InvalidArgument(unknown_name(f"program of {source}", program, programs()[source].programs))
        if not slash and key not in all_programs():
            raise InvalidArgument(unknown_name("program", key, all_programs()))
    return keys


# Parsers of fields with a special notation. All other fields are single values and are parsed by type.
_PARSERS: dict[str, Callable[[object], object]] = {
    "name": _parse_name,
    "programs": _parse_programs,
    "origin": lambda value: parse_airport_codes(comma_separated(value)),
    "destination": lambda value: parse_airport_codes(comma_separated(value)),
    "dates": _parse_dates,
    "cabins": lambda value: parse_cabins(comma_separated(value)),
    "notify": parse_notify_prefs,
}
_NAMES_IN_FILE = {"origins": "origin", "destinations": "destination"}
_FIELDS: dict[str, Field[Any]] = {_NAMES_IN_FILE.get(each.name, each.name): each for each in fields(Watch) if each.init}
_TYPES = get_type_hints(Watch, include_extras=True)
_EXAMPLES = {"name": "Tokyo in spring", "origin": "LAX", "destination": "TYO", "dates": "2027-03"}


def _build(written: Mapping[str, object]) -> Watch:
    """Build a watch from values keyed by watch-file field name; None and blank strings count as missing."""
    values: dict[str, Any] = {}
    for name, value in written.items():
        if name not in _FIELDS:
            raise _FieldError(name, unknown_name("field", name, _FIELDS))
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        attribute = _FIELDS[name].name
        try:
            values[attribute] = _PARSERS[name](value) if name in _PARSERS else parse_value(value, _TYPES[attribute])
        except InvalidArgument as error:
            names_itself = str(error).startswith(f"unknown {name.removesuffix('s')} ")
            raise _FieldError(name, str(error) if names_itself else f"{name}: {error}") from None
    for name, entry in _FIELDS.items():
        if entry.default is MISSING and not values.get(entry.name):
            raise _FieldError(None, f"{name} is missing (for example {_EXAMPLES[name]})")
    watch = Watch(**values)
    if not watch.routes:
        raise _FieldError("destination", f"destination: {watch.origins[0]} is also the origin")
    return watch


def _to_plain(value: object) -> object:
    if isinstance(value, NotifyPrefs):
        return value.to_definition()
    return [str(item) for item in value] if isinstance(value, tuple) else value


# ---- the file ----------------------------------------------------------------------------------------------------


def _watch_nodes(path: Path) -> Iterator[yaml.Node]:
    """Yield the YAML node of each watch. Nodes have line numbers and keep values such as `+30` as text."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidWatch(f"{path}: {error.strerror}") from None
    try:
        root = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise InvalidWatch(f"{path.name}:{line}: the file is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        raise InvalidWatch(f"{path.name}:{_line(error.problem_mark)}: {_describe_yaml_error(error)}") from None
    except yaml.YAMLError as error:
        raise InvalidWatch(f"{path.name}: invalid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise InvalidWatch(f"{path.name}: the file is nested too deeply") from None
    if root is None:
        raise InvalidWatch(f'{path.name}: the file is empty (start with "watches:" and a list below it)')
    entries = dict(_entries(root, path)) if isinstance(root, yaml.MappingNode) else {}
    for name in entries.keys() - {"watches"}:
        raise InvalidWatch(f'{path.name}:{_line(entries[name].start_mark)}: expected "watches", got "{quoted(name)}"')
    watches = entries.get("watches")
    if not isinstance(watches, yaml.SequenceNode) or not watches.value:
        line = _line((watches or root).start_mark)
        raise InvalidWatch(f'{path.name}:{line}: expected "watches:" with a list below it')
    yield from watches.value


def _parse_watch(node: yaml.Node, path: Path) -> tuple[int, Watch]:
    """Parse a watch; return the number of its first line and the watch."""
    line = _line(node.start_mark)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidWatch(f"{path.name}:{line}: a watch must be a group of fields, such as origin: LAX")
    entries = dict(_entries(node, path))
    written = {name: _plain_value(value) for name, value in entries.items()}
    try:
        return line, _build(written)
    except _FieldError as error:
        if error.field:
            line = _line(entries[error.field].start_mark)
        name = written.get("name")
        watch = f'watch "{quoted(name)}": ' if isinstance(name, str) and name else ""
        raise InvalidWatch(f"{path.name}:{line}: {watch}{error}") from None


def _check_channels(
    watch: Watch, node: yaml.Node, path: Path, channels: Collection[str], spreadsheets: Collection[str]
) -> None:
    """Raise InvalidWatch for the first channel that a watch notifies and that does not exist or takes no messages."""
    for name, _ in watch.notify.channels if watch.notify else ():
        if name not in channels:
            line = _line_of_channel(node, name)
            error = unknown_name("channel", name, channels, none="none exists; scrapy channels add adds one")
            if name in spreadsheets:
                error = f'channel "{name}" is a spreadsheet, which has the offers of every watch; name other channels'
            raise InvalidWatch(f'{path.name}:{line}: watch "{watch.name}": {error}')


def _line_of_channel(watch: yaml.Node, name: str) -> int:
    """Return the line of a channel in a watch's `notify` block, or of the names if they are written as one text."""
    notify = next(value for key, value in watch.value if key.value == "notify")
    channels = next(value for key, value in notify.value if key.value == "channels")
    entries = channels.value if isinstance(channels, yaml.CollectionNode) else []
    nodes = [entry[0] if isinstance(entry, tuple) else entry for entry in entries]
    return _line(next((node for node in nodes if node.value == name), channels).start_mark)


def _entries(node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
    names = set()
    for key, value in node.value:
        line = _line(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise InvalidWatch(f"{path.name}:{line}: the name of a field must be a single value")
        if key.value in names:
            raise InvalidWatch(f'{path.name}:{line}: field "{quoted(key.value)}" is given twice')
        names.add(key.value)
        yield key.value, value


def _plain_value(node: yaml.Node) -> object:
    """Convert a node to text as written, to None if null, or to a list or dict of such values."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [item.value if isinstance(item, yaml.ScalarNode) else {} for item in node.value]
    return {key.value: _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _line(mark: yaml.Mark | None) -> int:
    return mark.line + 1 if mark else 1


def _describe_yaml_error(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "unknown error"
    return "a tab is not allowed here (use spaces)" if "'\\t'" in problem else f"invalid YAML: {problem}"
