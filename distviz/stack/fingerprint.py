"""Has anything changed since the databases were last prepared? If not, a start need not migrate five of them."""

import asyncio
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distviz.stack import layout, state, trying

RIGHTS = ("logins.py", "rights.py", "granting.py")  # who may do what: see there


def _at() -> Path:
    return layout.home() / "prepared.json"


def likely_unchanged() -> bool:
    """Before any server answers: nothing that a file can tell has changed since the last start."""
    stored = _stored()
    same = stored.get("code") == _code() and stored.get("places") == places()
    return same and _outside().items() <= stored.get("outside", {}).items()


async def take() -> dict[str, Any]:
    """The code that shapes the databases, and which databases these are: a new one has another identity."""
    identities = await asyncio.gather(*(_identity(alias) for alias in layout.DATABASES))
    databases = dict(zip(layout.DATABASES, identities, strict=True))
    return {"code": _code(), "places": places(), "databases": databases, "outside": _outside()}


def _code() -> str:
    """Every migration, Django's own included by its version, and which protocols have books."""
    shapes = hashlib.sha256(version("django").encode())
    for app in ("distviz", "protocols"):
        for path in sorted((layout.CHECKOUT / app).glob("**/migrations/*.py")):
            shapes.update(str(path.relative_to(layout.CHECKOUT)).encode() + path.read_bytes())
    for folder in sorted((layout.CHECKOUT / "protocols").glob("*/__init__.py")):
        shapes.update(folder.parent.name.encode())
    stack = layout.CHECKOUT / "distviz" / "stack"
    for path in (*(stack / name for name in RIGHTS), *sorted((layout.CHECKOUT / "protocols").glob("*/relations.py"))):
        shapes.update(path.read_bytes())
    return shapes.hexdigest()


def _outside() -> dict[str, str]:
    """The same of each protocol that is loaded from outside. One that is left out keeps its tables and its rights until
    the databases are prepared without it."""
    found = {}
    for one in trying.take().loaded:
        shape = hashlib.sha256(one.app.encode())
        for path in (*sorted(one.folder.glob("migrations/*.py")), *one.folder.glob("relations.py")):
            shape.update(path.name.encode() + path.read_bytes())
        found[one.key] = shape.hexdigest()[:32]
    return found


def places() -> dict[str, str]:
    """Hashed: a URL may carry a password."""
    at = layout.load()
    urls = {alias: at.dsn(alias) for alias in (*layout.DATABASES, "notification")}
    return {alias: hashlib.sha256(url.encode()).hexdigest()[:16] for alias, url in urls.items()}


async def _identity(alias: str) -> str:
    """Of the cluster and of the database in it; "" if there is no such database yet."""
    import psycopg

    dsn = layout.load(admin=True).dsn(alias)
    question = (
        "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid FROM pg_database"
        " WHERE datname = current_database()"
    )
    try:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            row = await (await connection.execute(question)).fetchone()
            return str(row[0]) if row else ""
    except psycopg.Error:
        return ""


def unchanged(now: dict[str, Any]) -> bool:
    stored = _stored()
    own, kept = now.get("outside", {}), stored.get("outside", {})
    same = {**now, "outside": {}} == {**stored, "outside": {}}
    return all(now["databases"].values()) and same and own.items() <= kept.items()


def _stored() -> dict[str, Any]:
    try:
        stored = json.loads(_at().read_bytes())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def store(now: dict[str, Any]) -> None:
    state.save(_at(), now)
