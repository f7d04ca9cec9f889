"""What fails when: a pure function of seed, seconds and pace, so a run that found something can be repeated."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from distviz.stack import layout

VISIBILITY_S = 5  # after so long the broker delivers again what a worker has not acknowledged

KILL, KILL_CHILD, PAUSE, LONG_PAUSE = "kill", "kill_child", "pause", "long_pause"
RESTART, SESSIONS, READ_ONLY, FLUSH = "restart", "sessions", "read_only", "flush"
LOSE, DOUBLE, REORDER = "lose", "double", "reorder"
NETWORK = (LOSE, DOUBLE, REORDER)

POSTGRES = tuple(f"postgres:{server}" for server in layout.PG_SERVERS)
# What each kind may be done to, and for how many seconds; 0: it is over at once.
TARGETS: dict[str, Sequence[str]] = {
    KILL: layout.ROLES,
    KILL_CHILD: layout.WORKERS,
    PAUSE: layout.ROLES,
    LONG_PAUSE: layout.WORKERS,
    RESTART: (*POSTGRES, "valkey", "mongo"),
    SESSIONS: tuple(layout.DATABASES),
    READ_ONLY: tuple(layout.DATABASES),
    FLUSH: ("valkey",),
    **dict.fromkeys(NETWORK, ("messages",)),
}
LASTS = {PAUSE: (0.5, 4.0), LONG_PAUSE: (VISIBILITY_S + 1, VISIBILITY_S + 4), READ_ONLY: (1.0, 4.0)}
LASTS |= dict.fromkeys(NETWORK, (3.0, 6.0))
KINDS = tuple(TARGETS)


@dataclass(frozen=True)
class Failure:
    """`at` and `lasts` in seconds from the begin; what lasts is healed afterwards."""

    at: float
    kind: str
    target: str
    lasts: float = 0.0

    @property
    def until(self) -> float:
        return self.at + self.lasts

    def as_dict(self) -> dict[str, object]:
        return {"at": self.at, "kind": self.kind, "target": self.target, "lasts": self.lasts}

    def __str__(self) -> str:
        lasting = f" for {self.lasts:.1f} s" if self.lasts else ""
        return f"{self.at:6.1f} s  {self.kind} {self.target}{lasting}"


def make(seed: int, seconds: float, pace: float) -> list[Failure]:
    """A failure every `pace` seconds on average, each kind and each target before any of them comes again. Everything
    is healed within `seconds`."""
    dice = random.Random(seed)
    kinds, targets = _Deck(KINDS, dice), {kind: _Deck(TARGETS[kind], dice) for kind in KINDS}
    found, at = [], pace * dice.random()
    while at < seconds - 1:
        kind = kinds.deal()
        target, lasts = targets[kind].deal(), _lasts(kind, dice)
        starts = max(0.0, min(at, seconds - lasts))
        found.append(Failure(round(starts, 2), kind, target, round(min(lasts, seconds - starts), 2)))
        at += pace * (0.5 + dice.random())
    return sorted(found, key=lambda failure: failure.at)


def _lasts(kind: str, dice: random.Random) -> float:
    low, high = LASTS.get(kind, (0.0, 0.0))
    return low + (high - low) * dice.random()


class _Deck:
    """Cards in random order; shuffled again when all have been dealt."""

    def __init__(self, cards: Sequence[str], dice: random.Random) -> None:
        self._cards, self._dice, self._left = cards, dice, list[str]()

    def deal(self) -> str:
        if not self._left:
            self._left = sorted(self._cards, key=lambda _card: self._dice.random())
        return self._left.pop()
