"""Writes docs/programs.md, and the menu's entries of docs/sources, anew: `python -m scripts.programs_page`.

What the page says comes from the catalogue, the spider classes, the cases under fixtures/ and the sites of the sandbox.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

from awardspider.crawling.declaration import SpiderDeclaration
from awardspider.items import AwardOfferItem, Cabin
from awardspider.outcomes import BACKOFF_REASONS
from awardspider.programs import Program, all_programs, programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.sites import Refusal
from awardspider.sandbox.world import World
from awardspider.search import planner
from awardspider.search.watches import Watch
from tests.support.parser_cases import CASES, Case, expected_offer
from tests.test_programs import LOADER, ROOT, a_search, spider

PAGE = ROOT / "docs" / "programs.md"
MENU = ROOT / "mkdocs.yml"
SOURCES = "  - Sources: # all below is written by tests/programs_page.py\n"

# How many requests a route-year takes depends a little on the day of the month.
COUNTED_ON = datetime(2027, 1, 15, 12, tzinfo=UTC)

KINDS = {"calendar": "calendar", "itinerary": "flights"}
ACCESS = {"open": "open", "sign_in": "sign-in", "key": "key"}
# What an offer can hold besides its route, day and cabin, as a reader of the page says it.
FIELDS = {
    "miles": "miles",
    "chart_miles": "the chart's price",
    "taxes": "taxes",
    "seats": "seats",
    "stops": "stops",
    "duration_minutes": "duration",
    "segments": "flights",
    "fare_name": "fare name",
    "booking_code": "booking code",
    "mixed_cabin": "mixed cabin",
    "saver": "saver mark",
    "on_sale": "sale flag",
    "regular_miles": "price before a sale",
    "cash_price": "cash fare",
}
OF_FLIGHTS = {"operating_carrier": "operating carrier", "aircraft": "aircraft", "cabin": "cabin"}
OF_FLIGHTS |= {"booking_code": "booking code"}
IN_QUALITY = {"sale flag": "on_sale", "seats": "seats", "mixed cabin": "mixed_cabin", "cash fare": "cash_price"}

HEAD = """\
# Programs

What can be asked, and what is known of each. This page is generated from the catalogue (`awardspider/programs.toml`),
the spiders, the cases under `tests/fixtures/` and the sandbox: change those, then run `python -m scripts.programs_page`.
`scrapy programs` shows the state of each program on your machine, `scrapy probe NAME` whether it still answers as
written here.

## All at once

- **Access**: *open*, nothing is needed; *sign-in*, your own session (`scrapy login NAME`); *key*, one that you were
  given ([settings](settings.md#award_program_key)). **Terms** that forbid automated reading need `AWARD_ACCEPT_TERMS`.
- **Calendar** and **flights** are the two kinds of question: what one request is for, and the level of detail of the
  offers in its answer. `seats` are seat counts or yes and no, without a price; `day` is the lowest price of a day;
  `itinerary` are flights.
- **A route-year** is every bookable day of one route, once, for all cabins, in requests: calendars where there are any,
  single days otherwise. It is counted in the middle of a month, and is a calendar more or less on other days. Further
  pages of long answers come on top, and so do the flights of days that a watch wants.
- **Confidence** is how sure the facts are, as of the month **last known**; "in part" means that one of the answers or
  requests is less sure. Nobody asked the live sites for this project.
"""
HEAD_OF_QUALITY = """\
## How well each is read

*Yes* under **fixture** counts the hand-written answers that the reader is tested with; under **recorded answer**, a
test reads a real answer. **Block signs** are the program's own: *no* means that none is known, and that only those
apply that all sites share. The last four are fields of an offer: *yes* where a tested answer fills it, *no* where none
does so far, *not offered* where the program's answers have no place for it.
"""
HEAD_OF_PARTNERS = """\
## Told of by another only

These have no spider. Their offers come with another program's answers: `source` says whose, `program` says whose miles.
"""


@cache
def page() -> str:
    """The whole page."""
    asked = sorted(programs().values(), key=lambda program: program.name.lower())
    overview = _table(
        ("program", "access", "terms", "calendar", "flights", "route-year", "transport", "confidence", "last known"),
        [
            (
                f"[{program.name}]",
                ACCESS[program.access],
                _terms(program),
                _span(program.key, "calendar"),
                _span(program.key, "itinerary"),
                route_year(program.key),
                _declared(program.key).transport,
                _in_a_word(program.confidence),
                program.last_known,
            )
            for program in asked
        ],
    )
    qualities = [(program, quality(program)) for program in asked]
    names = tuple(qualities[0][1])
    matrix = _table(("program", *names), [(f"[{program.name}]", *told.values()) for program, told in qualities])
    sections = "\n\n".join(_section(program) for program in asked)
    anchors = "\n".join(f"[{program.name}]: #{anchor(program.name)}" for program in asked)
    parts = (HEAD, overview, HEAD_OF_QUALITY, matrix, sections, HEAD_OF_PARTNERS, _partners(), anchors)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def menu(text: str) -> str:
    """The text of mkdocs.yml with an entry for every page of docs/sources."""
    before, _, _ = text.partition("  - Sources:")
    pages = [(program.name, key) for key, program in all_programs().items() if _source_page(key)]
    named = sorted(pages, key=lambda page: page[0].lower())
    return before + SOURCES + "".join(f"      - {name}: sources/{key}.md\n" for name, key in named)


def anchor(heading: str) -> str:
    """Where a heading can be found on a page."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


# ---- how it is asked ---------------------------------------------------------------------------------------------


def route_year(key: str) -> str:
    """Requests for every bookable day of a route; those of cabins that the calendar does not know apart."""
    asking, program = spider(key), programs()[key]
    assert program.control_route is not None
    origins, destinations = ((airport,) for airport in program.control_route)

    def requests(cabins: tuple[Cabin, ...]) -> int:
        year = Watch(
            name="a year",
            origins=origins,
            destinations=destinations,
            dates=f"+0..+{program.booking_window_days}",
            cabins=cabins,
        )
        plan = planner.plan([year], program=program, asks=asking.asks, now=COUNTED_ON, last_searches={})
        return sum(_steps(key, search.kind) for search in plan)

    every = str(requests(()))
    if beyond := asking.asks.beyond_the_calendar(_cabins(key)):
        return f"{every} for economy, {requests(beyond)} for other cabins"
    return every


@cache
def _steps(key: str, kind: str) -> int:
    """Requests that one look takes: a step on the way, where there is one, and the answer."""
    return 2 if spider(key).build_request(a_search(key, kind)).meta.get("lookup") else 1


def _cabins(key: str) -> tuple[Cabin, ...]:
    """The cabins that the program sells, from what its narrowest question is asked for."""
    asked = _declared(key).cabins_per_request
    kind = _declared(key).search_kinds[-1]
    return tuple(Cabin) if kind not in asked else tuple(cabin for group in asked[kind] for cabin in group)


def _span(key: str, kind: str) -> str:
    """What one request is for, and how much its answer says."""
    asking = _declared(key)
    if kind not in asking.search_kinds:
        return "–"
    if kind == "itinerary":
        span = "a day"
    elif asking.days_per_request == 0:
        span = "a month"
    elif asking.days_per_request >= programs()[key].booking_window_days:
        span = "all days"
    else:
        span = f"{asking.days_per_request} days"
    groups = asking.cabins_per_request.get(kind, ())
    if len(groups) > 1:
        span += " and a cabin" if all(len(group) == 1 for group in groups) else f", {len(groups)} groups of cabins"
    elif groups:
        span += f", {' and '.join(cabin.replace('_', ' ') for cabin in groups[0])} only"
    details = sorted({offer.detail.value for case in _telling(key, kind) for offer in _offers(case)})
    return f"{span}: {', '.join(f'`{detail}`' for detail in details) or 'no offer'}"


def _terms(program: Program) -> str:
    if program.terms_forbid:
        return "forbid it"
    return "not known" if program.terms.startswith("not known") else "see below"


def _in_a_word(confidence: str) -> str:
    word = confidence.replace(",", " ").split()[0]
    return word if confidence == word else f"{word}, in part"


# ---- how well it is read -----------------------------------------------------------------------------------------


def quality(program: Program) -> dict[str, str]:
    """What is tested, by name: "yes" (with a number for fixtures), "no" or "not offered"."""
    cases = [case for case in CASES if case.program == program.key]
    told = {
        "fixture": f"yes ({len(cases)})" if any(_offers(case) for case in cases) else "no",
        "recorded answer": _yes(_is_recorded(program.key)),
        "block signs": _yes(_knows_blocks(program.key, cases)),
    }
    for name, field in IN_QUALITY.items():
        if field in program.fields_not_offered:
            told[name] = "not offered"
        else:
            told[name] = _yes(any(field in _filled(program.key, kind) for kind in _declared(program.key).search_kinds))
    return told


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _is_recorded(key: str) -> bool:
    """Whether a test reads a real answer of the program: such a test names its folder."""
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_recorded*.py")]
    return any(f'"recorded" / "{key}"' in text or f'RECORDED / "{key}"' in text for text in tests)


def _knows_blocks(key: str, cases: Sequence[Case]) -> bool:
    """Whether the spider, a fixture or the sandbox knows a sign of its own for blocks or slowing down."""
    block_patterns = {reason for _, reason in _declared(key).block_patterns}
    ends = {case.expected.get("raises") for case in cases}
    return bool(BACKOFF_REASONS & (block_patterns | ends | {refusal.reason for refusal in _refusals()[key]}))


@cache
def _filled(key: str, kind: str) -> frozenset[str]:
    """The fields that expected offers of this kind of answer fill."""
    offers = [offer for case in _telling(key, kind) for offer in _offers(case)]
    return frozenset(name for name in FIELDS if any(getattr(offer, name) not in (None, ()) for offer in offers))


def _of_flights(key: str) -> list[str]:
    """What expected flights say besides carrier, number, airports and times."""
    flights = [flight for case in CASES if case.program == key for offer in _offers(case) for flight in offer.segments]
    return [label for name, label in OF_FLIGHTS.items() if any(getattr(flight, name) for flight in flights)]


def _telling(key: str, kind: str) -> Iterator[Case]:
    return (case for case in CASES if case.program == key and case.search.kind == kind)


def _offers(case: Case) -> list[AwardOfferItem]:
    return [expected_offer(case, told) for told in case.expected.get("offers", ())]


def _ends(key: str) -> list[str]:
    """How the searches of the program's fixtures end, each once."""
    cases = [case for case in CASES if case.program == key]
    named = [case.expected.get("raises") or ("found" if case.expected.get("offers") else "none") for case in cases]
    return sorted(set(named), key=lambda end: (end not in ("found", "none"), end))


@cache
def _refusals() -> dict[str, tuple[Refusal, ...]]:
    """The ways not to serve of each program's site in the sandbox."""
    return {site.key: site.refusals for site in airline_sites(World(7, Clock(COUNTED_ON)))}


def _declared(key: str) -> type[SpiderDeclaration]:
    found = LOADER.load(key)
    assert issubclass(found, SpiderDeclaration)
    return found


# ---- sections ----------------------------------------------------------------------------------------------------


def _section(program: Program) -> str:
    lines = [f"## {program.name}\n", _first_line(program)]
    lines += [_bullet(name, text) for name, text in _facts(program) if text]
    lines[1] += "\n"
    return "\n".join(lines)


def _first_line(program: Program) -> str:
    carriers = ", ".join(program.carriers)
    alliance = f" ({program.alliance})" if program.alliance else ""
    of_whom = f" for {carriers}{alliance}" if carriers else ""
    text = f"`{program.key}` asks <{program.site}>{of_whom}."
    if _source_page(program.key):
        text += f" Its answers, field by field: [sources/{program.key}.md](sources/{program.key}.md)."
    return _wrapped(text)


def _facts(program: Program) -> Iterator[tuple[str, str]]:
    because = {name: _plain(text) for name, text in program.evidence.items()}
    pause = f"{program.pause_seconds:g}"
    yield "Access", f"{ACCESS[program.access]} – {because['access']}"
    yield "Terms", _plain(program.terms)
    yield "robots.txt", _plain(program.robots)
    yield "Booking window", f"{program.booking_window_days} days – {because['booking_window_days']}"
    yield "Pause", f"at least {pause} seconds between requests – {because['pause_seconds']}"
    yield "Looks an hour", f"{program.requests_per_hour:,} – {because['requests_per_hour']}"
    yield "Looks a day", f"{program.requests_per_day:,} – {because['requests_per_day']}"
    if program.control_route:
        yield "Control route", f"{'-'.join(program.control_route)} – {because['control_route']}"
    needs_auth = " and ".join(KINDS[kind] for kind in _declared(program.key).needs_auth)
    yield "Asked first", needs_auth and f"a token, a key or the like, once a run, ahead of {needs_auth}"
    kinds = _declared(program.key).search_kinds
    for kind in kinds:
        yield f"Read from the {KINDS[kind]}", _read(program.key, kind)
    unread = (
        set(FIELDS) - set(program.fields_not_offered) - {name for kind in kinds for name in _filled(program.key, kind)}
    )
    yield "In no tested answer so far", ", ".join(label for name, label in FIELDS.items() if name in unread)
    yield "Not offered", ", ".join(label for name, label in FIELDS.items() if name in program.fields_not_offered)
    yield "Tells of", ", ".join(f"`{key}`" for key in program.covers)
    yield "Ends that fixtures show", ", ".join(f"`{end}`" for end in _ends(program.key))
    refusals = ", ".join(f"`{refusal.name}` ({refusal.reason})" for refusal in _refusals()[program.key])
    yield "Its own refusals in the sandbox", refusals
    yield "Quality", ", ".join(f"{name} {told}" for name, told in quality(program).items())
    yield "Confidence", f"{_plain(program.confidence)}; last known {program.last_known}"


def _read(key: str, kind: str) -> str:
    """The fields that this kind of answer fills."""
    labels = [label for name, label in FIELDS.items() if name in _filled(key, kind)]
    if "flights" in labels and (more := _of_flights(key)):
        labels[labels.index("flights")] = f"flights (with {', '.join(more)})"
    return ", ".join(labels)


def _partners() -> str:
    rows = []
    for key, program in sorted(all_programs().items(), key=lambda entry: entry[1].name.lower()):
        tellers = [f"[{other.name}]" for other in programs().values() if key in other.covers]
        if key not in programs():
            carriers = ", ".join(program.carriers)
            rows.append((program.name, f"`{key}`", carriers, program.alliance or "–", ", ".join(tellers)))
    return _table(("program", "key", "carriers", "alliance", "told of by"), rows)


# ---- Markdown ----------------------------------------------------------------------------------------------------


def _source_page(key: str) -> bool:
    return (ROOT / "docs" / "sources" / f"{key}.md").exists()


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns are as wide as their widest cell, so that it reads well as text too."""
    cells = [heads, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _bullet(name: str, text: str) -> str:
    return _wrapped(f"- **{name}**: {text}", hanging="  ")


def _wrapped(text: str, hanging: str = "") -> str:
    return textwrap.fill(text, width=118, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)


def _plain(text: str) -> str:
    """A text of the catalogue as it stands there, also where it has signs that mean something in Markdown."""
    for letter in "*<[":
        text = text.replace(letter, f"\\{letter}")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MENU.write_text(menu(MENU.read_text(encoding="utf-8")), encoding="utf-8")
