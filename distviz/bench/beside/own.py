"""Databases of the bench's own, on the lab's servers: what is measured beside the lab writes to none of the lab's."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from distviz.errors import Unavailable
from distviz.stack import layout
from distviz.stack.state import save

PREFIX = "bench_"
QUEUES_DB, LIVE_DB = 14, 15  # of Valkey's sixteen
READY_S = 120


@dataclass(frozen=True)
class OwnDatabases:
    """Where they are, each as its server's superuser reaches it, or as its URL says."""

    databases: dict[str, str]
    notification: str

    def environment(self) -> dict[str, str]:
        """Of a `manage.py` that works in these databases."""
        broker, live = (_database(url, number) for url, number in _valkey())
        urls = {layout.DATABASES[alias][2]: url for alias, url in self.databases.items()}
        kept = {name: value for name, value in os.environ.items() if name not in ("DISTVIZ_ROLE", "DISTVIZ_AS")}
        return {**kept, **urls, "NOTIFICATION_URL": self.notification, "BROKER_URL": broker, "REDIS_URL": live}

    def manage(self, *words: str, timeout: float = READY_S) -> str:
        """Raises Unavailable with its last words if it fails."""
        done = subprocess.run(
            [sys.executable, str(layout.CHECKOUT / "manage.py"), *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise Unavailable("bench_beside_failed", what=words[0], text=done.stderr.strip()[-300:])
        return done.stdout

    @contextlib.contextmanager
    def written(self, name: str, **more: Any) -> Iterator[Path]:
        """A file for a child, which has passwords in it: for this user alone, and gone afterwards."""
        folder = layout.home() / "bench"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{name}.{os.getpid()}.json"
        content = {"databases": self.databases, "notification": self.notification, **more}
        save(path, content, 0o600)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def make(accounts: int) -> OwnDatabases:
    """They are there, migrated, with that many accounts under each protocol."""
    own = where()
    for url in own.databases.values():
        make_database(url)
    own.manage("prepare")
    own.manage("seed", "--accounts", str(accounts))
    return own


def where() -> OwnDatabases:
    at = layout.load(admin=True)
    databases = {alias: _own_url(at, alias) for alias in layout.DATABASES}
    return OwnDatabases(databases, renamed(at.notification, "bench"))


def _own_url(at: layout.Layout, alias: str) -> str:
    if alias in at.replaced:
        return renamed(at.databases[alias], PREFIX + alias)
    password = quote(layout.secret("postgres") or "", safe="")
    host, port = quote(str(layout.socket_dir()), safe=""), at.ports[at.servers[alias]]
    return f"postgresql://{layout.PG_USER}:{password}@{host}:{port}/{PREFIX}{alias}"


def renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _valkey() -> tuple[tuple[str, int], tuple[str, int]]:
    at = layout.load(admin=True)
    return (at.broker, QUEUES_DB), (at.redis, LIVE_DB)


def _database(url: str, number: int) -> str:
    return renamed(url, str(number))


def make_database(url: str) -> None:
    name = unquote(urlsplit(url).path.strip("/"))
    with psycopg.connect(renamed(url, "postgres"), autocommit=True, connect_timeout=5) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def last_json(text: str) -> Any:
    """The JSON on the last line of what a child has said."""
    return json.loads(text.strip().splitlines()[-1])
