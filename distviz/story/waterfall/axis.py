"""The time axis of the waterfall: linear where something happens, folded to a zig-zag where nothing does."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

FULL = 96.0  # percent; the rest is for the symbols at the ends of spans
FOLD, FOLDS = 8.0, 40.0  # one fold's width, and the most that all of them take
LEAST_MS = 150.0  # a shorter pause is drawn as long as it is
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000)


@dataclass(frozen=True, slots=True)
class Fold:
    """A pause, from and to in ms, and where it is drawn."""

    start: float
    end: float
    left: float
    width: float

    @property
    def ms(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on the axis. A minor one has no number on a narrow screen, a bare one nowhere."""

    ms: float
    x: float
    minor: bool


class Axis:
    """Made of the times at which something happened, in ms since the first of them."""

    def __init__(self, times: Iterable[float]) -> None:
        times = sorted({0.0, *times})
        gaps = list(pairwise(times))
        # A pause is long in comparison with the work: 200 ms are much in a run of 50 ms and nothing in one of 5 s.
        work = sum(end - start for start, end in gaps if end - start <= LEAST_MS)
        idle = [(start, end) for start, end in gaps if end - start > max(LEAST_MS, work / 2)]
        self.width = min(FOLD, FOLDS / len(idle)) if idle else 0.0
        live = times[-1] - sum(end - start for start, end in idle)
        self._scale = (FULL - self.width * len(idle)) / live if live else 0.0
        self.folds: list[Fold] = []
        self._points: list[tuple[float, float]] = [(0.0, 0.0)]  # (ms, percent); straight between any two
        for start, end in idle:
            at, x = self._points[-1]
            left = x + (start - at) * self._scale
            self.folds.append(Fold(start, end, left, self.width))
            self._points += [(start, left), (end, left + self.width)]
        at, x = self._points[-1]
        self._points.append((max(times[-1], at), x + (times[-1] - at) * self._scale))

    def at(self, ms: float) -> float:
        """Percent from the left."""
        place = bisect_right(self._points, (ms, 1000.0))
        if place == 0:
            return 0.0
        if place == len(self._points):
            return self._points[-1][1]
        (start, left), (end, right) = self._points[place - 1], self._points[place]
        return left + (right - left) * (ms - start) / (end - start) if end > start else right

    @property
    def corners(self) -> list[tuple[float, float]]:
        """(ms, percent); straight between any two."""
        return list(self._points)

    def ticks(self, wanted: int = 8) -> list[Tick]:
        """Round times outside of the folds, none so near to another (or to a fold) that they would overlap."""
        live = self._points[-1][0] - sum(fold.ms for fold in self.folds)
        every = next((step for step in _STEPS if live / step <= wanted), _STEPS[-1])
        made: list[Tick] = []
        taken = [fold.middle for fold in self.folds]
        last_wide = -100.0
        for start, end in self._stretches():
            number = -(-start // every)
            while number * every <= end:
                x = self.at(number * every)
                if all(abs(x - other) >= 7.0 for other in taken) and x <= FULL - 4:
                    minor = x - last_wide < 20.0 or any(abs(x - fold.middle) < 16.0 for fold in self.folds)
                    last_wide = last_wide if minor else x
                    made.append(Tick(number * every, x, minor))
                    taken.append(x)
                number += 1
        return made

    def _stretches(self) -> list[tuple[float, float]]:
        edges = [0.0, *(edge for fold in self.folds for edge in (fold.start, fold.end)), self._points[-1][0]]
        return list(zip(edges[::2], edges[1::2], strict=True))


def round_times(start: float, end: float, wanted: int = 8) -> list[float]:
    """Round times from `start` to `end`, in ms; at most as many as are wanted, and the end only if it is round."""
    every = next((step for step in _STEPS if (end - start) / step <= wanted), _STEPS[-1])
    first = -(-start // every)
    return [number * every for number in range(int(first), int(end // every) + 1)]
