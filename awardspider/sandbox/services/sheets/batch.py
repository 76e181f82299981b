"""`spreadsheets.batchUpdate`: takes requests one after another, all or none."""

from __future__ import annotations

import re
from collections.abc import Callable

from awardspider.sandbox.services.sheets.batch_cells import CELL_REQUESTS
from awardspider.sandbox.services.sheets.batch_rules import RULE_REQUESTS
from awardspider.sandbox.services.sheets.batch_tabs import TAB_REQUESTS
from awardspider.sandbox.services.sheets.errors import ApiError, Json, invalid
from awardspider.sandbox.services.sheets.grid import Book

Handler = Callable[[Book, Json], Json]
# Kind of request -> the fields that it may have, and what does it.
REQUESTS: dict[str, tuple[frozenset[str], Handler]] = {
    kind: (frozenset(fields.split()), handler)
    for kind, (fields, handler) in {**TAB_REQUESTS, **CELL_REQUESTS, **RULE_REQUESTS}.items()
}
# Requests of the real API that are not played here.
UNPLAYED = """
addBanding addChart addDataSource addDimensionGroup addFilterView addNamedRange addSlicer addTable autoFill
cancelDataSourceRefresh copyPaste createDeveloperMetadata cutPaste deleteBanding deleteDataSource
deleteDeveloperMetadata deleteDimensionGroup deleteEmbeddedObject deleteFilterView deleteNamedRange
deleteTable duplicateFilterView insertRange mergeCells pasteData randomizeRange refreshDataSource
textToColumns trimWhitespace unmergeCells updateBanding updateBorders updateChartSpec updateDataSource
updateDeveloperMetadata updateDimensionGroup updateEmbeddedObjectBorder updateEmbeddedObjectPosition
updateFilterView updateNamedRange updateProtectedRange updateSlicerSpec updateTable
"""


def run(book: Book, body: Json) -> list[Json]:
    """The replies to the requests of a body. The caller gives a copy of the book and keeps it only if nothing fails.

    Raises ApiError with the place of the request that is wrong.
    """
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise invalid("Must specify at least one request.")
    kinds = [_kind(request, index) for index, request in enumerate(requests)]
    replies = []
    for index, (kind, request) in enumerate(zip(kinds, requests, strict=True)):
        place = f"Invalid requests[{index}].{kind}"
        try:
            reply = REQUESTS[kind][1](book, request[kind])
        except ApiError as error:
            raise ApiError(error.code, error.status, f"{place}: {error.message}", error.details) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            # A wrong type somewhere inside of the request.
            raise invalid(f"{place}: Invalid value") from None
        replies.append({kind: reply} if reply else {})
    return replies


def _kind(request: object, index: int) -> str:
    """The kind of a request. Raises ApiError for one that cannot be, before anything is done."""
    if not isinstance(request, dict) or not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    known = [str(name) for name in request if name in REQUESTS or name in UNPLAYED.split()]
    unknown = [name for name in request if name not in known]
    if unknown:
        raise _unknown_name(unknown[0], f"requests[{index}]")
    if len(known) > 1:
        raise invalid(
            f"Invalid value at 'requests[{index}]' (oneof), oneof field 'kind' is already set. Cannot set '{known[1]}'"
        )
    (kind,) = known
    if kind not in REQUESTS:
        raise ApiError(501, "UNIMPLEMENTED", f"The sandbox does not play the request {kind}.")
    given = request[kind]
    if not isinstance(given, dict):
        raise invalid(f"Invalid value at 'requests[{index}].{_snake(kind)}'")
    for name in given:
        if name not in REQUESTS[kind][0]:
            raise _unknown_name(name, f"requests[{index}].{_snake(kind)}")
    return kind


def _unknown_name(name: str, place: str) -> ApiError:
    message = f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
    violation = {"field": place, "description": message}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return ApiError(400, "INVALID_ARGUMENT", message, details)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)
