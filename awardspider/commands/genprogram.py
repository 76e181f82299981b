"""`scrapy genprogram NAME`: create the files of a new program, including a test that fails until they are filled in."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.items import SearchKind
from awardspider.outcomes import AwardError, InvalidArgument
from awardspider.programs import Access, all_programs


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTemplate:
    """Template values for one kind of site; `extra` is source code for additional spider attributes."""

    kind: SearchKind
    summary: str
    path: str
    access: Access = Access.OPEN
    extra: str = ""


TEMPLATES = {
    "calendar": ProgramTemplate(
        kind=SearchKind.CALENDAR, summary="a month of daily prices in one request", path="calendar"
    ),
    "itinerary": ProgramTemplate(kind=SearchKind.ITINERARY, summary="a day's flights in one request", path="flights"),
    "partner": ProgramTemplate(
        kind=SearchKind.CALENDAR, summary="rows of several programs, with a key", path="search", access=Access.KEY
    ),
    "feed": ProgramTemplate(
        kind=SearchKind.CALENDAR,
        summary="all bookable days of a route in one request",
        path="availability",
        extra="\n    days_per_request = 366",
    ),
}


#: What the calendar shows: nothing is known, so that no missing day ends an itinerary without a search.
CALENDAR = """
[{name}.calendar]
cabins = []
party = false
partners = false
evidence = "to do: which awards the calendar shows, and the source"
"""


class Command(AwardCommand):
    """Create the files of a new program, including a test that fails until they are filled in."""

    usage = "<name> [options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add(
            "--template",
            choices=tuple(TEMPLATES),
            default="itinerary",
            help="what one response contains (default: itinerary)",
        )
        add("--title", help="name of the program, such as 'Flying Blue'")
        add("--site", help="its site, such as https://www.example.com")
        add("--carriers", default="", help="codes of the program's own airlines, separated by commas")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("expected one name, as in: scrapy genprogram korean --template calendar")
        (name,) = args
        if not re.fullmatch(r"[a-z][a-z0-9]*", name):
            raise InvalidArgument(f"invalid name {name!r}: use lower-case letters and digits, a letter first")
        known = all_programs().get(name)
        if known:
            raise InvalidArgument(f"{name} is already in programs.toml ({known.name})")
        root = Path.cwd()
        if not (root / "awardspider" / "programs.toml").exists():
            raise InvalidArgument("run this in the root of a checkout: awardspider/programs.toml is missing here")
        created = create(root, name, TEMPLATES[opts.template], _values(name, opts))
        print(f"Created the files of {name}. Fill them in, in this order:")
        for path, content in created:
            print(f"  {path.relative_to(root)}  {content}")
        print(f"Then run: python -m pytest tests/test_programs.py tests/parsers/test_parsers.py -k {name}")


def _values(name: str, opts: argparse.Namespace) -> dict[str, str]:
    site = (opts.site or f"https://www.{name}.com").rstrip("/")
    if urlsplit(site).scheme != "https" or not urlsplit(site).hostname:
        raise InvalidArgument(f"--site: expected a URL such as https://www.example.com, got {site!r}")
    carriers = [code.strip().upper() for code in opts.carriers.split(",") if code.strip()]
    if wrong := [code for code in carriers if not re.fullmatch(r"[A-Z0-9]{2}", code)]:
        raise InvalidArgument(f"--carriers: expected two-character codes such as AF, got {wrong[0]!r}")
    title = opts.title or name.title()
    if not title.isprintable() or set(title) & set('"\\'):
        raise InvalidArgument("--title: expected printable text without double quotes or backslashes")
    return {
        "name": name,
        "title": title,
        "class_name": name.title(),
        "site": site,
        "host": urlsplit(site).hostname or "",
        "carriers": ", ".join(f'"{code}"' for code in carriers),
        "month": f"{clock.now():%Y-%m}",
    }


def create(root: Path, name: str, template: ProgramTemplate, values: dict[str, str]) -> list[tuple[Path, str]]:
    """Write the files and return each path with a description of its content; raise AwardError if a file exists."""
    values = values | {
        "kind": template.kind,
        "kind_name": template.kind.upper(),
        "summary": template.summary,
        "path": template.path,
        "access": template.access,
        "extra": template.extra,
        "function": f"parse_{template.kind}",
        "calendar": CALENDAR.format(name=name) if template.kind is SearchKind.CALENDAR else "",
    }
    case = root / "tests" / "fixtures" / name / f"{template.kind}-first"
    package = root / "awardspider"
    plan = [
        (root / "docs" / "sources" / f"{name}.md", "source.md", "facts about the site and their sources"),
        (package / "sandbox" / "airlines" / f"{name}.py", "site.py", "the simulated site"),
        (package / "parsers" / f"{name}.py", "parser.py", "from a response to offers"),
        (package / "spiders" / f"{name}.py", "spider.py", "how to build the requests"),
    ]
    for path in (*(path for path, _, _ in plan), case):
        if path.exists():
            raise AwardError(f"{path.relative_to(root)} exists; nothing was written")
    texts = [(path, _fill(file, values)) for path, file, _ in plan]
    for path, text in texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    catalog = package / "programs.toml"
    catalog.write_text(catalog.read_text("utf-8") + _fill("entry.toml", values), encoding="utf-8")
    _write_case(case, template)
    created = [(path, content) for path, _, content in plan]
    return [
        *created[:1],
        (catalog, "its entry, at the end"),
        (case / "response.json", "a response, written from the facts"),
        (case / "expected.json", "the offers in it: the test fails until the parser finds them"),
        *created[1:],
    ]


def _fill(template: str, values: dict[str, str]) -> str:
    text = files("awardspider.commands").joinpath("templates", f"{template}.tmpl").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def _write_case(case: Path, template: ProgramTemplate) -> None:
    day = (clock.now() + timedelta(days=120)).date().isoformat()
    case.mkdir(parents=True)
    response = {"offers": [{"replace": "this with a response, written from the facts"}]}
    (case / "response.json").write_text(json.dumps(response) + "\n", encoding="utf-8")
    search = {
        "kind": template.kind,
        "origin": "JFK",
        "destination": "LHR",
        "first": day,
        "last": day,
        "travelers": 1,
    }
    offer = {
        "detail": "itinerary" if template.kind is SearchKind.ITINERARY else "day",
        "cabin": "economy",
        "miles": 30000,
    }
    expected = {"description": "An ordinary response.", "search": search, "offers": [offer]}
    (case / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
