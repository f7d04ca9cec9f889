"""A closed loop: each client starts a run over HTTP, waits until it is over, and starts the next.

This is the path of a user: POST /api/runs to the web server, the broker, the workers, the databases. That a run is over
is read from the database, every few milliseconds for all clients in one query, so that waiting costs little and alike:
the more clients there are, the longer they wait for each other, and the less often it is asked.
"""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from django.conf import settings
from django.db import connections

from distviz.bench.asked import BenchAsked
from distviz.bench.stats import Sample
from distviz.errors import DistvizError, Unavailable

POLL_S = 0.005  # what a latency is exact to; twice as much where several wait for each other anyway
LATE_S = 30.0
_OVER = "SELECT id, status FROM runs WHERE id = ANY(%s::uuid[]) AND (finished_at IS NOT NULL OR status = %s)"


class EndWatch:
    """Which client waits for which run. One thread polls the database for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, tuple[threading.Event, list[str]]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> "EndWatch":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()

    def until_over(self, run: str) -> str:
        """The status at the end of this run, or "" if it is not over in time."""
        over, ended_as = threading.Event(), [""]
        with self._lock:
            self._runs[run] = over, ended_as
        over.wait(LATE_S)
        with self._lock:
            self._runs.pop(run, None)
        return ended_as[0]

    def _poll(self) -> None:
        asked: list[str] = []
        try:
            with connections["default"].cursor() as cursor:
                while not self._stopped.wait(POLL_S if len(asked) < 3 else 2 * POLL_S):
                    with self._lock:
                        asked = list(self._runs)
                    if asked:
                        cursor.execute(_OVER, [asked, "needs_attention"])
                        self._tell(cursor.fetchall())
        finally:
            connections["default"].close()

    def _tell(self, found: list[tuple[UUID, str]]) -> None:
        with self._lock:
            for run, status in found:
                if str(run) in self._runs:
                    over, ended_as = self._runs[str(run)]
                    ended_as[0] = status
                    over.set()


class ProtocolLoop:
    """The load on one protocol."""

    def __init__(self, asked: BenchAsked, protocol: str, accounts: Sequence[str]) -> None:
        self.asked, self.protocol = asked, protocol
        self.sample = Sample()
        self.made: list[UUID] = []
        self._accounts: Iterator[str] = itertools.cycle(accounts)
        self._left = asked.runs or float("inf")
        self._lock = threading.Lock()
        self._deadline = 0.0
        self._asked = 0
        self._error: DistvizError | None = None

    def go(self, waiting: EndWatch, tell: Callable[[str], None]) -> None:
        """Returns when the time or the number is used up and every client has its last answer."""
        self._warm(waiting)
        began = time.monotonic()
        self._deadline = began + (600 if self.asked.runs else self.asked.seconds)
        clients = [threading.Thread(target=self._client, args=(waiting,)) for _n in range(self.asked.clients)]
        for client in clients:
            client.start()
        while working := [client for client in clients if client.is_alive()]:
            working[0].join(0.5)
            tell(f"{self.protocol}: {len(self.sample.latencies_ms)}")
        self.sample.elapsed_s = time.monotonic() - began
        if self._error:
            raise self._error

    def _warm(self, waiting: EndWatch) -> None:
        """Connections, caches and code are there before anything is measured."""
        connection = web()
        for _turn in range(3):
            run = self._ask(connection)
            if run:
                waiting.until_over(run)
        connection.close()
        self.sample, self.made, self._asked = Sample(), [], 0

    def _client(self, waiting: EndWatch) -> None:
        try:
            self._ask_and_wait(waiting)
        except DistvizError as error:
            self._error, self._deadline = error, 0.0  # all clients stop

    def _ask_and_wait(self, waiting: EndWatch) -> None:
        connection = web()
        while self._may_go_on():
            began = time.monotonic()
            run = self._ask(connection)
            if not run:
                time.sleep(0.1)  # refused: a client that is turned away does not hammer
                continue
            status = waiting.until_over(run)
            took = (time.monotonic() - began) * 1000
            with self._lock:
                self.made.append(UUID(run))
                if status:
                    self.sample.latencies_ms.append(took)
                    self.sample.statuses[status] += 1
                else:
                    self.sample.late += 1
        connection.close()

    def _may_go_on(self) -> bool:
        with self._lock:
            if time.monotonic() >= self._deadline or self._left <= 0:
                return False
            self._left -= 1
            return True

    def _ask(self, web: http.client.HTTPConnection) -> str:
        """The new run's id, or "" if the server made none."""
        with self._lock:
            account = next(self._accounts)
            faults = list(self.asked.faults) if carries(self._asked, self.asked.fault_rate) else []
            self._asked += 1
        body = {"protocol": self.protocol, "account": account, "amount": self.asked.amount, "note": "bench"}
        text = json.dumps({**body, "faults": faults})
        try:
            web.request("POST", "/api/runs", text, {"Content-Type": "application/json"})
            answer = web.getresponse()
            found = answer.read()
        except (OSError, http.client.HTTPException) as error:
            web.close()
            where = f"{settings.HOST}:{settings.PORT}"
            raise Unavailable("web_server_silent", where=where, text=error) from None
        if answer.status != 202:
            with self._lock:
                self.sample.refused += 1
            return ""
        return str(json.loads(found)["id"])


def carries(number: int, share: float) -> bool:
    """Whether the request of this number has the faults: spread evenly, and exactly that share of many."""
    return int((number + 1) * share) > int(number * share)


def web() -> http.client.HTTPConnection:
    host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST
    return http.client.HTTPConnection(host, settings.PORT, timeout=30)
