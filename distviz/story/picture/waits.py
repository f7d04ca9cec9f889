"""What a run is waiting for while nothing happens: made of everything that is open then, not of the last event."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from distviz.story.picture.bars import Bars
from distviz.story.picture.cells import HELD
from distviz.story.shapes import EventLike

NAMED = 2  # reasons in one fold


@dataclass(slots=True)
class _Transit:
    """Copies of a message that are in their queue; `due`: when they can be taken."""

    copies: int
    due: datetime


class Waits:
    """Folded from the log."""

    def __init__(self) -> None:
        self._inside: dict[str, str] = {}  # by span: what its last event left it in
        self._queued: dict[int, _Transit] = {}  # by the event that sent it
        self._parked: set[str] = set()
        self._backoff: dict[str, datetime] = {}  # by message: when it is tried again
        self._down: set[str] = set()  # messages whose process was killed
        self._handled: dict[str, str] = {}  # span → message

    def copied(self) -> "Waits":
        copied = copy(self)
        copied._inside, copied._handled = dict(self._inside), dict(self._handled)
        copied._queued = {seq: copy(one) for seq, one in self._queued.items()}
        copied._parked, copied._down, copied._backoff = set(self._parked), set(self._down), dict(self._backoff)
        return copied

    def why(self, since: datetime, until: datetime, bars: Bars) -> str:
        """In words, the most telling first."""
        inside, middle = set(self._inside.values()), since + (until - since) / 2
        promised = bars.prepared
        found = {
            _("held"): "held" in inside,
            _("waits for a lock"): "lock" in inside,
            _("slow"): "slow" in inside,
            _("back-off"): any(due > middle for due in self._backoff.values()),
            _("worker down"): bool(self._down),
            _("parked"): bool(self._parked),
            _("on its way"): any(one.due > middle for one in self._queued.values()),
            _("in the queue"): any(due <= middle for due in self._ready()),
            _("in progress"): "work" in inside,
        }
        said = [reason for reason, holds in found.items() if holds][:NAMED]
        if promised and any(bar.state == HELD for lane in promised for bar in bars.of(lane)):
            said.append(_("locks held"))
        return " · ".join(said or [_("idle")])

    def _ready(self) -> list[datetime]:
        """When what stands in a queue could be taken: messages, and those that are tried again."""
        return [*(one.due for one in self._queued.values()), *self._backoff.values()]

    def feed(self, event: EventLike, data: dict[str, Any]) -> None:
        span = event.span_id or f"{event.lane}/{event.caused_by}"
        if event.kind == "message":
            self._message(event, data, span)
        elif event.kind in ("hold", "step", "lock", "fault", "retry"):
            self._work(event, data, span)
        elif event.kind == "finished":
            self.__init__()  # type: ignore[misc]

    def _message(self, event: EventLike, data: dict[str, Any], span: str) -> None:
        mid, copies = str(data.get("mid", "")), data.get("copies", 1)
        if event.phase in ("sent", "delayed", "delivered", "duplicated"):
            late = timedelta(milliseconds=float(data.get("ms") or 0) if event.phase == "delayed" else 0)
            self._queued[event.seq] = _Transit(copies if isinstance(copies, int) else 1, event.at + late)
        if event.phase == "parked":
            self._parked.add(mid)
        elif event.phase in ("delivered", "duplicated", "dropped"):
            self._parked.discard(mid)
        elif event.phase == "received":
            self._received(event, mid, span)
        if event.phase in ("sent", "delayed", "parked", "lost"):
            self._inside.pop(span, None)  # most often the last that it does

    def _received(self, event: EventLike, mid: str, span: str) -> None:
        self._backoff.pop(mid, None)
        self._down.discard(mid)
        self._inside.pop(span, None)
        self._handled[span] = mid
        if transit := self._queued.get(event.caused_by or 0):
            transit.copies -= 1
            if transit.copies <= 0:
                del self._queued[event.caused_by or 0]

    def _work(self, event: EventLike, data: dict[str, Any], span: str) -> None:
        mid = self._handled.get(span, str(data.get("mid", "")))
        if event.kind == "hold":
            self._hold(event, span)
        elif event.kind == "lock":
            self._inside[span] = "lock"
        elif event.kind == "retry":
            self._inside.pop(span, None)
            if event.phase == "scheduled":
                self._backoff[mid] = event.at + timedelta(milliseconds=float(data.get("wait_ms") or 0))
        elif event.kind == "fault" and event.name == "crash":
            self._inside.pop(span, None)
            self._down |= {mid} if mid else set()
        elif event.kind == "fault" and event.name == "delay":
            self._inside[span] = "slow"
        elif event.kind == "step" and event.phase == "begin":
            self._inside[span] = "work"
        elif event.kind == "step":
            self._inside.pop(span, None)

    def _hold(self, event: EventLike, span: str) -> None:
        """Who lets it go may be another one than the held process."""
        if event.phase == "held":
            self._inside[span] = "held"
            return
        for held in [one for one, state in self._inside.items() if state == "held"]:
            self._inside[held] = "work"
