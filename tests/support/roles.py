"""Reaching a stack's databases as one of its roles, with the password in its home."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.rows import dict_row

from tests.support.stack import Stack


@lru_cache
def _dsns(_home: Path, stack: Stack) -> dict[str, str]:
    return {alias: found["dsn"] for alias, found in stack.topology()["databases"].items()}


def dsn(stack: Stack, alias: str, role: str) -> str:
    """The topology's own is the superuser's."""
    return conninfo.make_conninfo(_dsns(stack.home, stack)[alias], user=role)


def session(stack: Stack, alias: str, role: str) -> "psycopg.Connection[dict[str, Any]]":
    return psycopg.connect(dsn(stack, alias, role), row_factory=dict_row, autocommit=True, connect_timeout=5)
