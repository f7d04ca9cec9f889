"""The messages. All but the first, the notice and the last word go through an outbox; each answer acknowledges what it
answers: `PaymentProcessed` or `PaymentFailed` the `MoneyDeducted`, `CustomerNotified` the `MoneyRefunded`."""

from protocols.messages import Command, DomainEvent


class WithdrawalRequested(Command):
    """The customer's click."""


class MoneyDeducted(DomainEvent):
    """The account was debited: written to its outbox in the same transaction."""

    channel = "account-events"


class PaymentProcessed(DomainEvent):
    """The payment was made: the Payment Service's answer, from an outbox of its own."""

    channel = "payment-events"


class PaymentFailed(DomainEvent):
    """The payment will never be made; it travels back the same way."""

    channel = "payment-events"


class MoneyRefunded(DomainEvent):
    """What was taken is given back."""

    channel = "account-events"


class CustomerNotified(DomainEvent):
    """The customer has been notified. It is in no outbox: it is repeated each time the notification is requested."""

    channel = "notification-events"


class Acknowledged(DomainEvent):
    """The last acknowledgement: all consumers have handled the payment's answer, so its row is acknowledged too."""

    form = "reply"
