"""The transaction bars of the database lanes: what is open, prepared or torn, above and below each event.

A bar is the work of one span: those of two spans stand side by side. One is torn where its process was killed, or where
its message is handled anew without an end of the first handling; should that span go on all the same, what was drawn is
corrected.
"""

from collections.abc import Iterable, Sequence
from copy import copy

from distviz.story.deliveries import Deliveries
from distviz.story.picture.cells import OPEN, Bar, LaneCell, promise_of
from distviz.story.shapes import EventLike

_DOTTED = {"fault", "hold", "retry", "sweep", "operator", "attention", "decision", "lock"}


class Bars:
    """Folds events into cells."""

    def __init__(self, lanes: Iterable[str]) -> None:
        self.lanes = tuple(lanes)
        self.corrected: Sequence[list[LaneCell]] = ()  # the cells of all events so far, after a correction
        self._deliveries = Deliveries()
        self._bars: dict[str, list[Bar]] = {}
        self._orders: dict[int, str] = {}  # steps that began about a promise: they open no transaction
        self._gone: dict[int, str] = {}  # begins without an end that were made anew, with their spans
        self._alive: set[int] = set()  # begins that were taken for gone, and were not
        self._seen: list[EventLike] = []

    def copied(self) -> "Bars":
        copied = copy(self)
        copied._deliveries, copied._seen = self._deliveries.copied(), list(self._seen)
        copied._bars = {lane: [bar.copied() for bar in bars] for lane, bars in self._bars.items()}
        copied._orders, copied._gone, copied._alive = dict(self._orders), dict(self._gone), set(self._alive)
        return copied

    @property
    def deliveries(self) -> Deliveries:
        return self._deliveries

    def of(self, lane: str) -> Sequence[Bar]:
        """What is open in a lane."""
        return self._bars.get(lane, ())

    @property
    def prepared(self) -> list[str]:
        """Lanes that voted yes and keep their promise until they learn the decision."""
        return [lane for lane in self._bars if self._promise(lane)]

    def now(self) -> list[LaneCell]:
        """The bars that are still open: what the end of a live picture shows growing."""
        return [self._through(lane) for lane in self.lanes]

    def feed(self, event: EventLike) -> list[LaneCell]:
        """The cells of all lanes at this event."""
        self.corrected = ()
        span, begun = event.span_id or None, event.caused_by
        if goes_on := [seq for seq, its in self._gone.items() if seq == begun or its == span]:
            self._correct(goes_on)
        self._seen.append(event)
        return self._fold(event)

    def _correct(self, begun: Iterable[int]) -> None:
        """They were not gone: all over again, with that in mind."""
        seen, alive = self._seen, {*self._alive, *begun}
        again = Bars(self.lanes)
        again._alive = alive
        corrected = [again.feed(event) for event in seen]
        self.__dict__.update(again.__dict__)
        self.corrected = corrected

    def _fold(self, event: EventLike) -> list[LaneCell]:
        self._deliveries.feed(event)
        before = {bar.slot: (bar.state, bar.compensates) for bar in self._bars.get(event.lane, ())}
        slot, joint = self._move(event)
        if event.kind == "finished":  # whatever is still open was not told any more
            return self._over()
        after = {bar.slot: (bar.state, bar.compensates) for bar in self._bars.get(event.lane, ())}
        made = [
            LaneCell(
                event.lane,
                before.get(place, ("", False))[0],
                after.get(place, ("", False))[0],
                joint if place == slot else "",
                any(found.get(place, ("", False))[1] for found in (before, after)),
                place,
            )
            for place in sorted({0, slot, *before, *after})
        ]
        return [_together(made) if key == event.lane else self._through(key) for key in self.lanes]

    def _over(self) -> list[LaneCell]:
        """The bars end with the log. What is prepared stays so, whatever is told."""
        ends = [self._through(lane) for lane in self.lanes]
        self._bars = {lane: [bar for bar in bars if bar.promised] for lane, bars in self._bars.items()}
        stays = {(bar.lane, bar.slot) for bars in self._bars.values() for bar in bars}
        return [_together([one if (one.lane, one.slot) in stays else one.ended() for one in end.bars]) for end in ends]

    def _through(self, lane: str) -> LaneCell:
        found = {bar.slot: bar for bar in self._bars.get(lane, ())}
        made = [
            LaneCell(lane, bar.state, bar.state, "", bar.compensates, place) if bar else LaneCell(lane, slot=place)
            for place in sorted({0, *found})
            for bar in (found.get(place),)
        ]
        return _together(made)

    # --- which bar, and what becomes of it ------------------------------------------------------------------------

    def _move(self, event: EventLike) -> tuple[int, str]:
        """Advances the lane's bars; the answer names the mark to draw at this row, and at which of them."""
        bar = self._bar_of(event)
        if event.kind == "fault" and event.name == "crash":
            # The process is gone and its database rolled back, unless the work was prepared: that survives.
            if bar and bar.state == OPEN:
                return self._close(bar), "torn"
            return self._free(event.lane) if not self._promise(event.lane) else 0, "spark"
        if event.kind != "step":
            return (bar.slot if bar else 0), "dot" if event.kind in _DOTTED else ""
        if event.phase == "begin":
            return self._begin(event, bar)
        if event.phase == "prepared":
            return self._prepare(event, bar)
        return self._end(event, bar)

    def _begin(self, event: EventLike, bar: Bar | None) -> tuple[int, str]:
        promise, data = self._promise(event.lane), event.data or {}
        if promise or data.get("order"):
            self._orders[event.seq] = event.name
            return (promise.slot if promise else self._free(event.lane)), ""
        if bar and (event.span_id or event.name not in bar.inside.values()):
            bar.inside[event.seq] = event.name
            return bar.slot, ""
        torn = self._left_behind(event)
        for one in torn:
            self._gone |= dict.fromkeys(one.inside, one.span)
            self._close(one)
        compensates = bool(data.get("compensates"))
        made = Bar(event.lane, event.span_id, self._free(event.lane), {event.seq: event.name}, compensates)
        self._bars.setdefault(event.lane, []).append(made)
        return made.slot, "torn-begin" if torn else "begin"

    def _left_behind(self, event: EventLike) -> list[Bar]:
        """The same step without an end, in a handling before this one: its process was killed from outside and could
        not record it."""
        same = [bar for bar in self._bars.get(event.lane, ()) if event.name in bar.inside.values()]
        return [b for b in same if self._deliveries.is_anew(b.span, event) and not self._alive & b.inside.keys()]

    def _prepare(self, event: EventLike, bar: Bar | None) -> tuple[int, str]:
        if promise := self._promise(event.lane):
            self._leave(event, bar)
            return promise.slot, "dot"
        if bar is None:
            bar = Bar(event.lane, "", self._free(event.lane))
            self._bars.setdefault(event.lane, []).append(bar)
        bar.state, bar.span, bar.inside, bar.promised = promise_of(event.lane), "", {}, event.name
        return bar.slot, "prepared"

    def _end(self, event: EventLike, bar: Bar | None) -> tuple[int, str]:
        promise, ordered = self._promise(event.lane), self._orders.pop(event.caused_by or 0, "")
        if promise and (bar is None or bar is promise):
            if event.phase not in ("commit", "rollback", "nothing") or ordered == promise.promised:
                return promise.slot, "dot"  # what was promised still is
            return self._close(promise), "rollback" if event.phase == "nothing" else event.phase
        slot = self._leave(event, bar)
        done = event.phase in ("commit", "rollback") and (event.data or {}).get("found") is not False
        return slot, event.phase if done else "dot"

    def _leave(self, event: EventLike, bar: Bar | None) -> int:
        """The step is over; its bar goes on if it is inside of another one's."""
        if bar is None or bar.promised:
            return bar.slot if bar else 0
        begun = event.caused_by if event.caused_by in bar.inside else None
        begun = begun or next((seq for seq, name in bar.inside.items() if name == event.name), None)
        bar.inside.pop(begun or 0, None)
        return bar.slot if bar.inside else self._close(bar)

    def _bar_of(self, event: EventLike) -> Bar | None:
        """By the begin that it is the end of, or by its span; in a log that names neither, by the step."""
        bars = self._bars.get(event.lane, [])
        for bar in bars:
            if event.caused_by in bar.inside or (event.span_id and bar.span == event.span_id):
                return bar
        if event.span_id:
            return None
        return next((bar for bar in bars if not bar.span), None)

    def _promise(self, lane: str) -> Bar | None:
        return next((bar for bar in self._bars.get(lane, ()) if bar.promised), None)

    def _free(self, lane: str) -> int:
        taken = {bar.slot for bar in self._bars.get(lane, ())}
        return next(place for place in range(len(taken) + 1) if place not in taken)

    def _close(self, bar: Bar) -> int:
        self._bars[bar.lane].remove(bar)
        return bar.slot


def _together(cells: list[LaneCell]) -> LaneCell:
    """The first one carries the others."""
    first, *others = cells
    return LaneCell(first.lane, first.up, first.down, first.joint, first.compensation, 0, tuple(others))
