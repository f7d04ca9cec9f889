"""What is drawn of the bars at one row: one lane's, side by side."""

from dataclasses import dataclass, field, replace

from distviz.story.shapes import locking

OPEN, HELD, PENDING = "open", "held", "pending"


def promise_of(lane: str) -> str:
    """The state of a lane that has voted yes. Where nothing is locked, it is a document that nobody reads yet."""
    return HELD if lane in locking() else PENDING


@dataclass(slots=True)
class Bar:
    """The work of one span in one lane, from its first begin to its last end. Steps inside of it make it deeper, not
    wider. A promise is nobody's work any more: it has the name of the step that made it, and no span."""

    lane: str
    span: str
    slot: int
    inside: dict[int, str] = field(default_factory=dict)  # by the number of its begin
    compensates: bool = False
    state: str = OPEN
    promised: str = ""

    def copied(self) -> "Bar":
        return Bar(self.lane, self.span, self.slot, dict(self.inside), self.compensates, self.state, self.promised)


@dataclass(frozen=True, slots=True)
class LaneCell:
    """One lane at one row: the bar coming in from above, the one that goes on below, and what joins them. `beside` are
    those of other transactions that are open there at the same time, each with the number of its place."""

    lane: str
    up: str = ""
    down: str = ""
    joint: str = ""
    compensation: bool = False
    slot: int = 0
    beside: tuple["LaneCell", ...] = ()

    @property
    def bars(self) -> tuple["LaneCell", ...]:
        """All of them, in the order of their places."""
        return (self, *self.beside)

    def ended(self) -> "LaneCell":
        """The same without what goes on below."""
        return replace(self, down="", beside=())

    @property
    def goes_on(self) -> bool:
        return any(one.down for one in self.bars)

    @property
    def css(self) -> str:
        """Class names for the template; shape and texture are made of these in static/css/picture/."""
        names = [f"at-{self.lane}"]
        names += [f"up-{self.up}"] if self.up else []
        names += [f"down-{self.down}"] if self.down else []
        names += [f"j-{self.joint}"] if self.joint else []
        names += ["comp"] if self.compensation else []
        names += ["beside", f"beside-{min(self.slot, 3)}"] if self.slot else []
        return " ".join(names)

    @property
    def icon(self) -> str:
        """The drawing on the joint. A promise is a lock; in the document store, which has none, it is a letter."""
        if self.joint == "prepared":
            return "envelope" if self.down == PENDING else "lock"
        return {"torn": "bolt", "spark": "bolt", "torn-begin": "bolt", "rollback": "cross"}.get(self.joint, "")

    @property
    def below(self) -> str:
        """Where the row has a second line: the bar as it goes on, without a mark."""
        return LaneCell(self.lane, self.down, self.down, "", self.compensation, self.slot).css

    @property
    def locked(self) -> bool:
        return HELD in (self.up, self.down)
