"""A worker's connections to the databases, kept from task to task.

Celery closes all of them before and after each task unless it is told otherwise, and a new one costs more than a step's
work: a process of PostgreSQL, and some milliseconds.
"""

import select
import time

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

KEPT_FOR = 10_000  # tasks; then they are opened anew, so that nothing that piles up in a session does so for ever
IDLE_S = 2.0  # a session that has said nothing for longer is asked first: its process may stand still


def close_broken() -> None:
    """Before a task: what a failed task or a server that went away has left behind is closed, the rest stays open."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is None:
            continue
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None and (_closed_by_server(connection) or _stands_still(connection)):
            connection.close()


def close_unusable() -> None:
    """After an error every connection is asked whether it still works; a dead one is opened anew next time."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and connection.connection is not None and not connection.is_usable():
            connection.close()


def _closed_by_server(connection: BaseDatabaseWrapper) -> bool:
    """Whether unrequested bytes wait on the session: the server closes it. Costs no round trip."""
    socket: int = connection.connection.pgconn.socket
    return bool(select.select([socket], [], [], 0)[0])


def _stands_still(connection: BaseDatabaseWrapper) -> bool:
    idle = time.monotonic() - connection.connection.answered_at > IDLE_S
    return idle and not connection.is_usable()
