"""`scrapy sheets`: set up, check or fill a Google spreadsheet, or open it in Looker Studio."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from awardspider import clock
from awardspider.commands._command import ActionCommand
from awardspider.crawling.sandbox_check import require_sandbox
from awardspider.delivery.outbox.sheet_updates import fill_sheets
from awardspider.outcomes import InvalidArgument

if TYPE_CHECKING:
    from awardspider.delivery.channels.sheets.client import SheetsClient


class Command(ActionCommand):
    """Set up, check or fill a Google spreadsheet, or open it in Looker Studio.

    If a step fails, the command ends with a message about how to fix the problem.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        spreadsheet = "address or id of the spreadsheet (default: AWARD_GOOGLE_SHEET)"
        for name, help, handler in (
            ("setup", "Create missing tabs, headers and formats", self._setup),
            ("check", "Check that the spreadsheet can be written and has its tabs", self._check),
            ("looker-link", "Print a link that opens the spreadsheet in Looker Studio", self._looker_link),
        ):
            self.add_action(name, help, handler).add_argument("spreadsheet", nargs="?", help=spreadsheet)
        self.add_action("fill", "Enqueue a row for each current offer and promotion", self._fill)

    def _client(self, opts: argparse.Namespace) -> closing[SheetsClient]:
        # Imported here because every command loads this module, and these imports take a third of a second.
        from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
        from awardspider.delivery.channels.sheets.client import SheetsClient

        require_sandbox(self.settings)
        sandbox_url = self.settings["AWARD_SANDBOX_URL"]
        spreadsheet = spreadsheet_id(opts.spreadsheet or self.settings["AWARD_GOOGLE_SHEET"])
        account = credentials(self.settings, sandbox_url)
        agent = self.settings["USER_AGENT"]
        return closing(SheetsClient(spreadsheet, account, sandbox_url=sandbox_url, user_agent=agent))

    def _setup(self, opts: argparse.Namespace) -> None:
        with self._client(opts) as client:
            _check(client, repair_tabs=True)

    def _check(self, opts: argparse.Namespace) -> None:
        with self._client(opts) as client:
            _check(client, repair_tabs=False)

    def _fill(self, opts: argparse.Namespace) -> None:
        count = fill_sheets(self.store(), self.settings, clock.now())
        print(f"{count:,} rows are pending; scrapy deliver writes them.")

    def _looker_link(self, opts: argparse.Namespace) -> None:
        from awardspider.delivery.channels.sheets.layout import OFFERS, read_layout
        from awardspider.delivery.looker import looker_link

        with self._client(opts) as client:
            tab = read_layout(client).tabs.get(OFFERS)
            if tab is None:
                raise InvalidArgument(f"the spreadsheet has no tab {OFFERS}; run scrapy sheets setup")
            print(looker_link(client.spreadsheet, tab.gid))


def _check(client: SheetsClient, *, repair_tabs: bool) -> None:
    from awardspider.delivery.channels.sheets import layout as tabs

    print(f"account      {client.account}")
    layout = tabs.read_layout(client)
    print(f"spreadsheet  {layout.title}")
    tabs.check_write_access(client, layout)
    print("access       read and write")
    missing = [name for name in tabs.TABS if name not in layout.tabs]
    if repair_tabs:
        changes = tabs.repair(client)
        print(f"tabs         {'; '.join(changes) or 'complete, nothing to change'}")
        layout = tabs.read_layout(client)
    elif missing:
        raise InvalidArgument(f"missing tabs: {', '.join(missing)}; run scrapy sheets setup")
    else:
        print(f"tabs         {', '.join(tabs.TABS)}")
    print(f"cells        {layout.cells:,} of 10,000,000 in use")
