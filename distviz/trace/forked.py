"""The processes of a worker: Celery's own pool, but for one whose end has been seen and not yet been booked when the
broker goes. Celery looks for what it could watch of it as soon as the broker is back, and finds nothing: with that the
worker would end."""

from typing import Any

from celery.concurrency import asynpool, prefork


class Processes(asynpool.AsynPool):
    def _track_child_process(self, proc: Any, hub: Any) -> None:
        if getattr(proc, "_sentinel_poll", proc) is not None:
            super()._track_child_process(proc, hub)


class TaskPool(prefork.TaskPool):
    Pool = Processes
