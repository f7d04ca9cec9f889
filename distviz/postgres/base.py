"""PostgreSQL as Django has it, except that a server which is gone is waited for once, not by each question."""

import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

PATIENCE_S = 5.0  # a restarted server is back before this, without an error
_away: set[str] = set()  # who did not come back within that time


class DatabaseWrapper(base.DatabaseWrapper):
    """Pages ask a server many times, and one that is away would cost each of these questions the whole wait.

    The pool's own wait is short, and it keeps no memory of failures: each request tries to connect once more.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        until = time.monotonic() + (PATIENCE_S if self.pool and self.alias not in _away else 0)
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > until:
                    _away.add(self.alias)
                    raise
            else:
                _away.discard(self.alias)
                return connection
