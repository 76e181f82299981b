"""The progress line."""

from __future__ import annotations

from awardspider.extensions.progress import progress_line


def test_in_the_middle() -> None:
    line = progress_line(
        name="united", planned=40, done=10, offers=1310, outcomes={"found": 8, "failed": 2}, seconds=60
    )
    assert line == "united  10 of 40 looks  1,310 offers  could not look 2, found 8  about 3 min left"


def test_at_the_start_and_the_end() -> None:
    assert progress_line(name="united", planned=3, done=0, offers=0, outcomes={}, seconds=2) == (
        "united  0 of 3 looks  0 offers  in 2 s"
    )
    assert progress_line(name="united", planned=3, done=3, offers=5, outcomes={"found": 3}, seconds=7200).endswith(
        "found 3  in 2.0 h"
    )
