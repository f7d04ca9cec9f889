"""eventsourcing: append one event to a loaded aggregate, and fold a long one."""

import os
import sys
import time
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from distviz.bench.peers.running import Config, answer, parts

LONG, AT_ONCE = 20_000, 500  # it does not save all of them at once


class Account(Aggregate):
    def __init__(self) -> None:
        self.balance = 0

    @event("Deposited")
    def deposit(self, cents: int) -> None:
        self.balance += cents


def environment(url: str) -> dict[str, str]:
    named = {f"POSTGRES_{name.upper()}": value for name, value in parts(url).items()}
    return {"PERSISTENCE_MODULE": "eventsourcing.postgres", **named}


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
    for version in range(2, LONG + 1):
        account.deposit(1)
        if version % AT_ONCE == 0:
            app.save(account)
    since, done = time.perf_counter(), 0
    while (took := time.perf_counter() - since) < seconds or not done:
        loaded: Any = app.repository.get(account.id)
        assert loaded.version == LONG
        done += LONG
    return done / took


def main() -> None:
    config = Config(sys.argv[1])
    os.environ.update(environment(config.all["databases"]["peers"]))

    class Bench(Application):  # type: ignore[type-arg]
        snapshotting_intervals = None
        is_snapshotting_enabled = True

    app = Bench()
    seconds = config.all["seconds"]
    answer({"append": appends(app, seconds), "fold": folds(app, seconds)})


if __name__ == "__main__":
    main()
