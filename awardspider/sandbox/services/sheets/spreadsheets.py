"""The spreadsheets that there are, who may ask, and how often."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256

from awardspider.sandbox.services.sheets.accounts import Accounts
from awardspider.sandbox.services.sheets.grid import Book, Tab
from awardspider.sandbox.services.sheets.quota import Quota

# Anybody's account may edit this one,
DEMO_ID = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
DEMO_TITLE = "Award deals"
# and nobody's this one.
PRIVATE_ID = "1pRiv4TeSheEtNotShAredWithAnyb0dyKx2Wm9Zt5Qe"


def new_book(number: str, title: str, *, shared: bool = True, rows: int = 1000, columns: int = 26) -> Book:
    """A spreadsheet as it is when somebody has just made it: one empty tab."""
    return Book(
        id=number, title=title, shared=shared, tabs=[Tab(id=0, title="Sheet1", row_count=rows, column_count=columns)]
    )


def _first_books() -> dict[str, Book]:
    books = (new_book(DEMO_ID, DEMO_TITLE), new_book(PRIVATE_ID, "Somebody's own", shared=False))
    return {book.id: book for book in books}


@dataclass(slots=True)
class Spreadsheets:
    """All spreadsheets by id, in the order in which they were made."""

    books: dict[str, Book] = field(default_factory=_first_books)
    accounts: Accounts = field(default_factory=Accounts)
    quota: Quota = field(default_factory=Quota)

    def add(self, title: str, *, shared: bool, rows: int, columns: int) -> Book:
        """A new one, with an id of the real form."""
        chance = sha256(f"{len(self.books)} {title}".encode()).digest()
        number = "1" + base64.urlsafe_b64encode(chance).decode().rstrip("=")
        book = self.books[number] = new_book(number, title, shared=shared, rows=rows, columns=columns)
        return book

    def reset(self) -> None:
        """As it was at the start: spreadsheets, tokens, quota."""
        self.books = _first_books()
        self.accounts.tokens.clear()
        self.quota = Quota()
