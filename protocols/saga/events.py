"""The saga's messages. `account-events` and `payment-events` are the channels that the services listen to."""

from dataclasses import dataclass

from protocols.messages import Command, DomainEvent


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""


@dataclass(frozen=True, kw_only=True)
class MoneyDeducted(DomainEvent):
    """Step 1 is done: the account was debited."""

    channel = "account-events"


@dataclass(frozen=True, kw_only=True)
class PaymentProcessed(DomainEvent):
    """Step 2 is done: the payment was made."""

    channel = "payment-events"


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(DomainEvent):
    """Step 2 will not be done; step 1 has to be compensated."""

    channel = "payment-events"


@dataclass(frozen=True, kw_only=True)
class MoneyRefunded(DomainEvent):
    """The compensation of step 1 is done."""

    channel = "account-events"


@dataclass(frozen=True, kw_only=True)
class CustomerNotified(DomainEvent):
    """Step 3 is done: the last one."""

    channel = "notification-events"
