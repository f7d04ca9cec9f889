"""PostgreSQL as Django has it, except that a server which is gone is waited for once, not by each question."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

AWAY_S = 0.1  # the wait for a server that did not answer before: the pool knocks again meanwhile


class DatabaseWrapper(base.DatabaseWrapper):
    """Pages ask a server many times, and one that is away would cost each of these questions the whole wait."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        pool = self.pool
        if pool is None:
            return super().get_new_connection(conn_params)
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout:
            pool.timeout = AWAY_S
            raise
        pool.timeout = self.settings_dict["OPTIONS"]["pool"]["timeout"]
        return connection
