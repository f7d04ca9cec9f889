"""A bench that does something long in one go still says that it lives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.utils import timezone

from distviz.bench.models import RUNNING, Result

EVERY_S = 20.0


@contextmanager
def staying(result: Result) -> Iterator[None]:
    """Installing, filling and the programs of others take longer than a bench may be silent."""
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(result, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(result: Result, over: threading.Event) -> None:
    try:
        while not over.wait(EVERY_S):
            Result.objects.filter(pk=result.pk, state=RUNNING).update(beat_at=timezone.now())
    finally:
        connections["default"].close()
