"""Write the table of regions in docs/places.md: `python -m scripts.places_page`."""

from __future__ import annotations

from awardspider.search.city_names import load_data
from awardspider.search.countries import country_names
from awardspider.search.place_names import PlacePart, find_place
from awardspider.search.regions import Region, regions
from awardspider.search.seatsaero_regions import SEATSAERO_REGIONS, seatsaero_regions
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "places.md"
_START, _END = "<!-- regions -->\n", "<!-- end of regions -->"


def page_text() -> str:
    """Return the content of the page, with a current table."""
    before, rest = PAGE.read_text(encoding="utf-8").split(_START)
    return f"{before}{_START}\n{_table()}\n{_END}{rest.split(_END)[1]}"


def _table() -> str:
    rows = [
        f"| {region.name} | {'; '.join(region.other_names)} | {_content(region)} | {_seatsaero(region)} "
        f"| {len(_searched(region))} of {len(region.airports)} |"
        for region in regions().values()
        if region.country is None
    ]
    head = ["| region | also | contains | at seats.aero | searched |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def _content(region: Region) -> str:
    """Return what a region contains, as data/regions.toml has it."""
    entry = load_data("regions.toml")[region.key]
    content = [regions()[key].name for key in entry.get("regions", "").split()]
    content += sorted(country_names()[code] for code in entry.get("countries", "").split())
    content += entry.get("airports", "").split()
    if states := entry.get("states"):
        code, _, names = " ".join(states.split()).partition(": ")
        content.append(f"{country_names()[code]}: {names.replace(';', ',').replace('-', ' ')}")
    return ", ".join(content)


def _seatsaero(region: Region) -> str:
    found = {name for code in _searched(region) for name in seatsaero_regions(code)}
    return ", ".join(name for name in SEATSAERO_REGIONS if name in found)


def _searched(region: Region) -> tuple[str, ...]:
    place = find_place(f"region:{region.key}")
    assert isinstance(place, PlacePart)
    return place.main


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
