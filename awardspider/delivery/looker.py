"""The address that opens a new Looker Studio report on a tab of a Google spreadsheet (its Linking API)."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from awardspider.outcomes import InvalidArgument

_CREATE = "https://lookerstudio.google.com/reporting/create"


def looker_link(spreadsheet_id: str, worksheet_gid: int, *, name: str = "Award offers") -> str:
    """The link for a spreadsheet's id (not its address) and the `gid` of the tab, which is 0 for the first one made.

    `name` becomes the name of the report and of its data source. The report belongs to whoever opens the link, and
    only they need access to the sheet; nothing is kept until they save it. Hidden columns come along, and rows that
    somebody filters away in the sheet stay in the report. Raises BadArgument for what cannot be an id or a gid.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,100}", spreadsheet_id):
        raise InvalidArgument(
            f"{spreadsheet_id!r} is not the id of a spreadsheet; it is the long part of its address, "
            "between /spreadsheets/d/ and the next slash"
        )
    if worksheet_gid < 0:
        raise InvalidArgument(f"{worksheet_gid} is not the gid of a tab; the sheet's address shows it behind #gid=")
    # Without c.reportId Google takes its own report for one source, so no template has to be kept (sinks.md, 5.1).
    query = {
        "r.reportName": name,
        "ds.connector": "googleSheets",
        "ds.datasourceName": name,
        "ds.spreadsheetId": spreadsheet_id,
        "ds.worksheetId": worksheet_gid,
        "ds.hasHeader": "true",
        "ds.includeHiddenCells": "true",
        "ds.includeFilteredCells": "true",
    }
    return f"{_CREATE}?{urlencode(query)}"
