"""`scrapy watches`: add, edit, show, check, list, pause, resume, remove, import and export watches."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from awardspider.commands._command import ActionCommand
from awardspider.commands._first_searches import first_searches
from awardspider.commands._listing import (
    add_format_options,
    chosen_format,
    print_records,
    print_table,
    row_limit,
)
from awardspider.commands._new_file import write_new_file
from awardspider.commands._options import integer
from awardspider.commands._promotion_watch_check import (
    PROMOTION_CHECK_FIELDS,
    print_promotion_check,
    promotion_check_record,
)
from awardspider.commands._promotion_watches import (
    promotion_watch_description,
    promotion_watch_record,
    promotion_watches_table,
)
from awardspider.commands._spiders import search_capabilities
from awardspider.commands._watch_check import CHECK_FIELDS, TRIP_FIELDS, checked_record, print_check, trip_record
from awardspider.commands._watch_fields import (
    AWARDS,
    PROMOTIONS,
    AnyWatch,
    add_field_options,
    build_either,
    changed_definition,
    check_fields,
    check_not_over,
    form_of,
    given_fields,
)
from awardspider.commands._watch_tables import (
    FIELDS,
    description,
    requests_table,
    unreadable_record,
    watch_record,
    watches_table,
)
from awardspider.commands._watch_words import fields_from_words
from awardspider.delivery.channels.configuration import channel_names
from awardspider.environment import expand_path
from awardspider.operations.texts import number_of
from awardspider.operations.watch_searches import WatchSearches
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.dates import today_at
from awardspider.search.freshness import max_age
from awardspider.search.notify_table import NOTIFY_FIELDS, NotifyField
from awardspider.search.watch_file import FileEntry, channel_error, dump_watches, load_entries
from awardspider.search.watch_table import WatchField, plain_description
from awardspider.search.watch_text import describe_watch
from awardspider.search.watches import Watch
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.owners import default_owner
from awardspider.storage.promotion_check import check_promotions
from awardspider.storage.promotion_watches import StoredPromotionWatch, get_promotion_watch, read_promotion_watches
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.store import Store
from awardspider.storage.watch_check import check_watch
from awardspider.storage.watches import (
    SaveResult,
    StoredWatch,
    WatchEntry,
    WatchKind,
    find_entries,
    find_entry,
    get_watch,
    read_watches,
    remove_watch,
    save_watches,
    set_active,
)

AnyStored = StoredWatch | StoredPromotionWatch

_NEAR_MISSES = 5


class Command(ActionCommand):
    """Add, edit, show, check, list, pause, resume, remove, import and export watches.

    A watch's name needs no quotes, and case is ignored.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("add", "Add a watch from options, or from a wish in plain words", self._add)
        action.usage = "scrapy watches add [name] [--words TEXT | --promotions] [--field VALUE ...]"
        _add_name(action, nargs="*")
        action.add_argument("--words", metavar="TEXT", help="a wish, such as 'business to Tokyo in March from LAX'")
        action.add_argument("--promotions", action="store_true", help="add a watch for promotions instead of awards")
        add_field_options(action)
        action = self.add_action("edit", "Change fields of a watch, which keeps its id and history", self._edit)
        action.usage = "scrapy watches edit <name> [--field VALUE ...] [--clear FIELD ...]"
        _add_name(action)
        action.add_argument("--clear", metavar="FIELD", action="append", default=[], help="remove a field")
        add_field_options(action, with_name=True)
        action = self.add_action("show", "Show a watch in words, and how many requests it needs", self._show)
        _add_name(action)
        add_format_options(action.add_argument)
        action = self.add_action(
            "check", "List the stored offers or promotions that match a watch, and near misses", self._check
        )
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
        form = PROMOTIONS if opts.promotions else AWARDS
        check_fields(given, form, "remove it" if opts.promotions else "add --promotions")
        definition = given
        if opts.words is not None:
            if opts.promotions:
                raise InvalidArgument("--words describes a watch for awards: with --promotions, give options instead")
            owner = default_owner(store)
            today = now.astimezone(owner.zone).date()
            definition = (
                fields_from_words(opts.words, today=today, home_airport=owner.home_airport, given=given) | given
            )
        if opts.watch:
            definition = definition | {"name": " ".join(opts.watch)}
        watch = build_either(form, definition)
        check_not_over(watch, given, now)
        self._check_channels(watch, store)
        for entry in find_entries(store, owner_id=DEFAULT_OWNER):
            if entry.name.casefold() == watch.name.casefold():
                raise InvalidArgument(f"there is a watch '{entry.name}' already; scrapy watches edit changes it")
        (saved,) = save_watches(store, [watch], now=now, adds_only=True)
        print(f"Added '{watch.name}'.\n")
        stored = self._stored(store, saved.watch.id)
        self._print_description(store, stored)
        if isinstance(stored, StoredWatch):
            self._print_first_searches(store, [stored.watch])

    def _edit(self, opts: argparse.Namespace) -> None:
        store, now, given = self.store(), self.now(), given_fields(opts)
        if not given and not opts.clear:
            raise InvalidArgument("nothing to change: give an option such as --max-miles 80k, or --clear max_miles")
        stored = self._stored(store, " ".join(opts.watch))
        before, form = stored.watch, form_of(stored.watch)
        check_fields(given, form, f"'{before.name}' is for {form.subject}")
        kept = before.to_definition().keys() - given.keys()
        watch = build_either(form, changed_definition(before, given, opts.clear), kept)
        check_not_over(watch, given, now)
        self._check_channels(watch, store)
        (saved,) = save_watches(store, [replace(watch, id=before.id)], now=now, owner_id=stored.owner.id)
        if saved.result is SaveResult.UNCHANGED:
            print(f"'{watch.name}' has these values already.")
            return
        print(f"Changed '{before.name}':\n")
        for line in _changes(before, watch):
            print(f"  {line}")

    def _show(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        store = self.store()
        stored = self._stored(store, " ".join(opts.watch))
        if output_format == "table":
            self._print_description(store, stored)
        else:
            print_records([self._record(stored)], FIELDS, output_format)

    def _check(self, opts: argparse.Namespace) -> None:
        store = self.store()
        stored = self._stored(store, " ".join(opts.watch))
        output_format = chosen_format(opts)
        limit = row_limit(opts.limit, output_format)
        given_misses = integer("--misses", opts.misses)
        misses = _NEAR_MISSES if given_misses is None else given_misses
        if isinstance(stored, StoredWatch):
            self._check_offers(store, stored.watch, limit, misses, output_format)
            return
        matches, near = check_promotions(store, stored.watch, self.now(), misses)
        if output_format == "table":
            if not stored.watch.active:
                print("It notifies nobody, because it is paused; scrapy watches resume continues it.\n")
            elif stored.is_expired:
                print(f"It notifies nobody, because its last day, {stored.watch.expires}, has passed.\n")
            print_promotion_check(stored.watch, matches, near, limit, self.now())
            return
        records = map(promotion_check_record, (*matches[:limit], *near))
        print_records(records, PROMOTION_CHECK_FIELDS, output_format)

    def _check_offers(self, store: Store, watch: Watch, limit: int | None, misses: int, output_format: str) -> None:
        now, oldest, rates = self.now(), max_age(self.settings), current_rates(store, self.settings)
        trips = (limit or sys.maxsize - 1) + 1 if watch.nights else 0
        found = check_watch(store, watch, now=now, max_age=oldest, rates=rates, trips=trips, misses=misses)
        if output_format == "table":
            if obstacle := self._searches(store).obstacle(watch):
                print(f"Nothing is searched for it, because {obstacle.text}.\n")
            has_limit = watch.max_taxes or watch.max_trip_taxes
            note = f"taxes in other currencies are converted with {rates.describe(now.date())}" if has_limit else ""
            print_check(watch, found, limit, now=now, max_age=oldest, note=note)
        elif watch.nights:
            print_records(map(trip_record, (*found.trips[:limit], *found.near_trips)), TRIP_FIELDS, output_format)
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
        if entry.kind is WatchKind.AWARD:
            print(f"Removed '{entry.name}'. Its offers and their history are kept.")
            return
        is_last = not any(each.kind is WatchKind.PROMOTION for each in find_entries(store))
        hint = " Without a watch for promotions, the built-in one applies (docs/watches.md)." if is_last else ""
        print(f"Removed '{entry.name}'. The promotions are kept.{hint}")

    def _stored(self, store: Store, text: str) -> AnyStored:
        """Return the watch of either kind with an id or a name."""
        entry = find_entry(store, text)
        if entry.kind is WatchKind.AWARD:
            return get_watch(store, entry.id, now=self.now())
        return get_promotion_watch(store, entry.id, now=self.now())

    def _print_description(self, store: Store, stored: AnyStored) -> None:
        if isinstance(stored, StoredPromotionWatch):
            print_table(promotion_watch_description(stored, self.now().astimezone(stored.owner.zone).date()))
            return
        today = self._today(stored.watch)
        lines = [*describe_watch(stored.watch, today), *self._searches(store).describe(stored.watch)]
        print_table(description(stored, lines, today))

    def _record(self, stored: AnyStored) -> dict[str, Any]:
        if isinstance(stored, StoredPromotionWatch):
            return promotion_watch_record(stored)
        return watch_record(stored, self._today(stored.watch))

    def _print_first_searches(self, store: Store, watches: Iterable[Watch]) -> None:
        """Print when the searches of new or changed watches start, unless nothing is searched for them."""
        searches = self._searches(store)
        if to_search := [watch for watch in watches if searches.obstacle(watch) is None]:
            print(f"\n{first_searches(store, self.settings, to_search, self.now())}")

    def _searches(self, store: Store) -> WatchSearches:
        return WatchSearches(store, self.settings, search_capabilities(self.settings), self.now())

    def _today(self, watch: Watch) -> date:
        return today_at(watch.origins[0], self.now())

    def _check_channels(self, watch: AnyWatch, store: Store) -> None:
        channels, spreadsheets = channel_names(store, self.settings)
        for name, _ in watch.notify.channels if watch.notify else ():
            if error := channel_error(name, channels, spreadsheets):
                raise InvalidArgument(f"--channels: {error}")

    # ---- all watches -------------------------------------------------------------------------------------------------

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        store, now = self.store(), self.now()
        found, promotions = read_watches(store, now=now), read_promotion_watches(store, now=now)
        rows: list[StoredPromotionWatch | WatchEntry] = [*promotions.readable, *promotions.unreadable]
        if output_format != "table":
            records = [watch_record(stored, now.date()) for stored in found.readable]
            records += map(promotion_watch_record, promotions.readable)
            records += map(unreadable_record, (*found.unreadable, *promotions.unreadable))
            print_records(records, FIELDS, output_format)
            return
        if found.readable or found.unreadable or not rows:
            print_table(watches_table(found.readable, found.unreadable, now.date()))
            print("\nPromotions:\n" if rows else "", end="")
        if rows:
            print_table(promotion_watches_table(rows))

    def _import(self, opts: argparse.Namespace) -> None:
        store, now = self.store(), self.now()
        entries = load_entries(opts.file, *channel_names(store, self.settings))
        stored_entries = find_entries(store, owner_id=DEFAULT_OWNER)
        known = {entry.id for entry in stored_entries}
        _check_kinds(entries, stored_entries, opts.file.name)
        # A file from another installation has ids of that one.
        watches = [entry.watch if entry.watch.id in known else replace(entry.watch, id="") for entry in entries]
        saved = save_watches(store, watches, now=now)
        counts = Counter(each.result for each in saved)
        print(f"{opts.file}: {', '.join(f'{counts[result]} {result}' for result in SaveResult)}.")
        stored = {each.watch.id: each.watch for each in read_watches(store, now=now).readable}
        searches = self._searches(store)
        imported, to_search = [], []
        for entry, each in zip(entries, saved, strict=True):
            if (watch := stored.get(each.watch.id)) is None:  # a watch for promotions
                continue
            imported.append(watch)
            if watch.active and (obstacle := searches.obstacle(watch)):
                place = f"{opts.file.name}:{entry.line_of(obstacle.field)}"
                print(f'{place}: watch "{watch.name}" is not searched, because {obstacle.text}', file=sys.stderr)
            if each.result is not SaveResult.UNCHANGED:
                to_search.append(watch)
        if imported:
            rows = searches.requests(imported)
            print("\nRequests a day with one crawl a day, without the itineraries of days that could match:\n")
            print_table(requests_table(rows, [*searches.budget_notes(rows[-1])]))
        self._print_first_searches(store, to_search)

    def _export(self, opts: argparse.Namespace) -> None:
        store, now = self.store(), self.now()
        found = read_watches(store, now=now, owner_id=DEFAULT_OWNER)
        promotions = read_promotion_watches(store, now=now, owner_id=DEFAULT_OWNER)
        for entry in (*found.unreadable, *promotions.unreadable):
            print(f"left out: '{entry.name}' is invalid: {entry.error}", file=sys.stderr)
        text = dump_watches(
            (stored.watch for stored in found.readable), (stored.watch for stored in promotions.readable)
        )
        if opts.file is None:
            print(text, end="")
            return
        write_new_file(opts.file, text)
        number = len(found.readable) + len(promotions.readable)
        print(f"{opts.file}: {number_of(number, 'watch', 'watches')}.")


def _add_name(action: argparse.ArgumentParser, nargs: str = "+") -> None:
    action.add_argument("watch", nargs=nargs, metavar="name", help="name of the watch")


def _check_kinds(entries: Iterable[FileEntry], stored: Iterable[WatchEntry], file: str) -> None:
    """Raise InvalidWatch for a watch of a file that has the name or the id of a stored one of the other kind."""
    kinds = {key: each.kind for each in stored for key in (each.name.casefold(), each.id)}
    for watch, line, _ in entries:
        own = WatchKind.AWARD if isinstance(watch, Watch) else WatchKind.PROMOTION
        for key, text in ((watch.id, "id"), (watch.name.casefold(), "name")):
            if (other := kinds.get(key, own)) is not own:
                raise InvalidWatch(f'{file}:{line}: watch "{watch.name}": a stored watch for {other}s has this {text}')


def _changes(before: AnyWatch, after: AnyWatch) -> Iterable[str]:
    """Yield each changed field with its old and its new value."""
    old, new = (_flat_definition(watch) for watch in (before, after))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            field = form_of(before).fields.get(name) or NOTIFY_FIELDS[name]
            yield f"{name}: {_shown(field, old.get(name))} → {_shown(field, new.get(name))}"


def _flat_definition(watch: AnyWatch) -> dict[str, object]:
    definition = {"active": watch.active} | watch.to_definition()
    definition.pop("notify", None)
    return definition | (watch.notify.to_definition() if watch.notify else {})


def _shown(field: WatchField | NotifyField, value: object) -> str:
    match value:
        case None:
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
