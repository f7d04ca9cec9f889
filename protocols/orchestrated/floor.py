"""The orchestrated saga's floor: the coordinator's log between three local transactions and an email."""

from functools import partial

from distviz.services import floors as services
from distviz.services.places import ACCOUNT, COORDINATOR, NOTIFICATION, PAYMENT
from protocols.floor import Bank, floor
from protocols.messages import Message
from protocols.orchestrated import messages as m
from protocols.orchestrated import saga_log


def begin(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, saga_log.BEGIN, tx=request.tx_id, user=request.user_id, amount=request.amount)
    bank.run(COORDINATOR, saga_log.READ, tx=request.tx_id)


def deduct(bank: Bank, request: Message) -> None:
    with bank.atomic(ACCOUNT):
        services.first_time(bank, ACCOUNT, m.DeductMoney.of(request))
        services.deduct(bank, request)


def charge(bank: Bank, request: Message) -> None:
    with bank.atomic(PAYMENT):
        services.first_time(bank, PAYMENT, m.ProcessPayment.of(request))
        services.charge(bank, request)


def log(step: str, bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, saga_log.DONE, tx=request.tx_id, name=step)
    bank.run(COORDINATOR, saga_log.READ, tx=request.tx_id)


def notify(bank: Bank, request: Message) -> None:
    bank.email(m.NotifyCustomer.of(request), "withdrawn")


def end(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, saga_log.READ, tx=request.tx_id)
    bank.run(COORDINATOR, saga_log.END, tx=request.tx_id)


floor(
    m.WithdrawalRequested,
    (COORDINATOR, begin),
    (ACCOUNT, deduct),
    (COORDINATOR, partial(log, saga_log.DEDUCT)),
    (PAYMENT, charge),
    (COORDINATOR, partial(log, saga_log.CHARGE)),
    (NOTIFICATION, notify),
    (COORDINATOR, end),
)
