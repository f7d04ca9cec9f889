"""The account as an aggregate: what has happened to it, what this adds up to, and what may happen next. All pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from orjson import loads

from distviz.codes import Reason
from distviz.errors import Coded, Declined
from distviz.money import text
from protocols.messages import Message, as_stored

# What changes a balance, and in which direction. Everything else is history.
EFFECT = {"MoneyDeposited": 1, "MoneyDeducted": -1, "MoneyRefunded": 1}
LAST = {"WithdrawalCompleted", "WithdrawalDeclined", "WithdrawalFailed"}
KINDS = {*EFFECT, *LAST, "WithdrawalRequested", "BalanceChecked", "PaymentProcessed", "PaymentFailed"}


class Fact(NamedTuple):
    """One event, as it is stored. A type is never used for something else: old events stay as they are."""

    type: str
    withdrawal_id: str | None
    data: dict[str, Any]
    version: int = 0
    position: int = 0

    @classmethod
    def of(cls, message: Message, type: str, why: Reason | None = None, **data: str) -> "Fact":
        return cls(type, message.tx_id, {"amount": text(message.amount), **data, **as_stored(why)})

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Fact":
        return cls(row["type"], row["withdrawal_id"], loads(row["data"]), row["version"], row["position"])


@dataclass
class Account:
    """The state that the first `version` events of a stream add up to."""

    stream: str
    version: int = 0
    balance: Decimal = Decimal("0.00")

    def apply(self, fact: Fact) -> None:
        """One more event of the stream."""
        if fact.type not in KINDS or self.version not in (0, fact.version - 1):
            raise Coded("corrupt_stream", stream=self.stream, event=fact.type, version=fact.version, after=self.version)
        self.version = fact.version
        self.balance += EFFECT.get(fact.type, 0) * Decimal(fact.data.get("amount", 0))

    def withdraw(self, request: Message, no: Declined | None = None) -> list[Fact]:
        """What follows from the wish to withdraw. The rule: no withdrawal exceeds the balance."""
        if self.balance < request.amount:
            no = Declined("insufficient_funds")
        return [
            Fact.of(request, "WithdrawalRequested"),
            Fact.of(request, "BalanceChecked", balance=text(self.balance)),
            Fact.of(request, "WithdrawalDeclined", no.reason) if no else Fact.of(request, "MoneyDeducted"),
        ]
