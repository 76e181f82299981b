"""Resolve references in JetBlue's responses: `{"$ref": "#/data/…"}` in place of an itinerary or flight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

REFERENCE = "$ref"


def resolve(product: Any, response: Callable[[], object]) -> bool:
    """Replace references in a product with the itineraries and flights; return False if there are no references.

    Offers use the same pointers to refer to flights; these are changed to the flight's position in the product.
    """
    moved: dict[str, str] = {}
    value = product.get("originAndDestination") if isinstance(product, dict) else None
    itineraries = value if isinstance(value, list) else []
    for index, itinerary in enumerate(itineraries):
        pointer = _pointer(itinerary)
        if pointer is not None:
            itinerary = itineraries[index] = _target(response(), pointer)
        flights = itinerary.get("flightSegments") if isinstance(itinerary, dict) else None
        flights = list(flights) if isinstance(flights, list) else []
        for number, flight in enumerate(flights):
            position = f"#/originAndDestination/{index}/flightSegments/{number}"
            if pointer is not None:
                moved[f"{pointer}/flightSegments/{number}"] = position
            if (pointer_of_flight := _pointer(flight)) is not None:
                moved[pointer_of_flight] = position
                flights[number] = _target(response(), pointer_of_flight)
        if flights:
            itineraries[index] = {**itinerary, "flightSegments": flights}
    for reference in _references_of_offers(product) if moved else ():
        reference[REFERENCE] = moved.get(str(reference.get(REFERENCE)), reference.get(REFERENCE))
    return bool(moved)


@lru_cache(maxsize=1024)
def segment_index(pointer: str, counts: Sequence[int]) -> int | None:
    """Return the segment index for a pointer such as `#/…/originAndDestination/0/flightSegments/1`; None for any other.

    The index counts segments across all itineraries; `counts` has the number of segments in each itinerary.
    """
    steps = pointer.split("/")
    if len(steps) < 4 or steps[-4] != "originAndDestination" or steps[-2] != "flightSegments":
        return None
    if not steps[-1].isdecimal() or not steps[-3].isdecimal():
        return None
    return sum(counts[: int(steps[-3])]) + int(steps[-1])


def _pointer(value: object) -> str | None:
    pointer = value.get(REFERENCE) if isinstance(value, dict) else None
    return pointer if isinstance(pointer, str) else None


def _target(tree: Any, pointer: str) -> object:
    """Return the value at a pointer such as `#/data/searchResults/0/…`, or None if there is none."""
    for step in pointer.removeprefix("#/").split("/"):
        if isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _references_of_offers(product: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the reference objects that link offers to flights."""
    offers = product.get("offers")
    for offer in offers if isinstance(offers, list) else ():
        infos = offer.get("offerSegmentInfo") if isinstance(offer, dict) else None
        for info in infos if isinstance(infos, list) else ():
            ref = info.get("ref") if isinstance(info, dict) else None
            segment = ref.get("flightSegment") if isinstance(ref, dict) else None
            if isinstance(segment, dict):
                yield segment
