"""The state of the simulated Google Sheets: spreadsheets, accounts and quota."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256

from awardspider.sandbox.services.sheets.accounts import Accounts
from awardspider.sandbox.services.sheets.grid import Book, Tab
from awardspider.sandbox.services.sheets.quota import Quota

# Any account may edit this spreadsheet.
DEMO_ID = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
DEMO_TITLE = "Award deals"
# No account may edit this one.
PRIVATE_ID = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"


def new_book(book_id: str, title: str, *, shared: bool = True, rows: int = 1000, columns: int = 26) -> Book:
    """Return a new spreadsheet with one empty tab."""
    tab = Tab(id=0, title="Sheet1", row_count=rows, column_count=columns)
    return Book(id=book_id, title=title, shared=shared, tabs=[tab])


def _initial_books() -> dict[str, Book]:
    books = (new_book(DEMO_ID, DEMO_TITLE), new_book(PRIVATE_ID, "Private", shared=False))
    return {book.id: book for book in books}


@dataclass(slots=True)
class Spreadsheets:
    """All spreadsheets, keyed by id in order of creation, with the accounts' tokens and the quota."""

    books: dict[str, Book] = field(default_factory=_initial_books)
    accounts: Accounts = field(default_factory=Accounts)
    quota: Quota = field(default_factory=Quota)

    def add(self, title: str, *, shared: bool, rows: int, columns: int) -> Book:
        """Add a spreadsheet with an id that has Google's format."""
        digest = sha256(f"{len(self.books)} {title}".encode()).digest()
        book_id = "1" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        book = self.books[book_id] = new_book(book_id, title, shared=shared, rows=rows, columns=columns)
        return book

    def reset(self) -> None:
        """Restore the initial spreadsheets, tokens and quota."""
        self.books = _initial_books()
        self.accounts.tokens.clear()
        self.quota = Quota()
