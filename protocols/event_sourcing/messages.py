"""What the services tell each other. A fact of the same name (aggregate.py) is stored for ever; a message is not."""

from dataclasses import dataclass

from protocols.messages import Command, DomainEvent


class WithdrawalRequested(Command):
    """The customer's click."""


class MoneyDeducted(DomainEvent, channel="account-events"):
    """The account was debited; the payment is asked for."""


class PaymentProcessed(DomainEvent, channel="payment-events"):
    """The payment was made."""


class PaymentFailed(DomainEvent, channel="payment-events"):
    """The payment will not be made; what was deducted has to be given back."""


class NotifyCustomer(Command):
    """The payment is in the store; the customer is to hear of it."""


class MoneyRefunded(DomainEvent, channel="account-events"):
    """The deduction was compensated; the customer is to hear of it."""


class CustomerNotified(DomainEvent, channel="notification-events"):
    """The customer has heard of it: nothing is left to do."""


@dataclass(frozen=True, kw_only=True)
class EventsAppended(DomainEvent, channel="account-events", one_per="position"):
    """There is something new in the store, up to `position`. Only a hint: the projector reads the store itself."""

    position: int
