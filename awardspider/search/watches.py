"""Watches: what somebody wants to hear about, from a file, from storage or from a spider's arguments."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import yaml

from awardspider.items import AwardOfferItem, Cabin
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.programs import all_programs
from awardspider.search.dates import DateSpan, parse_dates, read_dates, today_at
from awardspider.search.notify_prefs import Tell, read_tell
from awardspider.search.places import airport_codes

_CABIN_NAMES = {str(cabin): cabin for cabin in Cabin} | {"premium": Cabin.PREMIUM_ECONOMY, "coach": Cabin.ECONOMY}
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}|[0-9]{1,3}([,_][0-9]{3}){1,2}")  # 80000, and 80,000 or 80_000
_NAME_AT_MOST = 100
_PARTY_AT_MOST = 9  # no program sells more seats in one booking, and none counts further
_MILES_AT_MOST = 2_000_000  # the most that `validate` lets an offer cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What somebody wants: routes, days, cabins and limits. Nothing in `programs` or `cabins` means all of them.

    `dates` is text as `search.dates` reads it; days from today count from the day of the look. `max_miles` is per
    traveler, one way. `min_seats` of 0 becomes the number of travelers.
    """

    name: str
    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    dates: str
    active: bool = True
    programs: tuple[str, ...] = ()
    cabins: tuple[Cabin, ...] = ()
    max_miles: int | None = None
    travelers: int = 1
    min_seats: int = 0
    max_stops: int | None = None
    allow_mixed_cabin: bool = True
    tell: Tell | None = None
    spans: tuple[DateSpan, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", read_dates(self.dates))
        object.__setattr__(self, "min_seats", self.min_seats or self.travelers)

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Every pair of origin and destination."""
        return tuple(
            (origin, destination)
            for origin in self.origins
            for destination in self.destinations
            if origin != destination
        )

    def covers(self, origin: str, destination: str, day: date, today: date) -> bool:
        """Whether the watch wants this route on this day, when today at the origin is `today`."""
        if origin in self.origins and destination in self.destinations:
            for span in self.spans:  # a loop: any() takes twice as long, and every offer of a crawl comes through here
                if span.covers(day, today):
                    return True
        return False

    def wants_any_of(self, *keys: str) -> bool:
        """Whether one of these programs is wanted."""
        return not self.programs or not set(keys).isdisjoint(self.programs)

    def could_satisfy(self, offer: AwardOfferItem) -> bool:
        """Whether program, route, day, cabin and miles of the offer are wanted.

        This is what a day's price can tell. An offer that does not say its miles, or whether its cabins are mixed,
        can still satisfy. Days from today count from the day it was seen.
        """
        return (
            (self.max_miles is None or offer.miles is None or offer.miles <= self.max_miles)
            and (not self.cabins or offer.cabin in self.cabins)
            and (not self.programs or offer.program in self.programs or offer.source in self.programs)
            and (self.allow_mixed_cabin or not offer.mixed_cabin)
            and self.covers(
                offer.origin, offer.destination, offer.departure_date, _local_today(offer.origin, offer.seen_at)
            )
        )

    def to_definition(self) -> dict[str, object]:
        """The watch as plain values for storage, by the names of the watch file, without what is left to default.

        Whether it is active is not part of it: storage keeps that beside the definition.
        """
        written = {name: _plain(getattr(self, entry.attribute)) for name, entry in _FIELDS.items() if name != "active"}
        if self.min_seats == self.travelers:
            del written["min_seats"]
        return {name: value for name, value in written.items() if value != _DEFAULTS.get(name)}

    @classmethod
    def from_definition(cls, definition: Mapping[str, object], active: bool = True) -> Watch:
        """The watch that `to_definition` wrote. Raises BadWatch with the watch's name and the field."""
        try:
            return _build({**definition, "active": active})
        except _BadField as error:
            raise InvalidWatch(f"watch '{definition.get('name')}'{error.in_field}: {error}") from None


# One answer brings many offers with one time.
_local_today = functools.lru_cache(maxsize=1024)(today_at)


def ad_hoc(
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
    """A watch for one look, from a spider's arguments as typed ("" where not given) and the aware present moment.

    Raises BadArgument, beginning with the argument's name. What falls partly outside the booking window is not said
    here: `parse_dates(watch.dates, ...).note` does.
    """
    typed = {"origin": origin, "destination": destination, "dates": dates, "cabins": cabins}
    typed |= {"travelers": travelers, "max_miles": max_miles}
    try:
        watch = _build({"name": "ad hoc", "programs": program, **typed})
    except _BadField as error:
        raise InvalidArgument(f"{error.field}: {error}" if error.field else str(error)) from None
    # East of the date line it can be tomorrow already: dates are good if they are good at any origin.
    refused = None
    for code in watch.origins:
        try:
            parse_dates(watch.dates, today_at(code, now), window_days)
        except InvalidArgument as error:
            refused = error
        else:
            return watch
    raise InvalidArgument(f"dates: {refused}")


def parse_cabins(text: str) -> tuple[Cabin, ...]:
    """Cabins from text such as `economy, Business`, from the lowest, each once; `premium` and `coach` are understood.

    Raises BadArgument, with what was probably meant, at the first word that is no cabin.
    """
    found = set()
    for part in text.split(","):
        name = re.sub(r"[\s_-]+", "_", part.strip().casefold()).removesuffix("_class")
        if name in _CABIN_NAMES:
            found.add(_CABIN_NAMES[name])
        elif name:
            raise InvalidArgument(
                f"'{part.strip()[:40]}' is not a cabin; write economy, premium_economy, business or first"
            )
    return tuple(sorted(found, key=lambda cabin: cabin.rank))


def load_watches(path: Path) -> list[Watch]:
    """The watches of a YAML file. Raises BadWatch at the first thing wrong, with file, line, watch and field."""
    watches: list[Watch] = []
    lines: dict[str, int] = {}
    for node in _watch_nodes(path):
        line, watch = _from_node(node, path)
        if first_line := lines.get(watch.name.casefold()):
            raise InvalidWatch(
                f"{path.name} line {line}, watch '{watch.name}', field name: line {first_line} has a watch of this name"
            )
        lines[watch.name.casefold()] = line
        watches.append(watch)
    return watches


# ---- fields ------------------------------------------------------------------------------------------------------


class _BadField(Exception):
    """Something is wrong with one field, or, without a field, with the whole watch."""

    def __init__(self, field: str | None, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field

    @property
    def in_field(self) -> str:
        return f", field {self.field}" if self.field else ""


def _words(value: object) -> str:
    """Text, or a list of texts joined by commas."""
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        kind = "a list" if isinstance(value, list) else "a group of fields" if isinstance(value, dict) else f"{value}"
        raise InvalidArgument(f"{kind} stands where one value is due")
    return value.strip()


def _name(value: object) -> str:
    name = _text(value)
    if not (name.isprintable() and len(name) <= _NAME_AT_MOST):
        raise InvalidArgument(f"a name is one line of at most {_NAME_AT_MOST} characters")
    return name


def _dates(value: object) -> str:
    text = _words(value)
    read_dates(text)
    return text


def _program_keys(value: object) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(key.strip().lower() for key in _words(value).split(",") if key.strip()))
    for key in keys:
        if key not in all_programs():
            raise InvalidArgument(f"'{key[:40]}' is not a program{_instead(key, all_programs())}")
    return keys


def _yes_or_no(value: object) -> bool:
    meaning = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    text = str(value) if isinstance(value, bool) else _text(value)
    if text.lower() not in meaning:
        raise InvalidArgument(f"'{text[:40]}' is neither yes nor no")
    return meaning[text.lower()]


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = str(value) if isinstance(value, int) else _text(value)
        number = int(re.sub("[,_]", "", text)) if _WHOLE_NUMBER.fullmatch(text) else None
        if number is None or not least <= number <= most:
            raise InvalidArgument(f"'{text[:40]}' is not a whole number from {least} to {most:,}")
        return number

    return read


@dataclass(frozen=True, slots=True)
class _Field:
    attribute: str
    read: Callable[[object], object]
    example: str = ""  # of a field that must be there


_FIELDS = {
    "name": _Field("name", _name, "Tokyo in spring"),
    "active": _Field("active", _yes_or_no),
    "programs": _Field("programs", _program_keys),
    "origin": _Field("origins", lambda value: airport_codes(_words(value)), "LAX"),
    "destination": _Field("destinations", lambda value: airport_codes(_words(value)), "TYO"),
    "dates": _Field("dates", _dates, "2027-03"),
    "cabins": _Field("cabins", lambda value: parse_cabins(_words(value))),
    "max_miles": _Field("max_miles", _whole(1, _MILES_AT_MOST)),
    "travelers": _Field("travelers", _whole(1, _PARTY_AT_MOST)),
    "min_seats": _Field("min_seats", _whole(1, _PARTY_AT_MOST)),
    "max_stops": _Field("max_stops", _whole(0, 9)),
    "allow_mixed_cabin": _Field("allow_mixed_cabin", _yes_or_no),
    "tell": _Field("tell", read_tell),
}
_DEFAULTS: dict[str, object] = {
    "programs": [],
    "cabins": [],
    "max_miles": None,
    "travelers": 1,
    "max_stops": None,
    "allow_mixed_cabin": True,
    "tell": None,
}


def _build(written: Mapping[str, object]) -> Watch:
    """A watch from values by the names of the watch file; None and empty text mean that a field is not written."""
    values: dict[str, object] = {}
    for name, value in written.items():
        if name not in _FIELDS:
            raise _BadField(name, f"a watch has no such field{_instead(name, _FIELDS)}")
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            values[_FIELDS[name].attribute] = _FIELDS[name].read(value)
        except InvalidArgument as error:
            raise _BadField(name, str(error)) from None
    for name, entry in _FIELDS.items():
        if entry.example and not values.get(entry.attribute):
            raise _BadField(None, f"{name} is missing, for example {entry.example}")
    watch = Watch(**values)  # type: ignore[arg-type]  # each value comes from its own field's reader
    if not watch.routes:
        raise _BadField("destination", f"{watch.origins[0]} is the origin too: from and to must differ")
    return watch


def _plain(value: object) -> object:
    if isinstance(value, Tell):
        return value.to_definition()
    return [str(each) for each in value] if isinstance(value, tuple) else value


def _instead(wrong: str, right: Mapping[str, object]) -> str:
    """The end of a sentence: what was probably meant, or all that could have been."""
    near = difflib.get_close_matches(wrong.lower(), right, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; write {', '.join(right)}"


# ---- the file ----------------------------------------------------------------------------------------------------


def _watch_nodes(path: Path) -> Iterator[yaml.Node]:
    """The node of each watch; nodes because they know their lines, and because `+30` stays text in them."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidWatch(f"{path} cannot be read: {error.strerror}") from None
    try:
        root = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise InvalidWatch(f"{path.name} line {line}: this is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        raise InvalidWatch(f"{path.name} line {_line(error.problem_mark)}: {_yaml_problem(error)}") from None
    except yaml.YAMLError as error:
        raise InvalidWatch(f"{path.name} is not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise InvalidWatch(f"{path.name} is not a watch file: it is nested too deep") from None
    if root is None:
        raise InvalidWatch(f"{path.name} is empty: begin with a line 'watches:' and a list below it")
    entries = dict(_entries(root, path)) if isinstance(root, yaml.MappingNode) else {}
    for name in entries.keys() - {"watches"}:
        raise InvalidWatch(
            f"{path.name} line {_line(entries[name].start_mark)}: only 'watches' can stand here, not '{name}'"
        )
    watches = entries.get("watches")
    if not isinstance(watches, yaml.SequenceNode) or not watches.value:
        line = _line((watches or root).start_mark)
        raise InvalidWatch(f"{path.name} line {line}: the file must be 'watches:' with a list below it")
    yield from watches.value


def _from_node(node: yaml.Node, path: Path) -> tuple[int, Watch]:
    """A watch and the line it begins on."""
    line = _line(node.start_mark)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidWatch(f"{path.name} line {line}: a watch is a group of fields, such as origin: LAX")
    entries = dict(_entries(node, path))
    written = {name: _value(value) for name, value in entries.items()}
    try:
        return line, _build(written)
    except _BadField as error:
        if error.field:
            line = _line(entries[error.field].start_mark)
        named = f", watch '{written['name']}'" if isinstance(written.get("name"), str) and written["name"] else ""
        raise InvalidWatch(f"{path.name} line {line}{named}{error.in_field}: {error}") from None


def _entries(node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
    seen = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in seen:
            wrong = f"'{key.value}' stands here twice" if isinstance(key, yaml.ScalarNode) else "a field needs a name"
            raise InvalidWatch(f"{path.name} line {_line(key.start_mark)}: {wrong}")
        seen.add(key.value)
        yield key.value, value


def _value(node: yaml.Node) -> object:
    """Text as written, None for nothing, or a list or group of these."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        return [each.value if isinstance(each, yaml.ScalarNode) else {} for each in node.value]
    return {key.value: _value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _line(mark: yaml.Mark | None) -> int:
    return mark.line + 1 if mark else 1


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is not YAML"
    return "a tab stands where only spaces can" if "'\\t'" in problem else f"not YAML: {problem}"
