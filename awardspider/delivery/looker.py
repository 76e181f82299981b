"""Links that create a Looker Studio report from a tab of a Google spreadsheet (Looker Studio Linking API)."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from awardspider.outcomes import InvalidArgument

_CREATE = "https://lookerstudio.google.com/reporting/create"


def looker_link(spreadsheet_id: str, worksheet_gid: int, *, name: str = "Award offers") -> str:
    """Return the link for a spreadsheet id and the `gid` of a tab; the first tab has gid 0.

    `name` becomes the name of the report and of its data source. Whoever opens the link owns the report and needs
    access to the spreadsheet; nothing is stored until they save the report. It includes hidden columns and filtered
    rows. Raise InvalidArgument for an invalid id or gid.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,100}", spreadsheet_id):
        raise InvalidArgument(
            f"{spreadsheet_id!r} is not a spreadsheet id; use the part of its address "
            "between /spreadsheets/d/ and the next slash"
        )
    if worksheet_gid < 0:
        raise InvalidArgument(f"{worksheet_gid} is not the gid of a tab; use the number after #gid= in its address")
    # Without c.reportId, Google creates a default report for a single source, so no template is needed (sinks.md, 5.1).
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
