"""The processes of a worker: Celery's own pool, but for what it does not forget of a process that was killed. As soon
as the broker is back it looks again at all that it remembers: at a descriptor that it has closed, which is the end of
the worker, or at one whose number something else has by now, where it waits for ever."""

from contextlib import suppress
from typing import Any

from celery.concurrency import asynpool, prefork


class Processes(asynpool.AsynPool):
    def _track_child_process(self, proc: Any, hub: Any) -> None:
        """To hear of its end, but not if that was heard already."""
        if getattr(proc, "_sentinel_poll", proc) is not None:
            super()._track_child_process(proc, hub)

    def destroy_queues(self, queues: Any, proc: Any) -> int:
        """Close what was between this process and the worker. Returns how many queues there were."""
        with suppress(OSError):  # it is closed
            number = queues[1]._reader.fileno()
            if self._fileno_to_outq.get(number) is proc:
                del self._fileno_to_outq[number]
        return int(super().destroy_queues(queues, proc))


class TaskPool(prefork.TaskPool):
    Pool = Processes
