"""How many processes a worker has: as many as it has had to do with at once lately; but more than the machine has
processors only if a message waits for long, as behind steps that are held: else they would only take turns. Celery's
own count takes every message for a sign of work, and a tick for sweeps comes each second."""

import os
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from celery.worker import autoscale, state

from distviz.trace.transport import NOT_KEPT

PROCESSORS = os.cpu_count() or 1
PATIENCE_S = 0.25  # several times what a message takes
KEPT_S = 120.0  # a new process has to open its sessions; between two runs of somebody who looks on it stays


class Autoscaler(autoscale.Autoscaler):
    """Named in the settings. It is asked with each message, and now and then."""

    _full_at = float("-inf")  # when every process had something to do

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waits_since: dict[str, float] = {}  # message → when it was seen first, of those that nobody has begun

    @property
    def qty(self) -> int:
        """How much there is to do at once. Ticks and nudges are done one after the other."""
        names = [str(request.name) for request in state.reserved_requests]
        passes = sum(name in NOT_KEPT for name in names)
        return len(names) - max(passes - 1, 0)

    def _maybe_scale(self, req: Any = None) -> bool:
        processes, wanted = self.processes, min(self.qty, self.max_concurrency)
        if wanted >= processes:
            self._full_at = monotonic()
        at_once = max(min(wanted, PROCESSORS), min(processes + self._late(), wanted))
        if at_once > processes:
            self._grow(at_once - processes)
            return True
        spare = processes - max(wanted, self.min_concurrency)
        return spare > 0 and monotonic() - self._full_at > KEPT_S and self._end(spare)

    def _late(self) -> int:
        """How many messages have waited for longer than they should. A repetition does not wait before its time."""
        now, known, today = monotonic(), self._waits_since, datetime.now(UTC)
        due = (one for one in state.reserved_requests if one.eta is None or one.eta <= today)
        self._waits_since = {one.id: known.get(one.id, now) for one in due if one not in state.active_requests}
        return sum(now - since > PATIENCE_S for since in self._waits_since.values())

    def one_more(self) -> None:
        """All are busy with what is no message, or have stood still for a while."""
        self._full_at = monotonic()
        if self.processes < self.max_concurrency:
            self._grow(1)
            self.pool.maintain_pool()

    def _end(self, most: int) -> bool:
        """So many of those that have nothing in hand, which get nothing more. Celery's own choice ends processes at
        their work: it goes by what they have said that they have begun."""
        pool = self.pool._pool
        idle = [one for one in pool._pool if one.inqW_fd in pool._all_inqueues - pool._busy_workers]
        for one in idle[:most]:
            pool._processes -= 1
            pool._all_inqueues.discard(one.inqW_fd)
            one.terminate_controlled()
        return bool(idle)
