"""A visitor: a session of its own in a service's database, as any other program would open one. It never waits long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg.rows import dict_row

from distviz import silence
from distviz.postgres import session as sessions

Error = psycopg.Error
Session = psycopg.Connection[dict[str, Any]]


@contextmanager
def session(alias: str, *, statement_ms: int = 250, lock_ms: int = 50) -> Iterator[Session]:
    """A new connection in autocommit; those of the pool may all be in use, or be waiting for a dead server."""
    where = connections[alias].get_connection_params()
    where.pop("pool", None)
    where |= {
        "connect_timeout": 2,
        "options": f"-c statement_timeout={statement_ms} -c lock_timeout={lock_ms}",
        "application_name": "distviz visitor",
        "row_factory": dict_row,
    }
    with _opened(connections[alias].server, where) as connection:  # type: ignore[attr-defined]
        connection.answer_s = statement_ms / 1000 + 0.5
        yield connection


def _opened(server: str, where: dict[str, Any]) -> sessions.Session:
    if silence.lasts(server):
        raise sessions.NoAnswer("the server does not answer")
    try:
        connection = sessions.Session.connect(**where, autocommit=True)
    except psycopg.OperationalError:
        silence.note(server)
        raise
    silence.over(server)
    return connection
