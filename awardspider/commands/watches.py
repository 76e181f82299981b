"""`scrapy watches`: add, edit, show, check, list, pause, resume, remove, import and export watches."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import (
    add_format_options,
    chosen_format,
    print_records,
    print_table,
    row_limit,
)
from awardspider.commands._options import integer
from awardspider.commands._spiders import search_capabilities, without_key
from awardspider.commands._watch_check import CHECK_FIELDS, TRIP_FIELDS, checked_record, print_check, trip_record
from awardspider.commands._watch_fields import (
    add_field_options,
    build_watch,
    changed_definition,
    check_not_over,
    given_fields,
)
from awardspider.commands._watch_tables import (
    FIELDS,
    Requests,
    by_program,
    counted,
    description,
    requests_table,
    unreadable_record,
    watch_record,
    watches_table,
)
from awardspider.commands._watch_words import fields_from_words
from awardspider.delivery.channels.configuration import SYNCED_KIND, configured_channels
from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.budgets import effective_budget, parse_budget
from awardspider.search.dates import today_at
from awardspider.search.expansion import describe_cuts
from awardspider.search.freshness import max_age
from awardspider.search.obstacles import Obstacle, find_obstacle
from awardspider.search.request_estimates import requests_per_crawl
from awardspider.search.watch_file import channel_error, dump_watches, load_entries
from awardspider.search.watch_table import NOTIFY_FIELDS, WATCH_FIELDS, plain_description
from awardspider.search.watch_text import Line, describe_watch
from awardspider.search.watches import Watch
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.owners import default_owner
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store
from awardspider.storage.watch_check import check_watch
from awardspider.storage.watches import (
    SaveResult,
    StoredWatch,
    find_entry,
    find_watches,
    get_watch,
    read_watches,
    remove_watch,
    save_watches,
    set_active,
)

_NEAR_MISSES = 5


class Command(ActionCommand):
    """Add, edit, show, check, list, pause, resume, remove, import and export watches.

    A watch's name needs no quotes, and case is ignored.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("add", "Add a watch from options, or from a wish in plain words", self._add)
        action.usage = "scrapy watches add [name] [--words TEXT] [--field VALUE ...]"
        _add_name(action, nargs="*")
        action.add_argument("--words", metavar="TEXT", help="a wish, such as 'business to Tokyo in March from LAX'")
        add_field_options(action)
        action = self.add_action("edit", "Change fields of a watch, which keeps its id and history", self._edit)
        action.usage = "scrapy watches edit <name> [--field VALUE ...] [--clear FIELD ...]"
        _add_name(action)
        action.add_argument("--clear", metavar="FIELD", action="append", default=[], help="remove a field")
        add_field_options(action, with_name=True)
        action = self.add_action("show", "Show a watch in words, and how many requests it needs", self._show)
        _add_name(action)
        add_format_options(action.add_argument)
        action = self.add_action("check", "List the stored offers that match a watch, and near misses", self._check)
        _add_name(action)
        action.add_argument("--limit", metavar="N", help="number of matches, 0 for all (default: 50 in a table)")
        action.add_argument("--misses", metavar="N", help=f"number of near misses (default: {_NEAR_MISSES})")
        add_format_options(action.add_argument)
        action = self.add_action("list", "List all watches", self._list)
        add_format_options(action.add_argument)
        for name, help, handler in (
            ("pause", "Stop searching for a watch and sending its messages", self._pause),
            ("resume", "Search for a paused watch again", self._resume),
            ("remove", "Delete a watch and its pending messages; its offers stay", self._remove),
        ):
            _add_name(self.add_action(name, help, handler))
        action = self.add_action("import", "Add or update the watches of a YAML file", self._import)
        action.add_argument("file", type=expand_path, help="file, such as deploy/watches.example.yaml")
        action = self.add_action("export", "Write all watches as YAML, to a new file or to stdout", self._export)
        action.add_argument("file", type=expand_path, nargs="?", help="file to create")

    # ---- one watch ---------------------------------------------------------------------------------------------------

    def _add(self, opts: argparse.Namespace) -> None:
        store, now, given = self.store(), self.now(), given_fields(opts)
        definition = given
        if opts.words is not None:
            owner = default_owner(store)
            today = now.astimezone(owner.zone).date()
            definition = (
                fields_from_words(opts.words, today=today, home_airport=owner.home_airport, given=given) | given
            )
        if opts.watch:
            definition = definition | {"name": " ".join(opts.watch)}
        watch = build_watch(definition)
        check_not_over(watch, given, now)
        self._check_channels(watch, store)
        found = read_watches(store, now=now, owner_id=DEFAULT_OWNER)
        taken = [each.watch.name for each in found.readable] + [each.name for each in found.unreadable]
        for name in taken:
            if name.casefold() == watch.name.casefold():
                raise InvalidArgument(f"there is a watch '{name}' already; scrapy watches edit changes it")
        (saved,) = save_watches(store, [watch], now=now)
        print(f"Added '{watch.name}'.\n")
        self._print_description(store, get_watch(store, saved.watch.id, now=now))

    def _edit(self, opts: argparse.Namespace) -> None:
        store, now, given = self.store(), self.now(), given_fields(opts)
        if not given and not opts.clear:
            raise InvalidArgument("nothing to change: give an option such as --max-miles 80k, or --clear max_miles")
        stored = self._stored(store, opts)
        kept = stored.watch.to_definition().keys() - given.keys()
        watch = build_watch(changed_definition(stored.watch, given, opts.clear), kept)
        check_not_over(watch, given, now)
        self._check_channels(watch, store)
        (saved,) = save_watches(store, [replace(watch, id=stored.watch.id)], now=now, owner_id=stored.owner.id)
        if saved.result is SaveResult.UNCHANGED:
            print(f"'{watch.name}' has these values already.")
            return
        print(f"Changed '{stored.watch.name}':\n")
        for line in _changes(stored.watch, watch):
            print(f"  {line}")

    def _show(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        store = self.store()
        stored = self._stored(store, opts)
        if output_format == "table":
            self._print_description(store, stored)
        else:
            print_records([watch_record(stored, self._today(stored.watch))], FIELDS, output_format)

    def _check(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        limit = row_limit(opts.limit, output_format)
        most_misses = integer("--misses", opts.misses)
        store, now, oldest = self.store(), self.now(), max_age(self.settings)
        watch = self._stored(store, opts).watch
        rates = current_rates(store, self.settings)
        found = check_watch(
            store,
            watch,
            now=now,
            max_age=oldest,
            rates=rates,
            trips=(limit or sys.maxsize - 1) + 1 if watch.nights else 0,
            misses=_NEAR_MISSES if most_misses is None else most_misses,
        )
        if output_format == "table":
            if obstacle := self._obstacle(watch):
                print(f"Nothing is searched for it, because {obstacle.text}.\n")
            has_limit = watch.max_taxes or watch.max_trip_taxes
            note = f"taxes in other currencies are converted with {rates.describe(now.date())}" if has_limit else ""
            print_check(watch, found, limit, now=now, max_age=oldest, note=note)
        elif watch.nights:
            trips = (*found.trips[:limit], *found.near_trips)
            print_records(map(trip_record, trips), TRIP_FIELDS, output_format)
        else:
            records = (checked_record(each, now, oldest) for each in (*found.matches[:limit], *found.misses))
            print_records(records, CHECK_FIELDS, output_format)

    def _pause(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=False)

    def _resume(self, opts: argparse.Namespace) -> None:
        self._set_active(opts, active=True)

    def _set_active(self, opts: argparse.Namespace, *, active: bool) -> None:
        store = self.store()
        entry = find_entry(store, " ".join(opts.watch))
        already = "" if set_active(store, entry.id, active, now=self.now()) else "already "
        print(f"'{entry.name}' is {already}{'active' if active else 'paused'}.")

    def _remove(self, opts: argparse.Namespace) -> None:
        store = self.store()
        entry = find_entry(store, " ".join(opts.watch))
        remove_watch(store, entry.id, self.now())
        print(f"Removed '{entry.name}'. Its offers and their history are kept.")

    def _stored(self, store: Store, opts: argparse.Namespace) -> StoredWatch:
        return get_watch(store, find_entry(store, " ".join(opts.watch)).id, now=self.now())

    def _print_description(self, store: Store, stored: StoredWatch) -> None:
        today = self._today(stored.watch)
        lines = describe_watch(stored.watch, today)
        lines += self._search_lines(stored.watch, store)
        print_table(description(stored, lines, today))

    def _search_lines(self, watch: Watch, store: Store) -> Iterator[Line]:
        """Yield how many requests a watch needs, what is not searched, and where a budget does not suffice."""
        if obstacle := self._obstacle(watch):
            yield Line("searches", f"nothing, because {obstacle.text}")
            return
        own, all_active = self._requests([watch], store)
        if not own.by_program:
            yield Line("searches", "nothing, because no program serves its routes on its dates")
            return
        searches = counted(sum(own.by_program.values()), "request")
        yield Line("searches", f"{searches} for all days once: {by_program(own.by_program)}")
        for note in describe_cuts(watch):
            yield Line("", note.removeprefix(f'watch "{watch.name}": '))
        days = {key: days for key, days in self._crawl_days(all_active).items() if key in own.by_program}
        if days:
            takes = ", ".join(f"{key} {counted(number, 'day')}" for key, number in days.items())
            yield Line("", f"within the budgets, all days of all active watches take: {takes}")

    def _obstacle(self, watch: Watch) -> Obstacle | None:
        return find_obstacle(watch, self.now(), without_key=without_key(self.settings))

    def _today(self, watch: Watch) -> date:
        return today_at(watch.origins[0], self.now())

    def _check_channels(self, watch: Watch, store: Store) -> None:
        channels, spreadsheets = self._channels(store)
        for name, _ in watch.notify.channels if watch.notify else ():
            if error := channel_error(name, channels, spreadsheets):
                raise InvalidArgument(f"--channels: {error}")

    # ---- all watches -------------------------------------------------------------------------------------------------

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        now = self.now()
        found = read_watches(self.store(), now=now)
        if output_format == "table":
            print_table(watches_table(found.readable, found.unreadable, now.date()))
            return
        records = [watch_record(stored, now.date()) for stored in found.readable]
        print_records([*records, *map(unreadable_record, found.unreadable)], FIELDS, output_format)

    def _import(self, opts: argparse.Namespace) -> None:
        store, now = self.store(), self.now()
        entries = load_entries(opts.file, *self._channels(store))
        found = read_watches(store, now=now, owner_id=DEFAULT_OWNER)
        known = {each.watch.id for each in found.readable} | {each.id for each in found.unreadable}
        # A file from another installation has ids of that one.
        watches = [entry.watch if entry.watch.id in known else replace(entry.watch, id="") for entry in entries]
        saved = save_watches(store, watches, now=now)
        counts = Counter(each.result for each in saved)
        print(f"{opts.file}: {', '.join(f'{counts[result]} {result}' for result in SaveResult)}.")
        stored = {each.watch.id: each.watch for each in read_watches(store, now=now).readable}
        imported = [stored[each.watch.id] for each in saved]
        for entry, watch in zip(entries, imported, strict=True):
            if watch.active and (obstacle := self._obstacle(watch)):
                place = f"{opts.file.name}:{entry.line_of(obstacle.field)}"
                print(f'{place}: watch "{watch.name}" is not searched, because {obstacle.text}', file=sys.stderr)
        rows = self._requests(imported, store)
        notes = []
        for key, days in self._crawl_days(rows[-1]).items():
            requests, limit = rows[-1].by_program[key], self._budget(key)
            takes = f"so a crawl of all days takes {days} days" if days else "so nothing is searched"
            notes.append(f"{key}: {requests:,} requests, but its budget is {limit:,} a day, {takes}")
        print("\nRequests a day with one crawl a day, without the itineraries of days that could match:\n")
        print_table(requests_table(rows, notes))

    def _export(self, opts: argparse.Namespace) -> None:
        found = read_watches(self.store(), now=self.now(), owner_id=DEFAULT_OWNER)
        for entry in found.unreadable:
            print(f"left out: '{entry.name}' is invalid: {entry.error}", file=sys.stderr)
        text = dump_watches(stored.watch for stored in found.readable)
        if opts.file is None:
            print(text, end="")
            return
        try:
            with opts.file.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise InvalidArgument(f"{opts.file} exists; remove it, or choose another name") from None
        except OSError as error:
            raise InvalidArgument(f"{opts.file}: {error.strerror}") from None
        print(f"{opts.file}: {counted(len(found.readable), 'watch', 'watches')}.")

    def _channels(self, store: Store) -> tuple[list[str], list[str]]:
        """Return the names of the channels that a watch can notify, and of those that are spreadsheets."""
        configured = configured_channels(store, self.settings)
        spreadsheets = [name for name, channel in configured.items() if channel.row.kind == SYNCED_KIND]
        return [name for name in configured if name not in spreadsheets], spreadsheets

    def _requests(self, watches: Iterable[Watch], store: Store) -> list[Requests]:
        """Return the requests a day of each active watch, and then of all stored ones together."""
        now, capabilities = self.now(), search_capabilities(self.settings)
        # Without a key, a program is crawled only if a watch names it.
        lacking = without_key(self.settings)

        def requests(of_watches: list[Watch]) -> dict[str, int]:
            unused = {key for key in lacking if not any(watch.names_source(key) for watch in of_watches)}
            return requests_per_crawl(
                of_watches, {key: value for key, value in capabilities.items() if key not in unused}, now
            )

        rows = [Requests(watch.name, requests([watch])) for watch in watches if watch.active]
        total = requests([stored.watch for stored in find_watches(store, now=now)])
        return [*rows, Requests("all active watches", total)]

    def _crawl_days(self, requests: Requests) -> dict[str, int]:
        """Return the days that a crawl takes, by program, if that is more than one; 0 if a budget allows nothing."""
        days = {}
        for key, number in requests.by_program.items():
            limit = self._budget(key)
            if limit is not None and number > limit:
                days[key] = -(-number // limit) if limit else 0
        return days

    def _budget(self, program: str) -> int | None:
        """Return the requests a day that a program's budget allows; None without a limit."""
        return effective_budget(programs()[program], parse_budget(self.settings["AWARD_BUDGET"])).per_day


def _add_name(action: argparse.ArgumentParser, nargs: str = "+") -> None:
    action.add_argument("watch", nargs=nargs, metavar="name", help="name of the watch")


def _changes(before: Watch, after: Watch) -> Iterable[str]:
    """Yield each changed field with its old and its new value."""
    old, new = (_flat_definition(watch) for watch in (before, after))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield f"{name}: {_shown(name, old.get(name))} → {_shown(name, new.get(name))}"


def _flat_definition(watch: Watch) -> dict[str, object]:
    definition = {"active": watch.active} | watch.to_definition()
    definition.pop("notify", None)
    return definition | (watch.notify.to_definition() if watch.notify else {})


def _shown(name: str, value: object) -> str:
    match value:
        case None:
            field = WATCH_FIELDS.get(name) or NOTIFY_FIELDS[name]
            return plain_description(field.default)
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case dict():
            return ", ".join(f"{key}: {each}" for key, each in value.items())
        case list():
            return ", ".join(map(str, value))
    return str(value)
