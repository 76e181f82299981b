"""The method `spreadsheets.batchUpdate`, which carries out all of its requests or none."""

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
    """Carry out the requests of a validated body and return the replies.

    The caller passes a copy of the book and discards it if a request fails. Raise ApiError with the path of the
    failed request.
    """
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise invalid("Must specify at least one request.")
    kinds = [_kind(request, index) for index, request in enumerate(requests)]
    replies = []
    for index, (kind, request) in enumerate(zip(kinds, requests, strict=True)):
        prefix = f"Invalid requests[{index}].{kind}"
        try:
            reply = REQUESTS[kind](book, request[kind])
        except ApiError as error:
            raise ApiError(error.code, error.status, f"{prefix}: {error.message}", error.details) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            # A value in the request has an invalid type.
            raise invalid(f"{prefix}: Invalid value") from None
        replies.append({kind: reply} if reply else {})
    return replies


def _kind(request: object, index: int) -> str:
    """Return the kind of a request. Raise ApiError if it is invalid or not simulated."""
    if not isinstance(request, dict) or not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    kind, *more = request
    if more:
        raise invalid(
            f"Invalid value at 'requests[{index}]' (oneof), oneof field 'kind' is already set. Cannot set '{more[0]}'"
        )
    if kind not in REQUESTS:
        raise ApiError(501, "UNIMPLEMENTED", f"The sandbox does not simulate the request {kind}.")
    return str(kind)
