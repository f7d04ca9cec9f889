"""The one place where an exception becomes a code: the databases' own codes, and what our errors carry themselves."""

from collections.abc import Callable

import psycopg
from django.db import DatabaseError, InterfaceError
from pymongo.errors import PyMongoError

from distviz.codes import DEADLOCK, LOCK_TIMEOUT, LOCKED, Reason

_BY_SQLSTATE = {"55P03": LOCK_TIMEOUT, "40P01": DEADLOCK}
_BY_CONSTRAINT: dict[str, str] = {}
Explain = Callable[[BaseException], Reason | None]
_EXPLAINS: dict[str, Explain] = {}


def of(error: BaseException) -> Reason:
    """Why this was raised. Foreign texts stay as they are, as parameters."""
    own = getattr(error, "reason", None)
    if isinstance(own, Reason):
        return own
    code = "database_error" if isinstance(error, DatabaseError | InterfaceError | PyMongoError) else "error"
    plain = Reason.of(code, type=type(error).__name__, text=str(error).strip())
    known = _BY_CONSTRAINT.get(constraint(error)) or _BY_SQLSTATE.get(sqlstate(error))
    return Reason.of(known, why=plain) if known else plain


def locked(error: BaseException) -> bool:
    """Another transaction was in the way. The server does answer."""
    return of(error).code in LOCKED


def explained(error: BaseException) -> Reason:
    """The same with what can be found out once the transaction is over, such as who held the row."""
    why = of(error)
    explain = _EXPLAINS.get(why.code)
    more = explain(error) if explain else None
    return Reason.of(why.code, why=more) if more else why


def explains(code: str) -> Callable[[Explain], Explain]:
    """Register who is asked what lies behind this code."""

    def register(explain: Explain) -> Explain:
        _EXPLAINS[code] = explain
        return explain

    return register


def where(error: BaseException) -> str:
    """What PostgreSQL says of where it was ("while updating tuple …"), or ""."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return (cause.diag.context or "") if isinstance(cause, psycopg.Error) else ""


def at_constraint(name: str, code: str) -> None:
    """Register what it means if this constraint of a database refuses a row."""
    _BY_CONSTRAINT[name] = code


def constraint(error: BaseException) -> str:
    """The constraint that refused a row, or ""."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error that Django has wrapped, or ""."""
    cause = error.__cause__ if isinstance(error, DatabaseError | InterfaceError) else error
    return (cause.sqlstate or "") if isinstance(cause, psycopg.Error) else ""
