"""PostgreSQL as Django has it, except that no wait for it is endless, and that a server which is gone is waited for
once, not by each question."""

import time
from collections import defaultdict
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from distviz import silence
from distviz.postgres.session import NoAnswer, Session, answer_within, end_left, signed

BACK_WITHIN_S = 5.0  # a restarted server is back before this, without an error
CHECK_S = 0.5  # for a session that was idle to say that it still works
USABLE_S = 1.0
MANY = 100  # rows of an answer
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE")
_in_use: defaultdict[str, "WeakSet[Any]"] = defaultdict(WeakSet)  # the pool counts what it is only making as well


class Busy(psycopg.OperationalError):
    """Every session that this process may have is in use. The server may well answer; nothing was asked."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Pages ask a server many times, and one that is away would cost each of these questions the whole wait.

    The pool's own wait is short, and it keeps no memory of failures; see distviz/silence.py.
    """

    wrote = 0  # rows that the last question to `ask` has written

    # Django connects with `Database.connect`, and finds the classes of its errors in there.
    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": Session.connect})  # type: ignore[assignment]

    @property
    def server(self) -> str:
        """All databases of one server are silent together."""
        where = self.settings_dict
        return f"{where.get('HOST')}:{where.get('PORT')}"

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return params | {"application_name": signed(params.get("application_name", ""))}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if silence.lasts(self.server):
            raise NoAnswer("the server does not answer")
        try:
            connection = self._pooled(conn_params) if self.pool else super().get_new_connection(conn_params)
            connection.answer_s = settings.ANSWER_S
            self._end_left(connection)
        except Busy:
            if silence.known(self.server):  # this one was let through to ask, and could not
                silence.note(self.server)
            raise
        except psycopg.OperationalError:
            silence.note(self.server)
            raise
        silence.over(self.server)
        return connection

    def _end_left(self, connection: Any) -> None:
        try:
            end_left(connection)
        except BaseException:
            self._close_unused(connection)
            raise

    def _close_unused(self, connection: Any) -> None:
        """A connection of the pool that is not given back is missing there for ever."""
        connection.close()
        _in_use[self.alias].discard(connection)
        if self.pool:
            self.pool.putconn(connection)

    def _pooled(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works. One that does not was made with others that may not either."""
        until = time.monotonic() + (0 if silence.known(self.server) else min(BACK_WITHIN_S, silence.left()))
        while True:
            with answer_within(CHECK_S) as asked:
                try:
                    connection = super().get_new_connection(conn_params)
                except PoolTimeout as late:
                    if asked.in_vain:
                        self.pool.drain()
                    if time.monotonic() > until:
                        if self._all_are_in_use():
                            raise Busy("every session of this process is in use") from late
                        raise
                else:
                    _in_use[self.alias].add(connection)
                    return connection

    def _all_are_in_use(self) -> bool:
        return len(_in_use[self.alias]) >= int(self.pool.max_size)

    def _close(self) -> None:
        if self.connection is not None:
            _in_use[self.alias].discard(self.connection)
        super()._close()  # type: ignore[misc]

    def ask(self, sql: str, params: Any = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        """One statement: the names of its columns, and its rows; neither if it has none. Without Django's cursor around
        the driver's, which takes longer than the driver does, unless somebody wants to see each statement."""
        if self.execute_wrappers or self.queries_logged:
            with self.cursor() as seen:
                seen.execute(sql, params)
                self.wrote = _written(seen)
                return _found(seen)
        self.validate_thread_sharing()
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            cursor = self.connection.for_questions()
            cursor.execute(sql, params)
            self.wrote = _written(cursor)
            names, rows = _found(cursor)
            if len(rows) > MANY:  # it would keep all of them until the next question
                cursor.close()
            return names, rows

    def is_usable(self) -> bool:
        with answer_within(USABLE_S):
            return bool(super().is_usable())


def _written(cursor: Any) -> int:
    """How many rows the statement has written, as the server says; those of a SELECT are read."""
    verb = str(cursor.statusmessage or "").partition(" ")[0]
    return max(int(cursor.rowcount), 0) if verb in WRITES else 0


def _found(cursor: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    about = cursor.description
    return ([column.name for column in about], cursor.fetchall()) if about is not None else ([], [])
