"""`scrapy sheets`: set a Google spreadsheet up, check that it can be written, fill it, open it in Looker Studio."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from awardspider.commands._command import AwardCommand
from awardspider.delivery.outbox.enqueue import fill_sheets
from awardspider.outcomes import InvalidArgument

if TYPE_CHECKING:
    import argparse

    from awardspider.delivery.channels.sheets.client import SheetsClient

ACTIONS = ("setup", "check", "fill", "looker-link")


class Command(AwardCommand):
    """Says step by step what works; the first that does not ends it with a sentence that says what to do."""

    def syntax(self) -> str:
        return f"{'|'.join(ACTIONS)} [SPREADSHEET]"

    def short_desc(self) -> str:
        return "Set up or check a Google spreadsheet, or open it in Looker Studio"

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        action, *rest = args or [""]
        if action not in ACTIONS or len(rest) > 1:
            raise UsageError(f"write scrapy sheets {self.syntax()}")
        if action == "fill":
            self._fill(rest)
            return
        # Here, because every command loads this module, and these take a third of a second.
        from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
        from awardspider.delivery.channels.sheets.client import SheetsClient

        sandbox_url = self.settings["AWARD_SANDBOX_URL"]
        spreadsheet = spreadsheet_id(rest[0] if rest else self.settings["AWARD_GOOGLE_SHEET"])
        account = credentials(self.settings, sandbox_url)
        agent = self.settings["USER_AGENT"]
        with closing(SheetsClient(spreadsheet, account, sandbox_url=sandbox_url, user_agent=agent)) as client:
            if action == "looker-link":
                _looker_link(client)
            else:
                _check(client, mending=action == "setup")

    def _fill(self, rest: list[str]) -> None:
        if rest:
            raise InvalidArgument("fill serves the channels that there are; it takes no spreadsheet")
        count = fill_sheets(self.store(), self.settings, datetime.now(UTC))
        print(f"{count:,} rows wait to be written; scrapy deliver does it now.")


def _check(client: SheetsClient, *, mending: bool) -> None:
    from awardspider.delivery.channels.sheets import layout as tabs

    print(f"account      {client.account}")
    layout = tabs.read_layout(client)
    print(f"spreadsheet  {layout.title}")
    tabs.prove_writing(client, layout)
    print("rights       may be read and written")
    missing = [name for name in tabs.TABS if name not in layout.tabs]
    if mending:
        done = tabs.mend(client)
        print(f"tabs         {'; '.join(done) or 'all there, nothing to do'}")
        layout = tabs.read_layout(client)
    elif missing:
        raise InvalidArgument(f"there is no tab {' and no tab '.join(missing)}; run scrapy sheets setup")
    else:
        print(f"tabs         {', '.join(tabs.TABS)}")
    print(f"room         {layout.cells:,} of 10,000,000 cells used")


def _looker_link(client: SheetsClient) -> None:
    from awardspider.delivery.channels.sheets.layout import OFFERS, read_layout
    from awardspider.delivery.looker import looker_link

    tab = read_layout(client).tabs.get(OFFERS)
    if tab is None:
        raise InvalidArgument(f"there is no tab {OFFERS}; run scrapy sheets setup")
    print(looker_link(client.spreadsheet, tab.gid))
