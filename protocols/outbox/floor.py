"""The outbox's floor: the business rows and the outbox rows, and what a relay does in its tables for each of them."""

import json

from distviz.services import floors as services
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from protocols.floor import Bank, floor
from protocols.messages import Message
from protocols.outbox import account, consumers, outbox
from protocols.outbox.messages import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)


def deduct(bank: Bank, request: WithdrawalRequested) -> None:
    with bank.atomic(ACCOUNT):
        services.first_time(bank, ACCOUNT, request)
        services.deduct(bank, request)
        write(bank, ACCOUNT, MoneyDeducted.of(request))
    publish(bank, ACCOUNT)


def charge(bank: Bank, request: WithdrawalRequested) -> None:
    event = MoneyDeducted.of(request)
    with bank.atomic(PAYMENT):
        services.first_time(bank, PAYMENT, event)
        services.charge(bank, event)
        write(bank, PAYMENT, PaymentProcessed.of(event))
    publish(bank, PAYMENT)


def acknowledge(bank: Bank, request: WithdrawalRequested) -> None:
    answer = PaymentProcessed.of(request)
    with bank.atomic(ACCOUNT):
        services.first_time(bank, ACCOUNT, answer)
        acknowledged(bank, ACCOUNT, answer, MoneyDeducted)
    conclude(bank, answer)


def notify(bank: Bank, request: WithdrawalRequested) -> None:
    bank.email(PaymentProcessed.of(request), "withdrawn")


def complete(bank: Bank, request: WithdrawalRequested) -> None:
    answer = CustomerNotified.of(request)
    with bank.atomic(ACCOUNT):
        services.first_time(bank, ACCOUNT, answer)
        acknowledged(bank, ACCOUNT, answer, MoneyRefunded)
    conclude(bank, answer)


def settle(bank: Bank, request: WithdrawalRequested) -> None:
    event = Acknowledged.of(request)
    with bank.atomic(PAYMENT):
        acknowledged(bank, PAYMENT, event, PaymentProcessed, PaymentFailed)
        services.recall(bank, event)
    bank.run(PAYMENT, consumers.ALL_ACKNOWLEDGED, withdrawal=event.tx_id)


def write(bank: Bank, place: Place, message: Message) -> None:
    bank.run(
        place,
        outbox.INSERT,
        event_type=type(message).__name__,
        payload=json.dumps(message.to_wire()),
        account=message.user_id,
        withdrawal=message.tx_id,
        message=message.id,
        headers="{}",
    )


def publish(bank: Bank, place: Place) -> None:
    """What a relay asks of the tables: claim and mark. What another one has claimed, that one marks."""
    for row in bank.run(place, outbox.CLAIM, by_hand=True):
        bank.run(place, outbox.MARK, ids=f"{{{row['id']}}}")


def acknowledged(bank: Bank, place: Place, answer: Message, *answered: type[Message]) -> None:
    types = "{" + ",".join(kind.__name__ for kind in answered) + "}"
    bank.run(place, outbox.ACKNOWLEDGE, withdrawal=answer.tx_id, types=types)


def conclude(bank: Bank, event: Message) -> None:
    notified = CustomerNotified.of(event).id
    bank.run(ACCOUNT, account.CONCLUDED, withdrawal=event.tx_id, notified=notified)


floor(
    WithdrawalRequested,
    (ACCOUNT, deduct),
    (PAYMENT, charge),
    (ACCOUNT, acknowledge),
    (NOTIFICATION, notify),
    (ACCOUNT, complete),
    (PAYMENT, settle),
)
