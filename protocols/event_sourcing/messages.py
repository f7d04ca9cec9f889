"""What the services tell each other. A fact of the same name (aggregate.py) is stored for ever; a message is not."""

from dataclasses import dataclass

from protocols.messages import Command, Event


class WithdrawalRequested(Command):
    """The customer's click."""


class MoneyDeducted(Event, channel="account-events"):
    """The account was debited; the payment is asked for."""


class PaymentProcessed(Event, channel="payment-events"):
    """The payment was made."""


class PaymentFailed(Event, channel="payment-events"):
    """The payment will not be made; what was deducted has to be given back."""


class NotifyCustomer(Command):
    """The payment is in the store; the customer is to hear of it."""


class MoneyRefunded(Event, channel="account-events"):
    """The deduction was compensated; the customer is to hear of it."""


class CustomerNotified(Event, channel="notification-events"):
    """The customer has heard of it: nothing is left to do."""


@dataclass(frozen=True, kw_only=True)
class EventsAppended(Event, channel="account-events", one_per="position"):
    """There is something new in the store, up to `position`. Only a hint: the projector reads the store itself."""

    position: int
