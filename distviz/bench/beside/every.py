"""Everything that is measured in turn with the lab. What cannot be measured says why, and the rest goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pymongo.errors
import redis
from django.db import DatabaseError

from distviz.bench.asked import BenchAsked
from distviz.bench.beside import engine, floor, own, peers, rates
from distviz.bench.beside.loop import CallLoop, Opened
from distviz.bench.beside.own import OwnDatabases
from distviz.bench.stats import fine
from distviz.errors import DistvizError
from distviz.story.words.sentences import english
from protocols import seeding
from protocols.floor import FLOORS, RATES, chained

FLOOR, ENGINE = "floor", "celery"
FAILS = (DistvizError, psycopg.Error, redis.RedisError, pymongo.errors.PyMongoError, DatabaseError, OSError)
Row = dict[str, Any]
Say = Callable[[str], None]


class BesideLoads:
    """One bench's own databases, workers and programs; `round` is called after each protocol's own load."""

    def __init__(self, asked: BenchAsked, accounts: int, say: Say) -> None:
        self.asked, self.say = asked, say
        self.names = seeding.names(max(1, accounts))
        self.own: OwnDatabases | None = None
        self.engine: engine.Engine | None = None
        self.unable: dict[str, str] = {}  # what, and why not

    def start(self, stack: ExitStack) -> None:
        self.say("databases of the bench's own")
        self.own = own.make(len(self.names))
        if self.asked.engine:
            self.say("celery: starting its workers")
            with self._or_why(ENGINE):
                self.engine = stack.enter_context(engine.running(self.own, self.names, self.asked.amount))
        if self.asked.peers:
            for peer in peers.PEERS:
                with self._or_why(peer.name):
                    peers.install(self.say)

    def of(self, protocol: str) -> Iterator[Row]:
        """What is compared with this protocol's runs."""
        if self.asked.floor and protocol in FLOORS and self.own:
            accounts = self.names[:1] if self.asked.contention == "hot" else self.names
            client = floor.client(self.own, protocol, accounts, self.asked.sum)
            yield from self._loop(FLOOR, protocol, client)
        if protocol == chained():
            yield from self._same()

    def _same(self) -> Iterator[Row]:
        if self.asked.engine:
            yield from self._loop(ENGINE, chained(), self.engine.client if self.engine else None)
        for peer in peers.PEERS if self.asked.peers else ():
            if not peer.rates:
                yield from self._peer(peer, lambda found: [{"of": chained(), **found}])

    def rates(self) -> Iterator[Row]:
        """Messages and events a second: the lab's, then the others'."""
        if not self.asked.rates or self.own is None:
            return
        for name in RATES:
            self.say(f"{name}: the lab's own")
            with self._or_why(f"distviz {name}"):
                found = rates.measure(self.own, name, self.asked.seconds)
                yield {"name": "distviz", "rate": name, "per_second": fine(found)}
        for peer in peers.PEERS if self.asked.peers and self.asked.rates else ():
            if peer.rates:
                yield from self._peer(peer, _as_rates)

    def errors(self) -> Iterator[Row]:
        for name, why in self.unable.items():
            yield {"name": name, "error": why}

    def _loop(self, name: str, of: str, client: Opened | None) -> Iterator[Row]:
        if client is None or name in self.unable:
            return
        self.say(f"{name} of {of}")
        with self._or_why(name):
            sample = CallLoop(client, self.asked.clients, self.asked.seconds, self.asked.runs).go()
            yield {"name": name, "of": of, **sample.figures()}

    def _peer(self, peer: peers.Peer, rows: Callable[[Any], list[Row]]) -> Iterator[Row]:
        if peer.name in self.unable or self.own is None:
            return
        self.say(peer.name)
        with self._or_why(peer.name):
            found = peers.measure(self.own, peer, self.asked, self.names)
            yield from ({"name": peer.name, "peer": True, **row} for row in rows(found))

    @contextmanager
    def _or_why(self, name: str) -> Iterator[None]:
        try:
            yield
        except FAILS as error:
            self.unable[name] = why(error)
            self.say(f"{name}: {self.unable[name]}")


def why(error: Exception) -> str:
    """In English, as the other errors of a bench are kept."""
    text = english(error.reason) if isinstance(error, DistvizError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:300]


def _as_rates(found: dict[str, float]) -> list[Row]:
    return [{"rate": name, "per_second": fine(number)} for name, number in found.items()]


@contextmanager
def measured(asked: BenchAsked, accounts: int, say: Say) -> Iterator[BesideLoads]:
    beside = BesideLoads(asked, accounts, say)
    with ExitStack() as stack:
        if asked.beside:
            beside.start(stack)
        yield beside
