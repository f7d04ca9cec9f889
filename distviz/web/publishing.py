"""No request waits long for a broker that hangs: publishing has 2.5 s, then it goes on in the background."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import TypeVar

from django.db import close_old_connections
from kombu.exceptions import KombuError

from distviz.errors import Unavailable
from distviz.trace import requests
from distviz.trace.models import Run
from distviz.trace.requests import Leave

WITHIN_S = 2.5  # the contract gives POST five seconds, whatever the broker does
T = TypeVar("T")
_log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(8, thread_name_prefix="publish")


def start(run: Run, leaves: Leave) -> bool:
    """Publish its request. False if that did not go well: the run exists, and the sweep starts it."""
    try:
        return patiently(lambda: requests.leave(run, leaves))
    except Exception as error:
        _log.warning("run %s: %s", run.pk, error)
        return False


def patiently(act: Callable[[], T]) -> T:
    """What `act` returns. Raises Unavailable if the broker does not answer or does not answer in time."""
    close_old_connections()  # back to the pool: the other thread needs one, and this one only waits
    asked = _threads.submit(_alone, act)
    try:
        return asked.result(WITHIN_S)
    except (Late, KombuError, OSError) as error:  # Late is a TimeoutError and so an OSError too
        asked.cancel()
        raise Unavailable("broker_silent") from error


def _alone(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        close_old_connections()
