"""A protocol's floor by plain psycopg: the same statements on the same servers, in databases of the bench's own."""

import contextlib
import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

import psycopg

from distviz.bench.beside.own import OwnDatabases
from distviz.bench.beside.template import MARK, Hands, hands
from distviz.services.notification import operations as notification
from distviz.services.places import Place
from distviz.trace.messages import TYPES, Message
from protocols.floor import FLOORS, Floor, Hop, Rows

AGAIN = 100  # attempts of a hop that was refused by a concurrent one, as the lab's handlers are tried again
_CONTENDED = (psycopg.errors.IntegrityError, psycopg.errors.RaiseException, psycopg.errors.OperationalError)
Once = Callable[[], None]


class PlainBank:
    """A bank (protocols/floor.py) on one client's connections."""

    def __init__(self, at: Hands) -> None:
        self.at = at

    def run(self, place: Place, sql: str, **params: Any) -> Rows:
        return self.at.rows(place.alias, sql, params)

    @contextmanager
    def atomic(self, place: Place) -> Iterator[None]:
        self.at.rows(place.alias, "BEGIN")
        yield
        self.at.rows(place.alias, "COMMIT")

    def email(self, message: Message, kind: str) -> None:
        """Nothing: the floor is PostgreSQL's. A chain and other libraries have it as a step of their own."""


def client(
    own: OwnDatabases, protocol: str, accounts: list[str], amount: Decimal
) -> Callable[[], AbstractContextManager[Once]]:
    """What opens the connections of one client, which then withdraws as often as it is called."""
    names, guard = itertools.cycle(accounts), threading.Lock()

    @contextmanager
    def opened() -> Iterator[Once]:
        with hands(own.databases, own.notification) as at:

            def once() -> None:
                with guard:
                    account = next(names)
                withdraw(at, FLOORS[protocol], account, amount)

            yield once

    return opened


def withdraw(at: Hands, floor: Floor, account: str, amount: Decimal) -> None:
    request = floor.request(tx_id=str(uuid.uuid4()), user_id=account, amount=amount)
    for hop in floor.hops:
        _until_done(at, hop, request)


def _until_done(at: Hands, hop: Hop, request: Message) -> None:
    bank = PlainBank(at)
    for left in reversed(range(AGAIN)):
        try:
            return hop.work(bank, request)
        except _CONTENDED:
            at.undo()
            if not left:
                raise


# --- the same as data -------------------------------------------------------------------------------------------------


class Recorder:
    """A bank that only writes down what it is asked. No hop that is recorded may depend on an answer."""

    def __init__(self, request: Message) -> None:
        self.asked: list[dict[str, Any]] = []
        self._marks = _marks(request)

    def run(self, place: Place, sql: str, **params: Any) -> Rows:
        given = {name: self._marked(value) for name, value in params.items()}
        self.asked.append({"alias": place.alias, "sql": sql, "params": given})
        return []

    @contextmanager
    def atomic(self, place: Place) -> Iterator[None]:
        self.run(place, "BEGIN")
        yield
        self.run(place, "COMMIT")

    def email(self, message: Message, kind: str) -> None:
        number, document = notification.email(message, kind)
        given = {name: self._marked(value) for name, value in document.items()}
        of = number.replace(message.tx_id, "{tx}")
        self.asked.append({"params": {**given, "_id": {MARK: "text", "of": of}, "sent_at": {MARK: "now"}}})

    def _marked(self, value: Any) -> Any:
        with contextlib.suppress(TypeError):
            return self._marks.get((type(value), value), value)
        return value


def _marks(request: Message) -> dict[Any, dict[str, str]]:
    known: dict[Any, dict[str, str]] = {
        (str, request.tx_id): {MARK: "tx"},
        (str, request.user_id): {MARK: "account"},
        (Decimal, request.amount): {MARK: "amount"},
    }
    for name, kind in TYPES.items():
        if kind.protocol == request.protocol and not kind.one_per:
            known[str, kind.of(request).id] = {MARK: "message", "of": name}
    return known


def recorded(protocol: str) -> list[dict[str, Any]]:
    """[{queue, work}]: the hops of a protocol whose statements do not depend on each other's answers."""
    floor = FLOORS[protocol]
    request = floor.request(tx_id=str(uuid.uuid4()), user_id="{account}", amount=Decimal("0.01"))
    made = []
    for hop in floor.hops:
        recorder = Recorder(request)
        hop.work(recorder, request)
        made.append({"queue": hop.queue, "work": recorder.asked})
    return made
