"""The saga's floor: three local transactions and an email."""

from distviz.services import floors as services
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from protocols.floor import Bank, floor
from protocols.saga import saga_log
from protocols.saga.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested


def deduct(bank: Bank, request: WithdrawalRequested) -> None:
    about = {"tx": request.tx_id, "user": request.user_id, "amount": request.amount}
    with bank.atomic(ACCOUNT):
        services.first_time(bank, ACCOUNT, request)
        bank.run(ACCOUNT, saga_log.OPEN, **about, status=saga_log.PENDING)
        services.deduct(bank, request)
        bank.run(ACCOUNT, saga_log.READ, tx=request.tx_id)


def charge(bank: Bank, request: WithdrawalRequested) -> None:
    event = MoneyDeducted.of(request)
    with bank.atomic(PAYMENT):
        services.first_time(bank, PAYMENT, event)
        services.charge(bank, event)


def notify(bank: Bank, request: WithdrawalRequested) -> None:
    bank.email(PaymentProcessed.of(request), "withdrawn")


def complete(bank: Bank, request: WithdrawalRequested) -> None:
    with bank.atomic(ACCOUNT):
        bank.run(ACCOUNT, saga_log.CLOSE, tx=request.tx_id)
        bank.run(ACCOUNT, saga_log.READ, tx=request.tx_id)


HOPS = ((ACCOUNT, deduct), (PAYMENT, charge), (NOTIFICATION, notify), (ACCOUNT, complete))
floor(WithdrawalRequested, *HOPS, chained=True)
