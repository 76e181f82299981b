"""`spreadsheets.batchUpdate`: takes requests one after another, all or none."""

from __future__ import annotations

from collections.abc import Callable

from awardspider.sandbox.services.sheets.batch_cells import CELL_REQUESTS
from awardspider.sandbox.services.sheets.batch_rules import RULE_REQUESTS
from awardspider.sandbox.services.sheets.batch_tabs import TAB_REQUESTS
from awardspider.sandbox.services.sheets.errors import ApiError, Json, invalid
from awardspider.sandbox.services.sheets.grid import Book

Handler = Callable[[Book, Json], Json]
REQUESTS: dict[str, Handler] = {**TAB_REQUESTS, **CELL_REQUESTS, **RULE_REQUESTS}


def run(book: Book, body: Json) -> list[Json]:
    """The replies to the requests of a checked body.

    The caller gives a copy of the book and keeps it only if nothing fails. Raises ApiError with the place of the
    request that is wrong.
    """
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise invalid("Must specify at least one request.")
    kinds = [_kind(request, index) for index, request in enumerate(requests)]
    replies = []
    for index, (kind, request) in enumerate(zip(kinds, requests, strict=True)):
        place = f"Invalid requests[{index}].{kind}"
        try:
            reply = REQUESTS[kind](book, request[kind])
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
    kind, *more = request
    if more:
        raise invalid(
            f"Invalid value at 'requests[{index}]' (oneof), oneof field 'kind' is already set. Cannot set '{more[0]}'"
        )
    if kind not in REQUESTS:
        raise ApiError(501, "UNIMPLEMENTED", f"The sandbox does not play the request {kind}.")
    return str(kind)
