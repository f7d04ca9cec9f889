"""A run made up for a test of what is a pure function of its events: a plan, a log written by hand, its picture."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from distviz.story.picture.picture import Picture
from distviz.story.shapes import Lane

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
LANES = {
    "client": Lane("Client"),
    "api": Lane("API / Coordinator", short="API"),
    "account": Lane("Account", "PostgreSQL"),
    "payment": Lane("Payment", "PostgreSQL"),
    "notification": Lane("Notification", "MongoDB"),
}
NUMBER = UUID(int=7)


@dataclass(frozen=True)
class Step:
    key: str
    title: str
    lane: str
    to: str = ""
    compensation: bool = False

    @property
    def kind(self) -> str:
        return "message" if self.to else "step"

    @property
    def point(self) -> str:
        return f"message.{self.key}" if self.to else self.lane

    def points(self) -> list[tuple[str, list[str]]]:
        return [(f"{self.point}.in_tx", ["error", "crash"])]


@dataclass(frozen=True)
class Plan:
    key: str = "saga"
    lanes: dict[str, Lane] = field(default_factory=lambda: LANES)
    steps: tuple[Step, ...] = (
        Step("WithdrawalRequested", "WithdrawalRequested", "api", "account"),
        Step("deduct", "Deduct", "account"),
        Step("MoneyDeducted", "MoneyDeducted", "account", "payment"),
        Step("charge", "Pay", "payment"),
        Step("PaymentProcessed", "PaymentProcessed", "payment", "notification"),
        Step("notify", "Notify", "notification"),
        Step("PaymentFailed", "PaymentFailed", "payment", "account", compensation=True),
        Step("refund", "Refund", "account", compensation=True),
    )
    may_lose: bool = False


@dataclass(frozen=True)
class Run:
    account: str = "alice"
    amount: Decimal = Decimal("100.00")


@dataclass(frozen=True)
class KnownRun:
    account: str = "<b>alice</b>"
    amount: Decimal = Decimal("100.00")
    pk: UUID = NUMBER


@dataclass(frozen=True)
class Event:
    seq: int
    at: datetime
    lane: str
    kind: str
    phase: str
    name: str
    to: str = ""
    attempt: int = 1
    caused_by: int | None = None
    span_id: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    statements: tuple[str, ...] = ()
    error: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Log:
    """Writes events one after the other, 10 ms apart unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._now = START
        self("client", "request", "made", "withdraw", to="api")

    def __call__(self, lane: str, kind: str, phase: str, name: str, *, wait_ms: int = 10, **more: Any) -> "Log":
        self._now += timedelta(milliseconds=wait_ms)
        self.events.append(Event(len(self.events) + 1, self._now, lane, kind, phase, name, **more))
        return self

    def step(self, lane: str, name: str, **more: Any) -> "Log":
        data = more.get("data", {})
        begun = {key: data[key] for key in ("compensates",) if key in data}
        return self(lane, "step", "begin", name, data=begun)(lane, "step", "commit", name, **more)

    def deducted(self) -> "Log":
        balance = {
            "store": "account",
            "row": "accounts/alice",
            "before": {"balance": "1000.00"},
            "after": {"balance": "900.00"},
        }
        return self.step("account", "deduct", changes=(balance,), data=moved("ledger", account="-100.00"))

    def sent(self, lane: str, to: str, name: str, phase: str = "sent", **data: Any) -> "Log":
        return self(lane, "message", phase, name, to=to, data={"mid": name, "form": "event", "copies": 1, **data})

    def finished(self, status: str, verdict: str, **money: str) -> "Log":
        data = {"verdict": verdict, "outcome": f"It {status}.", "money": money}
        return self("client", "finished", status, status, data=data)


def moved(row: str, **parts: str) -> dict[str, Any]:
    return {"money": {row: parts}}


def drawn(log: Log, plan: Plan | None = None) -> Picture:
    picture = Picture(Run(), plan or Plan())
    picture.feed_all(log.events)
    return picture
