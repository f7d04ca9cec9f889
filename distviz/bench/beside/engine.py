"""A bare Celery chain: the saga's four hops as tasks, on queues of the same broker, without the lab around them."""

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any

import redis
from celery import Celery, chain
from django.conf import settings

from distviz.bench.beside import floor
from distviz.bench.beside.own import OwnDatabases
from distviz.bench.beside.workers import command
from distviz.errors import Unavailable
from distviz.stack import broker, layout
from distviz.stack.process import tied
from protocols.floor import chained

PREFIX = "dv:bench:"
DONE = f"{PREFIX}done:"
READY_S, ANSWER_S, STOP_S = 60, 30, 5


class Engine:
    """One worker for each queue, started here and ended here."""

    def __init__(self, hops: list[dict[str, Any]], accounts: list[str]) -> None:
        self.hops, self.workers = hops, list[subprocess.Popen[bytes]]()
        self._accounts, self._lock = itertools.cycle(accounts), threading.Lock()
        options = {"broker_transport_options": broker.transport(60, PREFIX), "task_ignore_result": True}
        self._app = Celery("bench", broker=settings.BROKER_URL, fixups=[], set_as_current=False)
        self._app.conf.update(options)

    def start(self, config: Path) -> None:
        for queue in dict.fromkeys(hop["queue"] for hop in self.hops):
            self.workers.append(_worker(queue, config))
        with self.client() as once:
            until = time.monotonic() + READY_S
            while True:
                try:
                    return once(2)
                except Unavailable:
                    if time.monotonic() > until or any(one.poll() is not None for one in self.workers):
                        raise

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(STOP_S)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self._forget()

    def _forget(self) -> None:
        """What the broker keeps of its queues."""
        with contextlib.suppress(redis.RedisError):
            answers = redis.Redis.from_url(settings.BROKER_URL, socket_timeout=3)
            if keys := list(answers.scan_iter(f"{PREFIX}*", count=1000)):
                answers.delete(*keys)
            answers.close()

    @contextmanager
    def client(self) -> Iterator[Callable[..., None]]:
        answers = redis.Redis.from_url(settings.BROKER_URL)

        def once(seconds: float = ANSWER_S) -> None:
            tx = self._send()
            if answers.blpop([DONE + tx], timeout=seconds) is None:
                raise Unavailable("bench_beside_failed", what="engine", text="a chain did not end in time")

        try:
            yield once
        finally:
            answers.close()

    def _send(self) -> str:
        tx = str(uuid.uuid4())
        with self._lock:
            account = next(self._accounts)
        links = [
            self._app.signature("bench.hop", args=(number, tx, account), immutable=True, queue=hop["queue"])
            for number, hop in enumerate(self.hops)
        ]
        chain(*links, app=self._app).apply_async()
        return tx


@contextmanager
def running(own: OwnDatabases, accounts: list[str], amount: str) -> Iterator[Engine]:
    hops = floor.recorded(chained())
    engine = Engine(hops, accounts)
    with own.written("engine", broker=settings.BROKER_URL, amount=amount, hops=hops) as config:
        try:
            engine.start(config)
            yield engine
        finally:
            engine.stop()


def _worker(queue: str, config: Path) -> "subprocess.Popen[bytes]":
    node = f"bench-{layout.tag()}-{os.getpid()}"
    words = command("distviz.bench.beside.engine_app", queue, settings.WORKER_CONCURRENCY, node, "WARNING")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DISTVIZ_ROLE"))}
    log = layout.home() / "log" / "bench-engine.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            [*tied(SIGKILL), sys.executable, *words],
            cwd=layout.CHECKOUT,
            env={**kept, "DISTVIZ_BENCH": str(config)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
