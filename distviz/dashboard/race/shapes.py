"""Two runs of one protocol, compared by shape: what happened in both in the same order, and where one went another
way. Times, amounts and accounts make no difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from distviz.dashboard.race.boards import Board, what
from distviz.story.picture.rows import Row

LONGEST = 600  # events of a run; beyond it the comparison would take longer than the page


@dataclass(frozen=True)
class Stretch:
    """Some steps of the one and of the other, in a row. `alike`: the same ones."""

    alike: bool
    left: Sequence[Row]
    right: Sequence[Row]

    @property
    def took(self) -> tuple[float, float]:
        """For how long, in ms, since the step before."""
        return sum(row.since_ms for row in self.left), sum(row.since_ms for row in self.right)


@dataclass(frozen=True)
class Shape:
    """The comparison of two boards."""

    boards: tuple[Board, Board]
    stretches: Sequence[Stretch]

    @property
    def alike(self) -> bool:
        return all(stretch.alike for stretch in self.stretches)

    @property
    def parts_at(self) -> Row | None:
        """The first step that is not in both."""
        for stretch in self.stretches:
            if not stretch.alike:
                return (*stretch.left, *stretch.right)[0]
        return None


def compared(boards: Sequence[Board]) -> Shape | None:
    """None where there is nothing to compare: not two, not of one protocol, not over yet, or too long."""
    if len(boards) != 2 or boards[0].protocol.key != boards[1].protocol.key:
        return None
    one, other = boards
    if not all(board.over and len(board.events) <= LONGEST for board in boards):
        return None
    left, right = one.all_rows, other.all_rows
    matcher = SequenceMatcher(None, _shape(one), _shape(other), autojunk=False)
    found = [Stretch(tag == "equal", left[a:b], right[c:d]) for tag, a, b, c, d in matcher.get_opcodes()]
    return Shape((one, other), found)


def _shape(board: Board) -> list[tuple[str, ...]]:
    """Each event, and how it ended: to commit that one declines is another step than to commit a payment."""
    pairs = zip(board.events, board.all_rows, strict=True)
    return [(*what(event), row.label.tone) for event, row in pairs]
