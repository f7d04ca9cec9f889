"""The bank's clients: each asks, asks again where it may, looks at what became of it, and remembers every answer."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distviz.chaos import own, workload
from distviz.chaos.workload import Points, Wish
from distviz.trace.statuses import FINAL

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"
MAY_CHANGE = {"needs_attention"}  # an operator, or a server that is back, drives it on
ASKED_FOR_S, AGAIN_S, ANSWER_S, LOOK_S = 12.0, 0.4, 8.0, 0.3
UNDER_WAY = 3  # withdrawals of one client that have not ended


@dataclass
class Operation:
    """What one client knows of one wish. `runs` are all ids that it was given, `ends` all ends that it was shown."""

    wish: Wish
    runs: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    refused: int = 0  # a 4xx: no run was made
    attempts: int = 0
    odd: int = 0  # another answer to the key with another body than "that key is taken"

    @property
    def outcome(self) -> str:
        return OK if self.runs else FAILED if self.refused else UNKNOWN


class ClientThread(threading.Thread):
    """One client, until `over` is set. `disturbance` says what the network does just now."""

    def __init__(
        self,
        port: int,
        wishes: Iterator[Wish],
        pause: float,
        points: Mapping[str, Points],
        disturbance: Callable[[], str],
        over: threading.Event,
    ) -> None:
        super().__init__(daemon=True)
        self.operations: list[Operation] = []
        self.error = ""  # what ended it before its time
        self._port, self._wishes, self._pause, self._points = port, wishes, pause, points
        self._disturbance, self._over = disturbance, over
        self._dice = random.Random(port)

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            raise

    def _work(self) -> None:
        due = time.monotonic() + self._pause * self._dice.random()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            if self._waits():
                due = time.monotonic() + LOOK_S
                continue
            due = max(due, time.monotonic() - self._pause) + self._pause * 2 * self._dice.random()
            self._withdraw(next(self._wishes))
            self._look_again()

    def _waits(self) -> bool:
        """Whether it has enough withdrawals under way; it looks at the oldest of them. So the load is what the machine
        can do, and no backlog hides that something stands still."""
        under_way = [operation for operation in self.operations if operation.runs and not operation.ends]
        if len(under_way) >= UNDER_WAY:
            self.look(under_way[0])
            self.look(self._any(under_way))
        return sum(not operation.ends for operation in under_way) >= UNDER_WAY

    def _any(self, among: Sequence[Operation]) -> Operation:
        return among[int(self._dice.random() * len(among))]

    def _withdraw(self, wish: Wish) -> None:
        points = self._points[wish.protocol]
        body = wish.body(workload.disturbed(wish, self._disturbance(), points))
        operation = Operation(wish)
        self.operations.append(operation)
        until = time.monotonic() + ASKED_FOR_S
        while not self._asks(operation, body) and wish.key and time.monotonic() < until:
            if self._over.wait(AGAIN_S):  # with a key one may ask again until there is an answer
                break
        if operation.runs and wish.repeated:
            self._asks(operation, body)
            operation.odd += self._other_body(wish, body)

    def _asks(self, operation: Operation, body: Mapping[str, Any]) -> bool:
        """Whether there was an answer. Without one, and after a 5xx, nothing is known."""
        operation.attempts += 1
        try:
            status, answer = own.call(self._port, "POST", "/api/runs", body, operation.wish.key, ANSWER_S)
        except (OSError, http.client.HTTPException):
            return False
        if not isinstance(answer, dict):  # not an answer of the lab
            return False
        if status == 202:
            operation.runs.append(str(answer["id"]))
        elif 400 <= status < 500:
            operation.refused = status
        return status < 500

    def _other_body(self, wish: Wish, body: Mapping[str, Any]) -> bool:
        """The key with another amount must be refused."""
        try:
            other = {**body, "amount": "0.01" if body["amount"] != "0.01" else "0.02"}
            status, _answer = own.call(self._port, "POST", "/api/runs", other, wish.key, ANSWER_S)
        except (OSError, http.client.HTTPException):
            return False
        return status < 500 and status not in (422, 429)

    def _look_again(self) -> None:
        """At one run whose end it does not know, and at one whose end it was told."""
        known = [operation for operation in self.operations if operation.runs]
        for among in ([t for t in known if not t.ends], [t for t in known if t.ends]):
            if among:
                self.look(self._any(among))

    def look(self, operation: Operation) -> None:
        try:
            status, run = own.call(self._port, "GET", f"/api/runs/{operation.runs[0]}", timeout=ANSWER_S)
        except (OSError, http.client.HTTPException):
            return
        end = run["status"] if status == 200 and isinstance(run, dict) else None
        if end in FINAL and end not in (*MAY_CHANGE, *operation.ends[-1:]):
            operation.ends.append(end)
