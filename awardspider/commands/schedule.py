"""`scrapy schedule`: list, add, edit, pause, resume, remove, run, import and export the entries of the schedule."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from scrapy.spiderloader import SpiderLoader

from awardspider import clock
from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import add_format_options, chosen_format, print_records, print_table
from awardspider.commands._new_file import write_new_file
from awardspider.commands._schedule_table import FIELDS, schedule_record, schedule_table
from awardspider.environment import expand_path
from awardspider.operations.default_schedule import default_schedule
from awardspider.operations.job_submission import SchedulerContext
from awardspider.operations.manual_starts import NO_SCHEDULER, log_address, start_entry
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.schedule_fields import build_entry, describe_times, entry_fields
from awardspider.operations.schedule_file import dump_schedule, load_schedule
from awardspider.operations.schedule_listing import is_scheduler_running, list_schedule, schedule_notes
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.outcomes import InvalidArgument
from awardspider.search.budgets import parse_budget
from awardspider.search.suggestions import unknown_name
from awardspider.storage.schedule import (
    EntryChange,
    ScheduleEntry,
    add_schedule_entry,
    find_schedule_entry,
    remove_schedule_entry,
    save_schedule_entries,
    schedule_entries,
    set_entry_active,
)
from awardspider.storage.store import Store


class Command(ActionCommand):
    """List, add, edit, pause, resume, remove, run, import and export the entries of the schedule."""

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("list", "List all entries with their next start and last result", self._list)
        add_format_options(action.add_argument, json=True)
        action = self.add_action("add", "Add an entry for a spider or a task", self._add)
        action.usage = "scrapy schedule add [name] (--spider NAME | --task NAME) (--every TIME | --cron EXPRESSION)"
        action.add_argument("name", nargs="?", help="name of the entry; by default that of the spider or task")
        _add_fields(action)
        action = self.add_action("edit", "Change fields of an entry", self._edit)
        action.add_argument("name", help="name of the entry")
        _add_fields(action)
        for name, help, handler in (
            ("pause", "Stop starting an entry", self._pause),
            ("resume", "Start a paused entry again", self._resume),
            ("remove", "Delete an entry; its jobs go on", self._remove),
            ("run", "Start an entry now, in addition to its schedule", self._run),
        ):
            self.add_action(name, help, handler).add_argument("name", help="name of the entry")
        action = self.add_action("import", "Add or change the entries of a YAML file", self._import)
        action.add_argument("file", type=expand_path, nargs="?", help="file; without it, the default schedule")
        action = self.add_action("export", "Write all entries as YAML, to a new file or to stdout", self._export)
        action.add_argument("file", type=expand_path, nargs="?", help="file to create")

    # ---- entries -----------------------------------------------------------------------------------------------------

    def _list(self, opts: argparse.Namespace) -> None:
        output_format = chosen_format(opts)
        store, now = self.store(), self.now()
        rows = list_schedule(store, self.settings, now)
        if output_format == "table":
            entries = [row.entry for row in rows]
            notes = schedule_notes(store, self.settings, entries, self._spiders(), now)
            print_table(schedule_table(rows, now, [*notes]))
        else:
            print_records(map(schedule_record, rows), FIELDS, output_format)

    def _add(self, opts: argparse.Namespace) -> None:
        store = self.store()
        entry = build_entry(_given_fields(opts) | ({"name": opts.name} if opts.name else {}), self._spiders())
        if find_schedule_entry(store, entry.name):
            hint = f"scrapy schedule edit {entry.name} changes it, or give this one another name"
            raise InvalidArgument(f"there is an entry {entry.name!r} already; {hint}")
        add_schedule_entry(store, entry, now=self.now())
        print(f"Added {entry.name}: {describe_times(entry)}.")

    def _edit(self, opts: argparse.Namespace) -> None:
        store = self.store()
        entry, given = self._entry(store, opts.name), _given_fields(opts)
        if not given:
            raise InvalidArgument("nothing to change: give an option such as --every 4h")
        fields = entry_fields(entry)
        for name, other in (("every", "cron"), ("cron", "every"), ("spider", "task"), ("task", "spider")):
            if name in given:
                fields.pop(other, None)
        if "every" in given:
            fields.pop("timezone", None)
        changed = build_entry(fields | given, self._spiders())
        change = save_schedule_entries(store, [changed], now=self.now())[entry.name]
        if change is EntryChange.UNCHANGED:
            print(f"{entry.name} has these values already.")
        else:
            print(f"Changed {entry.name}: {describe_times(changed)}.")

    def _pause(self, opts: argparse.Namespace) -> None:
        self._set_active(opts.name, active=False)

    def _resume(self, opts: argparse.Namespace) -> None:
        self._set_active(opts.name, active=True)

    def _set_active(self, name: str, *, active: bool) -> None:
        store = self.store()
        entry = self._entry(store, name)
        change = set_entry_active(store, entry.name, active, now=self.now())
        already = "already " if change is EntryChange.UNCHANGED else ""
        print(f"{entry.name} is {already}{'active' if active else 'paused'}.")

    def _remove(self, opts: argparse.Namespace) -> None:
        store = self.store()
        entry = self._entry(store, opts.name)
        remove_schedule_entry(store, entry.name)
        print(f"Removed {entry.name}.")

    def _run(self, opts: argparse.Namespace) -> None:
        store, now = self.store(), self.now()
        entry = self._entry(store, opts.name)
        client = scrapyd_client(self.settings)
        context = SchedulerContext(store=store, server=client, settings=self.settings, now=clock.now)
        job = start_entry(context, entry)
        if entry.task:
            print(f"The scheduler starts {entry.name} within seconds.")
            return
        print(f"Submitted {entry.name} as job {job.job}.")
        print(f"Its log: {log_address(job)}")
        if not is_scheduler_running(store, now):
            print(f"Its end is not followed, because {NO_SCHEDULER}.")

    # ---- files -------------------------------------------------------------------------------------------------------

    def _import(self, opts: argparse.Namespace) -> None:
        store, now = self.store(), self.now()
        if opts.file:
            entries = load_schedule(opts.file, self._spiders())
            source = str(opts.file)
        else:
            stored = {entry.name for entry in schedule_entries(store)}
            entries = [entry for entry in self._default(store, now) if entry.name not in stored]
            source = "default schedule"
        counts = Counter(save_schedule_entries(store, entries, now=now).values())
        print(f"{source}: {', '.join(f'{counts[change]} {change.value}' for change in EntryChange)}.")

    def _export(self, opts: argparse.Namespace) -> None:
        entries = schedule_entries(self.store())
        text = dump_schedule(entries)
        if opts.file is None:
            print(text, end="")
            return
        write_new_file(opts.file, text)
        print(f"{opts.file}: {len(entries)} entries.")

    # ---- what is known -----------------------------------------------------------------------------------------------

    def _default(self, store: Store, now: datetime) -> list[ScheduleEntry]:
        conditions = RunConditions(store, self.settings, now)
        return default_schedule(conditions, parse_budget(self.settings["AWARD_BUDGET"]))

    def _entry(self, store: Store, name: str) -> ScheduleEntry:
        entry = find_schedule_entry(store, name)
        if entry is None:
            names = [each.name for each in schedule_entries(store)]
            raise InvalidArgument(unknown_name("entry", name, names, none="the schedule is empty"))
        return entry

    def _spiders(self) -> list[str]:
        return SpiderLoader(self.settings).list()


def _add_fields(action: argparse.ArgumentParser) -> None:
    add = action.add_argument
    add("--spider", metavar="NAME", help="spider to start")
    add("--task", metavar="NAME", help="task to start: prune or backup")
    add("--every", metavar="TIME", help="interval between two starts: 90min, 6h, 1d")
    add("--cron", metavar="EXPRESSION", help="due times as in cron: '30 6 * * 1-5'")
    add("--timezone", metavar="NAME", help="time zone of --cron, such as Europe/Berlin (default: UTC)")
    add("--jitter", metavar="TIME", help="start up to so much later (default: 0)")
    add("--max-run-time", metavar="TIME", help="cancel after this time (default: 2h)")
    add("-a", dest="arguments", metavar="NAME=VALUE", action="append", help="argument of the spider; may be repeated")


def _given_fields(opts: argparse.Namespace) -> dict[str, object]:
    names = ("spider", "task", "every", "cron", "timezone", "jitter", "max_run_time")
    given: dict[str, object] = {name: value for name in names if (value := getattr(opts, name)) is not None}
    return given | ({"arguments": _arguments(opts.arguments)} if opts.arguments else {})


def _arguments(texts: list[str]) -> Mapping[str, str]:
    arguments = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidArgument(f"-a: expected NAME=VALUE, got {text!r}")
        arguments[name.strip()] = value.strip()
    return arguments
