"""A Google spreadsheet kept true: the account, the wire, what stands in which column, and one flush of changes."""
