"""The messages of the orchestrated saga: an order to each step, its answer, and the same backwards."""

from dataclasses import dataclass

from protocols.messages import Command, Reply


class WithdrawalRequested(Command):
    """The customer's click."""


class DeductMoney(Command):
    """Step 1."""


class MoneyDeducted(Reply):
    """Step 1 is done."""


class ProcessPayment(Command):
    """Step 2, the last one that can fail for good."""


class PaymentProcessed(Reply):
    """Step 2 is done: from here there is only forward."""


class NotifyCustomer(Command):
    """Step 3, repeated until it is done; with a reason, the news of a refund."""


class CustomerNotified(Reply):
    """The customer knows."""


class StepFailed(Command):
    """What Celery calls a chain's `link_error` with, once one of its tasks has failed."""


class CancelPayment(Command):
    """Undo step 2: it may have failed, or only its answer is lost."""


@dataclass(frozen=True, kw_only=True)
class PaymentCancelled(Reply):
    """The payment will never be made; or it was made before it could be cancelled."""

    paid: str = ""


class RefundMoney(Command):
    """Undo step 1, if it was done."""


@dataclass(frozen=True, kw_only=True)
class MoneyRefunded(Reply):
    """Nothing is taken any more; `given_back` says whether anything was."""

    given_back: str = ""
