"""The one place where an exception becomes a code: the databases' own codes, and what our errors carry themselves."""

import psycopg
from django.db import DatabaseError, InterfaceError
from pymongo.errors import PyMongoError

from distviz.codes import DEADLOCK, LOCK_TIMEOUT, Reason

_BY_SQLSTATE = {"55P03": LOCK_TIMEOUT, "40P01": DEADLOCK}
_BY_CONSTRAINT: dict[str, str] = {}


def of(error: BaseException) -> Reason:
    """Why this was raised. Foreign texts stay as they are, as parameters."""
    own = getattr(error, "reason", None)
    if isinstance(own, Reason):
        return own
    code = "database_error" if isinstance(error, DatabaseError | InterfaceError | PyMongoError) else "error"
    plain = Reason.of(code, type=type(error).__name__, text=str(error).strip())
    known = _BY_CONSTRAINT.get(constraint(error)) or _BY_SQLSTATE.get(sqlstate(error))
    return Reason.of(known, why=plain) if known else plain


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
