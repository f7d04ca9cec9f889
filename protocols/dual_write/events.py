"""The messages that the naive services send each other."""

from dataclasses import dataclass

from protocols.messages import Command, DomainEvent


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""


@dataclass(frozen=True, kw_only=True)
class MoneyDeducted(DomainEvent):
    """The account was debited. Sent after the COMMIT, so a crash in between loses it."""

    channel = "account-events"


@dataclass(frozen=True, kw_only=True)
class PaymentProcessed(DomainEvent):
    """The payment was made."""

    channel = "payment-events"
