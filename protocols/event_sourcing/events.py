"""What happens to an account (the facts that are stored), and the messages that tell the services of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from distviz.money import text
from protocols.messages import Command, Event


class Kind(StrEnum):
    """The types of the stored events. A name is never reused for something else: old events stay as they are."""

    MONEY_DEPOSITED = "MoneyDeposited"
    WITHDRAWAL_REQUESTED = "WithdrawalRequested"
    BALANCE_CHECKED = "BalanceChecked"
    WITHDRAWAL_DECLINED = "WithdrawalDeclined"
    MONEY_DEDUCTED = "MoneyDeducted"
    PAYMENT_PROCESSED = "PaymentProcessed"
    WITHDRAWAL_COMPLETED = "WithdrawalCompleted"
    PAYMENT_FAILED = "PaymentFailed"
    MONEY_REFUNDED = "MoneyRefunded"
    WITHDRAWAL_FAILED = "WithdrawalFailed"


KINDS = frozenset(kind.value for kind in Kind)
# What changes a balance, and in which direction. Everything else is history that costs nothing.
EFFECT = {Kind.MONEY_DEPOSITED.value: 1, Kind.MONEY_DEDUCTED.value: -1, Kind.MONEY_REFUNDED.value: 1}
LAST = {Kind.WITHDRAWAL_COMPLETED, Kind.WITHDRAWAL_FAILED, Kind.WITHDRAWAL_DECLINED}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One stored event. `version` and `position` are 0 until it is stored."""

    kind: str
    withdrawal: str = ""
    amount: Decimal | None = None
    balance: Decimal | None = None
    reason: str = ""
    version: int = 0
    position: int = 0

    @property
    def delta(self) -> Decimal:
        """What it does to the balance."""
        return EFFECT.get(self.kind, 0) * (self.amount or Decimal(0))

    def data(self) -> dict[str, Any]:
        """As it is stored: money is a string with two decimals."""
        found = {
            "amount": None if self.amount is None else text(self.amount),
            "balance": None if self.balance is None else text(self.balance),
            "reason": self.reason or None,
        }
        return {name: value for name, value in found.items() if value is not None}

    @classmethod
    def read(cls, row: Mapping[str, Any], data: Mapping[str, Any]) -> Self:
        """From a row of the store and its `data`."""
        amount, balance = data.get("amount"), data.get("balance")
        return cls(
            kind=row["type"],
            withdrawal=str(row["withdrawal_id"] or ""),
            amount=None if amount is None else Decimal(str(amount)),
            balance=None if balance is None else Decimal(str(balance)),
            reason=str(data.get("reason", "")),
            version=row["version"],
            position=row["position"],
        )


# --- the messages: a fact that is published bears the name under which it is stored ---------------------------------


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""


@dataclass(frozen=True, kw_only=True)
class MoneyDeducted(Event):
    """The account was debited; the payment is asked for."""

    channel = "account-events"


@dataclass(frozen=True, kw_only=True)
class PaymentProcessed(Event):
    """The payment was made."""

    channel = "payment-events"


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Event):
    """The payment will not be made; what was deducted has to be given back."""

    channel = "payment-events"


@dataclass(frozen=True, kw_only=True)
class NotifyCustomer(Command):
    """The payment is in the store; the customer is to hear of it."""


@dataclass(frozen=True, kw_only=True)
class MoneyRefunded(Event):
    """The deduction was made good; the customer is to hear of it."""

    channel = "account-events"


@dataclass(frozen=True, kw_only=True)
class CustomerNotified(Event):
    """The customer has heard of it: nothing is left to do."""

    channel = "notification-events"


@dataclass(frozen=True, kw_only=True)
class EventsAppended(Event):
    """There is something new in the store, up to `position`. Only a nudge: the projector reads the store itself."""

    position: int

    channel = "account-events"

    @property
    def id(self) -> str:
        """One withdrawal nudges more than once, each time about something else."""
        return str(uuid.uuid5(uuid.UUID(self.tx_id), f"{self.wire_type()}:{self.position}"))
