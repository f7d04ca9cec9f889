"""How many processes a worker has: as many as it has had to do with at once lately. Celery's own count takes every
message for a sign of work, and a tick for sweeps comes each second."""

from time import monotonic
from typing import Any

from celery.worker import autoscale, state

from distviz.trace.sweeps import sweep_task

KEPT_S = 120.0  # a new process has to open its sessions; between two runs of somebody who looks on it stays


class Autoscaler(autoscale.Autoscaler):
    """Named in the settings. It is asked with each message, and now and then."""

    _full_at = float("-inf")  # when every process had something to do

    @property
    def qty(self) -> int:
        """How much there is to do at once. Ticks that came together, as at a start, are done one after the other."""
        names = [str(request.name) for request in state.reserved_requests]
        return len(names) - max(names.count(str(sweep_task.name)) - 1, 0)

    def _maybe_scale(self, req: Any = None) -> bool:
        processes, wanted = self.processes, min(self.qty, self.max_concurrency)
        if wanted >= processes:
            self._full_at = monotonic()
        if wanted > processes:
            self._grow(wanted - processes)
            return True
        spare = processes - max(wanted, self.min_concurrency)
        return spare > 0 and monotonic() - self._full_at > KEPT_S and self._end(spare)

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
