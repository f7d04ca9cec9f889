"""eventsourcing: append one event to a loaded aggregate, and fold a long one."""

import os
import sys
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from distviz.bench.peers.running import Told, answer

LONG = 20_000


class Account(Aggregate):
    def __init__(self) -> None:
        self.balance = 0

    @event("Deposited")
    def deposit(self, cents: int) -> None:
        self.balance += cents


def environment(url: str) -> dict[str, str]:
    at = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at.path.strip("/"),
        "POSTGRES_HOST": unquote(at.hostname or unquote(at.netloc.rpartition("@")[2].rpartition(":")[0])),
        "POSTGRES_PORT": str(at.port or 5432),
        "POSTGRES_USER": unquote(at.username or ""),
        "POSTGRES_PASSWORD": unquote(at.password or ""),
    }


def appends(app: "Application[Any]", seconds: float) -> float:
    account = Account()
    app.save(account)
    since, done = time.perf_counter(), 0
    while (took := time.perf_counter() - since) < seconds:
        loaded: Any = app.repository.get(account.id)
        loaded.deposit(1)
        app.save(loaded)
        done += 1
        if done % 50 == 0:
            app.take_snapshot(account.id)
    return done / took


def folds(app: "Application[Any]", seconds: float) -> float:
    account = Account()
    for _n in range(LONG - 1):
        account.deposit(1)
    app.save(account)
    since, done = time.perf_counter(), 0
    while (took := time.perf_counter() - since) < seconds or not done:
        loaded: Any = app.repository.get(account.id)
        assert loaded.version == LONG
        done += LONG
    return done / took


def main() -> None:
    told = Told(sys.argv[1])
    os.environ.update(environment(told.all["databases"]["peers"]))

    class Bench(Application):  # type: ignore[type-arg]
        snapshotting_intervals = None
        is_snapshotting_enabled = True

    app = Bench()
    seconds = told.all["seconds"]
    answer({"append": appends(app, seconds), "fold": folds(app, seconds)})


if __name__ == "__main__":
    main()
