"""Text of the progress line."""

from __future__ import annotations

from awardspider.extensions.progress import progress_line


def test_progress_line_during_a_crawl() -> None:
    line = progress_line(
        name="united", planned=40, done=10, offers=1310, outcomes={"found": 8, "failed": 2}, seconds=60
    )
    assert line == "united  10 of 40 searches  1,310 offers  failed 2, found 8  about 3 min left"


def test_progress_line_at_start_and_end() -> None:
    assert progress_line(name="united", planned=3, done=0, offers=0, outcomes={}, seconds=2) == (
        "united  0 of 3 searches  0 offers  in 2 s"
    )
    assert progress_line(name="united", planned=3, done=3, offers=5, outcomes={"found": 3}, seconds=7200).endswith(
        "found 3  in 2.0 h"
    )
