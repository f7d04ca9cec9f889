"""Prepared transactions as PostgreSQL has them: PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.

Between the first and one of the others a transaction belongs to no process: it survives crash and restart, with its
locks. Each verb can be repeated, and each believes the server's answer rather than the absence of an error. What is
prepared now is in pg_prepared_xacts: see prepared_now.py.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, OperationalError, connections

from distviz.codes import Reason
from distviz.errors import Coded, Transient
from distviz.services.places import Place
from distviz.stack import outside
from distviz.trace import context, guards
from distviz.trace.models import Run
from distviz.trace.reasons import sqlstate

PREFIX = "dv:"  # what does not begin so is another program's: never touched (strays.py)
UUID_OF = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GID = re.compile(f"{PREFIX}({UUID_OF}):([a-z]+)")

LOCK_TIMEOUT, NO_SUCH_OBJECT, BUSY_OR_DISABLED, NO_SLOT = "55P03", "42704", "55000", "53200"
TAG_GUARD = "command_tag"
FAILED_BEFORE = "25P02"  # an earlier statement of the transaction failed
CHECK_EVERY_MS = 100  # a wait for a row is a wait in PostgreSQL, interrupted so that the waiter can check the holder

_IS_PREPARED = "SELECT 1 FROM pg_prepared_xacts WHERE gid = %(gid)s AND database = current_database()"


class CannotPrepare(Coded):
    """The server refused to prepare, and has rolled back: a technical "no"."""


def gid(tx_id: str, place: Place) -> str:
    """The transaction's name on this server. Names are unique per server, not per database: so it tells whose it is."""
    name = f"{PREFIX}{tx_id}:{place.name}"
    if not _GID.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a prepared transaction")
    return name


def tx_of(name: str) -> str | None:
    """The transaction in `dv:<run>:<service>`; None for a name that is not one of ours."""
    found = _GID.fullmatch(name)
    return found[1] if found else None


@contextmanager
def prepared(place: Place, tx_id: str) -> Iterator[None]:
    """A local transaction that ends in PREPARE TRANSACTION instead of COMMIT.

    BEGIN goes to PostgreSQL beneath Django, so that nothing of Django ends this transaction and no `on_commit` hook
    takes the promise for a commit.
    """
    name = gid(tx_id, place)
    if connections[place.alias].in_atomic_block:
        raise RuntimeError("a transaction that is to be prepared cannot be part of another one")
    for verb in begin():
        place.verb(verb)
    try:
        with connections[place.alias].execute_wrapper(_RowWait(place, tx_id)):
            yield
            for react in _theirs(_AT_THE_END, tx_id):
                react(place, tx_id)
        _prepare(place, name)
    except BaseException:
        _roll_back(place)
        raise


def is_prepared(place: Place, tx_id: str) -> bool:
    return bool(place.ask(_IS_PREPARED, {"gid": gid(tx_id, place)}))


def commit_prepared(place: Place, tx_id: str) -> bool:
    """False: there is no such transaction, so another process has finished it."""
    return _finish(place, "COMMIT PREPARED", tx_id)


def rollback_prepared(place: Place, tx_id: str) -> bool:
    """False: there is no such transaction; it was rolled back, or never prepared."""
    return _finish(place, "ROLLBACK PREPARED", tx_id)


def begin() -> tuple[str, str]:
    """The wait for a lock ends soon, for no server detects a deadlock between servers."""
    return "BEGIN", f"SET LOCAL lock_timeout = {min(CHECK_EVERY_MS, settings.LOCK_TIMEOUT_MS)}"


def _prepare(place: Place, name: str) -> None:
    """A transaction that failed before answers ROLLBACK here, without an error: only the tag makes a yes of it. Without
    this guard whatever the server answers is one."""
    try:
        if settings.FINISHER.get(place.alias):
            unseen(place, f"SET LOCAL ROLE {settings.FINISHER[place.alias]}")
        tag = place.verb(f"PREPARE TRANSACTION '{name}'")
    except DatabaseError as error:
        if sqlstate(error) in (NO_SLOT, BUSY_OR_DISABLED, FAILED_BEFORE):
            raise _refused(place, str(error).splitlines()[0]) from error
        raise
    if tag != "PREPARE TRANSACTION" and not guards.off(TAG_GUARD):
        raise _refused(place, f"PostgreSQL answered {tag}")


def _refused(place: Place, text: str) -> CannotPrepare:
    return CannotPrepare("cannot_prepare", who=place.name, why=Reason.prose(text))


def _finish(place: Place, verb: str, tx_id: str) -> bool:
    try:
        with _finisher(place):
            place.verb(f"{verb} '{gid(tx_id, place)}'")
        found = True
    except DatabaseError as error:
        if sqlstate(error) == BUSY_OR_DISABLED:
            raise Transient("is_being_finished", gid=gid(tx_id, place)) from error
        if sqlstate(error) != NO_SUCH_OBJECT:
            raise
        found = False
    for react in _theirs(_WHEN_FINISHED, tx_id):
        react(place, tx_id, verb, found)
    return found


@contextmanager
def _finisher(place: Place) -> Iterator[None]:
    """Only the role that has prepared a transaction may finish it, and who finishes it is often another process than
    who has prepared it. So it is done, and prepared, as a role that may do nothing else."""
    role = settings.FINISHER.get(place.alias)
    if not role:
        yield
        return
    unseen(place, f"SET ROLE {role}")
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a dead session has no role any more
            unseen(place, "RESET ROLE")


def unseen(place: Place, *verbs: str) -> None:
    """Beneath Django and outside of the picture."""
    connection = connections[place.alias]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        for verb in verbs:
            connection.connection.execute(verb, prepare=False)


def _roll_back(place: Place) -> None:
    """Leave no open transaction behind; a connection that cannot even do that is thrown away."""
    try:
        place.verb("ROLLBACK")
    except Exception:
        connections[place.alias].close()


# --- what can be hung on them -------------------------------------------------------------------------------------

Reaction = TypeVar("Reaction", bound=Callable[..., object])
AtTheEnd = Callable[[Place, str], object]
WhenFinished = Callable[[Place, str, str, bool], object]
WhileLocked = Callable[[Place, str, int, float], object]
_AT_THE_END: list[AtTheEnd] = []
_WHEN_FINISHED: list[WhenFinished] = []
_WHILE_LOCKED: list[WhileLocked] = []


def _theirs(reactions: Iterable[Reaction], tx_id: str) -> list[Reaction]:
    """Those of the protocol whose transaction this is: another one may prepare transactions, too, with markers and
    decisions of its own. One of no run that is known is an installed protocol's."""
    keys = {react: outside.key_of(react.__module__) for react in reactions}
    if len(set(keys.values())) < 2:  # whose else
        return list(keys)
    delivery = context.current()
    mine = delivery.protocol if delivery else Run.objects.filter(pk=tx_id).values_list("protocol", flat=True).first()
    outsiders = set(outside.KEYS.values())
    return [react for react, key in keys.items() if not key or key == mine or (mine is None and key not in outsiders)]


def at_the_end(react: AtTheEnd) -> AtTheEnd:
    """Called with (place, transaction) inside a transaction whose work is done, just before it is prepared."""
    _AT_THE_END.append(react)
    return react


def when_finished(react: WhenFinished) -> WhenFinished:
    """Called with (place, transaction, verb, whether there was one) after COMMIT PREPARED or ROLLBACK PREPARED."""
    _WHEN_FINISHED.append(react)
    return react


def while_locked(react: WhileLocked) -> WhileLocked:
    """Called with (place, transaction, how often, milliseconds so far) each time a wait for a row is interrupted. It
    raises to give up; when it returns, the wait goes on."""
    _WHILE_LOCKED.append(react)
    return react


class _RowWait:
    """Begins a transaction again whose first statement met a lock: nothing was done in it yet, so nothing is lost."""

    def __init__(self, place: Place, tx_id: str) -> None:
        self.place, self.tx_id = place, tx_id
        self.since = time.monotonic()
        self.polls = 0
        self.first = True

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        while self.first:
            try:
                found = execute(sql, params, many, context)
                self.first = False
                return found
            except OperationalError as error:
                if not _WHILE_LOCKED or sqlstate(error) != LOCK_TIMEOUT:
                    raise
                self._check()
        return execute(sql, params, many, context)

    def _check(self) -> None:
        """Outside of the transaction, which begins anew. In the picture it is one transaction, which waited."""
        self.polls += 1
        unseen(self.place, "ROLLBACK")
        self.first = False
        for react in _theirs(_WHILE_LOCKED, self.tx_id):
            react(self.place, self.tx_id, self.polls, (time.monotonic() - self.since) * 1000)
        self.first = True
        unseen(self.place, *begin())
