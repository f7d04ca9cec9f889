"""A visitor: a session of its own in a service's database, as any other program would open one. It never waits long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg.rows import dict_row

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
    with psycopg.connect(**where, autocommit=True) as connection:
        yield connection
