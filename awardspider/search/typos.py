"""Counting of typos between two names."""

from __future__ import annotations


def typos(first: str, second: str, most: int) -> int:
    """Return how many typos turn one name into the other, or `most` + 1 if there are more.

    A typo is a missing, additional or wrong letter, or two swapped neighbors (optimal string alignment distance).
    """
    two_before: list[int] = []
    before = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            fewest = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                fewest = min(fewest, two_before[j - 2] + 1)
            row.append(fewest)
        if min(row) > most:
            return most + 1
        two_before, before = before, row
    return min(before[-1], most + 1)
