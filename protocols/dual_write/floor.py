"""The naive chain's floor: two local transactions and an email."""

from distviz.services import floors as services
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from protocols.dual_write.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested
from protocols.floor import Bank, floor


def deduct(bank: Bank, request: WithdrawalRequested) -> None:
    with bank.atomic(ACCOUNT):
        services.deduct(bank, request)


def charge(bank: Bank, request: WithdrawalRequested) -> None:
    with bank.atomic(PAYMENT):
        services.charge(bank, MoneyDeducted.of(request))


def notify(bank: Bank, request: WithdrawalRequested) -> None:
    bank.email(PaymentProcessed.of(request), "withdrawn")


floor(WithdrawalRequested, (ACCOUNT, deduct), (PAYMENT, charge), (NOTIFICATION, notify))
