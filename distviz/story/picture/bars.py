"""The transaction bars of the database lanes: what is open, prepared or torn, above and below each event."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

from distviz.story.shapes import EventLike

OPEN, HELD = "open", "held"


@dataclass(frozen=True, slots=True)
class LaneCell:
    """One lane at one row: the bar coming in from above, the one that goes on below, and what joins them."""

    lane: str
    up: str = ""
    down: str = ""
    joint: str = ""
    compensation: bool = False

    @property
    def css(self) -> str:
        """Class names for the template; shape and texture are made of these in static/css/picture/."""
        names = [f"at-{self.lane}"]
        names += [f"up-{self.up}"] if self.up else []
        names += [f"down-{self.down}"] if self.down else []
        names += [f"j-{self.joint}"] if self.joint else []
        names += ["comp"] if self.compensation else []
        return " ".join(names)

    @property
    def icon(self) -> str:
        """The drawing on the joint. A promise is a lock; in the document store, which has none, it is a letter."""
        if self.joint == "prepared":
            return "envelope" if self.lane == "notification" else "lock"
        return {"torn": "bolt", "spark": "bolt", "torn-begin": "bolt", "rollback": "cross"}.get(self.joint, "")

    @property
    def below(self) -> str:
        """Where the row has a second line: the bar as it goes on, without a mark."""
        return LaneCell(self.lane, self.down, self.down, "", self.compensation).css

    @property
    def locked(self) -> bool:
        return HELD in (self.up, self.down)


class Bars:
    """Folds events into cells. A lane has at most one bar; steps inside of it make it deeper, not wider."""

    def __init__(self, lanes: Iterable[str]) -> None:
        self.lanes = tuple(lanes)
        self._state: dict[str, str] = {}
        self._inside: dict[str, list[str]] = {}
        self._compensates: dict[str, bool] = {}

    def copied(self) -> "Bars":
        copied = copy(self)
        copied._state, copied._compensates = dict(self._state), dict(self._compensates)
        copied._inside = {lane: list(steps) for lane, steps in self._inside.items()}
        return copied

    @property
    def prepared(self) -> list[str]:
        """Lanes that voted yes and hold their locks until they learn the decision."""
        return [lane for lane, state in self._state.items() if state == HELD]

    def now(self) -> list[LaneCell]:
        """The bars that are still open: what the end of a live picture shows growing."""
        return [self._through(lane) for lane in self.lanes]

    def feed(self, event: EventLike) -> list[LaneCell]:
        """The cells of all lanes at this event."""
        lane, before = event.lane, self._state.get(event.lane, "")
        compensated = bool(before) and self._compensates.get(lane, False)
        joint = self._move(event)
        compensation = compensated or (bool(self._state.get(lane)) and self._compensates.get(lane, False))
        here = LaneCell(lane, before, self._state.get(lane, ""), joint, compensation)
        return [here if key == lane else self._through(key) for key in self.lanes]

    def _through(self, lane: str) -> LaneCell:
        state = self._state.get(lane, "")
        return LaneCell(lane, state, state, "", bool(state) and self._compensates.get(lane, False))

    def _move(self, event: EventLike) -> str:
        """Advances the lane's bar; the answer names the mark to draw at this row."""
        lane, state = event.lane, self._state.get(event.lane, "")
        if event.kind == "fault" and event.name == "crash":
            # The process is gone and its database rolled back, unless the work was prepared: that survives.
            if state == OPEN:
                self._close(lane)
                return "torn"
            return "spark"
        if event.kind != "step":
            return "dot" if event.kind in _DOTTED else ""
        if event.phase == "begin":
            return self._begin(event, state)
        if event.phase == "prepared":
            self._state[lane] = HELD
            return "prepared"
        if event.phase in ("commit", "rollback"):
            inside = self._inside.get(lane, [])
            if event.name in inside:
                inside.remove(event.name)
            if not inside or state == HELD:
                self._close(lane)
            return event.phase
        self._left(lane, event.name)
        return "dot"

    def _begin(self, event: EventLike, state: str) -> str:
        lane = event.lane
        inside = self._inside.setdefault(lane, [])
        # The same step again while its bar is open: its process was killed from outside and could not record it.
        again = event.name in inside
        if not again:
            inside.append(event.name)
        if state != HELD:
            self._state[lane] = OPEN
            self._compensates[lane] = bool((event.data or {}).get("compensates"))
        if again:
            return "torn-begin"
        return "" if state else "begin"

    def _left(self, lane: str, step: str) -> None:
        """A step that neither committed nor rolled back anything: what was prepared before it still is."""
        inside = self._inside.get(lane, [])
        if step in inside:
            inside.remove(step)
        if not inside and self._state.get(lane) == OPEN:
            self._close(lane)

    def _close(self, lane: str) -> None:
        self._state.pop(lane, None)
        self._inside.pop(lane, None)


_DOTTED = {"fault", "hold", "retry", "sweep", "operator", "attention", "decision", "lock"}
