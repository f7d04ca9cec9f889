"""Which words below an axis have room beside each other: on a desk, on a tablet, on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

DESK, TABLET, PHONE = 0.85, 1.5, 2.7  # percent of the chart's width that a letter takes
AIR = 1.0  # percent between two
EDGE = 102.0  # on a phone nothing stands beside the chart


@dataclass(frozen=True)
class Label:
    """Words in the middle of a place, in percent; those at the very left begin there."""

    x: float
    text: str

    def ends(self, letter: float) -> tuple[float, float]:
        half = letter * len(self.text) / 2
        middle = self.x or half
        return middle - half, middle + half


def with_room(labels: Sequence[Label], letter: float, edge: float = float("inf")) -> set[Label]:
    """Those that neither run into one that stands before them in `labels` nor over the edge."""
    placed: list[tuple[float, float]] = []
    found = set()
    for label in labels:
        left, right = label.ends(letter)
        if right <= edge and all(left - AIR >= end or right + AIR <= begin for begin, end in placed):
            placed.append((left, right))
            found.add(label)
    return found
