"""The messages. All but the first, the notice and the last word go through an outbox; each answer acknowledges what it
answers: `PaymentProcessed` or `PaymentFailed` the `MoneyDeducted`, `CustomerNotified` the `MoneyRefunded`."""

from protocols.messages import Command, Event


class WithdrawalRequested(Command):
    """The customer's click."""


class MoneyDeducted(Event):
    """The account was debited: written to its outbox in the same transaction."""

    channel = "account-events"


class PaymentProcessed(Event):
    """The payment was made: the Payment Service's answer, from an outbox of its own."""

    channel = "payment-events"


class PaymentFailed(Event):
    """The payment will never be made; it travels back the same way."""

    channel = "payment-events"


class MoneyRefunded(Event):
    """What was taken is given back."""

    channel = "account-events"


class CustomerNotified(Event):
    """The customer has been notified. It is in no outbox: it is repeated each time the notification is requested."""

    channel = "notification-events"


class Acknowledged(Event):
    """The last acknowledgement: all consumers have handled the payment's answer, so its row is acknowledged too."""

    form = "reply"
