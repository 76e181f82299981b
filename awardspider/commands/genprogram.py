"""`scrapy genprogram NAME --shape SHAPE`: the files of a new program, and a failing test that says what to write."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from awardspider.commands._command import AwardCommand
from awardspider.outcomes import AwardError, InvalidArgument
from awardspider.programs import all_programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What kind of answer a program gives; `extra` are more attributes of its spider."""

    kind: str
    what: str
    path: str
    access: str = "open"
    extra: str = ""


SHAPES = {
    "calendar": Shape(kind="calendar", what="a month of day prices in one request", path="calendar"),
    "itinerary": Shape(kind="itinerary", what="a day's flights in one request", path="flights"),
    "partner": Shape(kind="calendar", what="rows of several programs, for a key", path="search", access="key"),
    "feed": Shape(
        kind="calendar",
        what="all that can be booked on a route in one request",
        path="availability",
        extra="\n    days_at_once = 366",
    ),
}


class Command(AwardCommand):
    """Writes spider, reader, site of the sandbox, catalogue entry, page and fixture; overwrites nothing."""

    def syntax(self) -> str:
        return "<name> --shape <shape> [options]"

    def short_desc(self) -> str:
        return "Begin a new program: its files, and a failing test that says what to write"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--shape", choices=tuple(SHAPES), default="itinerary", help="what one answer holds")
        add("--title", help="the program's own name, as in 'Flying Blue'")
        add("--site", help="its site, as in https://www.example.com")
        add("--carriers", default="", help="codes of its own airlines, with commas")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise InvalidArgument("name one program, as in: scrapy genprogram korean --shape calendar")
        (name,) = args
        if not re.fullmatch(r"[a-z][a-z0-9]*", name):
            raise InvalidArgument(f"'{name}' is no name for a program: lower case letters and digits, a letter first")
        known = all_programs().get(name)
        if known:
            raise InvalidArgument(f"{name} is in programs.toml already ({known.name})")
        root = Path.cwd()
        if not (root / "awardspider" / "programs.toml").exists():
            raise InvalidArgument("run this in the folder of a clone: there is no awardspider/programs.toml here")
        written = begin(root, name, SHAPES[opts.shape], _values(name, opts))
        print(f"Begun: {name}. Write what these say, in this order:")
        for path, why in written:
            print(f"  {path.relative_to(root)}  {why}")
        print(f"Then: python -m pytest tests/test_programs.py tests/test_readers.py -k {name}")


def _values(name: str, opts: argparse.Namespace) -> dict[str, str]:
    site = (opts.site or f"https://www.{name}.com").rstrip("/")
    if urlsplit(site).scheme != "https" or not urlsplit(site).hostname:
        raise InvalidArgument(f"--site is '{site}': write it as https://www.example.com")
    carriers = [code.strip().upper() for code in opts.carriers.split(",") if code.strip()]
    if wrong := [code for code in carriers if not re.fullmatch(r"[A-Z0-9]{2}", code)]:
        raise InvalidArgument(f"--carriers has '{wrong[0]}': airlines have codes of two, as in AF")
    title = opts.title or name.title()
    if not title.isprintable() or set(title) & set('"\\'):
        raise InvalidArgument("--title is plain text without quotes")
    return {
        "name": name,
        "title": title,
        "class_name": name.title(),
        "site": site,
        "host": urlsplit(site).hostname or "",
        "carriers": ", ".join(f'"{code}"' for code in carriers),
        "month": f"{datetime.now(UTC):%Y-%m}",
    }


def begin(root: Path, name: str, shape: Shape, values: dict[str, str]) -> list[tuple[Path, str]]:
    """Write the files; returns each with what it is for. Raises AwardError where one is there already."""
    values = values | {
        "kind": shape.kind,
        "kinds": f'"{shape.kind}"',
        "what": shape.what,
        "path": shape.path,
        "access": shape.access,
        "extra": shape.extra,
        "function": f"read_{shape.kind}",
    }
    case = root / "tests" / "fixtures" / name / f"{shape.kind}-first"
    package = root / "awardspider"
    plan = [
        (root / "docs" / "sources" / f"{name}.md", "source.md", "what is known, and from where"),
        (package / "sandbox" / "airlines" / f"{name}.py", "site.py", "how it answers"),
        (package / "parsers" / f"{name}.py", "parser.py", "how its answer is read"),
        (package / "spiders" / f"{name}.py", "spider.py", "how it is asked"),
    ]
    for path in (*(path for path, _, _ in plan), case):
        if path.exists():
            raise AwardError(f"{path.relative_to(root)} is there already; nothing was written")
    texts = [(path, _filled(template, values)) for path, template, _ in plan]
    for path, text in texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    catalogue = package / "programs.toml"
    catalogue.write_text(catalogue.read_text("utf-8") + _filled("entry.toml", values), encoding="utf-8")
    _write_case(case, shape)
    told = [(path, why) for path, _, why in plan]
    return [
        *told[:1],
        (catalogue, "its entry, at the end"),
        (case / "response.json", "an answer as its facts say"),
        (case / "expected.json", "what must come out of it: this test fails until the reader reads it"),
        *told[1:],
    ]


def _filled(template: str, values: dict[str, str]) -> str:
    text = files("awardspider.commands").joinpath("templates", f"{template}.tmpl").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _write_case(case: Path, shape: Shape) -> None:
    day = (datetime.now(UTC) + timedelta(days=120)).date().isoformat()
    case.mkdir(parents=True)
    (case / "response.json").write_text('{"offers": [{"write": "an answer as the facts say"}]}\n', encoding="utf-8")
    search = {
        "kind": shape.kind,
        "origin": "JFK",
        "destination": "LHR",
        "first": day,
        "last": day,
        "travelers": 1,
    }
    offer = {"detail": "itinerary" if shape.kind == "itinerary" else "day", "cabin": "economy", "miles": 30000}
    expected = {"description": "The ordinary answer.", "search": search, "offers": [offer]}
    (case / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
