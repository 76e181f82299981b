"""`scrapy deploy`: deploy the code to Scrapyd."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import orjson

from awardspider.commands._command import AwardCommand
from awardspider.commands._options import integer, no_arguments
from awardspider.operations.deployment import DEFAULT_KEEP, deploy, project_folder
from awardspider.operations.scrapyd import scrapyd_client


class Command(AwardCommand):
    """Deploy the code to Scrapyd.

    Code that does not work is not deployed. Nothing is uploaded if Scrapyd has this code already.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--url", metavar="URL", help="address of Scrapyd; default: AWARD_SCRAPYD_URL")
        add("--keep", metavar="N", default=str(DEFAULT_KEEP), help=f"versions to keep (default: {DEFAULT_KEEP})")
        add("--json", action="store_true", help="print JSON")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        keep = integer("--keep", opts.keep, minimum=1) or DEFAULT_KEEP
        if opts.url:
            self.settings.set("AWARD_SCRAPYD_URL", opts.url, priority="cmdline")
        client = scrapyd_client(self.settings)
        deployment = deploy(client, project_folder(), keep=keep)
        if opts.json:
            print(orjson.dumps(asdict(deployment) | {"url": client.url}).decode())
            return
        done = "has been deployed before" if deployment.unchanged else "is deployed"
        print(f"Version {deployment.version} {done} on {client.url}, with {len(deployment.spiders)} spiders.")
        if deployment.removed:
            print(f"Removed {', '.join(deployment.removed)}.")
