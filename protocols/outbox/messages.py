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
    """The customer has been told. Nobody's outbox: it is repeated as often as the notice is asked for."""

    channel = "notification-events"


class Acknowledged(Event):
    """The last word: everyone has dealt with the payment's answer, so its row may rest too."""

    form = "reply"
